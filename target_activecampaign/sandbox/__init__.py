"""An emulator of ActiveCampaign's API v3 for tests, demos and looking at what a load did.

Importing this package is cheap and needs nothing but Python; running a sandbox needs the extra `sandbox`.
Nothing in it knows the rest of `target_activecampaign`.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from target_activecampaign.sandbox.serving import RunningSandbox

__all__ = ["ExtraMissingError", "serve"]

MISSING = "the sandbox needs more packages: pip install 'target-activecampaign[sandbox]'"


def needs_extra(error: ModuleNotFoundError) -> bool:
    """Tell whether a module is missing because the extra `sandbox` is not installed."""
    return (error.name or "").partition(".")[0] in ("starlette", "uvicorn", "h11", "anyio")


class ExtraMissingError(ImportError):
    """The extra `sandbox` is not installed; the message says how to install it."""


@contextmanager
def serve(  # noqa: PLR0913 - by keyword, each with a default
    database: Path | None = None,
    *,
    port: int = 0,
    speed: float = 1.0,
    with_limits: bool = True,
    progress: str = "seconds=1",
    contact_limit: int | None = None,
    keys: Sequence[str] = ("sandbox",),
    seed: Mapping[str, Any] | None = None,
    switches: Mapping[str, str] | None = None,
    faults: Sequence[str] = (),
    kept_bytes: int = 4_096,
) -> Iterator[RunningSandbox]:
    """Run a sandbox in a thread of this process, on the loopback address, for the length of a `with` block.

    Args:
        database: The account's file, made when it does not exist; `None` keeps the account in memory.
        port: The port to listen on; 0 lets the system choose.
        speed: Sandbox seconds that pass in one real second.
        with_limits: Keep the service's limits on requests.
        progress: When imports end: `at-once`, `looks=N`, `seconds=T` or `never`.
        contact_limit: Contacts that the account may have; default what the file says, else 100,000.
        keys: One account for each.
        seed: What a new account holds, in the shape of a snapshot; default the built-in seed.
        switches: Readings of what the reference leaves open, by name; see `switches.py`.
        faults: Lines of the fault language; see `faults.py`.
        kept_bytes: Bytes that are kept of each request's body and answer.

    Yields:
        The running sandbox: `url`, `account` (the first one's state), `emulator` (all of it), `close()`.

    Raises:
        ExtraMissingError: The extra `sandbox` is not installed.
        OSError: The port is taken.
        DatabaseUnusableError: The file is in use by another sandbox, or no account's.
        ValueError: A key, switch, fault, the speed or the progress is not understood.
    """
    try:
        serving = importlib.import_module("target_activecampaign.sandbox.serving")
    except ModuleNotFoundError as error:
        if not needs_extra(error):
            raise
        raise ExtraMissingError(MISSING) from error
    limits = importlib.import_module("target_activecampaign.sandbox.limits")
    options = importlib.import_module("target_activecampaign.sandbox.emulator").Options(
        database=database,
        keys=keys,
        seed=seed,
        contact_limit=contact_limit,
        speed=speed,
        limits=limits.LimitFigures() if with_limits else limits.NO_LIMITS,
        progress=progress,
        switches=switches or {},
        faults=faults,
        kept_bytes=kept_bytes,
    )
    with serving.run(options, port=port) as running:
        yield running
