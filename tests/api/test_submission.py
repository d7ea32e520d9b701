"""What the importer says to a batch is read in any words."""

from __future__ import annotations

import json
import typing as t

import pytest

from target_activecampaign.api.responses import Accepted, Refused, Response, TryAgainError
from target_activecampaign.api.submission import NO_NAME, read_submission


def say(status: int, content: object, contacts: int = 250) -> Accepted | Refused:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_submission(Response(status, body, {}, "POST import/bulk_import"), contacts)


def refused(status: int, content: object) -> Refused:
    outcome = say(status, content)
    assert isinstance(outcome, Refused)
    return outcome


@pytest.mark.parametrize(
    ("parts", "doubt"),
    [
        ({"Success": 1, "queued_contacts": 250}, None),
        ({"success": 5, "queued_contacts": "250"}, None),
        ({}, None),
        ({"queued_contacts": None}, None),
        ({"queued_contacts": 251}, None),
        ({"Success": 1, "queued_contacts": 249}, "fewer contacts were queued than sent"),
        ({"Success": 1, "queued_contacts": "0"}, "fewer contacts were queued than sent"),
        ({"Success": 0}, "it was queued and called no success"),
        ({"success": "0"}, "it was queued and called no success"),
        ({"success": False}, "it was queued and called no success"),
        ({"success": "False"}, "it was queued and called no success"),
        ({"queued_contacts": "9 of 10"}, "how many contacts were queued can't be read"),
        ({"queued_contacts": {"count": 9}}, "how many contacts were queued can't be read"),
        ({"queued_contacts": ["1", "2"]}, "how many contacts were queued can't be read"),
        ({"queued_contacts": True}, "how many contacts were queued can't be read"),
        ({"failureReasons": [{"contact": 3}]}, "it was queued, with reasons of a failure"),
        ({"errors": [], "failureReasons": None}, None),
    ],
)
def test_an_answer_that_contradicts_what_was_sent_is_a_doubt(
    parts: dict[str, t.Any], doubt: str | None
) -> None:
    assert say(200, {"batchId": "b-1", **parts}) == Accepted("b-1", doubt)


def test_a_batch_id_may_be_a_number() -> None:
    assert say(200, {"batchId": 77}) == Accepted("77")


@pytest.mark.parametrize("batch_id", [None, "", "a\nb", True, {}, [1]])
@pytest.mark.parametrize("parts", [{}, {"Success": 1, "batch_id": "b-1"}, {"success": "5"}])
def test_no_batch_id_may_be_an_import_all_the_same(batch_id: object, parts: dict[str, object]) -> None:
    assert say(202, {"batchId": batch_id, **parts}) == Accepted(None, NO_NAME)


@pytest.mark.parametrize("content", [b"", b"OK", b"\xff", [], ["b-1"], None, 7, "b-1"])
def test_an_answer_that_is_no_object_may_be_an_import_too(content: object) -> None:
    assert say(200, content) == Accepted(None, NO_NAME)


def test_a_web_page_is_no_answer_of_the_importer() -> None:
    with pytest.raises(TryAgainError, match="web page"):
        say(200, b" <html>log in</html>")


@pytest.mark.parametrize(
    ("content", "positions"),
    [
        ({"success": 0, "message": "Validation failed", "failureReasons": [{"contact": 2}]}, (2,)),
        ({"Success": False, "message": "no"}, ()),
        ({"failureReasons": ["no"]}, ()),
        ({"errors": [{"title": "The account is in maintenance"}]}, ()),
        ({"error": "no"}, ()),
    ],
)
def test_a_refusal_with_a_status_of_success_is_one(content: object, positions: tuple[int, ...]) -> None:
    outcome = refused(200, content)
    assert (outcome.positions, outcome.is_about_contacts) == (positions, bool(positions))


def test_the_rate_limit_with_a_status_of_success_waits() -> None:
    with pytest.raises(TryAgainError, match="the importer's rate limit"):
        say(200, {"success": 0, "message": "Rate limit exceeded."})


@pytest.mark.parametrize(
    "content",
    [
        {"success": 0, "message": "Rate limit exceeded."},
        {"message": "RATE LIMIT exceeded"},
        {"message": "failed", "failureReasons": ["Up to 20 imports may be requested per minute."]},
        {"message": "Too many requests"},
    ],
)
def test_a_refusal_for_the_rate_waits(content: object) -> None:
    with pytest.raises(TryAgainError, match="the importer's rate limit") as error:
        say(400, content)
    assert error.value.limit == "imports"


def test_the_documented_refusal_names_contacts_and_keeps_its_reasons() -> None:
    reasons = [{"contact": 17, "failureReason": "Field 'email' not found"}]
    message = "JSON payload did not pass validation. Please fix failure Reasons and retry."
    assert refused(400, {"message": message, "failureReasons": reasons}) == Refused(
        (17,), "Field 'email' not found"
    )


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_in_other_words_that_names_a_contact_is_about_contacts(status: int) -> None:
    reasons = [{"contact": 2, "failureReason": "Field email incorrect format"}]
    outcome = refused(status, {"success": 0, "message": "Validation failed", "failureReasons": reasons})
    assert outcome.positions == (2,)
    assert outcome.is_about_contacts
    assert outcome.words == f"HTTP {status}: Field email incorrect format; Validation failed"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"errors": "no such list"}, "no such list"),
        ({"errors": ["no such list"]}, "no such list"),
        ({"errors": [{"title": "Bad", "detail": "list"}]}, "Bad; list"),
        ({"message": "failed", "failureReasons": "unparsable"}, "unparsable; failed"),
        ({"failureReasons": [{"failureReason": "odd"}]}, "odd"),
        ([{"message": "no"}], "no"),
        ({}, "no reason was given"),
        (b"", "no reason was given"),
        (b"<html>blocked</html>", "a web page"),
        (b"plain\nwords \xff", "plain\\nwords \ufffd"),
        ({"message": "x" * 1000}, "x" * 199 + "…"),
    ],
)
def test_a_refusal_in_any_other_words_is_quoted(content: object, words: str) -> None:
    assert refused(400, content) == Refused((), f"HTTP 400: {words}", is_about_contacts=False)
