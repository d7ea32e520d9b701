"""A service that answers slightly otherwise: nobody is lost, nothing is claimed that was not so."""

from __future__ import annotations

import json
import typing as t

import pytest
from support.command import config_for, record_message, schema_message, state_message
from support.loopback_server import Handler, serve_replies
from support.quick_target import QuickClock, run_quickly

from target_activecampaign.delivery.submitting import PartialBatches

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.command import Outcome

USER = {"user": {"id": "1"}}
ACCOUNT = {"subscriber_limit": 1000, "subscriber_total": 0}
LISTS = {"lists": [{"id": "1", "name": "News"}], "meta": {"total": "1"}}
NO_EXCLUSIONS = {"exclusions": [], "meta": {"total": 0}}
NOT_THERE = (404, {"message": "No Result found"})

Answer: t.TypeAlias = "tuple[int, object] | object"


class OddService:
    """An account with one list, whose answers a test replaces; imports end when they are polled first."""

    def __init__(self, **answers: t.Any) -> None:  # noqa: ANN401 - an answer, or a function that gives one
        self.answers = answers
        self.asked: list[str] = []
        self.imports: list[list[str]] = []
        self.missing: set[str] = set()

    def reply(self, handler: Handler) -> None:
        path, _, query = handler.path.removeprefix("/api/3/").partition("?")
        self.asked.append(f"{path}?{query}")
        name = path.replace("/", "_")
        answer = self.answers.get(name, getattr(self, name, NOT_THERE))
        if callable(answer):
            answer = answer(handler)
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        handler.say(status, content if isinstance(content, bytes) else json.dumps(content).encode())

    users_me = USER
    settings_account = ACCOUNT
    lists = LISTS
    lists_exclusions = NO_EXCLUSIONS

    def import_bulk_import(self, handler: Handler) -> Answer:
        contacts = [contact["email"] for contact in json.loads(handler.body)["contacts"]]
        self.imports.append(contacts)
        return {"Success": 1, "queued_contacts": len(contacts), "batchId": f"b-{len(self.imports)}"}

    def import_info(self, handler: Handler) -> Answer:
        sent = self.imports[int(handler.path.rpartition("-")[2]) - 1]
        return {"status": "completed", "success": [str(n) for n in range(len(sent))], "failure": []}

    def contacts(self, handler: Handler) -> Answer:
        email = handler.path.partition("email=")[2].partition("&")[0].replace("%40", "@")
        found = any(email in one for one in self.imports) and email not in self.missing
        if not found:
            return {"contacts": [], "contactLists": []}
        membership = {"contact": "1", "list": "1", "status": "1", "sdate": None}
        return {"contacts": [{"id": "1", "email": email}], "contactLists": [membership]}


@pytest.fixture(autouse=True)
def _never_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PartialBatches, "due", lambda *_, **__: [])


def run(  # noqa: PLR0913, PLR0917 - what tests vary
    service: OddService,
    folder: Path,
    people: int = 6,
    speed: float = 1000,
    gone: int = 0,
    more: t.Mapping[str, object] | None = None,
    **settings: object,
) -> Outcome:
    """Run with some people; the first ones are gone at the source."""
    messages: list[dict[str, t.Any]] = [schema_message()]
    for number in range(people):
        deletion = {"_sdc_deleted_at": "2026-01-01T00:00:00Z"} if number < gone else {}
        messages.append(record_message({"email": f"p{number}@example.com", **deletion, **(more or {})}))
    messages.append(state_message(people))
    limits = {"requests_per_second": 100, "imports_per_minute": 1000, "max_rejected_percent": 90}
    with serve_replies(service.reply) as server:
        config = config_for(server.url, folder, **{**limits, **settings})
        outcome = run_quickly(config, messages, QuickClock(speed))
    assert "Traceback" not in outcome.log
    assert "@example.com" not in outcome.log
    return outcome


def rejected(outcome: Outcome) -> set[str]:
    return {line["record"]["email"] for line in outcome.rejects if line["type"] == "RECORD"}


def ended(**parts: object) -> dict[str, object]:
    return {"status": "Completed", "success": ["1"], "failure": [], **parts}


# The key


@pytest.mark.parametrize("answer", [{}, {"user": None}, {"user": []}, {"user": {}}, {"user": {"id": ""}}])
def test_an_answer_without_a_user_is_no_proof_of_a_good_key(answer: object, tmp_path: Path) -> None:
    service = OddService(users_me=answer)
    outcome = run(service, tmp_path)
    assert outcome.exit_code == 1
    assert "without a user" in outcome.log
    assert not service.imports


