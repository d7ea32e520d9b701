"""Owns what one check finds, and to which check the problem of a setting belongs."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable

    from target_activecampaign.errors import Problem

IDS = (
    "settings",
    "consent",
    "network",
    "key",
    "contract",
    "list",
    "fields",
    "tags",
    "exclusions",
    "ledger",
    "sharing",
    "files",
    "alerts",
)
"""The checks, in the order in which they are shown. Programs read these names."""

Status: t.TypeAlias = t.Literal["ok", "warn", "fail", "skip"]

_ID_OF_SETTING = {
    "data_privacy_consent": "consent",
    "hostname": "network",
    "api_key": "key",
    "account_limit_guard": "contract",
    "profile_limit": "contract",
    "on_limit": "contract",
    "list_id": "list",
    "field_mapping": "fields",
    "tags": "tags",
    "ledger_url": "ledger",
    "ledger_max_age_days": "ledger",
    "rate_limit_url": "sharing",
    "on_rate_limit_loss": "sharing",
    "membership": "ledger",
    "rejects_path": "files",
    "outcomes_path": "files",
    "report_path": "files",
    "alert_url": "alerts",
    "alert_format": "alerts",
    "heartbeat_url": "alerts",
}


class Check(t.NamedTuple):
    """What a check found: one result, or one for each problem.

    Attributes:
        id: One of `IDS`.
        status: What it means for a run.
        message: What was found.
        setting: The one to change; empty where there is none.
        fix: What to do; may be empty.
        nearest: What may have been meant.
    """

    id: str
    status: Status
    message: str
    setting: str = ""
    fix: str = ""
    nearest: tuple[str, ...] = ()


def failed(check_id: str, problem: Problem, status: Status = "fail") -> Check:
    """Return the result for a problem."""
    return Check(check_id, status, problem.message, problem.setting, problem.fix, problem.nearest)


def all_failed(check_id: str, problems: Iterable[Problem]) -> list[Check]:
    """Return a result for each problem."""
    return [failed(check_id, problem) for problem in problems]


def id_of(problem: Problem) -> str:
    """Return the check to which the problem of a setting belongs, also of one below `streams`."""
    path = problem.setting.split(".")
    if path[0] == "streams":
        # The name of a stream may hold dots.
        return next((_ID_OF_SETTING[name] for name in path[1:] if name in _ID_OF_SETTING), "settings")
    return _ID_OF_SETTING.get(path[0], "settings")
