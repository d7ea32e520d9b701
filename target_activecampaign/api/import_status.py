"""The import status: how far an import is, and the contacts that it names (`GET /import/info`). Pure.

Owns the reading of `status`, `success` and `failure`. The reference shows lists of ids and of addresses.
Other forms that say the same are read as well: objects with an address and a reason, tables of addresses to
reasons, counts, HTML escapes, any letter case. A part that cannot be read becomes a doubt: the contacts are
then looked up in the account, and the run does not fail on it.
"""

from __future__ import annotations

import html
import json
import re
import typing as t
import urllib.parse
from dataclasses import replace
from http import HTTPStatus

from target_activecampaign.api.responses import ImportStatus, Response, TryAgainError, check_status, load_json
from target_activecampaign.api.service_words import read_words
from target_activecampaign.contacts.email_address import normalise_email

_UNREADABLE = ImportStatus("unreadable", doubt="its status can't be read", is_readable=False)
_NOT_FOUND = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY}
)

# Words: import status reference; their synonyms are assumed.
_COMPLETED = frozenset({"completed", "complete", "done", "finished"})
_OPEN = frozenset(
    {
        "waiting",
        "claimed",
        "active",
        "queued",
        "pending",
        "processing",
        "running",
        "importing",
        "started",
        "open",
    }
    | {"in progress", "in_progress", "inprogress"}
)
_LOST = frozenset({"failed", "failure", "interrupted", "cancelled", "canceled", "aborted"})

_LISTS = ("success", "failure")
_ADDRESS_KEYS = ("email", "emailaddress", "email_address", "address", "contact", "subscriber")
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
_MOST_UNESCAPING = 3
_MOST_DEPTH = 4
# No character before the `@` that the importer refuses in an address (bulk importer reference).
_ADDRESS_PATTERN = r"[^\s<>\"(),:;@\[\]\\]+@[^\s<>\"(),:;@\[\]\\]+"
_ADDRESSES = re.compile(_ADDRESS_PATTERN)
_ADDRESS = re.compile(rf"\s*(?:mailto:)?[\s<\"]*({_ADDRESS_PATTERN})(.*)", re.DOTALL)


def read_status(response: Response) -> ImportStatus:
    """Return the status of an import.

    `status` may be `false` within the first second; `waiting`, `claimed` and `active` are open. A 400 or 404
    stands for an import that the service does not know, or not yet (seen, weak).

    Raises:
        TryAgainError: If it is a web page: that comes with a bad key (seen).
        ServiceError: If no further try will change that.
    """
    if response.status in _NOT_FOUND:
        return ImportStatus("unknown")
    check_status(response)
    try:
        return read_import_status(load_json(response))
    except TryAgainError as error:
        if error.cause == "web page":
            raise
        return _UNREADABLE


def read_import_status(content: object) -> ImportStatus:
    """Return the status of an import from an answer's JSON; never raises."""
    if not isinstance(content, dict):
        return _UNREADABLE
    status = content.get("status")
    word = status.strip().casefold() if isinstance(status, str) else ""
    if word in _LOST:
        return ImportStatus("lost")
    if word in _COMPLETED:
        return _read_completed(content)
    if word in _OPEN or status is False:
        return ImportStatus("open")
    return _read_unknown_word(content) if word else _UNREADABLE


def _read_unknown_word(content: dict[str, t.Any]) -> ImportStatus:
    """Return the status of an import whose word nobody knows: it has ended where it names contacts."""
    names_some = any(content.get(key) and isinstance(content[key], (list, dict)) for key in _LISTS)
    if not names_some:
        return _UNREADABLE
    status = _read_completed(content)
    return replace(
        status, doubt="; ".join(filter(None, ("its status is no word that is known", status.doubt)))
    )


def _read_completed(content: dict[str, t.Any]) -> ImportStatus:
    created = _read_count(content.get("success"))
    failures = _Failures(content.get("failure"))
    doubts, unreadable = failures.doubts(), failures.is_unreadable
    if created is None:
        doubts.append("its successes can't be read")
        unreadable = True
    return ImportStatus(
        "completed",
        created or 0,
        frozenset(failures.reasons),
        {email: reason for email, reason in failures.reasons.items() if reason},
        "; ".join(doubts) or None,
        is_readable=not unreadable,
        tells_created=_tells_created(content.get("success")),
    )


def _tells_created(value: object) -> bool:
    """Tell whether a part `success` names who is new; a bare count may be a flag, or of another thing."""
    if isinstance(value, dict):
        return bool(value) and all(str(key).isdecimal() for key in value)
    return isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value)


