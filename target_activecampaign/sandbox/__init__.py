"""Owns an emulator of ActiveCampaign's API v3, for tests, demos and the inspection of a load.

Importing this package is cheap and needs only Python; running a sandbox needs the extra `sandbox`. Its
modules know nothing of the rest of `target_activecampaign`.
"""

from __future__ import annotations

import importlib
import typing as t
from contextlib import contextmanager

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from target_activecampaign.sandbox.server import RunningSandbox

__all__ = ["ExtraMissingError", "serve"]

LOOPBACK = "127.0.0.1"
_OF_THE_EXTRA = ("starlette", "uvicorn", "h11", "anyio")


class ExtraMissingError(ImportError):
    """The extra `sandbox` is not installed."""


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
    seed: Mapping[str, t.Any] | None = None,
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
        contact_limit: Contacts that the account may have; default the file's limit, else 100,000.
        keys: Keys, each of an account of its own.
        seed: The content of a new account, in the shape of a snapshot; default the built-in seed.
        switches: Readings that the reference leaves open, by the switch's name; see `switches.py`.
        faults: Lines of the fault language; see `faults.py`.
        kept_bytes: Bytes kept of each request's body, and as many of its response.

    Yields:
        The running sandbox: `url`, `account` (the first one's state), `snapshot()`, `emulator` (all accounts,
        faults and the journal), `close()`.

    Raises:
        ExtraMissingError: The extra `sandbox` is not installed.
        OSError: The port is taken.
        DatabaseUnusableError: The file is in use by another sandbox, or no account's.
        ValueError: A key, switch, fault, the speed or the progress is invalid.
    """
    server = import_server()
    limits = importlib.import_module("target_activecampaign.sandbox.rate_limits")
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
    with server.run(options, port=port) as running:
        yield running


def import_server() -> ModuleType:
    """Return the module `server`.

    Raises:
        ExtraMissingError: The extra `sandbox` is not installed.
    """
    try:
        return importlib.import_module("target_activecampaign.sandbox.server")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _OF_THE_EXTRA:
            raise
        raise ExtraMissingError("the sandbox needs more packages, those of the extra `sandbox`") from error
