"""Owns the readings that ActiveCampaign's reference leaves open: name, values, default, open question.

A behaviour that is unconfirmed and that a client could depend on has a switch with every plausible reading,
so that the client can be tested under each. Knows nothing of how a reading is carried out.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Switch:
    """An open question.

    Attributes:
        values: All readings. The first is the default.
        question: The unknown, and the statements of the sources.
    """

    values: tuple[str, ...]
    question: str


SWITCHES: Mapping[str, Switch] = {
    "window": Switch(
        ("sliding", "fixed"),
        "Whether limits count the last second and minute, or clock seconds and minutes. Rate limits "
        "reference: unsaid.",
    ),
    "bulk-counts": Switch(
        ("yes", "no"),
        "Whether bulk requests count against the 5 requests a second too. Rate limits reference: 'per "
        "account'; a third party's guide with live probes: a quota of their own.",
    ),
    "limit-headers": Switch(
        ("always", "never"),
        "RateLimit-Limit and RateLimit-Remaining. Rate limits reference: there; recorded answers: not there.",
    ),
    "unknown-key": Switch(
        ("403", "401", "login-page"),
        "The answer to a wrong key. Account settings reference: 403, body unpublished; clients in the "
        "field handle 401 and an HTML login page with status 200.",
    ),
    "success-key": Switch(
        ("Success", "success"),
        "How an accepted import spells it. Bulk importer reference: both, in two examples.",
    ),
    "positions": Switch(
        ("from-one", "from-zero"),
        "Where `contact` in failureReasons counts from. Bulk importer reference: unsaid; the guide: from 1.",
    ),
    "refusal-names": Switch(
        ("all", "first"),
        "Whether a refused batch names all bad contacts or the first. Bulk importer reference: unsaid.",
    ),
    "success-names": Switch(
        ("created", "created-and-updated"),
        "Whose ids `success` holds. Import status reference: newly created; the guide: updated ones too.",
    ),
    "failure-spelling": Switch(
        ("as-sent", "lower-case"),
        "How addresses in `failure` are spelled. Import status reference: unsaid.",
    ),
    "early-status": Switch(
        ("false", "waiting"),
        "`status` within the first second. Import status reference: 'may be' the boolean false.",
    ),
    "unknown-batch": Switch(
        ("false", "404", "400"),
        "The answer to a batchId that nobody handed out. Import status reference: unsaid; once seen: 400.",
    ),
    "over-limit": Switch(
        ("failure", "silent", "let-through"),
        "What the importer does with new contacts over the account's limit. Bulk importer reference: the "
        "limit may not be exceeded and is a reason of failure; whether `failure` names them is unsaid; "
        "help centre: API adds are still stored.",
    ),
    "left-list": Switch(
        ("failure", "skip-subscription"),
        "A contact that left a list and is to be subscribed to it in bulk. Bulk importer reference: never "
        "re-subscribed, and a reason of failure; whether the rest of the contact is applied is unsaid.",
    ),
    "bounced": Switch(
        ("failure", "update"),
        "A bounced address in bulk. Bulk importer reference: a reason of failure; when it strikes is unsaid.",
    ),
    "same-address-twice": Switch(
        ("last-wins", "first-wins"),
        "One address twice in a batch. Bulk importer reference: unsaid.",
    ),
    "subscribe-and-unsubscribe": Switch(
        ("unsubscribe", "subscribe"),
        "One list in both keys of a contact. Bulk importer reference: unsaid.",
    ),
    "unknown-field": Switch(
        ("ignore", "failure", "refuse"),
        "A custom field id that the account does not have, in bulk. Bulk importer reference: unsaid.",
    ),
    "unknown-list": Switch(
        ("ignore", "failure", "refuse"),
        "A list id that the account does not have, in bulk. Bulk importer reference: unsaid.",
    ),
    "unknown-option": Switch(
        ("store", "ignore"),
        "A value that is none of the field's options. Custom field values reference: unsaid.",
    ),
    "empty-values": Switch(
        ("clear", "keep"),
        "An empty string or null in an optional attribute. Bulk importer reference: unsaid; one client's "
        "authors say that it overwrites.",
    ),
    "address-blanks": Switch(
        ("trim", "refuse"),
        "Blanks around an address. Bulk importer reference: unsaid.",
    ),
    "contacts-beside-membership": Switch(
        ("no", "yes"),
        "Whether the answer to POST /contactLists has `contacts` too. Contacts reference: there; recorded "
        "answers: not there.",
    ),
    "sms-lists": Switch(
        ("shown", "hidden"),
        "Whether GET /lists shows lists of text messages where no `filters[channel]` asks for them. Lists "
        "reference: unsaid; the provider's own client says that it means email then.",
    ),
    "subscriber-total": Switch(
        ("all", "subscribed"),
        "Whom `subscriber_total` counts. Account settings reference: contacts now; help centre: all "
        "contacts for accounts since November 2025.",
    ),
    "subscriber-total-lag": Switch(
        ("none", "minute", "three-minutes"),
        "By how much `subscriber_total` lags behind new contacts. Account settings reference: unsaid.",
    ),
}


@dataclass
class Switches:
    """The reading in force for each switch; a switch that was not set has its default."""

    _chosen: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """Return the reading of the switch `name`."""
        return self._chosen.get(name) or SWITCHES[name].values[0]

    def choose(self, name: str, value: str) -> None:
        """Set one switch.

        Raises:
            ValueError: No switch has the name, or the switch does not have the value.
        """
        if name not in SWITCHES:
            raise ValueError(f"no switch {name!r}; there are: {', '.join(SWITCHES)}")
        if value not in SWITCHES[name].values:
            raise ValueError(f"switch {name!r} takes {' or '.join(SWITCHES[name].values)}, not {value!r}")
        self._chosen[name] = value

    def changed(self) -> dict[str, str]:
        """Return the readings in force that are not the default."""
        return {name: self[name] for name, switch in SWITCHES.items() if self[name] != switch.values[0]}

    def as_dict(self) -> dict[str, str]:
        """Return every switch with the reading in force."""
        return {name: self[name] for name in SWITCHES}
