"""Take the pictures of the sandbox's page that the documentation shows.

`python tests/sandbox/page/take_screenshots.py [FOLDER]` runs a sandbox, lets the target load made-up
customers into it, and photographs its page. Needs Chromium and Selenium (see `chromium.py`), and two minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path.insert(0, str(TESTS))

from support.chromium import open_chromium, prefer_scheme, set_width  # noqa: E402 - its folder is known only now

from target_activecampaign.sandbox import serve  # noqa: E402 - likewise

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

    from target_activecampaign.sandbox.server import RunningSandbox

IMAGES = TESTS.parent / "docs" / "images"
FIRST_NAMES = ("Ada", "Björn", "Chloé", "Daria", "Emre", "Fiadh", "Grace", "Hana", "Ivo", "Jana", "Łucja")
LAST_NAMES = ("Adler", "Brandt", "Çelik", "Dubois", "Eriksen", "Fontana", "García", "Horvat", "Ito")
CITIES = ("Athens", "Bergen", "Cork", "Dresden", "Évora", "Freiburg", "Ghent")
INTERESTS = (["Cycling", "Music"], ["Cooking"], ["Gardening", "Reading", "Travel"])
WIDE, HIGH = 1280, 860
PHONE_WIDE, PHONE_HIGH = 390, 1000
CONTACTS, CONTACT_LIMIT = 60_000, 75_000
LOAD_SECONDS = 110
"""Duration of the load before the first picture; it fills most of the charts' two minutes."""
CONFIG = {
    "api_key": "sandbox",
    "data_privacy_consent": True,
    "list_id": 1,
    "exclude_automations": True,
    "field_mapping": {
        "email": "email",
        "first_name": "first_name",
        "last_name": "last_name",
        "phone": "phone",
        "tags": "segments",
        "custom_fields": {"City": "city", "Customer since": "since", "Interests": "interests"},
    },
}


def make_record(number: int) -> dict[str, t.Any]:
    """Return a made-up customer."""
    first, last = FIRST_NAMES[number % 11], LAST_NAMES[number * 7 % 9]
    return {
        "email": f"customer{number:05d}@example.com",
        "first_name": first,
        "last_name": last,
        "phone": f"+4420794600{number % 100:02d}",
        "segments": ["customer", "vip"] if number % 9 == 0 else ["customer"],
        "city": CITIES[number % 7],
        "since": f"20{10 + number % 15}-0{1 + number % 9}-1{number % 10}",
        "interests": INTERESTS[number % 3],
    }


def messages() -> Iterator[bytes]:
    """Return the lines of a tap."""
    schema = {"properties": {name: {"type": ["string", "array", "null"]} for name in make_record(0)}}
    yield json.dumps(
        {"type": "SCHEMA", "stream": "customers", "schema": schema, "key_properties": []}
    ).encode()
    for number in range(CONTACTS):
        record = {"type": "RECORD", "stream": "customers", "record": make_record(number)}
        yield json.dumps(record).encode()


class Load:
    """A run of the target that goes on while pictures are taken."""

    def __init__(self, sandbox: RunningSandbox, folder: Path) -> None:
        config = folder / "config.json"
        config.write_text(json.dumps(CONFIG | {"hostname": sandbox.url}), encoding="utf-8")
        lines = folder / "customers.singer"
        lines.write_bytes(b"\n".join(messages()))
        command = [
            sys.executable,
            "-m",
            "target_activecampaign",
            "--config",
            str(config),
            "--input",
            str(lines),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder)

    def stop(self) -> None:
        """Stop the run."""
        self._process.terminate()
        self._process.wait()


def hide_scrollbars(chromium: Chrome) -> None:
    """Leave scrollbars out of the pictures."""
    chromium.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})


def photograph(chromium: Chrome, folder: Path, name: str) -> None:
    """Save a picture of the page."""
    time.sleep(1.5)  # the page renews itself once a second
    chromium.save_screenshot(str(folder / f"sandbox-{name}.png"))


def main(folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        serve(speed=1, contact_limit=CONTACT_LIMIT) as sandbox,
        open_chromium() as chromium,
    ):
        load = Load(sandbox, Path(temporary))
        try:
            hide_scrollbars(chromium)
            set_width(chromium, WIDE, HIGH)
            chromium.get(sandbox.url)
            time.sleep(LOAD_SECONDS)
            take_all(chromium, sandbox, folder)
        finally:
            load.stop()


def take_all(chromium: Chrome, sandbox: RunningSandbox, folder: Path) -> None:
    """Take the pictures of the page's parts, in light, in dark and in a phone's size."""
    prefer_scheme(chromium, "light")
    photograph(chromium, folder, "overview")
    prefer_scheme(chromium, "dark")
    photograph(chromium, folder, "overview-dark")
    prefer_scheme(chromium, "light")
    set_width(chromium, PHONE_WIDE, PHONE_HIGH)
    photograph(chromium, folder, "phone")
    set_width(chromium, WIDE, HIGH)
    chromium.get(f"{sandbox.url}#/contacts/19")
    photograph(chromium, folder, "contact")
    sandbox.emulator.faults.add("* delay=2.5")
    sandbox.emulator.faults.add("import refuses=customer00019@example.com")
    sandbox.emulator.switches.choose("window", "fixed")
    chromium.get(f"{sandbox.url}#/controls")
    photograph(chromium, folder, "controls")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
