"""A request goes out with the key, and a whole response comes back, or words for its failure."""

from __future__ import annotations

import contextlib
import gzip
import threading
import typing as t
import urllib.parse

import pytest
from support.loopback_server import Handler, serve_replies

from target_activecampaign.api.responses import TryAgainError
from target_activecampaign.api.transport import Transport
from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Callable

KEY = "made-up-key"


def transport_for(url: str, timeout_seconds: float = 5) -> Transport:
    return Transport(url, Secret(KEY), timeout_seconds)


def ok(handler: Handler) -> None:
    handler.say(200, b"{}")


@pytest.mark.parametrize(
    "query",
    [
        None,
        {"batchId": "7f0c-1:2.3_4"},
        {"limit": 100, "offset": 0},
        {"email": "a+b%2f~*'@xn--bcher-kva.example", "include": "contactLists"},
        {"email": "ädä ß&=?#/@example.com"},
    ],
)
def test_a_query_arrives_as_it_was_given(query: dict[str, t.Any] | None) -> None:
    with serve_replies(ok) as server:
        transport_for(server.url).send("GET", "import/info", query=query)
    ((method, target, headers),) = server.received
    url = urllib.parse.urlsplit(target)
    assert (method, url.path, url.fragment) == ("GET", "/api/3/import/info", "")
    arrived = urllib.parse.parse_qsl(url.query, strict_parsing=bool(query))
    assert arrived == [(name, str(value)) for name, value in (query or {}).items()]
    assert (headers["Api-Token"], headers["Accept"]) == (KEY, "application/json")
    assert "Content-Type" not in headers


def test_a_body_arrives_as_json_with_its_length() -> None:
    with serve_replies(ok) as server:
        transport_for(server.url).send("POST", "import/bulk_import", body=b'{"contacts":[]}')
    ((method, target, headers),) = server.received
    assert (method, target) == ("POST", "/api/3/import/bulk_import")
    assert server.bodies == [b'{"contacts":[]}']
    assert (headers["Api-Token"], headers["Content-Type"]) == (KEY, "application/json")
    assert headers["Content-Length"] == "15"


def test_a_response_is_handed_on_with_its_status_headers_and_endpoint() -> None:
    with serve_replies(lambda handler: handler.say(429, b'{"a":1}', Retry_After="3")) as server:
        response = transport_for(server.url).send("GET", "import/info", query={"batchId": "x"})
    assert (response.status, response.content, response.endpoint) == (429, b'{"a":1}', "GET import/info")
    assert response.headers.get("retry-after") == "3"
    assert response.headers.get("Date")


def test_a_compressed_response_is_decompressed() -> None:
    packed = gzip.compress(b'{"a":1}')
    with serve_replies(lambda handler: handler.say(200, packed, Content_Encoding="gzip")) as server:
        assert transport_for(server.url).send("GET", "lists").content == b'{"a":1}'


def serve_connections(reply: Callable[[Handler], None]) -> t.Any:  # noqa: ANN401 - a context manager
    """Serve, and keep the client's port of each request."""
    ports: list[int] = []

    def noting(handler: Handler) -> None:
        ports.append(handler.client_address[1])
        reply(handler)

    return serve_replies(noting), ports


@pytest.mark.parametrize("body", [b"{}", b""])
def test_a_connection_is_used_again(body: bytes) -> None:
    serving, ports = serve_connections(lambda handler: handler.say(200, body))
    with serving as server:
        transport = transport_for(server.url)
        for _ in range(3):
            transport.send("GET", "lists")
    assert len(set(ports)) == 1


def test_a_response_that_is_too_large_ends_with_its_connection() -> None:
    serving, ports = serve_connections(lambda handler: handler.say(200, bytes(17 * 1024**2)))
    with serving as server:
        transport = transport_for(server.url)
        for _ in range(2):
            with pytest.raises(TryAgainError, match="HTTP 200 with an answer of more than 16777216 bytes"):
                transport.send("GET", "lists")
    assert len(set(ports)) == 2


