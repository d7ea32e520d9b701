"""Address and key are tried at once, each mistake has its own words, and no key is shown."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from support.answering import Person
from support.sandbox_fixture import KEY

from target_activecampaign.api.contract import NoLimit
from target_activecampaign.api.responses import Contract, User
from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import NotPermittedError, ServiceError
from target_activecampaign.setup.account_questions import ask_account, read_hostname, read_key
from target_activecampaign.setup.dialogue import AnswerError
from target_activecampaign.setup.given import Given

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.setup.account import Account

HOST = "acme.api-us1.com"


class FakeAccount:
    """Takes one key; its contract can be read, or not."""

    def __init__(self, key: str, failure: ServiceError | None, contract: Contract | NoLimit) -> None:
        self._is_right = key == KEY
        self._failure = failure
        self._contract = contract

    def check_key(self) -> User:
        if self._failure is not None:
            raise self._failure
        if not self._is_right:
            raise NotPermittedError(
                "GET users/me: HTTP 403", cause="HTTP 403 from GET users/me", matter="key"
            )
        return User("Ola N", "ola")

    def first_contract(self) -> Contract | NoLimit:
        return self._contract


class FakeConnect:
    """Opens fake accounts.

    Attributes:
        asked: Host and key of each that was opened.
    """

    def __init__(
        self,
        failures: dict[str, ServiceError] | None = None,
        contract: Contract | NoLimit = Contract(20_000, 7_460),  # noqa: B008 - frozen
    ) -> None:
        self.asked: list[tuple[str, str]] = []
        self._failures = failures or {}
        self._contract = contract

    def __call__(self, hostname: str, api_key: Secret) -> Account:
        self.asked.append((hostname, api_key.reveal()))
        failure = self._failures.get(hostname)
        return t.cast("Account", FakeAccount(api_key.reveal(), failure, self._contract))

    def probe(self, hostname: str) -> None:
        self(hostname, Secret("none")).check_key()

    @contextlib.contextmanager
    def reopen(self, hostname: str, api_key: Secret) -> Iterator[Account]:
        yield self(hostname, api_key)


@pytest.mark.parametrize(
    "typed",
    [HOST, f"https://{HOST}", f"https://{HOST}/api/3/", f" {HOST.upper()}/ ", f"<https://{HOST}>"],
)
def test_an_address_is_taken_as_the_page_shows_it(typed: str) -> None:
    assert read_hostname(typed) == HOST


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "or type: sandbox"),
        ("acme.activehosted.com", "the address of the pages, not of the API"),
        ("https://acme.activehosted.com/app/settings", "the address of the pages"),
        ("www.activecampaign.com", "the address of the pages"),
        ("acme", "a name alone"),
        (f"http://{HOST}", f"Write https://{HOST}"),
        (f"https://{HOST}/admin/main.php?a=1", "host"),
        (f"https://{HOST}/admin", "The host alone is enough"),
        ("ola@example.com", "an email address"),
        ("f" * 72, "looks like the key"),
    ],
)
def test_each_mistake_of_an_address_has_its_words(typed: str, words: str) -> None:
    with pytest.raises(AnswerError) as error:
        read_hostname(typed)
    assert words in str(error.value)
    assert "f" * 20 not in str(error.value)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Paste the key"),
        (f"https://{HOST}", "That is a URL, not the key"),
        (HOST, "That is a URL, not the key"),
        ("one two", "without blanks"),
        ("kéy", "without blanks"),
    ],
)
def test_each_mistake_of_a_key_has_its_words(typed: str, words: str) -> None:
    with pytest.raises(AnswerError) as error:
        read_key(typed)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("matter", "words"),
    [
        ("name", f"There is no host {HOST}"),
        ("connection", "can't be reached"),
        ("proxy", "HTTPS_PROXY"),
        ("certificate", "REQUESTS_CA_BUNDLE"),
        ("time-out", "did not answer in time"),
        ("web page", "a web page, not with the API"),
        ("service", "not as the API does (HTTP 500)"),
    ],
)
def test_each_cause_of_a_silent_host_has_its_words(
    monkeypatch: pytest.MonkeyPatch, matter: str, words: str
) -> None:
    connect = FakeConnect({HOST: ServiceError("x", cause="HTTP 500", matter=matter)})
    person = Person(monkeypatch, [HOST, "other.api-us1.com", KEY])
    chosen = ask_account(person.dialogue, Given(), connect, None)
    assert words in " ".join(person.lines)
    assert chosen.hostname == "other.api-us1.com"


def test_the_transcript_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["acme.activehosted.com", f"https://{HOST}/api/3/", f"https://{HOST}", "wrong", KEY]
    person = Person(monkeypatch, answers)
    chosen = ask_account(person.dialogue, Given(), FakeConnect(), None)
    assert person.said.splitlines() == [
        "  ActiveCampaign shows URL and key under Settings > Developer. No account yet? Type: sandbox",
        "  URL: acme.activehosted.com",
        "    That is the address of the pages, not of the API. Take the URL under Settings > Developer, like",
        "    https://acme.api-us1.com",
        "  URL: https://acme.api-us1.com/api/3/",
        "    acme.api-us1.com answers.",
        "  Key (not shown while you paste): ",
        "    That is a URL, not the key. The key stands below the URL.",
        "  Key (not shown while you paste): ",
        "    acme.api-us1.com refused this key (HTTP 403). Copy it again from Settings > Developer.",
        "  Key (not shown while you paste): ",
        '    The key belongs to Ola N (user "ola"). It may read the contract: 7,460 of 20,000 contacts are',
        "    used, room for 12,540.",
    ]
    assert chosen.api_key == Secret(KEY)
    assert chosen.contract == Contract(20_000, 7_460)


def test_a_contract_that_may_not_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = FakeConnect(contract=NoLimit("this key may not read the account's contract"))
    person = Person(monkeypatch, [HOST, KEY])
    assert ask_account(person.dialogue, Given(), connect, None).contract is None
    assert "This key may not read the account's contract." in person.said


def test_the_sandbox_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(monkeypatch, ["Sandbox"])
    chosen = ask_account(person.dialogue, Given(), FakeConnect(), None)
    assert (chosen.hostname, chosen.api_key) == ("sandbox", Secret("sandbox"))
    assert "It needs no key" in person.said


def test_the_key_of_a_folder_goes_to_its_own_account_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = FakeConnect()
    given = Given(api_key=Secret("of acme"), key_place=".env", key_host=HOST)
    person = Person(monkeypatch, ["other.api-us1.com", KEY])
    chosen = ask_account(person.dialogue, given, connect, HOST)
    assert chosen.api_key == Secret(KEY)
    assert "of acme" not in [key for _, key in connect.asked]


def test_a_given_key_is_tried_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Given(hostname=HOST, api_key=Secret(KEY), key_place=".env")
    person = Person(monkeypatch, [])
    ask_account(person.dialogue, given, FakeConnect(), None)
    assert "Key (.env): \n" in person.said
