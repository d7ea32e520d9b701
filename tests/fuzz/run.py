"""A long round: in the folder `tests`, `python -m fuzz.run messages --seconds 600`.

With `atheris` installed (`pip install atheris`) it is guided by coverage; without, inputs are made blindly.
The input that broke a promise is written to `crash-<entry>`; `--file` tries it again.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import logging
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from fuzz.mutation import SEEDS, inputs

if t.TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entry", choices=sorted(SEEDS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", type=Path, help="an input to try, instead of many")
    chosen = parser.parse_args()
    logging.disable()  # millions of inputs must not write millions of lines
    if chosen.file:
        _entry(chosen.entry)(chosen.file.read_bytes())
    elif importlib.util.find_spec("atheris"):
        _run_guided(chosen.entry, chosen.seconds, chosen.seed)
    else:
        _run_blindly(chosen.entry, chosen.seconds, chosen.seed)


def _entry(name: str) -> Callable[[bytes], None]:
    from fuzz.entries import ENTRIES  # noqa: PLC0415 - under the eyes of atheris, where that is there

    return ENTRIES[name]


def _run_guided(name: str, seconds: int, seed: int) -> None:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["target_activecampaign", "email_validator"]):
        entry = _entry(name)
    with tempfile.TemporaryDirectory() as corpus:
        for number, content in enumerate(SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(content)
        options = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=20000", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], *options, f"-exact_artifact_path=crash-{name}", corpus], entry)
        atheris.Fuzz()


def _run_blindly(name: str, seconds: int, seed: int) -> None:
    entry = _entry(name)
    end = time.monotonic() + seconds
    for count, content in enumerate(inputs(name, seed)):
        try:
            entry(content)
        except Exception:
            Path(f"crash-{name}").write_bytes(content)
            raise
        if time.monotonic() > end:
            sys.stdout.write(f"{name}: {count + 1} inputs, no promise broken\n")
            return


if __name__ == "__main__":
    main()
