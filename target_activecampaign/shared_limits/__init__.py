"""Shared limits: how the runs of one account, on several machines, keep its limits together.

`docs/design/shared-limits.md` has the whole picture.
"""
