"""The sandbox is an account for the tests of this folder."""

from __future__ import annotations

from support.sandbox_fixture import start_sandbox

__all__ = ["start_sandbox"]
