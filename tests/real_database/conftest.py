"""Fixtures: a PostgreSQL server, Meltano's plugins, and a shop of its own for each test."""

from __future__ import annotations

import os
import typing as t

import psycopg
import pytest
from support import postgres_server
from support.customer_database import Project, Shop

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres_server import PostgresServer


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    if postgres_server.folder_of_programs() is None:
        skip("no PostgreSQL server is installed (Debian: postgresql postgresql-15-wal2json)")
    with postgres_server.running_server("wal_level=logical", "max_replication_slots=4") as server:
        yield server


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("project"))
    project.install()
    return project


@pytest.fixture
def shop(project: Project, server: PostgresServer) -> Iterator[Shop]:
    project.forget_runs()
    with serve(with_limits=False, progress="at-once") as sandbox:
        shop = Shop(project, server, sandbox)
        shop.make_tables()
        yield shop
        shop.drop_tables()


@pytest.fixture
def shop_with_log(shop: Shop) -> Shop:
    """A shop whose database keeps its log for the tap."""
    try:
        shop.keep_deletions()
    except psycopg.errors.UndefinedFile:
        skip("wal2json is missing (Debian: postgresql-15-wal2json)")
    return shop


def skip(reason: str) -> t.NoReturn:
    """Skip the test, or fail where a server has to be there."""
    if os.environ.get("REQUIRE_POSTGRES"):
        pytest.fail(reason)
    pytest.skip(reason)
