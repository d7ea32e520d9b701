"""Alerts and beats reach those who are to hear of a run, and one that fails changes nothing of the run."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import typing as t

import pytest
from support.loopback_server import Handler, serve_replies
from support.runs import NIGHT, report_of, settings_for

from target_activecampaign.run import notices as notices_module
from target_activecampaign.run.history import open_history
from target_activecampaign.run.notices import Notices, send_test_alert

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.loopback_server import LoopbackServer, Reply

    from target_activecampaign.config.settings import Settings

SECRET = "T0CKEN"
FAILED: dict[str, t.Any] = {"exit_code": 1, "error": "no answer in time"}


class Calendar:
    """A clock that stands at a moment."""

    def __init__(self) -> None:
        self.seconds = 1_764_460_804

    def epoch_seconds(self) -> int:
        return self.seconds


def ok(handler: Handler) -> None:
    handler.say(200, b"ok")


@contextlib.contextmanager
def receiver(reply: Reply = ok) -> Iterator[LoopbackServer]:
    with serve_replies(reply) as server:
        yield server


def told(settings: Settings, calendar: Calendar | None = None, **figures: object) -> None:
    """Do all that a run does to be heard of, without the run."""
    clock = t.cast("t.Any", calendar or Calendar())
    history = open_history(settings, clock)
    notices = Notices(settings, history, clock, alert_seconds=0.3, heartbeat_seconds=0.3)
    notices.say_started()
    history.begin(started_at=NIGHT)
    notices.say_lost()
    report = report_of(**figures)
    report |= history.judge(report)
    history.end(report)
    notices.say_ended(report, "report.json", 20)


def alerting(folder: Path, server: LoopbackServer, **changes: object) -> Settings:
    return settings_for(folder, **{"alert_url": f"{server.url}/hook/{SECRET}?a=b", **changes})


def events(server: LoopbackServer) -> list[str]:
    return [json.loads(body)["event"].rpartition(".")[2] for body in server.bodies]


def test_five_equal_failures_are_one_alert_and_one_recovery(tmp_path: Path) -> None:
    with receiver() as server:
        settings = alerting(tmp_path, server)
        for _ in range(5):
            told(settings, **FAILED)
        assert events(server) == ["raised"]
        told(settings)
        told(settings)
    assert events(server) == ["raised", "resolved"]
    assert "fine again after 5 failed runs" in json.loads(server.bodies[1])["text"]
    assert server.received[0][:2] == ("POST", f"/hook/{SECRET}?a=b")
    assert server.received[0][2]["Content-Type"] == "application/json"
    assert "Api-Token" not in server.received[0][2]


def test_a_reminder_follows_after_a_day_and_a_good_run_is_no_news(tmp_path: Path) -> None:
    calendar = Calendar()
    with receiver() as server:
        settings = alerting(tmp_path, server)
        told(settings, calendar)
        for _ in range(3):
            told(settings, calendar, **FAILED)
            calendar.seconds += 43_200
    assert events(server) == ["raised", "reminded"]


def test_a_run_that_a_person_stopped_neither_raises_nor_resolves(tmp_path: Path) -> None:
    with receiver() as server:
        settings = alerting(tmp_path, server)
        told(settings, **FAILED)
        told(settings, exit_code=130)
        told(settings, **FAILED)
    assert events(server) == ["raised"]


def test_without_a_place_to_remember_each_alert_is_sent_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with receiver() as server, caplog.at_level(logging.INFO):
        settings = alerting(tmp_path, server, report_path=None)
        told(settings, **FAILED)
        told(settings, **FAILED)
    assert events(server) == ["raised", "raised"]
    assert "nothing remembers which alerts were sent, so each is" in caplog.text


def test_a_lost_run_is_told_by_the_next_one(tmp_path: Path) -> None:
    with receiver() as server:
        settings = alerting(tmp_path, server)
        killed = open_history(settings, t.cast("t.Any", Calendar()))
        killed.begin(started_at=NIGHT)
        killed.note("mark", "another boot 1")
        killed._has_ended.set()
        told(settings)
        told(settings)
    assert events(server) == ["raised", "resolved"]
    body = json.loads(server.bodies[0])
    assert (body["kind"], body["run"]) == ("lost", 1)
    assert "run 1 ended without a word" in body["text"]


@pytest.mark.parametrize("form", ["slack", "teams"])
def test_the_form_is_that_of_the_setting(tmp_path: Path, form: str) -> None:
    with receiver() as server:
        told(alerting(tmp_path, server, alert_format=form), **FAILED)
    assert (
        set(json.loads(server.bodies[0]))
        == {
            "slack": {"text", "blocks"},
            "teams": {"type", "attachments"},
        }[form]
    )


@pytest.mark.parametrize(
    ("host", "form"),
    [
        ("hooks.slack.com", "slack"),
        ("prod-12.westeurope.logic.azure.com", "teams"),
        ("default1.2.environment.api.powerplatform.com", "teams"),
        ("acme.webhook.office.com", "teams"),
        ("hooks.slack.com.example.com", "json"),
        ("chat.example.com", "json"),
    ],
)
def test_the_host_tells_the_form(tmp_path: Path, host: str, form: str) -> None:
    assert settings_for(tmp_path, alert_url=f"https://{host}/x").alert_format == form
    assert settings_for(tmp_path, alert_url=f"https://{host}/x", alert_format="json").alert_format == "json"


# What fails


def not_found(handler: Handler) -> None:
    handler.say(404, b"no such hook")


def redirect(handler: Handler) -> None:
    handler.say(302, b"", Location=f"{handler.server.url}/elsewhere")


def broken(handler: Handler) -> None:
    handler.say(500, b"")


def hang(handler: Handler) -> None:
    handler.server.ended.wait(10)


@pytest.mark.parametrize(
    ("reply", "tries", "cause"),
    [
        (not_found, 1, "HTTP 404, a refusal"),
        (redirect, 1, "HTTP 302, a redirect, which is not followed"),
        (broken, 2, "HTTP 500, a refusal"),
        (hang, 2, "time"),
    ],
    ids=["404", "redirect", "500", "hang"],
)
def test_an_alert_that_fails_is_one_warning_without_the_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reply: Reply, tries: int, cause: str
) -> None:
    with receiver(reply) as server, caplog.at_level(logging.INFO):
        told(alerting(tmp_path, server), **FAILED)
    assert len(server.received) == tries
    assert all(path.startswith("/hook") for _, path, _ in server.received)
    [warning] = caplog.records
    assert warning.levelname == "WARNING"
    assert warning.getMessage().startswith("alert_url: could not be called: ")
    assert cause in warning.getMessage()
    assert SECRET not in caplog.text
    assert server.url not in caplog.text


def test_a_service_that_fails_once_is_asked_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([500, 200])
    with receiver(lambda handler: handler.say(next(answers), b"")) as server:
        told(alerting(tmp_path, server), **FAILED)
    assert len(server.received) == 2
    assert caplog.records == []


def test_an_alert_that_did_not_arrive_is_sent_by_the_next_run(tmp_path: Path) -> None:
    answers = iter([404, 200, 200])
    with receiver(lambda handler: handler.say(next(answers), b"")) as server:
        for _ in range(3):
            told(alerting(tmp_path, server), **FAILED)
    assert len(server.received) == 2


def test_a_port_where_nobody_listens_is_one_warning_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with receiver() as server:
        settings = alerting(tmp_path, server, heartbeat_url=f"{server.url}/{SECRET}")
    told(settings, **FAILED)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 3
    assert {text.partition(":")[0] for text in said} == {"alert_url", "heartbeat_url"}
    assert SECRET not in caplog.text


def test_a_search_for_a_hosts_name_that_never_ends_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def never(*_: object, **__: object) -> None:
        answered.wait(20)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(notices_module, "_SECONDS_TO_GIVE_UP", 0.1)
    told(settings_for(tmp_path, alert_url="https://chat.example.com/x"), **FAILED)
    assert not answered.is_set()
    answered.set()
    assert "alert_url: could not be called: no answer in time" in caplog.text


def test_many_lost_runs_hold_up_the_next_one_once(tmp_path: Path) -> None:
    answers = iter([404, 200, 200])
    with receiver(lambda handler: handler.say(next(answers), b"")) as server:
        settings = alerting(tmp_path, server)
        for _ in range(3):
            killed = open_history(settings, t.cast("t.Any", Calendar()))
            killed.begin(started_at=NIGHT)
            killed.note("mark", "another boot 1")
            killed._has_ended.set()
        told(settings, exit_code=130)
        assert events(server) == ["raised"]  # and refused: the others are left to the next run
        told(settings, exit_code=130)
        told(settings, exit_code=130)
    assert events(server) == ["raised", "raised"]


def test_a_recovery_that_did_not_arrive_is_told_by_the_next_good_run(tmp_path: Path) -> None:
    answers = iter([200, 404, 200])
    with receiver(lambda handler: handler.say(next(answers), b"")) as server:
        settings = alerting(tmp_path, server)
        told(settings, **FAILED)
        for _ in range(3):
            told(settings)
    assert events(server) == ["raised", "resolved", "resolved"]


@pytest.mark.parametrize("noted", ["x", [1], {"a": 1}, {"a": {"first_at": "x"}}, None], ids=str)
def test_a_memory_of_alerts_that_can_not_be_read_is_none(tmp_path: Path, noted: object) -> None:
    with receiver() as server:
        settings = alerting(tmp_path, server)
        told(settings, **FAILED)
        history = open_history(settings, t.cast("t.Any", Calendar()))
        history.begin(started_at=NIGHT)
        history.note("alerts", noted)
        history.end({**report_of(), "result": "done"})
        told(settings, **FAILED)
    assert events(server) == ["raised", "raised"]


# Heartbeat


@pytest.mark.parametrize("query", ["", "?rid=1"])
def test_the_monitor_hears_of_start_and_end(tmp_path: Path, query: str) -> None:
    with receiver() as server:
        told(settings_for(tmp_path, heartbeat_url=f"{server.url}/ping/{SECRET}{query}"), exit_code=3)
    assert [one[:2] for one in server.received] == [
        ("GET", f"/ping/{SECRET}/start{query}"),
        ("GET", f"/ping/{SECRET}/3{query}"),
    ]


def test_a_dry_run_tells_nobody(tmp_path: Path) -> None:
    with receiver() as server:
        told(alerting(tmp_path, server, heartbeat_url=server.url, dry_run=True), **FAILED)
    assert server.received == []


# A test of the address


def test_a_test_alert_says_that_it_is_one(tmp_path: Path) -> None:
    with receiver() as server:
        assert send_test_alert(alerting(tmp_path, server)) is None
    body = json.loads(server.bodies[0])
    assert (body["event"], body["text"]) == (
        "run.alert.test",
        "Test: alerts of acme arrive here. Nothing to do.",
    )


def test_a_test_alert_that_fails_says_why(tmp_path: Path) -> None:
    assert send_test_alert(settings_for(tmp_path)) == "alert_url is not set"
    with receiver(not_found) as server:
        assert send_test_alert(alerting(tmp_path, server)) == "HTTP 404, a refusal"
