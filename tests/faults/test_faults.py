"""The matrix of `docs/faults.md`: faults that pass, that set a contact aside, that stop. On a quick clock."""

from __future__ import annotations

import json
import ssl
import typing as t

import pytest
import trustme
from support.command import config_for, record_message, schema_message, state_message
from support.loopback_server import A_USER, Handler, serve_replies
from support.quick_target import QuickClock, run_quickly

from target_activecampaign.api.client import Client
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.config.secret import Secret
from target_activecampaign.delivery.submitting import PartialBatches
from target_activecampaign.errors import ServiceError
from target_activecampaign.sandbox import serve
from target_activecampaign.sandbox.state.seed import BUILT_IN

if t.TYPE_CHECKING:
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

IMPORT = "POST /import/bulk_import"
LOOK = "GET /import/info"
PEOPLE = 6
DATE = "Fri, 01 May 2026 10:00"
QUICK = {"requests_per_second": 100, "imports_per_minute": 1000}


def bulk_refusal(message: str, reasons: object = ()) -> str:
    body = json.dumps({"success": 0, "message": message, "failureReasons": reasons})
    return f"{IMPORT} status=400 body='{body}'"


RATE_REFUSAL = bulk_refusal("Rate limit exceeded.", ["Up to 100 imports may be requested per minute."])


def people(count: int = PEOPLE) -> list[dict[str, t.Any]]:
    """So many records, each with a STATE behind it."""
    messages: list[dict[str, t.Any]] = [schema_message()]
    for number in range(count):
        messages.append(record_message({"email": f"person{number}@example.com"}))
        messages.append(state_message(number + 1))
    return messages


def addresses(sandbox: RunningSandbox) -> set[str]:
    return {row["email"] for row in sandbox.snapshot(10**6)["contacts"]}


def everyone(count: int = PEOPLE) -> set[str]:
    return {f"person{number}@example.com" for number in range(count)}


def run_with(
    folder: Path, *faults: str, progress: str = "looks=2", speed: float = 100, **settings: object
) -> Outcome:
    """Run six people into a sandbox with these faults; the account must hold all that were delivered."""
    with serve(with_limits=False, progress=progress, faults=faults) as sandbox:
        config = config_for(sandbox.url, folder, **{**QUICK, **settings})
        outcome = run_quickly(config, people(), QuickClock(speed))
        held = addresses(sandbox)
    assert "Traceback" not in outcome.log
    assert "@example.com" not in outcome.log
    assert outcome.report["delivered"] <= len(held)
    assert outcome.report["exit_code"] == outcome.exit_code
    assert_states_are_covered(outcome.states, held | rejected(outcome))
    return outcome


def error_of(outcome: Outcome) -> str:
    """The one line of the log that says what stopped the run."""
    errors = [line for line in outcome.log.splitlines() if line.startswith("ERROR")]
    [error] = [
        line for line in errors if not line.endswith("initializing target sink 'target-activecampaign'")
    ]
    return error


def rejected(outcome: Outcome) -> set[str]:
    return {line["record"]["email"] for line in outcome.rejects if line["type"] == "RECORD"}


def assert_states_are_covered(states: list[int], settled: set[str]) -> None:
    assert states == sorted(states)
    assert everyone(max(states, default=0)) <= settled


# Faults that pass.

