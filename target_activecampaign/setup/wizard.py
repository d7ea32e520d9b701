"""Owns the order of a setup's eight steps: what was answered, what is written, what is sent."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import click

from target_activecampaign.config.names import shown_text
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.config.subscription_words import folded
from target_activecampaign.errors import SettingsError
from target_activecampaign.setup.account_questions import SANDBOX, ask_account
from target_activecampaign.setup.answers import Answers
from target_activecampaign.setup.choices import ask_choices
from target_activecampaign.setup.columns import look_at
from target_activecampaign.setup.configuration import make_configuration, remarks_on, usable_settings
from target_activecampaign.setup.consent_question import ask_wishes, require_no_refusals
from target_activecampaign.setup.dialogue import AnswerError, Question
from target_activecampaign.setup.draft import SUBSCRIPTION, Place
from target_activecampaign.setup.file_question import ask_file, ask_form, files_of
from target_activecampaign.setup.given import MissingAnswersError, missing_options
from target_activecampaign.setup.list_question import ask_list
from target_activecampaign.setup.long_reading import told_while
from target_activecampaign.setup.mapping_question import MappingQuestion, MisreadFileError
from target_activecampaign.setup.meltano_step import add_meltano
from target_activecampaign.setup.outcome import Before, Outcome
from target_activecampaign.setup.phone_question import ask_region, read_given_region
from target_activecampaign.setup.sending import Sending
from target_activecampaign.setup.sentences import (
    left_out_line,
    people_to_send,
    plan_line,
    room_line,
    sum_line,
)
from target_activecampaign.setup.written_files import (
    CONFIG_FILE,
    IGNORE_FILE,
    IGNORED,
    VARIABLES_FILE,
    make_reports_folder,
    write_config,
    write_ignored,
    write_key,
)
from target_activecampaign.wording import counted

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from target_activecampaign.api.responses import Contract
    from target_activecampaign.contacts.custom_fields import CustomField
    from target_activecampaign.setup.account import Connect
    from target_activecampaign.setup.account_questions import Chosen
    from target_activecampaign.setup.dialogue import Dialogue
    from target_activecampaign.setup.engine import Engine
    from target_activecampaign.setup.given import Given
    from target_activecampaign.source_files import SourceFile

CONSENT = "I agree"


class Wizard:
    """Leads through the steps. Nothing is written before step 7, nothing sent before step 8.

    Attributes:
        outcome: What it came to so far.
    """

    def __init__(  # noqa: PLR0913 - what a setup is made of
        self,
        dialogue: Dialogue,
        given: Given,
        folder: Path,
        before: Before,
        *,
        connect: Connect,
        engine: Engine,
        origin: Path | None = None,
    ) -> None:
        """Prepare.

        Args:
            dialogue: Asks.
            given: Options.
            folder: Where files are written.
            before: What it held before.
            connect: Opens an account.
            engine: Looks at files and sends them.
            origin: What a file's name is seen from; the folder by default.
        """
        self.outcome = Outcome()
        self._dialogue = dialogue
        self._given = given
        self._folder = folder
        self._origin = origin or folder
        self._before = before
        self._old = usable_settings(before.config or {})
        self._connect = connect
        self._engine = engine
        self._source: SourceFile | None = None

    def run(self) -> Outcome:
        """Go through all steps.

        Raises:
            UsageError: If something is missing and nobody can be asked.
            Abort: If the person ends it.
            TargetError: If the account, a file or the run fails.
        """
        self._require_options()
        self._say_hello()
        source = self._source = self._ask_source()
        chosen = self._ask_account()
        source, answers = self._ask_rest(source, chosen)
        config = make_configuration(answers, self._old)
        key = answers.api_key.reveal()
        parse_settings({**config, "report_path": None, "api_key": key}, {})
        self._preview(config, key, source, chosen.contract)
        self._ask_consent(answers)
        self._write(config, answers)
        sending = Sending(self._dialogue, self._engine, self._connect, self._shown_path(source), answers)
        sending.run({**config, "api_key": key}, source, self.outcome, self._given.send)
        return self.outcome

    def add_meltano(self) -> None:
        """Make a Meltano project of the export that was just set up, or of the folder's.

        Raises:
            TargetError: If the tap can't read the file.
        """
        source = self._source
        if source is None:
            if not self._dialogue.asks and self._given.file is None and len(files_of(self._folder)) != 1:
                raise MissingAnswersError(["--file FILE: where your people are"])
            self._dialogue.show("This adds a Meltano project to the export of this folder.")
            source = ask_file(self._dialogue, self._given, self._folder, self._origin)
        config = self.outcome.config or self._old
        if not isinstance(config.get("field_mapping"), dict):
            raise SettingsError(
                ["field_mapping: config.json has none. Set it up: target-activecampaign init"]
            )
        path = self._shown_path(source)
        self.outcome.files += add_meltano(self._dialogue, self._folder, config, source, path)
        self.outcome.config = dict(config)

    def _require_options(self) -> None:
        if self._dialogue.asks:
            return
        missing = missing_options(self._given, has_one_file=len(files_of(self._folder)) == 1)
        if missing:
            raise MissingAnswersError(missing)

    def _say_hello(self) -> None:
        home = str(Path.home())
        folder = str(self._folder.resolve())
        shown = f"~{folder.removeprefix(home)}" if folder.startswith(home + os.sep) else folder
        for sentence in (
            (
                f"This sets up an export to ActiveCampaign in this folder ({shown_text(shown)}). "
                "About 3 minutes."
            ),
            "Nothing is written before step 7, nothing is sent before step 8. Enter takes the [default].",
            "Ctrl-C before step 7 leaves no trace.",
        ):
            self._dialogue.say(sentence, indent=0)
        if self._before.config is not None:
            self._say_before()

    def _say_before(self) -> None:
        target = self._old.get("list_id")
        where = f'to "{shown_text(target)}"' if isinstance(target, str) else f"to list {target}"
        if target is None:
            where = "people"
        for remark in remarks_on(self._before.config or {}, self._before.variables):
            self._dialogue.say(remark, indent=0)
        question = Question(
            f"This folder exports {where} already. [c] change it, Enter to keep each answer",
            "--yes",
            default="",
            indent="",
        )

        def read(answer: str) -> bool:
            if answer.lower() not in {"", "c"}:
                raise AnswerError("Type c, or press Enter.")
            return answer.lower() == "c"

        if self._dialogue.ask(question, read):
            # Settings that are not asked for stay, the answers are found anew.
            self._old = {name: value for name, value in self._old.items() if name not in _ASKED}

    def _ask_source(self) -> SourceFile:
        self._dialogue.heading("1 of 8  Where are your people?")
        return ask_file(self._dialogue, self._given, self._folder, self._origin)

    def _ask_account(self) -> Chosen:
        self._dialogue.heading("2 of 8  Which account?")
        return ask_account(self._dialogue, self._given, self._connect, self._old.get("hostname"))

    def _ask_rest(self, source: SourceFile, chosen: Chosen) -> tuple[SourceFile, Answers]:
        """Ask what the account is needed for; returns the file as it is to be read, too."""
        account, dialogue = chosen.account, self._dialogue
        dialogue.heading("3 of 8  Which list shall they join?")
        chosen_list = ask_list(dialogue, self._given, account, self._old.get("list_id"))
        fields, tags = account.custom_fields(), [tag.name for tag in account.tags()]
        while True:
            try:
                question, words = self._ask_mapping(source, fields, tags)
                break
            except MisreadFileError:
                source = self._source = ask_form(dialogue, source)
        region = self._ask_region(question, source)
        dialogue.heading("5 of 8  What shall happen in ActiveCampaign?")
        choices = ask_choices(dialogue, self._given, tags, self._old)
        return source, Answers(
            hostname=chosen.hostname,
            api_key=chosen.api_key,
            list_id=chosen_list.id,
            list_name=chosen_list.name,
            field_mapping=question.draft.as_setting(fields),
            subscription_words=words,
            phone_region=region,
            choices=choices,
        )

    def _ask_mapping(
        self, source: SourceFile, fields: Sequence[CustomField], tags: Sequence[str]
    ) -> tuple[MappingQuestion, dict[str, list[str]] | None]:
        """Ask what goes where; returns the words of the column of consent too, where they are unusual."""
        with told_while(self._dialogue, f"Looking at all rows of {source.name}"):
            columns = look_at(source.headers, (record for _, record in source.rows()))
        rows = counted(source.count_rows(), "row")
        self._dialogue.heading(f"4 of 8  What goes where?   (looked at all {rows})")
        question = MappingQuestion(self._dialogue, columns, fields, tags, source.key)
        self._take_earlier_answers(question)
        given = dict(self._given.mapping).get(SUBSCRIPTION)
        column = question.draft.column_of(SUBSCRIPTION)
        known = self._known_words(column)
        empty = self._given.empty_consent
        wishes = ask_wishes(self._dialogue, columns, column if given is None else given, known, empty)
        if wishes is not None:
            question.put(Place(SUBSCRIPTION), wishes.column, "you")
        question.ask()
        chosen = question.draft.column_of(SUBSCRIPTION)
        if chosen != (None if wishes is None else wishes.column):
            # Changed in the table: a yes in the column chosen there may be a no.
            known = known if chosen == column else {}
            wishes = ask_wishes(self._dialogue, columns, chosen or "", known, empty)
        require_no_refusals(self._dialogue, columns, source.rows, wishes, is_told=given is not None)
        return question, None if wishes is None else wishes.as_setting()

    def _take_earlier_answers(self, question: MappingQuestion) -> None:
        """Put columns where the configuration before and `--map` have them."""
        old = self._old.get("field_mapping")
        if isinstance(old, dict):
            question.take_setting(old)
        try:
            question.take_options(self._given.mapping)
        except AnswerError as error:
            raise click.UsageError(f"--map: {error}") from None

    def _known_words(self, column: str | None) -> dict[str, bool]:
        """Return what the words of a column mean by the configuration before."""
        old, words = self._old.get("field_mapping"), self._old.get("subscription_words")
        if not isinstance(old, dict) or old.get(SUBSCRIPTION) != column or not isinstance(words, dict):
            return {}
        halves = {half: words[half] for half in ("true", "false") if isinstance(words.get(half), list)}
        return {folded(str(word)): half == "true" for half, some in halves.items() for word in some}

    def _ask_region(self, question: MappingQuestion, source: SourceFile) -> str | None:
        column = question.draft.column_of("phone")
        if column is None:
            return read_given_region(self._dialogue, self._given.phone_region)
        cells = (str(record.get(column) or "").strip() for _, record in source.rows())
        return ask_region(
            self._dialogue, filter(None, cells), self._given.phone_region, self._old.get("phone_region")
        )

    def _preview(
        self, config: dict[str, t.Any], key: str, source: SourceFile, contract: Contract | None
    ) -> None:
        dialogue = self._dialogue
        dialogue.heading("6 of 8  A look at three of them, as they would be sent")
        previewed = self._engine.preview({**config, "api_key": key}, source)
        for line in previewed.lines:
            dialogue.show(f"  {line}".rstrip())
        report = self.outcome.preview = previewed.report
        for sentence in (
            sum_line(report),
            left_out_line(report),
            room_line(report, contract),
            plan_line(report),
        ):
            if sentence is not None:
                dialogue.say(sentence, indent=2)

    def _ask_consent(self, answers: Answers) -> None:
        dialogue = self._dialogue
        dialogue.heading("7 of 8  Consent")
        people = counted(people_to_send(self.outcome.preview), "person", "people")
        if answers.hostname == SANDBOX:
            dialogue.say("The sandbox is on this computer: no personal data leaves it.", indent=2)
        else:
            dialogue.say(
                f"Personal data of {people} will leave this computer for ActiveCampaign "
                f"({shown_text(answers.hostname)}).",
                indent=2,
            )
        dialogue.say("You answer for that.", indent=2)

        def read(answer: str) -> None:
            if answer.strip("\"'.").casefold() != CONSENT.casefold():
                raise AnswerError("Type the two words: I agree")

        dialogue.ask(
            Question(f'Type "{CONSENT}"', "--consent"), read, CONSENT if self._given.consent else None
        )

    def _write(self, config: dict[str, t.Any], answers: Answers) -> None:
        folder, show = self._folder, self._dialogue.show
        names = (*IGNORED, ".sandbox/") if answers.hostname == SANDBOX else IGNORED
        has_key_elsewhere = self._given.key_place == "the environment"
        # The key never stands where git sees it, and settings only where what they need is there.
        make_reports_folder(folder)
        self._note(IGNORE_FILE, is_written=bool(write_ignored(folder, names)))
        if not has_key_elsewhere:
            write_key(folder, answers.api_key)
            self._note(VARIABLES_FILE)
        write_config(folder, config, self._before.config)
        self._note(CONFIG_FILE)
        show()
        show(f"  wrote  {CONFIG_FILE}    settings, no secret            (mode 600)")
        if has_key_elsewhere:
            self._dialogue.say("The key stays in the environment (TARGET_ACTIVECAMPAIGN_API_KEY).", indent=2)
        else:
            show(f"  wrote  {VARIABLES_FILE}           TARGET_ACTIVECAMPAIGN_API_KEY  (mode 600)")
        if IGNORE_FILE in self.outcome.files:
            show(f"  wrote  {IGNORE_FILE}     {', '.join(names)}")
        self.outcome.config = config
        self._dialogue.say("The ledger (ledger.db) and reports (reports/) come with the first run.", indent=2)

    def _note(self, name: str, *, is_written: bool = True) -> None:
        """Note a file that was written, in the order in which people read them."""
        if is_written:
            self.outcome.files.insert(0, name)

    def _shown_path(self, source: SourceFile) -> str:
        """Return the file's name as a command in the folder takes it."""
        path, folder = source.path.resolve(), self._folder.resolve()
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


_ASKED = frozenset(
    {
        "hostname",
        "list_id",
        "field_mapping",
        "subscription_words",
        "tags",
        "phone_region",
        "exclude_automations",
        "on_null",
    }
)
