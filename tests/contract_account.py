"""Settle the open points of ActiveCampaign's API with an account, and record the answers without content.

    python tests/contract_account.py --hostname acme.api-us1.com --api-key-file key.txt
    python tests/contract_account.py --compare contract-cassette.json

It makes lists, fields, tags and a few dozen made-up contacts, all marked `contract-suite`, and deletes them
at the end, when it is interrupted too. docs/how-to/contract-suite.md says what to know before.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import typing as t
from pathlib import Path
from urllib.parse import urlsplit

from contract import import_points, item_points, limit_points  # noqa: F401 - they register their points
from contract.cassette import NotAnonymousError, make_cassette, read_cassette, secrets_of, write_cassette
from contract.comparison import differences, readings_of
from contract.points import POINTS, Finding, Point, ask_points
from contract.session import Session, UnexpectedAnswerError
from contract.workbench import Workbench

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.switches import SWITCHES

if t.TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

CASSETTE = Path("contract-cassette.json")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SANDBOX_KEY = "sandbox"
FINE, DIFFERENT, FAILED = 0, 1, 2


class UsageError(Exception):
    """An option is missing or wrong; the message says what to give."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 1 where answers differ, 2 where it could not be done."""
    options = _parser().parse_args(arguments)
    _stop_on_sigterm()
    try:
        return _run(options)
    except (UsageError, UnexpectedAnswerError, NotAnonymousError, OSError, ValueError) as error:
        _complain(f"{error}")
        return FAILED
    except KeyboardInterrupt:
        _complain("interrupted; nothing is written")
        return FAILED


def settle(bench: Workbench, names: Collection[str]) -> tuple[list[tuple[Point, Finding]], list[str]]:
    """Ask all points, and remove what was made, whatever happens.

    Returns:
        The findings, and the paths of items that could not be removed.
    """
    findings = []
    try:
        bench.prepare()
        for point, finding in ask_points(bench, names):
            _say(_shown(point, finding))
            findings.append((point, finding))
    finally:
        with _not_to_be_interrupted():
            left = bench.remove_all()
            _name_left(left)
    return findings, left


def cassette_of(bench: Workbench, findings: list[tuple[Point, Finding]], hostname: str) -> dict[str, t.Any]:
    """Return the cassette of a run."""
    session = bench.session
    account = hostname.partition(".")[0]
    own = {session.key, hostname, account} if account not in LOOPBACK else {session.key}
    return make_cassette(bench.run, findings, session.exchanges, own | secrets_of(session.exchanges))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--hostname", help="of the account (Settings > Developer)")
    add("--api-key-file", type=Path, help="a file that holds its key and nothing else")
    add("--only", action="append", choices=POINTS, metavar="POINT", help="ask this one; repeatable")
    add("--fill", action="store_true", help="fill a small account up to its contract")
    add("--remove", action="store_true", help="remove what a killed run left, and end")
    add("--cassette", type=Path, default=CASSETTE, help="where to write (default: %(default)s)")
    add("--compare", type=Path, metavar="CASSETTE", help="compare with it, and write nothing")
    return parser


def _run(options: argparse.Namespace) -> int:
    recorded = None if options.compare is None else read_cassette(options.compare)
    with _session(options, recorded) as session:
        bench = Workbench(session, fills=options.fill)
        bench.introduce()
        if options.remove:
            return _name_left(bench.remove_all())
        findings, left = settle(bench, options.only or POINTS)
        cassette = cassette_of(bench, findings, urlsplit(session.url).hostname or "")
    if recorded is None:
        write_cassette(options.cassette, cassette)
        _say(f"\n{_counted(findings)}. Written to {options.cassette}, without content of the account.")
        return FAILED if left else FINE
    found = differences(recorded, cassette)
    _say("\n" + ("\n".join(found) if found else "The answers are those of the cassette."))
    if found:
        return DIFFERENT
    return FAILED if left else FINE


@contextlib.contextmanager
def _session(options: argparse.Namespace, recorded: dict[str, t.Any] | None) -> Iterator[Session]:
    """Open the account that was asked for, or else a sandbox with the readings of a cassette."""
    if options.hostname:
        yield Session(_url(options.hostname), _key(options.api_key_file))
        return
    if recorded is None:
        raise UsageError("give --hostname and --api-key-file, or --compare with a cassette")
    readings = {name: value for name, value in readings_of(recorded).items() if name in SWITCHES}
    with serve(switches=readings, progress="looks=2") as sandbox:
        yield Session(sandbox.url, SANDBOX_KEY)


def _url(hostname: str) -> str:
    """Return the account's address; the key goes over an encrypted connection, or stays on this machine."""
    parts = urlsplit(hostname if "://" in hostname else f"https://{hostname}")
    if not parts.hostname or (parts.scheme != "https" and parts.hostname not in LOOPBACK):
        raise UsageError("--hostname is an account's, such as acme.api-us1.com, over https")
    return f"{parts.scheme}://{parts.netloc}"


def _key(path: Path | None) -> str:
    if path is None:
        raise UsageError("give --api-key-file, a file that holds the key and nothing else")
    key = path.read_text(encoding="utf-8").strip()
    if not key or not key.isascii() or any(letter.isspace() for letter in key):
        raise UsageError("--api-key-file holds no key: one line of letters and digits is expected")
    return key


def _shown(point: Point, finding: Finding) -> str:
    lines = [f"{point.name}: {point.question}"]
    lines += [f"    {reading:<20} {verdict}" for reading, verdict in point.verdicts(finding).items()]
    return "\n".join([*lines, f"    ({finding.evidence})"] if finding.evidence else lines)


def _counted(findings: list[tuple[Point, Finding]]) -> str:
    open_points = sum(finding.reading is None for _, finding in findings)
    return f"{len(findings)} points asked, {open_points} undecided"


def _name_left(left: list[str]) -> int:
    """Say what could not be removed, and return the exit code."""
    if not left:
        return FINE
    _complain(f"not removed; look for the mark contract-suite: {'; '.join(left)}")
    return FAILED


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"contract_account: {text}\n")


def _stop_on_sigterm() -> None:
    """End as by Ctrl-C, so that what was made is removed."""

    def interrupt(_number: int, _frame: object) -> t.NoReturn:
        raise KeyboardInterrupt

    with contextlib.suppress(ValueError):  # a test calls this outside the main thread
        signal.signal(signal.SIGTERM, interrupt)


@contextlib.contextmanager
def _not_to_be_interrupted() -> Iterator[None]:
    """Let the clean-up end: it takes a minute, and a second Ctrl-C would leave things behind."""
    try:
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # outside the main thread
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
