# ruff: noqa: INP001, RUF001, S311 - a script beside its data; its names are in many scripts; its dice are no secret
"""Owns `customers.csv`: a thousand made-up customers of a German shop for hobbies, and how they are made.

The data has the dirt of real life: addresses in other letters and with blanks around them, people who signed
up twice, addresses that can't exist, names in many scripts, phone numbers as people type them. The same seed
writes the same bytes on every supported Python.

The people are made up. Addresses are under domains that are reserved for examples (RFC 2606), and phone
numbers come from ranges that the regulators of Germany, France and the United Kingdom keep for film and
television.

Usage: `python demo/make_customers.py`
"""

from __future__ import annotations

import csv
import sys
import typing as t
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from random import Random

if t.TYPE_CHECKING:
    from collections.abc import Callable

# With this one every kind of dirt comes up.
SEED = 4
FIRST_ID = 10001
CUSTOMERS = 880
FIRST_NEW = 100
SECOND_SIGN_UPS = 75
IMPOSSIBLE_ADDRESSES = 45

COLUMNS = (
    "id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
    "postcode",
    "city",
    "country",
    "language",
    "interests",
    "consent_date",
    "customer_since",
    "lifetime_value",
)

Row = dict[str, str]


class People(t.NamedTuple):
    """Names of one script or language.

    Attributes:
        language: ISO 639 code of the language that the shop writes to these people in.
        given: Given names; where the script is not Latin, `native/latin`, for the address.
        family: Family names, in the same form.
    """

    language: str
    given: str
    family: str


PEOPLE = (
    People(
        "de", "Jürgen Käthe Björn Änne Lukas Frieda Jörg Anna-Lena", "Müller Groß Weiß Schäfer Köhler Vogel"
    ),
    People("de", "Emre Zeynep Çağla Oğuz", "Yıldız Şahin Öztürk Güneş"),
    People("de", "Łukasz Zofia Stanisław Małgorzata", "Wójcik Żak Dąbrowska Kowalczyk-Nowak"),
    People("fr", "François Zoé Anaïs Jean-Loïc", "Lefèvre D'Aubigné Beaufrère Guérin"),
    People("en", "Siobhán Nóra Owen Maeve", "O'Brien O’Dowd Smith-Jones MacIntyre"),
    People("en", "Thuỳ Đức Ngọc Hạnh", "Nguyễn Trần Phạm Đặng"),
    People("el", "Ελένη/eleni Γιώργος/giorgos Μαρία/maria", "Παππάς/pappas Οικονόμου/oikonomou"),
    People("de", "Олена/olena Тарас/taras Ганна/hanna", "Шевчук/shevchuk Коваль/koval Іваненко/ivanenko"),
    People("en", "ليلى/layla يوسف/yusuf نور/nour", "حداد/haddad النجار/alnajjar"),
    People("en", "נועה/noa איתן/eitan", "לוי/levi כהן/kohen"),
    People("en", "芳/fang 伟/wei 美咲/misaki", "王/wang 陈/chen 佐藤/sato"),
    People("en", "서연/seoyeon 민준/minjun", "김/kim 박/bak"),
    People("en", "अनन्या/ananya रोहन/rohan", "शर्मा/sharma वर्मा/varma"),
)
WEIGHTS = (34, 8, 8, 9, 8, 4, 4, 6, 5, 3, 4, 3, 4)

CITIES = {
    "DE": ("10115 Berlin", "20095 Hamburg", "80331 München", "50667 Köln", "60311 Frankfurt am Main"),
    "FR": ("75011 Paris", "67000 Strasbourg", "13001 Marseille"),
    "GB": ("SE1 London", "M1 Manchester", "EH1 Edinburgh"),
}
STREETS = {
    "DE": ("Lindenstraße", "Am Mühlgraben", "Goethestraße", "Kirchweg"),
    "FR": ("rue de l'Église", "avenue des Tilleuls", "quai Saint-Jean"),
    "GB": ("Mill Lane", "King's Road", "Station Road"),
}
HOME_OF = {"de": ("DE",), "el": ("DE",), "fr": ("FR", "FR", "DE"), "en": ("DE", "GB")}
DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example", "bureau.example")
INTERESTS = ("Cycling", "Cooking", "Gardening", "Music", "Reading", "Travel")
NEWEST_DAY = date(2026, 9, 30)

SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "đ": "d", "ı": "i"})

# Texts in the place of an address; most often there is none.
IMPOSSIBLE = (
    *("",) * 5,
    "n/a",
    "-",
    "unknown",
    "{0}.example.com",
    "{0}@@example.com",
    "{0}@example@com",
    "{0} {0}@example.com",
    "{0}@example.com.",
    "{0}..{0}@example.com",
    ".{0}@example.org",
    "{0}@",
    "@example.org",
    "{0}@example",
    "{0}@example,com",
    "{0}@-mail.example",
    "{0}@example .net",
)


def customers(seed: int = SEED) -> list[Row]:
    """Return all rows in the order of the file: a second sign-up stands below the first.

    Args:
        seed: The same seed gives the same rows.
    """
    dice = Random(seed)
    known: dict[str, Row] = {}
    rows = [ROW_OF[kind](dice, known) for kind in kinds(dice)]
    return [{"id": str(number), **row} for number, row in enumerate(rows, FIRST_ID)]


def kinds(dice: Random) -> list[str]:
    """Return the kind of each row; the first hundred are new, so that later ones can sign up again."""
    later = ["again"] * SECOND_SIGN_UPS + ["impossible"] * IMPOSSIBLE_ADDRESSES
    later += ["new"] * (CUSTOMERS - FIRST_NEW)
    dice.shuffle(later)
    return ["new"] * FIRST_NEW + later


