"""The account as data: SQLite tables and the rules over them, one module a subject. Knows nothing of HTTP."""
