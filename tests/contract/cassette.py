"""The anonymised record of a run: verdicts, and exchanges in which only what the suite sent is legible.

Everything else in an answer becomes a placeholder of its type: no address, name or key of the account, and
ids numbered anew. What the service says of errors and imports stays, since its words are what is asked.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from contract.workbench import CLEAN_UP, OK

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from contract.points import Finding, Point
    from contract.session import Exchange

FORMAT = 1
ID_KEYS = frozenset(
    {"id", "contact", "list", "tag", "field", "owner", "user", "userid", "listid", "relid", "contactid"}
)
WORD_KEYS = frozenset({"status", "type", "channel", "tagType", "forDate"})
SENTENCE_KEYS = frozenset({"message", "title", "detail", "code", "failureReason", "error", "pointer"})
NUMBER_KEYS = frozenset({"status", "success", "Success", "queued_contacts", "limit", "offset"})
PRIVATE_PATHS = ("/users/me", "/settings/account")
"""Answers about the account itself, of which types alone are kept."""
LONGEST_LIST = 5
LONGEST_TEXT = 200
SHORTEST_SECRET = 4
DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)?)?")
ANY_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}")
WORD = re.compile(r"[A-Za-z]{1,20}|\d")


class NotAnonymousError(Exception):
    """The cassette would have held something of the account; nothing was written."""


@dataclass
class Anonymiser:
    """Turns exchanges into records without content.

    Args:
        run: The mark of the run in names and addresses, which becomes `run`.
        sent: All texts that the suite sent.
    """

    run: str
    sent: frozenset[str]
    _ids: dict[str, int] = field(default_factory=dict)
    _batches: dict[str, str] = field(default_factory=dict)

    def record(self, exchange: Exchange) -> dict[str, t.Any]:
        """Return one exchange."""
        answer = exchange.answer
        is_error = answer.status not in (200, 201) or answer.path.startswith("/import")
        body = self._private(answer.body) if answer.path in PRIVATE_PATHS else None
        return {
            "point": exchange.point,
            "method": answer.method,
            "path": re.sub(r"\d+", lambda found: str(self._id(found[0])), answer.path),
            "query": {name: self._sent(name, value) for name, value in exchange.query.items()},
            "sent": self._sent("", exchange.sent),
            "status": answer.status,
            "answer": self._shown("", answer.body, is_error=is_error) if body is None else body,
        }

    def _sent(self, key: str, value: t.Any) -> t.Any:  # noqa: ANN401 - JSON
        """Return a part of a request: all ours, but for ids and what is long."""
        if isinstance(value, dict):
            return {name: self._sent(name, part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._sent(key, part) for part in value[:LONGEST_LIST]] + _more(value)
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            return f"{len(value)} characters"
        if isinstance(value, str) and UUID.fullmatch(value):
            return self._batch(value)
        if _is_id(key, value) or key in ("id_greater", "filters[list]"):
            return type(value)(self._id(str(value)))
        return self.without_run(value) if isinstance(value, str) else value

    def _shown(self, key: str, value: t.Any, *, is_error: bool) -> t.Any:  # noqa: ANN401 - JSON
        """Return a part of an answer."""
        if isinstance(value, dict):
            holds_position = "failureReason" in value
            return {
                self._key(name): part
                if holds_position and name == "contact"
                else self._shown(name, part, is_error=is_error)
                for name, part in value.items()
            }
        if isinstance(value, list):
            inner = "id" if key == "success" else key
            return [self._shown(inner, part, is_error=is_error) for part in value[:LONGEST_LIST]] + _more(
                value
            )
        if value is None or isinstance(value, bool):
            return value
        if _is_id(key, value):
            return type(value)(self._id(str(value)))
        if not isinstance(value, str):
            return value if key in NUMBER_KEYS or value in (0, 1) else 0
        return self._text(key, value, is_error=is_error)

    def _text(self, key: str, value: str, *, is_error: bool) -> str:
        if UUID.fullmatch(value):
            return self._batch(value)
        if value in self.sent or value.lower() in self.sent:
            return self.without_run(value)
        if DATE.fullmatch(value):
            return re.sub(r"[1-9]", "1", value)
        if len(value) <= 1 or (key in WORD_KEYS and WORD.fullmatch(value)):
            return value
        if is_error and (key in SENTENCE_KEYS or key == "failureReasons"):
            return self._sentence(value)
        return "https://account.example" if "://" in value else "text"

    def _sentence(self, value: str) -> str:
        """Return a sentence of the service without addresses."""
        hidden = ANY_ADDRESS.sub("someone@example.com", self.without_run(value))
        return re.sub(r"https?://\S+", "https://account.example", hidden)[:LONGEST_TEXT]

    def _private(self, value: t.Any) -> t.Any:  # noqa: ANN401 - JSON
        """Return a value's keys and types alone."""
        if isinstance(value, dict):
            return {self._key(name): self._private(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._private(part) for part in value[:1]]
        if value is None or isinstance(value, bool):
            return value
        return "text" if isinstance(value, str) else 0

    def _batch(self, text: str) -> str:
        return self._batches.setdefault(text, f"batch-{len(self._batches) + 1}")

    def _id(self, text: str) -> int:
        if set(text) <= {"0"}:
            return 0
        return self._ids.setdefault(text, len(self._ids) + 1)

    def without_run(self, value: str) -> str:
        """Return a text of ours as every run has it."""
        return re.sub(re.escape(self.run), "run", value, flags=re.IGNORECASE)

    def _key(self, name: str) -> str:
        """Return a key; one with a number or an address in it is not the API's own."""
        return name if re.fullmatch(r"[A-Za-z_0-9]{1,40}", name) and not name.isdecimal() else "key"


def make_cassette(
    run: str,
    findings: Iterable[tuple[Point, Finding]],
    exchanges: Iterable[Exchange],
    secrets: Iterable[str],
) -> dict[str, t.Any]:
    """Return the cassette of a run.

    Raises:
        NotAnonymousError: One of the secrets got into it all the same.
    """
    kept = [exchange for exchange in exchanges if exchange.point != CLEAN_UP]
    sent = frozenset(text for exchange in kept for text in _texts([exchange.sent, dict(exchange.query)]))
    anonymiser = Anonymiser(run, sent)
    records = [anonymiser.record(exchange) for exchange in kept]
    cassette = {
        "format": FORMAT,
        "points": {
            point.name: {"readings": point.verdicts(finding), "evidence": finding.evidence}
            for point, finding in findings
        },
        "exchanges": records,
    }
    ours = {anonymiser.without_run(text) for text in sent}
    shown = [cassette["points"], *(exchange["answer"] for exchange in records)]
    _refuse_secrets([text for part in shown for text in _texts(part) if text not in ours], secrets)
    return cassette


def secrets_of(exchanges: Iterable[Exchange]) -> set[str]:
    """Return the texts that an account told about itself and its user."""
    return {
        text
        for exchange in exchanges
        if exchange.answer.path in PRIVATE_PATHS and exchange.answer.status in OK
        for text in _texts(exchange.answer.body)
        if not DATE.fullmatch(text) and text != "none"
    }


def write_cassette(path: Path, cassette: Mapping[str, t.Any]) -> None:
    """Write a cassette."""
    path.write_text(json.dumps(cassette, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_cassette(path: Path) -> dict[str, t.Any]:
    """Read a cassette.

    Raises:
        ValueError: The file holds none, or one of another format.
    """
    cassette = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(cassette, dict) or cassette.get("format") != FORMAT:
        raise ValueError(f"{path} is no cassette of format {FORMAT}")
    return cassette


def _refuse_secrets(texts: Iterable[str], secrets: Iterable[str]) -> None:
    """Look for the account's own words in what is not ours: the placeholders above should leave none."""
    shown = "\n".join(texts).lower()
    words = (secret.lower() for secret in secrets if len(secret) >= SHORTEST_SECRET)
    found = sum(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", shown) is not None for word in words)
    if found:
        raise NotAnonymousError(f"{found} texts of the account would have got into the cassette")


def _is_id(key: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return False
    return key in ID_KEYS and str(value).isdecimal()


def _more(value: list[t.Any]) -> list[str]:
    return [f"{len(value) - LONGEST_LIST} more"] if len(value) > LONGEST_LIST else []


def _texts(value: object) -> Iterable[str]:
    """Yield all texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
