"""Owns the step that makes a Meltano project of an export, or shows what one that is there lacks."""

from __future__ import annotations

import typing as t

from target_activecampaign import __version__
from target_activecampaign.installation import this_installation
from target_activecampaign.setup.account_questions import SANDBOX
from target_activecampaign.setup.meltano_project import (
    JOB,
    PROJECT_FILE,
    make_project,
    what_to_add,
)
from target_activecampaign.setup.written_files import make_reports_folder, write_ignored, write_new

if t.TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from target_activecampaign.setup.dialogue import Dialogue
    from target_activecampaign.source_files import SourceFile

_IGNORED = (".meltano/", ".env", "rejects*", "reports/", "ledger.db*")


def add_meltano(
    dialogue: Dialogue, folder: Path, config: Mapping[str, t.Any], source: SourceFile, path: str
) -> list[str]:
    """Write `meltano.yml`, unless there is one; returns the names of files that were written.

    Args:
        dialogue: Says it.
        folder: Of the project.
        config: The settings.
        source: The file that the tap reads.
        path: Where it is, from the folder.

    Raises:
        TargetError: If the tap can't read the file, or a file can't be written.
    """
    package = this_installation().requirement(_extras(config), __version__)
    project = make_project(config, source, path, package)
    dialogue.show()
    if (folder / PROJECT_FILE).exists():
        dialogue.say(f"There is a {PROJECT_FILE} already, which stays as it is. Add to it:", indent=2)
        for line in what_to_add(project).splitlines():
            dialogue.show(f"  {line}".rstrip())
        dialogue.show(f"  Then: meltano run {JOB}")
        return []
    make_reports_folder(folder)
    write_new(folder / PROJECT_FILE, project)
    dialogue.show(
        f"  wrote  {PROJECT_FILE}    tap-spreadsheets for {source.name}, this loader, a job, a schedule"
    )
    write_ignored(folder, _IGNORED)
    dialogue.say(
        "The tap sends a file again when it was changed: a file that stays the same is read once.", indent=2
    )
    dialogue.show(f"  Next: pip install meltano, then   meltano run {JOB}")
    return [PROJECT_FILE]


def _extras(config: Mapping[str, t.Any]) -> list[str]:
    """Return the extras that the settings need."""
    names = ["sandbox"] if config.get("hostname") == SANDBOX else []
    if str(config.get("ledger_url") or "").startswith("postgres"):
        names.append("postgres")
    return names
