"""The embedded sandbox: the emulator of ActiveCampaign inside the process of a run (`hostname: sandbox`)."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import typing as t
from pathlib import Path

from target_activecampaign.errors import SettingsError

if t.TYPE_CHECKING:
    from collections.abc import Iterator

SANDBOX_DATABASE = Path(".sandbox") / "account.db"
"""Where `hostname: sandbox` keeps its account, in the working folder."""


@contextlib.contextmanager
def serve_sandbox(*, is_dry_run: bool) -> Iterator[str]:
    """Run the emulator for a run; yield its URL.

    Args:
        is_dry_run: Whether it works on a copy of its account, which goes afterwards.

    Raises:
        SettingsError: If the sandbox's extra is not installed.
    """
    from target_activecampaign import sandbox  # noqa: PLC0415 - an extra, for those who use it

    with contextlib.ExitStack() as stack:
        database = _copy_account(stack) if is_dry_run else SANDBOX_DATABASE
        database.parent.mkdir(exist_ok=True)
        try:
            served = stack.enter_context(sandbox.serve(database))
        except ImportError:
            raise SettingsError(
                ["hostname: the sandbox needs an extra: pip install 'target-activecampaign[sandbox]'"]
            ) from None
        yield served.url


def _copy_account(stack: contextlib.ExitStack) -> Path:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    for file in SANDBOX_DATABASE.parent.glob(f"{SANDBOX_DATABASE.name}*"):
        shutil.copy(file, folder)
    return folder / SANDBOX_DATABASE.name
