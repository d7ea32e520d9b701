"""Owns the command `preview`: records beside the contacts that they would become, and the run's figures."""

from __future__ import annotations

import json
import os
import shlex
import sys
import typing as t

import click

from target_activecampaign.cli.access import command_here, config_arguments, configuration, errors_shown
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.preview_mask import Mask
from target_activecampaign.cli.runtime_tuning import prepare_process
from target_activecampaign.cli.terminal import NARROW, hides_people, width
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.settings import parse_settings

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_activecampaign.preview.session import Preview, TargetMaker
    from target_activecampaign.preview.shown import Choice
    from target_activecampaign.source_files import SourceFile

_SECONDS_TO_FIRST_LINE = 2
_SECONDS_BETWEEN_LINES = 10
_MANY_REJECTED = 4  # the exit code
_HELP = """Show what a run would send: records beside contacts, why they differ, and figures over all rows.

\b
target-activecampaign preview --input shop-customers.csv
tap-x | target-activecampaign preview --problems --config config.json

Nothing is sent or written. The run's own code maps, compares and counts, so the figures are the run's.
Without --input it reads Singer messages from standard input.
"""


def make_command(config_option: click.Parameter, target_class: t.Any) -> click.Command:  # noqa: ANN401
    """Make the command.

    Args:
        config_option: The target's own `--config`.
        target_class: The target.
    """

    def make_target(config: dict[str, t.Any], source: SourceFile | None) -> t.Any:  # noqa: ANN401 - of the class above
        if source is None:
            target = target_class(config=config)
        else:
            target = target_class.for_file(config, source, trusts_keys=False)
        target.interruption.install()
        prepare_process()
        return target

    return click.Command(
        "preview",
        callback=lambda config, **given: _preview(make_target, **given),  # noqa: ARG005 - `configuration` reads it
        params=[*_options(), config_option],
        help=_HELP,
    )


def _options() -> list[click.Parameter]:
    return [
        click.Option(
            ["--input", "path"], type=click.Path(), help="File to read: .csv, .tsv, .jsonl or .singer."
        ),
        click.Option(["--delimiter"], help="Between columns of --input; found out by default."),
        click.Option(["--encoding"], help="Of --input; found out by default."),
        click.Option(["--records"], type=click.IntRange(0), help="How many records are shown, 3 by default."),
        click.Option(
            ["--row"], type=click.IntRange(1), help="Show the record of this row (the header is 1)."
        ),
        click.Option(["--find"], help="Show the records of this address."),
        click.Option(["--problems"], is_flag=True, help="Show records that are rejected or lose a value."),
        click.Option(["--compare"], is_flag=True, help="Ask what these contacts hold now, of 20 at most."),
        click.Option(["--scan"], type=click.IntRange(1), help="Read so many records; all by default."),
        click.Option(["--wide"], is_flag=True, help="Add an ordinary and the longest value of each field."),
        click.Option(["--mask"], is_flag=True, help="Hide addresses, names and other values of people."),
        click.Option(["--show"], is_flag=True, help="Show them although the variable CI is set."),
        click.Option(["--json", "as_json"], is_flag=True, help="Write one JSON document."),
    ]


def _preview(  # noqa: PLR0913 - the options
    make_target: Callable[[dict[str, t.Any], SourceFile | None], t.Any],
    *,
    path: str | None,
    delimiter: str | None,
    encoding: str | None,
    scan: int | None,
    wide: bool,
    mask: bool,
    show: bool,
    as_json: bool,
    **chosen: t.Any,  # noqa: ANN401 - of the record that is shown
) -> None:
    redact_logs()
    choice = _choice(**chosen)
    if path is None and _nobody_pipes():
        raise click.UsageError("There is no input. Name a file with --input FILE, or pipe a tap in.")
    with errors_shown(as_json=as_json):
        config = configuration()
        settings = parse_settings(config, os.environ)
        source = None if path is None else _open(path, delimiter, encoding)
        _require_rejects_to_fit(settings.rejects_path, source)
        preview = _run(lambda own: make_target(own, source), config, source, choice, scan)
    hidden = Mask(hides=hides_people(mask=mask, show=show))
    if as_json:
        from target_activecampaign.cli.preview_document import document_of  # noqa: PLC0415 - for this alone

        click.echo(json.dumps(document_of(preview, hidden)))
    else:
        _write(preview, choice, hidden, source, has_examples=wide)
        click.echo(_next_step(preview, path), err=True)
    sys.exit(preview.exit_code)


