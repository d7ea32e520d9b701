"""Owns the command `sandbox`, which runs the emulator until a signal stops it."""

from __future__ import annotations

import ipaddress
import json
import signal
import sys
import threading
import typing as t
from pathlib import Path

import click

from target_activecampaign.sandbox import LOOPBACK, ExtraMissingError, import_server
from target_activecampaign.sandbox.emulator import Options
from target_activecampaign.sandbox.rate_limits import NO_LIMITS, LimitFigures
from target_activecampaign.sandbox.state.seed import SeedInvalidError
from target_activecampaign.sandbox.state.storage import DatabaseUnusableError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_PORT = 8025
IN_MEMORY = Path(":memory:")
_SWITCH_SECONDS = 0.0005
"""Time after which the thread of the accounts' work yields to the thread that takes requests."""
LEFT_DATABASE = Path(".sandbox", "account.db")
"""File, in the working folder, in which a loader that runs the emulator itself leaves the account."""


_HELP = """Run an emulated ActiveCampaign on this machine.

\b
target-activecampaign sandbox
target-activecampaign sandbox --port 0 --database a.db --contact-limit 500

Point a client at the URL that is printed, with `sandbox` as its key. Ends on Ctrl-C or SIGTERM.
"""


@click.command("sandbox", help=_HELP)
@click.option("--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True)
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="Answer to this host name too. Repeatable.")
@click.option(
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    help=(
        f"Keep the account in this SQLite file. Default: {LEFT_DATABASE} where an earlier run has left it, "
        f"else {IN_MEMORY}, in memory."
    ),
)
@click.option(
    "--key", "keys", multiple=True, default=("sandbox",), show_default=True, help="Own account each."
)
@click.option(
    "--seed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What new accounts hold: JSON in the shape of a snapshot.",
)
@click.option("--contact-limit", type=click.IntRange(0), help="Contacts that the account may have.")
@click.option(
    "--speed", type=float, default=1.0, show_default=True, help="Seconds that pass in one real second."
)
@click.option("--no-limits", is_flag=True, help="Do not limit requests.")
@click.option(
    "--progress",
    default="seconds=1",
    show_default=True,
    help="When imports end: at-once, looks=N, seconds=T or never.",
)
@click.option("--switch", "switches", multiple=True, metavar="NAME=VALUE", help="A reading. Repeatable.")
@click.option("--fault", "faults", multiple=True, metavar="FAULT", help="'WHERE WHAT WHEN'. Repeatable.")
def command(**options: t.Any) -> None:  # noqa: ANN401 - click's own values, each checked by click
    """Run the emulator until a signal stops it."""
    try:
        server = import_server()
    except ExtraMissingError as error:
        raise click.ClickException(str(error)) from error
    sys.setswitchinterval(_SWITCH_SECONDS)
    stop = _stop_on_signal()
    host = options.pop("host")
    names = frozenset(options.pop("allow_host"))
    options["database"] = _choose_database(options["database"], has_seed=options["seed"] is not None)
    port = options.pop("port")
    try:
        running = server.RunningSandbox(_read_options(options), host=host, port=port, names=names)
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    except (ValueError, DatabaseUnusableError, SeedInvalidError) as error:
        raise click.ClickException(str(error)) from error
    try:
        _announce(running.url, host, options["database"], options["faults"])
        stop.wait()
    finally:
        running.close()


def _choose_database(wanted: Path | None, *, has_seed: bool) -> Path | None:
    """Return the file to serve, `None` for memory; a seed is for a new account."""
    if wanted is None:
        return LEFT_DATABASE if LEFT_DATABASE.is_file() and not has_seed else None
    return None if wanted == IN_MEMORY else wanted


def _read_options(options: dict[str, t.Any]) -> Options:
    figures = NO_LIMITS if options.pop("no_limits") else LimitFigures()
    options["seed"] = _read_seed(options["seed"])
    options["switches"] = _read_switches(options["switches"])
    return Options(**options, limits=figures)


def _read_seed(path: Path | None) -> Mapping[str, t.Any] | None:
    if path is None:
        return None
    try:
        seed = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.ClickException(f"{path} is not JSON: {error}") from error
    if not isinstance(seed, dict):
        raise click.ClickException(f"{path} holds no JSON object")
    return seed


def _read_switches(texts: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, _, value in (text.partition("=") for text in texts)}


def _announce(url: str, host: str, database: Path | None, faults: tuple[str, ...]) -> None:
    click.echo(f"ActiveCampaign sandbox on {url} (Ctrl-C to stop)")
    click.echo("Open this address in a browser to watch what arrives.")
    click.echo(f"The account is kept in {database}." if database else "The account is kept in memory.")
    if not _is_loopback(host):
        click.echo(
            f"Warning: it listens on {host}, so that other machines can read and change it; "
            "there is no password. It answers to the names given as --allow-host.",
            err=True,
        )
    for fault in faults:
        click.echo(f"Fault: {fault}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
