"""One run, wired together: preflight, removals, signals."""
