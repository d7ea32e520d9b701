"""Owns which tags a value holds. Pure.

ActiveCampaign takes no tag away that an import gave, so nothing is made of text that can't be read.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.contacts.text import UnfitValueError
from target_activecampaign.contacts.text_lists import read_array, split_list

if t.TYPE_CHECKING:
    from collections.abc import Iterable


def tag_items(value: object) -> Iterable[t.Any]:
    """Return the items of an array, or of text that stands for one: with commas, or as databases write it.

    Raises:
        UnfitValueError: If it is neither.
    """
    if isinstance(value, (list, tuple)):
        return value
    if not isinstance(value, str):
        raise UnfitValueError("an array of strings was expected")
    if (items := read_array(value)) is not None:
        return items
    parts = split_list(value, ",")
    if parts is None:
        raise UnfitValueError("tags with both of their quotes were expected")
    return parts
