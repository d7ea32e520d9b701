"""Whatever is written in whatever order, the ledger answers as dictionaries would."""

from __future__ import annotations

import typing as t

import hypothesis
from hypothesis import strategies as st
from support.ledgers import address_of, comparison_of, fingerprint_of

if t.TYPE_CHECKING:
    from support.ledgers import OpenLedger

    from target_activecampaign.ledger.ledger import Ledger

NAMES = ("ada", "bo", "cy", "dé")
KEYS = (None, "1", "2", "3")
STREAMS = ("people", "shops")
Person: t.TypeAlias = "tuple[str | None, str]"
Window: t.TypeAlias = "tuple[int, int]"

names = st.sets(st.sampled_from(NAMES))
lists = st.sampled_from((1, 2))
streams = st.sampled_from(STREAMS)
records = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(NAMES)), max_size=4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("doubt"), lists, names),
        st.tuples(st.just("confirm"), lists, st.dictionaries(st.sampled_from(NAMES), st.sampled_from("ab"))),
        st.tuples(st.just("forget"), lists, names),
        st.tuples(st.just("remove_contacts"), lists, names),
        st.tuples(st.just("note_people"), lists, streams, records),
        st.tuples(st.just("note_rejected"), lists, streams, records),
        st.tuples(st.just("note_deletions"), lists, streams, records),
        st.tuples(st.just("replace_missing"), lists, streams, names),
        st.tuples(st.just("remove_members"), lists, streams, names),
        st.tuples(st.just("leave_alone"), lists, st.sampled_from(NAMES)),
    ),
    max_size=14,
)


class Model:
    """The ledger as dictionaries."""

    def __init__(self) -> None:
        self.texts: dict[tuple[int, str], str | None] = {}
        self.first: dict[tuple[int, str], Window] = {}
        self.latest: dict[tuple[int, str], Window] = {}
        self.members: set[tuple[int, str, str]] = set()
        self.keys: set[tuple[int, str, str, str]] = set()
        self.gone: set[tuple[int, str, str, str]] = set()
        self.removals: dict[tuple[int, str], tuple[str, str, bool]] = {}

    def doubt(self, list_id: int, names: set[str], _: int) -> None:
        for name in names:
            if (list_id, name) in self.texts:
                self.texts[list_id, name] = None

    def confirm(self, list_id: int, contacts: dict[str, str], now: int) -> None:
        for name, text in contacts.items():
            place = list_id, name
            self.texts[place] = text
            self.latest[place] = now, now + 1
            self.first.setdefault(place, (now, now + 1))

    def forget(self, list_id: int, names: set[str], _: int) -> None:
        for name in names:
            self.texts[list_id, name] = None
            self.latest.pop((list_id, name), None)

    def remove_contacts(self, list_id: int, names: set[str], _: int) -> None:
        for name in names:
            place = list_id, name
            for held in (self.texts, self.first, self.latest, self.removals):
                held.pop(place, None)
            self.members = {one for one in self.members if (one[0], one[2]) != place}
            self.keys = {one for one in self.keys if (one[0], one[3]) != place}
            self._clear_gone(list_id, name)

    def note_people(self, list_id: int, stream: str, people: list[Person], _: int) -> None:
        for key, name in people:
            self.members.add((list_id, stream, name))
            self._bring(list_id, name)
            if key is not None:
                self.keys = {one for one in self.keys if one[:3] != (list_id, stream, key)}
                self.gone = {one for one in self.gone if one[:3] != (list_id, stream, key)}
                self.keys.add((list_id, stream, key, name))

    def note_rejected(self, list_id: int, stream: str, people: list[Person], _: int) -> None:
        for key, name in people:
            self.members.add((list_id, stream, name))
            self._bring(list_id, name)
            if key is not None:
                self.keys.add((list_id, stream, key, name))

    def _bring(self, list_id: int, name: str) -> None:
        if self.removals.pop((list_id, name), None):
            self._clear_gone(list_id, name)

    def _clear_gone(self, list_id: int, name: str) -> None:
        self.gone = {one for one in self.gone if (one[0], one[3]) != (list_id, name)}

    def note_deletions(self, list_id: int, stream: str, people: list[Person], _: int) -> None:
        for key, _name in people:
            self.keys = {one for one in self.keys if one[:3] != (list_id, stream, key)}
        for key, name in people:
            if not any((list_id, stream, other, name) in self.keys for other in KEYS):
                self.members.discard((list_id, stream, name))
            if not any((list_id, other, name) in self.members for other in STREAMS):
                self.removals[list_id, name] = stream, "unfinished", True
                if key is not None:
                    self.gone.add((list_id, stream, key, name))

    def replace_missing(self, list_id: int, stream: str, names: set[str], _: int) -> None:
        self.removals = {
            place: removal
            for place, removal in self.removals.items()
            if (place[0], removal) != (list_id, (stream, "missing", True))
            or (list_id, stream, place[1]) not in self.members
        }
        for name in names:
            if (list_id, stream, name) in self.members:
                self.removals.setdefault((list_id, name), (stream, "missing", True))

    def remove_members(self, list_id: int, stream: str, names: set[str], _: int) -> None:
        self.members -= {(list_id, stream, name) for name in names}
        mine = {one for one in self.keys | self.gone if one[:2] == (list_id, stream) and one[3] in names}
        self.keys -= mine
        self.gone -= mine

    def leave_alone(self, list_id: int, name: str, _: int) -> None:
        if removal := self.removals.get((list_id, name)):
            self.removals[list_id, name] = *removal[:2], False

    def compare(self, list_id: int, text: str, not_before: int) -> tuple[set[str], set[str]]:
        known = {name for name in NAMES if (list_id, name) in self.latest}
        return known, {
            name
            for name in known
            if self.texts[list_id, name] == text and self.latest[list_id, name][0] >= not_before
        }

    def windows(self, list_id: int) -> dict[str, set[Window]]:
        held = self.first, self.latest
        return {
            name: {windows[list_id, name] for windows in held if (list_id, name) in windows} for name in NAMES
        }


