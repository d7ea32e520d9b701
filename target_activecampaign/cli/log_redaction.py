"""Owns log redaction: our own messages are logged, and no text of a library that could quote a record.

It changes the process's loggers, warnings and last-resort hooks, for the command alone: inside another
program they are not ours to change. Must not know records, settings or messages.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import typing as t
import warnings

if t.TYPE_CHECKING:
    from types import TracebackType

OWN_LOGGERS = ("target-activecampaign", "target_activecampaign", "singer_sdk.metrics", "py.warnings")
"""Loggers that may write to the log, with their children."""

_logger = logging.getLogger("target-activecampaign")


def redact_logs() -> None:
    """Silence every other logger, whatever the level or a logging configuration says.

    Libraries log requests, with addresses in their URLs, and the SDK's stream maps log values of records.
    """
    for name in OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logger.getEffectiveLevel())
    logging.root.setLevel(logging.CRITICAL)
    for name, known in list(logging.root.manager.loggerDict.items()):
        if isinstance(known, logging.Logger) and not _is_ours(name):
            known.setLevel(logging.CRITICAL)
    # A handler that fails would print what it was to write.
    logging.raiseExceptions = False
    warnings.showwarning = _show_warning
    threading.excepthook = lambda hook: log_fault(hook.exc_type, hook.exc_traceback)
    sys.unraisablehook = lambda hook: log_fault(hook.exc_type, hook.exc_traceback)


def log_fault(kind: type[BaseException], trace: TracebackType | None) -> None:
    """Log the place where the program itself failed, without the error's text: it may quote a record."""
    frames = traceback.extract_tb(trace)
    places = "".join(f"\n  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
    _logger.error("stopped by a fault of the program itself (%s), please report it:%s", kind.__name__, places)


def _is_ours(name: str) -> bool:
    return any(name == own or name.startswith(f"{own}.") for own in OWN_LOGGERS)


def _show_warning(  # noqa: PLR0913, PLR0917 - the signature of `warnings.showwarning`
    message: Warning | str,  # noqa: ARG001 - never shown
    category: type[Warning],
    filename: str,
    lineno: int,
    file: t.TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    text = "%s at %s:%d (its text is not shown, since it may quote a record)"
    logging.getLogger("py.warnings").warning(text, category.__name__, filename, lineno)
