"""Owns the checks of the account before the first write: key, lists, custom fields, exclusions, contract."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.api.contract import NoLimit
from target_activecampaign.api.service_words import without_addresses
from target_activecampaign.config.names import shown_text
from target_activecampaign.contacts.custom_fields import CustomField, find_custom_field
from target_activecampaign.contacts.exclusions import Exclusions
from target_activecampaign.errors import ServiceError, SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.api.client import Client
    from target_activecampaign.api.responses import AccountList, Contract
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom

logger = logging.getLogger(__name__)

# One request in 25 reads the contract again: a few percent of the budget.
_REQUESTS_PER_CONTRACT_READING = 25
_MOST_EXCLUSIONS = 5_000  # 50 requests, ten seconds
_MOST_LISTS_SHOWN = 10
_LONGEST_NAME = 60


def check_account(settings: Settings, client: Client) -> Mapping[str, CustomField]:
    """Check key, lists and custom fields against the account.

    Returns:
        Each key of a `field_mapping.custom_fields` to the account's field.

    Raises:
        ServiceError: If the account can't be reached or refuses the key.
        SettingsError: Naming every list and custom field that the account lacks.
    """
    client.check_key()
    problems = _list_problems(settings, client)
    fields, unknown_fields = _find_fields(settings, client)
    problems += unknown_fields
    if problems:
        raise SettingsError(problems)
    return fields


def guard_contract(settings: Settings, client: Client, headroom: ContractHeadroom) -> Contract | None:
    """Read the account's contract, and keep the headroom to it.

    Returns:
        The contract; `None` where it is not guarded, or can't be.

    Raises:
        ServiceError: If it can't be read for another reason than want of rights: nothing was sent yet.
    """
    if not settings.account_limit_guard:
        return None
    try:
        contract = client.first_contract()
    except ServiceError as error:
        raise ServiceError(
            f"account_limit_guard: the account's contract can't be read ({error.cause}), so nothing "
            "was sent. Run again later, or set account_limit_guard to false: then profile_limit alone counts"
        ) from None
    if isinstance(contract, NoLimit):
        logger.warning("account_limit_guard: %s; profile_limit alone counts", contract.reason)
        return None
    headroom.guard(contract, _REQUESTS_PER_CONTRACT_READING / settings.requests_per_second)
    return contract


def read_exclusions(client: Client) -> Exclusions:
    """Read the account's exclusions, so that their addresses are set aside with a reason.

    They are optional: the importer refuses the same addresses.
    """
    try:
        exclusions = client.exclusions(_MOST_EXCLUSIONS)
    except ServiceError as error:
        logger.warning(
            "the account's exclusions can't be read (%s): the importer's refusals stand without a reason",
            error.cause,
        )
        return Exclusions(())
    if len(exclusions) == _MOST_EXCLUSIONS:
        logger.warning("only the first %d exclusions are known beforehand", _MOST_EXCLUSIONS)
    return Exclusions(exclusions)


def _list_problems(settings: Settings, client: Client) -> list[str]:
    """Return what is wrong with the lists of the settings, a sentence for each."""
    lists = {one.id: one for one in client.lists()}
    usable = sorted(one.id for one in lists.values() if one.is_for_email)[:_MOST_LISTS_SHOWN]
    known = ", ".join(f"{list_id} ({_shown_list(lists[list_id])})" for list_id in usable) or "none"
    problems = []
    for list_id in settings.list_ids():
        if list_id not in lists:
            problems.append(
                f"list_id: the account has no list {list_id} that this key may see; it has: {known}"
            )
        elif not lists[list_id].is_for_email:
            problems.append(
                f"list_id: list {list_id} ({_shown_list(lists[list_id])}) is for "
                f"{shown_text(lists[list_id].channel, _LONGEST_NAME)}, not for email. To be on it counts as "
                f"consent that nobody gave; choose one of these: {known}"
            )
    return problems


def _shown_list(one: AccountList) -> str:
    return shown_text(without_addresses(one.name), _LONGEST_NAME)


def _find_fields(settings: Settings, client: Client) -> tuple[dict[str, CustomField], list[str]]:
    mappings = [export.field_mapping for _, export in settings.exports if export.field_mapping]
    keys = list(dict.fromkeys(key for mapping in mappings for key in mapping.custom_fields))
    if not keys:
        return {}, []
    account_fields = client.custom_fields()
    found: dict[str, CustomField] = {}
    problems: list[str] = []
    for key in keys:
        field = find_custom_field(key, account_fields)
        if isinstance(field, CustomField):
            found[key] = field
        else:
            problems.append(f"field_mapping.custom_fields.{key}: {field}")
    return found, problems
