"""Every record of an exported stream stands in the file of outcomes once, whichever way the run ends."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import typing as t
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.command import config_for, record_message, schema_message, state_message
from support.outcome_counts import counted, figures_of, outcomes_in
from support.quick_target import captured_log, run_quickly

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

FAST: dict[str, t.Any] = {
    "rejects_path": None,
    "requests_per_second": 100_000,
    "imports_per_minute": 6_000_000,
    "verify": "none",
    "max_rejected_percent": 50,
    "shutdown_grace": 0,
}
SCHEMA: dict[str, t.Any] = {
    "type": "object",
    "properties": {
        "id": {"type": ["integer", "null"]},
        "email": {"type": ["string", "null"]},
        "first_name": {"type": ["string", "null"]},
        "_sdc_deleted_at": {"type": ["string", "null"]},
    },
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with serve(with_limits=False, progress="at-once") as running:
        yield running


class Runs:
    """Runs into the files of one folder."""

    def __init__(self, sandbox: RunningSandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.path = folder / "outcomes.singer"
        self._folder = folder

    def config(self, **changes: object) -> dict[str, t.Any]:
        return config_for(self.sandbox.url, self._folder, outcomes_path=str(self.path), **FAST | changes)

    def run(self, *messages: t.Any, **changes: object) -> Outcome:  # noqa: ANN401 - of JSON
        self.path.unlink(missing_ok=True)
        return run_quickly(self.config(**changes), messages)


@pytest.fixture
def runs(sandbox: RunningSandbox, tmp_path: Path) -> Runs:
    return Runs(sandbox, tmp_path)


def schema(stream: str = "people", keys: Sequence[str] = ("id",)) -> dict[str, t.Any]:
    return schema_message(stream, SCHEMA, keys)


def record(number: int, email: object = None, stream: str = "people", **more: object) -> dict[str, t.Any]:
    return record_message({"id": number, "email": email or f"p{number}@example.com", **more}, stream)


def test_each_record_has_its_outcome_under_its_key(runs: Runs) -> None:
    twice = [record(2, "one@example.com", first_name=name) for name in ("Bo", "Cy")]
    outcome = runs.run(schema(), record(1), *twice, record(3, "n/a"), state_message(1))
    assert outcome.exit_code == 0
    one, *others = sorted(outcomes_in(runs.path), key=lambda one: (one["id"], one["outcome"]))
    assert one["outcome"] == "delivered"
    assert one.keys() == {"stream", "id", "outcome", "reason", "import_id", "at"}
    assert (one["stream"], one["id"], one["reason"], bool(one["import_id"])) == ("people", 1, None, True)
    assert [(o["id"], o["outcome"], o["reason"]) for o in others] == [
        (2, "delivered", None),
        (2, "superseded", None),
        (3, "rejected", "email_invalid"),
    ]
    assert [o["outcome"] for o in outcomes_in(runs.path) if o["id"] == 2] == ["superseded", "delivered"]
    assert "@" not in runs.path.read_text()
    assert runs.path.stat().st_mode & 0o777 == 0o600


ROWS = st.tuples(
    st.integers(1, 4),
    st.sampled_from(["people", "vip"]),
    st.sampled_from(["a@example.com", "b@example.com", "c@example.com", "n/a", None, 7]),
    st.sampled_from([None, "2026-01-01T00:00:00Z", "no time"]),
)
ENDS: dict[str, tuple[dict[str, t.Any], list[t.Any]]] = {
    "done": ({"max_rejected_percent": 100}, []),
    "input that is no JSON": ({}, ["no JSON"]),
    "a record without its key": ({}, [record_message({"email": "d@example.com"})]),
    "a limit": ({"profile_limit": 1}, []),
    "too many rejected": ({"max_rejected_percent": 0}, []),
}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(end=st.sampled_from(sorted(ENDS)), rows=st.lists(ROWS, max_size=12), follows=st.booleans())
def test_counts_of_outcomes_are_the_reports_figures(
    runs: Runs, end: str, rows: list[tuple[int, str, object, str | None]], *, follows: bool
) -> None:
    changes, last = ENDS[end]
    records = [
        record_message({"id": number, "email": email, "_sdc_deleted_at": at}, stream)
        for number, stream, email, at in rows
    ]
    deletions = {"on_delete": "unsubscribe"} if follows else {}
    outcome = runs.run(schema(), schema("vip"), *records, *last, **changes, **deletions)
    assert outcome.exit_code in {0, 1, 3, 4}
    assert counted(runs.path) == figures_of(outcome.report)
    assert sum(map(Counter.total, figures_of(outcome.report).values())) == outcome.report["read"]


def deletion(number: int, name: str) -> dict[str, t.Any]:
    return record(number, f"{name}{number}@example.com", _sdc_deleted_at="2026-01-01T00:00:00Z")


def test_a_deletion_has_its_outcome_and_why_nobody_was_taken_off(runs: Runs) -> None:
    people = [record(number, f"gone{number}@example.com") for number in range(11)]
    assert runs.run(schema(), *people, on_delete="unsubscribe").exit_code == 0
    stopped = runs.run(schema(), *(deletion(number, "gone") for number in range(11)), on_delete="unsubscribe")
    assert stopped.exit_code == 5
    reasons = {(one["outcome"], one["reason"]) for one in outcomes_in(runs.path)}
    assert (len(outcomes_in(runs.path)), reasons) == (11, {("held_back", "removals_stopped")})
    assert (
        runs.run(schema(), deletion(1, "gone"), deletion(2, "unknown"), on_delete="unsubscribe").exit_code
        == 0
    )
    assert {one["id"]: (one["outcome"], one["reason"]) for one in outcomes_in(runs.path)} == {
        1: ("delivered", None),
        2: ("unchanged", "not_on_list"),
    }


@pytest.mark.any_versions
def test_a_target_that_others_publish_loads_the_outcomes(runs: Runs, tmp_path: Path) -> None:
    target_csv = pytest.importorskip("meltanolabs_target_csv.target")
    vip = schema("vip", ("first_name", "at"))
    unnamed = {"first_name": None, "at": 7}
    messages = [record(2, stream="vip", first_name="Ada", at="n/a"), record(3, "n/a", "vip", **unnamed)]
    runs.run(schema(), record(1), vip, *messages, record(4, "n/a"))
    target = target_csv.TargetCSV(config={"output_path": str(tmp_path)})
    with contextlib.redirect_stdout(io.StringIO()), captured_log():
        target.listen(io.StringIO(runs.path.read_text()))
    people, vips, others = (
        rows_of(tmp_path / f"{name}.csv")
        for name in ("people_outcomes", "vip_outcomes", "vip_outcomes_without_key")
    )
    assert [(row["id"], row["outcome"], row["reason"]) for row in people] == [
        ("4", "rejected", "email_invalid"),
        ("1", "delivered", ""),
    ]
    assert [(row["first_name"], row["key_at"], row["outcome"]) for row in vips] == [
        (hashed("Ada"), "n/a", "delivered")
    ]
    assert [(row["first_name"], row["outcome"]) for row in others] == [("", "rejected")]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_dry_run_leaves_the_file_alone(runs: Runs) -> None:
    outcome = runs.run(schema(), record(1), dry_run=True)
    assert (outcome.exit_code, outcome.report["delivered"], runs.path.exists()) == (0, 1, False)


def test_what_a_state_covers_stands_in_the_file_before_it_passes(runs: Runs) -> None:
    covered: list[int] = []

    class Output(io.StringIO):
        def write(self, text: str) -> int:
            covered.append(len(outcomes_in(runs.path)))
            return super().write(text)

    messages = [schema(), record(1), record(2, "n/a"), state_message(2), record(3), state_message(3)]
    outcome = run_quickly(runs.config(rejects_path=str(runs.path.with_name("r"))), messages, output=Output())
    assert outcome.exit_code == 0
    assert covered[-1] == 3
    assert all(count >= state for count, state in zip(covered, outcome.states, strict=True))
