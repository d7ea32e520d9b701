"""Pages of contacts: what can be read is read, and a page out of order is known."""

from __future__ import annotations

import json
import typing as t

import pytest

from target_activecampaign.api.contact_pages import ContactPage, PageTally, read_contact_page
from target_activecampaign.api.contact_values import ContactValues
from target_activecampaign.api.responses import Membership, Response


def page(*contacts: t.Any, after_id: int = 0) -> ContactPage:  # noqa: ANN401 - any JSON
    body = json.dumps({"contacts": list(contacts), "meta": {"total": "9"}})
    return read_contact_page(response(body), after_id)


def response(body: str) -> Response:
    return Response(200, body.encode(), {}, "GET contacts")


def test_addresses_are_trimmed_and_lower_cased() -> None:
    assert page({"id": "4", "email": " Ada@Example.com "}) == ContactPage(
        ("ada@example.com",), 4, total=9, entries=1, values={"ada@example.com": ContactValues()}
    )


def test_a_page_tells_values_by_address_and_none_of_two_with_one_address() -> None:
    ada = {"email": "ada@example.com", "firstName": "Ada", "lastName": None, "udate": "2026-01-02T10:00:00Z"}
    bo = {"email": "bo@example.com", "firstName": "Bo"}
    found = page({"id": "4", **ada}, {"id": "5", **bo}, {"id": "6", **bo})
    assert found.values == {"ada@example.com": ContactValues({"first_name": "Ada"}, 1767348000.0)}


def test_a_domain_in_unicode_is_the_identity_that_was_sent() -> None:
    found = page({"id": "4", "email": "Ada@B\u00fccher.example"}, {"id": "5", "email": "no address"})
    assert found.emails == ("ada@xn--bcher-kva.example", "no address")


@pytest.mark.parametrize(
    ("entry", "tells"),
    [
        ({"id": "5", "email": "no address"}, True),
        ({"id": "5", "email": ""}, True),
        ({"id": "5", "email": None, "deleted": "1"}, True),
        ({"id": "5", "email": None}, False),
        ({"id": "5"}, False),
        ({"id": "5", "email": ["ada@example.com"]}, False),
        ({"email": "bo@example.com"}, False),
        ({"id": "4", "email": "bo@example.com"}, False),
        ("bo@example.com", False),
    ],
)
def test_an_entry_that_does_not_tell_whom_it_is_of_may_be_of_anybody(entry: object, tells: bool) -> None:  # noqa: FBT001 - a column of the table
    assert page({"id": "4", "email": "ada@example.com"}, entry).tells_everybody is tells


@pytest.mark.parametrize(
    ("totals", "entries", "is_whole"),
    [
        ((2, 1, 0), (1, 1, 0), True),  # of those behind the id that was asked for
        ((2, 2, 2), (1, 1, 0), True),
        ((2, 3, 3), (1, 1, 0), False),  # somebody came meanwhile, and does not stand on them
        ((2, 3, 3), (1, 2, 0), True),
        ((2, 1, 1), (1, 0, 0), False),  # somebody left meanwhile, or was left out
        ((2, None, None), (1, 1, 0), True),
        ((2, 2, 3), (1, 1, 0), False),
    ],
)
def test_pages_leave_nobody_out_where_as_many_came_as_any_of_them_counts(
    totals: tuple[int | None, ...],
    entries: tuple[int, ...],
    is_whole: bool,  # noqa: FBT001 - a column of the table
) -> None:
    tally = PageTally()
    for total, count in zip(totals, entries, strict=True):
        tally.take(ContactPage((), 0, total=total, entries=count))
    assert tally.leaves_nobody_out is is_whole


def test_a_page_without_entries_ends_the_contacts() -> None:
    assert page(after_id=4).is_empty
    assert page(after_id=4).last_id == 4


def test_a_contact_without_an_address_and_one_that_is_deleted_are_left_out() -> None:
    found = page(
        {"id": "4", "email": None},
        {"id": 5, "email": "bo@example.com", "deleted": "0"},
        {"id": "6", "email": "cy@example.com", "deleted": "1"},
    )
    assert (found.emails, found.last_id, found.is_empty, found.is_in_order) == (
        ("bo@example.com",),
        6,
        False,
        True,
    )


@pytest.mark.parametrize("ids", [["4", "3"], ["2", "3"], ["3", "3"], ["x"], [None]])
def test_ids_that_do_not_ascend_from_the_one_asked_for_are_out_of_order(ids: list[t.Any]) -> None:
    assert not page(*({"id": one, "email": "ada@example.com"} for one in ids), after_id=2).is_in_order


@pytest.mark.parametrize("body", ["{}", '{"contacts": null}', '{"contacts": {"id": "1"}}'])
def test_a_page_of_another_shape_is_in_no_order_and_no_end(body: str) -> None:
    found = read_contact_page(response(body), 7)
    assert (found.emails, found.last_id, found.is_empty, found.is_in_order) == ((), 7, False, False)


def test_memberships_are_told_by_address_and_list_without_unreadable_and_contradicted_ones() -> None:
    memberships = [
        {"contact": "4", "list": "1", "status": "2", "sdate": "2026-01-02T10:00:00-05:00"},
        {"contact": "4", "list": "2", "status": 1, "sdate": None},
        {"contact": "4", "list": None, "status": "2"},
        {"contact": "4", "list": "3", "status": None},
        {"contact": "4", "list": "5", "status": "1"},
        {"contact": "4", "list": "5", "status": "2"},
        {"contact": "4", "list": "6", "status": "1"},
        {"contact": "4", "list": "6", "status": None},
        {"contact": "9", "list": "1", "status": "2"},
        "nonsense",
    ]
    body = {"contacts": [{"id": "4", "email": "ada@example.com"}], "contactLists": memberships}
    found = read_contact_page(response(json.dumps(body)), 0)
    assert found.memberships == {
        ("ada@example.com", 1): Membership(2, 1767366000.0),
        ("ada@example.com", 2): Membership(1, None),
    }
    assert found.total is None
    moved = found.earlier_by(60).memberships
    assert moved == {
        ("ada@example.com", 1): Membership(2, 1767365940.0),
        ("ada@example.com", 2): Membership(1, None),
    }


def test_a_page_without_memberships_tells_nothing_of_them() -> None:
    assert page({"id": "4", "email": "ada@example.com"}).memberships is None
