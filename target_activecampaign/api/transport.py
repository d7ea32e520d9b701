"""Transport: one request over HTTP, and its response or the words for its failure.

Owns sockets, cookies, proxies, certificates and the key. It must not know what a response means.

Each thread has a `requests.Session`, as `requests` promises nothing for a shared one, and all sessions share
one pool of connections. A request takes 1.9 times the processor time that it takes to use this pool directly
(0.76 ms instead of 0.41): 3 s of a 40-minute run, which nobody would miss.

Defaults of a session are changed:

- It ignores `Location`. `requests` parses it even where redirects are off, and a hostile one raises.
- It reads proxies and certificates from the environment once, not for each request, and no netrc file.
- A request has a time for all of it (`deadlines`), besides the one for each wait.
"""

from __future__ import annotations

import os
import re
import threading
import typing as t
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from requests.utils import select_proxy

from target_activecampaign.api.deadlines import Deadlines, watch_connections
from target_activecampaign.api.proxies import check_proxy, described, is_socks
from target_activecampaign.api.responses import MOST_TRIES_TLS, Response, TryAgainError
from target_activecampaign.config.hostname import is_loopback
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.api.responses import Cause
    from target_activecampaign.config.secret import Secret

# The largest response is a page of 100 custom fields or contacts, well below a megabyte.
_MAX_RESPONSE_BYTES = 16 * 1024**2
_CHUNK_BYTES = 65_536
_MOST_TIMEOUTS = 2  # the time for all of a request, in time-outs
_MAX_IDLE_CONNECTIONS = 1_000  # above the number of threads, so that none is closed between two requests


