"""Write the transcripts that README and tutorial show, and all of `init` beside this file, as they were seen.

`python tests/transcripts/write_transcripts.py` writes them; with `--check` it compares, and ends with exit
code 1 where one differs. A page marks its blocks with `<!-- transcript: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
import sys
import tempfile
import typing as t
from pathlib import Path

TESTS = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path[0] = str(TESTS)

from transcripts.session import hold_session  # noqa: E402 - its folder is known only now

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

README = TESTS.parent / "README.md"
TUTORIAL = TESTS.parent / "docs" / "tutorial.md"
ALL_OF_INIT = TESTS / "transcripts" / "init.txt"
COMMANDS = {
    "init": "init",
    "check": "check --records 12000",
    "send": "send shop-customers.csv",
    "runs": "runs",
}
CUT = "…"
# From the first line that begins so up to the next one that begins so, which stays.
_CUTS_OF_INIT = [
    ("  CSV file [shop-customers.csv, the", "  CSV file [shop-customers.csv]:"),
    ("  URL: acme.activehosted.com", "  URL: https://"),
    ("    That is a URL, not the key", "    acme.api-us1.com refused"),
    ("   1  Customers", "  Number, id or name:"),
    ("   9  notes", "  271 phone numbers"),
    ("  Shall automations start?", "6 of 8"),
    ("  row 3, key", "  412 rows ="),
    ('  Type "I agree": yes', '  Type "I agree": I agree'),
]
PAGES: dict[Path, dict[str, list[tuple[str, str]]]] = {
    README: {
        "init": [
            ("  CSV file [shop-customers.csv, the", "2 of 8"),
            ("  ActiveCampaign shows URL", "    The key belongs"),
            ("   1  Customers", "  Number, id or name:"),
            ("   7  language", "5 of 8"),
            ("  A tag for all of them", "6 of 8"),
            ("    town  ", "  412 rows ="),
            ("  1 value can't be written", "7 of 8"),
            ("  You answer for that.", '  Type "I agree": I agree'),
            ("  wrote  config.json", "8 of 8"),
            ("  Look at them:", "  Send the other"),
            ("  1 email_invalid", "Next: mend"),
        ],
        "check": [],
        "send": [],
    },
    TUTORIAL: {"init": _CUTS_OF_INIT, "check": [], "send": [], "runs": []},
}
"""The transcripts that a page shows, with what it cuts."""


def main() -> None:
    """Write what differs, or say it."""
    is_check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not is_check:
        sys.exit("usage: write_transcripts.py [--check]")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "shop"
        folder.mkdir()
        pages = pages_of(hold_session(folder).transcripts)
    differing = [path for path, text in pages.items() if path.read_text("utf-8") != text]
    if is_check and differing:
        names = ", ".join(path.relative_to(TESTS.parent).as_posix() for path in differing)
        sys.exit(f"{names}: not what the commands show. Run: python tests/transcripts/write_transcripts.py")
    for path in differing:
        path.write_text(pages[path], "utf-8")


def pages_of(transcripts: Mapping[str, str]) -> dict[Path, str]:
    """Return the files that show transcripts, with the text that they should have."""
    pages = {ALL_OF_INIT: transcripts["init"]}
    for page, shown in PAGES.items():
        text = page.read_text("utf-8")
        for name, cuts in shown.items():
            text = with_block(text, name, transcripts[name], cuts)
        pages[page] = text
    return pages


def with_block(page: str, name: str, transcript: str, cuts: Sequence[tuple[str, str]] = ()) -> str:
    """Return a page with a transcript between its marks, without what is cut.

    Raises:
        ValueError: If the page has no place for it, or more than one.
    """
    shown = shortened(transcript, cuts).rstrip()
    block = f"```console\n$ target-activecampaign {COMMANDS[name]}\n{shown}\n```\n"
    place = rf"(<!-- transcript: {name} -->\n)(?:(?!<!-- ).)*(<!-- end -->)"
    page, found = re.subn(place, lambda marks: f"{marks[1]}{block}{marks[2]}", page, flags=re.DOTALL)
    if found != 1:
        raise ValueError(f"the page has {found} places for the transcript of {name}")
    return page


def shortened(text: str, cuts: Sequence[tuple[str, str]]) -> str:
    """Return a text in which a mark stands for each stretch of lines that is cut.

    Raises:
        ValueError: If there is no such stretch.
    """
    lines = text.splitlines()
    for first, after in cuts:
        start = _find(lines, first, 0)
        end = _find(lines, after, start + 1)
        indent = " " * (len(lines[start]) - len(lines[start].lstrip()))
        blank = [""] if not lines[end - 1] else []
        lines[start:end] = [f"{indent}{CUT}", *blank]
    return "\n".join(lines)


def _find(lines: list[str], beginning: str, start: int) -> int:
    for number in range(start, len(lines)):
        if lines[number].startswith(beginning):
            return number
    raise ValueError(f"no line of the transcript begins with {beginning!r}")


if __name__ == "__main__":
    main()
