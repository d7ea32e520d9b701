"""The command that settles open points of the API with an account, here with the sandbox as the account."""

from __future__ import annotations

import json
import typing as t
from functools import partial

import contract_account
import pytest
from contract.cassette import Anonymiser, NotAnonymousError, make_cassette, read_cassette, secrets_of
from contract.comparison import differences
from contract.points import NO, POINTS, UNDECIDED, YES, Finding, Point
from contract.session import Answer, Exchange, Session
from contract.workbench import Workbench

from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.state import account as account_module
from target_activecampaign.sandbox.switches import SWITCHES

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

AT_THE_ACCOUNT_S_PACE = {"bulk-counts", "window", "limit-headers", "single-imports", "subscriber-total-lag"}
"""Points whose answer is a matter of time: they need limits, or seconds."""
NOT_TO_BE_ASKED = {"bounced"}
"""No request makes an address bounce."""
AS_ASSUMED = {
    "empty-batch": "refused",
    "batch-of-251": "refused",
    "oversize": "refused",
    "queued-contacts": "as-sent",
    "address-case": "same",
    "option-label": "as-unknown",
    "unsubscribe-stranger": "nothing",
    "deleted-contact": "new",
    "include-memberships": "yes",
    "filter-by-list": "yes",
    "id-greater": "yes",
    "page-of-101": "cut",
    "tag-case": "same",
    "tag-twice": "200",
    "single-imports": "20",
}
"""What the sandbox's README says of points that have no switch."""
SOON = ["success-key", "positions", "tag-twice"]


@pytest.fixture
def bench_of(start_sandbox: Callable[..., RunningSandbox]) -> Callable[..., Workbench]:
    """Return what makes a workbench in a sandbox, without limits and pauses unless asked."""

    def make(pace: float = 1000, pause_seconds: float = 0, **options: t.Any) -> Workbench:  # noqa: ANN401 - of the sandbox
        sandbox = start_sandbox(**{"with_limits": False, "progress": "looks=2", **options})
        return Workbench(Session(sandbox.url, "sandbox", pace, pause_seconds), fills=True)

    return make


def readings(bench: Workbench, names: set[str]) -> dict[str, str | None]:
    """Settle points, have everything removed, and return the readings."""
    findings, left = contract_account.settle(bench, names)
    assert left == []
    return {point.name: finding.reading for point, finding in findings}


def test_every_switch_is_a_point_with_its_readings() -> None:
    asked = {name: set(point.readings) for name, point in POINTS.items() if name in SWITCHES}

    assert asked == {name: set(switch.values) for name, switch in SWITCHES.items()}


def test_a_point_without_a_switch_is_one_that_the_sandbox_assumes() -> None:
    assert set(POINTS) - set(SWITCHES) == set(AS_ASSUMED)


@pytest.mark.contract
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_reading_of_each_switch_is_found_out(bench_of: Callable[..., Workbench], place: int) -> None:
    chosen = {name: switch.values[min(place, len(switch.values) - 1)] for name, switch in SWITCHES.items()}
    chosen["subscriber-total-lag"] = "none"
    if place == 1:
        chosen["left-list"] = "failure"  # else nobody is in `failure`, and no spelling is seen
    names = set(POINTS) - AT_THE_ACCOUNT_S_PACE - NOT_TO_BE_ASKED
    if chosen["left-list"] == "skip-subscription":
        names.discard("failure-spelling")

    expected = {**AS_ASSUMED, **chosen}
    found = readings(bench_of(switches=chosen, contact_limit=80), names)
    assert found == {name: expected[name] for name in names}


@pytest.mark.contract
@pytest.mark.parametrize("place", [0, 1])
def test_each_reading_of_the_limits_is_found_out(bench_of: Callable[..., Workbench], place: int) -> None:
    names = {"window", "bulk-counts", "limit-headers"}
    chosen = {name: SWITCHES[name].values[place] for name in names}

    assert readings(bench_of(1, 0.25, with_limits=True, switches=chosen), names) == chosen


@pytest.mark.contract
def test_imports_of_one_contact_are_counted_until_they_are_refused(
    bench_of: Callable[..., Workbench],
) -> None:
    bench = bench_of(20, 0.3, with_limits=True, speed=20)

    assert readings(bench, {"single-imports"}) == {"single-imports": "20"}


@pytest.mark.contract
@pytest.mark.parametrize("reading", SWITCHES["subscriber-total-lag"].values)
def test_the_lag_of_the_total_is_measured(
    bench_of: Callable[..., Workbench], monkeypatch: pytest.MonkeyPatch, reading: str
) -> None:
    monkeypatch.setattr(account_module, "_LAG_SECONDS", {"none": 0, "minute": 1, "three-minutes": 3})
    bench = bench_of(60, switches={"subscriber-total-lag": reading})

    assert readings(bench, {"subscriber-total-lag"}) == {"subscriber-total-lag": reading}


