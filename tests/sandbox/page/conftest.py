"""One Chromium for all tests of the page, and a page of its own for each test.

A test fails when its page ends with an error in the console, or has sent a request to another host.
"""

from __future__ import annotations

import typing as t
from contextlib import ExitStack

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver import Chrome
    from support.sandbox_page import Page

    from target_activecampaign.sandbox.server import RunningSandbox

# Selenium is imported where it is used, so that the other tests run without it.


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chrome]:
    """Run a browser; fail, and do not skip, where none is installed."""
    from support.chromium import open_chromium  # noqa: PLC0415 - see above

    with open_chromium() as running:
        yield running


@pytest.fixture
def open_page(chromium: Chrome) -> Iterator[Callable[[RunningSandbox], Page]]:
    """Open pages of sandboxes."""
    from support.sandbox_page import Page  # noqa: PLC0415 - see above

    with ExitStack() as opened:

        def open_it(sandbox: RunningSandbox) -> Page:
            page = Page(chromium, sandbox.url)
            opened.callback(_check, page)
            return page

        yield open_it


@pytest.fixture
def page(sandbox: RunningSandbox, open_page: Callable[[RunningSandbox], Page]) -> Page:
    """Open the page of a sandbox without limits, whose imports end at once."""
    return open_page(sandbox)


def _check(page: Page) -> None:
    page.leave()
    assert page.console() == []
    assert page.hosts() == {page.url.removeprefix("http://")}
