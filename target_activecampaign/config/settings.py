"""Owns the meaning of the settings, and reads a configuration once into values that are known to be good.

It must not know the account, a schema or a record: the modules that know them check what depends on them.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import typing as t
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from target_activecampaign.config.attribute_hints import explain_attribute
from target_activecampaign.config.attributes import ATTRIBUTES
from target_activecampaign.config.distinct_files import NamedFile, find_shared
from target_activecampaign.config.environment import (
    PREFIX,
    PROGRESS_SECONDS,
    find_unknown_variables,
    progress_seconds,
    settings_from_environment,
)
from target_activecampaign.config.hostname import HostnameError, base_url_of
from target_activecampaign.config.names import folded_name, nearest_name
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA, SDK_KINDS
from target_activecampaign.config.secret import HIDDEN, Secret
from target_activecampaign.config.section import Section
from target_activecampaign.config.subscription_words import read_subscription_words
from target_activecampaign.config.webhooks import AlertFormat, format_by_host, read_webhook
from target_activecampaign.errors import Problem, SettingsError

if t.TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

SANDBOX = "sandbox"
"""The hostname that stands for the bundled emulator."""

START_OF_RUN = "{time}"
"""Stands in `report_path` for the time at which the run began."""

RUNS_FILE = "runs.jsonl"
"""Name of the file beside the report that remembers the runs, where no ledger does."""

_EVERY_STREAM = "*"
_NO_FOLDERS = ("/dev/", "/proc/")
_SQLITE = {"sqlite", "sqlite+pysqlite"}
_STANDARD_OUTPUT = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}
_NO_LIST = 0
_SHORTEST_TELLING_KEY = 16
"""A shorter text can't be a real key and may be a common word, like the emulator's `sandbox`."""

OnNull = t.Literal["keep", "clear"]
OnInvalidValue = t.Literal["leave_out", "reject"]
OnLimit = t.Literal["fail", "stop"]
Verify = t.Literal["none", "sample", "all"]
Membership = t.Literal["add", "mirror"]
OnDelete = t.Literal["ignore", "unsubscribe"]
OnRateLimitLoss = t.Literal["slow", "stop"]


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Which property of a record each part of a contact is taken from.

    Attributes:
        attributes: Name of an attribute (`first_name`, ...) to property, those that are mapped.
        custom_fields: Custom field as the user wrote it (id, personalization tag or title) to property.
    """

    email: str
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tags: str | None = None
    custom_fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    subscription: str | None = None


