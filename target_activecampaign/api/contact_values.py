"""Owns what an answer tells of a contact itself: some attributes, and when it changed. Pure.

Pages of contacts tell no tags and no values of custom fields (contacts reference). Times stay in the
service's clock: they are compared with times of the same clock alone.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from target_activecampaign.api.responses import read_date

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = {"firstName": "first_name", "lastName": "last_name", "phone": "phone"}
"""Key of an answer to the importer's key of the same attribute."""


@dataclass(frozen=True, slots=True)
class ContactValues:
    """Values of a contact, as far as the account tells.

    Attributes:
        attributes: Importer's key to text, of the attributes that are told.
        changed_at: `udate` by the service's clock, in seconds since 1970; `None` where it can't be read.
    """

    attributes: Mapping[str, str] = field(default_factory=dict)
    changed_at: float | None = None


NO_VALUES = ContactValues()


def read_values(entry: Mapping[str, t.Any]) -> ContactValues:
    """Return what an entry of `contacts` tells of the contact."""
    told = {ours: entry[key] for key, ours in _KEYS.items() if isinstance(entry.get(key), str)}
    return ContactValues(told, read_date(entry.get("udate")))
