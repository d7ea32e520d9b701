# ruff: noqa: INP001 - a script beside its data
"""Owns the parts of the reference's pages that the code knows, and writes them between their marks.

A page marks such a part with `<!-- generated: NAME -->` and `<!-- end -->`; what stands around it is written
by hand.

Usage: `python docs/reference/write_reference.py` writes the pages; with `--check` it changes nothing and
fails where one differs.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import typing as t
from pathlib import Path

import click
from click.testing import CliRunner

from target_activecampaign import errors
from target_activecampaign.config.sdk_settings import DESCRIBED_JSONSCHEMA
from target_activecampaign.contacts.contact import LeftAlone, Reason
from target_activecampaign.ledger import schema as ledger_schema
from target_activecampaign.reporting import report_keys
from target_activecampaign.reporting.outcome_schema import OWN_COLUMNS
from target_activecampaign.reporting.reasons import LEFT_ALONE, REJECTED
from target_activecampaign.target import TargetActiveCampaign

FOLDER = Path(__file__).parent
_GROUPS = {
    "display_name": "Connection",
    "list_id": "Export",
    "profile_limit": "Limits",
    "import_timeout": "Delivery",
    "ledger_url": "Change detection and membership",
    "stream_maps": "Of the Singer SDK",
}
"""The first setting of each group, in the schema's order."""
_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which differ."""
    differing = {
        path: text for path in sorted(FOLDER.glob("*.md")) if (text := renewed(path.read_text("utf-8")))
    }
    if arguments == ["--check"]:
        for path in differing:
            sys.stderr.write(f"{path.name} differs: run python docs/reference/write_reference.py\n")
        return 1 if differing else 0
    for path, text in differing.items():
        path.write_text(text, "utf-8")
    return 0


def renewed(page: str) -> str | None:
    """Return a page with its generated parts as they should be; None where they are."""
    text = _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", page)
    return None if text == page else text


def settings() -> str:
    """Return each setting under a heading of its own, which a link can lead to and a phone can show."""
    parts: list[str] = []
    for name, properties in DESCRIBED_JSONSCHEMA["properties"].items():
        if name in _GROUPS:
            parts.append(f"## {_GROUPS[name]}")
        parts += [f"### `{name}`", _form_of(name, properties), " ".join(properties["description"].split())]
    return "\n\n".join(parts)


def _form_of(name: str, properties: dict[str, t.Any]) -> str:
    words = [_kind_of(properties)]
    if name in DESCRIBED_JSONSCHEMA["required"]:
        words.append("required")
    if properties.get("secret"):
        words.append("secret")
    default = properties.get("default")
    if default is not None:
        words.append(f"default `{default if isinstance(default, str) else json.dumps(default)}`")
    return f"*{', '.join(words)}*"


def _kind_of(properties: dict[str, t.Any]) -> str:
    if "enum" in properties:
        return " or ".join(f"`{choice}`" for choice in properties["enum"] if choice is not None)
    types = properties["type"]
    return next(kind for kind in ([types] if isinstance(types, str) else types) if kind != "null")


def exit_codes() -> str:
    """Return the exit codes with the errors that end a run so, in the words of their classes."""
    rows = [(0, "0", "The run came to its end, with warnings or without.")]
    for _, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.TargetError) and error is not errors.TargetError:
            is_signal = error is errors.InterruptedRunError
            code = "129, 130, 143" if is_signal else str(error.exit_code)
            said = (inspect.getdoc(error) or "").partition("\n")[0]
            rows.append((129 if is_signal else error.exit_code, code, said))
    return _table(("code", "meaning"), ((f"`{code}`", said) for _, code, said in sorted(rows)))


def rejected() -> str:
    """Return the reasons of rejected records."""
    return _table(
        ("reason", "meaning", "what to do"),
        ((f"`{one.value}`", REJECTED[one.value].meaning, REJECTED[one.value].remedy) for one in Reason),
    )


def left_alone() -> str:
    """Return the reasons why somebody stayed on a list."""
    return _table(
        ("reason", "meaning"), ((f"`{reason.value}`", LEFT_ALONE[reason.value]) for reason in LeftAlone)
    )


def report() -> str:
    """Return the keys of the report."""
    return _table(
        ("key", "meaning"), ((f"`{key}`", meaning) for key, meaning in report_keys.REPORT_KEYS.items())
    )


def outcomes() -> str:
    """Return the columns of outcomes."""
    rows = ((f"`{name}`", _types(column), column["description"]) for name, column in OWN_COLUMNS.items())
    return _table(("column", "type", "holds"), rows)


def ledger() -> str:
    """Return the ledger's tables: columns and types from themselves, meanings from the module's docstring."""
    paragraphs = inspect.cleandoc(ledger_schema.__doc__ or "").split("\n\n")
    shown = []
    for paragraph in paragraphs:
        if found := re.match(r"`(ledger_\w+)`: (.*?)\n(?=    )(.*)", paragraph, re.DOTALL):
            name, about, columns = found.groups()
            shown.append(f"### `{name}`\n\n{_capital(about)}\n\n{_columns_of(name, columns)}")
    return "\n\n".join(shown)


def _columns_of(name: str, described: str) -> str:
    table = ledger_schema.TABLES.tables[name]
    meanings: dict[str, str] = {}
    for entry in re.split(r"\n    (?=\S)", described.strip()):
        columns, _, meaning = entry.partition(": ")
        meanings.update(dict.fromkeys(columns.strip().split(", "), _capital(meaning)))
    rows = ((f"`{one.name}`", str(one.type).lower(), meanings[one.name]) for one in table.columns)
    return _table(("column", "type", "holds"), rows)


def commands() -> str:
    """Return the help of each command."""
    group = t.cast("click.Group", TargetActiveCampaign.cli)
    context = click.Context(group, info_name="target-activecampaign")
    shown = [_help_of(group, ["--help"])]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        shown.append(_help_of(group, [name, "--help"]))
        if isinstance(command, click.Group):
            shown += [_help_of(group, [name, one, "--help"]) for one in command.list_commands(context)]
    return "\n\n".join(shown)


def _help_of(group: click.Command, arguments: list[str]) -> str:
    words = ["target-activecampaign", *arguments[:-1]]
    environment = {"COLUMNS": "100", "NO_COLOR": "1"}
    result = CliRunner(env=environment).invoke(group, arguments, prog_name=words[0], terminal_width=100)
    return f"## `{' '.join(words)}`\n\n```text\n{result.stdout.rstrip()}\n```"


def _types(column: dict[str, t.Any]) -> str:
    types = column["type"]
    return " or ".join([types] if isinstance(types, str) else types)


def _capital(text: str) -> str:
    line = " ".join(text.split())
    return line[:1].upper() + line[1:]


def _table(header: tuple[str, ...], rows: t.Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


PARTS: dict[str, t.Callable[[], str]] = {
    "commands": commands,
    "exit-codes": exit_codes,
    "ledger": ledger,
    "left-alone": left_alone,
    "outcomes": outcomes,
    "rejected": rejected,
    "report": report,
    "settings": settings,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
