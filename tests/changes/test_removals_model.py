"""Random runs against a model that knows one rule: who is brought by a living record is never taken off.

The model knows the records that each stream was last told of, and who was put on the list by the target. It
knows nothing of ledgers, keys that are hashed, pending removals or windows.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import typing as t
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.changes_pipeline import SCHEMA, Pipeline, move_subscription
from support.command import config_for, record_message, schema_message, state_message, version_message
from support.power_cuts import PowerCutError, Steps, cut_power, instrument
from support.quick_target import QuickClock, make_target, run_quickly
from support.sandbox_fixture import Api

from target_activecampaign.api.client import Client
from target_activecampaign.delivery.confirming import Confirming
from target_activecampaign.ledger import crypto as ledger_crypto
from target_activecampaign.ledger.ledger import Ledger
from target_activecampaign.sandbox import serve
from target_activecampaign.singer.state_output import StateOutput

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_activecampaign.sandbox.server import RunningSandbox

EXAMPLES = int(os.environ.get("REMOVALS_MODEL_EXAMPLES", "20"))
SPEED = 300
SUBSCRIBED, UNSUBSCRIBED = 1, 2
ROWS, PLAIN = "rows", "plain"
PEOPLE = 5
STRANGER = 4  # was on the list before the first run
WHEN = "2026-05-19T12:00:00Z"
EVERYBODY: dict[str, t.Any] = {
    "on_delete": "unsubscribe",
    "max_removal_percent": 100,
    "max_rejected_percent": 100,
    "batch_size_rows": 2,
}
POINTS: list[tuple[type, str]] = [
    (Client, "submit"),
    (Client, "memberships"),
    (Ledger, "doubt"),
    (Ledger, "confirm"),
    (Ledger, "note_people"),
    (Ledger, "note_deletions"),
    (Ledger, "doubt_deletions"),
    (Ledger, "replace_missing"),
    (Ledger, "clear_missing"),
    (Ledger, "remove_members"),
    (Ledger, "remove_contacts"),
    (Ledger, "leave_alone"),
    (Confirming, "take_status"),
    (Confirming, "take_removals"),
    (StateOutput, "write"),
]

keys = st.integers(1, 4)
somebody = st.integers(0, PEOPLE - 1)
faults = st.sampled_from(("", "", "", "", "address", "value"))
changes = st.lists(
    st.one_of(
        st.tuples(st.just("row"), keys, somebody, faults),
        st.tuples(st.just("row"), keys, somebody, st.just("")),
        st.tuples(st.just("drop"), keys, st.sampled_from(("address", "key")), st.just("")),
        st.tuples(st.just("came"), somebody, st.just(0), faults),
        st.tuples(st.just("went"), somebody, st.just(0), st.just("")),
        st.tuples(st.just("left"), somebody, st.just(0), st.just("")),
    ),
    min_size=1,
    max_size=6,
)
ends = st.sampled_from(("end", "end", "end", "none", "start", "cut"))
crashes = st.one_of(st.none(), st.integers(1, 40))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("incremental"), changes, crashes),
        st.tuples(
            st.just("full"),
            changes,
            st.sampled_from(("both", "both", ROWS, PLAIN)),
            ends,
            ends,
            crashes,
        ),
        st.tuples(st.just("mirror")),
        st.tuples(st.just("leave"), somebody),
        st.tuples(st.just("rejoin"), somebody),
    ),
    min_size=1,
    max_size=6,
)


def address(number: int) -> str:
    return f"person{number}@example.com"


class Event(t.NamedTuple):
    """A record of the source.

    Attributes:
        key: Of a row; `None` in the stream without keys.
        person: Whom the record brings, or brought.
        is_deletion: Whether the source says that it is gone.
        fault: `address` or `value`, where one of them can't be read; `key` where a deletion has nothing else.
    """

    stream: str
    key: int | None
    person: int
    is_deletion: bool = False
    fault: str = ""

    def message(self, serial: int) -> dict[str, t.Any]:
        record: dict[str, t.Any] = {"email": address(self.person), "first_name": f"n{serial}"}
        if self.fault == "address":
            record["email"] = "nobody"
        if self.fault == "value":
            record["first_name"] = 7
        if self.fault == "key":
            record = {}
        if self.key is not None:
            record["id"] = self.key
        if self.is_deletion:
            record["_sdc_deleted_at"] = WHEN
        return record_message(record, self.stream)


class Source:
    """The tables, as they are."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[int, str]] = {}
        self.plain: dict[int, str] = {}

    def change(self, some: Iterable[tuple[str, int, t.Any, str]]) -> Iterator[Event]:
        """Change the tables; yield what a log of changes says."""
        for kind, which, what, fault in some:
            if kind == "row":
                self.rows[which] = what, fault
                yield Event(ROWS, which, what, fault=fault)
            elif kind == "drop" and which in self.rows:
                person, fault_then = self.rows.pop(which)
                told = "key" if what == "key" else fault_then
                yield Event(ROWS, which, person, is_deletion=True, fault=told)
            elif kind == "came":
                self.plain[which] = fault
                yield Event(PLAIN, None, which, fault=fault)
            elif kind == "left":
                yield from self._drop_everywhere(which)
            elif kind == "went" and which in self.plain and self.plain[which] != "address":
                del self.plain[which]
                yield Event(PLAIN, None, which, is_deletion=True)

    def _drop_everywhere(self, person: int) -> Iterator[Event]:
        for key in [key for key, (who, _) in self.rows.items() if who == person]:
            yield from self.change([("drop", key, "address", "")])
        yield from self.change([("went", person, 0, "")])

    def all_of(self, stream: str) -> list[Event]:
        if stream == ROWS:
            return [Event(ROWS, key, person, fault=fault) for key, (person, fault) in self.rows.items()]
        return [Event(PLAIN, None, person, fault=fault) for person, fault in self.plain.items()]


