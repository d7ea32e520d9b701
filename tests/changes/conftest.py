"""Makes the pipeline known to the tests of this folder."""

from __future__ import annotations

from support.changes_pipeline import pipeline

__all__ = ["pipeline"]
