"""Owns the question on the country of phone numbers that have no code."""

from __future__ import annotations

import typing as t

from target_activecampaign.contacts.phone import normalise_phone
from target_activecampaign.setup.dialogue import AnswerError, Question
from target_activecampaign.setup.long_reading import told_while
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from target_activecampaign.setup.dialogue import Dialogue

_ADJECTIVES = {
    "AT": "Austrian",
    "BE": "Belgian",
    "CA": "Canadian",
    "CH": "Swiss",
    "DE": "German",
    "DK": "Danish",
    "ES": "Spanish",
    "FR": "French",
    "GB": "British",
    "IE": "Irish",
    "IT": "Italian",
    "NL": "Dutch",
    "PL": "Polish",
    "PT": "Portuguese",
    "SE": "Swedish",
    "US": "American",
}
_HELP = (
    "Two letters of the country, like DE, AT, CH, FR, ES, IT, NL, GB or US. With them a number like "
    "030 1234567 becomes +49301234567. Without, such numbers are sent as they are."
)

_QUESTION = Question(
    "Their country, two letters (Enter leaves the numbers as they are)",
    "--phone-region CC",
    default="",
    help=_HELP,
)


def ask_region(dialogue: Dialogue, numbers: Iterable[str], given: str | None, old: str | None) -> str | None:
    """Return the country of numbers without a code; `None` where there are none, or none is said.

    Args:
        dialogue: Asks.
        numbers: The filled cells of the column that goes to `phone`.
        given: What the option says; empty for none.
        old: Of the configuration before.
    """
    with told_while(dialogue, "Reading all phone numbers"):
        local = [text for text in numbers if not normalise_phone(text, None).startswith("+")]
    if not local and not given:
        return old
    dialogue.say(
        f"{counted(len(local), 'phone number has', 'phone numbers have')} no country code.", indent=2
    )
    region = dialogue.ask(_QUESTION._replace(default=old or ""), _read_region, given)
    if region is not None and local:
        _say_readable(dialogue, local, region)
    return region


def read_given_region(dialogue: Dialogue, given: str | None) -> str | None:
    """Return the country that an option says, tested though no column holds phone numbers yet."""
    return None if given is None else dialogue.ask(_QUESTION, _read_region, given)


def _read_region(answer: str) -> str | None:
    import phonenumbers  # noqa: PLC0415 - 30 ms, needed only where a phone number is mapped

    if not answer or answer == "-":
        return None
    region = answer.upper()
    region = {"UK": "GB"}.get(region, region)
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise AnswerError("Type the two letters of a country, like DE for Germany, or press Enter.")
    return region


def _say_readable(dialogue: Dialogue, local: list[str], region: str) -> None:
    readable = sum(normalise_phone(text, region).startswith("+") for text in local)
    country = f"{_ADJECTIVES[region]} numbers" if region in _ADJECTIVES else f"numbers of {region}"
    rest = len(local) - readable
    are = "is sent as it is" if rest == 1 else "are sent as they are"
    tail = f"; {rest:,} {are}" if rest else ""
    verb = "is" if readable == 1 else "are"
    dialogue.say(f"{readable:,} of {len(local):,} {verb} readable as {country}{tail}.")
