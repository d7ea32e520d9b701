"""Owns what an unknown name in `field_mapping` likely means, by how people turn a mapping round."""

from __future__ import annotations

import re

from target_activecampaign.config.attributes import ATTRIBUTES
from target_activecampaign.config.names import is_showable, nearest_name

_SINGLE = ("email", *(attribute.name for attribute in ATTRIBUTES))
_LEAST_LIKENESS = 0.6
_PLAIN_NAME = re.compile(r"\w[\w .-]{0,39}")  # too short for a key, and no address


def explain_attribute(name: str, value: object) -> str | None:
    """Return what is wrong with an unknown attribute and what to write, where that is known.

    Args:
        name: The key in `field_mapping`, which is no attribute.
        value: What the person wrote beside it.
    """
    if not is_showable(name) or not name.strip():
        return None
    meant = value.strip().lower() if isinstance(value, str) else ""
    if meant in _SINGLE:
        return (
            f'"{name}": "{meant}" looks turned round; ActiveCampaign\'s name stands left, your column right: '
            f'"{meant}": "{name}"'
        )
    if nearest_name(name, [*_SINGLE, "tags", "custom_fields"], least_likeness=_LEAST_LIKENESS):
        return None
    column = value if isinstance(value, str) and _PLAIN_NAME.fullmatch(value) else "<your column>"
    return (
        "is no attribute of a contact; If it is a custom field of the account, put it under custom_fields: "
        f'"custom_fields": {{"{name}": "{column}"}}'
    )
