"""Makes the servers and the sources known to the tests of this folder."""

from __future__ import annotations

from support.changes_pipeline import pipeline
from support.tap_sources import from_mariadb, from_postgres, logical_postgres, mariadb

__all__ = ["from_mariadb", "from_postgres", "logical_postgres", "mariadb", "pipeline"]
