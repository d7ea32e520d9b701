"""The ledger's commands are tried on both databases."""

from __future__ import annotations

from support.ledgers import ledger_url, open_ledger
from support.postgres_server import postgres

__all__ = ["ledger_url", "open_ledger", "postgres"]
