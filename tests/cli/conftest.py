"""The ledger's commands are tried on both databases, those that show an account on a sandbox."""

from __future__ import annotations

from support.ledgers import ledger_url, open_ledger
from support.postgres_server import postgres
from support.sandbox_fixture import connect, sandbox, start_sandbox

__all__ = ["connect", "ledger_url", "open_ledger", "postgres", "sandbox", "start_sandbox"]
