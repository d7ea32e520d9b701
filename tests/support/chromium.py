"""A headless Chromium for tests of the sandbox's page, with the driver of its package.

Selenium drives it: it speaks WebDriver, the standard protocol, to Debian's packages `chromium` and
`chromium-driver`, which belong together. It has a quarter of the size of Playwright, which speaks a protocol
of its own browsers.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import typing as t
from contextlib import contextmanager

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

if t.TYPE_CHECKING:
    from collections.abc import Iterator

BROWSERS = ("chromium", "google-chrome")
DRIVER = "chromedriver"
FLAGS = (
    "--headless",
    "--no-sandbox",  # it runs as root in containers, and opens only pages of this project
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # The browser sends no requests of its own.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--lang=en-GB",
)


class ChromiumMissingError(Exception):
    """The browser or its driver is not installed."""


@contextmanager
def open_chromium() -> Iterator[Chrome]:
    """Run a browser with an empty profile of its own.

    Raises:
        ChromiumMissingError: The browser or its driver is not installed.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which(DRIVER)
    if browser is None or driver is None:
        raise ChromiumMissingError("tests of the page need Debian's packages chromium and chromium-driver")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = browser
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        chromium = Chrome(options, ChromeService(driver))
        try:
            yield chromium
        finally:
            chromium.quit()


def set_width(chromium: Chrome, width: int, height: int = 900) -> None:
    """Set the page's size in CSS pixels, which may be smaller than a window can be."""
    chromium.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def prefer_scheme(chromium: Chrome, scheme: str) -> None:
    """Emulate a reader who prefers `light` or `dark`."""
    chromium.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )


def console_of(chromium: Chrome) -> list[str]:
    """Return the console's messages since the last call: errors of scripts, failed loads."""
    return [str(entry["message"]) for entry in chromium.get_log("browser")]  # type: ignore[no-untyped-call]


def requests_of(chromium: Chrome) -> list[str]:
    """Return the URLs that the page requested since the last call."""
    events = [
        json.loads(entry["message"])["message"]
        for entry in chromium.get_log("performance")  # type: ignore[no-untyped-call]
    ]
    return [url_of(event) for event in events if event["method"] == "Network.requestWillBeSent"]


def url_of(event: dict[str, t.Any]) -> str:
    """Return the URL of a `Network.requestWillBeSent` event."""
    return str(event["params"]["request"]["url"])
