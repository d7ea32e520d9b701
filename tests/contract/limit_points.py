"""Keys, limits on requests, and the account's contract. These take longest and come last."""

from __future__ import annotations

import typing as t

from contract.points import NO, YES, Finding, point

if t.TYPE_CHECKING:
    from contract.session import Answer
    from contract.workbench import Workbench

GET_ME = ("GET", "/users/me")
TOO_MANY = 429
REQUESTS_PER_SECOND = 5
SINGLE_IMPORTS_PER_MINUTE = 20
PHASES = (0.0, 0.25, 0.5, 0.75)
ROUNDS = 3
WITHIN_SECONDS = 0.95
MOST_TO_FILL = 2_000
BATCH = 250
LAG_POLL_SECONDS = 10.0
LONGEST_LAG_SECONDS = 300.0
A_MINUTE_AT_MOST = 150.0


@point("unknown-key", "The answer to a wrong key", "403", "401", "login-page")
def unknown_key(bench: Workbench) -> Finding:
    bench.session.wait(bench.session.pause_seconds)
    answer = bench.session.send("GET", "/users/me", key="0000-made-up-0000")
    is_page = answer.status == 200 and answer.body is None
    return Finding("login-page" if is_page else str(answer.status), f"status {answer.status}")


@point("limit-headers", "RateLimit-Limit and RateLimit-Remaining", "always", "never")
def limit_headers(bench: Workbench) -> Finding:
    answers = [exchange.answer for exchange in bench.session.exchanges if exchange.answer.status < TOO_MANY]
    having = sum("RateLimit-Limit" in answer.headers for answer in answers)
    readings = {len(answers): "always", 0: "never"}
    return Finding(readings.get(having, "neither"), f"{having} of {len(answers)} answers have them")


@point("bulk-counts", "Whether imports count against the 5 requests a second", YES, NO)
def bulk_counts(bench: Workbench) -> Finding:
    for _ in range(ROUNDS):
        (first,), took = bench.session.bursts(GET_ME, REQUESTS_PER_SECOND, times=1)
        started = bench.session.now()
        bulk = bench.session.send("POST", "/import/bulk_import", body={"contacts": []})
        after = bench.session.send("GET", "/users/me")
        took += bench.session.now() - started
        if _refused(first) or took > WITHIN_SECONDS or after.status != TOO_MANY:
            continue
        return Finding(YES if bulk.status == TOO_MANY else NO, f"the sixth got status {bulk.status}")
    return Finding(None, "the limit could not be reached within a second")


@point("window", "Whether the last second counts, or the clock's", "sliding", "fixed")
def window(bench: Workbench) -> Finding:
    outcomes = [taken for phase in PHASES if (taken := _twice_in_a_second(bench, phase)) is not None]
    if all(outcomes):
        return Finding(None, "the limit could not be reached within a second, or is not kept")
    if any(outcomes):
        return Finding("fixed", f"ten requests within a second were taken {sum(outcomes)} times")
    return Finding("sliding" if len(outcomes) == len(PHASES) else None, f"refused {len(outcomes)} times")


@point("single-imports", "How many imports of one contact a minute has", "20", "more")
def single_imports(bench: Workbench) -> Finding:
    contact = {"email": bench.address("single"), "exclude_automations": True}
    bench.session.wait(61)
    for taken in range(SINGLE_IMPORTS_PER_MINUTE + 6):
        bench.session.wait(bench.session.pause_seconds)
        answer = bench.session.send("POST", "/import/bulk_import", body={"contacts": [contact]})
        if answer.is_over_limit and answer.status != TOO_MANY:
            reading = "20" if taken == SINGLE_IMPORTS_PER_MINUTE else "neither"
            return Finding(reading, f"{taken} were taken")
        bench.batches.append(bench.expected(answer).body["batchId"])
    return Finding("more", "26 were taken")


@point("subscriber-total", "Whom the account's total counts", "all", "subscribed")
def subscriber_total(bench: Workbench) -> Finding:
    before = _total(bench)
    contact = bench.make_contact("counted-as-contact")
    if _rises(bench, before) is not None:
        return Finding("all", "it rose by a contact on no list")
    bench.set_status(contact, 1)
    is_subscribed = _rises(bench, before) is not None
    return Finding("subscribed" if is_subscribed else None, "it did not rise by a contact on no list")


@point("subscriber-total-lag", "By how much the total lags", "none", "minute", "three-minutes")
def subscriber_total_lag(bench: Workbench) -> Finding:
    before = _total(bench)
    bench.set_status(bench.make_contact("counted-late"), 1)
    waited = _rises(bench, before)
    if waited is None:
        return Finding(None, "it did not rise")
    at_most = {0.0: "none"}.get(waited, "minute" if waited <= A_MINUTE_AT_MOST else "three-minutes")
    return Finding(at_most, f"it rose within {waited:.0f} s")


@point("over-limit", "New contacts over the contract", "failure", "silent", "let-through")
def over_limit(bench: Workbench) -> Finding:
    if not bench.fills:
        return Finding(None, "asked with --fill alone")
    settings = bench.expected(bench.session.get("/settings/account")).body
    headroom = int(settings["subscriber_limit"]) - int(settings["subscriber_total"])
    if not 0 <= headroom <= MOST_TO_FILL:
        return Finding(None, f"more than {MOST_TO_FILL} contacts fit into the account")
    names = [f"fill-{number}" for number in range(headroom + 5)]
    failed = 0
    for start in range(0, len(names), BATCH):
        members = [_member(bench, name) for name in names[start : start + BATCH]]
        failed += len(bench.bring_in(*members).info["failure"])
    last = bench.find(bench.address(names[-1]))
    reading = "let-through" if last else "failure" if failed else "silent"
    return Finding(reading, f"{failed} in failure")


def _member(bench: Workbench, name: str) -> dict[str, object]:
    return {"email": bench.address(name), "subscribe": [{"listid": bench.list_id}]}


def _twice_in_a_second(bench: Workbench, phase: float) -> bool | None:
    """Tell whether ten requests were taken within a second; `None` where that could not be tried.

    The second five follow half a second after the first, so of four phases a quarter of a second apart some
    have the end of the clock's second between them.
    """
    for _ in range(ROUNDS):
        (first, second), took = bench.session.bursts(
            GET_ME, REQUESTS_PER_SECOND, times=2, gap_seconds=0.5, phase=phase
        )
        if not _refused(first) and took < WITHIN_SECONDS:
            return not _refused(second)
    return None


def _refused(answers: list[Answer]) -> int:
    return sum(answer.status == TOO_MANY for answer in answers)


def _total(bench: Workbench) -> int:
    return int(bench.expected(bench.session.get("/settings/account")).body["subscriber_total"])


def _rises(bench: Workbench, before: int) -> float | None:
    """Return the seconds until the total is higher, 0 where it is at once, `None` where it stays."""
    started, is_first = bench.session.now(), True
    while _total(bench) <= before:
        if bench.session.now() - started > LONGEST_LAG_SECONDS:
            return None
        is_first = False
        bench.session.wait(LAG_POLL_SECONDS)
    return 0.0 if is_first else bench.session.now() - started
