"""Which STATE may be passed on: never one ahead of a contact without an outcome."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from target_activecampaign.delivery.state_tracker import Hold, Segment, StateTracker


def segments(state_tracker: StateTracker) -> int:
    count, segment = 1, state_tracker._current
    while segment.earlier is not None:
        assert segment.earlier.later is segment
        count, segment = count + 1, segment.earlier
    return count


def test_a_state_with_nothing_before_it_is_settled_at_once() -> None:
    state_tracker = StateTracker()
    state_tracker.add_state({"a": 1})
    assert state_tracker.take_done() == ({"a": 1},)
    assert state_tracker.take_done() is None


def test_whether_a_state_is_settled_can_be_asked_without_taking_it() -> None:
    state_tracker = StateTracker()
    asked = [state_tracker.has_done]
    state_tracker.add_state(1)
    asked += [state_tracker.has_done, state_tracker.has_done]
    state_tracker.take_done()
    asked += [state_tracker.has_done]
    assert asked == [False, True, True, False]


def test_a_state_waits_for_every_contact_before_it_and_for_none_after_it() -> None:
    state_tracker = StateTracker()
    before = [state_tracker.add_pending(), state_tracker.add_pending()]
    state_tracker.add_state(1)
    state_tracker.add_pending()
    state_tracker.mark_done(before[0])
    assert state_tracker.take_done() is None
    state_tracker.mark_done(before[1])
    assert state_tracker.take_done() == (1,)


def test_a_later_state_never_passes_an_earlier_contact() -> None:
    state_tracker = StateTracker()
    first = state_tracker.add_pending()
    state_tracker.add_state(1)
    second = state_tracker.add_pending()
    state_tracker.add_state(2)
    state_tracker.mark_done(second)
    assert state_tracker.take_done() is None
    state_tracker.mark_done(first)
    assert state_tracker.take_done() == (2,)


def test_only_the_newest_settled_state_is_given() -> None:
    state_tracker = StateTracker()
    for value in (1, 2, None):
        state_tracker.add_state(value)
    assert state_tracker.take_done() == (None,)


def test_no_state_passes_a_record_that_was_held_back() -> None:
    state_tracker = StateTracker()
    state_tracker.add_state(1)
    state_tracker.block()
    state_tracker.block()
    state_tracker.add_state(2)
    state_tracker.mark_done(state_tracker.add_pending())
    state_tracker.add_state(3)
    assert state_tracker.take_done() == (1,)
    assert state_tracker.take_done() is None


def test_a_thousand_states_behind_one_open_contact_take_no_room() -> None:
    state_tracker = StateTracker()
    first = state_tracker.add_pending()
    for value in range(1000):
        state_tracker.add_state(value)
        state_tracker.mark_done(state_tracker.add_pending())
    assert segments(state_tracker) == 2
    state_tracker.add_state("last")
    state_tracker.mark_done(first)
    assert state_tracker.take_done() == ("last",)


def test_a_hold_keeps_every_state_waiting_from_its_earliest_point_on() -> None:
    state_tracker = StateTracker()
    hold = Hold(state_tracker)
    early = state_tracker.add_pending()
    state_tracker.add_state(1)
    hold.hold()
    state_tracker.add_state(2)
    assert hold.is_held
    state_tracker.mark_done(early)
    assert state_tracker.take_done() == (1,)
    hold.release()
    assert state_tracker.take_done() == (2,)
    assert not hold.is_held


def test_a_hold_moves_to_an_earlier_segment_and_never_to_a_later_one() -> None:
    state_tracker = StateTracker()
    hold = Hold(state_tracker)
    early = state_tracker.add_pending()
    state_tracker.add_state(1)
    late = state_tracker.add_pending()
    for segment in (late, early, late):
        hold.hold(segment)
    state_tracker.mark_done(early)
    state_tracker.mark_done(late)
    state_tracker.add_state(2)
    assert state_tracker.take_done() is None
    hold.release()
    assert state_tracker.take_done() == (2,)


def test_a_thousand_holds_and_states_take_no_room() -> None:
    state_tracker = StateTracker()
    hold = Hold(state_tracker)
    for value in range(1000):
        hold.hold()
        state_tracker.add_state(value)
    assert segments(state_tracker) == 2
    hold.release()
    assert state_tracker.take_done() == (999,)


def test_where_states_take_too_many_bytes_every_second_one_goes() -> None:
    state_tracker = StateTracker(most_bytes=10, size_of=len)
    contacts = []
    for value in ("1111", "2222", "3333"):
        contacts.append(state_tracker.add_pending())
        state_tracker.add_state(value)
    assert segments(state_tracker) == 3  # one that is read, two that wait: "2222" is gone
    state_tracker.mark_done(contacts[0])
    assert state_tracker.take_done() == ("1111",)
    state_tracker.mark_done(contacts[1])
    assert state_tracker.take_done() is None
    state_tracker.mark_done(contacts[2])
    assert state_tracker.take_done() == ("3333",)


def test_a_hold_stays_where_segments_join() -> None:
    state_tracker = StateTracker(most_bytes=1, size_of=len)
    hold = Hold(state_tracker)
    first = state_tracker.add_pending()
    hold.hold(first)
    state_tracker.add_state("1")
    second = state_tracker.add_pending()
    state_tracker.add_state("2")
    hold.hold(first)
    state_tracker.mark_done(first)
    state_tracker.mark_done(second)
    assert state_tracker.take_done() is None
    hold.release()
    assert state_tracker.take_done() == ("2",)


class StateTrackerMachine(RuleBasedStateMachine):
    """Beside it a list of the whole input: contacts that are open or not, and STATEs."""

    def __init__(self) -> None:
        super().__init__()
        self.state_tracker = StateTracker()
        self.input: list[Segment | str | None] = []
        """A segment for an open contact, `None` for a settled one, "held back", and STATE for a STATE."""
        self.newest_taken = -1

    @rule()
    def read_contact(self) -> None:
        self.input.append(self.state_tracker.add_pending())

    @rule()
    def read_state(self) -> None:
        self.state_tracker.add_state(len(self.input))
        self.input.append("STATE")

    @rule()
    def hold_back(self) -> None:
        self.state_tracker.block()
        self.input.append("held back")

    @precondition(lambda self: self.open())
    @rule(index=st.integers(0))
    def settle(self, index: int) -> None:
        places = self.open()
        place = places[index % len(places)]
        segment = self.input[place]
        assert isinstance(segment, Segment)
        self.input[place] = None
        self.state_tracker.mark_done(segment)

    @rule()
    def take(self) -> None:
        newest = self.newest_settled()
        expected = (newest,) if newest > self.newest_taken else None
        assert self.state_tracker.take_done() == expected
        self.newest_taken = newest

    @invariant()
    def a_state_is_settled_when_every_record_before_it_is(self) -> None:
        assert self.state_tracker.has_done == (self.newest_settled() > self.newest_taken)

    @invariant()
    def there_are_no_more_segments_than_open_contacts(self) -> None:
        blocked = "held back" in self.input
        assert segments(self.state_tracker) <= len(self.open()) + blocked + 1

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


class BoundedStateTrackerMachine(StateTrackerMachine):
    """The same where two STATEs may wait: some are never given, none is given too early, the last one is."""

    def __init__(self) -> None:
        super().__init__()
        self.state_tracker = StateTracker(most_bytes=2, size_of=lambda _: 1)

    @rule()
    def take(self) -> None:
        given = self.state_tracker.take_done()
        if given is not None:
            assert self.newest_taken < given[0] <= self.newest_settled()
            self.newest_taken = given[0]

    @rule()
    def settle_all(self) -> None:
        while self.open():
            self.settle(0)
        given = self.state_tracker.take_done() or (self.newest_taken,)
        assert given == (self.newest_settled(),)
        self.newest_taken = given[0]

    @invariant()
    def a_state_is_settled_when_every_record_before_it_is(self) -> None:
        """Say nothing: the STATE may have gone."""

    @invariant()
    def two_states_wait_at_the_most(self) -> None:
        assert segments(self.state_tracker) <= 3


TestBounded = BoundedStateTrackerMachine.TestCase
TestBounded.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
TestAnyInput = StateTrackerMachine.TestCase
TestAnyInput.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
