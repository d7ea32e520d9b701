"""A published tap and Meltano bring customers of a database to an account, by docs/examples/postgres."""

from __future__ import annotations

import re
import typing as t

import pytest
from support.customer_database import UNSUBSCRIBED

if t.TYPE_CHECKING:
    from support.customer_database import Report, Shop

pytestmark = [pytest.mark.database, pytest.mark.timeout(900)]


def figures(report: Report) -> tuple[int, int, int, int]:
    """Return read, created, updated and unchanged."""
    return report["read"], report["created"], report["updated"], report["unchanged"]


def numbers(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


def test_the_settings_can_be_checked_before_the_first_run(shop: Shop) -> None:
    assert re.search(r"All \d+ checks passed", shop.project.call("invoke", "target-activecampaign:check"))
    assert shop.sandbox.snapshot(1)["contacts"] == []


def test_a_second_run_reads_and_sends_only_what_changed(shop: Shop) -> None:
    shop.add(1, 500)
    assert figures(shop.run("customers")) == (500, 500, 0, 0)
    assert shop.on_list("Customers") == numbers(1, 500)
    shop.execute("UPDATE marketing.customers SET city = 'Paris' WHERE id <= 3")
    shop.add(501, 502)
    # The tap reads the last row of the run before once more, and the ledger knows it.
    assert figures(shop.run("customers")) == (6, 2, 3, 1)
    assert shop.on_list("Customers") == numbers(1, 502)
    assert {number for number, city in shop.cities().items() if city == "Paris"} == {1, 2, 3}


def test_a_deleted_row_takes_its_person_off_the_list_though_a_run_failed(shop_with_log: Shop) -> None:
    shop = shop_with_log
    shop.add(1, 200)
    shop.run("customers")
    shop.execute("DELETE FROM marketing.customers WHERE id IN (5, 6)")
    shop.sandbox.emulator.faults.add("* status=503")
    assert "Loader failed" in shop.run_in_vain("deletions")
    assert shop.on_list("Customers") == numbers(1, 200)
    shop.sandbox.emulator.faults.clear()
    report = shop.run("deletions")
    # The log tells of the rows that were added, too, and the ledger knows them.
    assert figures(report) == (202, 0, 2, 200)
    assert (report["unsubscribed"], report["left_alone"]) == (2, 0)
    assert shop.on_list("Customers", UNSUBSCRIBED) == {5, 6}
    assert shop.on_list("Customers") == numbers(1, 200) - {5, 6}


def test_a_run_that_was_killed_goes_on_from_the_state_that_meltano_stored(shop: Shop) -> None:
    shop.add(1, 12_500)
    # The tap writes its one STATE before the end behind row 10,000; the last six of fifty imports do not end.
    shop.sandbox.emulator.faults.add("import open after=44")
    shop.run_until_state("customers")
    arrived = shop.on_list("Customers")
    assert numbers(1, 10_000) <= arrived < numbers(1, 12_500)
    shop.sandbox.emulator.faults.clear()
    report = shop.run("customers", "--force")
    assert report["read"] == 2501
    assert report["created"] == 12_500 - len(arrived)
    assert report["delivered"] + report["unchanged"] == 2501
    assert shop.on_list("Customers") == numbers(1, 12_500)


def test_a_list_follows_a_view(shop: Shop) -> None:
    shop.add(1, 200)
    assert figures(shop.run("segment")) == (100, 100, 0, 0)
    assert shop.on_list("Newsletter") == set(range(2, 201, 2))
    shop.execute("UPDATE marketing.customers SET newsletter = id = 1 WHERE id <= 4")
    report = shop.run("segment")
    assert figures(report) == (99, 1, 0, 98)
    # The run notes who left, since the tap proves no end of the view; the job's next step takes them off.
    assert (report["pending_removals"], report["unsubscribed"]) == (2, 0)
    assert shop.on_list("Newsletter", UNSUBSCRIBED) == {2, 4}
    assert shop.on_list("Newsletter") == {1, *range(6, 201, 2)}
