"""The client: memberships are read where they are told, on our clock."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import typing as t

import pytest
from support.loopback_server import Handler, serve_replies

from target_activecampaign.api.client import Client
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.api.responses import Membership, Refused
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.secret import Secret

CONTACT = {"id": "9", "email": "Ada@example.com"}
ITEM = {"contact": "9", "list": "3", "status": "1", "sdate": None}


def ask(
    answers: dict[str, object], seconds_ahead: float = 0
) -> tuple[dict[int, Membership] | None, list[str]]:
    """Return the memberships of Ada, and the paths that were asked."""

    def reply(handler: Handler) -> None:
        path = handler.path.removeprefix("/api/3/").partition("?")[0]
        moment = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=seconds_ahead)
        handler.send_response_only(200)
        handler.send_header("Date", email.utils.format_datetime(moment, usegmt=True))
        body = json.dumps(answers[path]).encode()
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with serve_replies(reply) as server:
        client = Client(server.url, Secret("k"), RateLimiter(100, 1000, SystemClock()), 5)
        found = client.memberships("ada@example.com")
    return found, [path.partition("?")[0].removeprefix("/api/3/") for _, path, _ in server.received]


def one(**parts: t.Any) -> dict[str, object]:  # noqa: ANN401 - any JSON
    return {"contacts": {"contacts": [CONTACT], "contactLists": [{**ITEM, **parts}]}}


def test_memberships_beside_the_contact_take_one_request() -> None:
    assert ask(one()) == ({3: Membership(1, None)}, ["contacts"])


@pytest.mark.parametrize("beside", [{}, {"contactLists": None}, {"contactLists": "9"}])
def test_memberships_that_are_not_told_are_asked_for_the_documented_way(beside: dict[str, object]) -> None:
    answers = {
        "contacts": {"contacts": [CONTACT], **beside},
        "contacts/9/contactLists": {"contactLists": [ITEM]},
    }
    assert ask(answers) == ({3: Membership(1, None)}, ["contacts", "contacts/9/contactLists"])


def test_nobody_is_nobody() -> None:
    assert ask({"contacts": {"contacts": []}}) == (None, ["contacts"])
    assert ask({"contacts": {"contacts": [{"id": 1, "email": "b@example.com"}]}}) == (None, ["contacts"])


@pytest.mark.parametrize(
    ("status", "read"), [("1", 1), (2, 2), ("91", 91), (None, -1), ("on", -1), (True, -1)]
)
def test_a_status_that_is_unknown_is_not_subscribed(status: object, read: int) -> None:
    assert ask(one(status=status))[0] == {3: Membership(read, None)}


def test_two_memberships_of_a_list_that_differ_are_none() -> None:
    lists = [ITEM, {**ITEM, "status": "2"}]
    assert ask({"contacts": {"contacts": [CONTACT], "contactLists": lists}})[0] == {3: Membership(-1, None)}


@pytest.mark.parametrize("ahead", [0, 60, -60, 7200])
@pytest.mark.parametrize("offset", ["-05:00", "-0500", "Z", " UTC", "+02"])
def test_the_time_of_a_subscription_is_on_our_clock(ahead: float, offset: str) -> None:
    zone = dt.timezone(dt.timedelta(hours={"-05:00": -5, "-0500": -5, "+02": 2}.get(offset, 0)))
    now = dt.datetime.now(dt.timezone.utc).replace(microsecond=0)
    its_time = (now + dt.timedelta(seconds=ahead)).astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")
    found, _ = ask(one(sdate=its_time + offset), ahead)
    assert found is not None
    assert found[3].subscribed_at == pytest.approx(now.timestamp(), abs=1.5)


@pytest.mark.parametrize(
    "sdate", ["0000-00-00 00:00:00", "2026-05-28 03:05:55", "", 7, None, "soon", "0000-00-00"]
)
def test_a_time_that_cannot_be_read_is_none(sdate: object) -> None:
    assert ask(one(sdate=sdate))[0] == {3: Membership(1, None)}


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
