"""A batch that is not full leaves when its stream is silent, or when nothing else is to be sent."""

from __future__ import annotations

from target_activecampaign.delivery.submitting import PartialBatches


def policy() -> PartialBatches:
    partial_batches = PartialBatches(silence_seconds=3.0, trickle_seconds=30.0)
    partial_batches.note_contacts(["people", "shops"], now=100.0)
    return partial_batches


def test_a_stream_that_is_silent_leaves_alone() -> None:
    partial_batches = policy()
    partial_batches.note_contacts(["shops"], now=102.0)
    assert partial_batches.due(["people", "shops"], 102.9, can_take=True) == []
    assert partial_batches.due(["people", "shops"], 103.0, can_take=True) == ["people"]
    assert partial_batches.due(["people", "shops"], 105.0, can_take=True) == ["people", "shops"]


def test_streams_that_fill_slowly_leave_when_there_is_nothing_else_to_send() -> None:
    partial_batches = policy()
    partial_batches.note_contacts(["people", "shops"], now=130.0)
    assert partial_batches.due(["people", "shops"], 130.0, can_take=True) == []
    assert partial_batches.due(["people", "shops"], 130.0, can_take=False) == ["people", "shops"]
    partial_batches.note_closed(130.0)
    partial_batches.note_contacts(["people", "shops"], now=159.0)
    assert partial_batches.due(["people", "shops"], 159.9, can_take=False) == []
    assert partial_batches.due(["people", "shops"], 160.0, can_take=False) == ["people", "shops"]


def test_a_stream_is_not_silent_while_the_reader_waits_for_us() -> None:
    partial_batches = policy()
    partial_batches.is_reading = False
    assert partial_batches.due(["people"], 1_000.0, can_take=False) == []
    partial_batches.is_reading = True
    assert partial_batches.due(["people"], 1_000.0, can_take=False) == ["people"]


def test_before_the_first_contact_nothing_is_due() -> None:
    assert PartialBatches().due([], 1e9, can_take=False) == []