# What became of an import


def test_a_failure_with_a_reason_is_rejected_with_it(tmp_path: Path) -> None:
    service = OddService(import_info=ended(failure=[{"email": "P3@example.com", "reason": "bounced"}]))
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 5)
    assert outcome.report["rejected"] == {"refused_by_activecampaign": 1}
    assert rejected(outcome) == {"p3@example.com"}
    assert any("bounced" in json.dumps(line) for line in outcome.rejects)


@pytest.mark.parametrize("parts", [{"success": None}, {"success": 6}, {"success": {"0": "1"}}])
def test_successes_in_any_form_are_delivered(parts: dict[str, object], tmp_path: Path) -> None:
    outcome = run(OddService(import_info=ended(**parts)), tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)


DOUBTS: dict[str, dict[str, object]] = {
    "its failures name others than were sent": {"failure": ["nobody@example.com"]},
    "it counts failures and names none": {"failure": 2},
    "it does not say which contacts failed": {"failure": None},
    "entries of its failures can't be read": {"failure": [17]},
    "its successes can't be read": {"success": "many"},
}


@pytest.mark.parametrize("words", DOUBTS)
@pytest.mark.parametrize("verify", ["sample", "none"])
def test_an_import_in_doubt_is_read_back_whole_and_why_is_said_once(
    words: str, verify: str, tmp_path: Path
) -> None:
    service = OddService(import_info={**ended(), **DOUBTS[words]})
    service.missing = {"p1@example.com", "p4@example.com"}
    outcome = run(service, tmp_path, verify=verify, batch_size_rows=3)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 4)
    assert outcome.report["rejected"] == {"skipped_by_activecampaign": 2}
    assert rejected(outcome) == service.missing
    assert outcome.report["read_back"] == 6
    assert outcome.log.count(words) == (
        1 if "can't be read" not in words and "does not say" not in words else 5
    )


@pytest.mark.parametrize("parts", [{"queued_contacts": 5}, {"Success": 0}])
def test_fewer_queued_than_sent_is_read_back_whole(parts: dict[str, object], tmp_path: Path) -> None:
    service = OddService()

    def take(handler: Handler) -> Answer:
        return {**t.cast("dict[str, object]", OddService.import_bulk_import(service, handler)), **parts}

    service.answers["import_bulk_import"] = take
    service.missing = {"p5@example.com"}
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 5)
    assert rejected(outcome) == {"p5@example.com"}


@pytest.mark.parametrize("status", [400, 404])
def test_an_import_that_is_not_known_at_first_is_open(status: int, tmp_path: Path) -> None:
    service = OddService()
    polls = iter(range(1000))

    def info(handler: Handler) -> Answer:
        return (status, {}) if next(polls) < 5 else OddService.import_info(service, handler)

    service.answers["import_info"] = info
    outcome = run(service, tmp_path, speed=50)
    assert (outcome.exit_code, outcome.report["delivered"], len(service.imports)) == (0, 6, 1)


def test_an_import_that_stays_unknown_is_submitted_three_times_within_minutes(tmp_path: Path) -> None:
    service = OddService(import_info=NOT_THERE)
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"], len(service.imports)) == (1, 0, 3)
    assert outcome.states == []


@pytest.mark.parametrize("content", [[], {"success": ["1"]}, {"status": 7}])
def test_a_status_that_stays_unreadable_ends_in_reading_back(content: object, tmp_path: Path) -> None:
    service = OddService(import_info=(200, content))
    service.missing = {"p2@example.com"}
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"], len(service.imports)) == (0, 5, 1)
    assert rejected(outcome) == {"p2@example.com"}
    assert "its status can't be read" in outcome.log


# Refusals of a batch


def refusing(service: OddService, culprits: set[str], answer: Answer) -> t.Callable[[Handler], Answer]:
    """Refuse each batch that holds one of the culprits."""

    def take(handler: Handler) -> Answer:
        sent = {contact["email"] for contact in json.loads(handler.body)["contacts"]}
        return answer if sent & culprits else OddService.import_bulk_import(service, handler)

    return take


