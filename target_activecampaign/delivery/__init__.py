"""Brings each contact to its outcome: batches, imports, retries, read-backs."""
