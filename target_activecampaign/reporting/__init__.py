"""What is told of a run: the report and the rejects file."""