@pytest.mark.parametrize(
    "answer",
    [
        (
            400,
            {
                "message": "Validation failed",
                "failureReasons": [{"contact": 3, "failureReason": "bad format"}],
            },
        ),
        (400, {"message": "Validation failed", "failureReasons": "bad format"}),
        (422, {"errors": [{"title": "bad format"}]}),
        (422, {"errors": "bad format"}),
        (400, b"bad format"),
    ],
)
def test_a_refusal_in_other_words_sets_the_culprit_aside_with_them(answer: Answer, tmp_path: Path) -> None:
    service = OddService()
    service.answers["import_bulk_import"] = refusing(service, {"p2@example.com"}, answer)
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 5)
    assert outcome.report["rejected"] == {"refused_by_activecampaign": 1}
    assert rejected(outcome) == {"p2@example.com"}
    assert any("bad format" in json.dumps(line) for line in outcome.rejects)
    assert outcome.states == [6]


@pytest.mark.parametrize("people", [2, 120])
def test_a_refusal_that_concerns_everybody_stops_the_run_and_is_quoted(people: int, tmp_path: Path) -> None:
    everybody = {f"p{number}@example.com" for number in range(people)}
    words = {"message": "Account of o@example.com\nis suspended \x1b[2J"}
    service = OddService()
    service.answers["import_bulk_import"] = refusing(service, everybody, (400, words))
    outcome = run(service, tmp_path, people)
    assert (outcome.exit_code, outcome.report["rejected"], outcome.states) == (1, {}, [])
    assert '"HTTP 400: Account of (an address)\\nis suspended \\x1b[2J"' in outcome.log
    assert len([path for path in service.asked if path.startswith("import/bulk")]) < 90


@pytest.mark.parametrize(
    ("bad", "people", "rows"), [((0, 10), 40, 40), ((35, 40), 40, 40), ((0, 8), 24, 8), ((8, 16), 16, 8)]
)
def test_the_same_words_for_some_of_a_run_set_these_aside(
    bad: tuple[int, int], people: int, rows: int, tmp_path: Path
) -> None:
    culprits = {f"p{number}@example.com" for number in range(*bad)}
    service = OddService()
    service.answers["import_bulk_import"] = refusing(service, culprits, (400, {"message": "Not importable"}))
    outcome = run(service, tmp_path, people, batch_size_rows=rows)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, people - len(culprits))
    assert rejected(outcome) == culprits


def test_a_position_in_every_answer_concerns_everybody(tmp_path: Path) -> None:
    words = {
        "success": 0,
        "message": "JSON payload did not pass validation. Please fix failure Reasons and retry.",
        "failureReasons": [{"contact": 1, "failureReason": "Field 'email' not found"}],
    }
    service = OddService(import_bulk_import=(400, words))
    outcome = run(service, tmp_path, people=60)
    assert (outcome.exit_code, outcome.report["rejected"], outcome.states) == (1, {}, [])
    assert "Field 'email' not found" in outcome.log
    assert len([path for path in service.asked if path.startswith("import/bulk")]) < 60


def test_a_lone_contact_that_is_refused_in_other_words_is_set_aside(tmp_path: Path) -> None:
    service = OddService(import_bulk_import=(400, {"message": "no"}))
    outcome = run(service, tmp_path, people=1, max_rejected_percent=100)
    assert outcome.report["rejected"] == {"refused_by_activecampaign": 1}


# The account


@pytest.mark.parametrize("status", [403, 404, 500])
def test_exclusions_that_cannot_be_read_are_one_warning(status: int, tmp_path: Path) -> None:
    outcome = run(OddService(lists_exclusions=(status, {})), tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    assert outcome.log.count(f"HTTP {status}") == 1
    assert (
        f"WARNING target_activecampaign.run.preflight: the account's exclusions can't be read (HTTP {status}"
        in (outcome.log)
    )
    assert "key was refused" not in outcome.log


def test_exclusions_of_another_shape_are_one_warning(tmp_path: Path) -> None:
    outcome = run(OddService(lists_exclusions={"exclusions": [7]}), tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    assert outcome.log.count("exclusions") == 2, "one warning: an answer without usable exclusions"


def test_a_contract_that_this_key_may_not_read_is_one_warning(tmp_path: Path) -> None:
    outcome = run(OddService(settings_account=(403, {})), tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    assert outcome.log.count("account_limit_guard") == 1
    assert "this key may not read the account's contract" in outcome.log
    assert "HTTP 403" not in outcome.log


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((404, {}), "HTTP 404"),
        ((503, {}), "HTTP 503"),
        ((200, {}), "an answer without a usable subscriber_limit"),
        (
            (200, {"subscriber_limit": 10, "subscriber_total": None}),
            "an answer without a usable subscriber_total",
        ),
        ((200, b"<html>"), "HTTP 200 with a web page instead of JSON"),
    ],
)
def test_a_contract_that_cannot_be_read_stops_the_run_before_the_first_write(
    answer: Answer, cause: str, tmp_path: Path
) -> None:
    service = OddService(settings_account=answer)
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, service.imports, outcome.states) == (1, [], [])
    assert (
        f"account_limit_guard: the account's contract can't be read ({cause}), so nothing was sent"
        in outcome.log
    )
    assert "set account_limit_guard to false" in outcome.log


