"""Measures how long `preview` takes for a file of people, beside the dry run that it watches.

    python tests/benchmarks/preview.py [--records 1000000] [--short]

Both read the same CSV in turn, in this process, against a sandbox. The goal is a million rows in 60 s on the
clock of an idle machine; processor time is compared, since other work disturbs it less.

Options:
    --records N   rows of the file
    --short       100,000 rows; exit code 1 where the preview takes more than 1.5 times the dry run
"""

from __future__ import annotations

import argparse
import logging
import resource
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from target_activecampaign.preview.session import preview_rows
from target_activecampaign.preview.shown import Choice
from target_activecampaign.sandbox import serve
from target_activecampaign.source_files import open_source
from target_activecampaign.target import TargetActiveCampaign

HEADER = "id;e-mail;given_name;surname;mobile;town;customer_since;language;interests;notes\n"
MAPPING = {
    "email": "e-mail",
    "first_name": "given_name",
    "last_name": "surname",
    "phone": "mobile",
    "tags": "interests",
    "custom_fields": {"City": "town", "Customer since": "customer_since", "Language": "language"},
}
SHORT = 100_000
MOST_TIMES = 1.5


def main() -> int:
    options = _read_options()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, serve(with_limits=False, progress="at-once") as sandbox:
        path = Path(folder) / "people.csv"
        _write_rows(path, options.records)
        config = {
            "hostname": sandbox.url,
            "api_key": "sandbox",
            "data_privacy_consent": True,
            "list_id": 2,
            "account_limit_guard": False,
            "phone_region": "DE",
            "tags": ["vip"],
            "field_mapping": MAPPING,
        }
        dry = _measure("dry run", options.records, lambda: _run_dry(config, path))
        shown = _measure("preview", options.records, lambda: _preview(config, path))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"{shown / dry:.2f} times the dry run, peak {megabytes:.0f} MB")
    return int(options.short and shown > MOST_TIMES * dry)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    if options.short:
        options.records = SHORT
    return options


def _write_rows(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(count):
            file.write(
                f"{number};User{number}@Example.com;{'Ada' if number % 7 else 'ADA'};Name{number % 8455};"
                f"030 {1_000_000 + number};Town{number % 1204};2024-02-{1 + number % 28:02} 10:00:00;"
                f"{('de', 'en', 'Klingon', '')[number % 4]};{('coffee, tea', 'mug', '')[number % 3]};\n"
            )


def _measure(name: str, count: int, run: t.Callable[[], object]) -> float:
    began, processor = time.monotonic(), time.process_time()
    run()
    seconds, processor = time.monotonic() - began, time.process_time() - processor
    _say(f"{name}: {seconds:.1f} s, {1e6 * processor / count:.0f} us of the processor a row")
    return processor


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _run_dry(config: dict[str, t.Any], path: Path) -> None:
    target = TargetActiveCampaign(config={**config, "dry_run": True})
    assert target.run_to_end(_messages_of(path)) == 0


def _messages_of(path: Path) -> t.IO[bytes]:
    return t.cast("t.IO[bytes]", open_source(path).messages())


def _preview(config: dict[str, t.Any], path: Path) -> None:
    preview = preview_rows(lambda own: TargetActiveCampaign(config=own), config, _messages_of(path), Choice())
    assert preview.exit_code == 0


if __name__ == "__main__":
    sys.exit(main())
