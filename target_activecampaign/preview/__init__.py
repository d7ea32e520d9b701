"""What a run would send, seen record by record: the run's own figures, changes with their reasons, coverage."""