def _nobody_pipes() -> bool:
    return sys.stdin is None or sys.stdin.isatty()


def _choice(
    *, records: int | None, row: int | None, find: str | None, problems: bool, compare: bool
) -> Choice:
    from target_activecampaign.preview.shown import Choice  # noqa: PLC0415 - 0.2 s, not for `--help`

    most = records if records is not None else Choice().most
    return Choice(most=most, row=row, address=find, has_problem=problems, compares=compare)


def _open(path: str, delimiter: str | None, encoding: str | None) -> SourceFile:
    from target_activecampaign.source_files import open_source  # noqa: PLC0415 - 0.1 s, not for `--help`

    return open_source(path, delimiter=delimiter, encoding=encoding)


def _require_rejects_to_fit(path: Path | None, source: SourceFile | None) -> None:
    """Refuse what the run would refuse; a preview writes no rejects.

    Raises:
        SettingsError: If rejected records do not fit into the file for them.
    """
    if path is not None:
        from target_activecampaign.run.rejects import columns_of_rejects  # noqa: PLC0415 - not for `--help`

        columns_of_rejects(path, source)


def _run(
    make_target: TargetMaker,
    config: dict[str, t.Any],
    source: SourceFile | None,
    choice: Choice,
    scan: int | None,
) -> Preview:
    from target_activecampaign.preview.session import preview_rows  # noqa: PLC0415 - 0.3 s, not for `--help`

    file = t.cast("t.IO[bytes]", sys.stdin.buffer if source is None else source.messages())
    return preview_rows(
        make_target, config, file, choice, most_records=scan, on_rows=_Progress("rows read").note
    )


class _Progress:
    """Says on standard error how far it is, where that takes long."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._clock = SystemClock()
        self._next = self._clock.now() + _SECONDS_TO_FIRST_LINE

    def note(self, rows: int) -> None:
        if self._clock.now() >= self._next:
            self._next = self._clock.now() + _SECONDS_BETWEEN_LINES
            click.echo(f"{rows:,} {self._what}", err=True)


def _write(
    preview: Preview, choice: Choice, mask: Mask, source: SourceFile | None, *, has_examples: bool
) -> None:
    from target_activecampaign.cli import preview_text as text  # noqa: PLC0415 - for this alone

    is_file = source is not None and source.path.suffix.lower() != ".singer"
    wide, parts = width(), []
    parts.append(text.record_lines(preview, mask, wide, is_file=is_file))
    parts.append(text.missing_lines(preview, choice, is_file=is_file))
    parts.append(text.field_lines(preview, mask, wide, is_file=is_file, has_examples=has_examples))
    problems = [] if source is None else [problem.text for problem in source.problems]
    parts.append([line for problem in problems for line in text.wrapped(problem, wide)])
    parts.append(text.sum_lines(preview, wide, is_file=is_file))
    if preview.failure is not None:
        sentence = f"The run would end with exit code {preview.exit_code}. {preview.failure}"
        parts[-1] += text.wrapped(sentence, wide)
    if wide < NARROW:
        parts = [[short for line in lines for short in text.wrapped(line, wide)] for lines in parts]
    click.echo("\n\n".join("\n".join(lines).rstrip("\n") for lines in parts if lines))


def _next_step(preview: Preview, path: str | None) -> str:
    if path is None:
        return f"Next: pipe the same into target-activecampaign{config_arguments()}"
    file = shlex.quote(path)
    if preview.exit_code == _MANY_REJECTED:
        return f"Next: {command_here(f'preview --input {file} --problems')}"
    return f"Next: {command_here(f'send {file}')}"
