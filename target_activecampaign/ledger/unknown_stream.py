"""Owns the name that stands in a ledger for streams which nobody noted."""

from __future__ import annotations

UNKNOWN_STREAM = "(unknown)"
"""Brings the people whom runs imported that noted no streams: any stream of them may bring them."""
