"""Real servers that keep the document of shared limits."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import SettingsError
from target_activecampaign.shared_limits.opening import account_id, open_server
from target_activecampaign.shared_limits.server import ServerError

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres_server import PostgresServer
    from support.redis_server import RedisServer

    from target_activecampaign.shared_limits.server import Server

HOST = "acme.api-us1.com"


@pytest.fixture(
    params=[
        pytest.param("postgres", marks=pytest.mark.postgres),
        pytest.param("redis", marks=pytest.mark.redis),
    ]
)
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres").new_url())
    return str(request.getfixturevalue("redis_server").url)


@pytest.fixture
def two(url: str) -> Iterator[tuple[Server, Server]]:
    servers = open_server(Secret(url), HOST), open_server(Secret(url), HOST.upper())
    yield servers
    for server in servers:
        server.close()


def test_one_of_two_runs_that_know_the_same_version_is_refused(two: tuple[Server, Server]) -> None:
    one, other = two
    assert one.read().document is None
    assert one.write(0, b"first")
    assert other.read()[:2] == (1, b"first")
    assert not other.write(0, b"too late")
    kept = other.read()
    assert other.write(kept.version, b"second")
    assert one.read()[:2] == (2, b"second")


def test_the_server_tells_the_time(two: tuple[Server, Server]) -> None:
    one, _ = two
    earlier, later = one.read().now, one.read().now
    assert 0 < later - earlier < 60


def test_accounts_have_documents_of_their_own(url: str) -> None:
    one, other = open_server(Secret(url), HOST), open_server(Secret(url), "other.api-us1.com")
    one.read()
    one.write(0, b"of one")
    assert other.read().document is None
    for server in (one, other):
        server.close()


@pytest.mark.redis
def test_a_redis_that_has_just_started_may_have_forgotten(redis_server: RedisServer) -> None:
    server = open_server(Secret(redis_server.url), HOST)
    assert server.read().may_have_forgotten
    server.write(0, b"document")
    redis_server.stop()
    with pytest.raises(ServerError, match=r"no server listens there|the connection was lost"):
        server.read()
    redis_server.start()
    assert server.read()[:2] == (0, None)
    server.close()


@pytest.mark.redis
def test_redis_keys_hold_neither_host_nor_key(redis_server: RedisServer) -> None:
    server = open_server(Secret(redis_server.url), HOST)
    server.write(0, b"document")
    with redis_server.client() as client:
        (key,) = client.keys()
    assert b"acme" not in key
    server.close()


@pytest.mark.redis
def test_a_wrong_password_is_said_without_it(redis_server: RedisServer) -> None:
    server = open_server(Secret(redis_server.url.replace("//:", "//:wrong")), HOST)
    with pytest.raises(ServerError, match="refuses the user or the password") as refused:
        server.read()
    assert "wrong" not in str(refused.value)


@pytest.mark.postgres
def test_a_run_that_stopped_between_its_questions_does_not_hold_up_others(postgres: PostgresServer) -> None:
    url = Secret(postgres.new_url())
    one, other = open_server(url, HOST), open_server(url, HOST)
    one.read()
    one.write(0, b"first")
    one.read()  # and no word more
    one.close()
    assert other.write(other.read().version, b"second")
    other.close()


@pytest.mark.postgres
def test_a_postgres_password_that_is_wrong_is_said_without_it(postgres: PostgresServer) -> None:
    server = open_server(Secret(postgres.url(password="wrong")), HOST)
    with pytest.raises(ServerError, match="refuses the user or the password"):
        server.read()


@pytest.mark.postgres
def test_a_table_that_is_taken_away_in_mid_run_is_made_again(postgres: PostgresServer) -> None:
    url = postgres.new_url()
    server = open_server(Secret(url), HOST)
    for document in (b"first", b"second"):
        server.write(server.read().version, document)
    schema = url.rpartition("%3D")[2]
    with postgres.connect() as connection:
        connection.execute(f"DROP TABLE {schema}.activecampaign_shared_limits")
    with pytest.raises(ServerError, match="its table was taken away"):
        server.read()
    assert server.write(server.read().version, b"third")
    server.close()


@pytest.mark.redis
@pytest.mark.parametrize(
    ("option", "value", "cause"),
    [("maxmemory", "1mb", "its memory is full"), ("min-replicas-to-write", "1", "it lacks replicas")],
)
def test_a_redis_that_takes_nothing_says_why(
    redis_server: RedisServer, option: str, value: str, cause: str
) -> None:
    with redis_server.client() as client:
        client.config_set(option, value)
    server = open_server(Secret(redis_server.url), HOST)
    with pytest.raises(ServerError, match=cause):
        server.write(server.read().version, b"document")


@pytest.mark.redis
def test_what_another_program_wrote_under_the_key_is_said(redis_server: RedisServer) -> None:
    server = open_server(Secret(redis_server.url), HOST)
    server.write(0, b"document")
    with redis_server.client() as client:
        (key,) = client.keys()
        client.hset(key, "version", "no number")
    with pytest.raises(ServerError, match="can't be asked"):
        server.read()


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "redis"])
def test_a_host_whose_name_is_too_long_is_no_crash(scheme: str) -> None:
    server = open_server(Secret(f"{scheme}://user:secret@{'a' * 70}.example.com/0"), HOST)
    with pytest.raises(ServerError) as refused:
        server.read()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://somebody:secret@db/x",
        "redis://:secret@host:port/0",
        "redis://:secret@host/0?no_parameter=1",
        "nothing",
    ],
)
def test_other_urls_are_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(SettingsError, match="rate_limit_url") as refused:
        open_server(Secret(url), HOST)
    assert "secret" not in str(refused.value)


def test_a_missing_driver_is_said_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "target_activecampaign.shared_limits.redis_server", None)
    with pytest.raises(SettingsError, match=r"install it: .*\[redis\]"):
        open_server(Secret("redis://localhost/0"), HOST)


def test_an_account_is_the_same_for_all_keys_and_letter_cases() -> None:
    assert account_id(HOST) == account_id("ACME.api-us1.com")
    assert account_id(HOST) != account_id("acme2.api-us1.com")
    assert "acme" not in account_id(HOST)
