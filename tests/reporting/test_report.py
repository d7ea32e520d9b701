"""The report counts the records of a run by outcome, and is written whole or not at all."""

from __future__ import annotations

import datetime as dt
import json
import os
import typing as t

import pytest

from target_activecampaign import __version__
from target_activecampaign.contacts.contact import Reason
from target_activecampaign.errors import OutputError, SettingsError
from target_activecampaign.reporting.report import (
    OUTCOMES,
    Report,
    StreamFigures,
)
from target_activecampaign.reporting.report_file import check_report_path, write_report
from target_activecampaign.reporting.report_keys import REPORT_KEYS

if t.TYPE_CHECKING:
    from pathlib import Path

STARTED = dt.datetime(2026, 5, 19, 12, tzinfo=dt.timezone.utc)


def a_report() -> Report:
    report = Report("Shop", STARTED)
    people, shops = report.streams["people"], report.streams["shops"]
    people.read, people.delivered, people.created, people.superseded = 10, 5, 2, 1
    people.people = 4
    people.rejected.update({Reason.VALUE_INVALID: 1, Reason.EMAIL_MISSING: 2})
    people.held_back = 1
    people.left_out.update({"phone": 2, "custom_fields.City": 1})
    shops.read, shops.unchanged = 10, 9
    shops.rejected.update({Reason.EMAIL_MISSING: 1, Reason.TOO_LARGE: 0})
    shops.ignored, shops.filtered = 1, 2
    report.streams["orders"].ignored = 6
    report.imports, report.imports_tried, report.limit = 2, 3, "profile_limit"
    report.contract, report.contract_before, report.state_record = (500, 420), 300, 7
    report.facts.lists, report.facts.rejects_path = {3: "Newsletter"}, "rejects.singer"
    named = [report.note_rejected(Reason.EMAIL_MISSING, line) for line in range(2, 9)]
    assert named == [(True, True), *[(True, False)] * 4, *[(False, False)] * 2]
    report.note_rejected(Reason.VALUE_INVALID, "9, row 4")
    return report


def as_json(report: Report) -> dict[str, t.Any]:
    ended = STARTED + dt.timedelta(seconds=61.2345)
    return report.as_json(ended_at=ended, requests=7, waited_seconds=1.23456, exit_code=3)


def test_the_report_has_the_figures_of_the_run_and_of_each_stream() -> None:
    people = {
        "read": 10,
        "delivered": 5,
        "created": 2,
        "updated": 3,
        "people": 4,
        "unchanged": 0,
        "superseded": 1,
        "rejected": {"email_missing": 2, "value_invalid": 1},
        "held_back": 1,
        "unsubscribed": 0,
        "unsettled": 0,
        "filtered": 0,
        "ignored": 0,
        "left_alone": 0,
        "left_alone_reasons": {},
        "left_out": {"custom_fields.City": 1, "phone": 2},
    }
    shops = {
        "read": 10,
        "delivered": 0,
        "created": 0,
        "updated": 0,
        "people": 0,
        "unchanged": 9,
        "superseded": 0,
        "rejected": {"email_missing": 1},
        "held_back": 0,
        "unsubscribed": 0,
        "unsettled": 0,
        "filtered": 2,
        "ignored": 1,
        "left_alone": 0,
        "left_alone_reasons": {},
        "left_out": {},
    }
    nothing = StreamFigures().as_json()
    expected = {
        "display_name": "Shop",
        "read": 20,
        "delivered": 5,
        "created": 2,
        "updated": 3,
        "people": 4,
        "unchanged": 9,
        "superseded": 1,
        "rejected": {"email_missing": 3, "value_invalid": 1},
        "held_back": 1,
        "unsubscribed": 0,
        "unsettled": 0,
        "filtered": 2,
        "ignored": 7,
        "left_alone": 0,
        "left_alone_reasons": {},
        "left_out": {"custom_fields.City": 1, "phone": 2},
        "started_at": "2026-05-19T12:00:00.000+00:00",
        "ended_at": "2026-05-19T12:01:01.234+00:00",
        "seconds": 61.234,
        "imports": 2,
        "imports_tried": 3,
        "requests": 7,
        "waited_seconds": 1.235,
        "exit_code": 3,
        "limit": "profile_limit",
        "created_may_be_too_high": False,
        "room": None,
        "pending_removals": None,
        "mirror": None,
        "dry_run": False,
        "plan": None,
        "error": None,
        "contract": {"limit": 500, "before": 300, "after": 420},
        "rejects": {
            "path": "rejects.singer",
            "reasons": {
                "email_missing": {"count": 3, "lines": [2, 3, 4, 5, 6]},
                "value_invalid": {"count": 1, "lines": ["9, row 4"]},
            },
        },
        "state_record": 7,
        "version": __version__,
        "host": "",
        "account": None,
        "lists": [{"id": 3, "name": "Newsletter"}],
        "automations": True,
        "ledger": False,
        "source": None,
        "report_path": None,
        "settings": {},
        "streams": {"people": people, "shops": shops, "orders": {**nothing, "ignored": 6}},
    }
    assert {key: as_json(a_report())[key] for key in expected} == expected


