"""The page's files as served: nothing from another host, nothing inline, nothing that runs data."""

from __future__ import annotations

import hashlib
import re
import typing as t
from html.parser import HTMLParser
from pathlib import Path

import pytest

from target_activecampaign import sandbox as package

if t.TYPE_CHECKING:
    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

PAGE = Path(package.__file__).with_name("page")
INDEX = (PAGE / "index.html").read_text(encoding="utf-8")
STYLE = (PAGE / "style.css").read_text(encoding="utf-8")
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in PAGE.glob("*.js")}
LIBRARY = PAGE / "uplot"
SERVED = sorted(
    path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*") if path.suffix in (".js", ".css", ".svg")
)
RUNS_TEXT = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(")
LEGIBLE = 4.5
"""Contrast of text (WCAG 2.2, level AA)."""
PAIRS = [
    ("text", "ground"),
    ("text", "surface"),
    ("muted", "ground"),
    ("muted", "surface"),
    ("muted", "sunk"),
    ("accent", "surface"),
    ("accent", "accent-soft"),
    ("on-accent", "accent"),
    ("bad", "surface"),
    ("bad", "bad-soft"),
    ("warn", "surface"),
    ("warn", "warn-soft"),
    ("muted", "warn-soft"),
]


class Elements(HTMLParser):
    """Every element of a document with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


ELEMENTS = Elements(INDEX).found


def test_the_page_is_served_under_a_strict_policy(sandbox: RunningSandbox, api: Api) -> None:
    answer = api.session.get(sandbox.url, timeout=5)

    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert policy[0] == "default-src 'self'"
    assert {"base-uri 'none'", "frame-ancestors 'none'", "trusted-types 'none'"} < set(policy)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", SERVED)
def test_every_file_is_served_with_its_type_and_the_policy(
    sandbox: RunningSandbox, api: Api, name: str
) -> None:
    answer = api.session.get(f"{sandbox.url}/{name}", timeout=5)

    kind = {"js": "javascript", "css": "text/css", "svg": "image/svg+xml"}[name.rpartition(".")[2]]
    assert (answer.status_code, answer.content) == (200, (PAGE / name).read_bytes())
    assert kind in answer.headers["Content-Type"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "//etc/passwd"])
def test_nothing_beside_the_page_is_served(sandbox: RunningSandbox, api: Api, path: str) -> None:
    assert api.session.get(f"{sandbox.url}{path}", timeout=5).status_code == 404


def test_the_library_is_the_published_one() -> None:
    table = re.findall(r"\| `([\w.]+)` \| `(\w{64})` \|", (LIBRARY / "README.md").read_text(encoding="utf-8"))

    assert dict(table) == {
        name: hashlib.sha256((LIBRARY / name).read_bytes()).hexdigest()
        for name in ("uPlot.iife.min.js", "uPlot.min.css")
    }
    assert "MIT" in (LIBRARY / "LICENSE").read_text(encoding="utf-8")


def test_nothing_is_inline() -> None:
    attributes = {name for _, attributes in ELEMENTS for name in attributes}

    assert {name for name in attributes if name.startswith("on") or name == "style"} == set()
    assert "<style" not in INDEX
    assert all(attributes.get("src") for tag, attributes in ELEMENTS if tag == "script")


def test_everything_that_the_page_loads_lies_beside_it() -> None:
    loaded = [
        attributes.get("src") or attributes.get("href") or ""
        for tag, attributes in ELEMENTS
        if tag in ("script", "link", "img")
    ]
    imported = [name for text in SCRIPTS.values() for name in re.findall(r'from "\./(.+)";', text)]

    assert loaded
    assert [name for name in (*loaded, *imported) if not (PAGE / name).is_file()] == []
    assert "://" not in "".join((INDEX, STYLE, *SCRIPTS.values())).replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_of_a_text(name: str) -> None:
    assert [word for word in RUNS_TEXT if word in SCRIPTS[name]] == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_looks_for_is_on_the_page(name: str) -> None:
    ids = {attributes.get("id") for _, attributes in ELEMENTS}

    assert set(re.findall(r'find\("([\w-]+)"\)', SCRIPTS[name])) <= ids


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_text_stands_out_from_its_ground(scheme: str, front: str, back: str) -> None:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w+);", dark if scheme == "dark" else light))

    assert contrast(colours[front], colours[back]) >= LEGIBLE


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) > 4 else "".join(digit * 2 for digit in colour[1:])
    shares = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
