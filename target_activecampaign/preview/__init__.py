"""What a run would send: its own figures, records beside contacts with reasons, coverage over all records."""
