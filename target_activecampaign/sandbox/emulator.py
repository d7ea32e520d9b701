"""The whole sandbox without HTTP: accounts by key, their limits, faults, what was asked.

Owns what one running sandbox consists of. Knows nothing of how requests arrive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from target_activecampaign.sandbox.account import Account
from target_activecampaign.sandbox.clock import Clock
from target_activecampaign.sandbox.faults import Fault, Faults
from target_activecampaign.sandbox.journal import KEPT_BYTES, Journal, Series
from target_activecampaign.sandbox.limits import LimitFigures, Limits
from target_activecampaign.sandbox.state.progress import Progress
from target_activecampaign.sandbox.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

DEFAULT_KEY = "sandbox"


@dataclass(frozen=True)
class Options:
    """How a sandbox is started.

    Attributes:
        database: The first account's file; further accounts have files beside it, named `FILE-2` and so on.
            `None` keeps all accounts in memory.
        keys: One account for each.
        seed: What new accounts hold; `None` is the built-in seed.
        contact_limit: Contacts that each account may have; `None` leaves what the file says, or the default.
        speed: Sandbox seconds in a real second.
        limits: Limits on requests.
        progress: When imports end, as `Progress` reads it.
        switches: Readings other than the default.
        faults: Lines of the fault language, switched on from the start.
        kept_bytes: Bytes that the journal keeps of each body and answer.
    """

    database: Path | None = None
    keys: Sequence[str] = (DEFAULT_KEY,)
    seed: Mapping[str, Any] | None = None
    contact_limit: int | None = None
    speed: float = 1.0
    limits: LimitFigures = field(default_factory=LimitFigures)
    progress: str = "seconds=1"
    switches: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[str] = ()
    kept_bytes: int = KEPT_BYTES


@dataclass
class Tenant:
    """An account with what belongs to it alone. Accounts are counted from 1.

    Attributes:
        resets: How often it started over.
    """

    number: int
    account: Account
    limits: Limits
    series: Series
    resets: int = 0


class Emulator:
    """A sandbox, ready to be asked.

    Raises:
        DatabaseUnusableError: A file is in use, or no account's.
        SeedInvalidError: The seed is none.
        ValueError: A key, a switch, a fault, the speed or the progress is not understood.
    """

    def __init__(self, options: Options) -> None:
        if not options.keys or not all(options.keys) or len(set(options.keys)) != len(options.keys):
            message = "give at least one key, none of them empty and none twice"
            raise ValueError(message)
        self.clock = Clock(options.speed)
        self.switches = Switches()
        for name, value in options.switches.items():
            self.switches.choose(name, value)
        self.faults = Faults()
        for line in [Fault.parse(line).text for line in options.faults]:
            self.faults.add(line)
        self.journal = Journal(options.kept_bytes)
        self._tenants: dict[str, Tenant] = {}
        try:
            for number, key in enumerate(options.keys, start=1):
                self._tenants[key] = self._open(options, number)
        except BaseException:
            self.close()
            raise

    def tenant_with(self, key: str | None) -> Tenant | None:
        """Return whose key this is, `None` for nobody's."""
        return self._tenants.get(key or "")

    def tenant(self, number: int = 1) -> Tenant | None:
        """Return the tenant of that number, `None` when there is none."""
        return next((tenant for tenant in self._tenants.values() if tenant.number == number), None)

    @property
    def first(self) -> Tenant:
        """The tenant of the first key."""
        return next(iter(self._tenants.values()))

    @property
    def count(self) -> int:
        """How many accounts there are."""
        return len(self._tenants)

    def close(self) -> None:
        """Release all files."""
        for tenant in self._tenants.values():
            tenant.account.close()

    def _open(self, options: Options, number: int) -> Tenant:
        database = options.database
        if database is not None and number > 1:
            database = database.with_name(f"{database.name}-{number}")
        account = Account(
            database,
            clock=self.clock,
            switches=self.switches,
            progress=Progress.parse(options.progress),
            seed=options.seed,
            contact_limit=options.contact_limit,
        )
        return Tenant(number, account, Limits(options.limits), Series())
