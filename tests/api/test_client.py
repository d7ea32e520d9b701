"""The client: memberships are read where they are told, on our clock."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import typing as t

import pytest
from support.fake_clock import FakeClock
from support.loopback_server import Handler, serve_replies

from target_activecampaign.api.client import Client
from target_activecampaign.api.memberships import NOT_THERE, UNREADABLE, ContactLists
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.api.responses import Membership, Refused
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.secret import Secret

CONTACT = {"id": "9", "email": "Ada@example.com"}
ITEM = {"contact": "9", "list": "3", "status": "1", "sdate": None}


def ask(answers: dict[str, object], seconds_ahead: float | None = 0) -> tuple[ContactLists, list[str]]:
    """Return what is told of Ada, and the paths that were asked."""

    def reply(handler: Handler) -> None:
        path = handler.path.removeprefix("/api/3/").partition("?")[0]
        answer = answers[path]
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        handler.send_response_only(status)
        if seconds_ahead is not None:
            moment = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=seconds_ahead)
            handler.send_header("Date", email.utils.format_datetime(moment, usegmt=True))
        body = json.dumps(content).encode()
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serve_replies(reply) as server:
        client = Client(server.url, Secret("k"), RateLimiter(1000, 1000, SystemClock()), 5)
        found = client.memberships("ada@example.com")
    return found, [path.partition("?")[0].removeprefix("/api/3/") for _, path, _ in server.received]


def one(**parts: t.Any) -> dict[str, object]:  # noqa: ANN401 - any JSON
    return {"contacts": {"contacts": [CONTACT], "contactLists": [{**ITEM, **parts}]}}


def told(*items: object) -> dict[str, object]:
    return {"contacts": {"contacts": [CONTACT], "contactLists": list(items)}}


ON_LIST = ContactLists(by_list={3: Membership(1, None)})
SHORT, LONG = ["contacts"], ["contacts", "contacts/9/contactLists"]


def test_memberships_beside_the_contact_take_one_request() -> None:
    assert ask(one()) == (ON_LIST, SHORT)
    others = [{"id": "8", "email": "b@example.com"}, CONTACT]
    beside = [{**ITEM, "contact": "8", "status": "2"}, ITEM]
    assert ask({"contacts": {"contacts": others, "contactLists": beside}}) == (ON_LIST, SHORT)
    assert ask({"contacts": {"contacts": [CONTACT], "contactLists": {"1": ITEM}}}) == (ON_LIST, SHORT)


ODD_LISTS: list[object] = [
    None,
    {},
    "9",
    7,
    True,
    ["x"],
    [None],
    [[]],
    [{}],
    [{"contact": "9", "status": "1"}],
]


@pytest.mark.parametrize(
    "beside", [{}, *({"contactLists": odd} for odd in [*ODD_LISTS, [{**ITEM, "contact": "8"}]])]
)
def test_memberships_that_are_not_told_are_asked_for_the_documented_way(beside: dict[str, object]) -> None:
    answers = {
        "contacts": {"contacts": [CONTACT], **beside},
        "contacts/9/contactLists": {"contactLists": [ITEM]},
    }
    assert ask(answers) == (ON_LIST, LONG)


@pytest.mark.parametrize(
    "answer", [*({"contactLists": odd} for odd in ODD_LISTS), {}, [], None, 7, (404, {}), (400, {})]
)
def test_memberships_that_are_told_nowhere_are_unknown_at_once(answer: object) -> None:
    found, paths = ask({**told("x"), "contacts/9/contactLists": answer})
    assert (found.is_there, found.on(3), paths) == (True, UNREADABLE, LONG)


def test_a_membership_that_is_told_beside_a_riddle_counts_and_the_rest_is_unknown() -> None:
    riddle = {**ITEM, "list": None}
    found, _ = ask({**told(ITEM, riddle), "contacts/9/contactLists": {"contactLists": None}})
    assert (found.on(3), found.on(4)) == (Membership(1, None), UNREADABLE)


def test_two_answers_that_contradict_each_other_tell_nothing() -> None:
    answer = {"contactLists": [{**ITEM, "status": "2"}, "x"]}
    found, _ = ask({**told(ITEM, "x"), "contacts/9/contactLists": answer})
    assert found.on(3) == UNREADABLE


def test_nobody_is_nobody() -> None:
    assert ask({"contacts": {"contacts": []}}) == (NOT_THERE, SHORT)
    assert ask({"contacts": {"contacts": [{**CONTACT, "deleted": "1"}]}}) == (NOT_THERE, SHORT)


@pytest.mark.parametrize(
    "answer",
    [
        {"contacts": [{"id": 1, "email": "b@example.com"}]},
        {"contacts": [{"id": 1, "email": None}]},
        {"contacts": [{"email": "ada@example.com"}]},
        {"contacts": ["ada@example.com"]},
        {"contacts": [], "meta": {"total": "1"}},
        {"contacts": None},
        {"contacts": {}},
        {"contacts": 0},
        {},
        [],
        None,
    ],
)
def test_an_answer_about_others_or_nobody_tells_nothing(answer: object) -> None:
    found, paths = ask({"contacts": answer})
    assert (found.is_there, found.on(3), paths) == (None, UNREADABLE, SHORT)


@pytest.mark.parametrize(
    ("status", "read"), [("1", 1), (2, 2), ("91", 91), (None, -1), ("on", -1), (True, -1)]
)
def test_a_status_that_is_unknown_is_not_subscribed(status: object, read: int) -> None:
    assert ask(one(status=status))[0].by_list == {3: Membership(read, None)}


@pytest.mark.parametrize("parts", [{"status": "2"}, {"status": None}, {"sdate": "2026-05-28T03:05:55Z"}])
def test_two_memberships_of_a_list_that_differ_are_none(parts: dict[str, object]) -> None:
    assert ask(told(ITEM, {**ITEM, **parts}))[0].on(3) == UNREADABLE


@pytest.mark.parametrize("ahead", [0, 60, -60, 7200])
@pytest.mark.parametrize("offset", ["-05:00", "-0500", "Z", " UTC", "+02"])
def test_the_time_of_a_subscription_is_on_our_clock(ahead: float, offset: str) -> None:
    zone = dt.timezone(dt.timedelta(hours={"-05:00": -5, "-0500": -5, "+02": 2}.get(offset, 0)))
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    its_time = (now + dt.timedelta(seconds=ahead)).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
    found, _ = ask(one(sdate=its_time + offset), ahead)
    assert found.by_list[3].subscribed_at == pytest.approx(now.timestamp(), abs=1.5)


def test_a_time_is_none_where_no_answer_names_the_time() -> None:
    assert ask(one(sdate="2026-05-28T03:05:55-05:00"), None)[0] == ON_LIST


@pytest.mark.parametrize(
    "sdate", ["0000-00-00 00:00:00", "2026-05-28 03:05:55", "", 7, None, "soon", "0000-00-00"]
)
def test_a_time_that_cannot_be_read_is_none(sdate: object) -> None:
    assert ask(one(sdate=sdate))[0] == ON_LIST


def test_words_that_quote_the_key_are_shown_without_it() -> None:
    def reply(handler: Handler) -> None:
        body = json.dumps({"message": "the key k%2Fey and k/ey are no good"}).encode()
        handler.send_response_only(400)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serve_replies(reply) as server:
        client = Client(server.url, Secret("k/ey"), RateLimiter(1_000, 60_000, SystemClock()), 5)
        outcome = client.submit(Body(), lambda: None)
    assert isinstance(outcome, Refused)
    assert outcome.words == "HTTP 400: the key (the key) and (the key) are no good"


class Body:
    def __len__(self) -> int:
        return 1

    def encode(self) -> bytes:
        return b"{}"


def test_requests_are_counted_by_endpoint_without_ids_and_by_status() -> None:
    replies = iter(
        [
            (503, {}),
            (200, {"user": {"username": "ola"}}),
            (200, {"contacts": [CONTACT]}),
            (200, {"contactLists": [ITEM]}),
        ]
    )

    def reply(handler: Handler) -> None:
        status, content = next(replies)
        body = json.dumps(content).encode()
        handler.send_response_only(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serve_replies(reply) as server:
        client = Client(server.url, Secret("k"), RateLimiter(1000, 1000, FakeClock()), 5)
        client.check_key()
        client.memberships("ada@example.com")
    assert (client.requests, client.retries) == (4, 1)
    assert client.requests_by() == [
        {"endpoint": "GET /contacts", "status": 200, "requests": 1},
        {"endpoint": "GET /contacts/{id}/contactLists", "status": 200, "requests": 1},
        {"endpoint": "GET /users/me", "status": 200, "requests": 1},
        {"endpoint": "GET /users/me", "status": 503, "requests": 1},
    ]
