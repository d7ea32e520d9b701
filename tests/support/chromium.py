"""A real Chromium without a window for tests of the sandbox's page, driven by the driver that comes with it.

Selenium drives it: it speaks the standard protocol of browsers' drivers to Debian's packages `chromium` and
`chromium-driver`, which belong together, and it is a quarter of the size of Playwright, whose protocol is
that of its own browsers.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSERS = ("chromium", "google-chrome")
DRIVER = "chromedriver"
FLAGS = (
    "--headless",
    "--no-sandbox",  # it runs as root in containers, and opens pages of this project alone
    "--disable-gpu",
    "--disable-dev-shm-usage",
    # Nothing of its own goes to the network.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--lang=en-GB",
)


class ChromiumMissingError(Exception):
    """Neither browser nor driver is installed."""


@contextmanager
def open_chromium() -> Iterator[Chrome]:
    """Run a browser with an empty profile of its own.

    Raises:
        ChromiumMissingError: It is not installed.
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
    """Give the page a size in CSS pixels, smaller than a window can be too."""
    chromium.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def prefer_scheme(chromium: Chrome, scheme: str) -> None:
    """Let the page believe that its reader prefers `light` or `dark`."""
    chromium.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )


def console_of(chromium: Chrome) -> list[str]:
    """Return what came to the console since the last call: errors of scripts, failed loads."""
    return [str(entry["message"]) for entry in chromium.get_log("browser")]  # type: ignore[no-untyped-call]


def requests_of(chromium: Chrome) -> list[str]:
    """Return the addresses that the page asked for since the last call."""
    events = [
        json.loads(entry["message"])["message"]
        for entry in chromium.get_log("performance")  # type: ignore[no-untyped-call]
    ]
    return [address_of(event) for event in events if event["method"] == "Network.requestWillBeSent"]


def address_of(event: dict[str, Any]) -> str:
    """Return the address of a request that is about to be sent."""
    return str(event["params"]["request"]["url"])
