"""Each part of the outside world has one door. `lint-imports` checks which folder may import which."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest

PACKAGE = "target_activecampaign"
FOLDER = Path(__file__).parents[1] / PACKAGE

# Library to the modules, or the folders, that may import it.
ONE_DOOR = {
    "requests": "api.transport api.proxies",  # what it makes of the environment's proxies
    "urllib3": "api.transport api.proxies api.deadlines",
    "time": "clock",
    "email_validator": "contacts.email_address",
    "jsonschema": "singer.json_schema",
    "signal": "run.signals",
    "sqlalchemy": "ledger shared_limits",
    "redis": "shared_limits.redis_server",
    "sqlite3": "storage.spilling_map ledger.backup",  # its own backup API
    "cryptography": "ledger.crypto",
    "filelock": "ledger.list_lock reporting.runs_file",  # the lists; a file of ours
    "pyarrow": "singer.parquet",
    "matplotlib": "report_page.drawing",
    "jinja2": "report_page.page",
    "webbrowser": "cli.report",
    "socket": "ledger.list_lock api.deadlines",  # the host's name alone; the end of a connection
}
NO_DOOR = ["http.client", "urllib.request.urlopen", "urllib.request.Request", "httpx", "aiohttp", "ssl"]
READS_THE_CLOCK = {"now", "today", "utcnow"}  # methods of `datetime` and `date`
WAITS = {"wait", "wait_for"}  # methods of an event or a condition


def modules() -> list[str]:
    """Return dotted names below the package, without the sandbox, which has doors of its own."""
    paths = (path.relative_to(FOLDER).with_suffix("") for path in FOLDER.rglob("*.py"))
    return sorted(".".join(path.parts) for path in paths if path.parts[0] != "sandbox")


def parse(module: str) -> ast.Module:
    return ast.parse(FOLDER.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8"))


def imports_in(tree: ast.AST) -> t.Iterator[str]:
    """Yield the dotted names that a file imports, functions and `TYPE_CHECKING` included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written out"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def door_of(module: str, library: str) -> str:
    """Return the door that the module is, or is in; a module without one stands for itself."""
    doors = ONE_DOOR[library].split()
    return next((door for door in doors if f"{module}.".startswith(f"{door}.")), module)


def modules_that_import(library: str) -> list[str]:
    return [
        module
        for module in modules()
        if any(f"{name}.".startswith(f"{library}.") for name in imports_in(parse(module)))
    ]


@pytest.mark.parametrize("library", ONE_DOOR)
def test_only_one_module_knows_each_part_of_the_outside(library: str) -> None:
    assert {door_of(module, library) for module in modules_that_import(library)} == set(
        ONE_DOOR[library].split()
    )


@pytest.mark.parametrize("library", NO_DOOR)
def test_there_is_no_second_way_to_the_network(library: str) -> None:
    assert modules_that_import(library) == []


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


def test_only_one_module_waits_for_a_time() -> None:
    knowing = {
        module
        for module in modules()
        for node in ast.walk(parse(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WAITS
        and (node.args or node.keywords)
        and not ast.unparse(node.func.value).endswith(("clock", "monitor"))
    }
    assert knowing == {"clock"}


def test_the_sandbox_names_no_module_of_the_rest() -> None:
    """`lint-imports` does not see a name in a string."""
    inside = f"{PACKAGE}.sandbox"
    for path in FOLDER.glob("sandbox/**/*.py"):
        texts = {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        names = {text for text in texts if text.startswith(f"{PACKAGE}.")}
        assert all(name.startswith(inside) for name in names), path.name
