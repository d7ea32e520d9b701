"""The key is sent to the configured host alone, over TLS that is verified, and follows no redirect."""

from __future__ import annotations

import http.server
import shutil
import threading
import typing as t

import pytest
import requests
import urllib3
from support.raw_command import SCHEMA_LINE, fast_config, record_line, run_bytes

from target_activecampaign.api.client import Client
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import ServiceError

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "zqx0123456789abcdef"


class Host:
    """An HTTP server on loopback that answers every request alike, and keeps the headers of each."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        self.received: list[dict[str, str]] = []
        received = self.received

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                received.append(dict(self.headers.items()))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def start_host() -> Iterator[t.Callable[..., Host]]:
    hosts: list[Host] = []

    def start(status: int = 200, **headers: str) -> Host:
        hosts.append(Host(status, headers))
        return hosts[-1]

    yield start
    for host in hosts:
        host.close()


def client_of(url: str) -> Client:
    return Client(url, Secret(KEY), RateLimiter(1000, 60_000, SystemClock()), 5)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(start_host: t.Callable[..., Host], status: int) -> None:
    other = start_host()
    host = start_host(status, Location=f"{other.url}/api/3/users/me")
    with pytest.raises(ServiceError, match=f"HTTP {status}"):
        client_of(host.url).check_key()
    assert [headers["Api-Token"] for headers in host.received] == [KEY]
    assert other.received == []


def test_neither_a_netrc_nor_a_proxy_of_the_environment_stands_between_us_and_loopback(
    start_host: t.Callable[..., Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    proxy = start_host(404)
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    host = start_host(404)
    with pytest.raises(ServiceError, match="HTTP 404"):
        client_of(host.url).check_key()
    assert "Authorization" not in host.received[0]
    assert proxy.received == []


def test_https_goes_through_the_proxy_of_the_environment_without_showing_it_the_key(
    start_host: t.Callable[..., Host], tmp_path: Path
) -> None:
    proxy = start_host(404)
    config = fast_config("acme.example", tmp_path, api_key=KEY)
    said = run_bytes(
        config, SCHEMA_LINE, tmp_path, environment={"https_proxy": proxy.url, "no_proxy": "", "NO_PROXY": ""}
    )
    assert said.exit_code == 1
    # The proxy is asked for a tunnel (CONNECT), which this one does not know; nothing else reaches it.
    assert proxy.received == []


@pytest.mark.parametrize("bundle", ["", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_certificates_are_verified_by_the_authorities_of_the_environment_where_it_names_some(
    bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, object, object]] = []

    def urlopen(connections: urllib3.HTTPSConnectionPool, method: str, url: str, **_: object) -> t.NoReturn:
        asked.append((f"{connections.host} {method} {url}", connections.cert_reqs, connections.ca_certs))
        raise urllib3.exceptions.SSLError

    monkeypatch.setattr(urllib3.HTTPSConnectionPool, "urlopen", urlopen)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    usual = requests.utils.DEFAULT_CA_BUNDLE_PATH
    trusted: set[str | None] = {usual, None}  # by the version of `requests` it is named, or loaded before
    if bundle:
        trusted = {str(shutil.copy(usual, tmp_path))}
        monkeypatch.setenv(bundle, str(*trusted))
    with pytest.raises(ServiceError, match="certificate could not be verified"):
        client_of("https://acme.example").check_key()
    assert {request[:2] for request in asked} == {("acme.example GET /api/3/users/me", "CERT_REQUIRED")}
    assert {authorities for _, _, authorities in asked} <= trusted


def test_a_netrc_gives_no_host_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[t.Mapping[str, str]] = []

    def urlopen(
        _: urllib3.HTTPSConnectionPool, method: str, url: str, *, headers: t.Mapping[str, str], **__: object
    ) -> t.NoReturn:
        sent.append(headers)
        raise urllib3.exceptions.SSLError

    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.example login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr(urllib3.HTTPSConnectionPool, "urlopen", urlopen)
    with pytest.raises(ServiceError):
        client_of("https://acme.example").check_key()
    assert sent
    assert all("Authorization" not in headers for headers in sent)


@pytest.mark.parametrize("hostname", ["http://acme.example", "http://192.0.2.1", "http://localhost.example"])
def test_nothing_is_sent_in_clear_text_beyond_loopback(hostname: str, tmp_path: Path) -> None:
    said = run_bytes(
        fast_config(hostname, tmp_path, api_key=KEY), SCHEMA_LINE + record_line(email="a@b.example"), tmp_path
    )
    assert said.exit_code == 1
    assert "hostname: " in said.log


def test_an_answer_whose_headers_are_broken_is_not_quoted(
    start_host: t.Callable[..., Host], tmp_path: Path
) -> None:
    host = start_host(404, **{"X-Broken": "zqx\r\nzqx@example.com\r\n\tzqx"})
    said = run_bytes(fast_config(host.url, tmp_path, api_key=KEY), SCHEMA_LINE, tmp_path)
    assert said.exit_code == 1
    assert "zqx" not in said.everything
