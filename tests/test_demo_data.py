"""The demo's customers are made up, dirty in every way that the README names, and the same everywhere."""

from __future__ import annotations

import csv
import importlib.util
import re
import typing as t
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.any_versions  # a file of the repository

DEMO = Path(__file__).parents[1] / "demo"
CUSTOMERS = DEMO / "customers.csv"
ADDRESS = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*@((mail|post|bureau)\.example|example\.(com|org|net))")
# Ranges that the regulators of Germany, the United Kingdom and France keep for film and television.
FICTIONAL_NUMBERS = re.compile(
    r"(\+49(0)?|0049|0)(3023125\d{3}|4066969\d{3}|17139200\d{2})"
    r"|(\+44(0)?)(2079460\d{3}|7700900\d{3})|(\+33|0033)(63998\d{4}|19900\d{4})"
)

Row: t.TypeAlias = "dict[str, str]"


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    with CUSTOMERS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_customers", DEMO / "make_customers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_writes_exactly_the_file_in_the_repository(script: ModuleType, tmp_path: Path) -> None:
    script.write(tmp_path / "customers.csv")
    assert (tmp_path / "customers.csv").read_bytes() == CUSTOMERS.read_bytes()


def test_another_seed_makes_other_people(script: ModuleType) -> None:
    assert script.customers(script.SEED) != script.customers(script.SEED + 1)


def test_there_are_a_thousand_rows_each_with_a_number_of_its_own(rows: list[Row]) -> None:
    assert len(rows) == len({row["id"] for row in rows}) == 1000


def test_45_rows_have_an_address_that_can_not_exist(rows: list[Row]) -> None:
    assert sum(not is_address(row) for row in rows) == 45


def test_75_rows_are_later_rows_of_somebody_in_the_file(rows: list[Row]) -> None:
    times = Counter(identity(row) for row in rows if is_address(row))
    assert len(times) == 880
    assert sum(times.values()) - len(times) == 75


def test_addresses_stand_in_other_letters_and_between_blanks(rows: list[Row]) -> None:
    addresses = [row["email"] for row in rows if is_address(row)]
    assert any(address.isupper() for address in addresses)
    assert any(address != address.lower() and not address.isupper() for address in addresses)
    assert any(address.startswith(" ") for address in addresses)
    assert any(address.endswith("\t") for address in addresses)


def test_a_later_row_changes_city_or_phone_or_leaves_the_phone_out(rows: list[Row]) -> None:
    changes: Counter[str] = Counter()
    latest: dict[str, Row] = {}
    for row in filter(is_address, rows):
        earlier = latest.get(identity(row))
        if earlier is not None:
            changes.update(column for column in ("city", "phone") if row[column] != earlier[column])
            changes["phone left out"] += bool(earlier["phone"]) and not row["phone"]
        latest[identity(row)] = row
    assert set(changes) == {"city", "phone", "phone left out"}


def test_every_kind_of_impossible_address_is_there(rows: list[Row], script: ModuleType) -> None:
    impossible = [row["email"] for row in rows if not is_address(row)]
    kinds = [re.compile(re.escape(kind).replace(r"\{0\}", r"[a-z.-]+")) for kind in script.IMPOSSIBLE]
    assert [kind.pattern for kind in kinds if not any(map(kind.fullmatch, impossible))] == []


@pytest.mark.parametrize(
    "script_name", ["LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "CJK", "HANGUL", "DEVANAGARI"]
)
def test_names_stand_in_many_scripts(rows: list[Row], script_name: str) -> None:
    names = "".join({row["first_name"] + row["last_name"] for row in rows})
    assert any(unicodedata.name(letter).startswith(script_name) for letter in names)


def test_phone_numbers_are_in_ranges_kept_for_fiction(rows: list[Row]) -> None:
    numbers = [re.sub(r"[ ()/-]", "", row["phone"]) for row in rows]
    strange = {number for number in numbers if number and not FICTIONAL_NUMBERS.fullmatch(number)}
    assert strange == {"onrequest", "0171", "seeinvoice", "na"}


def test_most_phone_numbers_are_local_ones(rows: list[Row]) -> None:
    assert sum(bool(re.match(r"\(?0[1-9]", row["phone"])) for row in rows) > 300


def identity(row: Row) -> str:
    return row["email"].strip().lower()


def is_address(row: Row) -> bool:
    return ADDRESS.fullmatch(identity(row)) is not None
