"""A request goes out as `requests` would send it, and a whole answer comes back."""

from __future__ import annotations

import gzip
import threading
import typing as t

import pytest
import requests
from support.loopback_server import Handler, serve_replies

from target_activecampaign.api.responses import TryAgainError
from target_activecampaign.api.transport import Transport
from target_activecampaign.config.secret import Secret

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
def test_what_is_asked_is_asked_as_requests_would(query: dict[str, t.Any] | None) -> None:
    with serve_replies(ok) as server:
        transport_for(server.url).send("GET", "import/info", query=query)
        headers = {"Api-Token": KEY, "Accept": "application/json"}
        requests.get(f"{server.url}/api/3/import/info", params=query, headers=headers, timeout=5)
    assert server.received[0] == server.received[1]


def test_what_is_sent_is_sent_as_requests_would() -> None:
    with serve_replies(ok) as server:
        transport_for(server.url).send("POST", "import/bulk_import", body=b'{"contacts":[]}')
        headers = {"Api-Token": KEY, "Accept": "application/json", "Content-Type": "application/json"}
        url = f"{server.url}/api/3/import/bulk_import"
        requests.post(url, data=b'{"contacts":[]}', headers=headers, timeout=5)
    assert server.received[0] == server.received[1]


def test_an_answer_is_handed_on_with_its_status_headers_and_endpoint() -> None:
    with serve_replies(lambda handler: handler.say(429, b'{"a":1}', Retry_After="3")) as server:
        answer = transport_for(server.url).send("GET", "import/info", query={"batchId": "x"})
    assert (answer.status, answer.content, answer.endpoint) == (429, b'{"a":1}', "GET import/info")
    assert answer.headers.get("retry-after") == "3"
    assert answer.headers.get("Date")


def test_a_compressed_answer_is_unpacked() -> None:
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


def test_an_answer_that_is_too_large_ends_with_its_connection() -> None:
    serving, ports = serve_connections(lambda handler: handler.say(200, bytes(17 * 1024**2)))
    with serving as server:
        transport = transport_for(server.url)
        for _ in range(2):
            with pytest.raises(TryAgainError, match="HTTP 200 with an answer of more than 16777216 bytes"):
                transport.send("GET", "lists")
    assert len(set(ports)) == 2


def test_an_answer_that_is_cut_is_none() -> None:
    def cut(handler: Handler) -> None:
        handler.say(200, b"{}", **{"Content-Length": "3"})
        handler.close_connection = True

    with serve_replies(cut) as server, pytest.raises(TryAgainError, match="cut the connection"):
        transport_for(server.url).send("GET", "lists")


def test_an_answer_that_stalls_is_none() -> None:
    def stall(handler: Handler) -> None:
        handler.say(200, b"{}", **{"Content-Length": "3"})
        handler.server.ended.wait(10)

    with serve_replies(stall) as server, pytest.raises(TryAgainError, match="no answer in time"):
        transport_for(server.url, timeout_seconds=0.2).send("GET", "lists")


def test_an_answer_that_cannot_be_unpacked_is_none() -> None:
    with (
        serve_replies(lambda handler: handler.say(200, b"{}", Content_Encoding="gzip")) as server,
        pytest.raises(TryAgainError, match=r"^DecodeError$"),
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
