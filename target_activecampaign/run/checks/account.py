"""Owns the checks of what the account has of that which the settings name."""

from __future__ import annotations

import typing as t

from target_activecampaign.api.contract import NoLimit
from target_activecampaign.config.names import folded_name, nearest_name, shown_text
from target_activecampaign.errors import NotPermittedError, Problem, ServiceError, SettingsError
from target_activecampaign.limits import PAGE_SIZE
from target_activecampaign.run.checks.result import Check, all_failed, failed
from target_activecampaign.run.list_names import find_lists, problems_of_lists, shown_list
from target_activecampaign.run.preflight import field_keys, find_fields, without_known_options
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_activecampaign.api.client import Client
    from target_activecampaign.api.responses import AccountList, User
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.contacts.custom_fields import CustomField

_MOST_TAGS = 4 * PAGE_SIZE
_MOST_COUNTED_LISTS = 3  # a request each
_MOST_SHOWN = 5
_TYPES = {
    "dropdown": "drop-down",
    "listbox": "list box",
    "textarea": "text area",
    "datetime": "date and time",
}


class AccountChecks:
    """Checks one account that was reached with a good key.

    Attributes:
        numbers: Name to number of the lists that were found; as of `check_lists`.
        may_read: What the key's user may read beside the rest; as of the checks that read it.
        may_not_read: Likewise.
    """

    def __init__(self, settings: Settings, client: Client) -> None:
        """Prepare; nothing is asked yet."""
        self._settings = settings
        self._client = client
        self.numbers: dict[str, int] = {}
        self.may_read: list[str] = []
        self.may_not_read: list[str] = []

    def check_contract(self, records: int | None) -> list[Check]:
        """Compare the contract with what is used, and with the records to come."""
        limit = f"profile_limit {self._settings.profile_limit:,} counts alone"
        if not self._settings.account_limit_guard:
            return [Check("contract", "ok", f"not guarded (account_limit_guard is false); {limit}")]
        try:
            contract = self._client.first_contract()
        except ServiceError as error:
            return [_unread("contract", "the contract", error, "account_limit_guard")]
        if isinstance(contract, NoLimit):
            if not contract.is_permitted:
                self.may_not_read.append("the contract")
                what = f"can't be read with this key (administrators only); {limit}"
                return [Check("contract", "warn", what)]
            return [Check("contract", "ok", f"{contract.reason}; {limit}")]
        self.may_read.append("the contract")
        room = max(contract.subscriber_limit - contract.subscriber_total, 0)
        said = (
            f"{contract.subscriber_total:,} of {contract.subscriber_limit:,} contacts used, room for {room:,}"
        )
        if room and (records is None or records <= room):
            return [Check("contract", "ok", said)]
        return [_tight_contract(said, room, records)]

    def check_lists(self) -> list[Check]:
        """Check the lists of all streams."""
        lists = self._client.lists()
        self.numbers, problems = find_lists(self._settings.list_names(), lists)
        # A wrong `list_id` leaves a 0.
        ids = sorted({one for one in (*self._settings.list_ids(), *self.numbers.values()) if one})
        problems += problems_of_lists(ids, lists)
        known = [one for one in lists if one.id in ids and one.is_for_email]
        shown = [self._shown_list(place, one) for place, one in enumerate(known)]
        good = [Check("list", "ok", "; ".join(shown))] if shown else []
        return [*all_failed("list", problems), *good]

    def _shown_list(self, place: int, one: AccountList) -> str:
        active = self._client.subscriber_count(one.id) if place < _MOST_COUNTED_LISTS else None
        figure = "" if active is None else f", {active:,} active"
        return f"{one.id} {shown_list(one)}{figure}, {shown_text(one.channel) or 'email'}"

    def check_fields(self) -> list[Check]:
        """Check the custom fields of all mappings."""
        if not field_keys(self._settings):
            return [Check("fields", "ok", "no custom field is mapped")]
        found, problems = find_fields(self._settings, self._client.custom_fields())
        if problems:
            return all_failed("fields", problems)
        fields = list({field.id: field for field in found.values()}.values())
        more = f", and {len(fields) - _MOST_SHOWN} more" if len(fields) > _MOST_SHOWN else ""
        said = ", ".join(map(_shown_field, fields[:_MOST_SHOWN])) + more
        if unknown := without_known_options(found):
            names = ", ".join(f'"{shown_text(key)}"' for key in unknown)
            what = (
                f"{said}; the account does not tell all options of {names}, so values are sent as they come"
            )
            return [Check("fields", "warn", what)]
        return [Check("fields", "ok", said)]

    def check_tags(self) -> list[Check]:
        """Tell which tags exist, and which the first import makes."""
        wanted = list(dict.fromkeys(tag for _, export in self._settings.exports for tag in export.tags))
        if not wanted:
            return [Check("tags", "ok", "none set")]
        known = {folded_name(tag.name): tag.name for tag in self._client.tags(_MOST_TAGS)}
        checks = []
        for tag in wanted:
            shown, near = shown_text(tag), nearest_name(tag, known.values())
            if folded_name(tag) in known:
                checks.append(Check("tags", "ok", f'"{shown}" exists'))
            elif len(known) >= _MOST_TAGS:
                checks.append(Check("tags", "ok", f'"{shown}" is none of the first {_MOST_TAGS:,} tags'))
            elif near is None:
                checks.append(Check("tags", "ok", f'"{shown}" is new: it will be made'))
            else:
                checks.append(_new_tag(shown, near))
        return _joined(checks)

    def check_exclusions(self) -> list[Check]:
        """Read the first exclusions: a run leaves out the addresses that match."""
        try:
            exclusions = self._client.exclusions(PAGE_SIZE)
        except NotPermittedError:
            self.may_not_read.append("the exclusions")
            return [
                Check(
                    "exclusions",
                    "warn",
                    "can't be read with this key: excluded people are found out by ActiveCampaign only",
                )
            ]
        except ServiceError as error:
            what = f"can't be read ({error.cause}): excluded people are found out by ActiveCampaign only"
            return [Check("exclusions", "warn", what)]
        self.may_read.append("the exclusions")
        if not exclusions:
            return [Check("exclusions", "ok", "none in the account")]
        more = " or more" if len(exclusions) == PAGE_SIZE else ""
        return [
            Check(
                "exclusions",
                "ok",
                f"{counted(len(exclusions), 'phrase')}{more}: matching addresses are rejected",
            )
        ]

    def describe_key(self, user: User) -> Check:
        """Tell whose key it is and what it may read, after the other checks."""
        who = f"of {shown_text(user.name) or 'its user'}"
        name = f' (user "{shown_text(user.username)}")' if user.username else ""
        may = [f"may read {' and '.join(self.may_read)}"] if self.may_read else []
        may_not = [f"may not read {' or '.join(self.may_not_read)}"] if self.may_not_read else []
        return Check("key", "ok", "; ".join([f"{who}{name}", *may, *may_not]))


