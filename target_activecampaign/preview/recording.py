"""Owns how a record is put beside the contact that it becomes, value by value, each with its reasons."""

from __future__ import annotations

import typing as t

from msgspec import UNSET

from target_activecampaign.contacts.contact import Contact, Reason, Rejection
from target_activecampaign.contacts.subscription import OptOut
from target_activecampaign.preview.change import Cause, Change
from target_activecampaign.preview.explaining import (
    explain_address,
    explain_custom_value,
    explain_no_address,
    explain_nothing_sent,
    explain_phone,
    explain_tags,
    explain_text,
)
from target_activecampaign.preview.raw_values import find_value, is_empty, text_of
from target_activecampaign.preview.shown import ShownRecord, ShownValue

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.contacts.contact import Origin
    from target_activecampaign.preview.mapped_field import MappedField
    from target_activecampaign.preview.shown import State
    from target_activecampaign.run.record_observer import OpenedStream

_ABOUT_ADDRESS = frozenset(
    {Reason.EMAIL_INVALID, Reason.EMAIL_MISSING, Reason.DELETION_WITHOUT_ADDRESS, Reason.EXCLUDED}
)


def record_of(  # noqa: PLR0913, PLR0917 - what there is of one record
    origin: Origin,
    record: Mapping[str, t.Any],
    result: Contact | Rejection | OptOut,
    fields: Sequence[MappedField],
    stream: OpenedStream,
    left_out: Sequence[tuple[str, str]],
) -> ShownRecord:
    """Return a record beside what it became.

    Args:
        origin: Where it stands.
        record: As it was mapped.
        result: What the mapping made of it.
        fields: That are mapped, the address first.
        stream: That it is of.
        left_out: Field and problem of the values that its contact goes without.
    """
    keys = {key: text_of(record.get(key)) for key in stream.keys if not is_empty(record.get(key))}
    shown = ShownRecord(origin, keys, left_out=len(left_out))
    if isinstance(result, Contact):
        shown.values = _values_of(record, result, fields, stream, left_out)
    elif isinstance(result, OptOut):
        shown.is_removal = True
        shown.values = [_address(fields[0], record, result.email)]
        shown.values += [
            _wish(field, record, takes_off=True) for field in fields if field.kind == "subscription"
        ]
    else:
        _reject(shown, fields, record, result)
    return shown


def _values_of(
    record: Mapping[str, t.Any],
    contact: Contact,
    fields: Sequence[MappedField],
    stream: OpenedStream,
    left_out: Sequence[tuple[str, str]],
) -> list[ShownValue]:
    payload, custom = contact.payload, contact.custom_fields
    values = []
    for field in fields:
        problems = [problem for name, problem in left_out if name == field.mapped.field]
        raw = find_value(record, field.mapped.keys)
        if field.kind == "subscription":
            values.append(_wish(field, record, takes_off=False, joins=contact.subscribes))
        elif field.kind == "email":
            values.append(_address(field, record, contact.email))
        elif field.kind == "tags":
            values.append(_tags(field, raw, contact.tags, stream.export.tags, problems))
        else:
            sent = field.sent_in(payload, custom)
            values.append(_value(field, raw, sent, stream, problems))
    if stream.export.tags and not any(field.kind == "tags" for field in fields):
        tags = list(stream.export.tags)
        values.append(
            ShownValue("", "", "tags", ", ".join(tags), "sent", explain_tags(tags, tags), is_public=True)
        )
    return values


def _value(
    field: MappedField, raw: object, sent: str | None, stream: OpenedStream, problems: Sequence[str]
) -> ShownValue:
    column, text, custom = field.mapped.path, text_of(raw), field.custom
    if not sent:
        state: State = "left_out" if problems else "kept" if sent is None else "cleared"
        changes = explain_nothing_sent(
            raw, problems, custom, clears=stream.options.clears_nulls, is_cleared=sent is not None
        )
        return ShownValue(column, text, field.name, "", state, changes)
    if custom is not None:
        changes = explain_custom_value(raw, sent, custom, stream.options, field.reader)
    elif field.kind == "phone":
        changes = explain_phone(raw, sent, stream.options.phone_region)
    else:
        changes = explain_text(raw, sent)
    return ShownValue(column, text, field.name, sent, "sent", changes, is_public=field.reader is not None)


def _address(field: MappedField, record: Mapping[str, t.Any], email: str) -> ShownValue:
    raw = find_value(record, field.mapped.keys)
    return ShownValue(field.mapped.path, text_of(raw), field.name, email, "sent", explain_address(raw, email))


def _tags(
    field: MappedField, raw: object, sent: Sequence[str], static: Sequence[str], problems: Sequence[str]
) -> ShownValue:
    changes = explain_tags(sent, static)
    if problems:
        changes = [*changes, Change(Cause.LEFT_OUT, problems[0])]
    if not sent:
        state: State = "left_out" if problems else "kept"
        if not problems:
            changes = [Change(Cause.ABSENT)] if raw is UNSET else []
        return ShownValue(field.mapped.path, text_of(raw), "tags", "", state, changes)
    # Their order has no meaning: those of the record stand first, as it has them.
    ordered = [*(tag for tag in sent if tag not in static), *static]
    return ShownValue(field.mapped.path, text_of(raw), "tags", ", ".join(ordered), "sent", changes)


def _wish(
    field: MappedField, record: Mapping[str, t.Any], *, takes_off: bool, joins: bool = False
) -> ShownValue:
    """Return what a record says of the membership beside what that does."""
    raw = find_value(record, field.mapped.keys)
    sent = "leaves the list" if takes_off else "joins the list" if joins else ""
    state: State = "sent" if sent else "kept"
    return ShownValue(field.mapped.path, text_of(raw), "subscription", sent, state, [], is_public=True)


def _reject(
    shown: ShownRecord, fields: Sequence[MappedField], record: Mapping[str, t.Any], rejection: Rejection
) -> None:
    """Show the value that a rejection is about, as far as it is about one."""
    reason, detail = rejection.reason, rejection.detail
    shown.reason = reason.value
    about = _field_of(fields, reason, detail)
    if about is None:
        shown.detail = detail
        return
    raw = find_value(record, about.mapped.keys)
    if reason is Reason.EMAIL_INVALID:
        changes = explain_no_address(raw)
    elif reason is Reason.EMAIL_MISSING:
        changes = []
    elif reason is Reason.EXCLUDED:
        # The account's phrase may be somebody's address.
        changes = [Change(Cause.EXCLUDED, detail.partition(": ")[2], is_of_record=True)]
    else:
        changes = [Change(Cause.REJECTED, detail.removeprefix(f"{about.mapped.path}: "))]
    shown.values = [ShownValue(about.mapped.path, text_of(raw), about.name, "", "none", changes)]


def _field_of(fields: Sequence[MappedField], reason: Reason, detail: str) -> MappedField | None:
    if reason in _ABOUT_ADDRESS:
        return fields[0]
    return next((field for field in fields if detail.startswith(f"{field.mapped.path}: ")), None)
