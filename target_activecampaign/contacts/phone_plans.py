"""Owns which digits are a number of a country, by the metadata of the library `phonenumbers`. Pure.

It must not know how a number is written. What is not surely one number stays as it came, and is `None` here.
"""

from __future__ import annotations

import functools
import re

import phonenumbers

# Digits without the country's code. The plans of a few countries say that longer ones are valid.
_LONGEST_USUAL = 10
_FEWEST_WITH_AREA = 9
_LEAST_DIGITS = 7
_NOTHING = re.compile(r"(?!)(?P<national>)")
_KINDS = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
"""Attributes of a country's metadata: a number that none of their patterns takes is not valid."""


def read_international(text: str) -> str | None:
    """Return a number in E.164; `None` where it is none.

    Args:
        text: `+` and digits; a trunk prefix may stand behind the code of the country.
    """
    number = _parse(text, None)
    if number is None or not phonenumbers.is_possible_number(number):
        return None
    written = _write(number, text)
    return written if written == text or phonenumbers.is_valid_number(number) else None


def read_local(digits: str, region: str) -> str | None:
    """Return a number in E.164; `None` where it is none, or may be two.

    Args:
        digits: As they are dialled within the region.
        region: As for `normalise_phone`.
    """
    if found := _plan_within(region).fullmatch(digits):
        return f"{_plus(region)}{found['national']}"
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    dialled = None if _no_numbers_within(region).fullmatch(digits) else _parse(digits, region)
    if metadata is None or dialled is None:
        return None
    code = str(metadata.country_code)
    if digits.startswith("00"):
        return _read_with_zeros(digits, dialled, metadata)
    if str(dialled.country_code) != code:
        return _write_if_valid(dialled, digits)
    if digits.startswith(code):
        return _read_with_code(digits, code, metadata)
    return _write_national(dialled, digits, metadata)


def _read_with_zeros(
    digits: str, dialled: phonenumbers.PhoneNumber, metadata: phonenumbers.PhoneMetadata
) -> str | None:
    """Return a number with `00` for its `+`; `None` where its region may dial another one so.

    In some regions the code of a carrier follows `00`: to Thailand's, German mobiles are numbers of India.
    """
    international = _parse(f"+{digits[2:]}", None)
    with_plus = None if international is None else _write_if_valid(international, digits)
    within = _write_if_valid(dialled, digits)
    if within in {None, with_plus}:
        return with_plus
    own_prefix = metadata.preferred_international_prefix  # `0011` in Australia
    is_sure = with_plus is None and own_prefix and digits.startswith(own_prefix)
    return within if is_sure else None


@functools.lru_cache(maxsize=512)
def _plus(region: str) -> str:
    return f"+{phonenumbers.country_code_for_region(region)}"


@functools.lru_cache(maxsize=512)
def _plan_within(region: str) -> re.Pattern[str]:
    """Return a pattern of most numbers of a region as they are dialled there, in a tenth of the time.

    Returns:
        A pattern with a group `national`. It matches nothing where a region has more than a trunk prefix.
    """
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or not _has_trunk_prefix_alone(metadata):
        return _NOTHING
    trunk = metadata.national_prefix or ""
    is_optional = len(_lengths(metadata.fixed_line)) == 1
    kinds = [
        f"(?=(?:{'|'.join(f'[0-9]{{{length}}}' for length in lengths)})$)(?:{plan.national_number_pattern})"
        for plan in (metadata.mobile, metadata.fixed_line)
        if plan and (lengths := [one for one in plan.possible_length if one <= _longest_usual(metadata)])
    ]
    if not kinds:
        return _NOTHING
    begins_with_code = f"(?!00|{metadata.country_code})"
    return re.compile(
        f"{begins_with_code}(?:{trunk}){'?' * is_optional}(?P<national>{'|'.join(kinds)})", re.ASCII
    )


