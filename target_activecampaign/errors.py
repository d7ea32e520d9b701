"""Owns the errors that stop a run, each named by what its reader should do next.

None is about a single record: a record that can't be delivered is a value (`contacts.contact.Rejection`),
never an exception. Messages hold coordinates (setting, stream, line, import), never the content of a record
and never the key.
"""

from __future__ import annotations

import re
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Self


def with_nothing_sent(messages: Sequence[str]) -> list[str]:
    """Return messages; the last one says as well what they mean for the run."""
    *others, last = messages
    if last.endswith("Nothing was sent"):
        return [*others, f"{last}."]
    return [*others, f"{last}{'' if last.endswith(('.', '?')) else '.'} Nothing was sent."]


class TargetError(Exception):
    """Ends the run with `exit_code` and one message for a person, without a traceback."""

    exit_code = 1


class Problem(str):
    """What is wrong with a setting, as one text for a person, and in its parts.

    Attributes:
        setting: Its name, with dots; empty where the text names none.
        message: What is wrong.
        fix: What to do; may be empty.
        nearest: What may have been meant.
    """

    __slots__ = ("fix", "message", "nearest", "setting")

    setting: str
    message: str
    fix: str
    nearest: tuple[str, ...]

    def __new__(cls, setting: str, message: str, fix: str = "", nearest: Iterable[str] = ()) -> Self:
        """Make the text of its parts: a fix that begins with a capital is a sentence of its own."""
        mark = "" if not fix else ". " if fix[0].isupper() else "; "
        problem = super().__new__(
            cls, f"{setting}: {message}{mark}{fix}" if setting else f"{message}{mark}{fix}"
        )
        problem.setting, problem.message, problem.fix = setting, message, fix
        problem.nearest = tuple(nearest)
        return problem

    @classmethod
    def of_text(cls, text: str, nearest: Iterable[str] = ()) -> Self:
        """Read the parts from a text of the usual form: `setting: what is wrong; what to do`."""
        setting, colon, rest = text.partition(": ")
        if not colon or not _NAME.fullmatch(setting):
            setting, rest = "", text
        message, _, fix = rest.partition("; ")
        return cls(setting, message, fix, nearest)


_NAME = re.compile(r"\S+|\S*\(a name of \d+ characters\)\S*")


class SettingsError(TargetError):
    """The configuration can't be used: change the settings that are named.

    Attributes:
        problems: One sentence for each setting that is wrong.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        """Keep all problems, so that a user mends them in one go."""
        self.problems = tuple(one if isinstance(one, Problem) else Problem.of_text(one) for one in problems)
        super().__init__("; ".join(self.problems))


class NoLedgerError(SettingsError):
    """There is no ledger where one has to be: run first, or look at `ledger_url`."""


class InputError(TargetError):
    """The input is not what a Singer tap writes: look at the tap and at the line that is named."""


class SourceFileError(TargetError):
    """A file of people can't be read: mend or save it anew as the message says."""


class SourceEncodingError(SourceFileError):
    """A file of people is no text in the encoding that it was read in: name the one that it has."""


class ServiceError(TargetError):
    """ActiveCampaign can't be reached or refuses: look at the account, the key or the network.

    Attributes:
        cause: The same in a few words, without what to do.
        matter: Whose matter it is, one of the causes in `api.responses`, or `limit`; empty where
            that is not known.
        fix: What to do; may be empty.
    """

    def __init__(self, message: str, cause: str = "", *, matter: str = "", fix: str = "") -> None:
        """Keep the cause for those who go on without the answer."""
        super().__init__(message)
        self.cause = cause or message
        self.matter = matter
        self.fix = fix


class NotPermittedError(ServiceError):
    """ActiveCampaign refuses the key, for everything or for one request: look at the key or its rights."""


class UnconfirmedImportError(TargetError):
    """An import did not come to an end: run again, its contacts are not covered by any STATE."""


class OutputError(TargetError):
    """A file of the run (rejects, report) can't be written: make room, or choose another path."""


class LedgerError(TargetError):
    """The ledger can't be read or written: look at its disk or server, and run again."""


class LimitReachedError(TargetError):
    """`profile_limit` or the contract held contacts back: raise it, or set `on_limit` to `stop`."""

    exit_code = 3


class TooManyRejectedError(TargetError):
    """More records were rejected than `max_rejected_percent` allows: look at the rejects file."""

    exit_code = 4


class MirrorStoppedError(TargetError):
    """The mirror took nobody off a list: look at the reason, then at the tap or at the settings."""

    exit_code = 5


class InterruptedRunError(TargetError):
    """A signal asked the run to end: run again, it continues after the last STATE.

    Attributes:
        exit_code: 128 + number of the signal, as shells count (129 for SIGHUP, 130 for SIGINT, 143 for
            SIGTERM).
    """

    def __init__(self, signal_number: int) -> None:
        """Keep the signal's number and derive the exit code from it."""
        super().__init__("the run was asked to stop")
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number
