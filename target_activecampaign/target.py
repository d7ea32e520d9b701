"""Owns which hook of the SDK calls what of ours: the Singer target. It decides nothing about a record.

The SDK's message loop passes STATE on before an import is confirmed, and shows records in its errors. So
every message handler is ours; the SDK's command line, stream maps, flattening and metrics stay. Tests hold
the places that override what the SDK marks as private. docs/design/input-path.md shows the way of a record.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import typing as t

import click
from singer_sdk import Target
from singer_sdk.cli import plugin_cli
from singer_sdk.exceptions import (
    ConfigValidationError,
    MapExpressionError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities

from target_activecampaign.cli.config_option import CONFIG_OPTION
from target_activecampaign.cli.end_display import show_end
from target_activecampaign.cli.log_level import refuse_wrong_level
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.cli.progress_display import show_progress
from target_activecampaign.cli.runtime_tuning import prepare_process
from target_activecampaign.cli.sdk_log import quiet_sdk
from target_activecampaign.cli.sdk_metrics import LoadMetrics
from target_activecampaign.cli.target_command import TargetCommand
from target_activecampaign.cli.terminal import somebody_answers
from target_activecampaign.config.distinct_files import NamedFile, find_shared
from target_activecampaign.config.environment import settings_from_environment
from target_activecampaign.config.sdk_settings import DESCRIBED_JSONSCHEMA
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.config.stream_maps import find_problems
from target_activecampaign.errors import (
    InterruptedRunError,
    LedgerError,
    LimitReachedError,
    MirrorStoppedError,
    OutputError,
    SettingsError,
    TargetError,
    TooManyRejectedError,
    with_nothing_sent,
)
from target_activecampaign.run.signals import Interruption
from target_activecampaign.singer.batch_records import read_batch
from target_activecampaign.singer.input_file import open_input
from target_activecampaign.singer.messages import Message, Place, Record
from target_activecampaign.singer.reader import MessageReader
from target_activecampaign.singer.routing import Router, leaves_out_all
from target_activecampaign.singer.schema_reading import ANY_TYPE, SCALARS, read_schema
from target_activecampaign.sinks import ActiveCampaignSink

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.sinks import Sink

    from target_activecampaign.cli.config_option import GivenConfig
    from target_activecampaign.config.settings import Settings
    from target_activecampaign.singer.messages import DecodedRecords
    from target_activecampaign.source_files import SourceFile

_WAITING = (
    "Waiting for Singer messages on standard input. Pipe a tap in, or: target-activecampaign send FILE.csv"
)

# Raised by the SDK or for it, with messages that hold names of streams and settings alone.
_KNOWN_ERRORS = (
    MapExpressionError,
    MissingKeyPropertiesError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)


class TargetActiveCampaign(Target):
    """Singer target that loads contacts into ActiveCampaign through its bulk importer."""

    name = "target-activecampaign"
    config_jsonschema: t.ClassVar[dict[str, t.Any]] = DESCRIBED_JSONSCHEMA
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
        self._last_schemas: dict[str, str | bytes] = {}  # the line of each stream's
        self._stream_sinks: dict[str, dict[str, Sink]] = {}
        self._router = Router(
            self.mapper.stream_maps,
            lambda stream, name: self._stream_sinks[stream][name],
            self.message_reader.decoders,
        )

    def _setup_signal_handlers(self) -> None:
        """Leave signals alone: a program that makes a target keeps its own handlers."""

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
            self.settings = parse_settings(self._config, os.environ)
            _check_stream_maps(self.settings.sdk)
        except SettingsError as error:
            if raise_errors:
                raise _configuration_error(error) from None
            return list(error.problems)
        self._config = {"batch_size_rows": self.settings.batch_size_rows, **self.settings.sdk}
        return []

    # Messages

    def _process_schema_message(self, message_dict: Message) -> None:  # type: ignore[override]
        stream = message_dict.stream
        message_dict.require(schema=dict)
        message_dict.require_names("key_properties")
        if message_dict.line and self._last_schemas.get(stream) == message_dict.line:
            self._take_known_schema(message_dict)
            return
        message_dict["schema"] = read_schema(
            message_dict["schema"],
            message_dict.get("key_properties") or (),
            default_types=self._default_types,
        )
        run = self.current_run
        self._router.open_stream(stream, message_dict.line if run.keeps_records else None)
        run.note_schema(stream)
        self._make_sinks(message_dict)
        self._stream_sinks[stream] = self._find_sinks(stream)
        for stream_map in self.mapper.stream_maps[stream]:
            if not leaves_out_all(stream_map):
                t.cast("ActiveCampaignSink", self._stream_sinks[stream][stream_map.stream_alias]).open()
        self._clear_old_sinks()
        self._last_schemas[stream] = message_dict.line
        self._note_opened(message_dict)

    def _find_sinks(self, stream: str) -> dict[str, Sink]:
        """Return the sinks of a stream's SCHEMA, by the names that stream maps give it.

        The SDK has one sink a name, of the stream that came last. Each has a schema of its own.
        """
        return {
            stream_map.stream_alias: self.get_sink(
                stream_map.stream_alias,
                schema=stream_map.transformed_schema,
                key_properties=stream_map.transformed_key_properties,
            )
            for stream_map in self.mapper.stream_maps[stream]
        }

    def _take_known_schema(self, message: Message) -> None:
        """Take a SCHEMA again, as taps write it before each batch: nothing is compiled anew."""
        if self.current_run.keeps_records:
            self._router.keep_schema(message.stream, message.line)
        self._note_opened(message)

    def _note_opened(self, message: Message) -> None:
        """Note that more records of a stream may follow, where it matters whether it comes whole."""
        if self.current_run.is_mirror:
            names = [stream_map.stream_alias for stream_map in self.mapper.stream_maps[message.stream]]
            self.current_run.completeness.open(message.stream, names, message)

    @property
    def _default_types(self) -> Sequence[str]:
        """Types of a property that has none, where the SDK changes schemas."""
        if self.config.get("flattening_enabled") and self.config.get("flattening_max_depth"):
            return SCALARS
        return ANY_TYPE if self.mapper.stream_maps_dict else ()

    def _make_sinks(self, message: Message) -> None:
        """Let the SDK compile stream maps and make sinks.

        Raises:
            StreamMapConfigError: Naming the line, if a stream map does not fit the schema.
            InputError: If stream maps or flattening fail on the schema otherwise.
        """
        try:
            super()._process_schema_message(message)
        except StreamMapConfigError as error:
            where = f"line {message.line_number}, schema of stream {message.stream!r}"
            raise StreamMapConfigError(f"stream_maps, {where}: {_one_line(error)}") from None
        except OSError as error:
            # Of this machine, like a file that an environment variable names: the tap can't mend it.
            raise OutputError(
                f"this machine can't do what the run needs: {error.strerror or _one_line(error)}. Look at "
                "its disk, and at environment variables that name files or folders, then run again"
            ) from None
        except Exception as error:  # noqa: BLE001 - stream maps and flattening meet any schema here
            raise message.problem(
                f"is a schema of {message.stream!r} that stream_maps and flattening can't take "
                f"({type(error).__name__})"
            ) from None

    def _process_record_message(self, message_dict: Message | DecodedRecords) -> None:  # type: ignore[override]
        if isinstance(message_dict, Message):
            place = Place(message_dict.line_number, None, message_dict.line)
            record = Record(message_dict.stream, message_dict.get("record"), place)
            self._send(record, message_dict.get("version"))
        else:
            self._send(message_dict, message_dict.version)

    def _process_batch_message(self, message_dict: Message) -> None:  # type: ignore[override]
        stream = message_dict.stream
        message_dict.require(encoding=dict, manifest=list)
        self._router.require_schema(stream, message_dict.line_number)
        storage = (self.config.get("batch_config") or {}).get("storage")
        for records in read_batch(message_dict, storage, self.message_reader.decoders):
            self.interruption.check()
            self._send(records)

    def _send(self, records: Record | DecodedRecords, version: object = None) -> None:
        """Send records to their sinks, with the version that their messages say."""
        run = self.current_run
        if run.is_mirror:
            run.completeness.take_record(records.stream, version)
        self._router.send(records)

    def _process_state_message(self, message_dict: Message) -> None:  # type: ignore[override]
        if "value" not in message_dict:
            raise message_dict.problem("is a STATE message without 'value'")
        if self.current_run.is_mirror:
            self.current_run.completeness.take_state(message_dict["value"])
        self.current_run.delivery.add_state(message_dict["value"])

    def _process_activate_version_message(self, message_dict: Message) -> None:  # type: ignore[override]
        # A version does not say who is gone; it does say that the stream is complete.
        stream = message_dict.stream
        if self.current_run.is_mirror:
            self.current_run.completeness.take_version(stream, message_dict.get("version"))

    def _clear_old_sinks(self) -> None:
        """Close sinks of earlier schemas, which the SDK keeps till it drains: they hold nothing of ours."""
        if not self._sinks_to_clear:
            return
        used = self._used_sinks()
        for sink in self._sinks_to_clear:
            if sink not in used:
                sink.clean_up()
        self._sinks_to_clear.clear()

    def _used_sinks(self) -> set[Sink]:
        return {sink for sinks in self._stream_sinks.values() for sink in sinks.values()}

    def process_endofpipe(self) -> None:
        """Finish the run after the last line.

        Raises:
            TargetError: What stopped the delivery, or what fails the run at its end.
        """
        try:
            self.current_run.finish()
        finally:
            for sink in self._used_sinks():
                sink.clean_up()

    # Command

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: GivenConfig | None = None,
        file_input: t.IO[t.Any] | None = None,
        quiet: bool = False,
    ) -> None:
        """Run as a command; ends the process with the run's exit code.

        Args:
            about: Describe the target, and end.
            about_format: How.
            config: Configuration from files, and whether to read the environment.
            file_input: Lines to read instead of standard input.
            quiet: Show no progress.
        """
        if about:
            cls.print_about(about_format)
            return
        redact_logs()
        cls.print_version(print_fn=cls.logger.info)
        target = cls(config=config.config, parse_env_config=config.parse_env) if config else cls()
        try:
            _refuse_shared_files(target.settings, config.paths if config else (), file_input)
        except SettingsError as error:
            raise _configuration_error(error) from None
        target.interruption.install()
        prepare_process()
        show_progress(target.current_run, is_quiet=quiet)
        if file_input is None and somebody_answers():
            click.echo(_WAITING, err=True)
        show_end(target.current_run)
        sys.exit(target.run_measured(file_input and open_input(file_input)))

    @classmethod
    def send_file(
        cls,
        config: dict[str, t.Any],
        source: SourceFile,
        *,
        trusts_keys: bool,
        shows_progress: bool,
        is_trial: bool = False,
    ) -> tuple[int, dict[str, t.Any]]:
        """Send a file as if a tap wrote it.

        Args:
            config: The settings, which were found to be right.
            source: The file.
            trusts_keys: Whether a person named its key.
            shows_progress: Whether somebody wants to see how far it is.
            is_trial: Whether it tries the settings on a few people, and the caller says what came of it.

        Returns:
            The exit code and the report.

        Raises:
            SettingsError: If the run would write over the file.
        """
        target = cls.for_file(config, source, trusts_keys=trusts_keys)
        run = target.current_run
        run.chronicle.is_trial = is_trial
        show_progress(run, is_quiet=not shows_progress)
        if not is_trial:
            show_end(run, is_for_people=True)
        _refuse_overwriting(target.settings, [NamedFile("the file to send", source.path)])
        target.interruption.install()
        prepare_process()
        exit_code = target.run_measured(t.cast("t.IO[bytes]", source.messages()))
        return exit_code, run.figures

    @classmethod
    def for_file(
        cls, config: dict[str, t.Any], source: SourceFile, *, trusts_keys: bool
    ) -> TargetActiveCampaign:
        """Make a target whose input are the messages of a file; see `send_file`.

        Raises:
            SettingsError: If the settings are wrong.
        """
        from target_activecampaign.run.run import Run  # noqa: PLC0415 - as above

        try:
            target = cls(config=config)
        except ConfigValidationError as error:
            raise SettingsError(error.errors) from None
        target.current_run = Run(target.settings, target.interruption, source=source)
        target._router.trusts_keys = trusts_keys
        return target

    def run_measured(self, file_input: t.IO[t.Any] | None) -> int:
        """Do as `run_to_end`, with the SDK's metrics of a load."""
        metrics = LoadMetrics()
        self.current_run.on_import_end = metrics.end_import
        exit_code = self.run_to_end(file_input)
        metrics.end(self.current_run.figures, exit_code)
        return exit_code

    def run_to_end(self, file_input: t.IO[t.Any] | None) -> int:
        """Read all input and deliver it.

        Returns:
            The exit code. What went wrong has been logged, in a few lines without a traceback.
        """
        try:
            self.current_run.begin()
            self.listen(file_input)
        except InterruptedRunError as error:
            self.logger.warning("%s", error)  # at once: what is open may still take its time
            return self._fail(error.exit_code, str(error))
        except (TargetError, *_KNOWN_ERRORS) as error:
            if isinstance(error, SettingsError):
                problems = self._with_consequence(error.problems)
            else:
                problems = [*self.current_run.unsaid_problems, str(error)]
                problems = self._with_consequence(problems) if _says_nothing_of_it(error) else problems
            exit_code = getattr(error, "exit_code", 1)
            if isinstance(error, LedgerError):
                # A run that was asked to stop waits less for a ledger that is locked.
                exit_code = self.interruption.exit_code or exit_code
            return self._fail(exit_code, "\n".join(problems), str(error))
        except Exception:
            self._fail(1, "a fault of the program itself, please report it with the lines that follow")
            raise
        return 0

    def _with_consequence(self, messages: Sequence[str]) -> list[str]:
        """Return messages; the last one says that nothing was sent, where that is so."""
        return list(messages) if self.current_run.has_sent else with_nothing_sent(messages)

    def _fail(self, exit_code: int, error: str, said_as: str = "") -> int:
        """End the run; its summary says the error, and a line of its own what came after that.

        Args:
            exit_code: The run's.
            error: What ended it, a line for each problem.
            said_as: The same as a run says it that comes to its end by itself.
        """
        run = self.current_run
        try:
            run.fail(exit_code, error)
        except TargetError as later:
            exit_code = later.exit_code
            self._say_unless_said(str(later))
        if run.figures.get("error") != said_as:
            self._say_unless_said(error)
        return exit_code

    def _say_unless_said(self, error: str) -> None:
        if error != self.current_run.figures.get("error"):
            self.logger.error("%s", error)

    @plugin_cli
    def cli(cls) -> click.Command:  # noqa: N805 - as the SDK's
        """Return the command; an environment that the SDK fails on ends the process with a sentence."""
        refuse_wrong_level(os.environ)
        command = super().cli
        quiet_sdk(cls.name)
        return command

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command, with subcommands for people beside it."""
        command = super().get_singer_command()
        params = [param for param in command.params if param.name not in {"config", "file_input"}]
        params.append(CONFIG_OPTION)
        params.append(
            click.Option(
                ["--input", "file_input"],
                help="A path to read messages from instead of from standard in.",
                type=click.File("rb"),
            ),
        )
        params.append(
            click.Option(["--quiet"], is_flag=True, help="Show no progress; the log stays as it is."),
        )
        return TargetCommand(
            name=cls.name,
            invoke_without_command=True,
            callback=cls._invoke_without_subcommand,
            help="Load contacts from Singer messages into ActiveCampaign.",
            context_settings=command.context_settings,
            params=params,
            logger=cls.logger,
            target_class=cls,
        )

    @classmethod
    def _invoke_without_subcommand(cls, **options: t.Any) -> None:  # noqa: ANN401
        if click.get_current_context().invoked_subcommand is None:
            cls.invoke(**options)


def _refuse_shared_files(settings: Settings, configs: Iterable[Path], file_input: t.IO[t.Any] | None) -> None:
    """Refuse to write over a file that the run reads.

    Raises:
        SettingsError: Naming both.
    """
    reads = [NamedFile("--config", path) for path in configs]
    with contextlib.suppress(OSError):  # no file behind it
        if file_input is not None:
            reads.append(NamedFile("--input", file_input.fileno()))
        elif stat.S_ISREG(os.fstat(0).st_mode):
            reads.append(NamedFile("standard input", 0))
    _refuse_overwriting(settings, reads)


def _refuse_overwriting(settings: Settings, reads: Iterable[NamedFile]) -> None:
    problems = [problem for file in settings.written_files() for problem in find_shared([file], reads)]
    if problems:
        raise SettingsError(problems)


def _configuration_error(error: SettingsError) -> ConfigValidationError:
    errors = with_nothing_sent(error.problems)
    return ConfigValidationError("Config validation failed", errors=errors, schema={})


def _says_nothing_of_it(error: Exception) -> bool:
    """Tell whether a message does not say itself what the end means for what was sent."""
    speaks = isinstance(
        error, (LimitReachedError, TooManyRejectedError, MirrorStoppedError, InterruptedRunError)
    )
    return not speaks and "othing was sent" not in str(error)


def _check_stream_maps(sdk_settings: Mapping[str, t.Any]) -> None:
    problems = find_problems(sdk_settings.get("stream_maps") or {})
    if problems:
        raise SettingsError(problems)


def _one_line(error: Exception) -> str:
    """Return the text of an error; it may name properties of a schema, which may hold line ends."""
    return repr(str(error))[1:-1]