class Model:
    """Who is brought, as far as the target was told, and who may have been brought once.

    Attributes:
        rows: Key to people, as told last. A row that is rejected brings those of before, too.
        hidden: People of records of this run whose key nobody knows and whose address nobody can read.
        plain: People of the stream without keys, as told last.
        once: People that a stream brought, without a proof since that it does not.
        ours: People that the target put on the list.
        leaving: By stream, people that a whole run did not bring, without proof that it was whole.
    """

    def __init__(self) -> None:
        self.rows: dict[int, set[int]] = {}
        self.plain: set[int] = set()
        self.hidden: set[int] = set()
        self.once: dict[str, set[int]] = {ROWS: set(), PLAIN: set()}
        self.ours: set[int] = set()
        self.leaving: dict[str, set[int]] = {ROWS: set(), PLAIN: set()}
        self.is_whole = {ROWS: True, PLAIN: True}

    def living(self) -> set[int]:
        return self.plain.union(*self.rows.values())

    def bring(self, event: Event, dropped: Mapping[int | None, set[int]] | None = None) -> set[int]:
        """Take a living record; return its people, nobody where nobody can tell.

        Args:
            event: The record.
            dropped: Keys of the run's deletions, with their people.
        """
        known = self.rows.get(event.key, set()) if event.key is not None else set()
        if event.fault:
            known = known | (dropped or {}).get(event.key, set())
        people = known if event.fault == "address" else {event.person}
        if event.fault == "value":
            people = people | known
        if not people:
            self.hidden.add(event.person)
            return set()
        if event.key is None:
            self.plain |= people
        else:
            self.rows[event.key] = people
        self.once[event.stream] |= people
        for some in self.leaving.values():
            some.difference_update(people)
        return people

    def take_changes(self, events: Iterable[Event]) -> set[int]:
        """Take a run of changes; return who must be off the list when it has ended well."""
        brought: dict[int, list[tuple[str, int | None]]] = {}
        gone: dict[int, tuple[str, int | None]] = {}
        dropped: dict[int | None, set[int]] = {}
        unreadable = False
        self.hidden = set()
        for event in events:
            place = event.stream, event.key
            if not event.is_deletion:
                people = self.bring(event, dropped)
                for person in people:
                    brought.setdefault(person, []).append(place)
                    gone.pop(person, None)
                unreadable |= not people
                continue
            told = self.rows.get(event.key, set()) if event.key is not None else set()
            people = told if event.fault in ("key", "address") else {event.person}
            if event.key is None:
                self.plain.discard(event.person)
            else:
                self.rows.pop(event.key, None)
                dropped.setdefault(event.key, set()).update(people)
            gone.update(dict.fromkeys(people, place))
        if unreadable:
            gone = {}
        must_go = set()
        for person, place in gone.items():
            is_alone = all(other == place and other[1] is not None for other in brought.get(person, ()))
            others = [stream for stream, once in self.once.items() if stream != place[0] and person in once]
            if is_alone and not others and person not in self.living():
                self.once[place[0]].discard(person)
                must_go.add(person)
        return must_go

    def take_whole(self, events: Mapping[str, Iterable[Event]], proven: Iterable[str]) -> set[int]:
        """Take all records of some streams.

        Args:
            events: By stream, all that it has; those that were cut short are not in it.
            proven: The streams that show that they came whole; nobody goes unless all of the run do.

        Returns:
            Who must be off the list when the run has ended well.
        """
        self.hidden = set()
        come = {stream: self._take_table(stream, some) for stream, some in events.items()}
        away = {stream: self.once[stream] - some for stream, some in come.items() if some is not None}
        sure = {stream: away[stream] for stream in proven if stream in away and come[stream]}
        if sure.keys() != come.keys():
            sure = {}
        must_go = set()
        for stream, some in come.items():
            if stream in sure:
                must_go |= self._leaving(stream, sure)
                self.leaving[stream] = set()
            else:
                everybody = {stream: self.once[stream] - (some or set()), **away}
                self.leaving[stream] = self._leaving(stream, everybody)
        for stream, gone in sure.items():
            self.once[stream] -= gone & must_go
        return must_go

    def _take_table(self, stream: str, events: Iterable[Event]) -> set[int] | None:
        """Forget what a stream brought, and return its people; `None` where it may be anybody."""
        rows = dict(self.rows)
        if stream == ROWS:
            self.rows = {}
        else:
            self.plain = set()
        come: set[int] = set()
        is_readable = True
        for event in events:
            if event.fault and event.key in rows:
                self.rows[event.key] = rows[event.key]  # whoever it was
            people = self.bring(event)
            is_readable &= bool(people)
            come |= people
        return come if is_readable else None

    def _leaving(self, stream: str, away: Mapping[str, set[int]]) -> set[int]:
        """Return who is away from a stream, and not in another one."""
        others = [once - away.get(other, set()) for other, once in self.once.items() if other != stream]
        return away[stream].difference(self.living(), *others)

    def take_part(self, events: Iterable[Event]) -> None:
        """Take some records of streams that were cut short."""
        for event in events:
            self.bring(event)


