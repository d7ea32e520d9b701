"""The page of a run: its report as one HTML file, without script, network or personal data."""
