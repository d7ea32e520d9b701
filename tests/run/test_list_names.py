"""A list of the account is meant by its number, or by a name that it has alone."""

from __future__ import annotations

import pytest

from target_activecampaign.api.responses import AccountList
from target_activecampaign.run.list_names import find_lists, problems_of_lists

LISTS = [
    AccountList(1, "Customers"),
    AccountList(2, "customers"),
    AccountList(3, " Caf\u00e9 &amp; Bar"),
    AccountList(4, "VIP", "email"),
    AccountList(5, "VIP", "sms"),
    AccountList(6, "Texts", "sms"),
    AccountList(7, "2024"),
]


@pytest.mark.parametrize(
    ("name", "number"),
    [("Customers", 1), ("customers", 2), ("Cafe\u0301 & Bar", 3), ("Caf\u00e9 &amp; Bar", 3), ("Texts", 6)],
)
def test_a_name_is_taken_to_the_letter_or_else_as_a_page_shows_it(name: str, number: int) -> None:
    assert find_lists([name], LISTS) == ({name: number}, [])


def test_a_name_that_several_lists_have_is_refused_with_their_numbers() -> None:
    found, (problem,) = find_lists(["VIP"], LISTS)
    assert found == {}
    assert problem == (
        'list_id: several lists are called "VIP": 4, 5; write the number of the one that you mean'
    )


def test_a_name_that_no_list_has_is_refused_with_the_nearest_one() -> None:
    found, problems = find_lists(["Custmers", "Xyz", "x" * 70, "CUSTOMERS"], LISTS)
    assert found == {}
    assert problems[0] == (
        'list_id: the account has no list "Custmers" that this key may see. Nearest: "customers" (2). All '
        "lists: target-activecampaign lists"
    )
    assert problems[0].nearest == ("customers",)
    assert 'no list "Xyz" that this key may see. It has: 1 "Customers", 2 "customers", 3 "' in problems[1]
    assert '"(a name of 70 characters)"' in problems[2]
    assert 'Nearest: "customers" (2)' in problems[3]


def test_a_number_that_is_the_name_of_a_list_is_pointed_to_that() -> None:
    (problem,) = problems_of_lists([2024], LISTS)
    assert problem.startswith(
        'list_id: the account has no list 2024 that this key may see. Nearest: "2024" (7). All lists: '
    )


def test_a_list_for_text_messages_is_refused_whichever_way_it_is_meant() -> None:
    found, _ = find_lists(["Texts"], LISTS)
    (problem,) = problems_of_lists(found.values(), LISTS)
    assert problem.startswith('list_id: list 6 ("Texts") is for sms, not for email')
