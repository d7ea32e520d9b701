"""Owns the whole sandbox without HTTP: accounts by key, their rate limits, faults, and the journal.

Knows nothing of how requests arrive.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from target_activecampaign.sandbox.clock import Clock
from target_activecampaign.sandbox.faults import Faults
from target_activecampaign.sandbox.journal import KEPT_BYTES, Journal, Series
from target_activecampaign.sandbox.kept_record import load_record, save_record
from target_activecampaign.sandbox.rate_limits import LimitFigures, Limits
from target_activecampaign.sandbox.state.account import Account
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.state.seed import BUILT_IN, load_seed, start_over
from target_activecampaign.sandbox.switches import Switches

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from target_activecampaign.sandbox.journal import Entry

DEFAULT_KEY = "sandbox"


@dataclass(frozen=True)
class Options:
    """The settings of a sandbox.

    Attributes:
        database: The first account's file; further accounts have files beside it, named `FILE-2` and so on.
            `None` keeps all accounts in memory.
        keys: Keys, each of an account of its own.
        seed: The content of new accounts; `None` is the built-in seed.
        contact_limit: Contacts that each account may have; `None` keeps the file's limit, or the default.
        speed: Sandbox seconds in a real second.
        limits: Rate limits.
        progress: When imports end, as `Progress` reads it.
        switches: Readings other than the default, by name.
        faults: Lines of the fault language, active from the start.
        kept_bytes: Bytes that the journal keeps of each body and response.
    """

    database: Path | None = None
    keys: Sequence[str] = (DEFAULT_KEY,)
    seed: Mapping[str, t.Any] | None = None
    contact_limit: int | None = None
    speed: float = 1.0
    limits: LimitFigures = field(default_factory=LimitFigures)
    progress: str = "seconds=1"
    switches: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[str] = ()
    kept_bytes: int = KEPT_BYTES


@dataclass
class Tenant:
    """An account with its own limits and counts; accounts are numbered from 1.

    Attributes:
        keeps_record: Whether its file keeps the requests to it.
        since: The date of the first request that is known, or of the start: when the page began to look.
        resets: How often it started over.
    """

    number: int
    account: Account
    limits: Limits
    series: Series
    keeps_record: bool
    since: str
    resets: int = 0


class Emulator:
    """A sandbox without a server.

    Raises:
        DatabaseUnusableError: A file is in use, or no account's.
        SeedInvalidError: The seed is malformed.
        ValueError: A key, a switch, a fault, the speed or the progress is invalid.
    """

    def __init__(self, options: Options) -> None:
        if not options.keys or not all(options.keys) or len(set(options.keys)) != len(options.keys):
            raise ValueError("give at least one key, none of them empty and none twice")
        self.clock = Clock(options.speed)
        self.switches = Switches()
        for name, value in options.switches.items():
            self.switches.choose(name, value)
        self.faults = Faults()
        for line in options.faults:
            self.faults.add(line)
        self.journal = Journal(options.kept_bytes)
        self._seed = BUILT_IN if options.seed is None else options.seed
        self._tenants: dict[str, Tenant] = {}
        try:
            for number, key in enumerate(options.keys, start=1):
                self._tenants[key] = self._open(options, number)
        except BaseException:
            self.close()
            raise

    def tenant_with(self, key: str | None) -> Tenant | None:
        """Return the tenant of a key, `None` for an unknown key."""
        return self._tenants.get(key or "")

    def tenant(self, number: int = 1) -> Tenant | None:
        """Return the tenant with a number, `None` when there is none."""
        return next((tenant for tenant in self._tenants.values() if tenant.number == number), None)

    @property
    def first(self) -> Tenant:
        """The tenant of the first key."""
        return next(iter(self._tenants.values()))

    @property
    def count(self) -> int:
        """How many accounts there are."""
        return len(self._tenants)

    def start_over(self, tenant: Tenant, seed: Mapping[str, t.Any] | None = None) -> None:
        """Start an account over from a seed, by default its first one, with faults off and an empty journal.

        Raises:
            SeedInvalidError: The seed is malformed; everything stays as it was.
        """
        start_over(tenant.account, self._seed if seed is None else seed)
        tenant.limits.set(tenant.limits.figures)
        tenant.series.clear()
        tenant.since = self.clock.date()
        tenant.resets += 1
        self.faults.clear()
        self.journal.clear()

    def close(self) -> None:
        """Release all files."""
        for tenant in self._tenants.values():
            if tenant.keeps_record:
                save_record(tenant.account.storage, self._entries_of(tenant), tenant.series)
            tenant.account.close()

    def _entries_of(self, tenant: Tenant) -> list[Entry]:
        """Return the requests to an account; the first one has those with an unknown key too."""
        numbers = {tenant.number, None} if tenant is self.first else {tenant.number}
        return [entry for entry in self.journal.after() if entry.account in numbers]

    def _open(self, options: Options, number: int) -> Tenant:
        database = options.database
        if database is not None and number > 1:
            database = database.with_name(f"{database.name}-{number}")
        account = Account(
            database, clock=self.clock, switches=self.switches, progress=Progress.parse(options.progress)
        )
        try:
            if account.is_new:
                load_seed(account, self._seed)
            if options.contact_limit is not None:
                account.contact_limit = options.contact_limit
        except BaseException:
            account.close()
            raise
        return self._tenant(number, account, options)

    def _tenant(self, number: int, account: Account, options: Options) -> Tenant:
        series, since = Series(), self.clock.date()
        if options.database is not None:
            load_record(account.storage, number, self.journal, series)
        if ends := series.ends():
            since = self.clock.date(self.clock.epoch_seconds() - ends[0])
        return Tenant(number, account, Limits(options.limits), series, options.database is not None, since)
