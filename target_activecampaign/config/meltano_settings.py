"""Owns how a Meltano project declares the settings, derived from their schema.

The definition for Meltano Hub (`docs/hub`), the repository's `meltano.yml` and the project that `init` writes
take it from here. It must not know how a value is read.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.config.sdk_settings import DESCRIBED_JSONSCHEMA

_KINDS = ("object", "array", "integer", "boolean", "string")
_LABELS = {"json": "JSON"}


def declared_settings() -> list[dict[str, t.Any]]:
    """Return each setting in the hub's form, with options, default and placeholder where it has them."""
    return [_declared(name, schema) for name, schema in DESCRIBED_JSONSCHEMA["properties"].items()]


def _declared(name: str, schema: dict[str, t.Any]) -> dict[str, t.Any]:
    choices = [choice for choice in schema.get("enum", ()) if choice is not None]
    setting: dict[str, t.Any] = {"name": name, "label": schema["title"]}
    setting["kind"] = "options" if choices else _kind(schema["type"])
    if choices:
        setting["options"] = [{"label": _label(choice), "value": choice} for choice in choices]
    if schema.get("default") is not None:
        setting["value"] = schema["default"]
    if schema.get("examples"):
        setting["placeholder"] = schema["examples"][0]
    if schema.get("secret"):
        setting["sensitive"] = True
    setting["description"] = schema["description"]
    return setting


def _kind(types: list[str]) -> str:
    """Return the kind in which a value travels: what may be several kinds travels as text."""
    kinds = [kind for kind in _KINDS if kind in types]
    return kinds[0] if len(kinds) == 1 else "string"


def _label(choice: str) -> str:
    return _LABELS.get(choice, choice.replace("_", " ").capitalize())