@pytest.mark.parametrize("limit", [0, -1, None])
def test_an_account_that_tells_no_limit_is_one_warning(limit: object, tmp_path: Path) -> None:
    outcome = run(OddService(settings_account={"subscriber_limit": limit, "subscriber_total": 5}), tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    assert "account_limit_guard: the account tells no limit of contacts" in outcome.log
    assert outcome.log.count("profile_limit alone counts") == 1


@pytest.mark.parametrize("channel", ["sms", "SMS"])
def test_a_list_for_sms_is_refused_by_name(channel: str, tmp_path: Path) -> None:
    lists = {
        "lists": [
            {"id": "1", "name": "x\n2026 ERROR forged \u202e", "channel": channel},
            {"id": 2, "name": "b"},
        ]
    }
    service = OddService(lists=lists)
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, service.imports) == (1, [])
    assert f'list_id: list 1 ("x\\n2026 ERROR forged \\u202e") is for {channel}, not for email' in outcome.log
    assert 'choose one of these: 2 "b"' in outcome.log


def test_names_of_lists_are_escaped_and_shortened(tmp_path: Path) -> None:
    lists = {
        "lists": [{"id": "7", "name": "x\n2026 ERROR forged\x1b[2J" + "y" * 500}],
        "meta": {"total": "1"},
    }
    outcome = run(OddService(lists=lists), tmp_path)
    assert outcome.exit_code == 1
    assert 'It has: 7 "x\\n2026 ERROR forged\\x1b[2J' in outcome.log
    assert "y" * 60 not in outcome.log


def test_a_list_whose_name_is_an_address_is_shown_without_it(tmp_path: Path) -> None:
    lists = {"lists": [{"id": "7", "name": "ada@example.com, private"}], "meta": {"total": "1"}}
    outcome = run(OddService(lists=lists), tmp_path)
    assert 'It has: 7 "(an address), private"' in outcome.log


def test_lists_beyond_the_first_page_are_found_where_pages_are_capped(tmp_path: Path) -> None:
    def page(handler: Handler) -> Answer:
        start = int(handler.path.partition("offset=")[2])
        ids = range(start, min(200, start + 50))
        return {"lists": [{"id": str(n), "name": f"l{n}"} for n in ids], "meta": {"total": "200"}}

    outcome = run(OddService(lists=page), tmp_path, list_id=127)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)


def test_an_offset_that_is_ignored_does_not_hang_the_run(tmp_path: Path) -> None:
    lists = {"lists": [{"id": str(n), "name": "l"} for n in range(100)], "meta": {"total": "200"}}
    service = OddService(lists=lists)
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    assert len([path for path in service.asked if path.startswith("lists?")]) == 2


# Memberships

ODD_LISTS: list[object] = [None, {}, ["x"], 7, [{"contact": "1"}], [{"contact": "2", "list": "1"}], "none"]


@pytest.mark.parametrize("odd", ODD_LISTS)
def test_somebody_whose_membership_cannot_be_read_stays_and_the_run_goes_on(
    odd: object, tmp_path: Path
) -> None:
    service = OddService(contacts_1_contactLists={"contactLists": odd})
    service.answers["contacts"] = {"contacts": [{"id": "1", "email": "p0@example.com"}], "contactLists": odd}
    outcome = run(service, tmp_path, verify="none", on_delete="unsubscribe", gone=1)
    assert (outcome.exit_code, outcome.report["left_alone_reasons"]) == (0, {"membership_unreadable": 1})
    assert (outcome.report["unsubscribed"], len(service.imports)) == (0, 1)
    assert outcome.states == []  # without a ledger it waits for the deletion


