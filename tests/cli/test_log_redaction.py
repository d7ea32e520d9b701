"""After redaction our own loggers write, and no text of a library, a warning or an unforeseen error does."""

from __future__ import annotations

import logging
import sys
import threading
import typing as t
import warnings

import pytest

from target_activecampaign.cli.log_redaction import OWN_LOGGERS, redact_logs

SECRET = "ada@example.com"


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    """Redaction is for a process; this one goes on."""
    known = dict(logging.root.manager.loggerDict)
    levels = {one: one.level for one in (logging.root, *known.values()) if isinstance(one, logging.Logger)}
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    yield
    for name in (*OWN_LOGGERS, *known):
        logger = logging.getLogger(name)
        logger.setLevel(levels.get(logger, logging.NOTSET))
    logging.root.setLevel(levels[logging.root])


def test_libraries_are_silent_at_every_level_and_our_loggers_keep_theirs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    library, ours = logging.getLogger("urllib3.connectionpool"), logging.getLogger("target_activecampaign.x")
    library.setLevel(logging.DEBUG)
    logging.getLogger("target_activecampaign").setLevel(logging.INFO)
    redact_logs()
    library.error("GET /contacts?email=%s", SECRET)
    logging.getLogger("made.afterwards").error(SECRET)
    ours.info("kept")
    ours.debug("not kept")
    assert caplog.messages == ["kept"]


def test_a_warning_shows_its_kind_and_place_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    redact_logs()
    warnings.showwarning(SECRET, UserWarning, "somewhere.py", 7)
    assert caplog.messages == [
        "UserWarning at somewhere.py:7 (its text is not shown, since it may quote a record)"
    ]


def test_an_error_in_a_thread_shows_its_kind_and_place_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> t.NoReturn:
        raise ValueError(SECRET)

    redact_logs()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "a fault of the program itself (ValueError)" in caplog.text
    assert "test_log_redaction.py" in caplog.text
    assert SECRET not in caplog.text


def test_an_error_that_nobody_can_catch_is_shown_likewise(caplog: pytest.LogCaptureFixture) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError(SECRET)

    redact_logs()
    Failing()
    assert "a fault of the program itself (ValueError)" in caplog.text
    assert SECRET not in caplog.text
