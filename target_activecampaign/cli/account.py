"""Owns the commands that show an account, to write settings by: `lists`, `fields` and `tags`."""

from __future__ import annotations

import contextlib
import json
import typing as t

import click

from target_activecampaign.cli.access import command_here, configuration, errors_shown
from target_activecampaign.cli.columns import write_columns
from target_activecampaign.cli.log_redaction import redact_logs
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.connection import parse_connection
from target_activecampaign.config.names import folded_name

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from target_activecampaign.api.client import Client
    from target_activecampaign.contacts.custom_fields import CustomField

_FEW_OPTIONS = 5


class Table(t.NamedTuple):
    """What a command shows.

    Attributes:
        header: Names of the columns, and keys of the JSON document.
        rows: A value for each.
        next_step: How to use it, for standard error.
    """

    header: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    next_step: str


def make_command(name: str, config_option: click.Parameter) -> click.Command:
    """Make one of the commands.

    Args:
        name: `lists`, `fields` or `tags`.
        config_option: The target's own `--config`.
    """
    read, options, help_text = _COMMANDS[name]

    def show(*, as_json: bool, **given: t.Any) -> None:  # noqa: ANN401 - as click hands them over
        _show(name, lambda client: read(client, **given), as_json=as_json)

    return click.Command(
        name,
        callback=lambda config, **given: show(**given),  # noqa: ARG005 - `configuration` reads it
        params=[
            click.Option(["--find"], default="", help="Only those whose name holds this text."),
            *options,
            click.Option(["--json", "as_json"], is_flag=True, help="Write one JSON document."),
            config_option,
        ],
        help=help_text,
    )


def _show(name: str, read: Callable[[Client], Table], *, as_json: bool) -> None:
    redact_logs()
    with errors_shown(as_json=as_json):
        config = configuration()
        with _connected(config) as client:
            table = read(client)
    if as_json:
        rows = [dict(zip(table.header, row, strict=True)) for row in table.rows]
        click.echo(json.dumps({"ok": True, name: rows}))
        return
    write_columns(table.header, table.rows, numbers=frozenset({"id", "active", "contacts"}))
    said = table.next_step if table.rows else f"There are no {name} of that kind."
    click.echo(f"{said}\nThen: {command_here('check')}", err=True)


@contextlib.contextmanager
def _connected(config: dict[str, t.Any]) -> Iterator[Client]:
    """Yield a client of the account, whose key was checked.

    Raises:
        SettingsError: If the connection's settings are wrong.
        ServiceError: If the account can't be reached or refuses the key.
    """
    from target_activecampaign.api.client import Client  # noqa: PLC0415 - 0.2 s, not for `--help`
    from target_activecampaign.api.rate_limiter import RateLimiter  # noqa: PLC0415 - likewise
    from target_activecampaign.run.embedded_sandbox import serve_sandbox  # noqa: PLC0415 - likewise

    connection = parse_connection(config)
    limiter = RateLimiter(connection.requests_per_second, connection.imports_per_minute, SystemClock())
    with contextlib.ExitStack() as stack:
        base_url = connection.base_url or stack.enter_context(serve_sandbox(is_dry_run=False))
        client = Client(base_url, connection.api_key, limiter, connection.request_timeout_seconds)
        client.check_key()
        yield client


def _lists(client: Client, find: str) -> Table:
    found = [one for one in client.lists() if _matches(find, one.name)]
    rows = [(one.id, one.name, client.subscriber_count(one.id), one.channel or None) for one in found]
    return Table(("id", "name", "active", "kind"), rows, 'In the configuration: "list_id": <id>')


def _fields(client: Client, find: str, every_option: bool) -> Table:  # noqa: FBT001 - as click hands it over
    found = [field for field in client.custom_fields() if _matches(find, field.title, field.tag)]
    rows = [
        (field.id, field.tag, field.title, field.type, _options(field, every_option=every_option))
        for field in found
    ]
    title = json.dumps(found[0].title, ensure_ascii=False) if found else ""
    next_step = f'In the field_mapping: "custom_fields": {{{title}: "<your column>"}}'
    return Table(("id", "tag", "title", "type", "options"), rows, next_step)


def _options(field: CustomField, *, every_option: bool) -> str | None:
    """Return the options, each with its label where that differs; `None` where the account tells none."""
    if field.options is None:
        return None
    words = [
        one.value if folded_name(one.value) == folded_name(one.label) else f"{one.value} = {one.label}"
        for one in field.options
    ]
    shown = words if every_option else words[:_FEW_OPTIONS]
    more = f", +{len(words) - len(shown)}" if len(words) > len(shown) else ""
    return ", ".join(shown) + more


def _tags(client: Client, find: str, counts: bool) -> Table:  # noqa: FBT001 - as click hands it over
    found = [tag for tag in client.tags() if _matches(find, tag.name)]
    next_step = 'In the configuration: "tags": ["<tag>"]'
    if not counts:
        return Table(("tag",), [(tag.name,) for tag in found], next_step)
    rows = [(tag.name, client.tagged_contacts(tag.id)) for tag in found]
    return Table(("tag", "contacts"), rows, next_step)


def _matches(find: str, *names: str) -> bool:
    return any(folded_name(find) in folded_name(name) for name in names)


_COMMANDS: dict[str, tuple[Callable[..., Table], list[click.Option], str]] = {
    "lists": (
        _lists,
        [],
        """Show the lists of the account, and how many contacts are subscribed to each.

\b
target-activecampaign lists
target-activecampaign lists --find news --config config.json""",
    ),
    "fields": (
        _fields,
        [click.Option(["--options", "every_option"], is_flag=True, help="All options, not the first five.")],
        """Show the custom fields of the account, with their options.

\b
target-activecampaign fields
target-activecampaign fields --find language --options --config config.json""",
    ),
    "tags": (
        _tags,
        [click.Option(["--counts"], is_flag=True, help="Count the contacts of each: one request a tag.")],
        """Show the tags that contacts of the account may have.

\b
target-activecampaign tags
target-activecampaign tags --find shop --counts --config config.json""",
    ),
}
