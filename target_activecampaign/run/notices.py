"""Owns who hears of a run outside: a chat by alerts (`alert_url`), a monitor by beats (`heartbeat_url`).

Nothing here fails a run or holds it up for long: what can't be sent is one warning, which never names the
address. A dry run and a trial tell nobody.
"""

from __future__ import annotations

import json
import logging
import threading
import typing as t

from target_activecampaign import __version__
from target_activecampaign.api.responses import TryAgainError
from target_activecampaign.api.transport import send_once
from target_activecampaign.clock import SystemClock
from target_activecampaign.errors import TargetError
from target_activecampaign.reporting.alert_bodies import body_of
from target_activecampaign.reporting.alert_repeats import failed_runs, is_open, weigh
from target_activecampaign.reporting.alerts import (
    Origin,
    alert_for_test,
    alert_of,
    alert_of_lost,
    alert_of_recovery,
)
from target_activecampaign.run.process_mark import own_host

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_activecampaign.clock import Clock
    from target_activecampaign.config.secret import Secret
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.reporting.alert_repeats import Open
    from target_activecampaign.reporting.alerts import Alert
    from target_activecampaign.run.history import History

logger = logging.getLogger(__name__)

_ALERT_SECONDS = 10.0
_HEARTBEAT_SECONDS = 3.0
_SECONDS_TO_GIVE_UP = 0.5  # after its time, for what ends by itself
_TRIES = 2
_FIRST_OF_FAILURES = 300  # redirects among them: none is followed
_TOO_MANY_REQUESTS = 429
_FIRST_OF_SERVER_ERRORS = 500
_MEMORY = "alerts"


class Notices:
    """Tells others of one run."""

    def __init__(
        self,
        settings: Settings,
        history: History,
        clock: Clock | None = None,
        *,
        alert_seconds: float = _ALERT_SECONDS,
        heartbeat_seconds: float = _HEARTBEAT_SECONDS,
    ) -> None:
        """Send nothing yet.

        Args:
            settings: Of the run, as they are written.
            history: Remembers which alerts are open.
            clock: The machine's by default.
            alert_seconds: How long one POST may take.
            heartbeat_seconds: How long one GET may take.
        """
        self._settings = settings
        self._history = history
        self._clock = clock or SystemClock()
        self._alert_seconds = alert_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._origin = origin_of(settings)
        self.are_sent = not settings.dry_run

    def say_started(self) -> None:
        """Tell the monitor that the run begins."""
        self._beat("/start")

    def say_lost(self) -> None:
        """Alert of earlier runs that ended without a word: they can't do it themselves."""
        if not self.are_sent or self._settings.alert_url is None:
            return
        for lost in self._history.lost():
            host, process = lost.entry["host"], lost.entry["process"]
            alert = alert_of_lost(lost.number, host, process, self._origin, self._history.run)
            if not self._weigh_and_post(alert):
                # The next run tells of it: one that waited for each of many would begin late.
                return
            self._history.close(lost)

    def say_ended(self, report: Mapping[str, t.Any], report_path: str | None, seconds_left: float) -> None:
        """Alert of what is wrong with the run or well again, and tell the monitor how it ended.

        Args:
            report: Its report, with its `result`.
            report_path: Where that was written.
            seconds_left: How long this may take, at the most.
        """
        self._alert_seconds = min(self._alert_seconds, seconds_left / _TRIES)
        self._heartbeat_seconds = min(self._heartbeat_seconds, seconds_left)
        if self.are_sent and self._settings.alert_url is not None:
            self._alert(report, report_path)
        self._beat(f"/{report['exit_code']}")

    def _alert(self, report: Mapping[str, t.Any], report_path: str | None) -> None:
        alert = alert_of(report, self._origin, report_path)
        if alert is not None:
            self._weigh_and_post(alert)
        elif report["result"] == "done" and (known := self._known()):
            recovery = alert_of_recovery(report, self._origin, failed_runs(known), report_path)
            self._history.note(_MEMORY, {} if self._post(recovery) else known)

    def _weigh_and_post(self, alert: Alert) -> bool:
        """Send an alert where it is due; returns whether nothing is left to be told of it."""
        if not self._history.is_kept:
            logger.info(
                "alert_url: nothing remembers which alerts were sent, so each is. With ledger_url or "
                "report_path the same one is sent once a day"
            )
        known = self._known()
        now_due, still_open = weigh(alert, known, self._clock.epoch_seconds())
        # One that did not arrive is no reason to be silent for a day.
        has_arrived = now_due is None or self._post(now_due)
        self._history.note(_MEMORY, still_open if has_arrived else known)
        return has_arrived

    def _known(self) -> dict[str, Open]:
        """Return the alerts that are open: what the last run handed on that handed something on."""
        noted = self._history.latest_note(_MEMORY)
        known = noted.items() if isinstance(noted, dict) else ()
        return {fingerprint: one for fingerprint, one in known if is_open(one)}

    def _post(self, alert: Alert) -> bool:
        url = self._settings.alert_url
        body = json.dumps(body_of(alert, self._settings.alert_format)).encode()
        seconds = self._alert_seconds
        return url is None or _send(
            "alert_url", lambda: send_once("POST", url, seconds, body=body), seconds=seconds
        )

    def _beat(self, path: str) -> None:
        url = self._settings.heartbeat_url
        if url is not None and self.are_sent:
            seconds = self._heartbeat_seconds
            _send(
                "heartbeat_url", lambda: send_once("GET", url, seconds, path=path), seconds=seconds, tries=1
            )


