"""What is remembered of runs comes as the page of a run takes it."""

from __future__ import annotations

import typing as t

from support.made_up_reports import START, good_night

from target_activecampaign.cli.known_runs import known_runs
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.report_page.figures import read_runs
from target_activecampaign.run.history import open_history

if t.TYPE_CHECKING:
    from pathlib import Path


def test_a_run_that_ended_and_one_that_did_not_are_known(tmp_path: Path) -> None:
    config = {
        "hostname": "acme.api-us1.com",
        "api_key": "made-up",
        "data_privacy_consent": True,
        "list_id": 3,
        "report_path": str(tmp_path / "{time}.json"),
    }
    for ends in (True, False):
        history = open_history(parse_settings(config, {}))
        history.begin(started_at=START)
        if ends:
            history.end(good_night(), report_path="night.json")

    known = known_runs(config)
    assert [(run["run"], run["report_path"], bool(run["report"])) for run in known] == [
        (2, None, False),
        (1, "night.json", True),
    ]
    ended, open_one = read_runs(known)
    assert (ended.delivered, ended.rejected_records, open_one.delivered) == (3_120, 12, None)
