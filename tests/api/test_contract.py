"""The contract is read where it can be read in one way alone."""

from __future__ import annotations

import json
import typing as t

import pytest

from target_activecampaign.api.contract import NoLimit, read_contract
from target_activecampaign.api.responses import Contract, Response, TryAgainError


def contract_of(content: object) -> Contract | NoLimit:
    return read_contract(Response(200, json.dumps(content).encode(), {}, "GET settings/account"))


def account(limit: object, total: object = 7) -> dict[str, t.Any]:
    return {"subscriber_limit": limit, "subscriber_total": total}


@pytest.mark.parametrize(
    ("limit", "read"),
    [
        (10000, 10000),
        (10000.0, 10000),
        ("10000", 10000),
        (" 10000.00 ", 10000),
        ("10,000", 10000),
        ("10.000", 10000),
        ("10 000", 10000),
        ("10\u00a0000", 10000),
        ("1'000'000", 1_000_000),
        ({"value": 1000}, 1000),
        ({"value": "1,000", "unit": "contacts"}, 1000),
        ({"limit": 1000, "max": "1000"}, 1000),
    ],
)
def test_a_limit_is_read_in_many_forms(limit: object, read: int) -> None:
    assert contract_of(account(limit)) == Contract(read, 7)


@pytest.mark.parametrize(
    "wrap", [lambda a: {"account": a}, lambda a: {"settings": {"account": a}, "x": {"y": 1}}]
)
def test_a_wrapped_answer_is_read(wrap: t.Callable[[t.Any], t.Any]) -> None:
    assert contract_of(wrap(account("1,000", {"value": "99"}))) == Contract(1000, 99)


@pytest.mark.parametrize(("limit", "word"), [(0, "0"), ("0", "0"), (-1, "-1"), ("-1", "-1"), (None, "null")])
def test_a_limit_that_is_none_is_said_with_its_reason(limit: object, word: str) -> None:
    assert contract_of(account(limit)) == NoLimit(
        f"the account tells no limit of contacts (subscriber_limit is {word})"
    )


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"subscriber_total": 7},
        account("many"),
        account(""),
        account(True),  # noqa: FBT003 - JSON
        account("1,00,000"),
        account("1,000.000"),
        account({"value": 1000, "used": 5}),
        account([1000]),
        account(1000, None),
        account(1000, "few"),
        account(1000, -1),
        {"subscriber_limit": 1000},
        {"a": account(1), "b": account(2)},
    ],
)
def test_figures_that_cannot_be_read_are_no_contract(content: object) -> None:
    with pytest.raises(TryAgainError, match="without a usable subscriber_"):
        contract_of(content)
