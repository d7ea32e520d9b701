"""Owns how a phone number is written: in E.164 where it can be read so. Pure."""

from __future__ import annotations

import functools
import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_DIGITS = 7
# An international number, perhaps with blanks and marks between its digits.
_INTERNATIONAL = re.compile(r"\+[1-9][0-9 ().-]{7,30}")
_MARKS = dict.fromkeys(map(ord, " ().-"))
_LONGEST_TEXT = 250  # the library reads no more


def normalise_phone(text: str, region: str | None) -> str:
    """Write a number in E.164, or leave it as it came.

    Args:
        text: The number as a record holds it.
        region: ISO 3166 code of the country whose local numbers these are, or `None`: then only numbers
            that begin with `+` can be read.

    Returns:
        `+` and digits, or `text` unchanged where it can't be read, is too long or too short for its
        country, or has an extension (which E.164 would lose).
    """
    if _is_surely_e164(text):
        return text
    if _INTERNATIONAL.fullmatch(text) and _is_surely_e164(number := text.translate(_MARKS)):
        return number
    return _normalise(text, region) if len(text) <= _LONGEST_TEXT else text


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
    if not (beginning.startswith("+") and digits.isdecimal()):
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
def _normalise(text: str, region: str | None) -> str:
    import phonenumbers  # noqa: PLC0415 - 30 ms, needed only where a phone number is mapped

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if number.extension:
        return text
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return text
    written: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # The rest of a cut number may pass for a short one, in a country that has short ones.
    return written if len(written) > _LEAST_DIGITS else text
