"""Owns the dry run that a preview watches: the target itself, in this process, without a write.

`preview_rows` is for the commands. It must not know how a preview is shown.
"""

from __future__ import annotations

import contextlib
import logging
import typing as t
from dataclasses import dataclass

from singer_sdk.exceptions import (
    MapExpressionError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)

from target_activecampaign.errors import (
    InputError,
    LimitReachedError,
    MirrorStoppedError,
    TargetError,
    TooManyRejectedError,
)
from target_activecampaign.preview.limited_input import LimitedInput
from target_activecampaign.preview.watching import RunWatching

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_activecampaign.preview.coverage import StreamCoverage
    from target_activecampaign.preview.shown import Choice, ShownRecord
    from target_activecampaign.run.run import Run

_WRITTEN = ("report_path", "rejects_path", "outcomes_path", "alert_url", "heartbeat_url")
"""Settings of what a run writes or calls beside the account."""

_JUDGEMENTS = (LimitReachedError, TooManyRejectedError, MirrorStoppedError)
_OF_THE_SDK = (
    MapExpressionError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)
_LOGGERS = ("target_activecampaign", "target-activecampaign", "singer_sdk.metrics")
_CHECKS = "target_activecampaign.run.preflight"


class PreviewedTarget(t.Protocol):
    """What a preview needs of a target."""

    @property
    def current_run(self) -> Run:
        """Its run, which has not begun."""

    def listen(self, file_input: t.IO[t.Any] | None) -> None:
        """Read all input and deliver it."""


TargetMaker: t.TypeAlias = "Callable[[dict[str, t.Any]], PreviewedTarget]"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do.

    Attributes:
        shown: The records that were chosen, in the order of the input.
        streams: What all records say, by stream.
        report: The dry run's report.
        failure: Why the run would end with another exit code than 0; `None` where it would not.
        last_line: Of the input, where the last record stands.
        is_cut: Whether records behind those that were asked for were left unread.
    """

    shown: list[ShownRecord]
    streams: list[StreamCoverage]
    report: dict[str, t.Any]
    failure: TargetError | None
    last_line: int
    is_cut: bool

    @property
    def exit_code(self) -> int:
        """What the run would end with."""
        return 0 if self.failure is None else self.failure.exit_code


def preview_rows(  # noqa: PLR0913 - what a preview is made of
    make_target: TargetMaker,
    config: Mapping[str, t.Any],
    file: t.IO[t.Any],
    choice: Choice,
    *,
    most_records: int | None = None,
    on_rows: Callable[[int], None] = lambda _: None,
) -> Preview:
    """Run the target dry on some input, and watch it.

    Args:
        make_target: Makes one from a configuration.
        config: As the run would have it. What it writes beside the account is left out.
        file: Singer messages, as bytes.
        choice: Which records are shown.
        most_records: Only the first ones are read; `None` for all.
        on_rows: Is called now and then with how many records were read.

    Raises:
        TargetError: What would stop the run before its end.
    """
    settings = {name: value for name, value in config.items() if name not in _WRITTEN}
    with _quiet_log() as silence:
        target = make_target({**settings, "dry_run": True})
        silence()  # making it sets levels
        watching = RunWatching(choice, on_rows)
        run = target.current_run
        run.record_observer = watching
        run.chronicle.is_silent = True
        source = LimitedInput(file, most_records, lambda: watching.rows, watching.note_bytes)
        failure = _run_to_end(target, source)
        watching.end()
    return Preview(
        shown=watching.shown,
        streams=watching.streams,
        report=run.figures,
        failure=failure,
        last_line=watching.last_line,
        is_cut=source.is_cut,
    )


def _run_to_end(target: PreviewedTarget, source: LimitedInput) -> TargetError | None:
    """Run; returns the judgement on a run that came to its end.

    Raises:
        TargetError: What stopped it.
    """
    run = target.current_run
    try:
        run.begin()
        target.listen(t.cast("t.IO[t.Any]", source))
    except _JUDGEMENTS as judgement:
        return judgement
    except TargetError as error:
        run.fail(error.exit_code)
        raise
    except _OF_THE_SDK as error:
        run.fail(1)
        raise InputError(str(error)) from None
    except BaseException:
        run.fail(1)
        raise
    return None


@contextlib.contextmanager
def _quiet_log() -> Iterator[Callable[[], None]]:
    """Leave out of the log what the preview shows itself; warnings of the account's checks stay.

    Yields what does so once more.
    """
    loggers = [logging.getLogger(name) for name in (*_LOGGERS, _CHECKS)]
    levels = [logger.level for logger in loggers]

    def silence() -> None:
        for logger in loggers:
            logger.setLevel(logging.WARNING if logger.name == _CHECKS else logging.ERROR)

    silence()
    try:
        yield silence
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
