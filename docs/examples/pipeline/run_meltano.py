# ruff: noqa: INP001, S603 - a script, and its arguments are the caller's own
"""Runs `meltano run` and ends with the exit code of the loader, which Meltano itself makes a 1.

    python run_meltano.py --state-id-suffix acme-customers tap-spreadsheets target-activecampaign

Arguments are those of `meltano run`. Meltano's log is passed on as it comes, one JSON document a line; its
last record holds the true exit codes. SIGTERM is passed on to Meltano, which passes it to the loader: that
settles what it can before it ends.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ENDED_BY_SIGNAL = 128  # and its number, as a shell says it


def run_meltano(
    arguments: Sequence[str],
    *,
    program: str = "meltano",
    project: str = ".",
    variables: Mapping[str, str] | None = None,
) -> int:
    """Return the exit code of the loader where it failed, or else that of Meltano.

    Args:
        arguments: Of `meltano run`: options, tap, loader.
        program: Meltano's own.
        project: Folder with the `meltano.yml`.
        variables: The environment of the run; without them that of this process.
    """
    command = [program, "--log-format=json", "run", *arguments]
    of_loader = 0
    with _running(command, project, variables) as meltano:
        for line in t.cast("t.TextIO", meltano.stderr):
            sys.stderr.write(line)
            of_loader = _exit_code_of_loader(line) or of_loader
    return _as_of_a_shell(of_loader or meltano.returncode)


@contextlib.contextmanager
def _running(
    command: Sequence[str], project: str, variables: Mapping[str, str] | None
) -> Iterator[subprocess.Popen[str]]:
    """Start Meltano; end it with this process, in the time that it needs for that."""
    with subprocess.Popen(command, cwd=project, env=variables, stderr=subprocess.PIPE, text=True) as meltano:
        try:
            yield meltano
        except BaseException:
            meltano.terminate()
            sys.stderr.write(meltano.communicate()[1])
            raise


def _exit_code_of_loader(line: str) -> int:
    try:
        record = json.loads(line)
    except ValueError:
        return 0
    codes = record.get("exit_codes") if isinstance(record, dict) else None
    return int(codes.get("loaders") or 0) if isinstance(codes, dict) else 0


def _as_of_a_shell(code: int) -> int:
    return code if code >= 0 else ENDED_BY_SIGNAL - code


def _end(number: int, _frame: object) -> t.NoReturn:
    sys.exit(ENDED_BY_SIGNAL + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(run_meltano(sys.argv[1:]))
