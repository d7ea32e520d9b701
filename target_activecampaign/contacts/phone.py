"""Owns how a phone number is written: in E.164 where all of a text is surely one number. Pure.

A number that is read wrongly is the number of a stranger. So whatever may be something else (a range, an
extension, two numbers, a date, a remark, a local number without its area) stays as it came.
The apostrophe by which spreadsheets mark a text is no part of a number.
"""

from __future__ import annotations

import decimal
import functools
import re
import typing as t

from target_activecampaign.contacts.phone_text import find_number
from target_activecampaign.contacts.text import format_text

if t.TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_DIGITS = 7
_LONGEST_TEXT = 60  # fifteen digits, each between marks
_MARKED_AS_TEXT = re.compile(r"'[+0-9]", re.ASCII)
"""How a spreadsheet writes a cell that holds digits as text, and how Shopify exports its numbers."""


def write_phone(value: object, region: str | None) -> str:
    """Write the value of a phone attribute.

    Args:
        value: Text, or a number that a source took it for.
        region: As for `normalise_phone`.

    Raises:
        UnfitValueError: For an object, NaN or infinity.
    """
    text = format_text(value)
    if isinstance(value, (float, decimal.Decimal)):
        whole, _, fraction = text.partition(".")
        return text if fraction.strip("0") else normalise_phone(whole, region)
    return normalise_phone(text, region)


def normalise_phone(text: str, region: str | None) -> str:
    """Write a number in E.164, or leave it as it came.

    Args:
        text: The number as a record holds it.
        region: ISO 3166 code of the country whose local numbers these are, or `None`: then only numbers
            that begin with `+` can be read.

    Returns:
        `+` and digits, whose end are the digits of `text` less a trunk prefix; or `text` unchanged where it
        may be anything else than one number, or none of its country.
    """
    number = _read_number(text, region)
    if number is None and _MARKED_AS_TEXT.match(text):
        number = _read_number(text[1:], region)
    return text if number is None else number


def _read_number(text: str, region: str | None) -> str | None:
    """Return the number that all of a text surely is; `None` where it may be anything else."""
    if len(text) > _LONGEST_TEXT:
        return None
    if text.startswith("+"):
        if _is_surely_e164(text):
            return text
        if (found := find_number(text)) is not None and _is_surely_e164(found):
            return found
    return _read_by_plan(text, region)


def _is_surely_e164(number: str) -> bool:
    """Tell whether the library would write a number just so, by its metadata in a tenth of its time."""
    fits_plan = _plan_for(number[:4])
    return fits_plan is not None and fits_plan(number) is not None


@functools.lru_cache(maxsize=4096)
def _plan_for(beginning: str) -> Callable[[str], object] | None:
    """Return a check by the library's metadata for the numbers of a country.

    Args:
        beginning: Of a number; if it is international, `+` and three digits: as many as a country code has at
            the most.

    Returns:
        A function from `+` and digits that tells whether the library would surely write them just so. `None`
        if there is no country of that code.
    """
    digits = beginning[1:]
    if not (beginning.startswith("+") and digits.isascii() and digits.isdecimal()):
        return None
    import phonenumbers  # noqa: PLC0415 - 30 ms, needed only where a phone number is mapped

    # The shortest beginning that is a country code counts.
    codes = (int(digits[:count]) for count in (1, 2, 3))
    code = next((code for code in codes if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), None)
    if code is None:
        return None
    region = phonenumbers.region_code_for_country_code(code)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None or metadata.general_desc is None:
        return None
    lengths = [
        length
        for length in metadata.general_desc.possible_length
        if length not in metadata.general_desc.possible_length_local_only
        and len(f"+{code}") + length > _LEAST_DIGITS
    ]
    prefix = metadata.national_prefix_for_parsing
    without_prefix = f"(?!{prefix})" if prefix else ""
    national = "|".join(f"[0-9]{{{length}}}" for length in lengths)
    return re.compile(rf"\+{code}{without_prefix}(?:{national})").fullmatch


@functools.lru_cache(maxsize=1024)
def _read_by_plan(text: str, region: str | None) -> str | None:
    number = find_number(text)
    if number is None or (region is None and not number.startswith("+")):
        return None
    read_international, read_local = _readers()
    return read_international(number) if number.startswith("+") else read_local(number, region or "")


@functools.cache
def _readers() -> tuple[Callable[[str], str | None], Callable[[str, str], str | None]]:
    from target_activecampaign.contacts.phone_plans import (  # noqa: PLC0415 - as above
        read_international,
        read_local,
    )

    return read_international, read_local
