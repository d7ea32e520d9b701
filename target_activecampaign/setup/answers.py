"""Owns the answers of a setup, as a value. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.setup.choices import Choices


@dataclass(frozen=True)
class Answers:
    """What was asked.

    Attributes:
        hostname: As the configuration has it.
        api_key: That the account takes.
        list_id: Of the list.
        list_name: How it is called.
        field_mapping: As the setting of this name.
        subscription_words: As the setting of this name; `None` where its default will do.
        phone_region: As the setting of this name.
        choices: Tag, automations, empty cells.
    """

    hostname: str
    api_key: Secret
    list_id: int
    list_name: str
    field_mapping: dict[str, t.Any]
    subscription_words: dict[str, list[str]] | None
    phone_region: str | None
    choices: Choices
