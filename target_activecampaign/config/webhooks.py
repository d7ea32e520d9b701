"""Owns how the addresses of webhooks are read (`alert_url`, `heartbeat_url`), and which form an alert has.

An address is a secret: it lets anybody post who knows it. It must not know what is posted.
"""

from __future__ import annotations

import typing as t
from urllib.parse import urlsplit

from target_activecampaign.config.hostname import is_loopback
from target_activecampaign.config.secret import Secret

if t.TYPE_CHECKING:
    from target_activecampaign.config.section import Section

AlertFormat = t.Literal["json", "slack", "teams"]

_SLACK = "hooks.slack.com"
# Microsoft's webhooks of Workflows (two generations) and of the connectors before them.
_TEAMS = (".logic.azure.com", ".environment.api.powerplatform.com", ".webhook.office.com")


def read_webhook(section: Section, name: str) -> Secret | None:
    """Return the address of a webhook; None if it is not set, and after a problem."""
    text = section.text(name)
    problem = None if text is None else _problem_of(text)
    if problem is None:
        return None if text is None else Secret(text)
    section.add_problem(name, problem)
    return None


def _problem_of(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no URL; copy the webhook's address again"
    if parts.scheme not in {"http", "https"} or not host:
        return "is no URL of a webhook; write it with https:// and its host"
    if not text.isascii() or any(character.isspace() for character in text):
        return "holds a blank or a letter that no URL has; copy the webhook's address again"
    if "@" in parts.netloc:
        return "holds a user or a password; take it out"
    shown_port = "" if port is None else f":{port}"
    if parts.scheme == "http" and not is_loopback(f"http://{host}{shown_port}"):
        return "must begin with https://; http:// is for loopback addresses alone"
    return None


def format_by_host(url: Secret | None) -> AlertFormat:
    """Return the form that the host of an address takes."""
    host = "" if url is None else (urlsplit(url.reveal()).hostname or "")
    if host == _SLACK:
        return "slack"
    return "teams" if host.endswith(_TEAMS) else "json"
