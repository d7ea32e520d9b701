"""A server that can't hold a ledger's locks or texts is refused with the reason."""

from __future__ import annotations

import typing as t

import pytest
import sqlalchemy as sa
from support.ledgers import OpenLedger

from target_activecampaign.errors import SettingsError
from target_activecampaign.ledger import database as ledger_database
from target_activecampaign.ledger import postgres_server

if t.TYPE_CHECKING:
    from support.postgres_server import PostgresServer


def refusal_of(url: str) -> str:
    with pytest.raises(SettingsError) as refused:
        OpenLedger(url)()
    (problem,) = refused.value.problems
    return problem


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_of_another_encoding_is_refused(postgres: PostgresServer, encoding: str) -> None:
    name = f"of_{encoding.lower()}"
    with postgres.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0")
    problem = refusal_of(postgres.url(database=name))
    assert problem.startswith(f"ledger_url: its database has the encoding {encoding}, ")


def test_transactions_that_only_read_by_default_are_refused(postgres: PostgresServer) -> None:
    url = postgres.new_url() + "%20-cdefault_transaction_read_only%3Don"
    assert "default_transaction_read_only is on" in refusal_of(url)


class _Standby:
    """A connection to a server that follows another."""

    def exec_driver_sql(self, statement: str) -> _Standby:
        assert "pg_is_in_recovery" in statement
        return self

    def one(self) -> tuple[bool, bool]:
        return True, True  # a standby's transactions always only read


def test_a_standby_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"its server is a standby, .* name the primary server"):
        postgres_server.require_writable(t.cast("sa.Connection", _Standby()))


def test_a_session_is_not_ended_because_it_is_idle(postgres: PostgresServer) -> None:
    url = postgres.new_url() + "%20-cidle_session_timeout%3D50%20-cidle_in_transaction_session_timeout%3D50"
    opening = OpenLedger(url)
    ledger = opening()
    try:
        shown = "SELECT string_agg(setting, ',') FROM pg_settings WHERE name ~ '^idle_.*session_timeout$'"
        assert ledger._database.read(sa.text(shown))[0][0] == "0,0"
    finally:
        opening.close_all()


class _Pooled:
    """A connection whose pooler told it a number of its own."""

    def __init__(self, connection: t.Any) -> None:  # noqa: ANN401 - a driver's
        self._connection = connection
        self.cursor = connection.cursor
        self.info = self

    def parameter_status(self, name: str) -> str | None:
        status: str | None = self._connection.info.parameter_status(name)
        return status

    @property
    def backend_pid(self) -> int:
        return int(self._connection.info.backend_pid) + 1


def test_a_pooler_before_the_server_is_refused(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = postgres_server.require_own_session
    monkeypatch.setattr(ledger_database, "require_own_session", lambda connection: check(_Pooled(connection)))
    assert refusal_of(postgres.new_url()).startswith("ledger_url: a pooler (like PgBouncer) stands between")
