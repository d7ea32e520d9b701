"""Owns the rules by which ActiveCampaign accepts email addresses. Pure."""

from __future__ import annotations

import re

_FORBIDDEN = r'"(),:;<>@\[\\\]\s'
_ADDRESS = re.compile(rf"[^{_FORBIDDEN}]+@[^{_FORBIDDEN}]*\.[^\W\d_]{{2}}[^{_FORBIDDEN}]*")


def is_valid_address(address: str) -> bool:
    r"""Tell whether the importer accepts an address.

    The rules are the bulk importer reference's: a local part of one character or more, an `@`, none of
    `" ( ) , : ; < > @ [ \ ]` inside, a dot in the domain with two letters or more after it. That it refuses
    blanks inside is assumed.
    """
    return _ADDRESS.fullmatch(address) is not None
