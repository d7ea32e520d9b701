"""Which module may know which: a newcomer guesses the file before searching, and arrows point down only."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest

PACKAGE = "target_activecampaign"
FOLDER = Path(__file__).parents[1] / PACKAGE

# Each module, and those of ours that it knows. A module knows only what stands above it.
MAY_KNOW = {
    "errors": "",
    "secret": "",
    "hostname": "",
    "rate_limits": "",
    "pacing": "rate_limits",
    "acknowledgement": "",
    "identity_store": "errors",
    "keyed_hash": "",
    "email_store": "identity_store keyed_hash",
    "run_memory": "email_store",
    "completeness": "",
    "email_address": "",
    "phone": "",
    "custom_fields": "",
    "quick_check": "",
    "validation": "quick_check",
    "typed_records": "quick_check",
    "exclusions": "",
    "contact": "",
    "privacy": "",
    "process": "",
    "stream_maps": "",
    "ledger_secrecy": "secret keyed_hash",
    "ledger_schema": "errors",
    "ledger_sets": "",
    "ledger_database": "errors secret ledger_schema",
    "ledger_lock": "ledger_database ledger_schema",
    "ledger": "errors secret ledger_secrecy ledger_schema ledger_sets ledger_database ledger_lock",
    "mirror": "errors completeness identity_store ledger",
    "interruption": "errors",
    "reader": "errors typed_records",
    "parquet_rows": "",
    "batch_files": "errors parquet_rows reader",
    "state_output": "errors",
    "rejects": "errors contact",
    "report": "errors contact",
    "batching": "acknowledgement contact",
    "intake": "batching pacing",
    "lanes": "batching",
    "outbox": "contact batching lanes",
    "bookkeeping": "batching contact ledger",
    "allowance": "batching",
    "following": "batching",
    "settings_section": "",
    "settings_schema": "batching",
    "settings_environment": "settings_schema",
    "settings": "errors hostname secret settings_schema settings_section",
    "mapping": "errors contact custom_fields email_address phone settings typed_records",
    "answers": "errors custom_fields exclusions",
    "transport": "answers secret",
    "client": "errors secret rate_limits pacing custom_fields exclusions allowance answers transport",
    "rehearsal": "answers client contact email_store",
    "connection": "errors allowance custom_fields exclusions settings client",
    "verification": "batching following settings answers client",
    "couriers": "pacing client delivery",
    "verdicts": "acknowledgement batching bookkeeping contact intake outbox report run_memory",
    "delivery": "errors pacing acknowledgement keyed_hash contact batching bookkeeping intake outbox "
    "verdicts allowance following report state_output settings answers client verification couriers",
    "sandbox": "",
    "run": "errors pacing contact custom_fields exclusions interruption rejects report state_output settings "
    "mapping client connection delivery sandbox bookkeeping completeness ledger mirror rehearsal secret",
    "sinks": "contact validation typed_records mapping report target",
    "ledger_command": "email_address errors privacy secret settings settings_environment ledger",
    "command": "privacy ledger_command sandbox",
    "target": "errors contact interruption reader batch_files settings_schema settings_environment "
    "settings run sinks command privacy process stream_maps",
    "__main__": "target",
    "__init__": "",
}
# Two that look up, for the sake of types alone: what they are handed when they are made.
LOOKS_UP_FOR_TYPES = {("couriers", "delivery"), ("sinks", "target")}

# What only one module, or the parts of one, may know of the outside.
ONE_DOOR = {
    "requests": "transport",
    "urllib3": "transport",
    "tenacity": "client",
    "time": "pacing",
    "pyrate_limiter": "rate_limits",
    "email_validator": "email_address",
    "jsonschema": "validation",
    "signal": "interruption",
    "sqlalchemy": "ledger ledger_database ledger_lock ledger_schema",
    "sqlite3": "identity_store ledger_database",
    "cryptography": "ledger_secrecy",
    "filelock": "ledger_lock",
    "pyarrow": "parquet_rows",
}


def imports_in(tree: ast.AST) -> t.Iterator[str]:
    """Dotted names that are imported anywhere in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def ours_in(tree: ast.AST) -> set[str]:
    """Modules of ours, below the package, that are imported anywhere in a file."""
    return {name.split(".")[1] for name in imports_in(tree) if name.startswith(f"{PACKAGE}.")}


def modules() -> list[str]:
    return sorted([path.stem for path in FOLDER.glob("*.py")] + ["sandbox"])


def for_types_alone(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "t.TYPE_CHECKING":
            found |= ours_in(node)
            node.body = []
    return found - ours_in(tree)


def test_the_table_names_every_module() -> None:
    assert sorted(MAY_KNOW) == modules()


@pytest.mark.parametrize("module", [name for name in MAY_KNOW if name != "sandbox"])
def test_a_module_knows_exactly_what_the_table_says(module: str) -> None:
    assert sorted(ours_in(parse(FOLDER / f"{module}.py"))) == sorted(MAY_KNOW[module].split())


def test_arrows_point_down_only() -> None:
    order = list(MAY_KNOW)
    upwards = {
        (module, known)
        for module, names in MAY_KNOW.items()
        for known in names.split()
        if order.index(known) >= order.index(module)
    }
    assert upwards == LOOKS_UP_FOR_TYPES
    for module, known in upwards:
        assert known in for_types_alone(parse(FOLDER / f"{module}.py"))


def test_the_emulator_knows_nothing_of_the_rest() -> None:
    inside = f"{PACKAGE}.sandbox"
    for path in FOLDER.glob("sandbox/**/*.py"):
        tree = parse(path)
        texts = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        names = {name for name in (*imports_in(tree), *texts) if name.startswith(f"{PACKAGE}.")}
        assert all(name.startswith(inside) for name in names), path.name


def test_only_one_module_knows_each_part_of_the_outside() -> None:
    doors: dict[str, set[str]] = {name: set() for name in ONE_DOOR}
    for path in FOLDER.glob("*.py"):
        for name in {name.split(".")[0] for name in imports_in(parse(path))} & doors.keys():
            doors[name].add(path.stem)
    assert doors == {name: set(modules.split()) for name, modules in ONE_DOOR.items()}
