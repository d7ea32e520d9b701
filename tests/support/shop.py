"""A made-up shop: its account at ActiveCampaign, and its customers in a file."""

from __future__ import annotations

import io
import typing as t
import zipfile

if t.TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = "shop-customers.csv"
WORKBOOK = "shop.xlsx"

_HEADER = "id;e-mail;given_name;surname;mobile;town;customer_since;language;interests;notes"
_TROUBLED = [
    "1001;Ada@Example.com;Ada;Lovelace;030 23125838;London;2024-02-05 10:00:00;fr;coffee, tea;",
    "1002;bob@example.com;Bob;;+44 20 7946 0123;Leeds;2024-02-06;de;Coffe;",
    "1003;not-an-address;Cy;Wrong;;;;;;called twice",
    "1004;dora@example.com;Dora;Dell;0151 23456789;Berlin;2024-02-07;de;mug;",
    "1005;;Nobody;Here;;;;;;",
    "1006;eve@example.com;Eve;Ember;12;Köln;2024-02-08;Deutsch;tea;",
    "1007;finn@example.com;Finn;Falk;;Bonn;2024-02-09;de;;",
    "1008;BOB@example.com;Bob;Bright;;Leeds;2024-02-06;de;;",
    "1009;gus@spam.example;Gus;Gray;;;;;;",
]
_GIVEN = ("Hal", "Ida", "Jan", "Kim", "Lea", "Max", "Nora")
_SURNAMES = ("Hill", "Iversen", "Jansen", "Klein", "Lund", "Maurer", "Nowak", "Olsen", "Peters")
_TOWNS = ("Rome", "Berlin", "Lyon", "Leeds", "Hamburg")
_CUSTOMERS, _NEWSLETTER, _VIP = 1, 3, 4

ACCOUNT: dict[str, t.Any] = {
    "lists": [
        {"name": "Customers"},
        {"name": "Texts", "channel": "sms"},
        {"name": "Newsletter"},
        {"name": "VIP"},
    ],
    "fields": [
        {"title": "City", "type": "text"},
        {"title": "Customer since", "type": "date"},
        {
            "title": "Language",
            "type": "dropdown",
            "options": [{"value": "de", "label": "German"}, {"value": "fr", "label": "French"}],
        },
    ],
    "tags": ["coffee", "tea", "shop-2025"],
    "exclusions": [{"matchPhrase": "@spam.example", "matchType": "end", "channel": "allEmail"}],
    "contacts": [
        {"email": "ada@example.com", "firstName": "A.", "lists": {str(_NEWSLETTER): 1}},
        {"email": "eve@example.com", "lists": {str(_CUSTOMERS): 1, str(_NEWSLETTER): 1}},
        *({"email": f"known{n}@example.com", "lists": {str(_NEWSLETTER): 1}} for n in range(60)),
        *({"email": f"buyer{n}@example.com", "lists": {str(_CUSTOMERS): 1}} for n in range(38)),
        *({"email": f"known{n}@example.com", "lists": {str(_VIP): 1}} for n in range(60, 67)),
    ],
    "contactLimit": 20_000,
}


def write_first_files(folder: Path) -> None:
    """Write the customers as Excel exports them, and the workbook beside them."""
    _write_customers(folder, [*_TROUBLED, *(_customer(number) for number in range(403))])
    workbook = io.BytesIO()
    with zipfile.ZipFile(workbook, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    (folder / WORKBOOK).write_bytes(workbook.getvalue())


def write_next_day(folder: Path) -> None:
    """Write the customers of the next day: some moved, some are new, most faults of the first are mended."""
    moved = [_customer(number).replace(";Rome;", ";Paris;") for number in range(60)]
    later = [_customer(number) for number in range(60, 431)]
    _write_customers(folder, [*_TROUBLED[:2], *_TROUBLED[3:4], *_TROUBLED[5:8], *moved, *later, _TROUBLED[4]])


def _write_customers(folder: Path, rows: list[str]) -> None:
    (folder / CUSTOMERS).write_text("\r\n".join([_HEADER, *rows]) + "\r\n", "utf-8")


def _customer(number: int) -> str:
    cells = [
        str(1010 + number),
        f"person{number}@example.com",
        _GIVEN[number % len(_GIVEN)],
        _SURNAMES[number % len(_SURNAMES)],
        f"0151 2345{number:04d}" if number % 3 else "",
        _TOWNS[number % len(_TOWNS)],
        f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        ("de", "fr")[number % 2],
        ("", "coffee, tea", "", "tea", "")[number % 5],
        "",
    ]
    return ";".join(cells)