def origin_of(settings: Settings) -> Origin:
    """Return whose runs the settings are for."""
    lists: tuple[int | str, ...] = (*settings.list_ids(), *settings.list_names())
    return Origin(settings.display_name, lists, own_host(), __version__)


def send_test_alert(settings: Settings, timeout_seconds: float = _ALERT_SECONDS) -> str | None:
    """Send an alert that says it is a test, once.

    Args:
        settings: With an `alert_url`.
        timeout_seconds: How long it may take.

    Returns:
        Why it did not arrive, without the address; None where it did.
    """
    url: Secret | None = settings.alert_url
    if url is None:
        return "alert_url is not set"
    body = json.dumps(body_of(alert_for_test(origin_of(settings)), settings.alert_format)).encode()
    return _try_within(timeout_seconds, lambda: send_once("POST", url, timeout_seconds, body=body))[0]


def _send(setting: str, send: Callable[[], int], *, seconds: float, tries: int = _TRIES) -> bool:
    """Send a request, again where that may help; returns whether it arrived, and warns where it did not."""
    problem: str | None = None
    for _ in range(tries):
        problem, may_help = _try_within(seconds, send)
        if not may_help:
            break
    if problem is not None:
        logger.warning(
            "%s: could not be called: %s. The run is not affected. Look at the address and the network; to "
            "try an alert: target-activecampaign check --alert-test",
            setting,
            problem,
        )
    return problem is None


def _try_within(seconds: float, send: Callable[[], int]) -> tuple[str | None, bool]:
    """Try a request in a thread of its own: nothing else ends the search for the address of a host's name."""
    answers: list[tuple[str | None, bool]] = [("no answer in time", False)]
    thread = threading.Thread(target=lambda: answers.append(_try(send)), name="notice", daemon=True)
    thread.start()
    thread.join(seconds + _SECONDS_TO_GIVE_UP)
    return answers[-1]


def _try(send: Callable[[], int]) -> tuple[str | None, bool]:
    """Return why a request did not arrive, and whether another try may help."""
    try:
        status = send()
    except TryAgainError as error:
        return str(error), True
    except TargetError as error:
        return str(error), False
    except ValueError:
        return "its address can't be used; copy it again", False
    except Exception as error:  # noqa: BLE001 - of a library that met an answer nobody thought of
        return f"the request failed ({type(error).__name__})", False
    if status < _FIRST_OF_FAILURES:
        return None, False
    words = "a redirect, which is not followed" if status < 400 else "a refusal"  # noqa: PLR2004 - HTTP's own
    return f"HTTP {status}, {words}", status >= _FIRST_OF_SERVER_ERRORS or status == _TOO_MANY_REQUESTS
