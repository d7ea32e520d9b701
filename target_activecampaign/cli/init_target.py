"""Owns how a setup reaches the account and the target: both in this process, as the settings say."""

from __future__ import annotations

import contextlib
import logging
import typing as t

from target_activecampaign.api.client import Bounds, Client
from target_activecampaign.api.rate_limiter import RateLimiter
from target_activecampaign.cli.preview_mask import Mask
from target_activecampaign.cli.preview_text import record_lines
from target_activecampaign.cli.terminal import hides_people, width
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.connection import parse_connection
from target_activecampaign.config.secret import Secret
from target_activecampaign.preview.session import preview_rows
from target_activecampaign.preview.shown import Choice
from target_activecampaign.run.embedded_sandbox import serve_sandbox
from target_activecampaign.run.signals import handlers_restored
from target_activecampaign.setup.engine import Previewed

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from target_activecampaign.source_files import SourceFile

_NO_KEY = Secret("none")
_TRIES, _SECONDS = 3, 60.0  # of one request: a person waits for the answer


class Connections:
    """Opens accounts, and closes them at the end."""

    def __init__(self) -> None:
        """Open none yet."""
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Connections:  # noqa: PYI034 - it has no subclasses
        """Take part in a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what was opened."""
        self._stack.close()

    def __call__(self, hostname: str, api_key: Secret) -> Client:
        """Return a client; the sandbox's works on a copy, so that nothing is written."""
        return _open_client(self._stack, hostname, api_key, is_dry_run=True)

    def probe(self, hostname: str) -> None:
        """Ask a host without a key, once; see `setup.account.Connect`."""
        with contextlib.ExitStack() as stack:
            _open_client(stack, hostname, _NO_KEY, is_dry_run=True, tries=1).check_key()

    @contextlib.contextmanager
    def reopen(self, hostname: str, api_key: Secret) -> Iterator[Client]:
        """Yield a client of the account as it is now."""
        with contextlib.ExitStack() as stack:
            yield _open_client(stack, hostname, api_key, is_dry_run=False)


def _open_client(
    stack: contextlib.ExitStack,
    hostname: str,
    api_key: Secret,
    *,
    is_dry_run: bool,
    tries: int = _TRIES,
) -> Client:

    connection = parse_connection({"hostname": hostname, "api_key": api_key.reveal()})
    limiter = RateLimiter(connection.requests_per_second, connection.imports_per_minute, SystemClock())
    base_url = connection.base_url or stack.enter_context(serve_sandbox(is_dry_run=is_dry_run))
    return Client(
        base_url,
        connection.api_key,
        limiter,
        connection.request_timeout_seconds,
        bounds=Bounds(tries, _SECONDS, is_quiet=True),
    )


class ProcessTarget:
    """The target, in this process."""

    def __init__(self, target_class: t.Any) -> None:  # noqa: ANN401 - it imports this folder
        """Take its class."""
        self._class = target_class

    def preview(self, config: dict[str, t.Any], source: SourceFile) -> Previewed:
        """Return what sending a file would do; nothing is sent or written."""
        with handlers_restored():
            found = preview_rows(
                lambda settings: self._class.for_file(settings, source, trusts_keys=False),
                config,
                t.cast("t.IO[bytes]", source.messages()),
                Choice(),
            )
        mask = Mask(hides=hides_people(mask=False, show=False))
        return Previewed(record_lines(found, mask, width(), is_file=True), found.report)

    def send(
        self, config: dict[str, t.Any], source: SourceFile, *, is_trial: bool
    ) -> tuple[int, dict[str, t.Any]]:
        """Send a file; returns the exit code and the report.

        Args:
            config: With the key.
            source: The file.
            is_trial: Whether the caller says what came of it, so that the run says nothing.
        """
        if source.is_part and config.get("membership") == "mirror":
            config = {**config, "membership": "add"}
        with handlers_restored(), _log_up_to(logging.CRITICAL if is_trial else logging.NOTSET):
            found: tuple[int, dict[str, t.Any]] = self._class.send_file(
                config, source, trusts_keys=False, shows_progress=not is_trial, is_trial=is_trial
            )
        return found


@contextlib.contextmanager
def quiet_log() -> Iterator[None]:
    """Leave out of the log what a setup says itself; what failed stays."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _log_up_to(level: int) -> Iterator[None]:
    """Leave out of the log what is up to a level: all of a trial, whose caller says it, nothing of a run."""
    before = logging.root.manager.disable
    logging.disable(level)
    try:
        yield
    finally:
        logging.disable(before)
