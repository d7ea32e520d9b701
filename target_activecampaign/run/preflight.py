"""Owns the checks of the account before the first write: key, lists, custom fields, exclusions, contract."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.api.contract import NoLimit
from target_activecampaign.api.service_words import without_addresses
from target_activecampaign.config.names import shown_name, shown_text
from target_activecampaign.contacts.custom_fields import CustomField, find_custom_field, takes_options
from target_activecampaign.contacts.exclusions import Exclusion, Exclusions
from target_activecampaign.errors import Problem, ServiceError, SettingsError
from target_activecampaign.run.list_names import find_lists, problems_of_lists

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from target_activecampaign.api.client import Client
    from target_activecampaign.api.responses import Contract
    from target_activecampaign.config.settings import FieldMapping, Settings
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom

logger = logging.getLogger(__name__)

# One request in 25 reads the contract again: a few percent of the budget.
_REQUESTS_PER_CONTRACT_READING = 25
_MOST_EXCLUSIONS = 5_000  # 50 requests, ten seconds


class CheckedAccount(t.NamedTuple):
    """What the settings name, as the account knows it.

    Attributes:
        settings: With the numbers of all lists.
        fields: Each key of a `field_mapping.custom_fields` to the account's field.
        list_names: Number of each list of the run to its name, without what looks like an address.
    """

    settings: Settings
    fields: Mapping[str, CustomField]
    list_names: Mapping[int, str]


class ReadsExclusions(t.Protocol):
    """Reads the exclusions of an account."""

    def exclusions(self, most: int) -> list[Exclusion]:
        """Return them, up to a number."""


def check_account(settings: Settings, client: Client) -> CheckedAccount:
    """Check key, lists and custom fields against the account.

    Raises:
        ServiceError: If the account can't be reached or refuses the key.
        SettingsError: Naming every list and custom field that the account lacks.
    """
    client.check_key()
    lists = client.lists()
    numbers, problems = find_lists(settings.list_names(), lists)
    problems += problems_of_lists(sorted({*settings.list_ids(), *numbers.values()}), lists)
    keys = field_keys(settings)
    fields, unknown_fields = find_fields(settings, client.custom_fields() if keys else ())
    problems += unknown_fields
    _warn_of_unknown_options(fields)
    if problems:
        raise SettingsError(problems)
    settings = settings.with_lists(numbers)
    names = {one.id: without_addresses(one.name) for one in lists}
    return CheckedAccount(settings, fields, {number: names[number] for number in settings.list_ids()})


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
        remedy = (
            "" if contract.is_permitted else ". To keep to the contract: an administrator's key (api_key)"
        )
        logger.warning("account_limit_guard: %s, so profile_limit alone counts%s", contract.reason, remedy)
        return None
    headroom.guard(contract, _REQUESTS_PER_CONTRACT_READING / settings.requests_per_second)
    return contract


def read_exclusions(client: ReadsExclusions) -> Exclusions:
    """Read the account's exclusions, so that their addresses are set aside with a reason.

    They are optional: the importer refuses the same addresses.
    """
    try:
        exclusions = client.exclusions(_MOST_EXCLUSIONS)
    except ServiceError as error:
        logger.warning(
            "the account's exclusions can't be read (%s), so ActiveCampaign itself refuses "
            "excluded people, without a reason. Nobody else is concerned",
            error.cause,
        )
        return Exclusions(())
    if len(exclusions) == _MOST_EXCLUSIONS:
        logger.warning(
            "the account has %d exclusions or more: by those beyond, ActiveCampaign itself refuses people, "
            "without a reason. Nobody else is concerned",
            _MOST_EXCLUSIONS,
        )
    return Exclusions(exclusions)


def field_keys(settings: Settings) -> list[str]:
    """Return the custom fields that the settings name, each once."""
    return list(dict.fromkeys(key for mapping in _mappings(settings) for key in mapping.custom_fields))


def find_fields(
    settings: Settings, account_fields: Sequence[CustomField]
) -> tuple[dict[str, CustomField], list[Problem]]:
    """Find the custom fields that the settings name.

    Returns:
        Key to field, and a problem for each key that does not mean one field alone.
    """
    found: dict[str, CustomField] = {}
    problems: list[Problem] = []
    for key in field_keys(settings):
        field = find_custom_field(key, account_fields)
        if isinstance(field, CustomField):
            found[key] = field
        else:
            problems.append(field)
    for mapping in _mappings(settings):
        problems += _find_doubles(mapping.custom_fields, found)
    return found, list(dict.fromkeys(problems))


def without_known_options(fields: Mapping[str, CustomField]) -> list[str]:
    """Return the keys of fields that take options, of which the account does not tell all."""
    return [key for key, field in fields.items() if takes_options(field.type) and field.options is None]


def _mappings(settings: Settings) -> list[FieldMapping]:
    return [export.field_mapping for _, export in settings.exports if export.field_mapping]


def _find_doubles(keys: Iterable[str], found: Mapping[str, CustomField]) -> Iterator[Problem]:
    """Yield a problem for each key that means a field which an earlier key of the same mapping means."""
    first: dict[int, str] = {}
    for key in keys:
        if key in found and first.setdefault(found[key].id, key) != key:
            what = f'"{shown_name(key)}" is the field that "{shown_name(first[found[key].id])}" means, too'
            yield Problem("field_mapping.custom_fields", what, "keep one of the two")


def _warn_of_unknown_options(fields: Mapping[str, CustomField]) -> None:
    unknown = without_known_options(fields)
    if unknown:
        logger.warning(
            "field_mapping.custom_fields: the account does not tell (all) options of %s, so values are sent "
            "as they came. Compare some in ActiveCampaign after the run",
            ", ".join(shown_text(key) for key in unknown),
        )
