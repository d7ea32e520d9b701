"""An account for the contract suite: the sandbox's, or a live one. It removes what the suite created."""

from __future__ import annotations

import time
import typing as t
import uuid

from support.sandbox_fixture import Api

if t.TYPE_CHECKING:
    import requests

URL_VARIABLE = "ACTIVECAMPAIGN_TEST_URL"
KEY_VARIABLE = "ACTIVECAMPAIGN_TEST_KEY"
TOO_MANY_REQUESTS = 429
MAX_WAITS = 30
IMPORT_POLLS = 60


class ContractAccount(Api):
    """A client that keeps a live account's limits and remembers the items that it created."""

    def __init__(self, url: str, key: str, pause_seconds: float) -> None:
        super().__init__(f"{url}/api/3", key)
        self.pause_seconds = pause_seconds
        self.made: list[str] = []
        self.run = uuid.uuid4().hex[:12]

    def request(self, method: str, path: str, **arguments: t.Any) -> requests.Response:  # noqa: ANN401 - handed on
        for _ in range(MAX_WAITS):
            answer = super().request(method, path, **arguments)
            if answer.status_code != TOO_MANY_REQUESTS:
                return answer
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        raise RuntimeError(f"{method} {path}: too many requests, {MAX_WAITS} times")

    def address(self, name: str) -> str:
        """Return an address that no contact has."""
        return f"{name}.{self.run}@example.com"

    def make_contact(self, name: str, **attributes: t.Any) -> str:  # noqa: ANN401 - handed on
        """Create a contact and return its id."""
        answer = self.post("/contact/sync", {"contact": {"email": self.address(name), **attributes}})
        return self.remember("/contacts", answer.json()["contact"]["id"])

    def make_list(self, name: str) -> str:
        """Create a list and return its id."""
        body = {
            "name": f"{name} {self.run}",
            "stringid": f"{name}-{self.run}",
            "sender_url": "https://www.example.com",
            "sender_reminder": "made by a test",
        }
        return self.remember("/lists", self.post("/lists", {"list": body}).json()["list"]["id"])

    def make_tag(self, name: str) -> str:
        """Create a tag and return its id."""
        body = {"tag": f"{name} {self.run}", "tagType": "contact", "description": "made by a test"}
        return self.remember("/tags", self.post("/tags", {"tag": body}).json()["tag"]["id"])

    def remember(self, path: str, item: str) -> str:
        """Remember an item for its removal, and return its id."""
        self.made.append(f"{path}/{item}")
        return item

    def import_contacts(self, contacts: list[dict[str, t.Any]]) -> dict[str, t.Any]:
        """Import contacts and return the import's info once it has ended."""
        batch_id = self.post("/import/bulk_import", {"contacts": contacts}).json()["batchId"]
        for _ in range(IMPORT_POLLS):
            info: dict[str, t.Any] = self.get("/import/info", batchId=batch_id).json()
            if info["status"] in ("completed", "failed", "interrupted"):
                break
            time.sleep(self.pause_seconds)
        for contact in contacts:
            for found in self.get("/contacts", email=contact["email"]).json()["contacts"]:
                self.remember("/contacts", found["id"])
        return info

    def remove_all(self) -> None:
        """Remove everything that was created."""
        for path in reversed(self.made):
            self.delete(path)
