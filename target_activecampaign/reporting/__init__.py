"""Owns what is told of a run: the report, its summary and the rejects file. Must not know the account."""
