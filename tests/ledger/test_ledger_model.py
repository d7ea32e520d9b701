"""Whatever is written in whatever order, the ledger answers as a dictionary would."""

from __future__ import annotations

import typing as t

import hypothesis
from hypothesis import strategies as st
from support.ledgers import address_of, comparison_of, fingerprint_of

if t.TYPE_CHECKING:
    from support.ledgers import OpenLedger

    from target_activecampaign.ledger.ledger import Ledger

NAMES = ("ada", "bo", "cy", "dé")
names = st.sets(st.sampled_from(NAMES))
lists = st.sampled_from((1, 2))
streams = st.sampled_from(("people", "shops"))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("doubt"), lists, names),
        st.tuples(
            st.just("confirm"), lists, streams, st.dictionaries(st.sampled_from(NAMES), st.sampled_from("ab"))
        ),
        st.tuples(st.just("forget"), lists, names),
        st.tuples(st.just("add_members"), lists, streams, names),
        st.tuples(st.just("remove_members"), lists, streams, names),
        st.tuples(st.just("remove_contacts"), lists, names),
    ),
    max_size=12,
)


class Model:
    """The ledger as dictionaries."""

    def __init__(self) -> None:
        # What is confirmed, when last and when first.
        self.contacts: dict[tuple[int, str], tuple[str | None, int, int]] = {}
        self.members: dict[tuple[int, str, str], int] = {}

    def doubt(self, list_id: int, names: set[str], _: int) -> None:
        for name in names:
            if (list_id, name) in self.contacts:
                self.contacts[list_id, name] = (None, *self.contacts[list_id, name][1:])

    def confirm(self, list_id: int, stream: str, contacts: dict[str, str], now: int) -> None:
        for name, text in contacts.items():
            self.contacts[list_id, name] = (text, now, self.first(list_id, name, now))
        self.add_members(list_id, stream, set(contacts), now)

    def forget(self, list_id: int, names: set[str], _: int) -> None:
        for name in names:
            self.contacts.pop((list_id, name), None)

    def add_members(self, list_id: int, stream: str, names: set[str], now: int) -> None:
        for name in names:
            self.members.setdefault((list_id, stream, name), self.first(list_id, name, now))

    def first(self, list_id: int, name: str, now: int) -> int:
        return self.contacts.get((list_id, name), (None, now, now))[2]

    def remove_members(self, list_id: int, stream: str, names: set[str], _: int) -> None:
        for name in names:
            self.members.pop((list_id, stream, name), None)

    def streams_of(self, list_id: int) -> set[tuple[str, str]]:
        return {(name, stream) for its_list, stream, name in self.members if its_list == list_id}

    def remove_contacts(self, list_id: int, names: set[str], now: int) -> None:
        self.forget(list_id, names, now)
        for key in [key for key in self.members if key[0] == list_id and key[2] in names]:
            del self.members[key]

    def compare(self, list_id: int, stream: str, text: str, not_before: int) -> tuple[set[str], ...]:
        held = {name: self.contacts.get((list_id, name)) for name in NAMES}
        known = {name for name, row in held.items() if row}
        unchanged = {name for name, row in held.items() if row and row[0] == text and row[1] >= not_before}
        return known, unchanged, {name for name in NAMES if (list_id, stream, name) in self.members}


@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(steps=steps, not_before=st.integers(0, 12))
def test_the_ledger_answers_as_a_dictionary_would(
    open_ledger: OpenLedger, steps: list[tuple[t.Any, ...]], not_before: int
) -> None:
    ledger, model = open_ledger.once(keeps_people=True), Model()
    ledger.erase(members=True)
    for now, (name, *arguments) in enumerate(steps):
        getattr(model, name)(*arguments, now)
        apply(ledger, name, arguments, now)
    name_of = {ledger.identity(address_of(name)): name for name in NAMES}
    for list_id in (1, 2):
        brought = {(name_of[identity], stream) for identity, stream in ledger.streams_of(list_id, name_of)}
        assert brought == model.streams_of(list_id)
        for stream in ("people", "shops"):
            members = {m.email: m.since for m in ledger.members(list_id, stream)}
            assert members == {
                address_of(name): since
                for (its_list, its_stream, name), since in model.members.items()
                if (its_list, its_stream) == (list_id, stream)
            }
            for text in "ab":
                prints = {address_of(name): fingerprint_of(text) for name in NAMES}
                assert ledger.compare(list_id, prints, not_before) == comparison_of(
                    *(" ".join(found) for found in model.compare(list_id, text, not_before))
                )


def apply(ledger: Ledger, name: str, arguments: list[t.Any], now: int) -> None:
    """Take the model's step in the ledger."""
    *before, people = arguments
    if name == "remove_members":
        people = {ledger.identity(address_of(one)) for one in people}
    elif isinstance(people, dict):
        people = {address_of(one): fingerprint_of(text) for one, text in people.items()}
    else:
        people = {address_of(one) for one in people}
    times = [now] if name in {"confirm", "add_members"} else []
    getattr(ledger, name)(*before, people, *times)
