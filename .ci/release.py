#!/usr/bin/env python3

"""Owns what a release has to agree on: its tag, the version, the changelog, and where the repository stands.

    .ci/release.py cut 0.2.0                      dates the changelog's section, and sets the version
    .ci/release.py check v0.2.0 [--repository R]  fails where something does not agree
    .ci/release.py notes v0.2.0                   prints the section: the notes of the release

Needs Python alone. Nothing is tagged, pushed or published.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
import typing as t
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
CHANGELOG = "CHANGELOG.md"
VERSION_FILE = "target_activecampaign/__init__.py"
_UNRELEASED = "## [Unreleased]"
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_REPOSITORY = re.compile(r'^repository = "(.*)"$', re.MULTILINE)
_NUMBER = re.compile(r"\d+\.\d+\.\d+")


class ReleaseError(Exception):
    """What stands in the way, a line each."""


def main(arguments: t.Sequence[str], project: Path = PROJECT) -> int:
    """Do what is asked; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        sys.stdout.write(options.act(project, options))
    except ReleaseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=".ci/release.py", description=(__doc__ or "").partition("\n")[0])
    acts = parser.add_subparsers(required=True, metavar="cut|check|notes")
    cut = acts.add_parser("cut", help="date the changelog's section, and set the version")
    cut.add_argument("version", type=_number)
    cut.add_argument("--date", type=dt.date.fromisoformat, help="default: today")
    cut.set_defaults(act=lambda project, options: _cut(project, options.version, options.date))
    check = acts.add_parser("check", help="fail where tag, version, changelog and repository do not agree")
    check.add_argument("tag", type=_tag)
    check.add_argument("--repository", help="where the release is made: https://HOST/OWNER/NAME")
    check.set_defaults(act=lambda project, options: _check(project, options.tag, options.repository))
    notes = acts.add_parser("notes", help="print the section of the changelog")
    notes.add_argument("tag", type=_tag)
    notes.set_defaults(act=lambda project, options: section_of(_read(project, CHANGELOG), options.tag))
    return parser


def _cut(project: Path, version: str, date: dt.date | None) -> str:
    text = dated(_read(project, CHANGELOG), version, date or dt.datetime.now(tz=dt.timezone.utc).date())
    (project / CHANGELOG).write_text(text, "utf-8")
    code = _VERSION.sub(f'__version__ = "{version}"', _read(project, VERSION_FILE))
    (project / VERSION_FILE).write_text(code, "utf-8")
    return (
        f"{CHANGELOG} and {VERSION_FILE} name {version}. Next: read both, commit them, wait for CI, then\n"
        f"git tag v{version} && git push origin v{version}\n"
    )


def dated(changelog: str, version: str, date: dt.date) -> str:
    """Return a changelog whose unreleased section is that of a version, below a new and empty one.

    Raises:
        ReleaseError: If nothing is unreleased, or the version is there already.
    """
    if f"## [{version}]" in changelog:
        raise ReleaseError(f"{CHANGELOG} has a section {version} already")
    before, mark, after = changelog.partition(f"{_UNRELEASED}\n")
    if not mark or not _body(after):
        raise ReleaseError(f"{CHANGELOG} has nothing below {_UNRELEASED}")
    return f"{before}{mark}\n## [{version}] - {date.isoformat()}\n{after}"


def section_of(changelog: str, version: str) -> str:
    """Return what a changelog says of a version, without the heading.

    Raises:
        ReleaseError: If it says nothing.
    """
    _, mark, after = changelog.partition(f"\n## [{version}] - ")
    body = _body(after.partition("\n")[2])
    if not mark or not body:
        raise ReleaseError(f"{CHANGELOG} says nothing of {version}: .ci/release.py cut {version}")
    return f"{body}\n"


def _body(text: str) -> str:
    """Return the text up to the next section."""
    return re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0].strip()


def _check(project: Path, version: str, repository: str | None) -> str:
    problems = list(_find_problems(project, version, repository))
    if problems:
        raise ReleaseError("\n".join(problems))
    return f"v{version}: tag, version, changelog and repository agree\n"


def _find_problems(project: Path, version: str, repository: str | None) -> t.Iterator[str]:
    changelog = _read(project, CHANGELOG)
    set_version = _value(_VERSION, _read(project, VERSION_FILE))
    set_repository = _value(_REPOSITORY, _read(project, "pyproject.toml"))
    if set_version != version:
        yield f"{VERSION_FILE} says {set_version}, the tag v{version}"
    try:
        section_of(changelog, version)
    except ReleaseError as error:
        yield str(error)
    if _body(changelog.partition(f"{_UNRELEASED}\n")[2]):
        yield f"{CHANGELOG} has lines below {_UNRELEASED} that are no part of v{version}"
    if not set_repository:
        yield "pyproject.toml: repository is empty, so the page of the package would lead nowhere"
    elif repository and set_repository.rstrip("/") != repository.rstrip("/"):
        yield f"pyproject.toml: repository is {set_repository}, this one is {repository}"


def _value(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _read(project: Path, name: str) -> str:
    return (project / name).read_text("utf-8")


def _number(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is no version like 0.2.0")
    return text


def _tag(text: str) -> str:
    """Return the version of a tag."""
    if not text.startswith("v"):
        raise argparse.ArgumentTypeError(f"{text} is no tag like v0.2.0")
    return _number(text[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
