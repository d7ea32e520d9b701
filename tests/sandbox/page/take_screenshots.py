"""Take the pictures of the sandbox's page that the documentation shows.

`python tests/sandbox/page/take_screenshots.py [FOLDER]` runs a sandbox, loads made-up customers into it, and
photographs its page. Needs Chromium and Selenium (see `chromium.py`), and a minute and a half.
"""

from __future__ import annotations

import sys
import threading
import time
import typing as t
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path.insert(0, str(TESTS))

from support.chromium import open_chromium, prefer_scheme, set_width  # noqa: E402 - its folder is known only now
from support.sandbox_fixture import Api  # noqa: E402 - likewise

from target_activecampaign.sandbox import serve  # noqa: E402 - likewise

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome

    from target_activecampaign.sandbox.server import RunningSandbox

IMAGES = TESTS.parent / "docs" / "images"
FIRST_NAMES = ("Ada", "Björn", "Chloé", "Daria", "Emre", "Fiadh", "Grace", "Hana", "Ivo", "Jana", "Łucja")
LAST_NAMES = ("Adler", "Brandt", "Çelik", "Dubois", "Eriksen", "Fontana", "García", "Horvat", "Ito")
CITIES = ("Athens", "Bergen", "Cork", "Dresden", "Évora", "Freiburg", "Ghent")
INTERESTS = ("||Cycling||Music||", "||Cooking||", "||Gardening||Reading||Travel||")
WIDE, HIGH = 1280, 860
PHONE_WIDE, PHONE_HIGH = 390, 1000
BATCH, BATCHES = 250, 40
LOAD_SECONDS = 75
"""Duration of the load before the first picture; it fills most of the charts' two minutes."""
PAUSES = (0.2, 0.25, 0.9, 0.35, 0.6)
"""Seconds between two requests of the load, in turn."""


def make_contact(number: int) -> dict[str, t.Any]:
    """Return a made-up contact; every 60th has an address that the account excludes."""
    first, last = FIRST_NAMES[number % 11], LAST_NAMES[number * 7 % 9]
    host = "spam.example" if number % 60 == 7 else "example.com"
    return {
        "email": f"customer{number:05d}@{host}",
        "first_name": first,
        "last_name": last,
        "phone": f"+4420794600{number % 100:02d}",
        "tags": ["customer", "vip"] if number % 9 == 0 else ["customer"],
        "fields": [
            {"id": 1, "value": CITIES[number % 7]},
            {"id": 2, "value": f"20{10 + number % 15}-0{1 + number % 9}-1{number % 10}"},
            {"id": 3, "value": INTERESTS[number % 3]},
            {"id": 5, "value": f"{number * 37 % 900}.{number % 10}0"},
        ],
        "subscribe": [{"listid": 1}, *([{"listid": 2}] if number % 3 == 0 else [])],
    }


def batches() -> Iterator[dict[str, t.Any]]:
    """Return the bodies of the load's imports."""
    for start in range(0, BATCH * BATCHES, BATCH):
        yield {"contacts": [make_contact(number) for number in range(start, start + BATCH)]}


class Load:
    """A load that runs while pictures are taken: imports, polls, and contacts read back."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._api = Api(f"{sandbox.url}/api/3")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Stop the load."""
        self._stop.set()
        self._thread.join()
        self._api.close()

    def _run(self) -> None:
        turns = 0
        bodies = list(batches())
        while not self._stop.is_set():
            answer = self._api.post("/import/bulk_import", bodies[turns % BATCHES])
            self._stop.wait(PAUSES[turns % 5])
            if answer.ok:
                self._api.get("/import/info", batchId=answer.json()["batchId"])
                for number in range(turns % 4):
                    self._stop.wait(PAUSES[number] / 3)
                    self._api.get("/contacts", email=f"customer{turns * BATCH + number:05d}@example.com")
            self._stop.wait(PAUSES[turns % 4])
            turns += 1


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
    with serve(speed=1, contact_limit=12_000) as sandbox, open_chromium() as chromium:
        load = Load(sandbox)
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
