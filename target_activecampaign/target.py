"""The Singer target: which hook of the SDK calls what of ours. Thin.

The SDK's message loop passes STATE on before an import is confirmed, and shows records in its errors. So
every message handler is ours; what is kept of the SDK are its command line, its stream maps, flattening
and metrics. The places that override what the SDK marks as private are held by tests.
"""

from __future__ import annotations

import functools
import itertools
import os
import sys
import typing as t

import click
from singer_sdk import Target
from singer_sdk.exceptions import (
    ConfigValidationError,
    InvalidJSONSchema,
    MapExpressionError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import SameRecordTransform

from target_activecampaign.cli.command import TargetCommand
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.runtime_tuning import prepare_process
from target_activecampaign.config.environment import settings_from_environment
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.config.stream_maps import find_problems
from target_activecampaign.contacts.contact import Origin, Reason, Rejection
from target_activecampaign.errors import InputError, SettingsError, TargetError
from target_activecampaign.run.signals import Interruption
from target_activecampaign.singer.batch_files import iterate_rows
from target_activecampaign.singer.reader import MessageReader, RecordBatchHandler
from target_activecampaign.sinks import METADATA, ActiveCampaignSink

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.mapper import StreamMap

Message: t.TypeAlias = dict[str, t.Any]

# Raised by the SDK or for it, with messages that hold names of streams and settings alone.
_KNOWN_ERRORS = (
    InvalidJSONSchema,
    MapExpressionError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)

_ROWS_AT_ONCE = 100  # of a BATCH message's files


class _Route(t.NamedTuple):
    """Where the records of a stream go; `transform` is `None` where they go as they came."""

    alias: str
    transform: Callable[[dict[str, t.Any]], dict[str, t.Any] | None] | None
    sink: ActiveCampaignSink


class TargetActiveCampaign(Target):
    """Singer target that loads contacts into ActiveCampaign through its bulk importer."""

    name = "target-activecampaign"
    config_jsonschema: t.ClassVar[dict[str, t.Any]] = CONFIG_JSONSCHEMA
    default_sink_class = ActiveCampaignSink
    message_reader_class = MessageReader
    message_reader: MessageReader
    capabilities: t.ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.BATCH,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]
    # One account, one rate limit: nothing is drained in parallel.
    max_parallelism = 1

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:  # noqa: ANN401
        """Read the settings; see the SDK for the arguments.

        Raises:
            ConfigValidationError: With every problem about the settings.
        """
        super().__init__(*args, **kwargs)
        self.interruption = Interruption()
        self.message_reader.guard_reading = self.interruption.guard_reading
        from target_activecampaign.run.run import Run  # noqa: PLC0415 - `--help` and `--about` need none of it

        self.current_run = Run(self.settings, self.interruption)
        self._schema_lines: dict[str, str | bytes] = {}
        self._routes: dict[str, list[_Route]] = {}

    def _setup_signal_handlers(self) -> None:
        """Leave signals alone: whoever makes a target in a program of their own keeps theirs."""

    # Settings

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, t.Any]) -> None:
        """Add nothing: the schema names what the SDK reads, and leaves out what has no meaning here."""

    @classproperty
    def _env_var_config(cls) -> dict[str, t.Any]:  # noqa: N805
        # The SDK's own reading ends with a traceback, and shows the value, where a number is none.
        return settings_from_environment(os.environ)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # The SDK's own check shows values, secrets too, and lets unknown settings pass.
        try:
            self.settings = parse_settings(self._config)
            _check_stream_maps(self.settings.sdk)
        except SettingsError as error:
            if raise_errors:
                raise _configuration_error(error) from None
            return list(error.problems)
        self._config = {"batch_size_rows": self.settings.batch_size_rows, **self.settings.sdk}
        return []

    # Messages

    def _process_schema_message(self, message_dict: Message) -> None:
        reader = self.message_reader
        stream = reader.require_stream(message_dict)
        reader.require(message_dict, schema=dict)
        reader.require({**message_dict["schema"], "type": "SCHEMA"}, properties=dict)
        reader.require_names(message_dict, "key_properties")
        if self.current_run.keeps_records:
            self._schema_lines[stream] = reader.line
        # A schema may change sinks of other streams, too: they may share an alias.
        self._routes.clear()
        reader.clear_batch_handlers()
        try:
            super()._process_schema_message(message_dict)
        except TargetError:
            raise
        except (InvalidJSONSchema, StreamMapConfigError) as error:
            raise type(error)(
                f"line {reader.line_number}, schema of stream {stream!r}: {_one_line(error)}"
            ) from None
        except Exception as error:  # noqa: BLE001 - stream maps and flattening meet any schema here
            kind = type(error).__name__
            what = f"is a schema of {stream!r} that stream_maps and flattening can't take ({kind})"
            raise reader.problem(what) from None
        self._clear_old_sinks()
        if self.current_run.is_mirror:
            names = [stream_map.stream_alias for stream_map in self.mapper.stream_maps[stream]]
            self.current_run.completeness.open(stream, names, message_dict)

    def _process_record_message(self, message_dict: Message) -> None:
        reader = self.message_reader
        stream = reader.require_stream(message_dict)
        line = reader.line if self.current_run.keeps_records else None
        self._process_record(stream, message_dict.get("record"), line)

    def _process_batch_message(self, message_dict: Message) -> None:
        reader = self.message_reader
        stream = reader.require_stream(message_dict)
        reader.require(message_dict, encoding=dict, manifest=list)
        self._require_schema(stream)
        storage = (self.config.get("batch_config") or {}).get("storage")
        rows = iterate_rows(message_dict["encoding"], message_dict["manifest"], storage, reader.problem)
        number = 0  # rows before these
        for some in _in_groups(rows):
            self.interruption.check()
            self._process_rows(stream, some, number)
            number += len(some)

    def _process_rows(self, stream: str, rows: Sequence[bytes], before: int) -> None:
        """Process rows of a BATCH message, behind so many."""
        reader = self.message_reader
        done = 0
        while done < len(rows):
            row = before + done + 1
            if records := reader.read_rows(stream, rows, done):
                places = zip(itertools.repeat(reader.line_number), itertools.count(row), strict=False)
                lines = (self._as_message(stream, line) for line in rows[done:])
                self._take(stream, self._routes[stream][0], records, places, lines)
            elif rows[done].strip():
                reader.row = row
                line = self._as_message(stream, rows[done])
                self._process_record(stream, reader.read_value(rows[done]), line, row)
                reader.row = None
            done += len(records) or 1

    def _as_message(self, stream: str, row: bytes) -> bytes | None:
        """The RECORD message that a row of a BATCH message stands for, where it is kept."""
        if not self.current_run.keeps_records:
            return None
        name = self.message_reader.serialize_name(stream)
        return b'{"type":"RECORD","stream":' + name + b',"record":' + row.strip() + b"}"

    def _process_state_message(self, message_dict: Message) -> None:
        if "value" not in message_dict:
            raise self.message_reader.problem("is a STATE message without 'value'")
        if self.current_run.is_mirror:
            self.current_run.completeness.take_state(message_dict["value"])
        self.current_run.pass_on(message_dict["value"])

    def _process_activate_version_message(self, message_dict: Message) -> None:
        # A version does not tell who is gone; that the stream is complete it does.
        stream = self.message_reader.require_stream(message_dict)
        if self.current_run.is_mirror:
            self.current_run.completeness.take_version(stream)

    def _process_record(
        self, stream: str, record: object, line: str | bytes | None, row: int | None = None
    ) -> None:
        """Take one record through stream maps to its sinks: the way of RECORD and BATCH alike."""
        if self.current_run.is_mirror:
            self.current_run.completeness.take_record(stream)
        for alias, transform, sink in self._routes.get(stream) or self._find_routes(stream):
            origin = Origin(alias, self.message_reader.line_number, row, line, self._schema_lines.get(stream))
            if not isinstance(record, dict):
                sink.set_aside(Rejection(Reason.SCHEMA_INVALID, "$: type"), origin)
                continue
            transformed = record if transform is None else _transform(record, transform, sink, origin)
            if transformed is None:
                continue
            is_deletion = False
            if not METADATA.isdisjoint(transformed):
                # The person is gone at the source: subscribing them again would do harm.
                is_deletion = transformed.get("_sdc_deleted_at") is not None
                if is_deletion and self.current_run.ignores_deletions:
                    self.current_run.ignore_deletion(alias)
                    continue
                sink._remove_sdc_metadata_from_record(transformed)  # noqa: SLF001 - as the SDK's own loop does
            sink.process_record(transformed, {"origin": origin, "is_deletion": is_deletion})

    def _take_records(
        self, stream: str, route: _Route, records: Sequence[t.Any], lines: Sequence[str | bytes]
    ) -> None:
        """Take records that nobody has to look at, from lines that follow each other."""
        places = zip(itertools.count(self.message_reader.line_number), itertools.repeat(None), strict=False)
        kept = lines if self.current_run.keeps_records else itertools.repeat(None)
        self._take(stream, route, records, places, kept)

    def _take(
        self,
        stream: str,
        route: _Route,
        records: Sequence[t.Any],
        places: Iterable[tuple[int, int | None]],
        lines: Iterable[str | bytes | None],
    ) -> None:
        schema = self._schema_lines.get(stream)
        origins = [
            Origin(route.alias, line_number, row, line, schema)
            for _, (line_number, row), line in zip(records, places, lines, strict=False)
        ]
        route.sink.take_all(records, origins)
        if self.current_run.is_mirror:
            self.current_run.completeness.take_record(stream)

    def _find_routes(self, stream: str) -> list[_Route]:
        """Compile the way of a stream's records, which holds until the next SCHEMA.

        Raises:
            RecordsWithoutSchemaException: If there was no SCHEMA of this stream.
        """
        self._require_schema(stream)
        maps = self.mapper.stream_maps[stream]
        routes = [
            _Route(
                stream_map.stream_alias,
                None if len(maps) == 1 and _changes_nothing(stream_map) else stream_map.transform,
                t.cast("ActiveCampaignSink", self._sinks_active[stream_map.stream_alias]),
            )
            for stream_map in maps
        ]
        self._routes[stream] = routes
        record_decoder = routes[0].sink.record_decoder
        if len(routes) == 1 and routes[0].transform is None and record_decoder is not None:
            take = functools.partial(self._take_records, stream, routes[0])
            self.message_reader.add_batch_handler(stream, RecordBatchHandler(record_decoder, take))
        return routes

    def _require_schema(self, stream: str) -> None:
        if stream not in self.mapper.stream_maps:
            msg = (
                f"line {self.message_reader.line_number}: a record of {stream!r} came before its SCHEMA. "
                "Look at the tap; nothing after it was read"
            )
            raise RecordsWithoutSchemaException(msg)

    def _clear_old_sinks(self) -> None:
        """Let sinks of earlier schemas go, which the SDK keeps till it drains: they hold nothing of ours."""
        for sink in self._sinks_to_clear:
            sink.clean_up()
        self._sinks_to_clear.clear()

    def process_endofpipe(self) -> None:
        """Bring everything to its end after the last line.

        Raises:
            TargetError: What stopped the delivery, or the verdict over the run.
        """
        try:
            self.current_run.finish()
        finally:
            for sink in self._sinks_active.values():
                sink.clean_up()

    # Command

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: t.Any = None,  # noqa: ANN401 - private type of the SDK
        file_input: t.IO[t.Any] | None = None,
    ) -> None:
        """Run as a command; ends the process with the run's exit code.

        Args:
            about: Describe the target, and end.
            about_format: How.
            config: Configuration from files, and whether to read the environment.
            file_input: Lines to read instead of standard input.
        """
        if about:
            cls.print_about(about_format)
            return
        redact_logs()
        cls.print_version(print_fn=cls.logger.info)
        target = cls(config=config.config, parse_env_config=config.parse_env) if config else cls()
        target.interruption.install()
        prepare_process()
        sys.exit(target.run_to_end(file_input))

    def run_to_end(self, file_input: t.IO[t.Any] | None) -> int:
        """Read all input and deliver it.

        Returns:
            The exit code. What went wrong has been logged, in a few lines without a traceback.
        """
        try:
            self.current_run.begin()
            self.listen(file_input)
        except SettingsError as error:
            for problem in error.problems:
                self.logger.error("%s", problem)  # noqa: TRY400 - a message for a person
            return self._fail(error.exit_code)
        except (TargetError, *_KNOWN_ERRORS) as error:
            self.logger.error("%s", error)  # noqa: TRY400 - a message for a person
            return self._fail(getattr(error, "exit_code", 1), said=str(error))
        except Exception:
            self._fail(1)
            raise
        return 0

    def _fail(self, exit_code: int, said: str = "") -> int:
        try:
            self.current_run.fail(exit_code)
        except TargetError as error:
            if str(error) != said:
                self.logger.error("%s", error)  # noqa: TRY400 - a message for a person
            return error.exit_code
        return exit_code

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """The SDK's command, with subcommands for people beside it."""
        command = super().get_singer_command()
        params = [param for param in command.params if param.name != "file_input"]
        params.append(
            click.Option(
                ["--input", "file_input"],
                help="A path to read messages from instead of from standard in.",
                type=click.File("rb"),
            ),
        )
        return TargetCommand(
            name=cls.name,
            callback=cls._invoke_without_subcommand,
            help="Load contacts from Singer messages into ActiveCampaign.",
            context_settings=command.context_settings,
            params=params,
            logger=cls.logger,
        )

    @classmethod
    def _invoke_without_subcommand(cls, **options: t.Any) -> None:  # noqa: ANN401
        if click.get_current_context().invoked_subcommand is None:
            cls.invoke(**options)

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> t.Any:  # noqa: ANN401
        """Read the configuration files.

        Raises:
            ClickException: If one can't be read; exit code 1.
        """
        merged = super().cb_config(ctx, param, ())
        for number, path in enumerate(value, start=1):
            try:
                one = super().cb_config(ctx, param, (path,))
            except (OSError, ValueError, TypeError, RuntimeError) as error:
                # No path: somebody may have written the configuration itself in its place.
                reason = (
                    (error.strerror or "no such file")
                    if isinstance(error, OSError)
                    else "it is no JSON object"
                )
                msg = f"--config: configuration {number} of {len(value)} can't be read: {reason}"
                raise click.ClickException(msg) from None
            merged.config.update(one.config)
            merged.parse_env = merged.parse_env or one.parse_env
        return merged


