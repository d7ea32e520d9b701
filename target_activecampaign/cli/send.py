"""Owns the command `send`: a file of people goes the way that the messages of a tap go.

It decides nothing about a row: what reads the file, maps and delivers is the target's own.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import typing as t
from pathlib import Path

import click

from target_activecampaign.cli.access import configuration, configuration_files, errors_shown
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.sdk_log import quiet_sdk
from target_activecampaign.cli.terminal import somebody_answers
from target_activecampaign.config.distinct_files import NamedFile, find_shared
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.errors import SettingsError, SourceFileError
from target_activecampaign.source_files.delimiter import DELIMITERS
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from target_activecampaign.source_files import SourceFile

logger = logging.getLogger(__name__)

_TARGET = "target-activecampaign"  # its logger


class Sender(t.Protocol):
    """What sends a file: the target."""

    def __call__(
        self, config: dict[str, t.Any], source: SourceFile, *, trusts_keys: bool, shows_progress: bool
    ) -> tuple[int, dict[str, t.Any]]:
        """Return the exit code and the report."""


def make_command(config_option: click.Parameter, target_class: t.Any) -> click.Command:  # noqa: ANN401
    """Make the command.

    Args:
        config_option: The target's own `--config`.
        target_class: The target.
    """
    return click.Command(
        "send",
        callback=lambda config, **given: _send(target_class.send_file, **given),  # noqa: ARG005 - `configuration` reads it
        params=[
            click.Argument(["file"], type=click.Path(path_type=Path)),
            click.Option(["--dry-run"], is_flag=True, help="Say what would be sent, and send nothing."),
            click.Option(["--delimiter"], help="Between columns: comma, semicolon, tab or bar."),
            click.Option(["--encoding"], help="Of the file, where it is neither UTF-8 nor Windows-1252."),
            click.Option(["--key"], help="The column that tells the rows apart, in this file and the next."),
            click.Option(["--stream"], help="What the rows are called, where the file's name changes."),
            click.Option(["--yes"], is_flag=True, help="Do not ask."),
            click.Option(["--quiet"], is_flag=True, help="Show no progress."),
            click.Option(["--json", "as_json"], is_flag=True, help="Write the report as one JSON document."),
            config_option,
        ],
        help=_HELP,
    )


_HELP = """Send a file of people: .csv, .tsv, .jsonl, or the messages of a tap as .singer.

\b
target-activecampaign send shop-customers.csv
target-activecampaign send shop-customers.csv --dry-run --config config.json

The first row of a CSV names its columns, and field_mapping says what becomes of them. The separator and the
encoding are found out. Rejected rows are kept in rejects_path; mended, they are sent like any file.
"""


def _send(  # noqa: PLR0913 - the options
    send: Sender,
    *,
    file: Path,
    dry_run: bool,
    delimiter: str | None,
    encoding: str | None,
    key: str | None,
    stream: str | None,
    yes: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    quiet_sdk(_TARGET)
    redact_logs()
    with errors_shown(as_json=as_json):
        config = _read_config(file, dry_run=dry_run)
        source = _open(file, delimiter, encoding)
        if key is not None:
            source.use_key(key)
        if stream is not None:
            source.rename_stream(stream)
        _require_rows(source)
        _confirm_encoding(source, yes=yes or encoding is not None)
        _say_what_is_read(source)
        if source.is_part and config.get("membership") == "mirror":
            logger.info("membership: %s holds some of the rows, so nobody is missed", source.name)
            config["membership"] = "add"
        exit_code, report = send(config, source, trusts_keys=key is not None, shows_progress=not quiet)
    if as_json:
        from target_activecampaign.reporting.summary import verdict  # noqa: PLC0415 - not for `--help`

        said = "" if exit_code == 0 else report.get("error") or verdict(report)
        problems = {"problems": said.splitlines()} if said else {}
        click.echo(json.dumps({"ok": exit_code == 0, **problems, **report}))
    sys.exit(exit_code)


def _read_config(file: Path, *, dry_run: bool) -> dict[str, t.Any]:
    """Return the configuration, with a rejects file that is not the file to send.

    Raises:
        SettingsError: If it can't be used.
    """
    config = configuration()
    if dry_run:
        config["dry_run"] = True
    try:
        settings = parse_settings(config, os.environ)
    except SettingsError as error:
        raise SettingsError(
            [*error.problems, "Mend the configuration, or have it made: target-activecampaign init"]
        ) from None
    rejects = settings.rejects_path
    problems = find_shared(
        settings.written_files(), [NamedFile("--config", path) for path in configuration_files()]
    )
    if problems:
        raise SettingsError(problems)
    if rejects is not None and rejects.exists() and file.exists() and rejects.samefile(file):
        # Until every row of it has arrived, it is all that there is of them.
        config["rejects_path"] = str(rejects.with_name(f"{rejects.stem}-2{rejects.suffix}"))
    return config


def _open(file: Path, delimiter: str | None, encoding: str | None) -> SourceFile:
    from target_activecampaign.source_files import open_source  # noqa: PLC0415 - not for `--help`

    return open_source(file, delimiter=delimiter, encoding=encoding)


def _require_rows(source: SourceFile) -> None:
    if not source.count_rows():
        raise SourceFileError(f"{source.name} has a header and no row below it. Export it again")


def _confirm_encoding(source: SourceFile, *, yes: bool) -> None:
    """Ask whether the file is read rightly, where its bytes do not show that.

    Raises:
        SourceFileError: If it is not, or nobody is there to answer.
    """
    evidence = source.encoding_evidence
    if yes or evidence.is_certain:
        return
    words = f"{source.name}, row {evidence.row}: it is no UTF-8, and is read as {evidence.shown}"
    remedy = f'Save the file as "CSV UTF-8", or add --encoding {evidence.codec} (or the one that it has)'
    if not somebody_answers():
        raise SourceFileError(
            f"{words}, which is likely, not certain: wrong letters would go into names. {remedy}"
        )
    if not click.confirm(f"{words}. Right?", default=True, err=True):
        raise SourceFileError(f"Nothing was sent. {remedy}")


def _say_what_is_read(source: SourceFile) -> None:
    columns = counted(len(source.headers), "column")
    separated = f", separated by {DELIMITERS[source.delimiter]}" if source.delimiter else ""
    logger.info(
        "%s: %s, %s%s, %s",
        source.name,
        counted(source.count_rows(), "row"),
        columns,
        separated,
        source.encoding,
    )
    for problem in source.problems:
        logger.warning("%s: %s", source.name, problem.text)
