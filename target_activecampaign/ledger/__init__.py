"""Owns the memory of what earlier runs confirmed, in a database: addresses and hashes, never a contact."""
