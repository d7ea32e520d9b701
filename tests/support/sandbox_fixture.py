"""Fixtures that run a sandbox for one test, and a small client to talk to it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import requests

from target_activecampaign.sandbox import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from target_activecampaign.sandbox.serving import RunningSandbox

KEY = "sandbox"
REQUEST_SECONDS = 60


class Api:
    """A client of API v3 that checks nothing: tests look at what it returns."""

    def __init__(self, url: str, key: str = KEY) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Api-Token"] = key

    def get(self, path: str, **parameters: Any) -> requests.Response:  # noqa: ANN401 - handed on
        return self.ask("GET", path, params=parameters)

    def post(self, path: str, body: object) -> requests.Response:
        return self.ask("POST", path, json=body)

    def put(self, path: str, body: object) -> requests.Response:
        return self.ask("PUT", path, json=body)

    def delete(self, path: str) -> requests.Response:
        return self.ask("DELETE", path)

    def ask(self, method: str, path: str, **arguments: Any) -> requests.Response:  # noqa: ANN401 - handed on
        return self.session.request(method, f"{self.url}{path}", timeout=REQUEST_SECONDS, **arguments)

    def close(self) -> None:
        self.session.close()


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """Start sandboxes with the arguments of `serve`; all are stopped after the test."""
    with ExitStack() as running:
        yield lambda *arguments, **options: running.enter_context(serve(*arguments, **options))


@pytest.fixture
def sandbox(start_sandbox: Callable[..., RunningSandbox]) -> RunningSandbox:
    """Run a sandbox without limits on requests, whose imports end at once."""
    return start_sandbox(with_limits=False, progress="at-once")


@pytest.fixture
def connect() -> Iterator[Callable[..., Api]]:
    """Return clients of a sandbox's API; all are closed after the test."""
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
