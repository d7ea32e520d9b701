"""Whole runs are tried on a sandbox."""

from __future__ import annotations

from support.sandbox_fixture import sandbox, start_sandbox

__all__ = ["sandbox", "start_sandbox"]
