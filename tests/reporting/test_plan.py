"""The plan of a dry run knows what the run that follows reads, besides what it sends."""

from __future__ import annotations

import pytest

from target_activecampaign.reporting.plan import plan_run

MILLION = 1_000_000


def requests_of(imports: int, **options: int) -> int:
    plan = plan_run(
        imports=imports,
        requests_made=0,
        requests_per_second=5,
        imports_per_minute=100,
        first_contact=None,
        **options,
    )
    assert plan["minutes"] == round(max(imports / 100, plan["requests"] / 300), 1)
    return int(plan["requests"])


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, 0),
        ({"verified": 1_000}, 1_000),
        ({"verified": 1_000, "account_contacts": MILLION}, 1_000),
        ({"verified": 1_000, "account_contacts": 4_900}, 4 * 50),
        ({"taken_off": 9}, 9),
        ({"taken_off": 100_000}, 1_003),
    ],
)
def test_what_is_read_back_is_planned_by_pages_where_these_are_fewer(
    options: dict[str, int], more: int
) -> None:
    assert requests_of(4, **options) - requests_of(4) == more


def test_a_million_contacts_that_are_all_read_back_take_days() -> None:
    minutes = requests_of(4_000, verified=MILLION, account_contacts=MILLION) / 300
    assert 55 * 60 < minutes < 60 * 60
