"""Owns whether the environment's proxy can be used, and how it is named: without its user and password."""

from __future__ import annotations

import importlib.util
import os
import typing as t

from requests.utils import prepend_scheme_if_needed, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from target_activecampaign.errors import SettingsError
from target_activecampaign.installation import how_to_add_package

if t.TYPE_CHECKING:
    from collections.abc import MutableMapping

_SOCKS = frozenset({"socks4", "socks4a", "socks5", "socks5h"})
_KNOWN_SCHEMES = _SOCKS | {"http", "https"}
_EXAMPLE = "write it like http://proxy.example.com:8080 (percent-encode what stands in user or password)"


def check_proxy(base_url: str, proxies: MutableMapping[str, str]) -> None:
    """Make sure that the proxy for a host can be used.

    Args:
        base_url: Scheme and host.
        proxies: As `requests` found them in the environment.

    Raises:
        SettingsError: With the name of the variable.
    """
    proxy = select_proxy(base_url, proxies)
    if proxy and (problem := _find_problem(proxy)):
        name = _variable_of(proxy)
        remedy = "or unset it; NO_PROXY names hosts that need no proxy"
        raise SettingsError([f"the environment variable {name} {problem}, {remedy}"])


def described(base_url: str, proxies: MutableMapping[str, str]) -> tuple[str, str]:
    """Return a proxy that can be used as messages name it, without user and password, and its variable."""
    proxy = select_proxy(base_url, proxies) or ""
    url = parse_url(prepend_scheme_if_needed(proxy, "http"))  # type: ignore[no-untyped-call]
    name = _variable_of(proxy)
    port = f":{url.port}" if url.port else ""
    return f"the proxy {url.scheme}://{url.host}{port} (variable {name})", name


def is_socks(proxy: str | None) -> bool:
    """Return whether a proxy speaks SOCKS."""
    return (proxy or "").partition(":")[0].lower() in _SOCKS


def _find_problem(proxy: str) -> str | None:
    """Return what is wrong with the URL of a proxy, and what to do."""
    try:
        url = parse_url(prepend_scheme_if_needed(proxy, "http"))  # type: ignore[no-untyped-call]
        host = (url.host or "").strip("[]")
        is_readable = bool(host) and bool(host.encode("idna"))
    except (LocationParseError, ValueError):
        is_readable = False
    if not is_readable:
        return f"holds no URL of a proxy that can be read: {_EXAMPLE}"
    if url.scheme not in _KNOWN_SCHEMES:
        return f"names a kind of proxy that nobody knows here; http, https and socks5 are known: {_EXAMPLE}"
    if url.scheme in _SOCKS and importlib.util.find_spec("socks") is None:
        return f"names a SOCKS proxy, which needs a package: {how_to_add_package('PySocks')}"
    return None


def _variable_of(proxy: str) -> str:
    """Return the name of the environment variable that holds a proxy."""
    names = [name for name, value in os.environ.items() if value == proxy and name.lower().endswith("_proxy")]
    return min(names, key=lambda name: ("all_" in name.lower(), name), default="HTTPS_PROXY or ALL_PROXY")
