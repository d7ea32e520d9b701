"""A disk that is full: said before anything is sent, or no STATE over what could not be written down.

A limit on the size of files (`RLIMIT_FSIZE`) stands in for the disk: a write over it fails in the same way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t

from support.command import (
    config_for,
    record_message,
    run_target,
    schema_message,
    singer_lines,
    state_message,
)
from support.quick_target import outcome_of

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.command import Outcome

RECORDS = 300
FAST = {"requests_per_second": 1000, "imports_per_minute": 60_000, "max_rejected_percent": 90}


def half_are_bad(begin: int = 0) -> list[dict[str, t.Any]]:
    """From a record on; every second one has no address, and a STATE stands behind each."""
    messages: list[dict[str, t.Any]] = [schema_message()]
    for number in range(begin, RECORDS):
        email = "nobody" if number % 2 else f"person{number}@example.com"
        messages.append(record_message({"email": email, "first_name": str(number)}))
        messages.append(state_message(number + 1))
    return messages


def run_with_small_files(
    config: dict[str, t.Any], messages: list[dict[str, t.Any]], folder: Path, most_bytes: int
) -> Outcome:
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-m", "target_activecampaign", "--config", str(path)]
    program = (
        f"import os, resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {most_bytes})); "
        f"os.execv({sys.executable!r}, {command!r})"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        input=singer_lines(messages).encode(),
        capture_output=True,
        check=False,
        cwd=folder,
        timeout=60,
        # Coverage's own file would meet the limit, too.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
    )
    log = result.stderr.decode()
    assert "Traceback" not in log
    assert "Exception" not in log
    rejects = folder / "rejects.singer"
    if rejects.exists():  # the last line may be cut
        lines = [line for line in rejects.read_text().splitlines(keepends=True) if line.endswith("\n")]
        rejects.write_text("".join(lines))
    return outcome_of(config, result.returncode, result.stdout.decode(), log)


def numbers(outcome: Outcome) -> set[int]:
    return {int(line["record"]["first_name"]) for line in outcome.rejects if line["type"] == "RECORD"}


def test_a_full_disk_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    with serve(with_limits=False) as sandbox:
        config = config_for(sandbox.url, tmp_path, report_path=None)
        outcome = run_with_small_files(config, half_are_bad(), tmp_path, 1000)
        asked = sandbox.emulator.journal.after(0)
    assert outcome.exit_code == 1
    assert "rejects_path: can't write" in outcome.log
    assert outcome.log.count("ERROR") == 1
    assert asked == []


def test_no_state_covers_a_rejected_record_that_could_not_be_written_down(tmp_path: Path) -> None:
    with serve(with_limits=False, progress="at-once") as sandbox:
        config = config_for(sandbox.url, tmp_path, **FAST)
        outcome = run_with_small_files(config, half_are_bad(), tmp_path, 15_000)
        assert outcome.exit_code == outcome.report["exit_code"] == 1
        assert outcome.log.count("rejects_path: can't write") == 1
        last = max(outcome.states, default=0)
        assert numbers(outcome) >= set(range(1, last, 2))
        assert len(numbers(outcome)) < RECORDS / 2
        again = run_target(config, half_are_bad(last), tmp_path)
        assert again.exit_code == 0
        assert numbers(outcome) | numbers(again) == set(range(1, RECORDS, 2))
        assert len(sandbox.account.contacts) == RECORDS / 2


def test_a_report_that_cannot_be_written_ends_with_exit_code_1(tmp_path: Path) -> None:
    with serve(with_limits=False, progress="at-once") as sandbox:
        config = config_for(sandbox.url, tmp_path, rejects_path=None, **FAST)
        outcome = run_with_small_files(config, half_are_bad(), tmp_path, 300)
        assert len(sandbox.account.contacts) == RECORDS / 2
    assert outcome.exit_code == 1
    assert "report_path: can't write" in outcome.log
    assert outcome.states[-1] == RECORDS, "everything is delivered and confirmed"
    assert list(tmp_path.glob(".report*")) == [], "no half of it is left"
