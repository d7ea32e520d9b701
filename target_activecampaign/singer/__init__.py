"""The Singer protocol: reads messages, validates records, writes STATE. Knows no contact."""