@dataclass(frozen=True, slots=True)
class StreamExport:
    """Where a stream is exported to, and how.

    Attributes:
        list_id: The list that its contacts are subscribed to; unknown as long as it has but a name.
        field_mapping: None stands for the default mapping, which the stream's schema decides.
        tags: Given to every contact.
        list_name: The name that the list goes by in the settings; None where its number is known.
    """

    list_id: int
    field_mapping: FieldMapping | None
    tags: tuple[str, ...]
    list_name: str | None = None

    def on_list(self, numbers: Mapping[str, int]) -> StreamExport:
        """Return it with the number of its list, whose name has one of these."""
        if self.list_name is None:
            return self
        return replace(self, list_id=numbers[self.list_name], list_name=None)


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration of a run.

    Attributes:
        base_url: Scheme, host and port, like `https://acme.api-us1.com`; "" for the bundled emulator.
        source_timezone: Where times without offset belong; `None` for UTC, and for days in their own offset.
        subscription_words: Word, with its letter case folded, to whether it subscribes.
        rejects_path: None when rejected records are only counted.
        chooses_automations: Whether `exclude_automations` is set at all.
        outcomes_path: None when the outcomes of records are only counted.
        report_path: As it is written, with `{time}`; None when no report is written.
        rate_limit_url: None when the limits are not shared, or by the ledger.
        alert_url: None when nobody is alerted.
        heartbeat_url: None when no monitor waits for the run.
        ledger_url: None when there is no ledger.
        exports: Name or glob of streams to export, in the user's order. An exact name counts first, then the
            first glob that matches.
        sdk: What the SDK reads by itself, nulls left out.
        shown: What was set, without secrets and without expressions, which may name people: for reports.
        progress_seconds: Between two lines of progress in the log; 0 for none.
    """

    display_name: str
    base_url: str
    is_sandbox: bool
    api_key: Secret
    exports: tuple[tuple[str, StreamExport], ...]
    subscription_words: Mapping[str, bool]
    on_null: OnNull
    on_invalid_value: OnInvalidValue
    exclude_automations: bool
    chooses_automations: bool
    phone_region: str | None
    source_timezone: dt.tzinfo | None
    profile_limit: int
    account_limit_guard: bool
    on_limit: OnLimit
    batch_size_rows: int
    requests_per_second: int
    imports_per_minute: int
    rate_limit_url: Secret | None
    on_rate_limit_loss: OnRateLimitLoss
    import_timeout_seconds: int
    request_timeout_seconds: int
    shutdown_grace_seconds: int
    verify: Verify
    max_rejected_percent: int
    rejects_path: Path | None
    outcomes_path: Path | None
    report_path: Path | None
    alert_url: Secret | None
    alert_format: AlertFormat
    heartbeat_url: Secret | None
    dry_run: bool
    ledger_url: Secret | None
    ledger_max_age_days: int
    membership: Membership
    max_removal_percent: int
    on_delete: OnDelete
    sdk: Mapping[str, t.Any] = field(repr=False)
    shown: Mapping[str, t.Any] = field(
        repr=False, compare=False, default_factory=lambda: MappingProxyType({})
    )
    progress_seconds: int = 30

    def export_for(self, stream_name: str) -> StreamExport | None:
        """Return how a stream is exported, or None if it is not."""
        entry = self.entry_for(stream_name)
        return None if entry is None else dict(self.exports)[entry]

    def entry_for(self, stream_name: str) -> str | None:
        """Return the name or glob of `exports` that counts for a stream, or None."""
        names = [name for name, _ in self.exports]
        if stream_name in names:
            return stream_name
        return next((name for name in names if fnmatch.fnmatchcase(stream_name, name)), None)

    @property
    def account(self) -> str:
        """Return the account's host, with a port that is not the scheme's own; `sandbox` for the emulator."""
        return urlsplit(self.base_url).netloc or SANDBOX

    @property
    def shared_limits(self) -> tuple[str, Secret] | None:
        """Return which setting names the server by which runs share limits, and its URL; or None."""
        if self.is_sandbox:
            return None  # of this process alone
        if self.rate_limit_url is not None:
            return "rate_limit_url", self.rate_limit_url
        if self.ledger_url is not None and self.ledger_url.reveal().startswith("postgres"):
            return "ledger_url", self.ledger_url
        return None

    @property
    def is_mirror(self) -> bool:
        """Tell whether contacts that the streams no longer hold are taken off the list."""
        return self.membership == "mirror"

    @property
    def takes_opt_outs(self) -> bool:
        """Tell whether a stream may say of people that they do not want the list."""
        mappings = (export.field_mapping for _, export in self.exports)
        return any(mapping is not None and mapping.subscription is not None for mapping in mappings)

    def output_files(self) -> list[NamedFile]:
        """Return the files of people that the run writes."""
        named = (
            ("report_path", self.report_path),
            ("rejects_path", self.rejects_path),
            ("outcomes_path", self.outcomes_path),
        )
        return [NamedFile(name, path) for name, path in named if path is not None]

    @property
    def runs_file(self) -> Path | None:
        """The file that remembers the runs, beside the report; None where the ledger does, or nothing."""
        path = self.report_path
        if path is None or self.ledger_url is not None or str(path).startswith(_NO_FOLDERS):
            return None
        is_plain = os.path.isfile(path) or not os.path.exists(path)  # noqa: PTH110, PTH113 - for any length
        return path.parent / RUNS_FILE if is_plain else None

    def written_files(self) -> list[NamedFile]:
        """Return every file that the run writes, with those of a ledger on SQLite."""
        runs = self.runs_file
        files = (
            [] if runs is None else [NamedFile("report_path", Path(f"{runs}{end}")) for end in ("", ".lock")]
        )
        return [*self.output_files(), *files, *_files_of_ledger(self.ledger_url, self.list_ids())]

    def list_ids(self) -> tuple[int, ...]:
        """Return the lists that can be written to, each once, in ascending order, without `list_names`."""
        return tuple(sorted({export.list_id for _, export in self.exports if export.list_name is None}))

    def list_names(self) -> tuple[str, ...]:
        """Return the names of lists whose numbers only the account knows, in ascending order."""
        return tuple(sorted({export.list_name for _, export in self.exports if export.list_name is not None}))

    def with_lists(self, numbers: Mapping[str, int]) -> Settings:
        """Return the settings with the numbers of the lists that they name.

        Raises:
            SettingsError: If a file of the run is one of the ledger's for one of these lists.
        """
        if not numbers:
            return self
        exports = tuple((glob, export.on_list(numbers)) for glob, export in self.exports)
        settings = replace(self, exports=exports)
        if problems := _find_shared_files(settings):
            raise SettingsError(problems)
        return settings


def parse_settings(config: Mapping[str, t.Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Read a configuration.

    Args:
        config: As it comes from a JSON file, from Meltano or from `settings_from_environment`.
        environ: Environment variables, of which those are refused that look like settings and are none.

    Raises:
        SettingsError: With every problem; none holds the value of a setting.
    """
    settings, problems = read_settings(config, environ)
    if problems:
        raise SettingsError(problems)
    return settings


