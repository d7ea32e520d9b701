"""Sends an hour's worth of imports through random faults, and compares the account with the records.

    python tests/benchmarks/soak.py [--imports 6000] [--rows 50] [--speed 60] [--seed 1]

The account must end as if every record had been applied one by one. Target and sandbox run on clocks of the
same speed, with the service's own limits; the target is a process of its own. Ends by itself, with exit code
0 where no contact is lost or stale, the STATEs came in order and the last of them came.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from support.command import config_for, record_message, schema_message, singer_lines, state_message  # noqa: E402
from support.quick_target import outcome_of  # noqa: E402

from target_activecampaign.sandbox import serve  # noqa: E402

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

IMPORT = "POST /import/bulk_import"
POLL = "GET /import/info"
FAULTS = [
    *(f"{where} status={status}" for where in (IMPORT, POLL, "*") for status in (500, 502, 503, 504, 403)),
    *(f"{where} {what}" for where in (IMPORT, POLL, "*") for what in ("cut", "html", "status=200 body='{'")),
    f"{IMPORT} cut effect",
    f"{IMPORT} status=502 effect",
    f"{IMPORT} status=413",
    f'{IMPORT} status=400 body=\'{{"message":"Rate limit exceeded."}}\'',
    '* status=429 header="Retry-After: 2"',
    f"{POLL} status=200 body='{{\"status\":false}}'",
    "* delay=3",
]
# One at a time: the third end of that kind for the same contacts stops a run, and should.
SINGLE_FAULTS = ["import fails applied=7", "import interrupted", f"{POLL} status=404"]
SECONDS_BETWEEN_FAULTS = 0.1
RECORDS_BETWEEN_STATES = 500


class Records:
    """The input, made as it is read.

    Attributes:
        last_of: Address to the number of the last record that names it: what the account must end with.
    """

    def __init__(self, count: int, seed: int) -> None:
        self.count = count
        self.last_of: dict[str, int] = {}
        self._random = random.Random(seed)  # noqa: S311 - made-up people

    def messages(self) -> Iterator[dict[str, t.Any]]:
        yield schema_message()
        for number in range(1, self.count + 1):
            person = number if self._random.random() < 0.9 else self._random.randint(1, number)
            email = f"person{person}@example.com"
            self.last_of[email] = number
            yield record_message({"email": email, "last_name": str(number)})
            if number % RECORDS_BETWEEN_STATES == 0 or number == self.count:
                yield state_message(number)


class FaultInjector:
    """Adds a fault at intervals until it is stopped."""

    def __init__(self, sandbox: RunningSandbox, seed: int) -> None:
        self.struck = 0
        self._faults = sandbox.emulator.faults
        self._random = random.Random(seed)  # noqa: S311 - a test
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Start adding faults."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and clear the faults."""
        self._stopped.set()
        self._thread.join()
        self._clear()

    def _run(self) -> None:
        rounds = 0
        while not self._stopped.wait(SECONDS_BETWEEN_FAULTS):
            rounds += 1
            if rounds % 10 == 0:
                self._clear()
            what = self._random.choice(FAULTS + SINGLE_FAULTS)
            times = 1 if what in SINGLE_FAULTS else self._random.randint(1, 3)
            self._faults.add(f"{what} next={times}")

    def _clear(self) -> None:
        self.struck += sum(fault["struck"] for fault in self._faults.as_list())
        self._faults.clear()


def main() -> int:
    """Run, and print figures."""
    options = parse_arguments()
    records = Records(options.imports * options.rows, options.seed)
    with (
        tempfile.TemporaryDirectory() as name,
        serve(speed=options.speed, progress="seconds=5", contact_limit=10**7) as sandbox,
    ):
        config = config_for(sandbox.url, Path(name), batch_size_rows=options.rows)
        injector = FaultInjector(sandbox, options.seed)
        begun = time.monotonic()
        injector.start()
        try:
            outcome = run_target(config, records, Path(name), options.speed)
        finally:
            injector.stop()
        seconds = time.monotonic() - begun
        people = {row["email"]: row["lastName"] for row in sandbox.snapshot(10**7)["contacts"]}
    minutes = seconds * options.speed / 60
    print(f"{injector.struck} faults, {seconds:.0f} s, {minutes:.0f} minutes of the service")  # noqa: T201 - a command
    return judge(records, people, outcome)


def judge(records: Records, people: dict[str, str], outcome: Outcome) -> int:
    """Compare the account with the records and print the result.

    Returns:
        0 where they agree and the last STATE came, else 1.
    """
    wrong = [email for email, number in records.last_of.items() if people.get(email) != str(number)]
    last = outcome.states[-1] if outcome.states else None
    print(  # noqa: T201 - a command
        f"{outcome.report['read']} records, {len(records.last_of)} people, "
        f"{outcome.report['imports']} imports, {outcome.report['requests']} requests; "
        f"{len(outcome.states)} STATEs, the last {last}; {len(wrong)} people lost or stale, "
        f"{len(people) - len(records.last_of)} too many, exit code {outcome.exit_code}"
    )
    is_good = not wrong and outcome.exit_code == 0 and outcome.states == sorted(outcome.states)
    if not is_good:
        print(outcome.log[-3000:])  # noqa: T201 - likewise
    return 0 if is_good and last == records.count else 1


def run_target(config: dict[str, t.Any], records: Records, folder: Path, speed: float) -> Outcome:
    """Run the target as a process and write the records into it."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    with (folder / "output").open("wb") as output, (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(TESTS / "support" / "quick_target.py"), str(speed), "--config", str(path)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=log,
            env={"PYTHONPATH": str(TESTS)},
        )
        assert process.stdin is not None
        try:
            for message in records.messages():
                process.stdin.write(singer_lines([message]).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it ended early; its log says why
        exit_code = process.wait()
    return outcome_of(config, exit_code, (folder / "output").read_text(), (folder / "log").read_text())


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--imports", type=int, default=6000)
    parser.add_argument("--rows", type=int, default=50, help="contacts in an import")
    parser.add_argument("--speed", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
