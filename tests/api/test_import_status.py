"""The status of an import is read in every form that says the same; the rest is a doubt, never an error."""

from __future__ import annotations

import json
import typing as t

import pytest

from target_activecampaign.api.import_status import read_import_status, read_status
from target_activecampaign.api.responses import Response, TryAgainError

NAMES_NONE = "it counts failures and names none"
SAYS_NOTHING = "it does not say which contacts failed"
UNREADABLE = "entries of its failures can't be read"


def ended(**parts: t.Any) -> dict[str, t.Any]:  # noqa: ANN401 - any JSON
    return {"status": "completed", "success": ["901"], "failure": [], **parts}


def answer(status: int, content: object) -> Response:
    return Response(status, json.dumps(content).encode(), {}, "GET import/info")


@pytest.mark.parametrize(
    ("failure", "reasons"),
    [
        ([], {}),
        ({}, {}),
        (0, {}),
        ("0", {}),
        ("", {}),
        (False, {}),
        (["p3@example.com"], {"p3@example.com": ""}),
        ([" P3@Example.COM\n"], {"p3@example.com": ""}),
        (["p3&#64;example.com", "o&#039;hara@example.com"], {"p3@example.com": "", "o'hara@example.com": ""}),
        (["a&amp;amp;b@example.com"], {"a&b@example.com": ""}),
        (["p3%40example.com"], {"p3@example.com": ""}),
        (["<p3@example.com>", "mailto:p4@example.com"], {"p3@example.com": "", "p4@example.com": ""}),
        (["P3@b\u00fccher.example"], {"p3@xn--bcher-kva.example": ""}),
        (["p3@xn--bcher-kva.example: bounced"], {"p3@xn--bcher-kva.example": "bounced"}),
        ("p3@b\u00fccher.example, p4@example.com", {"p3@xn--bcher-kva.example": "", "p4@example.com": ""}),
        (["p3@example.com: bounced"], {"p3@example.com": "bounced"}),
        ("p3@example.com", {"p3@example.com": ""}),
        ("p3@example.com, p4@example.com", {"p3@example.com": "", "p4@example.com": ""}),
        ([{"email": "p3@example.com", "reason": "bounced"}], {"p3@example.com": "bounced"}),
        ([{"Email": "P3@example.com", "message": "on it"}], {"p3@example.com": "on it"}),
        ([{"contact": {"email": "p3@example.com"}, "failureReason": "old"}], {"p3@example.com": "old"}),
        ({"email": "p3@example.com", "reason": "bounced"}, {"p3@example.com": "bounced"}),
        (
            {"p3@example.com": "bounced", "p4@example.com": None},
            {"p3@example.com": "bounced", "p4@example.com": ""},
        ),
        ({"p3@example.com": {"reason": "bounced"}}, {"p3@example.com": "bounced"}),
        (
            {"0": "p3@example.com", "1": {"email": "p4@example.com"}},
            {"p3@example.com": "", "p4@example.com": ""},
        ),
        ([["p3@example.com", "bounced"]], {"p3@example.com": "bounced"}),
        ([["p3@example.com", "p4@example.com"]], {"p3@example.com": "", "p4@example.com": ""}),
        ([{"email": "p3@example.com", "reason": "a\nb\x1b[2J"}], {"p3@example.com": "a\\nb\\x1b[2J"}),
    ],
)
def test_failures_are_read_with_their_reasons(failure: object, reasons: dict[str, str]) -> None:
    status = read_import_status(ended(failure=failure))
    assert status.failed == frozenset(reasons)
    assert status.reasons == {email: reason for email, reason in reasons.items() if reason}
    assert (status.state, status.doubt, status.is_readable) == ("completed", None, True)


@pytest.mark.parametrize(
    ("failure", "doubt", "is_readable"),
    [
        (3, NAMES_NONE, True),
        ("3", NAMES_NONE, True),
        (None, SAYS_NOTHING, False),
        (["p3@example.com", "somebody"], UNREADABLE, False),
        ([17], UNREADABLE, False),
        (True, UNREADABLE, False),
        ([{"email": 5}], UNREADABLE, False),
        ([[[[[["p3@example.com"]]]]]], UNREADABLE, False),
        ("three of them", UNREADABLE, False),
    ],
)
def test_failures_that_do_not_say_who_are_a_doubt(failure: object, doubt: str, *, is_readable: bool) -> None:
    status = read_import_status(ended(failure=failure))
    assert (status.state, status.doubt, status.is_readable) == ("completed", doubt, is_readable)


