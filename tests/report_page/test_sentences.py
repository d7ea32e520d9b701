"""Every report has its sentences, older ones and those that the summary can't read too."""

from __future__ import annotations

import pytest
from support import made_up_reports as made_up

from target_activecampaign.report_page.sentences import sentences_of

UNREAD = "See the figures below."


@pytest.mark.parametrize("name", made_up.ALL)
def test_each_kind_of_run_has_a_verdict_a_sum_and_a_next_step(name: str) -> None:
    report = made_up.ALL[name]()
    verdict, sums, next_step = sentences_of(report)
    assert UNREAD not in next_step
    assert next_step
    assert verdict != sums
    assert sums.startswith(f"{report['read']:,} records")


def test_an_old_report_says_who_arrived() -> None:
    assert "927 people arrived" in sentences_of(made_up.old()).verdict


def test_a_report_that_the_summary_can_t_read_says_its_figures() -> None:
    said = sentences_of(made_up.good_night() | {"lists": 7})
    assert said == ("250,000 records were read.", "250,000 records were read.", UNREAD)
