"""How a phone number is written: E.164 where it can be read so. Pure."""

from __future__ import annotations

import functools

_LEAST_DIGITS = 7
_LONGEST_TEXT = 250  # what the library reads at the most


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
    return _normalise(text, region) if len(text) <= _LONGEST_TEXT else text


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
    # What is left of a cut number may pass for a short one of a country that has such.
    return written if len(written) > _LEAST_DIGITS else text
