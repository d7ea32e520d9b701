"""Owns the last step: a trial of five people who are read back, then all of them, or nothing now."""

from __future__ import annotations

import json
import re
import shlex
import typing as t

from target_activecampaign.config.names import shown_text
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.contacts.custom_fields import CustomField, find_custom_field
from target_activecampaign.contacts.mapping import MappingOptions, compile_mapping
from target_activecampaign.errors import ServiceError, SettingsError, SourceFileError
from target_activecampaign.reporting.advice import next_step
from target_activecampaign.reporting.summary import verdict
from target_activecampaign.run.preflight import read_exclusions
from target_activecampaign.setup.account_questions import SANDBOX
from target_activecampaign.setup.dialogue import AnswerError, Question
from target_activecampaign.setup.sentences import arrived_line, people_to_send
from target_activecampaign.setup.trial import compare, first_rows, only_rows
from target_activecampaign.singer.schema_reading import read_schema
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from target_activecampaign.contacts.mapping import RecordMapper
    from target_activecampaign.setup.account import Account, Connect
    from target_activecampaign.setup.answers import Answers
    from target_activecampaign.setup.dialogue import Dialogue
    from target_activecampaign.setup.engine import Engine
    from target_activecampaign.setup.outcome import Outcome
    from target_activecampaign.setup.trial import ReadBack, TrialRow
    from target_activecampaign.source_files import SourceFile

_NOT_OF_A_TRIAL = ("report_path", "rejects_path", "outcomes_path", "alert_url", "heartbeat_url")
_CHOICES = {"t": "trial", "a": "all", "n": "none", "trial": "trial", "all": "all", "none": "none", "": "none"}
_MOST_DIFFERENCES = 10
_MANY_REJECTED = 4  # the exit code of a run whose others arrived
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
_HELP = (
    "t sends five people and reads each back, so that you can look at them before the rest goes. An import "
    "can't be undone. n sends nothing; what was written stays."
)


class Sending:
    """Sends what the person chooses to send."""

    def __init__(
        self, dialogue: Dialogue, engine: Engine, connect: Connect, file: str, answers: Answers
    ) -> None:
        """Prepare.

        Args:
            dialogue: Asks.
            engine: Sends.
            connect: Opens the account that was sent to.
            file: As a command in this folder names it.
            answers: Of the steps before.
        """
        self._dialogue = dialogue
        self._engine = engine
        self._connect = connect
        self._file = file
        self._answers = answers

    def run(self, config: dict[str, t.Any], source: SourceFile, outcome: Outcome, given: str | None) -> None:
        """Ask what to send, and send it.

        Args:
            config: With the key.
            source: The file.
            outcome: Takes what came of it.
            given: What the option says.

        Raises:
            TargetError: If the account or the run fails.
        """
        people = people_to_send(outcome.preview)
        chosen = self._ask(people, given)
        is_wanted = chosen == "all"
        if chosen == "trial":
            is_wanted = self._try(config, source, outcome, people, goes_on=given is None)
        if is_wanted:
            outcome.exit_code, outcome.report = self._engine.send(config, source, is_trial=False)
            outcome.problems = _problems_of(outcome.exit_code, outcome.report)
        has_failed = outcome.exit_code not in ({0, _MANY_REJECTED} if is_wanted else {0})
        self._say_next(is_sent=is_wanted, has_failed=has_failed)

    def _ask(self, people: int, given: str | None) -> str:
        self._dialogue.show()

        def read(answer: str) -> str:
            if answer.lower() not in _CHOICES:
                raise AnswerError("Type t, a or n.")
            return _CHOICES[answer.lower()]

        text = f"8 of 8  Send?   [t] five people as a trial   [a] all {people:,}   [n] nothing now  "
        question = Question(text, "--send none|trial|all", "n", help=_HELP, indent="")
        return self._dialogue.ask(question, read, given)

    def _try(
        self, config: dict[str, t.Any], source: SourceFile, outcome: Outcome, people: int, *, goes_on: bool
    ) -> bool:
        """Send five people and read them back; tells whether the others are to be sent.

        Args:
            config: With the key.
            source: The file.
            outcome: Takes what came of it.
            people: How many there are to send.
            goes_on: Whether to ask for the others.
        """
        with self._connected() as account:
            rows = first_rows(source.rows(), _make_mapper(account, config, source))
        if not rows:
            self._dialogue.say("No row can be sent as it is. Look at the reasons above.", indent=2)
            return False
        trial = {name: value for name, value in config.items() if name not in _NOT_OF_A_TRIAL}
        outcome.exit_code, report = self._engine.send(trial, only_rows(source, rows), is_trial=True)
        outcome.problems = _problems_of(outcome.exit_code, report)
        self._dialogue.say(arrived_line(report, shown_text(self._answers.list_name)), indent=2)
        with self._connected() as account:
            read_back = self._read_back(account, rows)
            outcome.trial = _as_json(report, read_back)
            self._say_read_back(read_back)
            if people_to_send(report):
                self._say_page(account)
        if outcome.exit_code:
            for line in (*outcome.problems, next_step(report)):
                self._dialogue.say(line, indent=2)
            return False
        left = people - len(rows)
        if not goes_on or left <= 0:
            return False
        return self._dialogue.confirm(f"Send the other {left:,}?", default=False)

    def _connected(self) -> contextlib.AbstractContextManager[Account]:
        return self._connect.reopen(self._answers.hostname, self._answers.api_key)

    def _read_back(self, account: Account, rows: Sequence[TrialRow]) -> ReadBack | None:
        """Compare the trial with the account; `None` where it can't be read."""
        try:
            held = {row.contact.email: account.held_contact(row.contact.email) for row in rows}
            fields = {field.id: field for field in account.custom_fields()}
            tags = {tag.id: tag.name for tag in account.tags()}
        except ServiceError as error:
            self._dialogue.say(f"They can't be read back now ({error.cause}).", indent=2)
            return None
        return compare(rows, held, fields, tags)

    def _say_read_back(self, found: ReadBack | None) -> None:
        if found is None:
            return
        say = self._dialogue.say
        for row in found.missing:
            say(f"Row {row:,} was not found in the account.", indent=2)
        if not found.values:
            return
        if not found.differences:
            are = (
                "the value is as it was"
                if found.values == 1
                else f"all {found.values:,} values are as they were"
            )
            say(f"Read back: {are} sent.", indent=2)
            return
        say(
            f"Read back: {counted(len(found.differences), 'value')} of {found.values:,} "
            f"{'differs' if len(found.differences) == 1 else 'differ'} from what was sent:",
            indent=2,
        )
        for difference in found.differences[:_MOST_DIFFERENCES]:
            say(difference.text)

    def _say_page(self, account: Account) -> None:
        try:
            host = account.pages_host()
        except ServiceError:
            return
        if host and self._answers.hostname != SANDBOX and _HOST.fullmatch(host):
            self._dialogue.say("Look at them:", indent=2)
            self._dialogue.show(f"  https://{host}/app/contacts/?listid={self._answers.list_id}&status=1")

    def _say_next(self, *, is_sent: bool, has_failed: bool) -> None:
        file = shlex.quote(self._file)
        first = "Each new file:" if is_sent else "Next, to send it:"
        if has_failed:
            first = "Once it is mended:"
        self._dialogue.show(f"  {first:<18}               target-activecampaign send {file}")
        self._dialogue.show("  Every night, or from a database: target-activecampaign init --meltano")


