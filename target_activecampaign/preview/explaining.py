"""Owns why a value that is sent differs from the one that came: compared by the mapping's own functions.

A cause that is not known for sure is said to be none: the value "changed". Pure.
"""

from __future__ import annotations

import datetime as dt
import re
import typing as t
import urllib.parse

from msgspec import UNSET

from target_activecampaign.contacts.custom_fields import OPTION_SEPARATOR, takes_options
from target_activecampaign.contacts.dates import format_date, format_datetime
from target_activecampaign.contacts.email_address import find_email_problem, with_unicode_domain
from target_activecampaign.contacts.phone import normalise_phone
from target_activecampaign.contacts.text import UnfitValueError, format_text, strip_unseen, trim
from target_activecampaign.preview.change import Cause, Change
from target_activecampaign.preview.raw_values import is_empty, text_of

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.contacts.mapping import MappingOptions
    from target_activecampaign.contacts.options import OptionReader

Changes: t.TypeAlias = "list[Change]"

_NAMED = re.compile(r"[^<>]*<([^<>]*)>")
_LINK = re.compile(r"mailto:([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_E164 = re.compile(r"\+\d{7,15}", re.ASCII)
_ELSEWHERE = dt.timezone(dt.timedelta(hours=-11, minutes=-7))  # an offset that no source has
_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def explain_address(raw: object, sent: str) -> Changes:
    """Return why an identity differs from the address that came."""
    text = text_of(raw)
    bare = strip_unseen(text)
    changes = _trimming(text, bare)
    for pattern, cause in ((_NAMED, Cause.NAME_BEFORE_ADDRESS), (_LINK, Cause.LINK)):
        if found := pattern.fullmatch(bare):
            changes.append(Change(cause))
            bare = strip_unseen(urllib.parse.unquote(found[1]) if cause is Cause.LINK else found[1])
    lower = bare.lower()
    if lower != bare:
        changes.append(Change(Cause.LOWER_CASE))
    if lower != sent:
        is_domain = not bare.isascii() and with_unicode_domain(sent) == lower
        changes.append(Change(Cause.DOMAIN_IN_ASCII if is_domain else Cause.UNKNOWN))
    return changes


def explain_no_address(raw: object) -> Changes:
    """Return why a value is no address."""
    text = text_of(raw)
    problem = find_email_problem(text) if isinstance(raw, str) else ""
    if not problem:
        problem = "no @" if "@" not in text else "not an address"
    return [Change(Cause.REJECTED, problem)]


def explain_nothing_sent(
    raw: object, problems: Sequence[str], field: CustomField | None, *, clears: bool, is_cleared: bool
) -> Changes:
    """Return why no value is sent, or an empty one.

    Args:
        raw: As it came.
        problems: What the mapping expected of a value that it left out.
        field: Of the account, where it is a custom field.
        clears: Whether a null empties the contact's value.
        is_cleared: Whether the value is emptied.
    """
    if problems:
        options = None if field is None else field.options
        if options is not None and not is_cleared and "options" in problems[0]:
            return [Change(Cause.NO_SUCH_OPTION, f"{len(options):,}")]
        return [Change(Cause.LEFT_OUT, problems[0])]
    if raw is UNSET:
        return [Change(Cause.ABSENT)]
    rule = Change(Cause.NULL_CLEARS if clears else Cause.NULL_KEEPS)
    if is_empty(raw):
        return [rule]
    is_time = field is not None and field.type.lower() in {"date", "datetime"}
    return [Change(Cause.NO_DAY), rule] if is_time else [Change(Cause.UNKNOWN)]


def explain_text(raw: object, sent: str) -> Changes:
    """Return why a text differs."""
    if isinstance(raw, str):
        changes = _trimming(raw, trim(raw))
        return changes if trim(raw) == sent else [*changes, Change(Cause.UNKNOWN)]
    return [] if text_of(raw) == sent else [Change(Cause.AS_TEXT)]


def explain_phone(raw: object, sent: str, region: str | None) -> Changes:
    """Return why a phone number differs, or that it could not be read as one."""
    text = format_text(raw)
    if sent == text:
        changes = _trimming(text_of(raw), text)
        return changes if is_readable_phone(sent) else [*changes, Change(Cause.PHONE_AS_IT_CAME)]
    if normalise_phone(text, None) == sent:
        return [Change(Cause.PHONE_WITHOUT_MARKS)]
    if region is None:
        return [Change(Cause.UNKNOWN)]
    import phonenumbers  # noqa: PLC0415 - 30 ms, needed only where a phone number is shown

    is_own = sent.startswith(f"+{phonenumbers.country_code_for_region(region)}")
    return [Change(Cause.PHONE_OF_REGION if is_own else Cause.PHONE_DIALLED_FROM, region)]


def is_readable_phone(sent: str) -> bool:
    """Tell whether a phone number is sent as E.164 has it, rather than as it came."""
    return _E164.fullmatch(sent) is not None


def explain_custom_value(
    raw: object, sent: str, field: CustomField, options: MappingOptions, reader: OptionReader | None
) -> Changes:
    """Return why the value of a custom field differs.

    Args:
        raw: As it came; not empty.
        sent: As it is sent.
        field: Of the account.
        options: What holds for every stream.
        reader: Of the field's options, where they are known.
    """
    kind = field.type.lower()
    if takes_options(field.type):
        return _explain_options(raw, sent, field, reader)
    if kind == "date":
        return _explain_date(raw, sent, options.source_timezone)
    if kind == "datetime":
        return _explain_time(raw, sent, options.source_timezone)
    if kind in {"number", "currency"}:
        text = text_of(raw)
        return _trimming(text, trim(text)) if trim(text) == sent else [Change(Cause.PLAIN_NUMBER)]
    return explain_text(raw, sent)


def _explain_options(raw: object, sent: str, field: CustomField, reader: OptionReader | None) -> Changes:
    if reader is None or field.options is None:
        return [] if trim(text_of(raw)) == sent else [Change(Cause.OPTIONS, "the")]
    labels = {option.value: option.label for option in field.options}
    values = [value for value in sent.split(OPTION_SEPARATOR) if value]
    changes = []
    if len(values) > 1:
        changes.append(Change(Cause.OPTIONS, _word(len(values))))
    elif values and trim(text_of(raw)) != (label := labels.get(values[0], values[0])):
        changes.append(Change(Cause.OPTION, label))
    unknown = reader.read(raw).unknown
    return changes + [Change(Cause.PART_LEFT_OUT, part, is_of_record=True) for part in unknown]


def _explain_date(raw: object, sent: str, zone: dt.tzinfo | None) -> Changes:
    text = text_of(raw)
    bare = trim(text)
    if bare == sent:
        return _trimming(text, bare)
    if bare.startswith(sent):
        return [Change(Cause.DATE_WITHOUT_TIME)]
    if zone is not None and format_date(raw) != sent:
        return [Change(Cause.DAY_IN_ZONE, str(zone))]
    return [Change(Cause.DATE_WRITTEN)]


def _explain_time(raw: object, sent: str, zone: dt.tzinfo | None) -> Changes:
    text = text_of(raw)
    if trim(text) == sent:
        return _trimming(text, sent)
    try:
        has_zone = format_datetime(raw, _ELSEWHERE) == format_datetime(raw, dt.timezone.utc)
    except UnfitValueError:
        return [Change(Cause.UNKNOWN)]
    return [Change(Cause.TIME_WRITTEN)] if has_zone else [Change(Cause.TIME_OF_ZONE, str(zone or "UTC"))]


def explain_tags(sent: Sequence[str], static: Sequence[str]) -> Changes:
    """Return how many tags are of the record, and how many all contacts get."""
    own, common = len([tag for tag in sent if tag not in static]), len(static)
    if not common:
        return [Change(Cause.TAGS, _word(own))] if own > 1 else []
    for_all = f"{_word(common)} for all"
    return [Change(Cause.TAGS, f"{_word(own)}, and {for_all}" if own else for_all)]


def _word(count: int) -> str:
    return _WORDS[count] if count < len(_WORDS) else f"{count:,}"


def _trimming(text: str, bare: str) -> Changes:
    if text == bare:
        return []
    return [Change(Cause.TRIMMED if text.strip() == bare else Cause.INVISIBLE_CHARACTERS)]