def first_sign_up(dice: Random, known: dict[str, Row]) -> Row:
    """Return a new person, and remember them."""
    row = new_customer(dice)
    email = unused_address(row["email"], known)
    known[email] = row
    return {**row, "email": as_typed(dice, email)}


def second_sign_up(dice: Random, known: dict[str, Row]) -> Row:
    """Return a later row of a known person, with other letters in the address and something changed."""
    email = dice.choice(list(known))
    row = changed(dice, known[email])
    known[email] = row
    return {**row, "email": dice.choice((str.upper, str.title, str.lower))(email)}


def nobody(dice: Random, _known: dict[str, Row]) -> Row:
    """Return a customer without a usable address."""
    row = new_customer(dice)
    return {**row, "email": impossible_address(dice, row["email"])}


ROW_OF = {"new": first_sign_up, "again": second_sign_up, "impossible": nobody}


def new_customer(dice: Random) -> Row:
    """Return a made-up person with a good address."""
    people = dice.choices(PEOPLE, WEIGHTS)[0]
    first_name, first_latin = pick_name(dice, people.given)
    last_name, last_latin = pick_name(dice, people.family)
    country = dice.choice(HOME_OF[people.language])
    since = NEWEST_DAY - timedelta(days=dice.randrange(3000))
    return {
        "first_name": first_name,
        "last_name": last_name,
        "email": f"{first_latin}.{last_latin}@{dice.choice(DOMAINS)}",
        "phone": phone(dice, country),
        **postal_address(dice, country),
        "language": people.language,
        "interests": interests(dice),
        "consent_date": (since + timedelta(days=dice.randrange(20))).isoformat(),
        "customer_since": since.isoformat(),
        "lifetime_value": f"{dice.randrange(900, 90000) / 100:.2f}",
    }


def changed(dice: Random, earlier: Row) -> Row:
    """Return the row with something changed; an empty phone number takes nothing away."""
    country = earlier["country"]
    value = float(earlier["lifetime_value"]) + dice.randrange(500, 9000) / 100
    news = dice.choice(
        (
            postal_address(dice, country),
            {"phone": phone(dice, country)},
            {"phone": "", "interests": interests(dice)},
            {**postal_address(dice, country), "phone": phone(dice, country)},
        )
    )
    return {**earlier, **news, "lifetime_value": f"{value:.2f}"}


def impossible_address(dice: Random, email: str) -> str:
    """Return a text for the address column of which no address can be made."""
    return dice.choice(IMPOSSIBLE).format(email.partition("@")[0])


def unused_address(email: str, known: t.Collection[str]) -> str:
    """Return the address, with a number in it where another person has it already."""
    local, _, domain = email.partition("@")
    candidate, number = email, 1
    while candidate in known:
        number += 1
        candidate = f"{local}{number}@{domain}"
    return candidate


def as_typed(dice: Random, email: str) -> str:
    """Return the address as people type it: most know how, some shout, some add blanks."""
    habit: Callable[[str], str] = dice.choices(
        (str.lower, str.title, str.upper, "  {}".format, "{} ".format, "{}\t".format),
        (80, 6, 5, 4, 4, 1),
    )[0]
    return habit(email)


def phone(dice: Random, country: str) -> str:
    """Return a number from a range kept for fiction: as dialled at home, from abroad, or unreadable."""
    if dice.random() < 0.12:  # noqa: PLR2004 - share of customers who left none that can be read
        return dice.choice(("", "", "", "n/a", "-", "on request", "0171/", "see invoice"))
    two, three = f"{dice.randrange(100):02d}", f"{dice.randrange(1000):03d}"
    forms = {
        "DE": (
            "030 23125 {3}",
            "(030) 23125-{3}",
            "0171/39200{2}",
            "+49 171 39200{2}",
            "+49 (0)40 66969-{3}",
        ),
        "FR": ("+33 6 39 98 {2} 17", "0033 1 99 00 {2} 24"),
        "GB": ("+44 20 7946 0{3}", "+44 (0)7700 900{3}", "+44 7700 900 {3}"),
    }
    return dice.choice(forms[country]).replace("{2}", two).replace("{3}", three)


def postal_address(dice: Random, country: str) -> Row:
    """Return a postal address, in four columns since a CSV has no nesting."""
    postcode, _, city = dice.choice(CITIES[country]).partition(" ")
    street = f"{dice.choice(STREETS[country])} {dice.randrange(1, 120)}"
    return {"address": street, "postcode": postcode, "city": city, "country": country}


def interests(dice: Random) -> str:
    """Return up to three departments of the shop, with commas between them."""
    return ", ".join(sorted(dice.sample(INTERESTS, dice.randrange(4))))


def pick_name(dice: Random, names: str) -> tuple[str, str]:
    """Return a name in its own script, and in letters that an address can hold."""
    native, _, latin = dice.choice(names.split()).partition("/")
    return native, latin or latin_letters(native)


def latin_letters(name: str) -> str:
    """Return a name in small letters, without accents and apostrophes."""
    spelled = name.lower().translate(SPELLED_OUT)
    plain = unicodedata.normalize("NFKD", spelled)
    return "".join(letter for letter in plain if letter.isascii() and (letter.isalpha() or letter == "-"))


def write(path: Path) -> None:
    """Write the file, in UTF-8 with Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(customers())


if __name__ == "__main__":
    target = Path(__file__).with_name("customers.csv")
    write(target)
    sys.stdout.write(f"{target.name}: {CUSTOMERS + SECOND_SIGN_UPS + IMPOSSIBLE_ADDRESSES} customers\n")
