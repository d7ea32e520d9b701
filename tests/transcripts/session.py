"""Owns the session that the README shows: somebody sets up an export, checks it, sends the next file.

The commands are the real ones at a real terminal, against the sandbox on a clock that passes waits quickly.
"""

from __future__ import annotations

import re
import sys
import typing as t
from pathlib import Path

from support.recorded_terminal import record
from support.shop import ACCOUNT, CUSTOMERS, WORKBOOK, write_first_files, write_next_day
from support.warm_start import warm_command

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TESTS = Path(__file__).parents[1]
_KEY = "sandbox"
_QUICK = """
from support.quick_target import QuickClock, be_quick
from target_activecampaign.cli import init_target
from target_activecampaign.target import TargetActiveCampaign
be_quick(20)
init_target.SystemClock = lambda: QuickClock(20)
TargetActiveCampaign.cli()
"""
_SHOWN_HOST = "acme.api-us1.com"
# All that differs from one session to the next, and what stands for it. Lines of the log are left out.
_VARYING = (
    (r"(?m)(^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \| .*\n)+", "…\n"),
    (r"http://127\.0\.0\.1:\d+/api", f"https://{_SHOWN_HOST}/api"),
    (r"(http://)?127\.0\.0\.1:\d+", _SHOWN_HOST),
    (r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d", "2026-11-30T02-00-04"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d  (\d+ min )?\d+( s)? +", "2026-11-30 02:00  2 s   "),
    (r"took +result", "took  result"),
    (r"Done in (\d+ min )?\d+ s", "Done in 2 s"),
    (r"answers in \d+ ms", "answers in 84 ms"),
    (r"differs by -?\d+ s", "differs by 0 s"),
    (r"\d[\d,.]* [GTM]B free", "41 GB free"),
)


class Session(t.NamedTuple):
    """A session.

    Attributes:
        transcripts: Of each command, without the line that starts it.
        before_consent: The files that the folder held when consent was asked for.
    """

    transcripts: dict[str, str]
    before_consent: set[str]


def hold_session(folder: Path) -> Session:
    """Go through the commands in an empty folder."""
    found: set[str] = set()

    def look(typed: str) -> None:
        if typed == "yes":
            found.update(path.name for path in folder.iterdir())

    write_first_files(folder)
    with serve(with_limits=False, progress="at-once", seed=ACCOUNT) as account:
        # A hidden question reads from the process's own terminal, and one that starts warm has none.
        texts = {"init": _record([sys.executable, "-c", _QUICK, "init"], folder, _answers(account.url), look)}
        texts["check"] = _record(warm_command(_QUICK, "check", "--records", "12000"), folder)
        write_next_day(folder)
        texts["send"] = _record(warm_command(_QUICK, "send", CUSTOMERS), folder)
        texts["runs"] = _record(warm_command(_QUICK, "runs"), folder)
    return Session({name: _settled(text) for name, text in texts.items()}, found)


def _answers(url: str) -> list[tuple[str, str]]:
    """Return what is waited for, and what is typed then."""
    change = "Enter if it is right: "
    return [
        ("only one here]: ", WORKBOOK),
        (f"[{CUSTOMERS}]: ", ""),
        ("Right? [Y/n] ", ""),
        ("URL: ", "acme.activehosted.com"),
        ("URL: ", f"{url}/api/3/"),
        ("paste): ", url),
        ("paste): ", "mistyped"),
        ("paste): ", _KEY),
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


def _record(
    command: Sequence[str],
    folder: Path,
    answers: Sequence[tuple[str, str]] = (),
    before_answer: Callable[[str], None] = lambda _: None,
) -> str:
    return record(command, folder, {"PYTHONPATH": str(_TESTS)}, answers, before_answer)


def _settled(text: str) -> str:
    """Return a transcript in which nothing differs from one session to the next."""
    for pattern, shown in _VARYING:
        text = re.sub(pattern, shown, text)
    return text