@pytest.mark.parametrize(
    ("success", "created"),
    [(["901", "902"], 2), ({"0": "901"}, 1), (2, 2), ("2", 2), (None, 0), ([], 0), (False, 0), ("", 0)],
)
def test_successes_are_counted_in_any_form(success: object, created: int) -> None:
    status = read_import_status(ended(success=success))
    assert (status.state, status.created, status.doubt) == ("completed", created, None)


@pytest.mark.parametrize("success", ["many", -1, True, 2.5])
def test_successes_that_cannot_be_read_are_a_doubt(success: object) -> None:
    status = read_import_status(ended(success=success))
    assert (status.created, status.doubt) == (0, "its successes can't be read")


@pytest.mark.parametrize(
    ("success", "tells"),
    [
        (["901"], True),
        ([], True),
        (3, False),
        ([[1, 2]], False),
        ({"0": "901"}, True),
        (None, False),
        (0, False),
        ({}, False),
        ({"count": 250}, False),
    ],
)
def test_what_does_not_say_who_is_new_is_told_apart(success: object, tells: bool) -> None:  # noqa: FBT001 - a case
    status = read_import_status({"status": "completed", "success": success, "failure": []})
    assert status.tells_created is tells


def test_an_answer_without_its_successes_is_no_doubt() -> None:
    assert read_import_status({"status": "completed", "failure": []}).doubt is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("completed", "completed"),
        (" Completed ", "completed"),
        ("COMPLETE", "completed"),
        ("Failed", "lost"),
        ("INTERRUPTED", "lost"),
        ("waiting", "open"),
        ("Claimed", "open"),
        ("active", "open"),
        ("in progress", "open"),
        ("resting", "completed"),
        (False, "open"),
        (None, "unreadable"),
        (7, "unreadable"),
        ("", "unreadable"),
        (["completed"], "unreadable"),
    ],
)
def test_a_status_is_read_in_any_letter_case(status: object, state: str) -> None:
    assert read_import_status(ended(status=status)).state == state


@pytest.mark.parametrize("content", [[], "completed", None, {}])
def test_an_answer_of_another_shape_is_unreadable(content: object) -> None:
    assert read_status(answer(200, content)).state == "unreadable"


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_an_import_that_is_not_found_is_unknown(status: int) -> None:
    assert read_status(Response(status, b"<html>", {}, "GET import/info")).state == "unknown"


def test_a_byte_order_mark_does_no_harm() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(ended()).encode()
    assert read_status(Response(200, content, {}, "GET import/info")).created == 1


@pytest.mark.parametrize("content", [b"", b"{", b"OK"])
def test_no_json_is_unreadable(content: bytes) -> None:
    assert read_status(Response(204, content, {}, "GET import/info")).state == "unreadable"


def test_a_web_page_is_asked_for_again() -> None:
    with pytest.raises(TryAgainError, match="web page"):
        read_status(Response(200, b"<html>", {}, "GET import/info"))


@pytest.mark.parametrize("word", ["success", "partial", "completed_with_errors", "error", "expired", "4"])
def test_a_word_that_nobody_knows_has_ended_in_doubt_where_the_answer_names_contacts(word: str) -> None:
    status = read_import_status(ended(status=word, failure=["p3@example.com"]))
    assert (status.state, status.doubt) == ("completed", "its status is no word that is known")
    assert status.failed == {"p3@example.com"}
    assert read_import_status(ended(status=word, success=[])).state == "unreadable"
    assert read_import_status({"status": word}).state == "unreadable"


AROUND = [
    "Contact p3@example.com bounced",
    "bounced: p3@example.com",
    "Ada <p3@example.com>",
    {"message": "Contact p3@example.com bounced"},
]


@pytest.mark.parametrize("entry", AROUND)
def test_an_address_inside_a_text_is_read_with_the_text_as_its_reason(entry: object) -> None:
    status = read_import_status(ended(failure=[entry]))
    words = entry if isinstance(entry, str) else "Contact p3@example.com bounced"
    assert (status.reasons, status.doubt) == ({"p3@example.com": words}, None)


@pytest.mark.parametrize(
    "failure",
    [
        ["'p3@example.com'"],
        ["(p3@example.com)"],
        ["`p3@example.com`."],
        [{"email": ["p3@example.com"]}],
        '["p3@example.com"]',
        ['{"email": "p3@example.com"}'],
    ],
)
def test_an_address_is_read_out_of_quotes_lists_and_json(failure: object) -> None:
    status = read_import_status(ended(failure=failure))
    assert status.failed == {"p3@example.com"}
    assert status.doubt is None


@pytest.mark.parametrize(
    "entry", [{"contact": 3, "failureReason": "bounced"}, "[", {"contact": None}, {}, None]
)
def test_an_entry_without_an_address_is_a_doubt(entry: object) -> None:
    assert read_import_status(ended(failure=[entry])).doubt == UNREADABLE
