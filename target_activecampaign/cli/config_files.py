"""Owns how a configuration file is read, and what its message says where it is none.

A message names the file, line and column, and quotes nothing but names of settings: the file holds the key.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

from target_activecampaign.config.names import shown_name
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA

_OTHER_FORMATS = {
    "YAML": re.compile(r"---\s*$|([A-Za-z_][\w-]*)\s*:(?:\s|$)"),
    "a file of variables": re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*="),
    "TOML or INI": re.compile(r"\[[\w.-]+\]\s*$"),
}
"""How the first line of files begins that are no JSON; the group is a name."""
_AS_JSON = "write the settings as a JSON object, or: target-activecampaign init"


class ConfigFileError(ValueError):
    """A file holds no configuration; the message is for a person."""


def read_config_file(path: str) -> dict[str, t.Any]:
    """Return the object that a configuration file holds.

    Args:
        path: As a person wrote it; the settings themselves may have been written in its place.

    Raises:
        ConfigFileError: Saying where and what is wrong, and what to write.
    """
    if path.lstrip().startswith("{"):
        raise ConfigFileError("takes the name of a file, not the settings themselves; write them into a file")
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise ConfigFileError(_unreadable(path, error)) from None
    return _read_object(Path(path).name, content)


def _unreadable(path: str, error: OSError | ValueError) -> str:
    # What is written in the place of a name may be a secret, a name that ends like this is none.
    name = shown_name(path) if path.endswith(".json") else "the file"
    if isinstance(error, FileNotFoundError):
        return f"{name} does not exist; write the name of a JSON file with the settings"
    if isinstance(error, IsADirectoryError):
        return f"{name} is a folder; write the name of a JSON file with the settings"
    reason = getattr(error, "strerror", None) or "its name is none of a file"
    return f"{name} can't be read: {reason}; write the name of a JSON file that this user may read"


def _read_object(name: str, content: bytes) -> dict[str, t.Any]:
    shown = shown_name(name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigFileError(f"{shown} is no UTF-8 text; save it as UTF-8") from None
    if not text.strip():
        raise ConfigFileError(
            f'{shown} is empty; write the settings as a JSON object, like {{"hostname": "…", …}}'
        )
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigFileError(f"{shown}{_problem_of_syntax(text, error)}") from None
    except RecursionError:
        raise ConfigFileError(
            f"{shown} is nested too deep for a configuration; take the innermost brackets out"
        ) from None
    if not isinstance(value, dict):
        raise ConfigFileError(f"{shown} holds no JSON object; write {{ }} around the settings")
    return value


def _problem_of_syntax(text: str, error: json.JSONDecodeError) -> str:
    if other := _other_format(text):
        return other
    comma = _trailing_comma(text, error.pos)
    if comma is not None:
        bracket = text[comma + 1 :].lstrip()[0]
        return f"{_place(text, comma)}the comma before {bracket} is one too many; take it out"
    return f"{_place(text, error.pos)}{_remedy(text[error.pos : error.pos + 1], error.msg)}"


def _remedy(found: str, words: str) -> str:
    """Return what is wrong with a character, which is empty at the file's end."""
    if not found or words.startswith("Unterminated"):
        return "the file ends too early; a quote or a bracket is missing"
    if found in "'“”„":
        return 'JSON takes straight double quotes; write "'
    if found in "/#":
        return "JSON has no comments; take it out"
    if words.startswith("Expecting ','"):
        return "a comma is missing before this"
    # The words of the library may end with a colon and a piece of the file.
    plain = words if "delimiter" in words else words.partition(":")[0]
    return f"this is no JSON ({plain[:1].lower()}{plain[1:]})"


def _other_format(text: str) -> str | None:
    """Return what a file looks like that was never meant as JSON."""
    for number, line in enumerate(text.splitlines(), start=1):
        start = line.strip()
        if not start or start.startswith("#"):
            continue
        for name, pattern in _OTHER_FORMATS.items():
            if match := pattern.match(start):
                return f" looks like {name}{_begins_with(number, match)}; {_AS_JSON}"
        return None
    return None


def _begins_with(number: int, match: re.Match[str]) -> str:
    """Return where the sign is; a name is quoted where it is that of a setting, and so no secret."""
    name = match[1] if match.re.groups else None
    known = name is not None and name in CONFIG_JSONSCHEMA["properties"]
    return f', line {number} begins with "{name}"' if known else f" in line {number}"


def _trailing_comma(text: str, position: int) -> int | None:
    """Return where the comma is before a closing bracket; Python names that, from 3.13 on the comma."""
    if text[position : position + 1] == ",":
        return position if text[position + 1 :].lstrip()[:1] in {"}", "]"} else None
    if text[position : position + 1] not in {"}", "]"}:
        return None
    before = text[:position].rstrip()
    return len(before) - 1 if before.endswith(",") else None


def _place(text: str, position: int) -> str:
    before = text[:position]
    line = before.count("\n") + 1
    return f", line {line}, column {position - before.rfind(chr(10))}: "
