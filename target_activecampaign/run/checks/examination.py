"""Owns which checks there are, in which order they are asked, and which rest on another."""

from __future__ import annotations

import contextlib
import typing as t

from target_activecampaign.api.client import Bounds, Client
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.secret import Secret
from target_activecampaign.config.settings import read_settings
from target_activecampaign.config.stream_maps import find_problems
from target_activecampaign.errors import Problem, SettingsError
from target_activecampaign.reporting.plan import plan_run
from target_activecampaign.run.checks.account import AccountChecks, safely
from target_activecampaign.run.checks.machine import check_alerts, check_files, check_ledger, check_sharing
from target_activecampaign.run.checks.network import reach
from target_activecampaign.run.checks.result import IDS, Check, all_failed, failed, id_of
from target_activecampaign.run.embedded_sandbox import serve_sandbox
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.clock import Clock
    from target_activecampaign.config.settings import Settings

_MOST_TRIES = 2  # a 403 comes now and then with a good key, too (seen)
_MOST_SECONDS = 20.0
_LONGEST_WAIT_SECONDS = 10
_OF_ACCOUNT = ("contract", "list", "fields", "tags", "exclusions")


class Examination:
    """Checks one configuration.

    Attributes:
        checks: All results, in the order of `IDS`; as of `run`.
        settings: What was read, the rest of it where there are problems.
    """

    def __init__(
        self,
        config: Mapping[str, t.Any],
        environ: Mapping[str, str],
        *,
        records: int | None = None,
        send_test: Callable[[Settings], str | None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Read the settings; nothing is asked yet.

        Args:
            config: As `parse_settings` takes it.
            environ: Likewise.
            records: How many are to come.
            send_test: Sends a test alert, where one is wanted.
            clock: The source of time; the machine's by default.
        """
        self.checks: list[Check] = []
        self.settings, problems = read_settings(config, environ)
        self._problems = [*problems, *_problems_of_maps(self.settings)]
        self._config = config
        self._records = records
        self._send_test = send_test
        self._clock = clock or SystemClock()
        self._lists: dict[str, int] = {}

    def run(self) -> None:
        """Ask everything that can be asked."""
        found = [
            *self._check_settings(),
            *self._with_own_problems("consent", lambda: [Check("consent", "ok", "given")]),
            *self._check_account(),
            *self._with_own_problems("ledger", self._check_ledger),
            *self._with_own_problems("sharing", self._check_sharing),
            *self._with_own_problems("files", lambda: check_files(self.settings)),
            *self._with_own_problems("alerts", lambda: check_alerts(self.settings, self._send_test)),
        ]
        self.checks = sorted(found, key=lambda check: IDS.index(check.id))

    def plan(self) -> dict[str, t.Any] | None:
        """Return what a run with the records would take: `records`, `imports`, `minutes`."""
        if self._records is None:
            return None
        imports = -(-self._records // self.settings.batch_size_rows)
        plan = plan_run(
            imports=imports,
            requests_made=len(IDS),
            requests_per_second=self.settings.requests_per_second,
            imports_per_minute=self.settings.imports_per_minute,
            first_contact=None,
            verified=self._records if self.settings.verify == "all" else 0,
        )
        return {"records": self._records, "imports": imports, "minutes": plan["minutes"]}

    def _own_problems(self, check_id: str) -> list[Problem]:
        return [problem for problem in self._problems if id_of(problem) == check_id]

    def _with_own_problems(self, check_id: str, check: Callable[[], list[Check]]) -> list[Check]:
        """Return the problems of a check's settings, or where there are none what it finds."""
        return all_failed(check_id, self._own_problems(check_id)) or check()

    def _check_settings(self) -> list[Check]:
        checks = all_failed("settings", self._own_problems("settings"))
        if not self.settings.chooses_automations and "exclude_automations" not in _names(self._problems):
            what = "is not set: automations start for people who join, for tags and for changed fields"
            fix = "Set it to true to keep them still, or to false if they shall start"
            checks.append(Check("settings", "warn", what, "exclude_automations", fix))
        number = sum(value is not None for value in self._config.values())
        return checks or [Check("settings", "ok", counted(number, "setting"))]

    def _check_account(self) -> list[Check]:
        own = self._own_problems("network")
        if own:
            why = f"not asked: {own[0].setting} {own[0].message}"
            return [*all_failed("network", own), *self._skipped(("key", *_OF_ACCOUNT), why)]
        with contextlib.ExitStack() as stack:
            try:
                base_url = self.settings.base_url or stack.enter_context(serve_sandbox(is_dry_run=True))
            except SettingsError as error:
                why = "not asked: the sandbox can't be used"
                return [
                    *all_failed("network", error.problems),
                    *self._skipped(("key", *_OF_ACCOUNT), why),
                ]
            return self._check_reached(self._client(base_url))

    def _client(self, base_url: str) -> Client:
        # A key that can't be one is not sent; the host is asked all the same.
        key = Secret("") if self._own_problems("key") else self.settings.api_key
        limiter = RateLimiter(
            self.settings.requests_per_second, self.settings.imports_per_minute, self._clock
        )
        wait = min(self.settings.request_timeout_seconds, _LONGEST_WAIT_SECONDS)
        return Client(base_url, key, limiter, wait, bounds=Bounds(_MOST_TRIES, _MOST_SECONDS, is_quiet=True))

    def _check_reached(self, client: Client) -> list[Check]:
        host = self.settings.account
        reached = reach(client, host)
        own = self._own_problems("key")
        if own:
            why = f"not asked: {own[0].setting} {own[0].message}"
            return [*reached.network, *all_failed("key", own), *self._skipped(_OF_ACCOUNT, why)]
        if reached.refusal:
            key = Problem("api_key", f"{host} refused this key ({reached.refusal.partition(',')[0]})", _COPY)
            skipped = self._skipped(_OF_ACCOUNT, "not asked: the key was refused")
            return [*reached.network, failed("key", key), *skipped]
        if reached.user is None:
            why = f"not asked: {host} can't be used"
            return [*reached.network, *self._skipped(("key", *_OF_ACCOUNT), why)]
        account = AccountChecks(self.settings, client)
        checks = [
            *self._beside_own("contract", lambda: account.check_contract(self._records)),
            *self._beside_own("list", lambda: safely("list", account.check_lists)),
            *self._beside_own("fields", lambda: safely("fields", account.check_fields)),
            *self._beside_own("tags", lambda: safely("tags", account.check_tags)),
            *account.check_exclusions(),
        ]
        self._lists = account.numbers
        return [*reached.network, account.describe_key(reached.user), *checks]

    def _beside_own(self, check_id: str, check: Callable[[], list[Check]]) -> list[Check]:
        """Return the problems of a check's settings with what it finds in spite of them, if that is bad."""
        own = all_failed(check_id, self._own_problems(check_id))
        found = check()
        return [*own, *(one for one in found if not own or one.status != "ok")]

    def _check_ledger(self) -> list[Check]:
        for check_id in ("network", "key"):
            if own := self._own_problems(check_id):
                return [Check("ledger", "skip", f"not opened: {own[0].setting} {own[0].message}")]
        ids = {one for one in (*self.settings.list_ids(), *self._lists.values()) if one}
        return check_ledger(self.settings, ids)

    def _check_sharing(self) -> list[Check]:
        if own := self._own_problems("network"):
            return [Check("sharing", "skip", f"not asked: {own[0].setting} {own[0].message}")]
        return check_sharing(self.settings)

    def _skipped(self, check_ids: Sequence[str], why: str) -> list[Check]:
        """Return the checks that can't be asked: each with its own problems, or else the reason."""
        return [
            check
            for one in check_ids
            for check in all_failed(one, self._own_problems(one)) or [Check(one, "skip", why)]
        ]


_COPY = "Copy it again from Settings > Developer"


def _problems_of_maps(settings: Settings) -> list[Problem]:
    return list(SettingsError(find_problems(settings.sdk.get("stream_maps") or {})).problems)


def _names(problems: Iterable[Problem]) -> set[str]:
    return {problem.setting for problem in problems}
