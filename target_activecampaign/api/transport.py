"""Transport: one request over HTTP, and its response or the words for its failure.

Owns sockets, cookies, proxies, certificates and the key. It must not know what a response means.

Each thread has a `requests.Session`, as `requests` promises nothing for a shared one, and all sessions share
one pool of connections. A request takes 1.9 times the processor time that it takes to use this pool directly
(0.76 ms instead of 0.41): 3 s of a 40-minute run, which nobody would miss.

Two defaults of a session are changed:

- It ignores `Location`. `requests` parses it even where redirects are off, and a hostile one raises.
- It reads proxies and certificates from the environment once, not for each request, and no netrc file.
"""

from __future__ import annotations

import os
import threading
import typing as t

import requests
import urllib3

from target_activecampaign.api.responses import MOST_TRIES_TLS, Response, TryAgainError
from target_activecampaign.config.hostname import is_loopback
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.config.secret import Secret

# The largest response is a page of 100 custom fields or contacts, well below a megabyte.
_MAX_RESPONSE_BYTES = 16 * 1024**2
_CHUNK_BYTES = 65_536
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
            timeout_seconds: For connecting, and for each wait for the next bytes of the response.
        """
        self._base_url = base_url
        self._api_key = api_key
        self._timeout_seconds = timeout_seconds
        self._connections = requests.adapters.HTTPAdapter(pool_maxsize=_MAX_IDLE_CONNECTIONS)
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
            TryAgainError: If no response came, or not all of it.
        """
        headers = {"Api-Token": self._api_key.reveal()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            with self._session().request(
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
        except requests.exceptions.SSLError as error:
            raise TryAgainError(_describe(error), most_tries=MOST_TRIES_TLS) from None
        # `requests` lets some errors of urllib3 through, for example that of a proxy's name that is too long.
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise TryAgainError(_describe(error)) from None
        return Response(response.status_code, content, response.headers, f"{method} {path}")

    def _session(self) -> requests.Session:
        """Return the session of this thread."""
        if not hasattr(self._of_thread, "session"):
            self._of_thread.session = self._new_session()
        session: requests.Session = self._of_thread.session
        return session

    def _new_session(self) -> requests.Session:
        session = _Session()
        session.headers["Accept"] = "application/json"
        session.mount(self._base_url, self._connections)
        # Proxies of the environment are for the internet.
        session.trust_env = not is_loopback(self._base_url)
        found = session.merge_environment_settings(self._base_url, {}, stream=None, verify=None, cert=None)
        session.proxies, session.verify = found["proxies"], found["verify"]
        session.trust_env = False
        if isinstance(session.verify, str) and not os.path.exists(session.verify):  # noqa: PTH110 - a text
            names = [name for name in _CA_VARIABLES if os.environ.get(name) == session.verify]
            raise SettingsError(
                [f"{names[0] if names else _CA_VARIABLES[0]}: this environment variable names no file"]
            )
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


_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_NO_CONNECTION = "the host could not be reached or found, or cut the connection"

# The first that fits counts: several of these are kinds of `ConnectionError`.
_WORDS: dict[type[Exception], str] = {
    requests.exceptions.SSLError: "the host's certificate could not be verified, or TLS failed",
    requests.exceptions.ProxyError: "the proxy could not be used",
    requests.exceptions.ConnectTimeout: "no connection in time",
    requests.exceptions.ReadTimeout: "no answer in time",
    requests.exceptions.ConnectionError: _NO_CONNECTION,
    requests.exceptions.ChunkedEncodingError: _NO_CONNECTION,
}


def _describe(error: Exception) -> str:
    """Describe a failure in words that hold nothing of the request or its response."""
    cause = error.args[0] if error.args else None
    if isinstance(cause, urllib3.exceptions.ReadTimeoutError):
        return "no answer in time"  # amid a body, `requests` calls it a `ConnectionError`
    return next((words for kind, words in _WORDS.items() if isinstance(error, kind)), type(error).__name__)
