"""The page of a run on a screen, a phone and paper, in light and dark, in a real Chromium."""

from __future__ import annotations

import base64
import contextlib
import re
import typing as t

import pytest
from support import made_up_reports as made_up

from target_activecampaign.report_page.page import make_page

if t.TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

pytestmark = pytest.mark.browser

MOST_BYTES = 300_000
REPORTS = {**made_up.ALL, "hostile": made_up.hostile}
USUAL = [name for name in REPORTS if name != "hostile"]
SMALLEST_LETTERS = 8.5  # CSS pixels
LEAST_CONTRAST = 4.5
_MOST_PRINTS = 5

# The colours of every text with those behind it: the nearest ancestor's that has one.
COLOURS = """
const seen = new Set();
const opaque = colour => colour && colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent';
for (const one of document.querySelectorAll('body *')) {
  if (![...one.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
  if (!one.getClientRects().length) continue;
  const style = getComputedStyle(one);
  let behind = one;
  while (behind && !opaque(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
  const colour = one.namespaceURI.endsWith('svg') ? style.fill : style.color;
  seen.add(colour + ' on ' + getComputedStyle(behind || document.body).backgroundColor);
}
return [...seen];
"""
BEHIND = "return getComputedStyle(document.body).backgroundColor"
SHAPES = """
const behind = getComputedStyle(document.body).backgroundColor;
const root = getComputedStyle(document.documentElement);
const probe = document.body.appendChild(document.createElement('i'));
const found = ['--blue', '--orange', '--grey'].map(name => {
  probe.style.color = root.getPropertyValue(name);
  return getComputedStyle(probe).color + ' on ' + behind;
});
probe.remove();
return found;
"""
LETTERS = """
return Math.min(...[...document.querySelectorAll('svg text')].map(text =>
  parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b)));
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the page of every kind of run."""
    folder = tmp_path_factory.mktemp("pages")
    runs = made_up.last_runs()
    found = {name: folder / f"{name}.html" for name in REPORTS}
    for name, path in found.items():
        path.write_text(make_page(REPORTS[name](), runs if name != "old" else ()), encoding="utf-8")
    return found


def show(chromium: Chrome, path: Path, width: int = 1280, scheme: str = "light") -> None:
    from support.chromium import console_of, prefer_scheme, set_width  # noqa: PLC0415 - selenium, see conftest

    set_width(chromium, width)
    prefer_scheme(chromium, scheme)
    console_of(chromium)
    chromium.get(path.as_uri())


def contrast(pair: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""
    lights = sorted((_light(colour) for colour in pair.split(" on ")), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _light(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_scrolls_sideways_nothing_fails_and_letters_can_be_read(
    chromium: Chrome, files: dict[str, Path], name: str
) -> None:
    from support.chromium import console_of, requests_of  # noqa: PLC0415 - see conftest

    assert files[name].stat().st_size <= MOST_BYTES
    for width in (320, 390, 760, 1280):
        requests_of(chromium)
        show(chromium, files[name], width)
        for opens in (False, True):
            chromium.execute_script(
                f"for (const one of document.querySelectorAll('details')) one.open = {opens:d}"
            )
            assert chromium.execute_script("return document.documentElement.scrollWidth") <= width
        assert console_of(chromium) == []
        assert requests_of(chromium) == [files[name].as_uri()]
        assert chromium.execute_script(LETTERS) >= (SMALLEST_LETTERS if width >= 390 else 7)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["rejects_up", "removals", "old"])
def test_every_text_stands_out(chromium: Chrome, files: dict[str, Path], name: str, scheme: str) -> None:
    show(chromium, files[name], scheme=scheme)
    assert (_light(chromium.execute_script(BEHIND)) < 0.1) == (scheme == "dark")
    pairs = chromium.execute_script(COLOURS)
    assert len(pairs) > 2
    assert {pair: contrast(pair) for pair in pairs if contrast(pair) < LEAST_CONTRAST} == {}
    shapes = chromium.execute_script(SHAPES)
    assert {pair: contrast(pair) for pair in shapes if contrast(pair) < LEAST_CONTRAST} == {}


@pytest.mark.parametrize("name", USUAL)
def test_it_prints_on_two_pages_in_light(chromium: Chrome, files: dict[str, Path], name: str) -> None:
    show(chromium, files[name], scheme="dark")
    printed = _printed(chromium)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


def _printed(chromium: Chrome) -> bytes:
    """Return a page as PDF. A busy Chromium gives up now and then ("Printing failed"): it is asked again."""
    from selenium.common.exceptions import WebDriverException  # noqa: PLC0415 - where browsers are

    options = {"printBackground": True, "preferCSSPageSize": True}
    for _ in range(_MOST_PRINTS - 1):
        with contextlib.suppress(WebDriverException):
            return base64.b64decode(chromium.execute_cdp_cmd("Page.printToPDF", options)["data"])
    return base64.b64decode(chromium.execute_cdp_cmd("Page.printToPDF", options)["data"])


def test_paper_is_white_whatever_the_screen_is(chromium: Chrome, files: dict[str, Path]) -> None:
    show(chromium, files["rejects_up"], scheme="dark")
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": features})
    try:
        assert (
            chromium.execute_script("return getComputedStyle(document.body).backgroundColor")
            == "rgb(255, 255, 255)"
        )
        assert {pair for pair in chromium.execute_script(COLOURS) if contrast(pair) < LEAST_CONTRAST} == set()
    finally:
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_keyboard_reaches_all_and_its_place_is_seen(chromium: Chrome, files: dict[str, Path]) -> None:
    from selenium.webdriver.common.action_chains import ActionChains  # noqa: PLC0415 - see conftest
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415 - likewise

    show(chromium, files["rejects_up"], 390)
    reached = set()
    for _ in range(6):
        ActionChains(chromium).send_keys(Keys.TAB).perform()
        tag, outline = chromium.execute_script(
            "const one = document.activeElement; return [one.tagName, getComputedStyle(one).outlineStyle]"
        )
        reached.add(tag)
        assert outline == "solid"
    assert reached == {"SUMMARY", "DIV"}