def test_what_was_read_is_the_sum_of_all_outcomes() -> None:
    for figures in (as_json(a_report()), *as_json(a_report())["streams"].values()):
        counts = {**figures, "rejected": sum(figures["rejected"].values())}
        assert counts["read"] == sum(counts[outcome] for outcome in OUTCOMES)


def test_totals_do_not_change_what_they_sum_up() -> None:
    report = a_report()
    assert report.totals().as_json() == report.totals().as_json()
    assert report.streams["shops"].rejected[Reason.EMAIL_MISSING] == 1


def test_the_share_that_was_rejected_is_a_percentage_of_what_was_read() -> None:
    assert a_report().rejected_percent() == 20.0
    assert Report("Shop", STARTED).rejected_percent() == 0.0


def test_a_run_without_records_has_a_report() -> None:
    report = as_json(Report("Shop", STARTED))
    assert (report["read"], report["rejected"], report["limit"], report["streams"]) == (0, {}, None, {})
    assert StreamFigures().as_json()["updated"] == 0


def test_a_report_is_written_as_one_json_object(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("an earlier one")
    write_report(path, as_json(a_report()))
    assert json.loads(path.read_text()) == as_json(a_report())
    assert path.read_text().endswith("}\n")
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_a_report_has_the_rights_that_the_user_gives_to_new_files(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    umask = os.umask(0o027)
    try:
        write_report(path, {})
    finally:
        assert os.umask(umask) == 0o027
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_check_leaves_nothing_behind(tmp_path: Path) -> None:
    check_report_path(tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_is_refused_by_the_name_of_its_setting(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "report.json"
    with pytest.raises(OutputError, match=r"report_path: can't write in .*: No such file or directory"):
        check_report_path(missing)
    with pytest.raises(OutputError, match=r"report_path: can't write .*: No such file or directory"):
        write_report(missing, {})


def test_a_folder_in_the_place_of_the_report_leaves_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(OutputError, match="report_path: can't write"):
        write_report(tmp_path / "report.json", {})
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    "content", ["x", "[]", "{}", '{"read": 1}', '{"hostname": "sandbox", "api_key": "k"}', "SQLite format 3"]
)
def test_a_file_that_is_no_report_is_never_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"report_path: .* is there and is no report"):
        check_report_path(path)
    assert path.read_text() == content


def test_an_earlier_report_and_an_empty_file_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.touch()
    check_report_path(path)
    write_report(path, as_json(a_report()))
    check_report_path(path)


def test_the_meaning_of_each_key_is_told_in_the_reports_order() -> None:
    of_earlier_runs = ["run", "result", "before", "usual"]
    assert [*as_json(a_report()), *of_earlier_runs] == list(REPORT_KEYS)
