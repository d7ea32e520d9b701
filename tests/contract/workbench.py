"""What the suite makes in an account, all under a mark, and its removal by that mark.

Nothing without the mark is ever written or deleted.
"""

from __future__ import annotations

import re
import typing as t
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

import requests
from contract.session import Answer, UnexpectedAnswerError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from contract.session import Session

MARK = "contract-suite"
CLEAN_UP = "clean-up"
"""In the place of a point, while everything is removed."""
ADDRESS = re.compile(rf"{MARK}\.[0-9a-f]{{8}}\.[a-z0-9.-]+@example\.com", re.IGNORECASE)
NAME = re.compile(rf"{MARK} [0-9a-f]{{8}}\b.*", re.IGNORECASE)
ENDED = ("completed", "failed", "interrupted")
POLLS = 150
POLL_SECONDS = 2.0
PAGES = 100
OK = (200, 201)


@dataclass(frozen=True)
class Import:
    """An accepted import and its end.

    Attributes:
        first: The first answer about it, right after it was accepted.
    """

    accepted: Answer
    first: t.Any
    info: t.Any


@dataclass
class Workbench:
    """A list, contacts and a field of the suite's own in an account.

    Args:
        session: The account.
        fills: Whether the account may be filled up to its contract.
    """

    session: Session
    fills: bool = False
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    list_id: int = 0
    addresses: set[str] = field(default_factory=set)
    batches: list[str] = field(default_factory=list)
    _removed: set[str] = field(default_factory=set)

    def introduce(self) -> None:
        """Try the key, and hear what the account calls itself, which must not get into a cassette."""
        self.session.point = "introduction"
        self.expected(self.session.get("/users/me"))
        self.session.get("/settings/account")

    def prepare(self) -> None:
        """Make the list that contacts join, and the companion of single contacts."""
        self.session.point = "preparation"
        self.list_id = self.make_list("list")
        self.make_contact("companion")

    def address(self, name: str) -> str:
        """Return a made-up address of this run."""
        address = f"{MARK}.{self.run}.{name}@example.com"
        self.addresses.add(address)
        return address

    def make_list(self, name: str, channel: str = "email") -> int:
        """Make a list and return its id."""
        body = {
            "name": f"{MARK} {self.run} {name}",
            "stringid": f"{MARK}-{self.run}-{name}",
            "sender_url": "https://www.example.com",
            "sender_reminder": "made by a test",
            "channel": channel,
        }
        return int(self.made("/lists", {"list": body})["list"]["id"])

    def make_contact(self, name: str, **attributes: object) -> int:
        """Make a contact and return its id."""
        body = {"contact": {"email": self.address(name), **attributes}}
        return int(self.made("/contact/sync", body)["contact"]["id"])

    def set_status(self, contact: int, status: int) -> Answer:
        """Write a contact's status on the list."""
        body = {"contactList": {"list": self.list_id, "contact": contact, "status": status}}
        return self.expected(self.session.post("/contactLists", body))

    def made(self, path: str, body: object) -> t.Any:  # noqa: ANN401 - an answer's JSON
        """Write, and return the answer's JSON."""
        return self.expected(self.session.post(path, body)).body

    def submit(self, *contacts: Mapping[str, object]) -> Answer:
        """Send a batch, without automations, and return the answer, whatever it is.

        A batch of one gets a companion: there are only 20 of those a minute.
        """
        batch: list[dict[str, object]] = [{**contact, "exclude_automations": True} for contact in contacts]
        if len(batch) == 1:
            batch.append({"email": self.address("companion"), "exclude_automations": True})
        return self.submit_as_is(batch)

    def submit_as_is(self, contacts: object, **further: object) -> Answer:
        """Send a body with these contacts, and remember its id where it was accepted."""
        body = {"contacts": contacts, "exclude_automations": True, **further}
        answer = self.session.post("/import/bulk_import", body)
        if isinstance(answer.body, dict) and answer.body.get("batchId"):
            self.batches.append(answer.body["batchId"])
        return answer

    def bring_in(self, *contacts: Mapping[str, object]) -> Import:
        """Import contacts and wait for the end."""
        accepted = self.expected(self.submit(*contacts))
        first = self.session.get("/import/info", batchId=accepted.body["batchId"]).body
        return Import(accepted, first, self.settle(accepted.body["batchId"]))

    def settle(self, batch_id: str) -> t.Any:  # noqa: ANN401 - an answer's JSON
        """Poll an import until it ended, and return its info."""
        for _ in range(POLLS):
            answer = self.expected(self.session.get("/import/info", batchId=batch_id))
            if answer.body.get("status") in ENDED:
                if batch_id in self.batches:
                    self.batches.remove(batch_id)
                return answer.body
            self.session.wait(POLL_SECONDS)
        raise UnexpectedAnswerError(answer, "the end of the import within five minutes")

    def find(self, address: str) -> t.Any:  # noqa: ANN401 - an answer's JSON
        """Return the contact with an address as the API shows it, `None` where there is none."""
        found = self.expected(self.session.get("/contacts", email=address)).body["contacts"]
        return next((entry for entry in found if entry["email"].lower() == address.lower()), None)

    def status_of(self, contact: object) -> str | None:
        """Return a contact's status on the list, `None` where it never was on it."""
        answer = self.expected(self.session.get(f"/contacts/{contact}/contactLists"))
        memberships = answer.body["contactLists"]
        found = (entry for entry in memberships if str(entry["list"]) == str(self.list_id))
        return next((str(entry["status"]) for entry in found), None)

    def value_of(self, contact: object, field_id: int) -> str | None:
        """Return a contact's value in a field."""
        values = self.expected(self.session.get(f"/contacts/{contact}/fieldValues")).body["fieldValues"]
        return next((entry["value"] for entry in values if str(entry["field"]) == str(field_id)), None)

    def expected(self, answer: Answer) -> Answer:
        """Return an answer that is a success with JSON.

        Raises:
            UnexpectedAnswerError: It is another.
        """
        if answer.status not in OK or not isinstance(answer.body, dict):
            raise UnexpectedAnswerError(answer, "200 or 201 with JSON")
        return answer

    def remove_all(self) -> list[str]:
        """Delete all that bears the mark, of earlier runs too; return what could not be deleted."""
        self.session.point = CLEAN_UP
        for batch_id in list(self.batches):
            with suppress(UnexpectedAnswerError):
                self.settle(batch_id)  # its contacts would come in behind the clean-up
        removals = (
            lambda: self._remove_contacts(email_like=f"{MARK}."),
            self._remove_further_contacts,
            lambda: self._remove_named("/lists", "lists", "name", {"filters[name][contains]": MARK}),
            lambda: self._remove_named("/lists", "lists", "name", {"filters[channel]": "all"}),
            lambda: self._remove_named("/tags", "tags", "tag", {"search": MARK}),
            lambda: self._remove_named("/fields", "fields", "title", {}),
        )
        return sorted({left for remove in removals for left in _what_is_left(remove)})

    def _remove_further_contacts(self) -> list[str]:
        """Delete the contacts of this run that the filter by a part of the address did not find."""
        further = sorted(self.addresses - self._removed)
        return [path for address in further for path in self._remove_contacts(email=address)]

    def _remove_contacts(self, **query: str) -> list[str]:
        """Delete the contacts that a query finds and whose addresses bear the mark."""
        kept: list[str] = []
        for _ in range(PAGES):
            found = self.expected(self.session.get("/contacts", limit=100, **query)).body["contacts"]
            ours = {f"/contacts/{entry['id']}": entry["email"] for entry in found}
            ours = {
                path: email for path, email in ours.items() if ADDRESS.fullmatch(email) and path not in kept
            }
            if not ours:
                break
            kept += self._delete(ours)
            self._removed |= {email.lower() for email in ours.values()}
        return kept

    def _remove_named(self, path: str, plural: str, key: str, query: dict[str, str]) -> list[str]:
        """Delete the items of a collection whose names bear the mark."""
        ours: list[str] = []
        for offset in range(0, PAGES * 100, 100):
            answer = self.session.ask("GET", path, query={**query, "limit": 100, "offset": offset})
            items = self.expected(answer).body[plural]
            ours += [f"{path}/{entry['id']}" for entry in items if NAME.fullmatch(entry[key])]
            if len(items) < 100:
                break
        return self._delete(ours)

    def _delete(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if self.session.delete(path).status not in (200, 404)]


def _what_is_left(remove: Callable[[], list[str]]) -> list[str]:
    """Run one part of the clean-up, and say what it left, so that the other parts are tried as well."""
    try:
        return remove()
    except UnexpectedAnswerError as error:
        return [str(error)]
    except requests.RequestException as error:
        return [f"no answer: {type(error).__name__}"]
