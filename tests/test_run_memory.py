"""What a run remembers of what it sent."""

from __future__ import annotations

from target_activecampaign.run_memory import RunMemory

ADA = "ada@example.com"


def test_a_run_starts_without_memories() -> None:
    memory = RunMemory()
    assert len(memory) == 0
    assert not memory.is_sent(ADA)
    assert not memory.is_confirmed(ADA)
    assert not memory.is_unchanged(ADA, b"1")


def test_what_is_sent_counts_once_and_is_not_confirmed() -> None:
    memory = RunMemory()
    memory.send(ADA)
    memory.send(ADA)
    assert len(memory) == 1
    assert memory.is_sent(ADA)
    assert not memory.is_confirmed(ADA)
    assert not memory.is_unchanged(ADA, b"1")


def test_exactly_what_was_confirmed_last_is_unchanged() -> None:
    memory = RunMemory()
    memory.send(ADA)
    memory.confirm(ADA, b"1")
    memory.confirm(ADA, b"2")
    assert memory.is_confirmed(ADA)
    assert not memory.is_unchanged(ADA, b"1")
    assert memory.is_unchanged(ADA, b"2")
    assert not memory.is_unchanged("bob@example.com", b"2")


def test_sending_again_leaves_the_confirmation() -> None:
    memory = RunMemory()
    memory.confirm(ADA, b"1")
    memory.send(ADA)
    assert memory.is_unchanged(ADA, b"1")


def test_a_refused_contact_is_sent_again_and_counts_still() -> None:
    memory = RunMemory()
    memory.confirm(ADA, b"1")
    memory.forget(ADA)
    assert len(memory) == 1
    assert memory.is_sent(ADA)
    assert not memory.is_confirmed(ADA)
    assert not memory.is_unchanged(ADA, b"1")


def test_what_was_not_sent_after_all_does_not_count() -> None:
    memory = RunMemory()
    memory.send(ADA)
    memory.withdraw(ADA)
    memory.withdraw(ADA)
    assert len(memory) == 0
    assert not memory.is_sent(ADA)
