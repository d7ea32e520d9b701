"""Owns how a record becomes a contact, or why it can't. Pure: no I/O, no clock, no log."""