def test_a_response_that_is_cut_is_none() -> None:
    def cut(handler: Handler) -> None:
        handler.say(200, b"{}", **{"Content-Length": "3"})
        handler.close_connection = True

    with serve_replies(cut) as server, pytest.raises(TryAgainError, match="cut the connection"):
        transport_for(server.url).send("GET", "lists")


def test_a_response_that_stalls_is_none() -> None:
    def stall(handler: Handler) -> None:
        handler.say(200, b"{}", **{"Content-Length": "3"})
        handler.server.ended.wait(10)

    with serve_replies(stall) as server, pytest.raises(TryAgainError, match="no answer in time"):
        transport_for(server.url, timeout_seconds=0.2).send("GET", "lists")


def test_a_response_of_many_small_chunks_is_whole() -> None:
    def say_in_chunks(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"1\r\n7\r\n" * 1000 + b"0\r\n\r\n")

    serving, ports = serve_connections(say_in_chunks)
    with serving as server:
        transport = transport_for(server.url)
        assert [transport.send("GET", "lists").content for _ in range(2)] == [b"7" * 1000] * 2
    assert len(set(ports)) == 1


def test_a_response_that_cannot_be_decompressed_is_none() -> None:
    with (
        serve_replies(lambda handler: handler.say(200, b"{}", Content_Encoding="gzip")) as server,
        pytest.raises(TryAgainError, match=r"^ContentDecodingError$"),
    ):
        transport_for(server.url).send("GET", "lists")


def test_cookies_come_back_in_the_thread_that_got_them() -> None:
    with serve_replies(lambda handler: handler.say(200, b"{}", Set_Cookie="a=1; Path=/api/3")) as server:
        transport = transport_for(server.url)
        transport.send("GET", "lists")
        transport.send("GET", "lists")
        thread = threading.Thread(target=transport.send, args=("GET", "lists"))
        thread.start()
        thread.join()
    assert [headers.get("Cookie") for _, _, headers in server.received] == [None, "a=1", None]


def test_a_cookie_for_another_path_stays_here() -> None:
    with serve_replies(
        lambda handler: handler.say(200, b"{}", Set_Cookie="a=1; Path=/api/3/lists")
    ) as server:
        transport = transport_for(server.url)
        for path in ("lists", "fields", "lists"):
            transport.send("GET", path)
    assert [headers.get("Cookie") for _, _, headers in server.received] == [None, None, "a=1"]


def test_threads_share_connections() -> None:
    serving, ports = serve_connections(ok)
    with serving as server:
        transport = transport_for(server.url)
        for _ in range(3):
            thread = threading.Thread(target=transport.send, args=("GET", "lists"))
            thread.start()
            thread.join()
    assert len(set(ports)) == 1


