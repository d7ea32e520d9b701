"""The judgement on a run whose input was delivered: done, over a limit, or too many records rejected."""

from __future__ import annotations

import typing as t

from target_activecampaign.errors import LimitReachedError, TooManyRejectedError
from target_activecampaign.wording import counted, share

if t.TYPE_CHECKING:
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.errors import TargetError
    from target_activecampaign.reporting.report import Report

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
    """Fail a run that held records back at a limit; with `on_limit: stop` the summary warns of it."""
    if report.limit is None or settings.on_limit == "stop":
        return None
    return LimitReachedError(
        f"{report.limit}: the limit was reached ({report.describe_limits()}), "
        f"{counted(report.totals().held_back, 'record was', 'records were')} held back. "
        f"{_LIMIT_REMEDIES[report.limit]}"
    )


def judge_rejects(settings: Settings, report: Report) -> TargetError | None:
    """Fail a run with too many rejected records, or with nothing but rejected records."""
    total = report.totals()
    rejected = total.rejected.total()
    is_allowed = report.rejected_percent() <= settings.max_rejected_percent
    if not rejected or (is_allowed and rejected < total.read):
        return None
    verb = "would be" if settings.dry_run else "was" if rejected == 1 else "were"
    remedy = _remedy(settings, is_one=rejected == 1)
    return TooManyRejectedError(f"{_share(settings, rejected, total.read, verb)}. {remedy}")


def _share(settings: Settings, rejected: int, read: int, verb: str) -> str:
    if rejected == read:
        return f"{'the only record' if read == 1 else f'all {read:,} records'} {verb} rejected"
    return (
        f"{rejected:,} of {counted(read, 'record')} {verb} rejected ({share(rejected, read)}; allowed are "
        f"{settings.max_rejected_percent} %, max_rejected_percent)"
    )


def _remedy(settings: Settings, *, is_one: bool) -> str:
    """Say where rejected records are, whether STATE covers them, and what is to be done."""
    if settings.dry_run:
        return "Look at the reasons, then mend the mapping or the data"
    them, stand = ("it", "It stands") if is_one else ("them", "They stand")
    if settings.rejects_path is None:
        return (
            f"No STATE covers {them}: mend the mapping or the data and run again, and the tap brings {them} "
            "again. With rejects_path rejected records are kept in a file"
        )
    return (
        f"{stand} in {settings.rejects_path}, so STATE goes past {them} and the tap need not bring {them} "
        f"again: mend {them} and send that file"
    )
