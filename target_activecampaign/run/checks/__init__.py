"""The checks of `check`: all that can be asked before a run, by the functions that the run uses."""
