"""Owns how a run begins to share limits, and what it says where their server can't be used."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.errors import Problem, SettingsError
from target_activecampaign.shared_limits.room import ContractFigures, Room
from target_activecampaign.shared_limits.server import ServerError
from target_activecampaign.shared_limits.sharing import Sharing, count_present

if t.TYPE_CHECKING:
    from target_activecampaign.api.rate_limiter import RateLimiter
    from target_activecampaign.api.responses import Contract
    from target_activecampaign.clock import Clock
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.delivery.contract_headroom import ContractHeadroom

logger = logging.getLogger(__name__)


def share_limits(
    settings: Settings, setting: str, url: Secret, rate_limiter: RateLimiter, clock: Clock
) -> Sharing | None:
    """Keep a run to the limits that runs share by a server.

    Args:
        settings: Of the run.
        setting: Which one names the server.
        url: Its URL.
        rate_limiter: Of the run; nothing was sent yet.
        clock: Of the run.

    Returns:
        What is to be closed at the end; `None` for a dry run whose ledger may be read alone.

    Raises:
        SettingsError: If the server can't be used.
    """
    from target_activecampaign.shared_limits.opening import open_server  # noqa: PLC0415 - 0.1 s, where it is used

    server = open_server(url, settings.account, setting=setting)
    sharing = Sharing(server, clock, setting=setting, stops_when_lost=settings.on_rate_limit_loss == "stop")
    try:
        rate_limiter.share(sharing)
    except ServerError as error:
        server.close()
        if settings.dry_run and setting != "rate_limit_url":
            logger.info("%s: the limits are not shared with other runs (%s)", setting, error)
            return None
        raise SettingsError([unusable(setting, error)]) from None
    return sharing


def count_runs(settings: Settings, setting: str, url: Secret) -> int:
    """Return how many runs share the limits of the account now, by the server that the settings name.

    Raises:
        SettingsError: If the server can't be used.
    """
    from target_activecampaign.shared_limits.opening import open_server  # noqa: PLC0415 - 0.1 s, where it is used

    server = open_server(url, settings.account, setting=setting)
    try:
        return count_present(server.read())
    except ServerError as error:
        raise SettingsError([unusable(setting, error)]) from None
    finally:
        server.close()


def share_contract(  # noqa: PLR0913, PLR0917 - the run's parts that have to know each other
    settings: Settings,
    contract: Contract,
    read_at: float,
    sharing: Sharing,
    headroom: ContractHeadroom,
    clock: Clock,
) -> None:
    """Keep a run to the contract together with other runs.

    Args:
        settings: Of the run.
        contract: As read before anything was sent.
        read_at: When its reading began.
        sharing: Talks to the server.
        headroom: Of the run.
        clock: Of the run.
    """
    room = Room(clock, settings.batch_size_rows, settings.import_timeout_seconds, read_at)
    headroom.share(room)
    sharing.share_contract(room)
    room.note_reading(ContractFigures(contract.subscriber_limit, contract.subscriber_total))


def unusable(setting: str, error: ServerError) -> Problem:
    """Return the problem of a server that can't be used."""
    return Problem(
        setting,
        f"the server by which runs share the account's limits can't be used: {error}",
        "Look at the server and its URL",
    )
