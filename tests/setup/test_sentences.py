"""What a file would do is said as a sum that adds up, and with the room that the contract has."""

from __future__ import annotations

import re
import typing as t

import pytest

from target_activecampaign.api.responses import Contract
from target_activecampaign.setup.sentences import arrived_line, left_out_line, plan_line, room_line, sum_line


def report(**figures: object) -> dict[str, t.Any]:
    return {
        "read": 12_480,
        "delivered": 12_306,
        "created": 0,
        "updated": 0,
        "unchanged": 0,
        "superseded": 82,
        "held_back": 0,
        "unsubscribed": 0,
        "left_alone": 0,
        "rejected": {"email_missing": 49, "email_invalid": 39, "excluded": 4},
        **figures,
    }


def test_the_sum_of_the_transcript() -> None:
    assert sum_line(report()) == (
        "12,480 rows = 12,306 people to send + 82 repeats of a person, merged + 92 that can't be sent (0.7 %)"
    )


@pytest.mark.parametrize(
    "figures",
    [
        {
            "read": 10,
            "delivered": 5,
            "unsubscribed": 2,
            "unchanged": 4,
            "left_alone": 3,
            "superseded": 1,
            "rejected": {},
        },
        {"read": 3, "delivered": 1, "superseded": 1, "held_back": 1, "rejected": {}},
        {"read": 1, "delivered": 0, "superseded": 0, "rejected": {"email_missing": 1}},
    ],
)
def test_the_terms_add_up_to_the_rows(figures: dict[str, t.Any]) -> None:
    rows, terms = sum_line(report(**figures)).split(" = ")
    numbers = [int(re.sub(r"\D", "", re.findall(r"[\d,]+", term)[0])) for term in terms.split(" + ")]
    assert sum(numbers) == int(rows.split()[0]) == figures["read"]
    assert 0 not in numbers


def test_room_is_said_and_its_want_too() -> None:
    contract = Contract(20_000, 7_460)
    assert room_line(report(), contract) == (
        "They fit into the contract: room for 12,540. All new, 234 places are left."
    )
    full = room_line(report(), Contract(20_000, 19_000))
    assert full is not None
    assert "room for 1,000: if all of them are new, 11,306 are held back" in full
    assert room_line(report(), None) is None


def test_the_plan_and_the_arrival_of_the_transcript() -> None:
    assert plan_line(report(plan={"imports": 50, "minutes": 0.6})) == "50 imports, about 1 minute."
    assert plan_line(report(plan=None)) is None
    said = arrived_line(report(delivered=5, created=4, updated=1), "Newsletter")
    assert said == '5 people arrived on "Newsletter": 4 new, 1 updated.'
    assert arrived_line(report(delivered=0), "VIP") == '0 people arrived on "VIP".'


def test_values_that_can_not_be_written_are_said_before_anything_is_sent() -> None:
    assert left_out_line({"left_out": {}}) is None
    fields = {"custom_fields.Birthday": 1_200, "phone": 3}
    said = "1,203 values can't be written and are left out: 1,200 of Birthday, 3 of phone."
    assert left_out_line({"left_out": fields}) == said