def test_as_many_requests_are_in_flight_as_threads_send_and_their_connections_are_kept() -> None:
    together = threading.Barrier(50)

    def wait_for_all(handler: Handler) -> None:
        together.wait(20)
        ok(handler)

    serving, ports = serve_connections(wait_for_all)
    with serving as server:
        transport = transport_for(server.url, timeout_seconds=30)
        for _ in range(2):
            threads = [threading.Thread(target=transport.send, args=("GET", "lists")) for _ in range(50)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert len(ports) == 100
    assert len(set(ports)) == 50


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., None]:
    """Return what sets the environment's variables of proxies, and no others."""
    for name in ("http", "https", "all", "no"):
        for variable in (f"{name}_proxy", f"{name}_proxy".upper()):
            monkeypatch.delenv(variable, raising=False)

    def set_all(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


def test_a_proxy_that_is_dead_is_said(proxy: t.Callable[..., None]) -> None:
    proxy(https_proxy="http://127.0.0.1:9")
    with pytest.raises(
        TryAgainError, match=r"^the proxy http://127.0.0.1:9 \(variable https_proxy\) refused the connection$"
    ) as error:
        transport_for("https://acme.example").send("GET", "lists")
    assert error.value.cause == "proxy"


def test_a_socks_proxy_that_is_dead_is_not_taken_for_the_host(proxy: t.Callable[..., None]) -> None:
    pytest.importorskip("socks")
    proxy(ALL_PROXY="socks5h://127.0.0.1:9")
    with pytest.raises(
        TryAgainError,
        match=r"^the proxy socks5h://127.0.0.1:9 \(variable ALL_PROXY\) could not be used, or did",
    ) as error:
        transport_for("https://acme.example").send("GET", "lists")
    assert error.value.cause == "proxy"


UNREADABLE_PROXIES = [
    "http://[::1",
    "not a url",
    "nonsense://127.0.0.1:9",
    "ftp://127.0.0.1:9",
    "http://user:p:w@127.0.0.1:notaport",
    "http://127.0.0.1:99999",
    "http:///proxy",
    "http:/proxy:8080",
    "http://.:80",
    "http://proxy\n",
    f"http://{'a' * 64}.example:9",
    "file:///proxy",
]


@pytest.mark.any_versions  # older ones of urllib3 take some of these for the name of a host
@pytest.mark.parametrize("value", UNREADABLE_PROXIES)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "all_proxy"])
def test_a_proxy_that_cannot_be_read_is_named_by_its_variable_and_not_tried(
    variable: str, value: str, proxy: t.Callable[..., None]
) -> None:
    proxy(**{variable: value})
    with pytest.raises(SettingsError, match=f"^the environment variable {variable} ") as error:
        transport_for("https://acme.example").send("GET", "lists")
    assert value not in str(error.value)


def test_a_socks_proxy_without_its_package_says_which(
    proxy: t.Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy(HTTPS_PROXY="socks5://127.0.0.1:9")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="HTTPS_PROXY names a SOCKS proxy, which needs a package"):
        transport_for("https://acme.example").send("GET", "lists")


@pytest.mark.parametrize(
    "variables",
    [
        {"HTTPS_PROXY": "not a url", "NO_PROXY": "acme.example"},
        {"HTTP_PROXY": "not a url"},
        {"NO_PROXY": "http://[::1"},
        {"https_proxy": "127.0.0.1:9", "ALL_PROXY": "not a url"},
    ],
)
def test_a_proxy_that_is_not_used_may_be_anything(
    variables: dict[str, str], proxy: t.Callable[..., None]
) -> None:
    proxy(**variables)
    assert transport_for("https://acme.example")._session().verify


def drip(handler: Handler, head: bytes, seconds: float = 0.05) -> None:
    """Send one byte after the other for ever."""
    handler.wfile.write(head)
    with contextlib.suppress(OSError):
        while not handler.server.ended.wait(seconds):
            handler.wfile.write(b"7")
    handler.close_connection = True


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 2",
    ],
)
def test_a_response_that_drips_ends_at_twice_the_time_out(head: bytes) -> None:
    with serve_replies(lambda handler: drip(handler, head)) as server:
        transport = transport_for(server.url, timeout_seconds=0.2)
        with pytest.raises(TryAgainError, match=r"^no whole answer in time$") as error:
            transport.send("GET", "lists")
    assert error.value.cause == "time-out"


def test_a_request_after_one_that_was_overdue_is_answered() -> None:
    is_first = iter([True])

    def reply(handler: Handler) -> None:
        if next(is_first, False):
            drip(handler, b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            ok(handler)

    with serve_replies(reply) as server:
        transport = transport_for(server.url, timeout_seconds=0.2)
        with pytest.raises(TryAgainError):
            transport.send("GET", "lists")
        assert transport.send("GET", "lists").content == b"{}"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_are_not_there_are_named_by_their_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "/nowhere/bundle.pem")
    with pytest.raises(SettingsError, match=f"the environment variable {variable} names no file"):
        transport_for("https://acme.example").send("GET", "lists")
