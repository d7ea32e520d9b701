"""Owns the file of a page, which takes the place of an earlier page and of nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

from target_activecampaign.config.names import shown_text
from target_activecampaign.errors import OutputError
from target_activecampaign.report_page.page import MARK

_FIRST_BYTES = 400
_PERMISSIONS = 0o666
_OWNER = 0o600


def write_page(path: Path, text: str, like: Path | None) -> None:
    """Write a page in one step, readable for those who may read the report.

    Args:
        path: Where to.
        text: The page.
        like: The report's file; None where it has none, and the owner alone may read the page.

    Raises:
        OutputError: If another file is there, or it can't be written.
    """
    name = shown_text(str(path))
    try:
        if path.exists() and not _is_page(path):
            raise OutputError(
                f"{name} is there and is no page of a run; nothing was written. Name another file "
                "with --html, or move it away."
            )
        _write_in_one_step(path, text, _OWNER if like is None else like.stat().st_mode & _PERMISSIONS)
    except OSError as error:
        raise OutputError(
            f"{name} can't be written: {error.strerror}. Name another file with --html."
        ) from None


def _is_page(path: Path) -> bool:
    """Tell whether a file is a page of ours, or empty."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        beginning = file.read(_FIRST_BYTES)
    return not beginning or MARK.encode() in beginning


def _write_in_one_step(path: Path, text: str, mode: int) -> None:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}."[:100], delete=False
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            temporary.chmod(mode)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