def _read_count(value: object) -> int | None:
    """Return how many a list, an object or a count names; `None` where that can't be read."""
    if value is None or value is False or value == "":
        return 0
    if isinstance(value, (list, dict)):
        return len(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value) if value >= 0 and value == int(value) else None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:  # noqa: PLR2004 - of a batch
        return int(value)
    return None


class _Failures:
    """The contacts that an import did not take, as far as they can be read.

    Attributes:
        reasons: Address to reason; empty where none is given.
        is_unreadable: Whether there is an entry that has no form that can be read.
    """

    def __init__(self, value: object) -> None:
        self.reasons: dict[str, str] = {}
        self._counted = 0
        self._unreadable = 0
        self._is_missing = value is None
        if self._is_missing or value is False or value == "":
            pass
        elif (count := None if isinstance(value, (list, dict)) else _read_count(value)) is not None:
            self._counted = count
        else:
            self._take(value, 0)

    @property
    def is_unreadable(self) -> bool:
        return bool(self._unreadable or self._is_missing)

    def doubts(self) -> list[str]:
        doubts = []
        if self._is_missing:
            doubts.append("it does not say which contacts failed")
        if self._counted:
            doubts.append("it counts failures and names none")
        if self._unreadable:
            doubts.append("entries of its failures can't be read")
        return doubts

    def _take(self, value: object, depth: int) -> None:
        """Take one entry, or a list or table of entries."""
        if depth > _MOST_DEPTH:
            self._unreadable += 1
        elif isinstance(value, str):
            self._take_text(value, depth)
        elif isinstance(value, list):
            self._take_list(value, depth)
        elif isinstance(value, dict) and (value or not depth):
            self._take_object(value, depth)
        else:
            self._unreadable += 1

    def _take_text(self, text: str, depth: int) -> None:
        """Take an address, one with its reason behind it or around it, several in a row, or JSON."""
        several = _ADDRESSES.findall(_unescape(text))
        email, reason = _split_address(text)
        if (content := _load_nested(text)) is not None:
            self._take(content, depth + 1)
        elif len(several) > 1:
            self.reasons.update(dict.fromkeys(map(_identity_of, several), ""))
        elif email:
            self._note(email, reason)
        elif several:
            self._note(_identity_of(several[0]), read_words(text))
        else:
            self._unreadable += 1

    def _take_list(self, items: list[t.Any], depth: int) -> None:
        if depth and all(isinstance(item, str) for item in items) and len(items) > 1:
            first, *others = items
            if _split_address(first)[0] and not any(_split_address(other)[0] for other in others):
                self._note(_split_address(first)[0], read_words(others))
                return
        for item in items:
            self._take(item, depth + 1)

    def _take_object(self, item: dict[str, t.Any], depth: int) -> None:
        by_key = {str(key).casefold(): value for key, value in item.items()}
        named = next((by_key[key] for key in _ADDRESS_KEYS if by_key.get(key)), None)
        if isinstance(named, dict):
            named = next((named[key] for key in named if str(key).casefold() in _ADDRESS_KEYS), None)
        addresses = [_split_address(one)[0] for one in _texts(named)]
        if addresses and all(addresses):
            for email in addresses:
                self._note(email, read_words(item))
        else:
            for key, value in item.items():
                self._take_pair(key, value, depth)

    def _take_pair(self, key: str, value: object, depth: int) -> None:
        """Take an address with its reason, or an entry under any other key."""
        email, _ = _split_address(key)
        if email:
            self._note(email, read_words([value]))
        else:
            self._take(value, depth + 1)

    def _note(self, email: str, reason: str) -> None:
        self.reasons[email] = self.reasons.get(email) or reason


def _texts(value: object) -> list[str]:
    """Return a text, or the texts of a list of texts alone."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)] if all(isinstance(i, str) for i in items) else []


def _load_nested(text: str) -> object:
    """Return the list or object that a text holds as JSON; `None` for another text."""
    if not text.lstrip().startswith(("[", "{")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _split_address(text: str) -> tuple[str, str]:
    """Return the identity at the beginning of a text, and the rest; empty without one."""
    match = _ADDRESS.match(_unescape(text))
    if match is None:
        return "", ""
    return _identity_of(match[1]), read_words(match[2].strip(" \t\r\n<>:;,-\"'()|"))


def _identity_of(address: str) -> str:
    """Return the identity of an address that the service names, which may have its domain in Unicode."""
    bare = address.rstrip(".'`!?*")
    if len(bare) < len(address):
        bare = bare.lstrip("'`*")
    return normalise_email(bare) or bare.lower()


def _unescape(text: str) -> str:
    """Undo escapes for HTML and for addresses of the web.

    No address that the importer takes holds a semicolon, so an escape with one is none of the address's own.
    """
    for _ in range(_MOST_UNESCAPING):
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    return urllib.parse.unquote(text) if "@" not in text and "%40" in text else text
