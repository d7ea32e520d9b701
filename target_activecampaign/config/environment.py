"""Owns how environment variables `TARGET_ACTIVECAMPAIGN_*` become a configuration.

A variable's text becomes a value of the setting's kind. A text that can't be read so stays a string, and
`settings` refuses it by name.
"""

from __future__ import annotations

import json
import typing as t

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA

if t.TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "TARGET_ACTIVECAMPAIGN_"

_BOOLEANS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}
_MOST_DIGITS = 18
_JSON_KINDS = {"array": list, "object": dict}


def settings_from_environment(environ: Mapping[str, str]) -> dict[str, t.Any]:
    """Return the settings that the environment holds; an empty variable counts as not set.

    Variables that belong to no setting are ignored: Meltano and the SDK have some of that prefix.
    """
    found: dict[str, t.Any] = {}
    for name, schema in CONFIG_JSONSCHEMA["properties"].items():
        text = environ.get(f"{PREFIX}{name.upper()}", "")
        if text.strip():
            found[name] = _value_of(text, schema["type"])
    return found


def _value_of(text: str, kinds: list[str]) -> object:
    plain = text.strip()
    if "integer" in kinds:
        return _integer_of(plain)
    if "boolean" in kinds:
        return _BOOLEANS.get(plain.lower(), text)
    for kind, python_type in _JSON_KINDS.items():
        if kind in kinds:
            return _json_of(plain, python_type)
    return text


def _integer_of(text: str) -> int | str:
    digits = text.removeprefix("-")
    is_integer = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(text) if is_integer else text


def _json_of(text: str, python_type: type) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, python_type) else text
