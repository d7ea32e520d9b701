"""Take the picture of a run's page that the README shows.

`python tests/report_page/take_screenshot.py [FOLDER]` makes the page of a made-up report and photographs its
upper part. Needs Chromium and Selenium (see `chromium.py`), and a few seconds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from support import made_up_reports  # noqa: E402 - its folder is known only now
from support.chromium import open_chromium, prefer_scheme, set_width  # noqa: E402 - likewise

from target_activecampaign.report_page.page import make_page  # noqa: E402 - likewise

IMAGES = TESTS.parent / "docs" / "images"
WIDE, HIGH = 1280, 1560


def main() -> None:
    """Make the page, and write `report.png`."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    text = make_page(
        made_up_reports.rejects_up(), made_up_reports.last_runs(), file="reports/2026-11-30.json"
    )
    with tempfile.TemporaryDirectory() as temporary, open_chromium() as chromium:
        page = Path(temporary) / "report.html"
        page.write_text(text, encoding="utf-8")
        chromium.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        set_width(chromium, WIDE, HIGH)
        prefer_scheme(chromium, "light")
        chromium.get(page.as_uri())
        chromium.save_screenshot(str(folder / "report.png"))


if __name__ == "__main__":
    main()
