"""Owns the settings that are needed to ask an account: the others may be missing or wrong meanwhile."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.config.section import Section
from target_activecampaign.config.settings import read_api_key, read_base_url
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.config.secret import Secret

_NAMES = ("hostname", "api_key", "requests_per_second", "imports_per_minute", "request_timeout")


@dataclass(frozen=True)
class Connection:
    """Where an account is, the key to it, and how fast and how patiently it is asked.

    Attributes:
        base_url: Empty for the embedded sandbox.
    """

    base_url: str
    api_key: Secret
    requests_per_second: int
    imports_per_minute: int
    request_timeout_seconds: int


def parse_connection(config: Mapping[str, t.Any]) -> Connection:
    """Read the connection of a configuration that may still lack the rest.

    Raises:
        SettingsError: With every problem of these settings.
    """
    problems: list[str] = []
    given = {name: config[name] for name in _NAMES if name in config}
    section = Section(given, CONFIG_JSONSCHEMA, problems)
    connection = Connection(
        base_url=read_base_url(section),
        api_key=read_api_key(section),
        requests_per_second=section.integer("requests_per_second"),
        imports_per_minute=section.integer("imports_per_minute"),
        request_timeout_seconds=section.integer("request_timeout"),
    )
    if problems:
        raise SettingsError(problems)
    return connection