@pytest.mark.contract
def test_a_cassette_is_compared_with_a_sandbox_that_reads_as_it_does(
    start_sandbox: Callable[..., RunningSandbox],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(contract_account, "Session", partial(Session, speed=1000, pause_seconds=0))
    monkeypatch.setattr(contract_account, "serve", partial(serve, with_limits=False))
    key, cassette = tmp_path / "key", tmp_path / "cassette.json"
    key.write_text("sandbox\n")
    only = [part for name in SOON for part in ("--only", name)]

    def ask(*options: str, switches: dict[str, str] | None = None) -> tuple[int, str]:
        url = start_sandbox(with_limits=False, switches=switches or {}).url
        code = contract_account.main(["--hostname", url, "--api-key-file", str(key), *options, *only])
        return code, capsys.readouterr().out

    code, out = ask("--cassette", str(cassette), switches={"positions": "from-zero"})
    assert code == 0
    assert "from-zero            yes" in out
    assert contract_account.main(["--compare", str(cassette), *only]) == 0
    assert "The answers are those of the cassette." in capsys.readouterr().out
    code, out = ask("--compare", str(cassette))
    assert code == 1
    assert "positions: from-one is no in the cassette, yes here" in out


def test_what_it_made_is_removed_when_it_is_interrupted(
    start_sandbox: Callable[..., RunningSandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(bench: Workbench) -> Finding:
        bench.make_list("second")
        bench.submit({"email": bench.address("on-its-way")})
        raise KeyboardInterrupt

    point = POINTS["success-key"]
    monkeypatch.setitem(POINTS, point.name, Point(point.name, point.question, point.readings, interrupted))
    seed = {"lists": [{"name": "News"}], "contacts": [{"email": "ada@example.com"}]}
    sandbox = start_sandbox(with_limits=False, progress="looks=2", seed=seed)

    with pytest.raises(KeyboardInterrupt):
        contract_account.settle(Workbench(Session(sandbox.url, "sandbox", 1000, 0)), {point.name})

    assert [entry["name"] for entry in sandbox.snapshot()["lists"]] == ["News"]
    assert [entry["email"] for entry in sandbox.snapshot()["contacts"]] == ["ada@example.com"]


def test_what_could_not_be_removed_is_named_and_the_rest_is_gone(
    start_sandbox: Callable[..., RunningSandbox], capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox = start_sandbox(with_limits=False, faults=["GET /tags status=418", "DELETE /lists/4 status=403"])
    bench = Workbench(Session(sandbox.url, "sandbox", 1000, 0))

    _, left = contract_account.settle(bench, {"option-label"})

    assert left == ["/lists/4", "GET /tags was answered with status 418, not 200 or 201 with JSON"]
    assert "not removed; look for the mark contract-suite: /lists/4; " in capsys.readouterr().err
    assert (len(sandbox.account.fields.all()), len(sandbox.account.contacts)) == (24, 0)


def test_a_key_that_is_refused_ends_it_before_anything_is_made(
    start_sandbox: Callable[..., RunningSandbox],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(contract_account, "Session", partial(Session, speed=1000, pause_seconds=0))
    sandbox = start_sandbox(with_limits=False)
    (tmp_path / "key").write_text("another")

    code = contract_account.main(["--hostname", sandbox.url, "--api-key-file", str(tmp_path / "key")])

    assert (code, len(sandbox.account.lists.all())) == (2, 3)
    assert "GET /users/me was answered with status 403" in capsys.readouterr().err


def test_an_answer_that_nobody_foresaw_leaves_its_point_undecided(bench_of: Callable[..., Workbench]) -> None:
    bench = bench_of(faults=["POST /import/bulk_import status=418", "GET /contactLists html"])

    found = readings(bench, {"success-key", "positions", "filter-by-list"})
    assert found == dict.fromkeys(("success-key", "positions", "filter-by-list"))


def test_a_reading_that_no_one_listed_is_no_to_each() -> None:
    point = Point("x", "?", ("one", "two"), lambda _: Finding(None))

    assert point.verdicts(Finding("three")) == {"one": NO, "two": NO}
    assert point.verdicts(Finding("two")) == {"one": NO, "two": YES}
    assert point.verdicts(Finding(None)) == {"one": UNDECIDED, "two": UNDECIDED}


PRIVATE: dict[str, t.Any] = {
    "contacts": [
        {
            "id": "48151",
            "email": "jo.private@customer.example",
            "firstName": "Josephine",
            "links": {"contactLists": "https://acme-private.api-us1.com/api/3/contacts/48151/contactLists"},
            "cdate": "2026-05-28T03:05:54-05:00",
            "hash": "9f86d081884c7d659a2feaa0c55ad015",
            "phone": "+4930123456",
            "score": 4711,
            "title": "Ms Private",
            "message": "private words",
            "roles": ["owner-private"],
        }
    ],
    "jo@customer.example": "a key",
    "meta": {"total": "8123"},
}


def exchange(path: str, status: int, body: object, sent: object = None) -> Exchange:
    return Exchange("p", {}, sent, Answer("GET", path, status, {}, body, ""))


def test_a_cassette_shows_of_an_answer_what_the_suite_sent_and_keys_and_types() -> None:
    sent: dict[str, str] = {"email": "contract-suite.0a1b2c3d.x@example.com", "firstName": "Ada"}
    ours = {"contact": sent}
    answer: dict[str, t.Any] = {**PRIVATE, "contact": {**sent, "id": "48151"}}

    record = Anonymiser("0a1b2c3d", frozenset(sent.values())).record(
        exchange("/contacts/48151", 200, answer, ours)
    )

    text = json.dumps(record)
    for private in (
        "48151",
        "private",
        "Josephine",
        "customer",
        "acme",
        "2026",
        "9f86",
        "4930",
        "4711",
        "8123",
    ):
        assert private not in text
    assert "0a1b2c3d" not in text
    assert record["path"] == "/contacts/1"
    assert record["answer"]["contact"]["email"] == "contract-suite.run.x@example.com"
    assert record["answer"]["contact"]["id"] == record["answer"]["contacts"][0]["id"] == "1"
    assert record["answer"]["contacts"][0]["score"] == 0


def test_a_cassette_keeps_the_service_s_words_about_errors_without_addresses() -> None:
    body = {"success": 0, "message": "Not for jo@customer.example", "failureReasons": [{"contact": 3}]}

    record = Anonymiser("0a1b2c3d", frozenset()).record(exchange("/import/bulk_import", 400, body))

    assert record["answer"]["message"] == "Not for someone@example.com"
    assert "customer" not in json.dumps(record)


def test_a_cassette_numbers_the_ids_of_imports() -> None:
    batch = "72ae899d-a505-411e-bc86-ed932d881bbd"
    asked = Exchange(
        "p", {"batchId": batch}, None, Answer("GET", "/import/info", 200, {}, {"batchId": batch}, "")
    )

    record = Anonymiser("0a1b2c3d", frozenset({batch})).record(asked)

    assert (record["query"], record["answer"]) == ({"batchId": "batch-1"}, {"batchId": "batch-1"})


@pytest.mark.parametrize("path", ["/users/me", "/settings/account"])
def test_a_cassette_shows_of_the_account_itself_types_alone(path: str) -> None:
    body = {"account": "acme.activehosted.com", "subscriber_limit": 10_000, "trial": False, "credits": None}

    record = Anonymiser("0a1b2c3d", frozenset()).record(exchange(path, 200, body))

    assert record["answer"] == {"account": "text", "subscriber_limit": 0, "trial": False, "credits": None}


def test_a_cassette_with_a_word_of_the_account_is_not_made() -> None:
    told = exchange("/tags", 422, {"message": "Ask Private Ltd for it"})

    with pytest.raises(NotAnonymousError):
        make_cassette("0a1b2c3d", [], [told], ["Private Ltd"])
    assert make_cassette("0a1b2c3d", [], [told], ["ivate"])["exchanges"]


def test_words_of_the_account_are_what_it_says_of_itself_and_no_refusal() -> None:
    told = [exchange("/users/me", 200, {"user": {"email": "jo@customer.example"}})]
    refused = [exchange("/users/me", 429, {"message": "Too Many Requests"})]

    assert secrets_of([*told, *refused, exchange("/tags", 200, {"tag": "x"})]) == {"jo@customer.example"}


def cassette(status: int, answer: object, verdict: str = YES) -> dict[str, t.Any]:
    entry = {"point": "p", "method": "GET", "path": "/lists/3", "status": status, "answer": answer}
    return {"points": {"p": {"readings": {"a": verdict}}}, "exchanges": [entry]}


@pytest.mark.parametrize(
    ("seen", "lines"),
    [
        (cassette(200, {"lists": [{"id": "9"}]}), 0),
        (cassette(200, {"lists": []}), 0),
        (cassette(200, {"lists": [{"id": 9}]}), 2),
        (cassette(200, {"lists": [{"id": "9", "name": "x"}]}), 1),
        (cassette(201, {"lists": [{"id": "9"}]}), 1),
        (cassette(200, {"lists": [{"id": "9"}]}, NO), 1),
        (cassette(200, {"lists": [{"id": "9"}]}, UNDECIDED), 0),
    ],
)
def test_cassettes_differ_in_verdicts_statuses_keys_and_types(
    seen: dict[str, t.Any], lines: int | list[str]
) -> None:
    found = differences(cassette(200, {"lists": [{"id": "3"}]}), seen)

    assert found == lines or len(found) == lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --hostname and --api-key-file"),
        (["--hostname", "acme.api-us1.com"], "give --api-key-file"),
        (["--hostname", "http://acme.api-us1.com", "--api-key-file", "key"], "over https"),
        (["--hostname", "acme.api-us1.com", "--api-key-file", "blank"], "holds no key"),
        (["--hostname", "acme.api-us1.com", "--api-key-file", "missing"], "No such file"),
        (["--compare", "blank"], "contract_account"),
        (["--compare", "key"], "contract_account"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key").write_text("0123\n")
    (tmp_path / "blank").write_text("two words\n")

    assert contract_account.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_file_of_another_format_is_no_cassette(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"format": 0}')

    with pytest.raises(ValueError, match="no cassette of format 1"):
        read_cassette(tmp_path / "old.json")
