"""Owns the files that tell of a run: the report and the rejects. Must not know imports or the account."""