def read_settings(
    config: Mapping[str, t.Any], environ: Mapping[str, str] | None = None
) -> tuple[Settings, Sequence[Problem]]:
    """Read a configuration that may have problems, for those who go on with the rest of it.

    Args:
        config: As `parse_settings` takes it.
        environ: Likewise.

    Returns:
        The settings, in which each that is wrong has its default or is empty; and every problem.
    """
    problems: list[str] = [*find_unknown_variables(environ or {})]
    section = Section(config, CONFIG_JSONSCHEMA, problems)
    seconds = progress_seconds(environ or {})
    if seconds is None:
        problems.append(
            f"{PROGRESS_SECONDS}: must be a whole number of seconds from 0 to 86,400. Write 0 for no lines "
            "of progress, or unset it for one each 30 seconds"
        )
    settings = replace(_read_settings(section), progress_seconds=seconds or 0, shown=_without_secrets(config))
    _explain_unread(problems, config, environ or {})
    problems += _find_shared_files(settings)
    if settings_from_environment(environ or {}).get("dry_run") is True and not settings.dry_run:
        # The one setting whose loss does harm: who sets it wants nothing sent.
        problems.append(
            "dry_run: the environment sets it, and is not read; add --config ENV, or write it into the "
            "configuration"
        )
    _refuse_key_elsewhere(section, config, settings.api_key)
    # An error reads the parts of each.
    return settings, SettingsError(_without_key(problem, settings.api_key) for problem in problems).problems


