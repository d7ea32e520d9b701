"""Runs the target into one sandbox, with one ledger, again and again."""

from __future__ import annotations

import typing as t

import pytest
from support.command import SCHEMA as PLAIN_SCHEMA
from support.command import (
    Outcome,
    config_for,
    record_message,
    schema_message,
    state_message,
    version_message,
)
from support.quick_target import run_quickly

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

SCHEMA: dict[str, t.Any] = {
    **PLAIN_SCHEMA,
    "properties": {
        **PLAIN_SCHEMA["properties"],
        "id": {"type": ["integer", "null"]},
        "_sdc_deleted_at": {"type": ["string", "null"]},
    },
}


class Pipeline:
    """A sandbox and a ledger that a tap's records are run into."""

    def __init__(self, sandbox: RunningSandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.settings: dict[str, t.Any] = {
            "ledger_url": f"sqlite:///{folder / 'ledger.db'}",
            "requests_per_second": 100_000,
            "imports_per_minute": 6_000_000,
            "verify": "none",
        }

    def run(
        self,
        records: Iterable[Mapping[str, t.Any]],
        *,
        stream: str = "people",
        keys: Iterable[str] = (),
        end: Iterable[Mapping[str, t.Any]] | None = None,
        **settings: t.Any,  # noqa: ANN401 - of the configuration
    ) -> Outcome:
        """Run records of one stream and what the tap sends after them, by default as of a whole table."""
        messages = [
            schema_message(stream, SCHEMA, keys),
            *(record_message(record, stream) for record in records),
            *([version_message(stream), state_message({"bookmarks": {}})] if end is None else end),
        ]
        return self.run_messages(messages, **settings)

    def run_messages(
        self,
        messages: Iterable[Mapping[str, t.Any]],
        **settings: t.Any,  # noqa: ANN401 - of the configuration
    ) -> Outcome:
        config = config_for(self.sandbox.url, self.folder, **{**self.settings, **settings})
        return run_quickly(config, messages)

    def statuses(self, list_id: int = 1) -> dict[str, int]:
        """Return each contact's status on a list: 1 subscribed, 2 unsubscribed."""
        rows = self.sandbox.snapshot(10**6)["contacts"]
        return {row["email"]: row["lists"][str(list_id)] for row in rows if str(list_id) in row["lists"]}

    def names(self) -> dict[str, str]:
        rows = self.sandbox.snapshot(10**6)["contacts"]
        return {row["email"]: row["firstName"] for row in rows}


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    """Imports end at once, and requests are not limited."""
    with serve(with_limits=False, progress="at-once") as sandbox:
        yield Pipeline(sandbox, tmp_path)


def move_subscription(pipeline: Pipeline, email: str, sdate: str | None) -> None:
    """Let a contact have joined list 1 at another time."""
    set_membership(pipeline, email, "sdate", sdate)


def set_membership(pipeline: Pipeline, email: str, column: str, value: str | int | None) -> None:
    """Write into a contact's membership of list 1."""
    lists = pipeline.sandbox.account.lists
    contact = pipeline.sandbox.account.contacts.with_email(email)
    assert contact is not None
    storage = lists._storage
    with storage.transaction():
        storage.write(
            f"update membership set {column} = ? where contact = ? and list = 1",  # noqa: S608 - of a test
            (value, contact["id"]),
        )


def person(number: int, **values: object) -> dict[str, t.Any]:
    return {"email": f"person{number}@example.com", "first_name": "Ada", **values}


def people(numbers: Iterable[int], **values: object) -> list[dict[str, t.Any]]:
    return [person(number, **values) for number in numbers]