PASSING = {
    "no answer before the effect": [f"{IMPORT} cut next=2"],
    "no answer after the effect": [f"{IMPORT} cut effect next=2"],
    "an answer that is lost to a 502 after the effect": [f"{IMPORT} status=502 effect next=2"],
    "no answer to the first request": ["GET /users/me cut next=1"],
    "no answer to a look": [f"{LOOK} cut next=3"],
    "429 with Retry-After": [f'{IMPORT} status=429 header="Retry-After: 2" next=2'],
    "429 without Retry-After": [f"{IMPORT} status=429 next=3"],
    "429 with a hostile Retry-After": [f'{LOOK} status=429 header="Retry-After: 999999999" next=1'],
    "429 with a date in Retry-After": [
        f'* status=429 header="Retry-After: {DATE}:20 GMT" header="Date: {DATE}:00 GMT" next=1'
    ],
    "429 with nonsense in Retry-After": [
        f'{IMPORT} status=429 header="Retry-After: soon" next=1',
        f'{LOOK} status=429 header="Retry-After: nan" next=1',
    ],
    "408": [f"{IMPORT} status=408 next=2"],
    "500": [f"{IMPORT} status=500 next=2", f"{LOOK} status=500 next=2"],
    "502": [f"{IMPORT} status=502 next=2", f"{LOOK} status=502 next=2"],
    "503": [f"{IMPORT} status=503 next=2", f"{LOOK} status=503 next=2"],
    "504": [f"{IMPORT} status=504 next=2", f"{LOOK} status=504 next=2"],
    "502 with a web page": [f'{IMPORT} status=502 body="<html>Bad gateway</html>" next=2'],
    "a login page with status 200": [f"{IMPORT} html next=2", f"{LOOK} html next=2"],
    "a web page with status 400": [f"{IMPORT} status=400 body='<html></html>' next=1"],
    "JSON that is cut": [f"{IMPORT} status=200 body='{{\"Success\":1,' next=1"],
    "JSON of another shape": [
        f"{IMPORT} status=200 body=[1] next=1",
        f"{IMPORT} status=200 body='{{\"Success\":1}}' next=1",
        f"{IMPORT} status=200 body='{{\"batchId\":{{}}}}' next=1",
        f'{LOOK} status=200 body=\'{{"status":"completed","success":5}}\' next=1',
        "GET /lists status=200 body='{\"lists\":[7]}' next=1",
    ],
    "a batchId that nobody should print": [
        f'{IMPORT} status=200 body=\'{{"batchId":"a\\nb@example.com"}}\' next=1',
    ],
    "an empty answer": [f"{IMPORT} status=200 body=' ' next=1", f"{LOOK} status=204 body=' ' next=1"],
    "403 now and then": [f"{IMPORT} status=403 next=3", f"{LOOK} status=403 next=3"],
    "403 now and then at the start": ["GET /users/me status=403 next=2"],
    "401 now and then": [f"{IMPORT} status=401 next=2"],
    "the importer's rate limit": [f"{RATE_REFUSAL} next=3"],
    "the importer's rate limit, then 503": [f"{RATE_REFUSAL} next=9", f"{IMPORT} status=503 next=3"],
    "an import that fails": ["import fails next=1"],
    "an import that fails half-way": ["import fails applied=3 next=2"],
    "an import that is interrupted": ["import interrupted applied=2 next=2"],
    "an import that vanishes": [f"{LOOK} status=404 next=2"],
    "a contact that can't be read back at first": ["GET /contacts* status=503 next=3"],
}


@pytest.fixture(autouse=True)
def _never_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a quick clock, a busy machine is a long silence, and batches would leave before they are full."""
    monkeypatch.setattr(PartialBatches, "due", lambda *_, **__: [])


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_costs_nobody_anything(name: str, tmp_path: Path) -> None:
    outcome = run_with(tmp_path, *PASSING[name])
    assert outcome.exit_code == 0
    assert outcome.report["delivered"] == PEOPLE
    assert outcome.states[-1] == PEOPLE


def test_late_answers_are_waited_for(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, f"{IMPORT} delay=0.3 next=1", f"{LOOK} delay=0.3 next=1")
    assert (outcome.exit_code, outcome.report["delivered"]) == (0, PEOPLE)
    assert "trying again" not in outcome.log


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, f"{IMPORT} delay=1.5 next=1", request_timeout=1)
    assert outcome.exit_code == 0
    assert "POST import/bulk_import: no answer in time; trying again" in outcome.log


def test_retry_after_is_kept_to_and_clamped(tmp_path: Path) -> None:
    """Time between the 429 and the next request, in seconds of the run's clock."""
    for header, least, most in (
        ("30", 30, 60),
        ("999999999", 119, 150),
        ("-5", 0.9, 30),
        ("1e400", 119, 150),
    ):
        moments: list[float] = []
        clock = QuickClock(1000)

        def reply(
            handler: Handler,
            moments: list[float] = moments,
            clock: QuickClock = clock,
            header: str = header,
        ) -> None:
            moments.append(clock.now())
            if len(moments) == 1:
                handler.say(429, b"", Retry_After=header)
            else:
                handler.say(200, A_USER)

        with serve_replies(reply) as server:
            Client(server.url, Secret("k"), RateLimiter(5, 100, clock), 5).check_key()
        assert least <= moments[1] - moments[0] <= most, header