@hypothesis.settings(max_examples=60, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(steps=steps, not_before=st.integers(0, 12))
def test_the_ledger_answers_as_dictionaries_would(
    open_ledger: OpenLedger, steps: list[tuple[t.Any, ...]], not_before: int
) -> None:
    ledger, model = open_ledger.once(keeps_people=True), Model()
    ledger.erase(members=True)
    for now, (name, *arguments) in enumerate(steps, start=1):
        getattr(model, name)(*arguments, now)
        apply(ledger, name, arguments, now)
    name_of = {ledger.identity(address_of(name)): name for name in NAMES}
    for list_id in (1, 2):
        for text in "ab":
            prints = {address_of(name): fingerprint_of(text) for name in NAMES}
            assert ledger.compare(list_id, prints, not_before) == comparison_of(
                *(" ".join(found) for found in model.compare(list_id, text, not_before))
            )
        windows = ledger.windows(list_id, name_of)
        assert {name_of[one]: set(found) for one, found in windows.items()} == model.windows(list_id)
        assert {
            (list_id, stream, name_of[identity]) for identity, stream in ledger.streams_of(list_id, name_of)
        } == {one for one in model.members if one[0] == list_id}
        assert {
            (list_id, name_of[one.identity]): (one.stream, one.cause, True) for one in ledger.pending(list_id)
        } == {place: one for place, one in model.removals.items() if place[0] == list_id and one[2]}
        for stream in STREAMS:
            keys = {ledger.source_key(key.encode()): key for key in KEYS if key}
            people = ledger.people_of_keys(list_id, stream, keys)
            leaving = {one for one in model.gone if model.removals.get((one[0], one[3]), ("", "", False))[2]}
            assert {
                (list_id, stream, keys[key], name_of[one.identity]) for key in people for one in people[key]
            } == {one for one in model.keys | leaving if one[:2] == (list_id, stream)}


def apply(ledger: Ledger, name: str, arguments: list[t.Any], now: int) -> None:
    """Take the model's step in the ledger."""
    *before, people = arguments
    if name in {"remove_members", "replace_missing"}:
        people = {ledger.identity(address_of(one)) for one in people}
    elif name in {"note_people", "note_rejected", "note_deletions"}:
        people = [(key and ledger.source_key(key.encode()), address_of(one)) for key, one in people]
    elif name == "leave_alone":
        people = address_of(people)
    elif isinstance(people, dict):
        people = {address_of(one): fingerprint_of(text) for one, text in people.items()}
    else:
        people = {address_of(one) for one in people}
    after: dict[str, list[t.Any]] = {"confirm": [now, now + 1], "leave_alone": ["came back"]}
    timed = {"note_people", "note_rejected", "note_deletions", "replace_missing"}
    options = {"are_rejected": True} if name == "note_rejected" else {}
    method = getattr(ledger, name.replace("rejected", "people"))
    method(*before, people, *after.get(name, [now] if name in timed else []), **options)
