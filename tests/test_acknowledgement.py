"""Which STATE may be passed on: never one ahead of a contact without a verdict."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from target_activecampaign.acknowledgement import Acknowledgement, Segment


def segments(acknowledgement: Acknowledgement) -> int:
    count, segment = 1, acknowledgement._current
    while segment.earlier is not None:
        assert segment.earlier.later is segment
        count, segment = count + 1, segment.earlier
    return count


def test_a_state_with_nothing_before_it_is_settled_at_once() -> None:
    acknowledgement = Acknowledgement()
    acknowledgement.add_state({"a": 1})
    assert acknowledgement.take_settled() == ({"a": 1},)
    assert acknowledgement.take_settled() is None


def test_whether_a_state_is_settled_can_be_asked_without_taking_it() -> None:
    acknowledgement = Acknowledgement()
    asked = [acknowledgement.has_settled]
    acknowledgement.add_state(1)
    asked += [acknowledgement.has_settled, acknowledgement.has_settled]
    acknowledgement.take_settled()
    asked += [acknowledgement.has_settled]
    assert asked == [False, True, True, False]


def test_a_state_waits_for_every_contact_before_it_and_for_none_after_it() -> None:
    acknowledgement = Acknowledgement()
    before = [acknowledgement.owe(), acknowledgement.owe()]
    acknowledgement.add_state(1)
    acknowledgement.owe()
    acknowledgement.settle(before[0])
    assert acknowledgement.take_settled() is None
    acknowledgement.settle(before[1])
    assert acknowledgement.take_settled() == (1,)


def test_a_later_state_never_passes_an_earlier_contact() -> None:
    acknowledgement = Acknowledgement()
    first = acknowledgement.owe()
    acknowledgement.add_state(1)
    second = acknowledgement.owe()
    acknowledgement.add_state(2)
    acknowledgement.settle(second)
    assert acknowledgement.take_settled() is None
    acknowledgement.settle(first)
    assert acknowledgement.take_settled() == (2,)


def test_only_the_newest_settled_state_is_given() -> None:
    acknowledgement = Acknowledgement()
    for value in (1, 2, None):
        acknowledgement.add_state(value)
    assert acknowledgement.take_settled() == (None,)


def test_no_state_passes_a_record_that_was_held_back() -> None:
    acknowledgement = Acknowledgement()
    acknowledgement.add_state(1)
    acknowledgement.block()
    acknowledgement.block()
    acknowledgement.add_state(2)
    acknowledgement.settle(acknowledgement.owe())
    acknowledgement.add_state(3)
    assert acknowledgement.take_settled() == (1,)
    assert acknowledgement.take_settled() is None


def test_a_thousand_states_behind_one_open_contact_take_no_room() -> None:
    acknowledgement = Acknowledgement()
    first = acknowledgement.owe()
    for value in range(1000):
        acknowledgement.add_state(value)
        acknowledgement.settle(acknowledgement.owe())
    assert segments(acknowledgement) == 2
    acknowledgement.add_state("last")
    acknowledgement.settle(first)
    assert acknowledgement.take_settled() == ("last",)


class AcknowledgementMachine(RuleBasedStateMachine):
    """Beside it a list of the whole input: contacts that are open or not, and STATEs."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledgement = Acknowledgement()
        self.input: list[Segment | str | None] = []
        """A segment for an open contact, `None` for a settled one, "held back", and STATE for a STATE."""
        self.newest_taken = -1

    @rule()
    def read_contact(self) -> None:
        self.input.append(self.acknowledgement.owe())

    @rule()
    def read_state(self) -> None:
        self.acknowledgement.add_state(len(self.input))
        self.input.append("STATE")

    @rule()
    def hold_back(self) -> None:
        self.acknowledgement.block()
        self.input.append("held back")

    @precondition(lambda self: self.open())
    @rule(index=st.integers(0))
    def settle(self, index: int) -> None:
        places = self.open()
        place = places[index % len(places)]
        segment = self.input[place]
        assert isinstance(segment, Segment)
        self.input[place] = None
        self.acknowledgement.settle(segment)

    @rule()
    def take(self) -> None:
        newest = self.newest_settled()
        expected = (newest,) if newest > self.newest_taken else None
        assert self.acknowledgement.take_settled() == expected
        self.newest_taken = newest

    @invariant()
    def a_state_is_settled_when_every_record_before_it_is(self) -> None:
        assert self.acknowledgement.has_settled == (self.newest_settled() > self.newest_taken)

    @invariant()
    def there_are_no_more_segments_than_open_contacts(self) -> None:
        blocked = "held back" in self.input
        assert segments(self.acknowledgement) <= len(self.open()) + blocked + 1

    def open(self) -> list[int]:
        return [place for place, one in enumerate(self.input) if isinstance(one, Segment)]

    def newest_settled(self) -> int:
        newest = -1
        for place, one in enumerate(self.input):
            if one == "STATE":
                newest = place
            elif one is not None:
                break
        return newest


TestAnyInput = AcknowledgementMachine.TestCase
TestAnyInput.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