class World:
    """The sandbox, the ledger, the source and the model."""

    def __init__(self, sandbox: RunningSandbox, folder: Path) -> None:
        self.pipeline = Pipeline(sandbox, folder)
        self.source = Source()
        self.model = Model()
        self.serial = 0
        self._join_by_hand(STRANGER)
        # Everybody twice, so that what follows takes away.
        everybody = [("row", number + 1, number, "") for number in range(PEOPLE - 1)]
        self.take_incremental([*everybody, *(("came", n, 0, "") for n in range(PEOPLE))], None)

    def take(self, kind: str, *arguments: t.Any) -> None:  # noqa: ANN401 - as drawn
        getattr(self, f"take_{kind}")(*arguments)

    def take_incremental(self, some: list[tuple[str, int, t.Any, str]], crash: int | None) -> None:
        events = list(self.source.change(some))
        must_go = self.model.take_changes(events)
        messages: list[dict[str, t.Any]] = []
        for number, event in enumerate(events):
            messages += [self._message(event), state_message(number)]
        self._run(messages, must_go, crash, membership="add")

    def take_full(
        self,
        some: list[tuple[str, int, t.Any, str]],
        which: str,
        end_of_rows: str,
        end_of_plain: str,
        crash: int | None,
    ) -> None:
        list(self.source.change(some))
        ends = {ROWS: end_of_rows, PLAIN: end_of_plain}
        streams = [stream for stream in ends if which in ("both", stream)]
        whole = {stream: self.source.all_of(stream) for stream in streams if ends[stream] != "cut"}
        messages: list[dict[str, t.Any]] = []
        for stream in streams:
            self.model.is_whole[stream] = stream in whole
            events = self.source.all_of(stream)
            if stream not in whole:
                events = events[: len(events) // 2]
                self.model.take_part(events)
            messages += [version_message(stream)] if ends[stream] == "start" else []
            messages += map(self._message, events)
            messages += [version_message(stream)] if ends[stream] == "end" else []
        proven = [stream for stream in whole if ends[stream] == "end"] if len(whole) == len(streams) else []
        must_go = self.model.take_whole(whole, proven)
        messages.append(state_message({"bookmarks": {}}))
        self._run(messages, must_go, crash, streams=streams, membership="mirror")

    def take_mirror(self) -> None:
        """Give the word that the tap ended well, where it did."""
        if not all(self.model.is_whole.values()):
            return
        self.model.hidden = set()  # a person's word outweighs what nobody can read
        before = self._subscribed()
        config = self._config(membership="mirror")
        config.pop("report_path", None)
        with contextlib.redirect_stdout(io.StringIO()):
            assert (
                make_target(config, QuickClock(SPEED)).current_run.carry_out_pending(also_earlier=True)
                is None
            )
        must_go = set()
        for stream, leaving in self.model.leaving.items():
            must_go |= leaving
            self.model.once[stream] -= leaving
            self.model.leaving[stream] = set()
        self._check(before, must_go)

    def take_leave(self, person: int) -> None:
        if person in self._subscribed():
            self._set_status(person, UNSUBSCRIBED)
            self.model.ours.discard(person)

    def take_rejoin(self, person: int) -> None:
        if person not in self._subscribed():
            self._join_by_hand(person)

    # Runs

    def _message(self, event: Event) -> dict[str, t.Any]:
        self.serial += 1
        return event.message(self.serial)

    def _config(self, **options: t.Any) -> dict[str, t.Any]:  # noqa: ANN401 - of the configuration
        pipeline = self.pipeline
        return config_for(
            pipeline.sandbox.url, pipeline.folder, **{**pipeline.settings, **EVERYBODY, **options}
        )

    def _run(
        self,
        messages: list[dict[str, t.Any]],
        must_go: set[int],
        crash: int | None,
        streams: Iterable[str] = (ROWS, PLAIN),
        **options: t.Any,  # noqa: ANN401 - of the configuration
    ) -> None:
        """Run; after a crash again, as the tap goes on: behind the last STATE, or from the start."""
        # Somebody who always comes: a run whose records are all rejected fails, whatever the settings are.
        always = {"email": "always@example.com", "first_name": "Ada"}
        before_all = [schema_message("always", SCHEMA), record_message(always, "always")]
        before_all.append(version_message("always"))
        before_all += [schema_message(stream, SCHEMA, ["id"] if stream == ROWS else []) for stream in streams]
        before = self._subscribed()
        config = self._config(**options)
        if crash is not None:
            state = self._run_and_crash(config, [*before_all, *messages], crash)
            self._check_safety(before)
            if isinstance(state, int):
                messages = messages[2 * state + 2 :]
                self.model.hidden = set()  # what was read before is unknown to the run that goes on
        outcome = run_quickly(config, [*before_all, *messages], QuickClock(SPEED))
        assert outcome.exit_code == 0, outcome.log
        self._check(before, must_go)

    def _run_and_crash(self, config: dict[str, t.Any], messages: list[dict[str, t.Any]], crash: int) -> t.Any:  # noqa: ANN401 - of a STATE
        struck = Steps(crash, cut_power)
        output = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PowerCutError):
            instrument(patch, struck, POINTS)
            run_quickly(config, messages, QuickClock(SPEED), output)
        struck.clear_away()
        states = output.getvalue().splitlines()
        return json.loads(states[-1]) if states else None

    # What must hold

    def _check(self, before: set[int], must_go: set[int]) -> None:
        self._check_safety(before)
        now = self._subscribed()
        self.model.ours |= now - before
        staying = must_go & now & self.model.ours
        assert not staying, f"nothing brings {staying}, and they are on the list"

    def _check_safety(self, before: set[int]) -> None:
        now = self._subscribed()
        taken_off = before - now
        living = (self.model.living() | self.model.hidden) & taken_off
        assert not living, f"living records bring {living}, and they were taken off"
        strangers = taken_off - self.model.ours
        assert not strangers, f"{strangers} were taken off, and are not ours"

    def _subscribed(self) -> set[int]:
        statuses = self.pipeline.statuses()
        return {n for n in range(PEOPLE) if statuses.get(address(n)) == SUBSCRIBED}

    # By hand

    def _join_by_hand(self, person: int) -> None:
        self._set_status(person, SUBSCRIBED)
        move_subscription(self.pipeline, address(person), "2030-01-01T00:00:00+00:00")
        self.model.ours.discard(person)

    def _set_status(self, person: int, status: int) -> None:
        contact = self.pipeline.sandbox.account.contacts.with_email(address(person))
        number = contact["id"] if contact else self._make(person)
        body = {"list": 1, "contact": number, "status": status}
        ask(self.pipeline, "contactLists", {"contactList": body})

    def _make(self, person: int) -> int:
        answer = ask(self.pipeline, "contact/sync", {"contact": {"email": address(person)}})
        return int(answer["contact"]["id"])


def ask(pipeline: Pipeline, path: str, body: dict[str, t.Any]) -> t.Any:  # noqa: ANN401 - JSON
    api = Api(pipeline.sandbox.url)
    answer = api.post(f"/api/3/{path}", body)
    api.close()
    assert answer.ok
    return answer.json()


@pytest.fixture(autouse=True, scope="module")
def _cheap_keys() -> Iterator[None]:
    """A key that is derived from the API key in no time, as ledgers are opened so often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ledger_crypto._SCRYPT, "n", 2)
        yield


@pytest.mark.sweep
@given(steps)
@settings(max_examples=EXAMPLES)
def test_nobody_is_taken_off_whom_a_living_record_brings_and_who_is_gone_goes(
    drawn: list[tuple[t.Any, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, serve(with_limits=False, progress="at-once") as sandbox:
        world = World(sandbox, Path(folder))
        for kind, *arguments in drawn:
            world.take(kind, *arguments)