def test_memberships_that_this_key_may_not_read_do_not_end_the_run(tmp_path: Path) -> None:
    everybody = {"contacts": [{"id": f"{n}", "email": f"p{n}@example.com"} for n in range(6)]}
    service = OddService(contacts=everybody)
    service.answers |= {f"contacts_{n}_contactLists": (403, {}) for n in range(6)}
    outcome = run(service, tmp_path, verify="none", on_delete="unsubscribe", gone=1)
    assert (outcome.exit_code, outcome.report["left_alone_reasons"]) == (0, {"membership_unreadable": 1})
    assert len([path for path in service.asked if path.startswith("contacts/")]) == 5


# Who was in the account before


def on_no_list(service: OddService, some: set[str]) -> None:
    """Let some people be in the account, and on none of its lists."""

    def contacts(handler: Handler) -> Answer:
        found = t.cast("dict[str, t.Any]", OddService.contacts(service, handler))
        if some & {one["email"] for one in found["contacts"]}:
            found["contactLists"] = [{"contact": "1", "list": "2", "status": "1"}]
        return found

    service.answers["contacts"] = contacts


@pytest.mark.parametrize("verify", ["none", "sample", "all"])
def test_somebody_who_was_in_the_account_and_is_not_on_the_list_was_not_taken(
    verify: str, tmp_path: Path
) -> None:
    service = OddService(import_info=ended(failure=2))
    on_no_list(service, {"p3@example.com", "p4@example.com"})
    outcome = run(service, tmp_path, verify=verify)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 4)
    assert outcome.report["rejected"] == {"skipped_by_activecampaign": 2}
    assert rejected(outcome) == {"p3@example.com", "p4@example.com"}
    assert any("it is in the account, and not on the list" in json.dumps(line) for line in outcome.rejects)


def test_a_list_is_looked_at_without_a_request_more(tmp_path: Path) -> None:
    service = OddService(import_info=ended())
    on_no_list(service, {"p3@example.com"})
    outcome = run(service, tmp_path, verify="all")
    assert outcome.report["rejected"] == {"skipped_by_activecampaign": 1}
    assert len([path for path in service.asked if path.startswith("contacts")]) == 7, "one is asked for twice"


@pytest.mark.parametrize("status", ["0", "2", "3", "91"])
def test_somebody_who_left_the_list_before_was_taken(status: str, tmp_path: Path) -> None:
    service = OddService(import_info=ended(failure=2))
    membership = {"contact": "1", "list": "1", "status": status}
    service.answers["contacts"] = lambda handler: {
        **t.cast("dict[str, object]", OddService.contacts(service, handler)),
        "contactLists": [membership],
    }
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)


@pytest.mark.parametrize(("failure", "delivered", "exit_code"), [([], 6, 0), (2, 0, 4)])
def test_an_account_that_tells_no_lists_is_believed_where_nothing_contradicts_it(
    failure: object, delivered: int, exit_code: int, tmp_path: Path
) -> None:
    service = OddService(import_info=ended(failure=failure))
    service.answers["contacts"] = lambda handler: {
        "contacts": t.cast("dict[str, object]", OddService.contacts(service, handler))["contacts"]
    }
    outcome = run(service, tmp_path, verify="all")
    assert (outcome.exit_code, outcome.report["delivered"]) == (exit_code, delivered)
    assert outcome.log.count("the account does not tell of each contact whether it is on its list") == 1
    words = "the account does not tell whether it is on the list"
    assert json.dumps(outcome.rejects).count(words) == 6 - delivered


# Updates of people who were on the list before


class Updating(OddService):
    """An account that has everybody on its list by the name of Ada, and whose importer may skip some."""

    def __init__(self, skipped: set[str], **answers: t.Any) -> None:  # noqa: ANN401 - as above
        super().__init__(**answers)
        self.skipped = skipped
        self.names: dict[str, str] = {}

    def import_bulk_import(self, handler: Handler) -> Answer:
        for contact in json.loads(handler.body)["contacts"]:
            if contact["email"] not in self.skipped:
                self.names[contact["email"]] = contact["first_name"]
        return super().import_bulk_import(handler)

    def contacts(self, handler: Handler) -> Answer:
        found = t.cast("dict[str, t.Any]", super().contacts(handler))
        for one in found["contacts"]:
            one["firstName"] = self.names.get(one["email"], "Ada")
        return found


def update(service: Updating, folder: Path) -> Outcome:
    return run(service, folder, more={"first_name": "New"})


EVERYBODY = {f"p{number}@example.com" for number in range(6)}
INFO_IN_DOUBT = [{"failure": 6}, {"failure": ["other@example.com"]}, {"failure": None}]


