"""The embedded sandbox: the emulator of ActiveCampaign inside the process of a run (`hostname: sandbox`)."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import typing as t
from pathlib import Path

from target_activecampaign.errors import SettingsError
from target_activecampaign.installation import how_to_add_extra

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
        SettingsError: If the sandbox's extra is not installed, or its folder can't be used.
    """
    # An extra, for those who use it.
    from target_activecampaign import sandbox  # noqa: PLC0415
    from target_activecampaign.sandbox.state.storage import DatabaseUnusableError  # noqa: PLC0415

    with contextlib.ExitStack() as stack:
        database = _copy_account(stack) if is_dry_run else SANDBOX_DATABASE
        try:
            database.parent.mkdir(exist_ok=True)
            served = stack.enter_context(sandbox.serve(database))
        except (OSError, DatabaseUnusableError) as error:
            raise _unusable(database.parent, error) from None
        except ImportError:
            raise SettingsError(
                [f"hostname: the sandbox needs an extra: {how_to_add_extra('sandbox')}"]
            ) from None
        yield served.url


def _unusable(folder: Path, error: Exception) -> SettingsError:
    reason = getattr(error, "strerror", None) or str(error)
    problem = (
        f"hostname: the sandbox can't keep its account in the folder {folder.resolve()}: {reason}. Move away "
        "the file in its place, or start the run in a folder that can be written to"
    )
    return SettingsError([problem])


def _copy_account(stack: contextlib.ExitStack) -> Path:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    for file in SANDBOX_DATABASE.parent.glob(f"{SANDBOX_DATABASE.name}*"):
        shutil.copy(file, folder)
    return folder / SANDBOX_DATABASE.name
