"""Owns the check that the account's host answers, and that it takes the key: each failure by its cause."""

from __future__ import annotations

import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.errors import Problem, ServiceError, SettingsError
from target_activecampaign.run.checks.result import Check, all_failed, failed

if t.TYPE_CHECKING:
    from target_activecampaign.api.client import Client
    from target_activecampaign.api.responses import User

_OF_THE_KEY = {"key", "rights"}
_MUCH_AHEAD_SECONDS = 300
_DEVELOPER = "Take the URL under Settings > Developer in ActiveCampaign, like https://acme.api-us1.com"


class Reached(t.NamedTuple):
    """What the first request found.

    Attributes:
        network: Result of the check `network`.
        user: Whose key it is; `None` where it was refused or never asked.
        refusal: How the key was refused; empty where it was not.
    """

    network: list[Check]
    user: User | None = None
    refusal: str = ""


def reach(client: Client, host: str) -> Reached:
    """Ask the account for the key's own user.

    Args:
        client: Of the account.
        host: As the settings name it.
    """
    try:
        user = client.check_key()
    except SettingsError as error:  # of the environment
        return Reached(all_failed("network", error.problems))
    except ServiceError as error:
        if error.matter in _OF_THE_KEY:
            return Reached([_answers(client, host)], refusal=error.cause)
        return Reached([failed("network", _problem_of(error, host))])
    return Reached([_answers(client, host)], user)


def _answers(client: Client, host: str) -> Check:
    latency = round(1000 * (client.latency_seconds or 0))
    said = f"{host} answers in {latency:,} ms"
    ahead = client.seconds_ahead
    if ahead is None:
        return Check("network", "ok", said)
    difference = round(abs(ahead))
    if difference < _MUCH_AHEAD_SECONDS:
        # The header tells whole seconds.
        return Check("network", "ok", f"{said}; this computer's clock differs by {max(difference - 1, 0)} s")
    fix = "Set this computer's clock: times of memberships are compared with it"
    return Check("network", "warn", f"{said}; this computer's clock differs by {difference:,} s", fix=fix)


def _problem_of(error: ServiceError, host: str) -> Problem:
    """Return the failure of a first request in the words of its cause."""
    if error.matter == "proxy":
        return Problem("", error.cause, error.fix)
    words = _WORDS.get(error.matter)
    if words is None:
        return Problem("hostname", f"{host} answers with {shown_text(error.cause)}", error.fix)
    setting, message, fix = words
    return Problem(setting, message.format(host=host, cause=error.cause), fix)


_WORDS = {
    "name": (
        "hostname",
        "no such host: the name {host} has no address",
        "Look at hostname for a misspelling; else at this computer's name resolution (DNS)",
    ),
    "certificate": (
        "",
        "the certificate of {host} could not be verified, or TLS failed",
        "Where a proxy opens TLS, let REQUESTS_CA_BUNDLE name its authority; else look at date and hostname",
    ),
    "time-out": (
        "hostname",
        "{host} gave no answer in time",
        "Look at its address and port, and at the firewall; a slow network takes a greater request_timeout",
    ),
    "connection": (
        "hostname",
        "{cause}: {host}",
        "Look at its address and port, and at this computer's network and firewall",
    ),
    "web page": ("hostname", "{host} answers with a web page, so it is not the API", _DEVELOPER),
    "limit": (
        "",
        "{host} answers, but with {cause}",
        "Wait a few minutes; if it stays so, look at what else uses the account",
    ),
    "service": (
        "",
        "{host} answers, but with {cause}",
        "The fault is most likely ActiveCampaign's own: wait a while",
    ),
}
"""Whose matter it is to the setting, what was found, and what to do."""
