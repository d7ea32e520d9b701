"""Owns the account as data: SQLite tables and the rules over them. Knows nothing of HTTP."""