def test_what_the_service_says_of_its_window_is_heard_and_nothing_else() -> None:
    class HearingRateLimiter(RateLimiter):
        def learn_window(self, permits: int) -> None:
            heard.append(permits)
            super().learn_window(permits)

    heard: list[int] = []
    said = iter(["300", "300", "", "5", "-1", "many", "9" * 5000])

    def reply(handler: Handler) -> None:
        value = next(said)
        handler.say(200, A_USER, **({"RateLimit_Limit": value} if value else {}))

    with serve_replies(reply) as server:
        client = Client(server.url, Secret("k"), HearingRateLimiter(1000, 6000, QuickClock(1000)), 5)
        for _ in range(7):
            client.check_key()
    assert heard == [300, 5, 0, 0, 0]


def test_the_importers_rate_limit_is_waited_out_in_slots_that_double(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, f"{RATE_REFUSAL} next=3", imports_per_minute=60)
    assert outcome.exit_code == 0
    assert outcome.report["waited_seconds"] >= 10 + 20 + 40, "a slot is a second here"


def test_a_rate_limit_scales_with_the_setting(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, f"{RATE_REFUSAL} next=3", imports_per_minute=6000)
    assert outcome.exit_code == 0
    assert 0.7 <= outcome.report["waited_seconds"] <= 7, "a slot is a hundredth of a second here"


# Contacts that are set aside.


@pytest.mark.parametrize("positions", ["from-one", "from-zero"])
@pytest.mark.parametrize("names", ["all", "first"])
def test_of_a_batch_that_does_not_pass_validation_the_culprits_alone_are_set_aside(
    positions: str, names: str, tmp_path: Path
) -> None:
    messages = people(20)
    # The importer's own rule: two letters behind the last dot (bulk importer reference).
    for number in (3, 4, 11):
        messages[1 + 2 * number]["record"]["email"] = f"person{number}@example.x1"
    switches = {"positions": positions, "refusal-names": names}
    with serve(with_limits=False, progress="looks=2", switches=switches) as sandbox:
        outcome = run_quickly(config_for(sandbox.url, tmp_path, **QUICK), messages)
        assert addresses(sandbox) == everyone(20) - {f"person{n}@example.com" for n in (3, 4, 11)}
    assert outcome.exit_code == 0
    assert outcome.states[-1] == 20
    assert rejected(outcome) == {f"person{number}@example.x1" for number in (3, 4, 11)}


@pytest.mark.parametrize(
    "reasons",
    [
        [],
        "not a list",
        ["words alone"],
        [{"contact": 999, "failureReason": "?"}],
        [{"contact": "2"}, {"contact": None}, {"contact": True}],
        [{"contact": -1, "failureReason": {"deep": ["x"]}}],
    ],
)
def test_a_refusal_with_reasons_that_settle_nothing_is_narrowed_down(reasons: object, tmp_path: Path) -> None:
    refusal = bulk_refusal("JSON payload did not pass validation. Please fix failure Reasons", reasons)
    outcome = run_with(tmp_path, f"{refusal} next=4", max_rejected_percent=50)
    # Six are refused, then both halves, and one half of the first: nobody stands alone by then.
    assert outcome.exit_code == 0
    assert outcome.report["delivered"] + sum(outcome.report["rejected"].values()) == PEOPLE
    assert outcome.report["delivered"] >= PEOPLE - 1


