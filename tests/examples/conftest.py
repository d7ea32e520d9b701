"""Fixtures for the tests of the examples."""

from support.postgres_server import postgres

__all__ = ["postgres"]