class Transport:
    """Sends requests to one host, and follows no redirect: the key is for this host alone.

    Threads may share it. There are as many connections as requests in flight at once, and a thread takes any
    that is free.
    """

    def __init__(self, base_url: str, api_key: Secret, timeout_seconds: float) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base_url: Scheme and host, without a path.
            api_key: Sent as the header `Api-Token`.
            timeout_seconds: For connecting, and for each wait for the next bytes of the response. All of a
                request may take twice that.
        """
        self._base_url = base_url
        self._api_key = api_key
        self._timeout_seconds = timeout_seconds
        self._connections = _Connections(pool_maxsize=_MAX_IDLE_CONNECTIONS)
        self._deadlines = Deadlines()
        self._of_thread = threading.local()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, t.Any] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Send a request and read its response.

        Args:
            method: Of HTTP.
            path: Of the endpoint; nothing in it needs quoting.
            query: Name to value.
            body: JSON.

        Raises:
            TryAgainError: If no response came, or not all of it in time.
            SettingsError: If the environment names a file of certificates that there is not, or a proxy that
                can't be used.
        """
        headers = {"Api-Token": self._api_key.reveal()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        session = self._session()
        with self._deadlines.within(_MOST_TIMEOUTS * self._timeout_seconds) as deadline:
            try:
                with session.request(
                    method,
                    f"{self._base_url}/api/3/{path}",
                    params=query,
                    data=body,
                    headers=headers,
                    timeout=self._timeout_seconds,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    content = _read_body(response)
            # `requests` lets some errors of urllib3 through, for example that of a proxy's name that is too
            # long, and some of the system.
            except (OSError, urllib3.exceptions.HTTPError) as error:
                raise self._failure(error, session, is_overdue=deadline.is_over) from None
        # A body without a length ends where its connection ends, so one that was cut looks whole.
        if deadline.is_over:
            raise _overdue()
        return Response(response.status_code, content, response.headers, f"{method} {path}")

    def _failure(self, error: Exception, session: requests.Session, *, is_overdue: bool) -> TryAgainError:
        by_socks = is_socks(select_proxy(self._base_url, session.proxies))
        failure = _overdue() if is_overdue else _as_failure(error, by_socks=by_socks)
        if failure.cause != "proxy":
            return failure
        proxy, variable = described(self._base_url, session.proxies)
        did = "could not be used, or did not reach the host" if by_socks else _describe_refusal(error)
        return TryAgainError(
            f"{proxy} {did}",
            cause="proxy",
            remedy=f"Mend it, or unset {variable} (NO_PROXY names hosts that need none)",
        )

    def _session(self) -> requests.Session:
        """Return the session of this thread."""
        if not hasattr(self._of_thread, "session"):
            self._of_thread.session = _new_session(self._base_url, self._connections)
        session: requests.Session = self._of_thread.session
        return session


def send_once(
    method: str, url: Secret, timeout_seconds: float, *, body: bytes | None = None, path: str = ""
) -> int:
    """Send one request to another host than the account's, without its key; returns the status of the answer.

    Args:
        method: Of HTTP.
        url: Known to be one, with http only for this machine.
        timeout_seconds: For all of it.
        body: JSON.
        path: Added to that of the URL.

    Raises:
        TryAgainError: If no response came in time; its words do not name the URL.
        SettingsError: If the environment names certificates or a proxy that can't be used.
    """
    parts = urlsplit(url.reveal())
    base_url = f"{parts.scheme}://{parts.netloc}"
    target = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}{path}" if path else parts.path))
    headers = {} if body is None else {"Content-Type": "application/json"}
    with _new_session(base_url, _Connections()) as session, Deadlines().within(timeout_seconds) as deadline:
        try:
            with session.request(
                method,
                target,
                data=body,
                headers=headers,
                timeout=timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code
        except (OSError, urllib3.exceptions.HTTPError) as error:
            by_socks = is_socks(select_proxy(base_url, session.proxies))
            raise _overdue() if deadline.is_over else _as_failure(error, by_socks=by_socks) from None


def _new_session(base_url: str, connections: _Connections) -> requests.Session:
    session = _Session()
    session.headers["Accept"] = "application/json"
    session.mount(base_url, connections)
    # Proxies of the environment are for the internet.
    session.trust_env = not is_loopback(base_url)
    found = session.merge_environment_settings(base_url, {}, stream=None, verify=None, cert=None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    check_proxy(base_url, session.proxies)
    if isinstance(session.verify, str) and base_url.startswith("https"):
        _check_certificates(session.verify)
    session.trust_env = False
    return session


class _Session(requests.Session):
    """A session that ignores `Location`."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - as the library's
        return None


def _read_body(response: requests.Response) -> bytes:
    """Return the decompressed body, up to a bound, so that no host can fill the memory."""
    content = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        content += chunk
        if len(content) > _MAX_RESPONSE_BYTES:
            raise TryAgainError(
                f"HTTP {response.status_code} with an answer of more than {_MAX_RESPONSE_BYTES} bytes"
            )
    return bytes(content)


class _Connections(requests.adapters.HTTPAdapter):
    """Connections, direct or by a proxy, that a deadline can end."""

    def init_poolmanager(self, *arguments: t.Any, **options: t.Any) -> None:  # noqa: ANN401 - as the library's
        super().init_poolmanager(*arguments, **options)
        watch_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: t.Any) -> t.Any:  # noqa: ANN401 - as the library's
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **options)
        if is_new:
            watch_connections(manager)
        return manager


# In the order in which `requests` looks at them.
_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def _check_certificates(path: str) -> None:
    """Raise where a path to certificates, of the environment, leads nowhere."""
    if Path(path).exists():
        return
    name = next((name for name in _CERTIFICATE_VARIABLES if os.environ.get(name)), _CERTIFICATE_VARIABLES[0])
    problem = (
        f"the environment variable {name} names no file or folder of certificates. Correct it, or unset it: "
        "then the usual certificates are used"
    )
    raise SettingsError([problem])


def _overdue() -> TryAgainError:
    return TryAgainError("no whole answer in time", cause="time-out")


def _as_failure(error: Exception, *, by_socks: bool = False) -> TryAgainError:
    """Return a failure in words that hold nothing of the request or its response.

    Args:
        error: Of `requests`, urllib3 or the system.
        by_socks: Whether a SOCKS proxy stands between: its own failures look like the host's.
    """
    words, cause = _describe(error)
    if by_socks and cause in {"connection", "name"}:
        words, cause = "the SOCKS proxy could not be used, or did not reach the host", "proxy"
    if cause == "certificate":
        return TryAgainError(words, most_tries=MOST_TRIES_TLS, cause=cause)
    return TryAgainError(words, cause=cause)


def _describe_refusal(error: Exception) -> str:
    """Return what a proxy did that could not be used."""
    status = re.search(r"Tunnel connection failed: (\d{3})", str(error))
    if status:
        wants = ", it wants a user and a password" if status[1] == "407" else ""
        return f"refused the way to the host (HTTP {status[1]}{wants})"
    inner = _describe_inner(error)
    if inner is None and "timed out" in str(error):
        return "gave no answer in time"
    return _OF_A_PROXY.get(inner[0] if inner else "", "could not be used")


_OF_A_PROXY = {
    "no answer in time": "gave no answer in time",
    "the host's name has no address": "is not known: its name has no address",
    "the host refused the connection": "refused the connection",
}

# The first that fits counts: several of these are kinds of `ConnectionError`.
_WORDS: dict[type[Exception], tuple[str, Cause]] = {
    requests.exceptions.SSLError: (
        "the host's certificate could not be verified, or TLS failed",
        "certificate",
    ),
    requests.exceptions.ProxyError: ("the proxy could not be used", "proxy"),
    requests.exceptions.ConnectTimeout: ("no connection in time", "time-out"),
    requests.exceptions.ReadTimeout: ("no answer in time", "time-out"),
    requests.exceptions.ConnectionError: (
        "the host could not be reached, or cut the connection",
        "connection",
    ),
    requests.exceptions.ChunkedEncodingError: ("the host cut the connection", "connection"),
}
_INNER_WORDS: dict[type[Exception], tuple[str, Cause]] = {
    # Amid a body, `requests` calls it a `ConnectionError`.
    urllib3.exceptions.ReadTimeoutError: ("no answer in time", "time-out"),
    urllib3.exceptions.NameResolutionError: ("the host's name has no address", "name"),
    ConnectionRefusedError: ("the host refused the connection", "connection"),
}


def _describe(error: Exception) -> tuple[str, Cause]:
    """Return words for a failure, and whose matter it is."""
    words = next((words for kind, words in _WORDS.items() if isinstance(error, kind)), None)
    if words is None:
        return type(error).__name__, "connection"
    if words[1] == "connection":
        return _describe_inner(error) or words
    return words


def _describe_inner(error: BaseException, depth: int = 0) -> tuple[str, Cause] | None:
    """Return words for the error inside, of urllib3 or of the system, if they say more."""
    if depth > _MOST_DEPTH:
        return None
    found = next((words for kind, words in _INNER_WORDS.items() if isinstance(error, kind)), None)
    if found is not None:
        return found
    inner = [getattr(error, "reason", None), error.__cause__, *error.args]
    causes = [one for one in inner if isinstance(one, BaseException)]
    return next((words for one in causes if (words := _describe_inner(one, depth + 1))), None)


_MOST_DEPTH = 6
