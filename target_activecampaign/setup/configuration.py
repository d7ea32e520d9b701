"""Owns the configuration that answers make: new settings over the ones before, without the key. Pure."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import nearest_name, shown_name
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_activecampaign.setup.answers import Answers

_FILES = {
    "ledger_url": "sqlite:///ledger.db",
    "rejects_path": "rejects.csv",
    "report_path": "reports/{time}.json",
}
_KEY = "api_key"
_JSON_KINDS = {
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
_LEAST_LIKENESS = 0.6


def make_configuration(answers: Answers, old: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the settings, in the order in which people read them.

    Args:
        answers: Of the person.
        old: The configuration before; empty without one. What was not asked for is kept.
    """
    asked: dict[str, t.Any] = {
        "hostname": answers.hostname,
        "data_privacy_consent": True,
        "list_id": answers.list_id,
        "field_mapping": answers.field_mapping,
        "subscription_words": answers.subscription_words,
        "tags": list(answers.choices.tags) or None,
        "phone_region": answers.phone_region,
        "exclude_automations": not answers.choices.automations,
        "on_null": "keep" if answers.choices.keeps else "clear",
    }
    files = {name: old.get(name, default) for name, default in _FILES.items()}
    kept = {name: value for name, value in old.items() if name not in asked and is_setting(name)}
    settings = {**asked, **files, **{name: value for name, value in kept.items() if name != _KEY}}
    return {name: value for name, value in settings.items() if value is not None}


def is_setting(name: str) -> bool:
    """Tell whether a configuration may hold a name."""
    return name in CONFIG_JSONSCHEMA["properties"]


def usable_settings(old: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the settings of a configuration whose values are of their kind, for the others can't be kept."""
    return {name: value for name, value in old.items() if is_setting(name) and _is_of_its_kind(name, value)}


def _is_of_its_kind(name: str, value: object) -> bool:
    kinds = CONFIG_JSONSCHEMA["properties"][name]["type"]
    return _JSON_KINDS.get(type(value), "") in kinds


def remarks_on(old: Mapping[str, t.Any], variables: Iterable[str]) -> list[str]:
    """Return what is to be said of what was there before.

    Args:
        old: The configuration before.
        variables: Settings that the environment or `.env` holds, and which go before `config.json`.
    """
    remarks = []
    for name in old:
        if not is_setting(name):
            near = nearest_name(name, CONFIG_JSONSCHEMA["properties"], least_likeness=_LEAST_LIKENESS)
            hint = f" (did you mean {near}?)" if near else ""
            remarks.append(
                f"{shown_name(name)} in config.json is no setting{hint}; it is left out and stays in "
                "config.json.bak."
            )
        elif not _is_of_its_kind(name, old[name]) and name != _KEY:
            kinds = [kind for kind in CONFIG_JSONSCHEMA["properties"][name]["type"] if kind != "null"]
            remarks.append(
                f"{shown_name(name)} in config.json has to be {' or '.join(kinds)}; it is left out and stays "
                "in config.json.bak."
            )
    if _KEY in old:
        remarks.append("The key moves from config.json to .env.")
    if old.get("streams"):
        remarks.append("config.json has streams; what they say goes before what you answer here.")
    overruling = sorted(name for name in variables if name != _KEY)
    if overruling:
        names = ", ".join(f"TARGET_ACTIVECAMPAIGN_{name.upper()}" for name in overruling)
        remarks.append(f"{names} of the environment or .env goes before config.json.")
    return remarks
