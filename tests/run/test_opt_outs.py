"""A no stands until its own record says yes, in whichever portions; each record has one outcome."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_activecampaign.contacts.contact import Contact, Origin, Payload, Reason, Rejection, Subscription
from target_activecampaign.contacts.subscription import OptOut
from target_activecampaign.run.opt_outs import OptOuts

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.delivery.delivery import Delivery
    from target_activecampaign.ledger.ledger import Ledger

Word: t.TypeAlias = t.Literal["yes", "no", "nothing", "unmapped yes", "rejected"]
Said: t.TypeAlias = tuple[int, int, Word]
"""Number of a person, number of a key, and what the record of this key says."""

SAID = st.tuples(
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(["yes", "no", "nothing", "unmapped yes", "rejected"]),
)


class FakeDelivery:
    def __init__(self) -> None:
        self.ended: list[Origin] = []
        self.held = 0

    def end_deletions(self, origins: Sequence[Origin], outcome: str, segment: str | None = None) -> None:
        assert outcome in {"superseded", "unchanged"}
        self.ended += origins
        self.held -= segment is not None

    def hold_state(self) -> str:
        self.held += 1
        return "a segment"


def email_of(person: int) -> str:
    return f"p{person}@example.com"


def result_of(person: int, word: Word) -> Contact | Rejection | OptOut:
    if word == "no":
        return OptOut(email_of(person))
    if word == "rejected":
        return Rejection(Reason.VALUE_INVALID, "a detail")
    lists = () if word == "nothing" else (Subscription(1),)
    return Contact.of(Payload(email_of(person), subscribe=lists), 1)


def expected(said: Sequence[Said]) -> tuple[list[int], set[str]]:
    """Return the places of the records that go on, and who is to be taken off."""
    noes: dict[int, set[int]] = {}
    kept = []
    for place, (person, key, word) in enumerate(said):
        words = noes.setdefault(person, set())
        if word == "no":
            words.add(key)
        elif word == "yes":
            words.discard(key)
        if word in {"nothing", "rejected"} or (word != "no" and not words):
            kept.append(place)
    return kept, {email_of(person) for person, words in noes.items() if words}


def sort_all(opt_outs: OptOuts, said: Sequence[Said], portion: int) -> list[int]:
    kept = []
    for start in range(0, len(said), portion):
        for says_yes in (True, False):  # a portion is of one stream
            some = [
                (place, *said[place])
                for place in range(start, min(start + portion, len(said)))
                if (said[place][2] != "unmapped yes") == says_yes
            ]
            results = [result_of(person, word) for _, person, _, word in some]
            keys = [bytes([key]) for _, _, key, _ in some]
            origins = [Origin("people", place) for place, *_ in some]
            places = opt_outs.sort("people", 1, results, keys, origins, has_keys=True, says_yes=says_yes)
            kept += [some[n][0] for n in (range(len(some)) if places is None else places)]
    return kept


def without_ledger(delivery: FakeDelivery) -> OptOuts:
    return OptOuts(
        t.cast("Delivery", delivery),
        None,
        takes_off=True,
        is_read_only=False,
        now=1,
        flush_people=lambda: None,
    )


@settings(max_examples=60)
@given(said=st.lists(SAID, max_size=25))
def test_a_no_stands_until_its_own_record_says_yes(said: list[Said]) -> None:
    delivery = FakeDelivery()
    opt_outs = without_ledger(delivery)
    kept = sort_all(opt_outs, said, 1)
    removals = list(opt_outs.removals(1))
    assert (kept, {removal.email for removal in removals}) == expected(said)
    outcomes = [origin.line for origin in (*delivery.ended, *(one.origin for one in removals if one.origin))]
    assert sorted([*kept, *outcomes]) == list(range(len(said)))
    assert all(removal.windows is None for removal in removals)
    assert delivery.held == len(removals)
    opt_outs.close()


@settings(max_examples=30)
@given(
    said=st.lists(SAID.filter(lambda one: one[2] != "unmapped yes"), max_size=25), portion=st.integers(2, 30)
)
def test_portions_change_nothing(said: list[Said], portion: int) -> None:
    delivery = FakeDelivery()
    opt_outs = without_ledger(delivery)
    kept = sort_all(opt_outs, said, portion)
    assert (kept, {removal.email for removal in opt_outs.removals(1)}) == expected(said)
    opt_outs.close()


class FakeLedger:
    """A ledger in which person 1 said no by key 1, which was settled at 5."""

    def identity(self, email: str) -> bytes:
        return email.encode().rjust(16)

    def source_key(self, key: bytes) -> bytes:
        return key.rjust(16)

    def opt_outs(self, _: int) -> list[t.Any]:
        held = {
            "identity": self.identity(email_of(1)),
            "stream": "people",
            "source_key": self.source_key(b"\1"),
        }
        return [SimpleNamespace(**held, settled_at=5)]

    def pending_opt_outs(self, _: int) -> list[t.Any]:
        return []


@pytest.mark.parametrize(("not_before", "leaving"), [(0, []), (5, []), (6, [email_of(1)])])
def test_a_no_that_was_settled_long_ago_is_followed_again(not_before: int, leaving: list[str]) -> None:
    delivery, ledger = t.cast("Delivery", FakeDelivery()), t.cast("Ledger", FakeLedger())
    opt_outs = OptOuts(delivery, ledger, takes_off=True, is_read_only=True, now=9, flush_people=lambda: None)
    opt_outs.read_ledger(1, not_before)
    assert sort_all(opt_outs, [(1, 2, "yes"), (1, 1, "no"), (2, 1, "yes")], 1) == [2]
    assert [removal.email for removal in opt_outs.removals(1)] == leaving
    opt_outs.close()
