"""A run that creates many contacts says once that automations run for them, unless somebody chose."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.delivery.automations import AutomationsNotice

if t.TYPE_CHECKING:
    import pytest


def said_after(caplog: pytest.LogCaptureFixture, *counts: tuple[int, int], **how: bool) -> list[str]:
    """What is logged when imports create these many contacts on these lists."""
    notice = AutomationsNotice(**{"is_chosen": False, "is_dry_run": False, **how})
    with caplog.at_level(logging.INFO):
        for list_id, created in counts:
            notice.count(list_id, created)
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_more_than_a_hundred_on_a_list_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    (said,) = said_after(caplog, (1, 100), (2, 1), (2, 100), (1, 1), (3, 500))
    assert said.startswith("exclude_automations: this run creates more than 100 contacts on list 2, and ")


def test_a_hundred_on_each_of_some_lists_are_not(caplog: pytest.LogCaptureFixture) -> None:
    assert said_after(caplog, (1, 100), (2, 100), (3, 0)) == []


def test_nothing_is_said_where_somebody_chose(caplog: pytest.LogCaptureFixture) -> None:
    assert said_after(caplog, (1, 500), is_chosen=True) == []


def test_a_dry_run_says_what_would_be(caplog: pytest.LogCaptureFixture) -> None:
    (said,) = said_after(caplog, (1, 101), is_dry_run=True)
    assert "this run would create more than 100 contacts on list 1" in said
