"""The sandbox's fixtures for the tests of this folder."""

from __future__ import annotations

from support.sandbox_fixture import api, connect, controls, sandbox, start_sandbox

__all__ = ["api", "connect", "controls", "sandbox", "start_sandbox"]