def test_all_refused_is_found_out_one_by_one_and_is_never_exit_code_0(tmp_path: Path) -> None:
    outcome = run_with(
        tmp_path, bulk_refusal("JSON payload did not pass validation"), max_rejected_percent=100
    )
    assert outcome.exit_code == 4
    assert outcome.report["rejected"] == {"refused_by_activecampaign": PEOPLE}


def test_a_payload_that_is_too_large_is_halved(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, f"{IMPORT} status=413 next=3")
    assert outcome.exit_code == 0
    assert outcome.report["delivered"] == PEOPLE


def test_a_contact_named_in_the_failures_of_an_import_is_set_aside(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, "import refuses=person2@example.com")
    assert outcome.exit_code == 0
    assert rejected(outcome) == {"person2@example.com"}
    assert outcome.states[-1] == PEOPLE


@pytest.mark.parametrize("verify", ["sample", "all"])
def test_contacts_that_are_skipped_in_silence_are_set_aside(verify: str, tmp_path: Path) -> None:
    with serve(with_limits=False, contact_limit=2, switches={"over-limit": "silent"}) as sandbox:
        config = config_for(
            sandbox.url,
            tmp_path,
            verify=verify,
            account_limit_guard=False,
            max_rejected_percent=90,
            **QUICK,
        )
        outcome = run_quickly(config, people())
        held = addresses(sandbox)
    assert outcome.exit_code == 0
    assert outcome.report["rejected"] == {"skipped_by_activecampaign": 4}
    assert rejected(outcome) == everyone() - held


# Faults that stop the run: exit code 1, a line that says why, and no STATE past what is settled.

_GAVE_UP_AFTER_8 = "Gave up after 8 tries in"
_CONCERNS_ALL = (
    '6 contacts, sent one by one, were refused in the same words, so the reason concerns every contact: "'
)
STOPPING: dict[str, tuple[list[str], str]] = {
    "a wrong key at the start": (
        ["* status=403"],
        "HTTP 403, the key was refused. Gave up after 3",
    ),
    "401 at the start": (
        ["* status=401"],
        "HTTP 401, the key was refused. Gave up after 3 tries",
    ),
    "a login page at the start": (
        ["* html"],
        "HTTP 200 with a web page instead of JSON. Gave up after 3 tries",
    ),
    "500 at the start": (["* status=500"], "HTTP 500. Gave up after 3 tries"),
    "404 at the start": (
        ["* status=404"],
        "GET users/me: HTTP 404, which no further try will change. Set hostname to",
    ),
    "403 in mid-run for good": (
        [f"{IMPORT} status=403"],
        "HTTP 403, the key's user may not do this. Gave up after 5 tries in",
    ),
    "403 to looks for good": (
        [f"{LOOK} status=403"],
        "HTTP 403, the key's user may not do this. Gave up",
    ),
    "404 on the importer": (
        [f"{IMPORT} status=404"],
        "POST import/bulk_import: HTTP 404, which no further try",
    ),
    "405 on the importer": (
        [f"{IMPORT} status=405"],
        "POST import/bulk_import: HTTP 405, which no further try",
    ),
    "503 for good": ([f"{IMPORT} status=503"], f"ActiveCampaign answered HTTP 503. {_GAVE_UP_AFTER_8}"),
    "503 to looks for good": (
        [f"{LOOK} status=503"],
        f"ActiveCampaign answered HTTP 503. {_GAVE_UP_AFTER_8}",
    ),
    "no answer for good": ([f"{IMPORT} cut"], f"or cut the connection. {_GAVE_UP_AFTER_8}"),
    "no answer after the effect, for good": ([f"{IMPORT} cut effect"], _GAVE_UP_AFTER_8),
    "429 for good": (
        [f'{IMPORT} status=429 header="Retry-After: 99999"'],
        "HTTP 429, the account's rate limit",
    ),
    "the importer's rate limit for good": ([RATE_REFUSAL], "he importer's rate limit was reached. Gave up"),
    "a redirect": (
        [f'{IMPORT} status=302 header="Location: http://127.0.0.1:1/"'],
        "POST import/bulk_import: HTTP 302, which no further try will change",
    ),
    "unparsable, says the importer": (
        [bulk_refusal("failed", ["Invalid or unparsable json"])],
        f'{_CONCERNS_ALL}HTTP 400: Invalid or unparsable json; failed"',
    ),
    "an import that fails again and again": (
        ["import fails"],
        "and 2 before it, of the same contacts, failed",
    ),
    "an import that vanishes again and again": (
        [f"{LOOK} status=404"],
        "and 2 before it, of the same contacts",
    ),
    "an import that never ends": (["import open"], "did not end an import in 10 min (import_timeout)"),
    "an import whose status stays false": (
        [f"{LOOK} status=200 body='{{\"status\":false}}'"],
        "did not end an import in 10 min (import_timeout)",
    ),
}


