"""Owns whether all of a text is one phone number, by how it is written. Pure.

It must not know the numbers of countries. What may be a range, an extension, two numbers, a date, an amount
or an address of a network is no number.
"""

from __future__ import annotations

import re

from target_activecampaign.contacts.text import strip_unseen

# What word processors put in the place of a blank and of a hyphen.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\xa0\u2002\u2003\u2007\u2008\u2009\u200a\u202f", " "),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
    }
)
# Most numbers: code and area, or a `0` and the area, then one or two groups.
_COMMON = re.compile(
    r"(?:\+[1-9]\d{0,2}[ -]?(?:\(\d{2,5}\)|\d{2,5})[ -]?|(?:\(0\d{1,4}\)|0\d{1,4})[ /-]?)"
    r"(?:[1-9]\d{2,3}[ -])?(?:[1-9]\d{3,7}|\d{4,5})",
    re.ASCII,
)
_NUMBER = re.compile(r"[(]?[+]?[ (]*[0-9][0-9 ().\-/]*[0-9]", re.ASCII)
_OTHER_THAN_DIGITS = re.compile(r"[^0-9]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_BLANKS = re.compile(r" +")
# A whole number that went through a float: text of a spreadsheet. It has no leading zero any more.
_FLOAT = re.compile(r"([1-9][0-9]*)\.0{1,2}", re.ASCII)
# A day and a month before the year or behind it, perhaps with the time.
_DATE = re.compile(
    "|".join(
        rf"(\d\d?){mark}(\d\d?){mark}(?:\d\d){{1,2}}(?: .*)?|(?:19|20)\d\d{mark}(\d\d?){mark}(\d\d?)(?: .*)?"
        for mark in (r"\.", "-", "/")
    )
    + r"|(\d\d?) (\d\d?) (?:19|20)\d\d|(?:19|20)\d\d (\d\d?) (\d\d?)",
    re.ASCII,
)
_LAST_DAY, _LAST_MONTH = 31, 12
# Of a person by their birthday (Sweden's `900101-1234`), or of an order by its year (`2024-0012345`).
_OTHER_NUMBER = re.compile(
    r"(?:19|20)?[1-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-\d{4}|(?:19|20)\d\d-\d{5,}", re.ASCII
)
_IP_ADDRESS = re.compile(r"(?:(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])(?:\.(?!$)|$)){4}", re.ASCII)
_AMOUNT = re.compile(r"\d+\.\d{1,2}|[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)
_PARENTHESES = re.compile(r"\([+]?[ ]*[0-9][0-9 ]*\)")
_DOUBLED_MARKS = re.compile(r"[-./] *[-./]|\( *\)| {3}")
# An area and what stands before it; the slash ends it. `(0)` is the prefix that is dialled from within.
_BEFORE_SLASH = re.compile(r"(?:(?:\+|00) ?\d{1,3}[ -]?)?(?:\(0\) ?)?\(?\d{1,6}\)? ?", re.ASCII)
_MOST_OF_AREA = 7  # with the code of its country
_FEWEST_BEHIND_SLASH = 4
_MOST_OF_EXTENSION = 3
_FEWEST_OF_NUMBER = 4
_FEWEST_OF_WHOLE_NUMBER = 6
_MOST_OF_COUNTRY = 5  # 00 and three digits
_MOST_PARENTHESES = 2


def find_number(text: str) -> str | None:
    """Return the digits of the one number that a text is, with its `+`; `None` where it may be else."""
    if not _COMMON.fullmatch(text):
        return _find_number(text)
    # A table of `str.translate` takes as long as the pattern.
    return text.replace(" ", "").replace("-", "").replace("/", "").replace("(", "").replace(")", "")


def _find_number(text: str) -> str | None:
    """Find any number, which takes ten times as long as to see that it is one as most are."""
    plain = strip_unseen(text).translate(_PLAIN)
    if whole := _FLOAT.fullmatch(plain):
        plain = whole[1]
    if not _NUMBER.fullmatch(plain) or not _is_one_number(plain):
        return None
    return f"{'+' * ('+' in plain)}{_OTHER_THAN_DIGITS.sub('', plain)}"


def _is_one_number(plain: str) -> bool:
    """Tell whether digits with marks between them are written as one number is."""
    return not (
        _AMOUNT.fullmatch(plain)
        or _IP_ADDRESS.fullmatch(plain)
        or _DOUBLED_MARKS.search(plain)
        or _is_date(plain)
        or _OTHER_NUMBER.fullmatch(plain)
        or not _has_only_known_parentheses(plain)
        or not _has_only_slash_behind_area(plain)
        or _has_second_number(plain)
    )


def _is_date(plain: str) -> bool:
    found = _DATE.fullmatch(plain)
    if found is None:
        return False
    one, other = sorted(int(part) for part in found.groups() if part)
    return 0 < one <= _LAST_MONTH and other <= _LAST_DAY


def _has_only_known_parentheses(plain: str) -> bool:
    """Tell whether parentheses hold nothing but an area, a country or the `0` of dialling from within."""
    before, parenthesis, _ = plain.partition("(")
    if not parenthesis:
        return ")" not in plain
    without, count = _PARENTHESES.subn(" ", plain)
    is_near_beginning = len(_OTHER_THAN_DIGITS.sub("", before)) <= _MOST_OF_COUNTRY
    return is_near_beginning and count <= _MOST_PARENTHESES and "(" not in without and ")" not in without


def _has_only_slash_behind_area(plain: str) -> bool:
    """Tell whether no slash stands elsewhere than behind an area: there it leads to other endings (`/68`)."""
    before, slash, behind = plain.partition("/")
    if not slash:
        return True
    is_area = before.lstrip("(").startswith(("+", "0")) and _BEFORE_SLASH.fullmatch(before)
    area = _OTHER_THAN_DIGITS.sub("", before.replace("(0)", "")).removeprefix("00")
    number = _OTHER_THAN_DIGITS.sub("", behind)
    return (
        bool(is_area)
        and len(area) <= _MOST_OF_AREA
        and "/" not in behind
        and len(number) >= _FEWEST_BEHIND_SLASH
    )


def _has_second_number(plain: str) -> bool:
    """Tell whether the last digits may be an extension or the end of a range, or some begin a number anew."""
    groups, marks = _DIGITS.findall(plain), _OTHER_THAN_DIGITS.findall(plain.lstrip("(+ "))
    if len(groups) == 1:
        return False
    before = len(groups[0])
    for group in groups[1:]:
        if group.startswith("0") and min(before, len(group)) >= _FEWEST_OF_WHOLE_NUMBER:
            return True
        before += len(group)
    *area, last_but_one, last = groups
    if len(last) > _MOST_OF_EXTENSION:
        return False
    if not area or _BLANKS.fullmatch(marks[-1]):  # `02225-123`, `030 1234 567`
        return len(last_but_one) >= _FEWEST_OF_WHOLE_NUMBER
    # All of `123-45-67` is grouped alike; `12 34 56 - 0` and `1234-56` are not.
    return len(last_but_one) >= _FEWEST_OF_NUMBER or marks[-1].strip() != marks[-2].strip()