def _problems_of(exit_code: int, report: dict[str, t.Any]) -> list[str]:
    return [] if exit_code == 0 else [verdict(report)]


def _make_mapper(account: Account, config: dict[str, t.Any], source: SourceFile) -> RecordMapper:
    settings = parse_settings({**config, "report_path": None}, {})
    export = settings.export_for(source.stream)
    if export is None:
        raise SettingsError(
            [f"streams: no entry matches {source.stream!r}, this file; add it, or leave streams out"]
        )
    every = account.custom_fields()
    keys = () if export.field_mapping is None else export.field_mapping.custom_fields
    found = {key: find_custom_field(key, every) for key in keys}
    options = MappingOptions(
        clears_nulls=settings.on_null == "clear",
        exclude_automations=settings.exclude_automations,
        phone_region=settings.phone_region,
        source_timezone=settings.source_timezone,
        exclusions=read_exclusions(account) or None,
        rejects_invalid=settings.on_invalid_value == "reject",
        subscription_words=settings.subscription_words,
    )
    fields = {key: field for key, field in found.items() if isinstance(field, CustomField)}
    return compile_mapping(source.stream, _schema_of(source), export, fields, options, notes=_NoNotes())


class _NoNotes:
    """Takes what is to be said of a mapping, which the run says itself."""

    def count_left_out(
        self, field: str, problem: str, find_nearest: Callable[[], str | None] | None = None
    ) -> None:
        """Say nothing: the contact goes without the value, as in the run."""

    def expect(self, paths: Mapping[str, str]) -> None:
        """Say nothing."""

    def note_found(self, found: Iterable[str], lacking: Iterable[str]) -> None:
        """Say nothing."""


def _schema_of(source: SourceFile) -> dict[str, t.Any]:
    """Return the schema that the run will see."""
    for message in source.iterate_messages():
        if message.strip():
            schema = json.loads(message)
            return read_schema(schema["schema"], schema.get("key_properties") or ())
    raise SourceFileError(f"{source.name} is empty. Export it again")


def _as_json(report: dict[str, t.Any], found: ReadBack | None) -> dict[str, t.Any]:
    """Return the trial's figures, which hold nobody's data."""
    figures = {name: report[name] for name in ("delivered", "created", "updated")}
    if found is None:
        return {**figures, "read_back": None}
    fields = [{"row": one.row, "field": one.field} for one in found.differences]
    return {**figures, "read_back": {"values": found.values, "differences": fields, "missing": found.missing}}