@pytest.mark.parametrize("name", STOPPING)
def test_a_fault_that_does_not_pass_ends_the_run_and_is_said(name: str, tmp_path: Path) -> None:
    faults, words = STOPPING[name]
    outcome = run_with(tmp_path, *faults, speed=1000, import_timeout=600)
    assert outcome.exit_code == 1
    assert words in error_of(outcome)
    assert outcome.states == []
    assert outcome.report["delivered"] == 0


def test_an_import_of_which_no_answer_is_json_is_read_back_and_nobody_counts_without_proof(
    tmp_path: Path,
) -> None:
    outcome = run_with(tmp_path, f"{LOOK} status=200 body='{{'", speed=1000, import_timeout=600)
    assert outcome.exit_code == 4
    assert outcome.report["rejected"] == {"skipped_by_activecampaign": 6}
    assert outcome.report["delivered"] == 0


def test_what_is_settled_before_the_run_stops_keeps_its_state(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, f"{IMPORT} status=404 after=3", batch_size_rows=1, progress="at-once")
    assert outcome.exit_code == 1
    assert outcome.report["imports"] == 3
    assert outcome.states == [] or outcome.states[-1] <= 3


def test_an_import_that_never_ends_is_named_and_others_are_confirmed(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, "import open after=1 next=1", batch_size_rows=3, import_timeout=20)
    assert outcome.exit_code == 1
    assert outcome.report["delivered"] == 3
    assert outcome.states in ([], [3]), "whichever of the two it is"
    assert "did not end an import in 20 s (import_timeout). If it happens again: raise" in error_of(outcome)
    assert " + 3 without an answer yet. Some of the 3 may have arrived." in error_of(outcome)


def test_a_wait_for_a_rate_limit_is_bounded_in_time(tmp_path: Path) -> None:
    outcome = run_with(tmp_path, f'{IMPORT} status=429 header="Retry-After: 99999"', speed=1000)
    seconds = int(error_of(outcome).split("tries in ")[1].split(" s")[0])
    assert 900 <= seconds <= 1100


# A contract that is full.


def test_an_import_that_fails_and_fills_the_contract_stops_nothing(tmp_path: Path) -> None:
    """Its contacts are in the account: they are sent again, and nothing is held back."""
    fault = "import fails applied=2 next=1"
    with serve(with_limits=False, progress="at-once", faults=[fault], contact_limit=2) as sandbox:
        outcome = run_quickly(config_for(sandbox.url, tmp_path, **QUICK), people(2), QuickClock(100))
        assert addresses(sandbox) == everyone(2)
    assert outcome.exit_code == outcome.report["exit_code"] == 0
    assert outcome.report["limit"] is None
    assert (outcome.report["delivered"], outcome.report["held_back"]) == (2, 0)
    assert outcome.states[-1] == 2


