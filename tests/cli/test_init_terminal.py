"""A person at a terminal goes from a file and a key to people on a list; what they see is the transcript."""

from __future__ import annotations

import io
import os
import sys
import typing as t
import zipfile
from pathlib import Path

import pexpect
import pyte
import pytest
from support.sandbox_fixture import KEY

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from target_activecampaign.sandbox.server import RunningSandbox

TRANSCRIPT = Path(__file__).parent / "transcripts" / "init.txt"
TESTS = Path(__file__).parents[1]
# On a clock that passes waits for limits quickly.
COMMAND = """
from support.quick_target import QuickClock, be_quick
from target_activecampaign.cli import init_target
from target_activecampaign.target import TargetActiveCampaign
be_quick(20)
init_target.SystemClock = lambda: QuickClock(20)
TargetActiveCampaign.cli()
"""
SEED: dict[str, t.Any] = {
    "lists": [
        {"name": "Customers"},
        {"name": "Texts", "channel": "sms"},
        {"name": "Newsletter"},
        {"name": "VIP"},
    ],
    "fields": [
        {"title": "City", "type": "text"},
        {"title": "Customer since", "type": "date"},
        {
            "title": "Language",
            "type": "dropdown",
            "options": [{"value": "de", "label": "German"}, {"value": "fr", "label": "French"}],
        },
    ],
    "tags": ["coffee", "tea", "shop-2025"],
    "exclusions": [{"matchPhrase": "@spam.example", "matchType": "end", "channel": "allEmail"}],
    "contacts": [
        {"email": "ada@example.com", "firstName": "A.", "lists": {"3": 1}},
        {"email": "eve@example.com", "lists": {"1": 1, "3": 1}},
    ],
    "contactLimit": 1_000,
}
HEADER = "id;e-mail;given_name;surname;mobile;town;customer_since;language;interests;notes"
ROWS = [
    "1001;Ada@Example.com;Ada;Lovelace;030 23125838;London;2024-02-05 10:00:00;fr;coffee, tea;",
    "1002;bob@example.com;Bob;;+44 20 7946 0123;Leeds;2024-02-06;de;Coffe;",
    "1003;not-an-address;Cy;Wrong;;;;;;called twice",
    "1004;dora@example.com;Dora;Dell;0151 23456789;Berlin;2024-02-07;de;mug;",
    "1005;;Nobody;Here;;;;;;",
    "1006;eve@example.com;Eve;Ember;12;Köln;2024-02-08;Deutsch;tea;",
    "1007;finn@example.com;Finn;Falk;;Bonn;2024-02-09;de;;",
    "1008;BOB@example.com;Bob;Bright;;Leeds;2024-02-06;de;;",
    "1009;gus@spam.example;Gus;Gray;;;;;;",
    *(f"{1010 + n};person{n}@example.com;Hal;Hill;;Rome;2024-02-10;fr;;" for n in range(10)),
]


class Screen:
    """A terminal that keeps all that was drawn, as a person reads it."""

    def __init__(self, columns: int, lines: int) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)

    def write(self, data: bytes) -> None:
        self._stream.feed(data)

    def flush(self) -> None:
        """Nothing waits."""

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip() + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a CSV of Excel, and a workbook beside it."""
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "shop-customers.csv").write_text("\r\n".join([HEADER, *ROWS]) + "\r\n", "utf-8")
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    (shop / "shop.xlsx").write_bytes(workbook.getvalue())
    return shop


def dialogue_of(url: str) -> list[tuple[str, str]]:
    """Return what is waited for, and what is typed then."""
    change = "Enter if it is right: "
    return [
        ("only one here]: ", "shop.xlsx"),
        ("[shop-customers.csv]: ", ""),
        ("Right? [Y/n] ", ""),
        ("URL: ", "acme.activehosted.com"),
        ("URL: ", f"{url}/api/3/"),
        ("paste): ", f"{url}"),
        ("paste): ", "mistyped"),
        ("paste): ", KEY),
        ("name: ", "newsleter"),
        ("[Y/n] ", ""),
        (change, "8"),
        ("nothing: ", "t"),
        (change, "9"),
        ("or n: ", "email"),
        ("or n: ", "n"),
        (change, ""),
        ("as they are): ", "DE"),
        ("none): ", "shop-2026"),
        ("[Y/n] ", ""),
        ("[y/N] ", ""),
        ("[Y/n] ", ""),
        ('agree": ', "yes"),
        ('agree": ', "I agree"),
        ("[n]: ", "t"),
        ("[y/N] ", "y"),
    ]


def test_the_transcript_of_init(folder: Path, start_sandbox: Callable[..., RunningSandbox]) -> None:
    account = start_sandbox(with_limits=False, progress="at-once", seed=SEED)
    environment = {name: text for name, text in os.environ.items() if name not in {"CI", "NO_COLOR"}}
    environment |= {"PYTHONPATH": str(TESTS), "HOME": str(folder.parent), "TERM": "xterm", "COLUMNS": "100"}
    screen = Screen(120, 220)
    child = pexpect.spawn(
        sys.executable, ["-c", COMMAND, "init"], cwd=str(folder), env=environment, timeout=90,
        dimensions=(220, 120), echo=True,
    )  # fmt: skip
    child.logfile_read = screen
    seen_before_step_7: set[str] = set()
    try:
        for waited, typed in dialogue_of(account.url):
            child.expect_exact(waited)
            if typed == "yes":
                seen_before_step_7 = {path.name for path in folder.iterdir()}
            child.sendline(typed)
        child.expect(pexpect.EOF)
        child.close()
    finally:
        child.terminate(force=True)
    assert child.exitstatus == 0, screen.text
    assert seen_before_step_7 == {"shop-customers.csv", "shop.xlsx"}
    shown = without_run(masked(screen.text, account.url))
    if os.environ.get("WRITE_TRANSCRIPTS"):
        TRANSCRIPT.write_text(shown, "utf-8")
    assert shown == TRANSCRIPT.read_text("utf-8")


def without_run(text: str) -> str:
    """Return a transcript without what the run itself says, which other tests hold."""
    before, asked, rest = text.partition("Send the other")
    line, _, after = rest.partition("\n")
    return f"{before}{asked}{line}\n  (the run)\n{after[after.index('  Each new file:') :]}"


def masked(text: str, url: str) -> str:
    """Return a transcript without the port, which differs from run to run."""
    return text.replace(url, "http://acme.api-us1.com:8025")
