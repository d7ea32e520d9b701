"""Owns what a PostgreSQL server must be for a ledger: reached without a pooler, in UTF-8, open for writing.

Each is known before the first statement about a table. Must not know the tables.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.ledger.problems import unusable

if t.TYPE_CHECKING:
    import sqlalchemy as sa


def require_own_session(connection: t.Any) -> None:  # noqa: ANN401 - a driver's
    """Check that a connection of psycopg is one session of a server, whose texts are in UTF-8.

    Raises:
        SettingsError: If a pooler stands between, or the database has another encoding.
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise unusable(
            f"its database has the encoding {encoding}, and a ledger holds names in any script; make "
            "one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it"
        )
    # What a pooler tells a client is a number of its own. One that hands each transaction to another session
    # can't hold a lock: two runs would write for one list.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server_process,) = cursor.fetchone()
    if connection.info.backend_pid != server_process:
        raise unusable(
            "a pooler (like PgBouncer) stands between the run and its server, and may give a lock of this "
            "run to another; name the host and port of the server itself"
        )


def require_writable(connection: sa.Connection) -> None:
    """Check that the server takes changes.

    Raises:
        SettingsError: If it is a standby, or transactions only read by default.
    """
    standby, read_only = connection.exec_driver_sql(
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"
    ).one()
    if standby:
        raise unusable("its server is a standby, which takes no changes; name the primary server")
    if read_only:
        raise unusable(
            "the setting default_transaction_read_only is on for its server, database or user; turn it "
            "off for the user of the ledger"
        )