def test_of_an_import_that_fails_in_a_full_contract_only_the_missing_are_held_back(tmp_path: Path) -> None:
    fault = "import fails applied=1 next=1"
    with serve(with_limits=False, progress="at-once", faults=[fault], contact_limit=1) as sandbox:
        config = config_for(sandbox.url, tmp_path, **{**QUICK, "batch_size_rows": 1})
        outcome = run_quickly(config, people(2), QuickClock(100))
        assert addresses(sandbox) == everyone(1)
    assert outcome.exit_code == 3
    assert (outcome.report["delivered"], outcome.report["held_back"]) == (1, 1)
    assert outcome.states[-1] == 1


# What the sandbox can't do.


def client_for(url: str, timeout_seconds: float = 5) -> Client:
    return Client(url, Secret("made-up-key"), RateLimiter(100, 1000, QuickClock(1000)), timeout_seconds)


def test_a_host_that_refuses_the_connection_is_given_up_within_a_few_requests() -> None:
    with serve_replies(lambda handler: handler.say(200, A_USER)) as server:
        url = server.url
    client = client_for(url)
    with pytest.raises(
        ServiceError, match=r"The host refused the connection.* after 3 tries.*GET users/me.*firewall"
    ):
        client.check_key()
    assert client.requests == 3


def test_a_host_that_has_no_address_is_given_up_within_a_few_requests() -> None:
    client = client_for("https://account.invalid")
    with pytest.raises(ServiceError, match=r"The host's name has no address.* after 3 tries.*DNS"):
        client.check_key()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_the_key_stays_here() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serve_replies(lambda handler: handler.say(200, A_USER), context) as server:
        client = client_for(server.url)
        with pytest.raises(ServiceError, match="certificate could not be verified, or TLS failed"):
            client.poll("import-1", lambda: None)
    assert server.received == []
    assert client.requests == 3, "sooner than after eight tries: that seldom passes"


def test_a_host_that_speaks_no_tls_is_refused() -> None:
    with serve_replies(lambda handler: handler.say(200, A_USER)) as server:
        client = client_for(server.url.replace("http:", "https:"))
        with pytest.raises(ServiceError, match="TLS failed"):
            client.check_key()
    assert server.received == []


@pytest.mark.parametrize(
    "location", ["{other}/api/3/users/me", "//[", "http://[::1", "\xff\xfe", "file:///etc/passwd", ""]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_a_redirect(status: int, location: str) -> None:
    with serve_replies(lambda handler: handler.say(200, A_USER)) as other:
        target = location.format(other=other.url) if "{" in location else location

        def redirect(handler: Handler) -> None:
            handler.say(status, b"", Location=target)

        with serve_replies(redirect) as server, pytest.raises(ServiceError, match=f"HTTP {status}, which no"):
            client_for(server.url).check_key()
        assert len(server.received) == 1
    assert other.received == []


def test_an_answer_that_stalls_half_way_is_asked_for_again() -> None:
    def stall(handler: Handler) -> None:
        if len(handler.server.received) == 1:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"users"')
            handler.wfile.flush()
            handler.server.ended.wait(5)
        else:
            handler.say(200, A_USER)

    with serve_replies(stall) as server:
        client_for(server.url, timeout_seconds=0.5).check_key()
    # A busy machine may answer late, too, and is asked once more.
    assert len(server.received) >= 2


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X-Much: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\xfe{",
    ],
)
def test_an_answer_that_is_no_http_or_cut_is_asked_for_again(raw: bytes) -> None:
    def reply(handler: Handler) -> None:
        if len(handler.server.received) == 1:
            handler.wfile.write(raw)
            handler.close_connection = True
        else:
            handler.say(200, A_USER)

    with serve_replies(reply) as server:
        client_for(server.url).check_key()
    assert len(server.received) == 2


