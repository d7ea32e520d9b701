"""Owns what the options of a setup answer, and what is missing where nobody can be asked. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import click

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.config.secret import Secret

Sending: t.TypeAlias = t.Literal["none", "trial", "all"]


@dataclass(frozen=True)
class Given:
    """Answers of options; `None` for those that are not given.

    Attributes:
        file: The file of people.
        delimiter: Between its columns.
        encoding: Of its text.
        hostname: The account's, or `sandbox`.
        api_key: The key, from a file, standard input, the environment or `.env`.
        key_place: Where the key came from, for people.
        key_host: The only host that this key is for; `None` where a person just gave it.
        list: Name or number.
        mapping: Attribute to column; an empty one for nothing.
        empty_consent: What an empty cell of the column of consent means: `wanted` or `unknown`.
        tag: For everybody; empty for none.
        phone_region: Two letters; empty for none.
        automations: Whether they start.
        on_null: `keep` or `clear`.
        consent: Whether the data may leave.
        send: What is sent at the end.
        takes_defaults: Whether defaults answer the rest (`--yes`).
    """

    file: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    hostname: str | None = None
    api_key: Secret | None = None
    key_place: str = ""
    key_host: str | None = None
    list: str | None = None
    mapping: tuple[tuple[str, str], ...] = ()
    empty_consent: str | None = None
    tag: str | None = None
    phone_region: str | None = None
    automations: bool | None = None
    on_null: str | None = None
    consent: bool = False
    send: Sending | None = None
    takes_defaults: bool = False


class MissingAnswersError(click.UsageError):
    """Says all that is missing where nobody can be asked.

    Attributes:
        problems: An option each, with what it answers.
    """

    def __init__(self, missing: Sequence[str]) -> None:
        """Keep them apart, for `--json`."""
        self.problems = tuple(missing)
        listed = "".join(f"\n  {one}" for one in missing)
        super().__init__(f"Nobody is there to answer. Add what is missing:{listed}")


def missing_options(given: Given, *, has_one_file: bool) -> list[str]:
    """Return the options that are to be added where nobody can be asked, each with what it answers.

    Args:
        given: What there is.
        has_one_file: Whether the folder has one file of people alone.
    """
    missing = []
    if given.file is None and not (has_one_file and given.takes_defaults):
        missing.append("--file FILE: where your people are")
    if given.hostname is None:
        missing.append("--hostname URL: the account's, from Settings > Developer; or sandbox")
    if given.api_key is None and given.hostname != "sandbox":
        missing.append(
            "--api-key-file FILE: holds the key (- is standard input), or the variable "
            "TARGET_ACTIVECAMPAIGN_API_KEY"
        )
    if given.list is None:
        missing.append("--list LIST: name or id of the list they join")
    if not given.consent:
        missing.append("--consent: you answer for personal data leaving this computer")
    if not given.takes_defaults:
        missing += _missing_choices(given)
    return missing


def _missing_choices(given: Given) -> list[str]:
    """Return what has a default, which `--yes` takes."""
    choices = {
        "--tag TAG: for all of them": given.tag,
        "--phone-region CC: the country of numbers without a code": given.phone_region,
        "--automations or --no-automations: whether they start": given.automations,
        "--on-null keep|clear: what an empty cell does": given.on_null,
        "--send none|trial|all: what is sent now": given.send,
    }
    missing = [text for text, value in choices.items() if value is None]
    return [*missing, "--yes: take the suggested mapping, and the default of all that has one"]
