"""Owns what the reasons of the report mean to a person, and what to do about them, in one sentence each."""

from __future__ import annotations

import typing as t

from target_activecampaign.contacts.contact import LeftAlone, Reason


class Explained(t.NamedTuple):
    """What a reject reason means.

    Attributes:
        meaning: As one sentence.
        remedy: What to do, likewise.
        brief: The meaning in a few words, for a line of the summary; `{email}` stands for the column.
        question: What may be the cause where the run before did not have the reason; may be empty.
    """

    meaning: str
    remedy: str
    brief: str
    question: str = ""


REJECTED: dict[str, Explained] = {
    Reason.EMAIL_MISSING.value: Explained(
        "The address is empty.",
        "Look for the address, or leave these records out.",
        "{email} is empty",
        "was the column renamed?",
    ),
    Reason.EMAIL_INVALID.value: Explained(
        "The address is none that ActiveCampaign takes.",
        "Mend it and send the records again.",
        "no address",
        "is it another column?",
    ),
    Reason.DELETION_WITHOUT_ADDRESS.value: Explained(
        "The source deleted the record and did not send its address.",
        "Have the source send it, or set ledger_url.",
        "gone at the source, and sent without an address",
    ),
    Reason.SCHEMA_INVALID.value: Explained(
        "A key or a mapped value is not what the stream's schema says.",
        "Mend the tap, or set validate_records to false.",
        "not what the stream's schema says",
        "did the schema change?",
    ),
    Reason.VALUE_INVALID.value: Explained(
        "A value can't be written for its field, or an expression of a stream map failed.",
        "Mend it, or map it to a text field.",
        "a value can't be written for its field",
        "did the column's form change?",
    ),
    Reason.TOO_LARGE.value: Explained(
        "The contact alone is larger than a request may be.",
        "Shorten its values.",
        "larger than a request may be",
    ),
    Reason.EXCLUDED.value: Explained(
        "The account's exclusion list has the address.",
        "Leave it out: somebody decided so.",
        "your account excludes them: leave them out",
        "were exclusions added to the account?",
    ),
    Reason.REFUSED_BY_ACTIVECAMPAIGN.value: Explained(
        "ActiveCampaign refused the contact and gave no reason.",
        "Look the contact up in ActiveCampaign: it may have bounced or unsubscribed.",
        "refused by ActiveCampaign: bounced, or unsubscribed?",
    ),
    Reason.SKIPPED_BY_ACTIVECAMPAIGN.value: Explained(
        "The import ended, and the contact is not there, or not on its list.",
        "See whether the contract is full or the address bounced; else send the records again.",
        "ActiveCampaign took them and does not show them: send them again",
    ),
}
"""What each reject reason means."""

LEFT_ALONE: dict[str, str] = {
    LeftAlone.NOT_ON_LIST.value: "They were not on the list.",
    LeftAlone.NOT_SUBSCRIBED.value: "They were off the list already.",
    LeftAlone.JOINED_OTHERWISE.value: "They came to the list by another way than these imports.",
    LeftAlone.MEMBERSHIP_UNREADABLE.value: "Their membership could not be read.",
    LeftAlone.JOIN_TIME_UNREADABLE.value: "When they joined could not be read.",
    LeftAlone.IMPORT_UNKNOWN.value: "It is unknown whether an import brought them.",
    LeftAlone.STILL_SUBSCRIBED.value: "They were still subscribed when they were read back.",
    LeftAlone.ADDRESS_UNREADABLE.value: "Their address could not be read.",
    LeftAlone.REFUSED.value: "ActiveCampaign refused to take them off.",
}
"""Why somebody who was to be taken off a list was not."""
