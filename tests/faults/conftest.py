"""Makes the PostgreSQL server known to the tests of this folder."""

from __future__ import annotations

from support.postgres_server import postgres

__all__ = ["postgres"]
