"""Owns in which form rejected records are kept: as rows where a CSV is sent, else as Singer messages."""

from __future__ import annotations

import typing as t

from target_activecampaign.errors import SettingsError
from target_activecampaign.reporting.rejected_rows import RejectedRows
from target_activecampaign.reporting.rejects import RejectsFile
from target_activecampaign.source_files.delimited import DelimitedFile

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.source_files import SourceFile


def open_rejects(path: Path, source: SourceFile | None) -> RejectsFile | RejectedRows:
    """Create the rejects file.

    Args:
        path: The setting `rejects_path`; its ending decides.
        source: The file that is sent; `None` where messages come from a tap.

    Raises:
        OutputError: If it can't be created.
        SettingsError: If it is to be a CSV and the records come from none.
    """
    columns = columns_of_rejects(path, source)
    return RejectsFile(path) if columns is None else RejectedRows(path, columns.headers, columns.delimiter)


def columns_of_rejects(path: Path, source: SourceFile | None) -> DelimitedFile | None:
    """Return the file whose columns rejected rows keep; `None` where they are kept as messages.

    Raises:
        SettingsError: If it is to be a CSV and the records come from none.
    """
    if path.suffix.lower() != ".csv":
        return None
    if not isinstance(source, DelimitedFile):
        problem = (
            f"rejects_path: {path.name} would be a CSV, and the records do not come from one, so they may "
            f"not fit into columns. Name it {path.stem}.singer. Nothing was sent"
        )
        raise SettingsError([problem])
    return source
