"""Owns why somebody is to be taken off a list. Imports no database, so that any run may name a cause."""

from __future__ import annotations

import typing as t

Cause = t.Literal["missing", "deleted", "unproven", "unfinished", "unfinished_unproven"]
"""`missing`: a run did not bring the person. `deleted`: the source said that the person is gone. `unproven`:
it did, and a record of that run that nobody can read may be of the person. `unfinished`: as `deleted` or
`unproven`, and no run with the stream has come to the end of its input since."""

UNFINISHED: tuple[Cause, ...] = ("unfinished", "unfinished_unproven")
"""Causes of which a later record of the same input may say otherwise."""
