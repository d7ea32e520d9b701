"""Owns the accepted forms of the setting `hostname`, and makes the account's base URL of one.

It must not know of other settings and opens no connection. No message repeats the setting's value: people
paste keys and passwords into the wrong field.
"""

from __future__ import annotations

import ipaddress
import re

_API_PATH = "api/3"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HIGHEST_PORT = 65_535
_LONGEST_NAME = 253  # RFC 1035, without the final dot

_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}", re.ASCII)


class HostnameError(ValueError):
    """Says why a text is no hostname that can be used, and what to write instead."""


def base_url_of(hostname: str) -> str:
    """Reduce a hostname, or the URL of ActiveCampaign's Developer page, to a base URL.

    Args:
        hostname: For example `acme.api-us1.com`, `https://acme.api-us1.com/api/3/` or, for a loopback
            address alone, `http://127.0.0.1:8025`. Blanks around it and letter case do not count.

    Returns:
        Scheme, host and, where it is not the scheme's own, port: `https://acme.api-us1.com`.

    Raises:
        HostnameError: If it is something else.
    """
    scheme, authority = _split(hostname.strip().lower())
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise HostnameError("is no hostname; write it like acme.api-us1.com")
    host = match["host"]
    if _is_loopback_host(host):
        _refuse_loopback_without_scheme(scheme)
    else:
        _refuse_clear_text(scheme)
        _refuse_bad_name(host)
    scheme = scheme or "https"
    return f"{scheme}://{host}{_port_suffix(scheme, match['port'])}"


def is_loopback(base_url: str) -> bool:
    """Return whether a base URL leads to this machine.

    Args:
        base_url: As `base_url_of` returns it.
    """
    match = _AUTHORITY.fullmatch(base_url.partition("://")[2])
    return match is not None and _is_loopback_host(match["host"])


def _split(text: str) -> tuple[str, str]:
    """Return scheme (empty if there is none) and authority; refuse all else that a URL may have."""
    scheme, separator, rest = text.rpartition("://") if text.count("://") == 1 else ("", "", text)
    if separator and scheme not in _DEFAULT_PORTS:
        raise HostnameError(
            "has a scheme other than https://; write the hostname alone, like acme.api-us1.com"
        )
    if "@" in rest:
        raise HostnameError("holds a user or a password; take it out, the key belongs in api_key")
    if "?" in rest or "#" in rest:
        raise HostnameError("has a part after ? or #; write the hostname alone, like acme.api-us1.com")
    authority, _, path = rest.partition("/")
    if path.rstrip("/") not in {"", _API_PATH}:
        raise HostnameError("has a path other than /api/3; write the hostname alone, like acme.api-us1.com")
    return scheme, authority


def _is_loopback_host(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address == ipaddress.IPv6Address("::1") and host.startswith("[")
    return address.is_loopback and not host.startswith("[")


def _refuse_loopback_without_scheme(scheme: str) -> None:
    # A server on the own machine seldom speaks HTTPS, and may: a guess would be wrong for some users.
    if not scheme:
        raise HostnameError("is a loopback address without a scheme; write it like http://127.0.0.1:8025")


def _refuse_clear_text(scheme: str) -> None:
    if scheme == "http":
        raise HostnameError(
            "uses http://, which is for loopback addresses alone; write https:// or the hostname alone"
        )


def _refuse_bad_name(host: str) -> None:
    # Addresses of other machines end here, too: no certificate of ActiveCampaign names one.
    if len(host) > _LONGEST_NAME or not _DNS_NAME.fullmatch(host):
        raise HostnameError(
            "is no full hostname; write it as Settings > Developer in ActiveCampaign shows it, "
            "like acme.api-us1.com, or write sandbox for the bundled emulator"
        )


def _port_suffix(scheme: str, digits: str | None) -> str:
    port = int(digits) if digits else _DEFAULT_PORTS[scheme]
    if not 1 <= port <= _HIGHEST_PORT:
        raise HostnameError(f"has a port outside 1 to {_HIGHEST_PORT}; leave the port out unless you know it")
    return "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
