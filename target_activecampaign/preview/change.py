"""Owns the closed list of reasons why a value that is sent differs from the one that came."""

from __future__ import annotations

import enum
import typing as t

from target_activecampaign.config.names import shown_text


class Cause(str, enum.Enum):
    """Why a value differs. The ids stand in the JSON document, and stay."""

    LOWER_CASE = "lower_case"
    TRIMMED = "trimmed"
    INVISIBLE_CHARACTERS = "invisible_characters"
    NAME_BEFORE_ADDRESS = "name_before_address"
    LINK = "link"
    DOMAIN_IN_ASCII = "domain_in_ascii"
    PHONE_OF_REGION = "phone_of_region"
    PHONE_DIALLED_FROM = "phone_dialled_from"
    PHONE_WITHOUT_MARKS = "phone_without_marks"
    PHONE_AS_IT_CAME = "phone_as_it_came"
    DATE_WITHOUT_TIME = "date_without_time"
    DATE_WRITTEN = "date_written"
    DAY_IN_ZONE = "day_in_zone"
    NO_DAY = "no_day"
    TIME_OF_ZONE = "time_of_zone"
    TIME_WRITTEN = "time_written"
    PLAIN_NUMBER = "plain_number"
    AS_TEXT = "as_text"
    OPTION = "option"
    OPTIONS = "options"
    PART_LEFT_OUT = "part_left_out"
    TAGS = "tags"
    NULL_KEEPS = "null_keeps"
    NULL_CLEARS = "null_clears"
    ABSENT = "absent"
    LEFT_OUT = "left_out"
    NO_SUCH_OPTION = "no_such_option"
    EXCLUDED = "excluded"
    REJECTED = "rejected"
    UNKNOWN = "changed"


_TEXTS = {
    Cause.LOWER_CASE: "lower case",
    Cause.TRIMMED: "trimmed",
    Cause.INVISIBLE_CHARACTERS: "without invisible characters",
    Cause.NAME_BEFORE_ADDRESS: "the address without the name",
    Cause.LINK: "the address of the link",
    Cause.DOMAIN_IN_ASCII: "domain in ASCII",
    Cause.PHONE_OF_REGION: "read as a number of {}",
    Cause.PHONE_DIALLED_FROM: "as dialled from {}",
    Cause.PHONE_WITHOUT_MARKS: "the number without marks",
    Cause.PHONE_AS_IT_CAME: "not readable, sent as it is",
    Cause.DATE_WITHOUT_TIME: "a date has no time",
    Cause.DATE_WRITTEN: "as a date is written",
    Cause.DAY_IN_ZONE: "the day in {}",
    Cause.NO_DAY: "no day",
    Cause.TIME_OF_ZONE: "a time of {}",
    Cause.TIME_WRITTEN: "as a time is written",
    Cause.PLAIN_NUMBER: "a plain number",
    Cause.AS_TEXT: "as text",
    Cause.OPTION: 'the option "{}"',
    Cause.OPTIONS: "{} options",
    Cause.PART_LEFT_OUT: 'without "{}": no such option',
    Cause.TAGS: "{}",
    Cause.NULL_KEEPS: "on_null: keep",
    Cause.NULL_CLEARS: "on_null: clear",
    Cause.ABSENT: "not in this record",
    Cause.LEFT_OUT: "{}",
    Cause.NO_SUCH_OPTION: "no such option, {} exist",
    Cause.EXCLUDED: "on the account's exclusion list: {}",
    Cause.REJECTED: "{}",
    Cause.UNKNOWN: "changed",
}


class Change(t.NamedTuple):
    """One reason why a value differs.

    Attributes:
        cause: Of the closed list.
        what: What the reason names: a region, an option, a count; empty for none.
        is_of_record: Whether that is text of the record, which may be a person's.
    """

    cause: Cause
    what: str = ""
    is_of_record: bool = False

    @property
    def text(self) -> str:
        """The reason for a person."""
        return _TEXTS[self.cause].format(shown_text(self.what, 60))
