"""Owns what the account tells of all that it holds of one contact: attributes, fields, lists, tags. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from target_activecampaign.api.contact_values import read_values
from target_activecampaign.api.responses import read_object

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_activecampaign.api.responses import Response


@dataclass(frozen=True, slots=True)
class HeldContact:
    """A contact as the account holds it.

    Attributes:
        attributes: Importer's key to text, of the attributes that are told.
        fields: Id of a custom field to text; one without a value may be absent.
        lists: Ids of the lists that it is subscribed to.
        tags: Ids of its tags.
    """

    attributes: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[int, str] = field(default_factory=dict)
    lists: frozenset[int] = frozenset()
    tags: frozenset[int] = frozenset()


def read_held(response: Response) -> HeldContact:
    """Return the contact of `GET contacts/{id}`, without tags (contacts reference).

    Raises:
        TryAgainError: If it is no JSON object.
        ServiceError: If no further try will change that.
    """
    content = read_object(response)
    contact = content.get("contact")
    entry = contact if isinstance(contact, dict) else {}
    values = {_number(one, "field"): _text(one.get("value")) for one in _objects(content, "fieldValues")}
    lists = [one for one in _objects(content, "contactLists") if str(one.get("status")) == "1"]
    return HeldContact(
        attributes=read_values(entry).attributes,
        fields={key: text for key, text in values.items() if key is not None},
        lists=_numbers(lists, "list"),
    )


def read_tag_ids(response: Response) -> frozenset[int]:
    """Return the ids of the tags of `GET contacts/{id}/contactTags` (contact tags reference).

    Raises:
        TryAgainError: If it is no JSON object.
        ServiceError: If no further try will change that.
    """
    return _numbers(_objects(read_object(response), "contactTags"), "tag")


def _objects(content: Mapping[str, t.Any], collection: str) -> list[dict[str, t.Any]]:
    entries = content.get(collection)
    return [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []


def _numbers(entries: Iterable[Mapping[str, t.Any]], key: str) -> frozenset[int]:
    return frozenset(number for one in entries if (number := _number(one, key)) is not None)


def _number(entry: Mapping[str, t.Any], key: str) -> int | None:
    text = str(entry.get(key))
    return int(text) if text.isascii() and text.isdecimal() else None


def _text(value: object) -> str:
    return "" if value is None else str(value)