def _without_secrets(config: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    properties = CONFIG_JSONSCHEMA["properties"]
    return MappingProxyType(
        {
            name: value
            for name, value in config.items()
            if value is not None
            and name in properties
            and name not in SDK_KINDS
            and not properties[name].get("secret")
        }
    )


def _explain_unread(problems: list[str], config: Mapping[str, t.Any], environ: Mapping[str, str]) -> None:
    """Say of settings that are missing that the environment holds them, and was not read."""
    missing = [name for name in ("hostname", "api_key", "data_privacy_consent") if config.get(name) is None]
    unread = [name for name in settings_from_environment(environ) if name in missing]
    for place, problem in enumerate(problems):
        if isinstance(problem, Problem) and problem.setting in unread:
            variable = f"{PREFIX}{problem.setting.upper()}"
            fix = f"{variable} is set but was not read: add --config ENV after --config config.json"
            problems[place] = Problem(problem.setting, "is missing", fix)


def _read_settings(section: Section) -> Settings:
    base_url = read_base_url(section)
    _require_consent(section)
    return Settings(
        base_url=base_url,
        is_sandbox=not base_url,
        display_name=section.text("display_name") or urlsplit(base_url).netloc or SANDBOX,
        api_key=read_api_key(section),
        exports=_read_exports(section),
        subscription_words=read_subscription_words(section),
        on_null=t.cast("OnNull", section.choice("on_null")),
        on_invalid_value=t.cast("OnInvalidValue", section.choice("on_invalid_value")),
        exclude_automations=section.boolean("exclude_automations"),
        chooses_automations=section.has("exclude_automations"),
        phone_region=_read_phone_region(section),
        source_timezone=_read_source_timezone(section),
        profile_limit=section.integer("profile_limit"),
        account_limit_guard=section.boolean("account_limit_guard"),
        on_limit=t.cast("OnLimit", section.choice("on_limit")),
        batch_size_rows=section.integer("batch_size_rows"),
        requests_per_second=section.integer("requests_per_second"),
        imports_per_minute=section.integer("imports_per_minute"),
        rate_limit_url=_read_rate_limit_url(section),
        on_rate_limit_loss=t.cast("OnRateLimitLoss", section.choice("on_rate_limit_loss")),
        import_timeout_seconds=section.integer("import_timeout"),
        request_timeout_seconds=section.integer("request_timeout"),
        shutdown_grace_seconds=section.integer("shutdown_grace"),
        verify=t.cast("Verify", section.choice("verify")),
        max_rejected_percent=section.integer("max_rejected_percent"),
        rejects_path=_read_path(section, "rejects_path"),
        outcomes_path=_read_path(section, "outcomes_path"),
        report_path=_read_path(section, "report_path"),
        alert_url=(alert_url := read_webhook(section, "alert_url")),
        alert_format=format_by_host(alert_url)
        if (form := section.optional_choice("alert_format")) is None
        else t.cast("AlertFormat", form),
        heartbeat_url=read_webhook(section, "heartbeat_url"),
        dry_run=section.boolean("dry_run"),
        ledger_url=_read_ledger_url(section),
        ledger_max_age_days=section.integer("ledger_max_age_days"),
        membership=_read_membership(section),
        max_removal_percent=section.integer("max_removal_percent"),
        on_delete=t.cast("OnDelete", section.choice("on_delete")),
        sdk=MappingProxyType({name: section.unread(name) for name in SDK_KINDS if section.has(name)}),
    )


def read_base_url(section: Section) -> str:
    """Return the account's URL, or "" for the embedded sandbox and after a problem."""
    hostname = section.required_text(
        "hostname",
        "write what Settings > Developer in ActiveCampaign shows, like acme.api-us1.com",
    )
    if not hostname or hostname.lower() == SANDBOX:
        return ""
    try:
        return base_url_of(hostname)
    except HostnameError as error:
        section.add_problem("hostname", str(error))
        return ""


def _require_consent(section: Section) -> None:
    name = "data_privacy_consent"
    if section.is_true(name):
        return
    found = "is false" if section.is_false(name) else "is no consent" if section.has(name) else "is missing"
    section.add_problem(
        name,
        f"{found}; set it to true, without quotes, if the data may leave for ActiveCampaign",
    )


def read_api_key(section: Section) -> Secret:
    """Return the key, which is empty or unusable after a problem."""
    key = section.required_text(
        "api_key",
        f"write the key from Settings > Developer in ActiveCampaign; the bundled emulator's is {SANDBOX}",
    )
    # It becomes a header's value: anything else would break the request or add a header to it.
    if key and not re.fullmatch(r"[\x21-\x7e]+", key):
        section.add_problem(
            "api_key", "has characters that no key has; copy it again from Settings > Developer"
        )
    return Secret(key)


def _read_phone_region(section: Section) -> str | None:
    text = section.text("phone_region")
    if text is None:
        return None
    import phonenumbers  # noqa: PLC0415 - 30 ms, needed only where a region is set

    region = text.upper()
    if region in phonenumbers.SUPPORTED_REGIONS:
        return region
    section.add_problem(
        "phone_region", "must be two letters of ISO 3166, like DE (GB for the United Kingdom)"
    )
    return None


def _read_source_timezone(section: Section) -> dt.tzinfo | None:
    """Return the zone; None for UTC, in which a time with an offset has the day of its own offset."""
    text = section.text("source_timezone")
    if text is None or text.upper() == "UTC":
        return None
    import zoneinfo  # noqa: PLC0415 - 40 ms with the look at all names, needed only where a zone is set

    known = zoneinfo.available_timezones()
    name = next((name for name in known if name.casefold() == text.casefold()), None)
    if name is not None:
        return zoneinfo.ZoneInfo(name)
    if not known:
        advice = "this machine has no time zones; install the Python package tzdata beside the loader"
    else:
        near = nearest_name(text, known)
        advice = f"is no IANA name, like Europe/Berlin{f'; the nearest is {near}' if near else ''}"
    section.add_problem("source_timezone", advice)
    return None


def _read_path(section: Section, name: str) -> Path | None:
    text = section.text(name)
    if text is None:
        return None
    if os.path.isdir(text):  # noqa: PTH112 - pathlib raises for a name that is too long
        section.add_problem(name, "is a folder; write the path of a file in it")
    elif os.path.exists(text) and not _can_be_written(os.stat(text).st_mode):  # noqa: PTH110, PTH116
        section.add_problem(name, "is no file, pipe or terminal; write the path of one")
    elif name in {"rejects_path", "outcomes_path"} and os.path.realpath(text) == os.devnull:
        section.add_problem(name, "keeps nothing, and STATE would pass over it; leave the setting out")
    elif START_OF_RUN in text and name != "report_path":
        section.add_problem(name, f"holds {START_OF_RUN}, which report_path alone knows; take it out")
    elif START_OF_RUN not in text and not os.path.isdir(os.path.dirname(text) or "."):  # noqa: PTH112, PTH120
        section.add_problem(
            name, "stands in a folder that does not exist; create the folder, or write another"
        )
    return Path(text)


def _can_be_written(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _read_ledger_url(section: Section) -> Secret | None:
    url = section.text("ledger_url")
    if url is not None and not re.match(r"[A-Za-z][A-Za-z0-9_+.-]*://", url):
        section.add_problem("ledger_url", "is no URL of a database; write it like sqlite:///ledger.db")
    return None if url is None else Secret(url)


def _read_rate_limit_url(section: Section) -> Secret | None:
    url = section.text("rate_limit_url")
    if url is not None and not re.match(r"(postgres(ql)?(\+psycopg)?|rediss?)://", url):
        section.add_problem(
            "rate_limit_url",
            "is no URL of PostgreSQL or Redis; write it like "
            "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE or redis://:PASSWORD@HOST:6379/0",
        )
    return None if url is None else Secret(url)


def _read_membership(section: Section) -> Membership:
    membership = t.cast("Membership", section.choice("membership"))
    if membership == "mirror" and not section.has("ledger_url"):
        section.add_problem(
            "membership",
            "mirror needs a ledger, which knows the contacts that earlier runs added; set ledger_url",
        )
    return membership


def _read_exports(section: Section) -> tuple[tuple[str, StreamExport], ...]:
    list_id, list_name = _read_list(section) or (_NO_LIST, None)
    above = StreamExport(
        list_id=list_id,
        field_mapping=_read_field_mapping(section),
        tags=section.texts("tags"),
        list_name=list_name,
    )
    if section.has("streams"):
        return _read_streams(section, above)
    if not section.has("list_id"):
        section.add_problem(
            "list_id", "is missing; write the number or the name of the list that contacts are subscribed to"
        )
    return ((_EVERY_STREAM, above),)


def _read_streams(section: Section, above: StreamExport) -> tuple[tuple[str, StreamExport], ...]:
    streams = section.section("streams")
    if streams is None:
        return ()
    if not streams.names:
        section.add_problem(
            "streams", "is empty, so nothing would be exported; leave it out to export every stream"
        )
    exports: dict[str, StreamExport] = {}
    for glob in streams.names:
        _refuse_useless_glob(streams, glob, exports)
        entry = streams.section(glob)
        if entry is not None:
            exports[glob] = _read_stream(entry, above, has_list_above=section.has("list_id"))
    return tuple(exports.items())


def _read_stream(entry: Section, above: StreamExport, *, has_list_above: bool) -> StreamExport:
    """Read one entry of `streams`; a setting in it replaces the one above, and nothing is merged."""
    if not entry.has("list_id") and not has_list_above:
        entry.add_problem(
            "list_id",
            "is missing; write the number or the name of the list here, or one for all streams above",
        )
    list_id, list_name = _read_list(entry) or (above.list_id, above.list_name)
    return StreamExport(
        list_id=list_id,
        field_mapping=_read_field_mapping(entry) if entry.has("field_mapping") else above.field_mapping,
        tags=entry.texts("tags") if entry.has("tags") else above.tags,
        list_name=list_name,
    )


def _read_list(section: Section) -> tuple[int, str | None] | None:
    """Return number and name of a list, one of which is not known; None if it is not set or wrong."""
    value = section.number_or_name("list_id")
    if isinstance(value, str):
        return _NO_LIST, value
    return None if value is None else (value, None)


def _refuse_useless_glob(streams: Section, glob: str, earlier: Mapping[str, StreamExport]) -> None:
    if not glob.strip():
        streams.add_problem(glob, "is empty; write the name of a stream, or a glob like vip_*")
    # A stream's exact name counts before any glob; `[` may stand in a name.
    if _EVERY_STREAM in earlier and set(glob) & set("*?"):
        streams.add_problem(glob, "is never reached, an entry before it matches as well; move it up or out")


def _read_field_mapping(section: Section) -> FieldMapping | None:
    mapping = section.section("field_mapping", explain_attribute) if section.has("field_mapping") else None
    if mapping is None:
        return None
    if not mapping.has("email"):
        mapping.add_problem("email", "is missing; write the property that holds the email")
    return FieldMapping(
        email=mapping.verbatim("email") or "",
        attributes=_read_verbatim(mapping, [attribute.name for attribute in ATTRIBUTES]),
        tags=mapping.verbatim("tags"),
        custom_fields=_read_custom_fields(mapping),
        subscription=mapping.verbatim("subscription"),
    )


def _read_custom_fields(mapping: Section) -> Mapping[str, str]:
    fields = mapping.section("custom_fields") if mapping.has("custom_fields") else None
    if fields is None:
        return MappingProxyType({})
    _refuse_one_field_twice(fields)
    return _read_verbatim(fields, fields.names)


def _read_verbatim(section: Section, names: Iterable[str]) -> Mapping[str, str]:
    """Read the texts of some settings, without those that are not set or wrong."""
    texts = {name: section.verbatim(name) for name in names}
    return MappingProxyType({name: text for name, text in texts.items() if text is not None})


def _refuse_one_field_twice(fields: Section) -> None:
    seen: set[str] = set()
    for name in fields.names:
        plain_name = folded_name(name.strip().strip("%"))
        if not plain_name:
            fields.add_problem(name, "is empty; write the id, personalization tag or title of a custom field")
        elif plain_name in seen:
            fields.add_problem(name, "names a custom field that stands here already; keep one of the two")
        seen.add(plain_name)


def _files_of_ledger(url: Secret | None, list_ids: Iterable[int]) -> list[NamedFile]:
    scheme, _, path = (url.reveal() if url else "").partition(":///")
    if scheme not in _SQLITE or not path:
        return []
    # The write-ahead log and its index lie beside the file itself, not beside a link to it.
    file = os.path.realpath(path)
    locks = [f".list-{list_id}.lock" for list_id in list_ids]
    endings = ("", "-wal", "-shm", "-journal", *locks)
    return [NamedFile("ledger_url", Path(file + ending)) for ending in endings]


def _find_shared_files(settings: Settings) -> list[str]:
    """Return the problems of files that are named twice, or that would mix with STATE."""
    problems = [
        f"{file.name}: is standard output, which holds STATE alone; write another"
        for file in settings.output_files()
        if str(file.place) in _STANDARD_OUTPUT
    ]
    return problems or find_shared(settings.written_files(), [NamedFile("standard output", 1)])


def _refuse_key_elsewhere(section: Section, config: Mapping[str, t.Any], api_key: Secret) -> None:
    """Keep the key out of settings that are shown in logs, reports and requests."""
    key = api_key.reveal()
    if len(key) < _SHORTEST_TELLING_KEY:
        return
    for name, value in config.items():
        if name != "api_key" and _mentions(value, key):
            section.add_problem(name, "holds the API key; take it out, it belongs in api_key alone")


def _mentions(value: object, text: str) -> bool:
    waiting = [value]  # no recursion: a configuration may be nested deeper than Python's stack
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and text in part:
            return True
        if isinstance(part, dict):
            waiting += part
            waiting += part.values()
        elif isinstance(part, (list, tuple)):
            waiting += part
    return False


def _without_key(problem: str, api_key: Secret) -> str:
    """Blank the key in a problem: it may have been pasted where a name belongs."""
    key = api_key.reveal()
    if len(key) < _SHORTEST_TELLING_KEY or key not in problem:
        return problem
    return problem.replace(key, HIDDEN)
