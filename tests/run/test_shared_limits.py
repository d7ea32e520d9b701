"""How a run begins to share limits, and what `check` says of the server."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from support.fake_clock import FakeClock
from support.postgres_server import postgres

from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.secret import Secret
from target_activecampaign.config.settings import Settings, parse_settings
from target_activecampaign.errors import SettingsError
from target_activecampaign.run.checks.machine import check_sharing
from target_activecampaign.run.shared_limits import share_limits

if t.TYPE_CHECKING:
    from support.postgres_server import PostgresServer

__all__ = ["postgres"]

NOWHERE = "postgresql+psycopg://somebody:the-password@127.0.0.1:1/x"


def settings_with(**more: t.Any) -> Settings:  # noqa: ANN401 - any setting
    required = {
        "hostname": "acme.api-us1.com",
        "api_key": "k" * 20,
        "data_privacy_consent": True,
        "list_id": 1,
    }
    return parse_settings({**required, **more})


def test_a_ledger_on_postgresql_shares_limits_by_itself() -> None:
    assert settings_with(ledger_url=NOWHERE).shared_limits == ("ledger_url", Secret(NOWHERE))
    assert settings_with(ledger_url="sqlite:///ledger.db").shared_limits is None
    both = settings_with(ledger_url=NOWHERE, rate_limit_url="redis://localhost/0")
    assert both.shared_limits == ("rate_limit_url", Secret("redis://localhost/0"))


def test_the_sandbox_of_one_process_shares_nothing() -> None:
    assert settings_with(hostname="sandbox", rate_limit_url=NOWHERE).shared_limits is None


def test_the_url_is_in_no_report() -> None:
    settings = settings_with(rate_limit_url=NOWHERE)
    assert "the-password" not in f"{settings}{dict(settings.shown)}"


def test_a_server_that_is_not_there_stops_the_run_before_its_first_request() -> None:
    settings = settings_with(rate_limit_url=NOWHERE)
    limiter = RateLimiter(5, 100, FakeClock())
    with pytest.raises(SettingsError, match=r"rate_limit_url: .* no server listens there") as refused:
        share_limits(settings, "rate_limit_url", Secret(NOWHERE), limiter, SystemClock())
    assert "the-password" not in str(refused.value)


def test_a_dry_run_goes_on_where_the_ledger_may_be_read_alone() -> None:
    settings = settings_with(ledger_url=NOWHERE, dry_run=True)
    limiter = RateLimiter(5, 100, FakeClock())
    assert share_limits(settings, "ledger_url", Secret(NOWHERE), limiter, SystemClock()) is None


def test_check_says_that_nothing_is_shared() -> None:
    (check,) = check_sharing(settings_with())
    assert (check.status, check.message) == (
        "ok",
        "none set (rate_limit_url): one run of the account at a time",
    )


@pytest.mark.postgres
def test_check_asks_the_server_and_writes_nothing_there(postgres: PostgresServer) -> None:
    settings = settings_with(rate_limit_url=postgres.new_url())
    (reached,) = check_sharing(settings)
    assert reached.status == "ok"
    assert "the server of rate_limit_url is reached; no other run shares the limits" in reached.message
    with postgres.connect() as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE '%shared_limits'")
        assert found.fetchone() == (0,)


def test_check_says_that_the_server_is_not_reached() -> None:
    (lost,) = check_sharing(replace(settings_with(), rate_limit_url=Secret(NOWHERE)))
    assert (lost.status, lost.setting) == ("fail", "rate_limit_url")
    assert "the-password" not in f"{lost.message}{lost.fix}"
