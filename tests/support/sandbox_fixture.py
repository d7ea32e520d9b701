"""Fixtures that run a sandbox for one test, a small client of it, and accounts without HTTP."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack

import msgspec
import pytest
import requests

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.state.account import Account
from target_activecampaign.sandbox.state.batch import read_batch
from target_activecampaign.sandbox.state.seed import BUILT_IN, load_seed

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.sandbox.server import RunningSandbox

KEY = "sandbox"
REQUEST_SECONDS = 60


class Api:
    """A client of API v3 that checks nothing: tests check its responses."""

    def __init__(self, url: str, key: str = KEY) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Api-Token"] = key

    def get(self, path: str, **parameters: t.Any) -> requests.Response:  # noqa: ANN401 - handed on
        return self.request("GET", path, params=parameters)

    def post(self, path: str, body: object) -> requests.Response:
        return self.request("POST", path, json=body)

    def put(self, path: str, body: object) -> requests.Response:
        return self.request("PUT", path, json=body)

    def delete(self, path: str) -> requests.Response:
        return self.request("DELETE", path)

    def request(self, method: str, path: str, **arguments: t.Any) -> requests.Response:  # noqa: ANN401 - handed on
        return self.session.request(method, f"{self.url}{path}", timeout=REQUEST_SECONDS, **arguments)

    def close(self) -> None:
        self.session.close()


def open_account(**options: t.Any) -> Account:  # noqa: ANN401 - handed on
    """Open an account in memory with the built-in seed."""
    account = Account(**options)
    load_seed(account, BUILT_IN)
    return account


def submit(account: Account, *contacts: dict[str, t.Any]) -> str:
    """Queue an import past the API and return its batch id."""
    body = msgspec.json.encode({"contacts": contacts})
    batch = read_batch(body)
    assert batch is not None
    return account.imports.accept(batch, body)


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """Start sandboxes with the arguments of `serve`, and stop them after the test."""
    with ExitStack() as running:
        yield lambda *arguments, **options: running.enter_context(serve(*arguments, **options))


@pytest.fixture
def sandbox(start_sandbox: Callable[..., RunningSandbox]) -> RunningSandbox:
    """Run a sandbox without rate limits, whose imports end at once."""
    return start_sandbox(with_limits=False, progress="at-once")


@pytest.fixture
def connect() -> Iterator[Callable[..., Api]]:
    """Open clients of a sandbox's API, and close them after the test."""
    with ExitStack() as opened:

        def open_client(sandbox: RunningSandbox, key: str = KEY, prefix: str = "/api/3") -> Api:
            api = Api(f"{sandbox.url}{prefix}", key)
            opened.callback(api.close)
            return api

        yield open_client


@pytest.fixture
def api(sandbox: RunningSandbox, connect: Callable[..., Api]) -> Api:
    """Return a client of the sandbox's API."""
    return connect(sandbox)


@pytest.fixture
def controls(sandbox: RunningSandbox, connect: Callable[..., Api]) -> Api:
    """Return a client of the sandbox's controls."""
    return connect(sandbox, prefix="/_sandbox")
