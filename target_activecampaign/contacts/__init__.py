"""Turns a record into a contact, and says why one cannot be made. Pure: no I/O, no clock, no log."""
