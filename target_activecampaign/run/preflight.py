"""Owns the checks of the account before the first write: key, lists, custom fields, exclusions, contract."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.contacts.custom_fields import CustomField, find_custom_field
from target_activecampaign.contacts.exclusions import Exclusions
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.api.client import Client
    from target_activecampaign.api.responses import Contract
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom

logger = logging.getLogger(__name__)

# One request in 25 reads the contract again: a few percent of the budget.
_REQUESTS_PER_CONTRACT_READING = 25
_MOST_EXCLUSIONS = 5_000  # 50 requests, ten seconds


def check_account(settings: Settings, client: Client) -> Mapping[str, CustomField]:
    """Check key, lists and custom fields against the account.

    Returns:
        Each key of a `field_mapping.custom_fields` to the account's field.

    Raises:
        ServiceError: If the account can't be reached or refuses the key.
        SettingsError: Naming every list and custom field that the account lacks.
    """
    client.check_key()
    problems = _missing_lists(settings, client)
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
        ServiceError: If there is no usable answer.
    """
    if not settings.account_limit_guard:
        return None
    contract = client.contract()
    if contract is None:
        logger.warning(
            "account_limit_guard: this key may not read the account's contract (only an "
            "administrator's may); profile_limit alone counts",
        )
        return None
    headroom.guard(contract, _REQUESTS_PER_CONTRACT_READING / settings.requests_per_second)
    return contract


def read_exclusions(client: Client) -> Exclusions:
    """Read the account's exclusions, so that their addresses are set aside with a reason.

    Raises:
        ServiceError: If there is no usable answer.
    """
    exclusions = client.exclusions(_MOST_EXCLUSIONS)
    if exclusions is None:
        logger.warning(
            "this key may not read the account's exclusions: the importer's refusals stand without a reason",
        )
    elif len(exclusions) == _MOST_EXCLUSIONS:
        logger.warning("only the first %d exclusions are known beforehand", _MOST_EXCLUSIONS)
    return Exclusions(exclusions or ())


def _missing_lists(settings: Settings, client: Client) -> list[str]:
    names = client.list_names()
    known = ", ".join(f"{list_id} ({name})" for list_id, name in sorted(names.items())[:10]) or "none"
    return [
        f"list_id: the account has no list {list_id} that this key may see; it has: {known}"
        for list_id in settings.list_ids()
        if list_id not in names
    ]


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
