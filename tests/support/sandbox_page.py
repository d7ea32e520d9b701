"""The sandbox's page in a browser, in the terms of its reader."""

from __future__ import annotations

import typing as t

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from support.chromium import console_of, requests_of, set_width

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

WAIT_SECONDS = 60
WIDTH = 1280
MAX_TABS = 50
_LINES = """
const lines = [], range = document.createRange();
const texts = document.createTreeWalker(arguments[0], NodeFilter.SHOW_TEXT);
for (let top, node = texts.nextNode(); node; node = texts.nextNode()) {
  for (let place = 0; place < node.length; place++) {
    range.setStart(node, place);
    range.setEnd(node, place + 1);
    const at = range.getBoundingClientRect().top;
    if (at !== top) lines.push("");
    top = at;
    lines[lines.length - 1] += node.data[place];
  }
}
return lines;
"""
NAMED = "button, a[href], input, select, [role=tab], [role=tabpanel], [role=img], [role=meter], table, dialog"


class Page:
    """One page of a running sandbox."""

    def __init__(self, chromium: Chrome, url: str) -> None:
        self.url = url
        self._chromium = chromium
        set_width(chromium, WIDTH)
        self.console()
        self.hosts()
        self.open("overview")
        self.wait_for("#connection", "live")

    def open(self, place: str) -> None:
        """Open a tab, or a detail like `contacts/1`."""
        self._chromium.get(f"{self.url}/#/{place}")

    def leave(self) -> None:
        """Leave the sandbox's page."""
        self._chromium.get("about:blank")

    def narrow(self, width: int) -> None:
        """Set the page's width in CSS pixels."""
        set_width(self._chromium, width)

    def overhang(self) -> int:
        """Return by how many CSS pixels the content is wider than the visible part."""
        width, visible = self._chromium.execute_script(
            "const root = document.documentElement; return [root.scrollWidth, root.clientWidth]"
        )
        return int(width - visible)

    def find(self, selector: str) -> WebElement:
        """Return an element by a CSS selector."""
        return self._chromium.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        """Return all visible elements, by a CSS selector."""
        return [one for one in self._chromium.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()]

    def text(self, selector: str) -> str:
        """Return an element's visible text."""
        return self.find(selector).text

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all visible elements."""
        return [one.text for one in self.all(selector)]

    def lines(self, selector: str) -> list[str]:
        """Return an element's text as it is broken into lines."""
        lines: list[str] = self._chromium.execute_script(_LINES, self.find(selector))
        return lines

    def click(self, selector: str, text: str | None = None) -> None:
        """Click an element, the one with `text` where there are several."""
        next(one for one in self.all(selector) if text in (None, one.text)).click()

    def write(self, selector: str, text: str) -> None:
        """Replace a field's text."""
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def choose(self, selector: str, option: str) -> None:
        """Choose an option by its value."""
        self.find(f"{selector} option[value='{option}']").click()

    def press(self, *keys: str) -> None:
        """Press keys at the focus, by their names, e.g. `TAB`."""
        for key in keys:
            ActionChains(self._chromium).send_keys(getattr(Keys, key)).perform()

    def tab_to(self, selector: str) -> None:
        """Press Tab until the focus is on an element."""
        for _ in range(MAX_TABS):
            self.press("TAB")
            if self._chromium.switch_to.active_element == self.find(selector):
                return
        raise AssertionError(f"Tab does not lead to {selector}")

    def focused(self) -> str:
        """Return the accessible name of the focused element."""
        return self._chromium.switch_to.active_element.accessible_name

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds, and fail after `WAIT_SECONDS`."""
        waiting = WebDriverWait(
            self._chromium, WAIT_SECONDS, 0.05, ignored_exceptions=(StaleElementReferenceException,)
        )
        waiting.until(lambda _: condition())

    def wait_for(self, selector: str, text: str) -> None:
        """Wait until an element shows exactly `text`."""
        self.wait(lambda: self.text(selector) == text)

    def nameless(self) -> list[str]:
        """Return the elements to operate or to look at that have no name for a screen reader."""
        return [str(one.get_attribute("outerHTML")) for one in self.all(NAMED) if not one.accessible_name]

    def source(self) -> str:
        """Return the whole document in its current state."""
        return self._chromium.page_source

    def console(self) -> list[str]:
        """Return the console's messages since the last call."""
        return console_of(self._chromium)

    def hosts(self) -> set[str]:
        """Return host and port of every request over the network since the last call."""
        urls = requests_of(self._chromium)
        return {url.split("/")[2] for url in urls if url.partition(":")[0] in ("http", "https", "ws", "wss")}