def test_an_endless_answer_does_not_fill_the_memory() -> None:
    def pour(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not handler.server.ended.is_set():
            handler.wfile.write(bytes(65_536))

    with (
        serve_replies(pour) as server,
        pytest.raises(
            ServiceError, match=r"HTTP 200 with an answer of more than 16777216 bytes. Gave up after 3"
        ),
    ):
        client_for(server.url).check_key()


def test_without_a_word_about_the_time_a_date_to_wait_for_is_a_second() -> None:
    moments: list[float] = []
    clock = QuickClock()

    def reply(handler: Handler) -> None:
        moments.append(clock.now())
        if len(moments) == 1:
            handler.wfile.write(
                b"HTTP/1.1 429 Too Many\r\nRetry-After: Fri, 01 May 2026 10:00:20 GMT\r\n"
                b"Content-Length: 0\r\n\r\n"
            )
        else:
            handler.say(200, A_USER)

    with serve_replies(reply) as server:
        Client(server.url, Secret("k"), RateLimiter(5, 100, clock), 5).check_key()
    assert 0.9 <= moments[1] - moments[0] <= 15


# Consent.


@pytest.mark.parametrize(
    ("reading", "delivered", "rejected_as"),
    [
        ("failure", PEOPLE - 1, {"refused_by_activecampaign": 1}),
        ("skip-subscription", PEOPLE, {}),
    ],
)
def test_somebody_who_left_the_list_is_not_put_back_on_it(
    reading: str, delivered: int, rejected_as: dict[str, int], tmp_path: Path
) -> None:
    left = {"email": "person1@example.com", "lists": {"1": 2}}
    seed = {**BUILT_IN, "contacts": [left]}
    faults = [f"{IMPORT} cut effect next=1", "import fails next=1"]
    with serve(with_limits=False, seed=seed, switches={"left-list": reading}, faults=faults) as sandbox:
        outcome = run_quickly(config_for(sandbox.url, tmp_path, verify="all", **QUICK), people())
        statuses = {row["email"]: row["lists"] for row in sandbox.snapshot(100)["contacts"]}
        asked = {(entry.method, entry.path) for entry in sandbox.emulator.journal.after(0)}
    assert outcome.exit_code == 0
    assert statuses["person1@example.com"] == {"1": 2}
    assert outcome.report["delivered"] == delivered
    assert outcome.report["rejected"] == rejected_as
    assert outcome.report["still_unsubscribed"] == (1 if reading == "skip-subscription" else 0)
    assert {path for method, path in asked if method != "GET"} == {"/api/3/import/bulk_import"}


# All at once.


def test_three_thousand_arrive_through_every_fault_at_once(tmp_path: Path) -> None:
    faults = [
        f"{IMPORT} status=503 every=13",
        f"{IMPORT} status=500 every=31",
        f"{IMPORT} cut every=17",
        f"{IMPORT} cut effect every=19",
        f"{IMPORT} html every=29",
        f"{IMPORT} status=403 every=37",
        f"{IMPORT} status=413 every=41",
        f"{IMPORT} status=200 body='{{' every=43",
        f"{RATE_REFUSAL} every=11",
        f'{IMPORT} status=429 header="Retry-After: 3" every=23',
        f"{LOOK} status=502 every=13",
        f"{LOOK} cut every=17",
        f"{LOOK} html every=19",
        f"{LOOK} status=200 body='{{\"status\":false}}' every=5",
        f"{LOOK} status=404 after=40 next=1",
        "* delay=2 every=12",
        # Far apart: the third end of that kind for the same contacts stops a run, and should.
        "import fails applied=10 after=8 next=1",
        "import interrupted after=69 next=1",
    ]
    with serve(speed=100, progress="seconds=3", faults=faults, with_limits=True) as sandbox:
        config = config_for(sandbox.url, tmp_path, batch_size_rows=40)
        outcome = run_quickly(config, people(3000))
        held = addresses(sandbox)
    assert outcome.exit_code == 0
    assert held == everyone(3000)
    assert outcome.report["delivered"] == 3000
    assert outcome.states[-1] == 3000
