"""Owns what a user may set: the settings, their schema, and where they come from."""
