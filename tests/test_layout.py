"""Only one module knows each part of the outside. Which folder may know which, `lint-imports` holds."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest

PACKAGE = "target_activecampaign"
FOLDER = Path(__file__).parents[1] / PACKAGE

# What only one module, or the parts of one, may know of the outside.
ONE_DOOR = {
    "requests": "api.transport",
    "urllib3": "api.transport",
    "time": "clock",
    "email_validator": "contacts.email_address",
    "jsonschema": "singer.validator",
    "signal": "run.signals",
    "sqlalchemy": """ledger.bulk_sql ledger.confirmations ledger.data_key ledger.database ledger.driver_errors
        ledger.figures ledger.ledger ledger.list_lock ledger.members ledger.migrations ledger.opening
        ledger.schema ledger.sqlite_file""",
    "sqlite3": "storage.spilling_map",
    "cryptography": "ledger.crypto",
    "filelock": "ledger.list_lock",
    "pyarrow": "singer.parquet",
}
READS_THE_CLOCK = {"now", "today", "utcnow"}  # methods of `datetime` and `date`


def modules() -> list[str]:
    """Dotted names below the package, without the sandbox, which has doors of its own."""
    paths = (path.relative_to(FOLDER).with_suffix("") for path in FOLDER.rglob("*.py"))
    return sorted(".".join(path.parts) for path in paths if path.parts[0] != "sandbox")


def parse(module: str) -> ast.Module:
    return ast.parse(FOLDER.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8"))


def imports_in(tree: ast.AST) -> t.Iterator[str]:
    """Dotted names that are imported anywhere in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("library", ONE_DOOR)
def test_only_one_module_knows_each_part_of_the_outside(library: str) -> None:
    knowing = [
        module
        for module in modules()
        if library in {name.split(".")[0] for name in imports_in(parse(module))}
    ]
    assert sorted(knowing) == sorted(ONE_DOOR[library].split())


def test_only_one_module_reads_the_clock() -> None:
    knowing = {
        module
        for module in modules()
        for node in ast.walk(parse(module))
        if isinstance(node, ast.Attribute)
        and node.attr in READS_THE_CLOCK
        and ast.unparse(node.value) in {"dt.datetime", "dt.date", "datetime", "datetime.datetime", "date"}
    }
    assert knowing == {"clock"}


def test_the_sandbox_names_no_module_of_the_rest() -> None:
    """Not even in a string, which `lint-imports` does not see."""
    inside = f"{PACKAGE}.sandbox"
    for path in FOLDER.glob("sandbox/**/*.py"):
        texts = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        names = {text for text in texts if text.startswith(f"{PACKAGE}.")}
        assert all(name.startswith(inside) for name in names), path.name
