"""Contacts made of their parts, as tests need them."""

from __future__ import annotations

import typing as t

from target_activecampaign.contacts.contact import Contact, CustomValue, Payload, Subscription

if t.TYPE_CHECKING:
    from collections.abc import Mapping


def build_contact(  # noqa: PLR0913 - one argument for each part of a contact
    email: str,
    list_id: int,
    *,
    attributes: Mapping[str, str],
    custom_fields: Mapping[int, str],
    tags: tuple[str, ...] = (),
    exclude_automations: bool = False,
    unsubscribes: bool = False,
) -> Contact:
    """Make a contact of its parts; `attributes` has the importer's keys."""
    lists = (Subscription(list_id),)
    payload = Payload(
        email,
        **attributes,
        fields=[CustomValue(key, text) for key, text in sorted(custom_fields.items())],
        tags=tags,
        subscribe=() if unsubscribes else lists,
        unsubscribe=lists if unsubscribes else (),
        exclude_automations=exclude_automations,
    )
    return Contact.of(payload, list_id)
