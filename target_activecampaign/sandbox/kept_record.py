"""Owns the record that an account's file keeps of the requests to it, so that the page shows what a demo did.

The file takes it when the sandbox ends. A sandbox that is killed keeps nothing of its own time.
"""

from __future__ import annotations

import logging
import sqlite3
import typing as t
from dataclasses import replace

import msgspec

from target_activecampaign.sandbox.journal import Entry, SecondCounts

if t.TYPE_CHECKING:
    from target_activecampaign.sandbox.journal import Journal, Series
    from target_activecampaign.sandbox.state.storage import Storage

KEPT_REQUESTS = 500
"""Requests that a file keeps, each with up to 8 kB."""

logger = logging.getLogger(__name__)


def save_record(storage: Storage, entries: list[Entry], series: Series) -> None:
    """Put an account's newest requests and counts of seconds in the place of those that its file keeps."""
    rows = [(entry.id, msgspec.json.encode(entry).decode()) for entry in entries[-KEPT_REQUESTS:]]
    try:
        with storage.transaction():
            storage.write("delete from kept_request")
            storage.write("delete from kept_second")
            storage.write_many("insert into kept_request (id, entry) values (?, ?)", rows)
            storage.write_many(
                "insert into kept_second (second, requests, imports, refused) values (?, ?, ?, ?)",
                series.since(0),
            )
    except sqlite3.Error as error:
        logger.warning("the sandbox's file does not keep its requests: %s", error)


def load_record(storage: Storage, number: int, journal: Journal, series: Series) -> None:
    """Give a journal and a series what an account's file keeps.

    Args:
        storage: The account's.
        number: The account's number now.
        journal: Of all accounts; the requests get ids of their own there.
        series: The account's, empty.
    """
    for row in storage.rows("select entry from kept_request order by id"):
        entry = msgspec.json.decode(row["entry"], type=Entry)
        account = None if entry.account is None else number
        journal.add(replace(entry, id=journal.next_id(), account=account))
    for row in storage.rows("select second, requests, imports, refused from kept_second order by second"):
        series.add(SecondCounts(*row))
