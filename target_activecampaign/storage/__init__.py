"""Maps that move to disk when they grow. Knows no contact."""
