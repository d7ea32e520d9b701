"""Measures how fast records become contacts, without the network, beside a do-nothing target on the bare SDK.

    python tests/benchmarks/cpu_path.py [--records 100000] [--rounds 5] [--json FILE] [--short]

The contenders read the same file in turn, each in a process of its own, for `--rounds` rounds. The figure is
the processor time from the first line to the last, less that for a file with a single record, which is
the start. Other work on the machine disturbs it less than the time on the clock.

`ours, all unchanged` is a whole run against the sandbox with a ledger that knows every contact, so that
nothing is sent. `ours, dry run` has no ledger, so that every contact is new, and sends nothing. `ours, no
delivery` ends where the delivery would take a contact.

Options:
    --records N   records in the file, some 410 bytes each
    --rounds N    how often each contender runs; the medians are compared
    --seed N      another seed makes other people
    --json FILE   writes the figures there
    --short       60,000 records, 3 rounds, no table of steps; exit code 1 where `ours, all unchanged` has
                  less than 5 times the pace of the bare SDK
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bare_sdk_target import BareTarget
from benchmarks.made_up_input import SCHEMA, lines
from singer_sdk.contrib.msgspec import MsgSpecReader

from target_activecampaign.config.settings import FieldMapping, StreamExport
from target_activecampaign.contacts.contact import Contact
from target_activecampaign.contacts.custom_fields import CustomField
from target_activecampaign.contacts.email_address import normalise_email
from target_activecampaign.contacts.mapping import MappingOptions, RecordMapper, compile_mapping
from target_activecampaign.contacts.phone import normalise_phone
from target_activecampaign.reporting.report import StreamFigures
from target_activecampaign.sandbox import serve
from target_activecampaign.singer.completeness import Completeness
from target_activecampaign.singer.json_values import parse_json
from target_activecampaign.singer.mapped_schema import find_parts, join_parts
from target_activecampaign.singer.messages import DecodedRecords
from target_activecampaign.singer.reader import MessageReader
from target_activecampaign.singer.record_decoder import compile_record_decoder
from target_activecampaign.singer.schema_keywords import REFUSING_KEYWORDS
from target_activecampaign.singer.validator import RecordValidator
from target_activecampaign.sinks import METADATA
from target_activecampaign.storage.keyed_hash import KeyedHash
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_activecampaign.contacts.contact import Origin, Rejection
    from target_activecampaign.singer.mapped_schema import Part
    from target_activecampaign.singer.record_decoder import RecordDecoder

LEAST_RATIO = 5.0
URL = "BENCHMARK_SANDBOX_URL"
FIRST = "first.singer"
JUDGED = "ours, all unchanged"
CONFIG: dict[str, t.Any] = {
    "api_key": "sandbox",
    "data_privacy_consent": True,
    "list_id": 1,
    "tags": ["imported"],
    "account_limit_guard": False,  # a sandbox has room for 100,000
    "field_mapping": {
        **{name: name for name in ("email", "first_name", "last_name", "phone")},
        "custom_fields": {
            "City": "city",
            "Loyalty code": "plan",
            "Customer since": "customer_since",
            "Lifetime value": "revenue",
        },
    },
}
LEDGER: dict[str, t.Any] = {"ledger_url": "sqlite:///ledger.db"}
FIELDS = {
    name: CustomField(number, name, name.upper(), kind)
    for number, (name, kind) in enumerate(
        {"city": "text", "plan": "dropdown", "customer_since": "date", "revenue": "number"}.items(), start=1
    )
}


def compile_made_up_mapping(schema: Mapping[str, t.Any] = SCHEMA) -> RecordMapper:
    """Four attributes and four custom fields of twelve properties."""
    attributes = {name: name for name in ("first_name", "last_name", "phone")}
    tags = "tags" if "tags" in schema["properties"] else None
    mapping = FieldMapping("email", attributes, tags=tags, custom_fields={key: key for key in FIELDS})
    return compile_mapping(
        "people", schema, StreamExport(1, mapping, ("imported",)), FIELDS, MappingOptions()
    )


def compile_made_up_decoder(mapper: RecordMapper) -> tuple[RecordDecoder, RecordMapper]:
    """What reads those records without a dictionary, and maps what it reads.

    Raises:
        SystemExit: If it can't read records of this schema.
    """
    schema = join_parts(parts_of(mapper), {*filter(None, mapper.properties), "id"})
    decoder = compile_record_decoder(schema, keys=["id"], metadata=METADATA, keywords=REFUSING_KEYWORDS)
    pick = None if decoder is None else decoder.picker(mapper.properties)
    if decoder is None or pick is None:
        raise SystemExit("the schema is none that a struct answers for")
    return decoder, mapper.for_records(pick)


def parts_of(mapper: RecordMapper) -> list[Part]:
    """Return what the schema says of what is mapped, and of the key."""
    return find_parts(SCHEMA, [*filter(None, mapper.values[1:]), ("id",)], [])


class CountingRun:
    """Takes the place of the run, and counts the contacts that arrive."""

    keeps_records = is_mirror = needs_keys = False
    people = opt_outs = outcomes_file = None
    ignores_deletions = True

    def __init__(self) -> None:
        self.completeness = Completeness()
        self.figures = StreamFigures()
        self.contacts = self.rejected = 0

    def begin(self) -> None:
        """Open nothing."""

    def note_schema(self, _: str) -> None:
        """Note nothing."""

    def open_stream(self, _: str, schema: Mapping[str, t.Any]) -> RecordMapper:
        """Compile the mapping."""
        return compile_made_up_mapping(schema)

    def observe(self, _: str, keys: Sequence[str], mapper: RecordMapper) -> None:
        """Have nobody watch."""

    def figures_of(self, _: str) -> StreamFigures:
        """Return the figures that the sink adds to."""
        return self.figures

    @property
    def delivery(self) -> CountingRun:
        """The run itself."""
        return self

    def add(self, results: Sequence[Contact | Rejection], origins: Sequence[Origin]) -> None:
        """Count."""
        contacts = sum([isinstance(result, Contact) for result in results])
        self.contacts += contacts
        self.rejected += len(results) - contacts

    def add_state(self, state: object) -> None:
        """Keep no STATE."""

    def finish(self) -> None:
        """Finish nothing."""

    def fail(self, exit_code: int) -> None:
        """Settle nothing."""


class QuickReaderTarget(BareTarget):
    """The bare SDK with the faster of its two readers."""

    message_reader_class = MsgSpecReader


def bare(path: Path) -> Callable[[], object]:
    """Prepare the bare SDK."""
    return functools.partial(BareTarget().listen, path.open(encoding="utf-8"))


def bare_with_msgspec(path: Path) -> Callable[[], object]:
    """Prepare the bare SDK with its reader that uses `msgspec`."""
    return functools.partial(QuickReaderTarget().listen, path.open(encoding="utf-8"))


def ours(path: Path) -> Callable[[], object]:
    """Prepare the target, with a run that counts contacts instead of delivering them."""
    target = TargetActiveCampaign(config={**CONFIG, "hostname": "sandbox"})
    run = CountingRun()
    target.current_run = t.cast("t.Any", run)

    def read() -> None:
        target.listen(t.cast("t.Any", path.open("rb")))
        if run.rejected or not run.contacts:
            raise SystemExit(f"{run.contacts} contacts, {run.rejected} rejected")

    return read


def whole_run(path: Path, **settings: object) -> Callable[[], object]:
    """Prepare a run from the first line to the exit code."""
    hostname = os.environ[URL]
    target = TargetActiveCampaign(config={**CONFIG, "hostname": hostname, **settings})

    def read() -> None:
        with path.open("rb") as file:
            exit_code = target.run_to_end(file)
        if exit_code:
            raise SystemExit(exit_code)

    return read


def fill_ledger(path: Path) -> Callable[[], object]:
    """Prepare the run after which every record is unchanged."""
    raised = {"requests_per_second": 100_000, "imports_per_minute": 6_000_000}
    return whole_run(path, **LEDGER, **raised, verify="none")


CONTENDERS: dict[str, Callable[[Path], Callable[[], object]]] = {
    "bare SDK": bare,
    "bare SDK, msgspec reader": bare_with_msgspec,
    "ours, no delivery": ours,
    "ours, dry run": functools.partial(whole_run, dry_run=True),
    JUDGED: functools.partial(whole_run, **LEDGER),
}
"""Name to a function that prepares a target and returns what reads the file to its end."""


def main() -> int:
    """Compare, and print tables.

    Returns:
        1 where `--short` finds the goal missed, else 0.
    """
    options = parse_arguments()
    if options.contender:
        read = {**CONTENDERS, "fill ledger": fill_ledger}[options.contender](options.file)
        started = time.process_time()
        read()
        say(str(time.process_time() - started))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "input.singer")
        path.write_bytes(b"".join(lines(options.records, options.seed)))
        Path(folder, FIRST).write_bytes(b"".join(lines(1, options.seed)))
        with serve(with_limits=False, progress="at-once") as sandbox:
            os.environ[URL] = sandbox.url
            microseconds = compare(path, options.records, options.rounds)
    steps = {} if options.short else measure_steps()
    ratios = {name: microseconds["bare SDK"] / cost for name, cost in microseconds.items()}
    if options.json:
        figures = {"microseconds": microseconds, "ratios": ratios, "steps": steps}
        options.json.write_text(json.dumps(figures))
    return 1 if options.short and ratios[JUDGED] < LEAST_RATIO else 0


def compare(path: Path, records: int, rounds: int) -> dict[str, float]:
    """Run the contenders and print their pace.

    Returns:
        Contender to microseconds of processor time a record.
    """
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    time_in_its_own_process("fill ledger", path)
    for _ in range(rounds):
        for name in CONTENDERS:
            start = time_in_its_own_process(name, path.with_name(FIRST))
            seconds[name].append(time_in_its_own_process(name, path) - start)
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    base = medians["bare SDK"]
    for name, median in medians.items():
        microseconds = median / records * 1e6
        pace = f"{records / median:>10,.0f} records/s{microseconds:>8.1f} us/record"
        say(f"{name:30}{pace}{base / median:>7.2f}x")
    return {name: median / records * 1e6 for name, median in medians.items()}


def time_in_its_own_process(name: str, path: Path) -> float:
    """Return the seconds of processor time that a contender takes."""
    command = [sys.executable, str(Path(__file__).resolve()), "--contender", name, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(done.stdout.splitlines()[-1])


def measure_steps(count: int = 20_000) -> dict[str, float]:
    """Print how long each step takes alone, in microseconds of processor time a record."""
    raw = b"".join(line for line in lines(count) if b'"RECORD"' in line)
    rows = raw.splitlines(keepends=True)
    records = [json.loads(row)["record"] for row in rows]
    mapper, fingerprint = compile_made_up_mapping(), KeyedHash.random()
    validator = RecordValidator(parts_of(mapper))
    decoder, struct_mapper = compile_made_up_decoder(mapper)
    structs = read_all(decoder, raw)
    contacts = [t.cast("Contact", mapper.map(record)) for record in records]
    payloads = [contact.payload for contact in contacts]
    phones = [record["phone"] for record in records if record["phone"]]
    addresses = [record["email"] for record in records]
    steps: dict[str, Callable[[], object]] = {
        "read and validate": lambda: read_all(decoder, raw),
        "  else: decode": lambda: [parse_json(row) and None for row in rows],
        "  else: validate": lambda: [validator.find_faults(record) for record in records],
        "map and encode": lambda: [struct_mapper.map(struct) and None for struct in structs],
        "  of it: email": lambda: [normalise_email(address) and None for address in addresses],
        "  of it: phone": lambda: [normalise_phone(phone, None) and None for phone in phones],
        "  of it: encode": lambda: [bool(Contact.of(payload, 1).body) for payload in payloads],
        "fingerprint": lambda: [fingerprint(contact.body) and None for contact in contacts],
    }
    microseconds = {name: least_seconds(step) / count * 1e6 for name, step in steps.items()}
    for name, cost in microseconds.items():
        say(f"{name:30}{cost:>8.2f} us/record")
    return microseconds


def read_all(decoder: RecordDecoder, lines_of_records: bytes) -> list[t.Any]:
    """Records of the stream `people`, as the target reads them."""
    reader = MessageReader()
    reader.decoders.add("people", decoder)
    found = reader.read(io.BytesIO(lines_of_records))
    return [record for part in found if isinstance(part, DecodedRecords) for record in part.records]


def least_seconds(step: Callable[[], object], rounds: int = 5) -> float:
    """Return the least processor time of several rounds."""
    found = []
    for _ in range(rounds):
        started = time.process_time()
        step()
        found.append(time.process_time() - started)
    return min(found)


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--contender", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.short:
        options.records, options.rounds = 60_000, 3
    return options


if __name__ == "__main__":
    sys.exit(main())
