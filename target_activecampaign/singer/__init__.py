"""Owns the Singer protocol: reads messages, validates records, writes STATE. It must not know a contact."""
