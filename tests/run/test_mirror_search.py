"""A signal ends the mirror's search, and nothing was decided by then."""

from __future__ import annotations

import typing as t
from unittest.mock import Mock

import pytest
from support.ledgers import OpenLedger, address_of, fingerprint_of, members_of

from target_activecampaign.errors import InterruptedRunError
from target_activecampaign.run.mirror import Mirror
from target_activecampaign.run.people import People
from target_activecampaign.singer.completeness import Completeness

if t.TYPE_CHECKING:
    from pathlib import Path

MEMBERS = 2_500


def test_a_signal_ends_the_search_between_two_thousands_of_members(tmp_path: Path) -> None:
    opened = OpenLedger(f"sqlite:///{tmp_path}/ledger.db")
    ledger = opened(keeps_people=True)
    emails = [address_of(f"a{number}") for number in range(MEMBERS)]
    ledger.note_people(1, "people", [(None, email) for email in emails], 5)
    ledger.confirm(1, dict.fromkeys(emails, fingerprint_of("a")), 5, 6)
    people = People(
        Mock(), ledger, is_mirror=True, takes_deletions=False, kept_lists=[1], is_read_only=False, now=9
    )
    check = Mock(side_effect=[None, None, InterruptedRunError(15)])
    mirror = Mirror(
        ledger,
        people,
        Completeness(),
        lambda stream: ({stream}, False),
        check_interruption=check,
        writes=True,
        now=9,
    )
    mirror.open_stream("people", 1)
    with pytest.raises(InterruptedRunError):
        mirror.find_leavers()
    assert check.call_count == 3
    assert len(members_of(ledger)) == MEMBERS
    assert not ledger.count_pending(1)
    check.side_effect = None
    (found,) = mirror.find_leavers()
    assert sorted(removal.email for removal in found.removals) == sorted(emails)
    assert ledger.count_pending(1) == MEMBERS
    people.close()
    opened.close_all()