def safely(check_id: str, check: Callable[[], list[Check]]) -> list[Check]:
    """Return what a check found; where the account does not answer it, that."""
    try:
        return check()
    except SettingsError as error:
        return all_failed(check_id, error.problems)
    except ServiceError as error:
        return [_unread(check_id, _NAMES[check_id], error)]


_NAMES = {"list": "the lists", "fields": "the custom fields", "tags": "the tags"}


def _unread(check_id: str, what: str, error: ServiceError, setting: str = "") -> Check:
    """Return the result where the account does not answer: a run would end there, too."""
    problem = Problem(setting, f"{what} can't be read: {shown_text(error.cause)}", error.fix)
    return failed(check_id, problem)


def _tight_contract(said: str, room: int, records: int | None) -> Check:
    fix = "Make room or raise the contract; what is held back goes with the next run"
    if not room or records is None:
        return Check("contract", "warn", f"{said}: new people are held back", fix=fix)
    over = f"{records - room:,} of {records:,} records are held back if all are new people"
    return Check("contract", "warn", f"{said}: {over}", fix=fix)


def _shown_field(field: CustomField) -> str:
    kind = _TYPES.get(field.type.lower(), shown_text(field.type))
    options = f", {counted(len(field.options), 'option')}" if field.options else ""
    return f"{shown_text(field.title)} ({kind or 'text'}{options})"


def _new_tag(shown: str, near: str) -> Check:
    fix = f'Nearest: "{shown_text(near)}". All tags: target-activecampaign tags'
    return Check("tags", "warn", f'the account has no tag "{shown}"; it will be made', "tags", fix, (near,))


def _joined(checks: Sequence[Check]) -> list[Check]:
    """Return good results as one, behind the others."""
    good = [check.message for check in checks if check.status == "ok"]
    others = [check for check in checks if check.status != "ok"]
    return [*others, *([Check(checks[0].id, "ok", ", ".join(good))] if good else [])]
