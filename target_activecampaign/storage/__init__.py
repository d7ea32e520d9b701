"""Owns maps that spill to disk when they grow. Must not know contacts."""
