"""Owns the step of the account: its address and key, each tried as soon as it is typed.

It must not show what was typed in the place of a key, nor in the place of an address where that is a key.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from target_activecampaign.api.contract import NoLimit
from target_activecampaign.config.hostname import HostnameError, base_url_of
from target_activecampaign.config.names import shown_text
from target_activecampaign.config.secret import Secret
from target_activecampaign.errors import NotPermittedError, ServiceError, SettingsError
from target_activecampaign.setup.dialogue import AnswerError, Question

if t.TYPE_CHECKING:
    from target_activecampaign.api.responses import Contract
    from target_activecampaign.setup.account import Account, Connect
    from target_activecampaign.setup.dialogue import Dialogue
    from target_activecampaign.setup.given import Given

SANDBOX = "sandbox"
_LOOKS_LIKE_KEY = re.compile(r"[0-9a-f]{32,}", re.IGNORECASE)
_PAGES = (".activehosted.com", ".ac-page.com", "activecampaign.com")
_LIKE = "Take the URL under Settings > Developer, like https://acme.api-us1.com"
_URL_HELP = (
    "Sign in to ActiveCampaign, open Settings (the gear, below left), then Developer. The first box there is "
    'the URL, the second the key. No account yet? Type "sandbox": an emulator on this computer.'
)
_KEY_HELP = (
    "Under Settings > Developer the key stands below the URL: about 72 letters and figures. Copy it with the "
    "mouse, paste it here and press Enter; nothing is shown meanwhile. A key that was reset is refused."
)


@dataclass(frozen=True)
class Chosen:
    """The account that was chosen.

    Attributes:
        hostname: As the configuration has it.
        api_key: That the account takes.
        account: To ask it further.
        contract: Limit and contacts; `None` where the key may not read it, or there is no limit.
    """

    hostname: str
    api_key: Secret
    account: Account
    contract: Contract | None


def ask_account(dialogue: Dialogue, given: Given, connect: Connect, old_host: str | None) -> Chosen:
    """Ask until an account answers and takes the key.

    Args:
        dialogue: Asks.
        given: Options.
        connect: Opens an account.
        old_host: Of the configuration before.
    """
    dialogue.say(
        "ActiveCampaign shows URL and key under Settings > Developer. No account yet? Type: sandbox", indent=2
    )
    hostname = _ask_host(dialogue, given, connect, old_host)
    if hostname == SANDBOX:
        account = connect(SANDBOX, Secret(SANDBOX))
        dialogue.say("The sandbox is an emulator of ActiveCampaign on this computer. It needs no key.")
        return Chosen(SANDBOX, Secret(SANDBOX), account, _say_room(dialogue, account, ""))
    return _ask_key(dialogue, given, connect, hostname)


def _ask_host(dialogue: Dialogue, given: Given, connect: Connect, old_host: str | None) -> str:
    def read(answer: str) -> str:
        hostname = read_hostname(answer)
        if hostname != SANDBOX:
            _require_answer(hostname, connect)
        return hostname

    return dialogue.ask(Question("URL", "--hostname URL", old_host, help=_URL_HELP), read, given.hostname)


def read_hostname(answer: str) -> str:
    """Return the hostname that somebody means, as the configuration has it.

    Raises:
        AnswerError: Saying what it is instead.
    """
    text = answer.strip().strip("\"'<>")
    if not text:
        raise AnswerError(f"{_LIKE}, or type: sandbox")
    if text.lower() == SANDBOX:
        return SANDBOX
    if _LOOKS_LIKE_KEY.fullmatch(text):
        raise AnswerError("That looks like the key. The URL stands above it, like https://acme.api-us1.com")
    host = re.sub(r"^\w+://", "", text).partition("/")[0].lower()
    if host.endswith(_PAGES):
        raise AnswerError(f"That is the address of the pages, not of the API. {_LIKE}")
    if "@" in text:
        raise AnswerError(f"That is an email address. {_LIKE}")
    if "." not in host and ":" not in host and host != "localhost":
        raise AnswerError(f"That is a name alone, not the API's address. {_LIKE}")
    return _reduced(text, host)


def _reduced(text: str, host: str) -> str:
    try:
        base_url = base_url_of(text)
    except HostnameError as error:
        if "has a path" in str(error):
            raise AnswerError(f"That is a page of the account. The host alone is enough: {host}") from None
        if "http://" in str(error):
            raise AnswerError(f"The key must not travel in clear text. Write https://{host}") from None
        raise AnswerError(f"That {error}.") from None
    return base_url.removeprefix("https://")


def _require_answer(hostname: str, connect: Connect) -> None:
    """Make sure that a host speaks the API: without a key it refuses.

    Raises:
        AnswerError: Saying why it does not.
    """
    try:
        connect.probe(hostname)
    except NotPermittedError:
        return
    except (ServiceError, SettingsError) as error:
        raise AnswerError(_problem_of_host(hostname, error)) from None


def _problem_of_host(hostname: str, error: ServiceError | SettingsError) -> str:
    if isinstance(error, SettingsError):
        return "; ".join(error.problems)
    host = shown_text(hostname)
    texts = {
        "name": f"There is no host {host}. Look for a misspelling, or at this computer's connection.",
        "connection": f"{host} can't be reached ({error.cause}). Look at this computer's network.",
        "proxy": f"The proxy could not be used on the way to {host}. Look at the variable HTTPS_PROXY.",
        "certificate": f"{host} has a certificate that nobody vouches for. Behind a proxy that opens TLS, "
        "REQUESTS_CA_BUNDLE has to name its authority; look at this computer's date, too.",
        "time-out": f"{host} did not answer in time. Look at the address, or try again in a while.",
        "web page": f"{host} answers with a web page, not with the API. {_LIKE}",
    }
    return texts.get(error.matter) or f"{host} answers, but not as the API does ({error.cause}). {_LIKE}"


def _ask_key(dialogue: Dialogue, given: Given, connect: Connect, hostname: str) -> Chosen:
    dialogue.say(f"{shown_text(hostname)} answers.")

    def read(answer: str) -> Chosen:
        key = Secret(read_key(answer))
        account = connect(hostname, key)
        try:
            user = account.check_key()
        except (ServiceError, SettingsError) as error:
            raise AnswerError(_problem_of_key(hostname, error)) from None
        who = shown_text(user.name) or "a user without a name"
        named = f' (user "{shown_text(user.username)}")' if user.username else ""
        return Chosen(
            hostname, key, account, _say_room(dialogue, account, f"The key belongs to {who}{named}. ")
        )

    # The key of another account is none of this host's business.
    is_for_host = given.key_host in {None, hostname}
    from_place = given.api_key.reveal() if given.api_key is not None and is_for_host else None
    text = f"Key ({given.key_place})" if from_place is not None else "Key (not shown while you paste)"
    question = Question(text, "--api-key-file FILE", help=_KEY_HELP, is_hidden=True)
    return dialogue.ask(question, read, from_place)


def read_key(answer: str) -> str:
    """Return a key that may be one.

    Raises:
        AnswerError: Saying what it is instead; it never quotes it.
    """
    key = answer.strip().strip("\"'")
    if not key:
        raise AnswerError("Paste the key from Settings > Developer, then press Enter.")
    if "://" in key or re.fullmatch(r"[\w-]+(\.[\w-]+)+(/.*)?", key):
        raise AnswerError("That is a URL, not the key. The key stands below the URL.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise AnswerError("A key has letters and figures alone, without blanks. Copy it again.")
    return key


def _problem_of_key(hostname: str, error: ServiceError | SettingsError) -> str:
    if isinstance(error, NotPermittedError):
        status = re.search(r"HTTP \d+", error.cause)
        code = f" ({status[0]})" if status else ""
        return f"{shown_text(hostname)} refused this key{code}. Copy it again from Settings > Developer."
    return _problem_of_host(hostname, error)


def _say_room(dialogue: Dialogue, account: Account, who: str) -> Contract | None:
    try:
        contract = account.first_contract()
    except ServiceError as error:
        dialogue.say(f"{who}The contract can't be read now ({error.cause}).")
        return None
    if isinstance(contract, NoLimit):
        dialogue.say(f"{who}{contract.reason[:1].upper()}{contract.reason[1:]}.")
        return None
    room = max(0, contract.subscriber_limit - contract.subscriber_total)
    may = "It may read the contract: " if who else ""
    dialogue.say(
        f"{who}{may}{contract.subscriber_total:,} of {contract.subscriber_limit:,} contacts are used, "
        f"room for {room:,}."
    )
    return contract
