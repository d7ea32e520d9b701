"""Owns the checks of what lies on this machine's side: ledger, files, and where alerts go."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

from target_activecampaign.config.names import shown_text
from target_activecampaign.config.settings import START_OF_RUN
from target_activecampaign.errors import OutputError, Problem, SettingsError
from target_activecampaign.reporting.own_outputs import (
    existing_folder,
    is_no_plain_file,
    require_room_in_folder,
)
from target_activecampaign.reporting.report_file import check_report_path
from target_activecampaign.run.checks.result import Check, all_failed
from target_activecampaign.wording import counted, size

if t.TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from target_activecampaign.config.distinct_files import NamedFile
    from target_activecampaign.config.settings import Settings

_LITTLE_BYTES = 100_000_000


def check_ledger(settings: Settings, list_ids: Collection[int]) -> list[Check]:
    """Look at the ledger without making or changing one.

    Args:
        settings: Of the run.
        list_ids: Those that are known.
    """
    from target_activecampaign.ledger.inspection import inspect_ledger  # noqa: PLC0415 - 0.2 s, where there is one

    if settings.ledger_url is None:
        return [Check("ledger", "ok", "none set (ledger_url): every run sends all contacts")]
    try:
        found = inspect_ledger(
            settings.ledger_url, account=settings.account, api_key=settings.api_key, list_ids=list_ids
        )
    except SettingsError as error:
        return all_failed("ledger", error.problems)
    place = shown_text(found.place)
    if found.holders:
        holders = dict.fromkeys(found.holders.values())
        return [
            Check("ledger", "fail", f"{place} is in use by {one}", "ledger_url", "Wait for it to end")
            for one in holders
        ]
    if found.is_new:
        return [Check("ledger", "ok", f"{place} comes with the first run")]
    confirmed = counted(found.confirmed, "contact")
    return [Check("ledger", "ok", f"{place}: {confirmed} confirmed, not in use by another run")]


def check_sharing(settings: Settings) -> list[Check]:
    """Ask the server by which runs share the account's limits, without changing what it keeps."""
    if settings.shared_limits is None:
        what = "none set (rate_limit_url): one run of the account at a time"
        return [Check("sharing", "ok", what)]
    setting, url = settings.shared_limits
    from target_activecampaign.run.shared_limits import count_runs  # noqa: PLC0415 - 0.1 s, where they are

    try:
        runs = count_runs(settings, setting, url)
    except SettingsError as error:
        return all_failed("sharing", error.problems)
    shared = "no other run shares" if not runs else f"{counted(runs, 'run')} now {_SHARES[runs == 1]}"
    return [Check("sharing", "ok", f"the server of {setting} is reached; {shared} the limits")]


_SHARES = {True: "shares", False: "share"}


def check_files(settings: Settings) -> list[Check]:
    """Make sure that the files of a run can be written; none is left behind."""
    files = settings.output_files()
    if not files:
        return [Check("files", "ok", "none set (report_path, rejects_path)")]
    problems = [problem for file in files for problem in _problems_of_file(file)]
    if problems:
        return all_failed("files", problems)
    paths = [Path(str(file.place)) for file in files]
    folders = [existing_folder(path) for path in paths if not is_no_plain_file(path)]
    said = f"{' and '.join(dict.fromkeys(map(_shown_path, paths)))} can be written"
    if not folders:
        return [Check("files", "ok", said)]
    free = min(shutil.disk_usage(folder).free for folder in folders)
    if free < _LITTLE_BYTES:
        return [
            Check("files", "warn", f"{said}, but only {size(free)} are free", fix="Make room on the disk")
        ]
    return [Check("files", "ok", f"{said}, {size(free)} free")]


def check_alerts(
    settings: Settings, send_test: Callable[[Settings], str | None] | None = None
) -> list[Check]:
    """Tell to which kind of service alerts go, never to which address.

    Args:
        settings: Of the run.
        send_test: Sends one that is marked as a test; returns why that failed, if it did.
    """
    if getattr(settings, "alert_url", None) is None:
        if send_test is None:
            return [Check("alerts", "ok", "none set (alert_url)")]
        fix = "Set alert_url to the address of a chat's or an incident service's webhook"
        return [Check("alerts", "fail", "is not set, so no test can be sent", "alert_url", fix)]
    kind = str(getattr(settings, "alert_format", None) or "json")
    said = f"go to {_KINDS.get(kind, kind)}"
    if getattr(settings, "heartbeat_url", None) is not None:
        said += "; a heartbeat is sent"
    if send_test is None:
        return [Check("alerts", "ok", said)]
    failure = send_test(settings)
    if failure is not None:
        fix = "Look at the address in the service's own settings"
        return [Check("alerts", "fail", f"the test did not arrive: {failure}", "alert_url", fix)]
    return [Check("alerts", "ok", f"{said}; a test was sent, look whether it is there")]


_KINDS = {"slack": "Slack", "teams": "Teams", "json": "a webhook (JSON)"}


def _problems_of_file(file: NamedFile) -> list[Problem]:
    path = Path(str(file.place))
    try:
        if file.name == "report_path":
            check_report_path(path, makes_folder=START_OF_RUN in str(path))
        elif not is_no_plain_file(path):
            require_room_in_folder(file.name, path)
    except OutputError as error:
        return [Problem.of_text(str(error))]
    except SettingsError as error:
        return list(error.problems)
    return []


def _shown_path(path: Path) -> str:
    """Return a path as people know it: of reports that are named by their time, the folder."""
    return shown_text(f"{path.parent}/" if "{" in path.name else str(path))
