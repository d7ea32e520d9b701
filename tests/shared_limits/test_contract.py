"""The contract that runs share: what each is granted of it."""

from __future__ import annotations

import pytest

from target_activecampaign.shared_limits.contract import FIGURE_LAG_SECONDS, Claim, Reading, SharedContract

HOUR = 3600.0


def claim_of(  # noqa: PLR0913 - each by its name
    claimed: int = 0,
    *,
    held: int | None = None,
    wanted: int = 1000,
    named: int = 0,
    total: int = 0,
    least: int = 0,
    at: float = 0.0,
) -> Claim:
    reading = Reading(10_000, total, at)
    return Claim(claimed, claimed if held is None else held, wanted, named, max(least, total), HOUR, reading)


def contract_of(total: int = 0) -> SharedContract:
    return SharedContract(Reading(10_000, total, 0.0), total)


def test_runs_are_never_granted_more_than_the_contract_holds() -> None:
    contract, held = contract_of(total=9_000), dict.fromkeys("abc", 0)
    for second in range(6):
        for run in held:
            held[run] = contract.grant(run, claim_of(held=held[run], total=9_000), float(second)).granted
    assert sum(held.values()) == 1_000


def test_what_a_run_claims_stays_spoken_for_until_it_was_read_as_counted() -> None:
    contract = contract_of(total=9_500)
    contract.grant("sending", claim_of(400, wanted=0, total=9_500), 0.0)
    assert contract.grant("other", claim_of(total=9_500), 1.0).granted == 100
    # Its reading began after its imports had ended, and counts them.
    contract.grant("sending", claim_of(0, wanted=0, total=9_900, at=10.0), 10.0)
    assert contract.grant("other", claim_of(held=100, total=9_500), 11.0).granted == 100


def test_an_older_reading_of_another_run_gives_nothing_back() -> None:
    contract = contract_of(total=9_000)
    contract.grant("late", claim_of(wanted=0, total=9_900, at=20.0), 20.0)
    assert contract.grant("early", claim_of(total=9_000, at=10.0), 21.0).granted == 100


def test_contacts_that_imports_of_any_run_named_count_before_the_account_counts_them() -> None:
    contract = contract_of(total=9_000)
    contract.grant("sending", claim_of(500, wanted=0, total=9_000), 0.0)
    contract.grant("sending", claim_of(0, wanted=0, named=500, total=9_000, least=9_500, at=5.0), 5.0)
    assert contract.grant("other", claim_of(total=9_000, at=6.0), 6.0).granted == 500


@pytest.mark.parametrize("end", ["lost", "over"])
def test_what_a_run_that_is_gone_has_sent_stays_spoken_for_and_nobody_waits_for_it(end: str) -> None:
    contract = contract_of(total=9_000)
    contract.grant("gone", claim_of(600, total=9_000), 0.0)
    if end == "lost":
        contract.lose("gone")
    else:
        contract.leave("gone", claim_of(600, total=9_000), 0.0)
    grant = contract.grant("other", claim_of(total=9_000), 60.0)
    assert grant.granted <= 400
    assert not grant.others_granted
    later = HOUR + FIGURE_LAG_SECONDS + 1
    assert contract.grant("other", claim_of(total=9_000, at=later), later).granted == 1_000


def test_a_run_that_wants_nothing_gives_back_what_it_has_not_sent() -> None:
    contract = contract_of(total=9_000)
    assert contract.grant("idle", claim_of(total=9_000), 0.0).granted == 1_000
    assert contract.grant("other", claim_of(total=9_000), 1.0).granted == 0
    contract.grant("idle", claim_of(wanted=0, total=9_000), 2.0)
    assert contract.grant("other", claim_of(total=9_000), 3.0).granted == 1_000


def test_a_run_tells_a_server_that_has_forgotten_all_what_it_holds() -> None:
    contract = contract_of(total=9_000)
    contract.grant("first", claim_of(300, wanted=0, named=200, total=9_000), 0.0)
    contract.grant("second", claim_of(500, wanted=0, named=100, total=9_000), 0.0)
    assert contract.grant("third", claim_of(total=9_000), 0.0).granted == 200
