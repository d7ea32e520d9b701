"""The judgement on a run whose input was delivered: done, over a limit, or too many records rejected."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.errors import LimitReachedError, TooManyRejectedError

if t.TYPE_CHECKING:
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.errors import TargetError
    from target_activecampaign.reporting.report import Report

logger = logging.getLogger(__name__)


_LIMIT_REMEDIES = {
    "account_limit_guard": (
        "Make room in the account or raise its contract, then run again: no STATE goes past them"
    ),
    "profile_limit": "Raise profile_limit, or run again: no STATE goes past them",
}


def judge(settings: Settings, report: Report) -> TargetError | None:
    """Return why a run that delivered everything has failed all the same, if it has."""
    return _judge_limits(settings, report) or judge_rejects(settings, report)


def _judge_limits(settings: Settings, report: Report) -> TargetError | None:
    """Fail a run that held records back at a limit, or warn of it."""
    if report.limit is None:
        return None
    words = (
        f"{report.limit}: the limit was reached ({report.describe_limits()}), "
        f"{report.totals().held_back} records were held back. {_LIMIT_REMEDIES[report.limit]}"
    )
    if settings.on_limit == "fail":
        return LimitReachedError(words)
    logger.warning("%s", words)
    return None


def judge_rejects(settings: Settings, report: Report) -> TargetError | None:
    """Fail a run with too many rejected records, or with nothing but rejected records."""
    total = report.totals()
    rejected = total.rejected.total()
    percent = report.rejected_percent()
    if not rejected or (percent <= settings.max_rejected_percent and rejected < total.read):
        return None
    share = f"{rejected} of {total.read} records ({percent:.1f} %)"
    return TooManyRejectedError(f"max_rejected_percent: {share} were rejected. {_remedy(settings)}")


def _remedy(settings: Settings) -> str:
    """Say where rejected records are, whether STATE covers them, and what is to be done."""
    if settings.dry_run:
        return "Nothing was sent. Look at the reasons, then mend the mapping or the data"
    if settings.rejects_path is None:
        return (
            "No STATE covers them: mend the mapping or the data and run again, and the tap brings them "
            "again. With rejects_path they are kept in a file"
        )
    return (
        f"They are in {settings.rejects_path}, so STATE goes past them and the tap need not bring them "
        f"again: mend them, and pipe that file in"
    )
