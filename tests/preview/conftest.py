"""Previews are tried on a sandbox."""

from __future__ import annotations

from support.sandbox_fixture import connect, controls, sandbox, start_sandbox

__all__ = ["connect", "controls", "sandbox", "start_sandbox"]
