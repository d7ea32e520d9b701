"""One Chromium for the tests that look at pages of runs."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

# Selenium is imported where it is used, so that the other tests run without it.


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chrome]:
    """Run a browser; fail, and do not skip, where none is installed."""
    from support.chromium import open_chromium  # noqa: PLC0415 - see above

    with open_chromium() as running:
        yield running