def _transform(
    record: dict[str, t.Any],
    transform: Callable[[dict[str, t.Any]], dict[str, t.Any] | None],
    sink: ActiveCampaignSink,
    origin: Origin,
) -> dict[str, t.Any] | None:
    """The record after a stream map; `None` where the map leaves it out, or it was set aside."""
    try:
        return transform(record.copy())
    except Exception as error:  # noqa: BLE001 - an expression of the user's, on a record
        detail = f"stream_maps: an expression failed ({type(error).__name__})"
        sink.set_aside(Rejection(Reason.VALUE_INVALID, detail), origin)
        return None


def _in_groups(rows: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Rows, some at a time; those that could be read before an error, too."""
    group: list[bytes] = []
    try:
        for row in rows:
            group.append(row)
            if len(group) == _ROWS_AT_ONCE:
                yield group
                group = []
    except InputError:
        yield group
        raise
    yield group


def _changes_nothing(stream_map: StreamMap) -> bool:
    return type(stream_map) is SameRecordTransform and not stream_map.flattening_enabled


def _configuration_error(error: SettingsError) -> ConfigValidationError:
    return ConfigValidationError("Config validation failed", errors=list(error.problems), schema={})


def _check_stream_maps(sdk_settings: Mapping[str, t.Any]) -> None:
    problems = find_problems(sdk_settings.get("stream_maps") or {})
    if problems:
        raise SettingsError(problems)


def _one_line(error: Exception) -> str:
    """The text of an error that may name properties of a schema, which may hold line ends."""
    return repr(str(error))[1:-1]
