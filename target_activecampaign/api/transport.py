"""Transport: one request over HTTP, and what came back or in what words it failed.

`requests` reads once what the environment says of proxies and certificates. The requests themselves go to
the connections below it, which are urllib3's: to prepare each of them anew would more than double what it
takes of the processor.
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
import threading
import typing as t
import urllib.parse

import requests
import urllib3

from target_activecampaign.api.responses import MOST_TRIES_TLS, Answer, TryAgainError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from target_activecampaign.config.secret import Secret

# The largest answer is a page of 100 custom fields or contacts, well below a megabyte.
_CHUNK_BYTES = 65_536
_MOST_CHUNKS = 256
_MOST_CONNECTIONS = 1_000  # kept when idle; there are never more threads than that


class Transport:
    """Sends requests to one host, and follows no redirect: the key is for this host alone.

    Threads may share it. There are as many connections as requests in the air at once, and a thread takes any
    that is free.
    """

    def __init__(self, base_url: str, api_key: Secret, timeout_seconds: float) -> None:
        """Prepare; nothing is sent yet.

        Args:
            base_url: Scheme and host, without a path.
            api_key: Sent as the header `Api-Token`.
            timeout_seconds: For one request.
        """
        self._root = f"{base_url}/api/3/"
        self._api_key = api_key
        self._timeout = urllib3.Timeout(connect=timeout_seconds, read=timeout_seconds)
        self._of_thread = _OfThread()

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, t.Any] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request.

        Args:
            method: Of HTTP.
            path: Of the endpoint; nothing in it needs quoting.
            query: Name to value.
            body: JSON.

        Raises:
            TryAgainError: If no answer came, or not all of it.
        """
        try:
            response = self._begin(method, path, query, body)
            content = _read_body(response)
        except (urllib3.exceptions.SSLError, requests.exceptions.SSLError) as error:
            raise TryAgainError(_describe(error), most_tries=MOST_TRIES_TLS) from None
        except (urllib3.exceptions.HTTPError, requests.RequestException) as error:
            raise TryAgainError(_describe(error)) from None
        return Answer(response.status, content, response.headers, f"{method} {path}")

    def _begin(
        self, method: str, path: str, query: Mapping[str, t.Any] | None, body: bytes | None
    ) -> urllib3.BaseHTTPResponse:
        """Send a request; its answer up to the headers."""
        way = self._way
        headers = {**way.headers, "Api-Token": self._api_key.reveal()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        cookies = self._of_thread.cookies
        if cookies:
            headers.update(_cookie_header(cookies, self._about(path)))
        response = way.connections.urlopen(
            method,
            f"{way.root}{path}{'?' if query else ''}{urllib.parse.urlencode(query or {})}",
            body=body,
            headers=headers,
            timeout=self._timeout,
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        if "Set-Cookie" in response.headers:
            requests.cookies.extract_cookies_to_jar(cookies, self._about(path), response)  # type: ignore[no-untyped-call]
        return response

    @functools.cached_property
    def _way(self) -> _Way:
        """Straight to the host or through a proxy, and whose certificates are trusted."""
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS)
        session = requests.Session()
        # Proxies of the environment are for the internet.
        session.trust_env = not _is_loopback(self._root)
        request = self._about("")
        settings = session.merge_environment_settings(self._root, {}, stream=True, verify=None, cert=None)
        proxies, verify, cert = settings["proxies"], settings["verify"], settings["cert"]
        connections = adapter.get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        adapter.cert_verify(connections, self._root, verify, cert)  # type: ignore[no-untyped-call]
        headers = {**requests.utils.default_headers(), "Accept": "application/json"}
        return _Way(t.cast("t.Any", connections), adapter.request_url(request, proxies), headers)

    def _about(self, path: str) -> requests.PreparedRequest:
        """What `requests` wants to know of a request, to find its way and its cookies."""
        return requests.Request("GET", self._root + path).prepare()


class _Way(t.NamedTuple):
    """How requests reach the host.

    Attributes:
        connections: To the host, or through a proxy.
        root: What stands before the path of an endpoint in a request's first line.
        headers: Of every request, but the key.
    """

    connections: urllib3.HTTPConnectionPool
    root: str
    headers: dict[str, str]


class _OfThread(threading.local):
    """Cookies that the host set, for each thread its own: `requests` promises nothing for shared ones."""

    def __init__(self) -> None:
        self.cookies = requests.cookies.RequestsCookieJar()


def _cookie_header(
    cookies: requests.cookies.RequestsCookieJar, request: requests.PreparedRequest
) -> dict[str, str]:
    """The header with those cookies that belong to a request, if any do."""
    told: str | None = requests.cookies.get_cookie_header(cookies, request)  # type: ignore[no-untyped-call]
    return {"Cookie": told} if told else {}


def _is_loopback(url: str) -> bool:
    host = urllib.parse.urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read_body(response: urllib3.BaseHTTPResponse) -> bytes:
    """The body, up to a size that no answer has: memory stays bounded whatever the host sends."""
    is_whole = False
    try:
        stream = response.stream(_CHUNK_BYTES, decode_content=True)
        content = b"".join(itertools.islice(stream, _MOST_CHUNKS))
        is_whole = next(stream, None) is None
    finally:
        if not is_whole:
            response.close()  # what is left of it would be taken for the next answer
        response.release_conn()
    if not is_whole:
        what = f"HTTP {response.status} with an answer of more than {_MOST_CHUNKS * _CHUNK_BYTES} bytes"
        raise TryAgainError(what)
    return content


_NO_CONNECTION = "the host could not be reached or found, or cut the connection"


def _describe(error: Exception) -> str:
    """What went wrong on the way, in words that hold nothing of the request."""
    kinds: dict[type[Exception], str] = {
        requests.exceptions.SSLError: "the host's certificate could not be verified, or TLS failed",
        urllib3.exceptions.SSLError: "the host's certificate could not be verified, or TLS failed",
        urllib3.exceptions.ProxyError: "the proxy could not be used",
        urllib3.exceptions.NewConnectionError: _NO_CONNECTION,  # one that was refused is a timeout to urllib3
        urllib3.exceptions.ConnectTimeoutError: "no connection in time",
        urllib3.exceptions.ReadTimeoutError: "no answer in time",
        urllib3.exceptions.ProtocolError: _NO_CONNECTION,
    }
    return next((words for kind, words in kinds.items() if isinstance(error, kind)), type(error).__name__)
