"""Owns the command line and the process: loggers, memory, interpreter. Decides nothing about a run."""
