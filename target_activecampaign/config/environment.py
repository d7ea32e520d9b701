"""Owns how environment variables `TARGET_ACTIVECAMPAIGN_*` become a configuration.

A variable's text becomes a value of the setting's kind. A text that can't be read so stays a string, and
`settings` refuses it by name. A variable that belongs to no setting is refused, whichever way the
configuration comes: what was meant by it would silently not happen.
"""

from __future__ import annotations

import json
import re
import typing as t

from target_activecampaign.config.dotted_keys import unfold
from target_activecampaign.config.names import nearest_name, shown_name
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.errors import Problem

if t.TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "TARGET_ACTIVECAMPAIGN_"

OLD_API_KEY = f"{PREFIX}OLD_API_KEY"
"""Read by `ledger rekey` alone."""

PROGRESS_SECONDS = f"{PREFIX}PROGRESS_SECONDS"
"""How many seconds are between two lines of progress in the log; 0 for none."""

_OTHERS = {"LOGLEVEL", "OLD_API_KEY", "PROGRESS_SECONDS"}
"""Variables of the SDK, of a command and of the log, without the prefix."""

_USUAL_PROGRESS_SECONDS = 30
_MOST_PROGRESS_SECONDS = 86_400

_CONSENT = "data_privacy_consent"
_LEAST_LIKENESS = 0.6

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

    `find_unknown_variables` finds those that belong to no setting.
    """
    found: dict[str, t.Any] = {}
    for name, schema in CONFIG_JSONSCHEMA["properties"].items():
        text = environ.get(f"{PREFIX}{name.upper()}", "")
        if text.strip():
            value = _value_of(text, schema["type"])
            if name == _CONSENT and text.strip().lower() != "true":
                # As in a file: no other word is a signature.
                value = False if value is False else text
            unfolds = isinstance(value, dict) and is_meltano(environ)
            found[name] = unfold(name, value) if unfolds else value
    return found


def is_meltano(environ: Mapping[str, str]) -> bool:
    """Tell whether Meltano started the process."""
    return any(name.startswith("MELTANO_") for name in environ)


def find_unknown_variables(environ: Mapping[str, str]) -> list[Problem]:
    """Return a sentence for each variable of our prefix that nobody reads; none holds a value.

    Meltano hands over a file, and has the plugin's settings in the environment all the same: under the
    plugin's namespace and its name (`target-activecampaign--eu` as `TARGET_ACTIVECAMPAIGN__EU_*`), parts of
    objects singly (`TARGET_ACTIVECAMPAIGN_FIELD_MAPPING_EMAIL`), and settings of its own behind a double
    underscore (`TARGET_ACTIVECAMPAIGN__LOG_PARSER`). Seen with Meltano 4.4.
    """
    plugins = _plugin_prefixes(environ)
    by_meltano = is_meltano(environ)
    problems: list[Problem] = []
    for name, text in environ.items():
        prefix = next((one for one in (*plugins, PREFIX) if name.upper().startswith(one)), None)
        if prefix is not None and text.strip() and not _is_known(name, prefix, is_meltano=by_meltano):
            near = _nearest(name, prefix)
            fix = f"write {near}" if near else "take it out of the environment"
            problems.append(Problem(shown_name(name), "is no setting", fix, filter(None, [near])))
    return problems


def progress_seconds(environ: Mapping[str, str]) -> int | None:
    """Return how many seconds are between two lines of progress; `None` where the environment's are none."""
    text = environ.get(PROGRESS_SECONDS, "").strip()
    if not text:
        return _USUAL_PROGRESS_SECONDS
    seconds = _integer_of(text)
    return seconds if isinstance(seconds, int) and 0 <= seconds <= _MOST_PROGRESS_SECONDS else None


def _plugin_prefixes(environ: Mapping[str, str]) -> list[str]:
    """Return the prefixes of variables that Meltano makes of the names of its plugins, the longest first."""
    names = [text for name, text in environ.items() if re.fullmatch(r"MELTANO_\w+_NAME(SPACE)?", name)]
    prefixes = {f"{re.sub(r'[^A-Z0-9]', '_', name.upper())}_" for name in names}
    return sorted((prefix for prefix in prefixes if prefix.startswith(PREFIX)), key=len, reverse=True)


def _is_known(name: str, prefix: str, *, is_meltano: bool) -> bool:
    rest = name[len(prefix) :]
    settings = {
        setting.upper(): schema["type"] for setting, schema in CONFIG_JSONSCHEMA["properties"].items()
    }
    is_exact = name.startswith(prefix)
    if rest.startswith("_"):
        return is_exact and rest.upper().lstrip("_") not in settings
    if is_exact and (rest in settings or rest in _OTHERS):
        return True
    objects = (f"{setting}_" for setting, kinds in settings.items() if "object" in kinds)
    return is_meltano and rest.upper().startswith(tuple(objects))


def _nearest(name: str, prefix: str) -> str | None:
    wanted = name[len(prefix) :].strip("_").lower()
    near = nearest_name(wanted, CONFIG_JSONSCHEMA["properties"], least_likeness=_LEAST_LIKENESS)
    return f"{prefix}{near.upper()}" if near else None


def _value_of(text: str, kinds: list[str]) -> t.Any:  # noqa: ANN401 - of any setting
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
