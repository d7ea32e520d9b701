"""Sets up an export in steps: from a file and a key to people on a list."""
