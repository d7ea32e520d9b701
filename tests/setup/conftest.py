"""A setup is tried in process: a dialogue whose person is a list of answers, and a sandbox."""

from __future__ import annotations

from support.sandbox_fixture import api, connect, sandbox, start_sandbox

__all__ = ["api", "connect", "sandbox", "start_sandbox"]
