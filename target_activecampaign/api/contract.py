"""The contract: how many contacts it covers, and how many the account has (`GET /settings/account`). Pure.

Owns the reading of both figures: numbers, digits, digits in groups, or one of these in an object. A figure
that can be read in two ways is not read.
"""

from __future__ import annotations

import re
import typing as t

from target_activecampaign.api.responses import Contract, Response, TryAgainError, read_object

_LIMIT, _TOTAL = "subscriber_limit", "subscriber_total"
# "1,000", "1.000", "1 000", "1'000", "1_000": one kind of separator, before each group of three digits.
_GROUPED = re.compile(r"\d{1,3}(?:([,.'_ \u00a0\u2009\u2019\u202f])\d{3})(?:\1\d{3})*")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.0{1,2})?")
_MOST_DEPTH = 3


class NoLimit(t.NamedTuple):
    """The account tells no limit.

    Attributes:
        reason: Why there is none to keep to.
        is_permitted: Whether the key may read the contract at all.
    """

    reason: str
    is_permitted: bool = True


def read_contract(response: Response) -> Contract | NoLimit:
    """Return the account's contract, or that it has no limit: 0, -1 or null.

    Raises:
        TryAgainError: If a figure can't be read.
        ServiceError: If no further try will change that.
    """
    account = _unwrap(read_object(response))
    limit = account.get(_LIMIT)
    if limit is None and _LIMIT in account:
        return NoLimit("the account tells no limit of contacts (subscriber_limit is null)")
    covered, total = read_figure(limit), read_figure(account.get(_TOTAL))
    if covered is None:
        raise TryAgainError("an answer without a usable subscriber_limit")
    if covered <= 0:
        return NoLimit(f"the account tells no limit of contacts (subscriber_limit is {covered})")
    if total is None or total < 0:
        raise TryAgainError("an answer without a usable subscriber_total")
    return Contract(covered, total)


def read_figure(value: object, depth: int = 0) -> int | None:
    """Return a number of contacts; `None` where none can be read, or more than one."""
    if isinstance(value, bool) or depth > _MOST_DEPTH:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return _read_text(value.strip())
    if isinstance(value, dict):
        found = {read_figure(item, depth + 1) for item in value.values()} - {None}
        return found.pop() if len(found) == 1 else None
    return None


def _read_text(text: str) -> int | None:
    if _NUMBER.fullmatch(text):
        return int(float(text)) if "." in text else int(text)
    if _GROUPED.fullmatch(text):
        return int(re.sub(r"\D", "", text))
    return None


def _unwrap(answer: dict[str, t.Any], depth: int = 0) -> dict[str, t.Any]:
    """Return the object that has the figures: the answer, or the only one in it that has."""
    if _LIMIT in answer or depth > _MOST_DEPTH:
        return answer
    inner = [_unwrap(item, depth + 1) for item in answer.values() if isinstance(item, dict)]
    with_limit = [item for item in inner if _LIMIT in item]
    return with_limit[0] if len(with_limit) == 1 else answer