@pytest.mark.parametrize("parts", INFO_IN_DOUBT)
def test_an_update_that_imports_in_doubt_skipped_is_not_delivered(
    parts: dict[str, object], tmp_path: Path
) -> None:
    service = Updating({"p3@example.com"}, import_info=ended(**parts))
    outcome = update(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 5)
    assert rejected(outcome) == {"p3@example.com"}
    assert "does not show that its values were taken" in json.dumps(outcome.rejects)
    assert service.imports[1:] == [["p3@example.com"]], "sent once more, in doubt again"


@pytest.mark.parametrize("said", [{"batchId": None}, {"batchId": "b-1", "queued_contacts": 5}, {}])
def test_an_update_in_doubt_is_sent_once_more_and_counts_by_a_sound_answer(
    said: dict[str, object], tmp_path: Path
) -> None:
    service = Updating({"p3@example.com"})

    def take(handler: Handler) -> Answer:
        answer = Updating.import_bulk_import(service, handler)
        service.skipped.clear()
        return said if len(service.imports) == 1 else answer

    service.answers["import_bulk_import"] = take
    outcome = update(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    assert service.imports[1:] == [["p3@example.com"]]
    assert service.names == dict.fromkeys(EVERYBODY, "New")


@pytest.mark.parametrize("said", [{"errors": [{"title": "The account is in maintenance"}]}, {"error": "no"}])
def test_errors_with_a_status_of_success_are_a_refusal(said: object, tmp_path: Path) -> None:
    service = Updating(set(), import_bulk_import=(200, said))
    outcome = update(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"], outcome.states) == (1, 0, [])
    assert "so the reason concerns every contact" in outcome.log


def test_an_importer_that_names_nothing_and_updates_nobody_delivers_nobody(tmp_path: Path) -> None:
    service = Updating(EVERYBODY)

    def take(handler: Handler) -> Answer:
        Updating.import_bulk_import(service, handler)
        return {}

    service.answers["import_bulk_import"] = take
    outcome = update(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"], len(service.imports)) == (4, 0, 2)


# An import without a name

NAMELESS: list[object] = [
    {"Success": 1, "batch_id": "b-1"},
    {},
    [],
    b"",
    b"OK",
    {"Success": 1, "batchId": {}},
]


@pytest.mark.parametrize("said", NAMELESS)
def test_an_import_without_a_name_is_looked_up_and_not_sent_again(said: object, tmp_path: Path) -> None:
    service = OddService()

    def take(handler: Handler) -> Answer:
        OddService.import_bulk_import(service, handler)
        return 202, said

    service.answers["import_bulk_import"] = take
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"], len(service.imports)) == (0, 6, 1)
    assert (
        outcome.log.count("no batchId that can be read, so nobody can follow that import (contacts: 6") == 1
    )
    assert outcome.log.count("WARNING") == 1
    assert outcome.states == [6]


def test_of_an_import_without_a_name_those_that_are_not_there_are_sent_once_more(tmp_path: Path) -> None:
    service = OddService()
    service.missing = {"p2@example.com", "p4@example.com"}

    def take(handler: Handler) -> Answer:
        answer = OddService.import_bulk_import(service, handler)
        return answer if len(service.imports) > 1 else {"Success": 1}

    def info(handler: Handler) -> Answer:
        service.missing.clear()
        return OddService.import_info(service, handler)

    service.answers |= {"import_bulk_import": take, "import_info": info}
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 6)
    assert service.imports[1:] == [["p2@example.com", "p4@example.com"]]


def test_an_importer_that_names_nothing_and_takes_nobody_is_asked_twice(tmp_path: Path) -> None:
    service = OddService()
    service.missing = {f"p{number}@example.com" for number in range(6)}

    def take(handler: Handler) -> Answer:
        OddService.import_bulk_import(service, handler)
        return {}

    service.answers["import_bulk_import"] = take
    outcome = run(service, tmp_path, speed=10_000)
    assert (outcome.exit_code, outcome.report["delivered"], len(service.imports)) == (4, 0, 2)
    assert outcome.report["rejected"] == {"skipped_by_activecampaign": 6}


def test_a_refusal_with_a_status_of_success_sets_the_culprit_aside(tmp_path: Path) -> None:
    words = {"success": 0, "message": "Validation failed", "failureReasons": [{"contact": 3}]}
    service = OddService()
    service.answers["import_bulk_import"] = refusing(service, {"p2@example.com"}, (200, words))
    outcome = run(service, tmp_path)
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, 5)
    assert outcome.report["rejected"] == {"refused_by_activecampaign": 1}