@functools.lru_cache(maxsize=512)
def _no_numbers_within(region: str) -> re.Pattern[str]:
    """Return a pattern of digits behind a trunk prefix that surely are no number of a region.

    Returns:
        A pattern. It matches nothing where a region has more than a trunk prefix, or shares its code.
    """
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if metadata is None or not metadata.national_prefix or not _has_trunk_prefix_alone(metadata):
        return _NOTHING
    if len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[phonenumbers.country_code_for_region(region)]) > 1:
        return _NOTHING
    plans = [plan for kind in _KINDS if (plan := getattr(metadata, kind)) and plan.national_number_pattern]
    known = "|".join(plan.national_number_pattern for plan in plans)
    elsewhere = f"00|{metadata.country_code}|{metadata.international_prefix or '00'}"
    trunk = metadata.national_prefix
    return re.compile(rf"(?!{elsewhere})(?!(?:{trunk})?(?:{known})\Z){trunk}[0-9]*", re.ASCII)


def _has_trunk_prefix_alone(metadata: phonenumbers.PhoneMetadata) -> bool:
    """Tell whether its region puts nothing but a trunk prefix before its numbers, if anything."""
    is_alone = (metadata.national_prefix_for_parsing or "") == (metadata.national_prefix or "")
    return is_alone and not metadata.national_prefix_transform_rule


def _read_with_code(digits: str, code: str, metadata: phonenumbers.PhoneMetadata) -> str | None:
    """Return a number that begins like its own country's code; `None` where that may be its area as well."""
    international, national = _parse(f"+{digits}", None), _parse(f"+{code}{digits}", None)
    is_usual = len(digits) - len(code) <= _longest_usual(metadata)
    with_code = _write_if_valid(international, digits) if international is not None and is_usual else None
    without_code = None if national is None else _write_national(national, digits, metadata)
    if without_code is None or with_code == without_code:
        return with_code
    if with_code is not None:
        return None
    # A number of a country where `0` comes first has likely lost no `0` but its `+`, even if it is not valid.
    may_have_code = international is not None and phonenumbers.is_possible_number(international)
    return None if may_have_code and metadata.national_prefix else without_code


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _write_national(
    number: phonenumbers.PhoneNumber, digits: str, metadata: phonenumbers.PhoneMetadata
) -> str | None:
    """Write a number of a region, if it surely has its area and is no longer than its plan has them."""
    written = _write_if_valid(number, digits)
    national = written and written.removeprefix(f"+{number.country_code}")
    if not national or len(national) > _longest_usual(metadata):
        return None
    return written if national != digits or _has_area(number, national, metadata) else None


def _has_area(number: phonenumbers.PhoneNumber, national: str, metadata: phonenumbers.PhoneMetadata) -> bool:
    """Tell whether digits without a trunk prefix are surely more than a local number without its area."""
    if not metadata.national_prefix or len(_lengths(metadata.fixed_line)) == 1:
        return True
    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return len(national) >= _FEWEST_WITH_AREA - is_mobile


def _write_if_valid(number: phonenumbers.PhoneNumber, digits: str) -> str | None:
    return _write(number, digits) if phonenumbers.is_valid_number(number) else None


def _write(number: phonenumbers.PhoneNumber, digits: str) -> str | None:
    """Write a number, if its digits, but for its country's code, are the end of those that were there."""
    national = phonenumbers.national_significant_number(number)
    written = f"+{number.country_code}{national}"
    # The rest of a cut number may pass for a short one, in a country that has short ones.
    return written if digits.endswith(national) and len(written) > _LEAST_DIGITS else None


def _longest_usual(metadata: phonenumbers.PhoneMetadata) -> int:
    return max((_LONGEST_USUAL, *_lengths(metadata.mobile)))


def _lengths(plan: phonenumbers.PhoneNumberDesc | None) -> tuple[int, ...]:
    return plan.possible_length if plan is not None else ()
