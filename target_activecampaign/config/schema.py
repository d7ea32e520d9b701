"""Owns every setting's type, default, bounds and description, which `--about` shows.

`settings` reads defaults and bounds from here. It must not know how a value is read.
"""

from __future__ import annotations

import typing as t

from target_activecampaign.config.attributes import ATTRIBUTES
from target_activecampaign.config.setting_schema import (
    BOOLEAN,
    STRING,
    array_of,
    integer,
    object_of,
    setting,
)
from target_activecampaign.config.subscription_words import DEFAULT_WORDS
from target_activecampaign.limits import CONTACTS_PER_IMPORT

if t.TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_TIMEOUT_SECONDS = 1_000_000
"""Some eleven days. Above 2,147,483 s the operating system's wait for a socket overflows."""


def _listed(names: Sequence[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}"


_DEFAULTS = [attribute.name for attribute in ATTRIBUTES if attribute.is_default]
_LIST_ID = setting(
    "list_id",
    {"type": ["string", "integer"], "minimum": 1},
    title="List",
    description=(
        "The list that contacts are subscribed to: its number in ActiveCampaign, or its exact name where no "
        "other list has that (digits are a number). Required unless every entry of `streams` has its own."
    ),
)
_FIELD_MAPPING = setting(
    "field_mapping",
    object_of(
        setting("email", STRING, description="Property that holds the email. Required."),
        *(setting(attribute.name, STRING, description=attribute.description) for attribute in ATTRIBUTES),
        setting(
            "tags",
            STRING,
            description="Property that holds tags: an array of strings, or one string with commas.",
        ),
        setting(
            "subscription",
            STRING,
            description=(
                "Property that says whether the person wants the list; `subscription_words` says in which "
                "words. A null leaves the membership alone."
            ),
        ),
        setting(
            "custom_fields",
            object_of(others=STRING),
            description="Custom field (its id, personalization tag or title) to property.",
        ),
        others=False,
    ),
    title="Field mapping",
    description=(
        "Attribute of the contact to property of the record; dots lead into nested objects "
        f"(`address.city`). Without it `email` is mapped, and of {_listed(_DEFAULTS)} those that the "
        "stream's schema has."
    ),
)
_TAGS = setting(
    "tags",
    array_of(STRING),
    title="Tags",
    description="Tags that every contact is given. Without it none.",
)

_CONNECTION = (
    setting(
        "display_name",
        STRING,
        title="Display name",
        description="What logs and reports call this connection. Without it the hostname.",
    ),
    setting(
        "hostname",
        STRING,
        is_required=True,
        title="Hostname",
        examples=["acme.api-us1.com"],
        description=(
            "The account's REST endpoint, `acme.api-us1.com`, or its URL as Settings > Developer in "
            "ActiveCampaign shows it. Always HTTPS: `http://` is for loopback addresses alone. The word "
            "`sandbox` stands for the bundled emulator, which needs no account and no network."
        ),
    ),
    setting(
        "api_key",
        STRING,
        is_required=True,
        is_secret=True,
        title="API key",
        description=(
            "The key of the API user, which is never printed, logged or put in a report; the bundled "
            "emulator's own is `sandbox`."
        ),
    ),
    setting(
        "data_privacy_consent",
        BOOLEAN,
        is_required=True,
        title="I agree",
        description=(
            "Must be `true`: personal data leaves the place where it is and goes to ActiveCampaign, and you "
            "answer for that."
        ),
    ),
)

_EXPORT = (
    _LIST_ID,
    _FIELD_MAPPING,
    _TAGS,
    setting(
        "streams",
        object_of(
            others=object_of(_LIST_ID, _FIELD_MAPPING, _TAGS, others=False),
        ),
        title="Streams",
        description=(
            "Stream name, or glob such as `vip_*`, to its own `list_id`, `field_mapping` and `tags`, each "
            "of which replaces the one above. An exact name counts, then the first glob that matches; a "
            "stream that none matches is not exported, and an entry that no stream matches is a warning. "
            "Without `streams` every stream is exported."
        ),
    ),
    setting(
        "subscription_words",
        object_of(
            setting(
                "true",
                array_of(STRING),
                description=(
                    'Words by which a person wants the list. With `""` among them a null or blank text is '
                    "a yes: for a property that marks only who does not want it."
                ),
            ),
            setting(
                "false",
                array_of(STRING),
                description="Words by which a person does not want the list.",
            ),
            others=False,
        ),
        title="Subscription words",
        description=(
            "Which words of the property that `field_mapping.subscription` names mean `true` and which "
            "`false`, letter case aside, beside JSON's own true and false. Without it "
            f"{_listed(DEFAULT_WORDS[True])} subscribe, and {_listed(DEFAULT_WORDS[False])} take off the "
            "list."
        ),
    ),
    setting(
        "on_null",
        STRING,
        default="keep",
        allowed=["keep", "clear"],
        title="On null",
        description=(
            "What a null, or blank text, in a mapped property does to the contact's value: leave it, or "
            "empty it."
        ),
    ),
    setting(
        "on_invalid_value",
        STRING,
        default="leave_out",
        allowed=["leave_out", "reject"],
        title="On invalid value",
        description=(
            "What a mapped value does that can't be written for its field, like a text in a date field or "
            "what is no option of its field: the contact goes without it and keeps what it had, counted by "
            "field, or the record is rejected. The address can't be left out."
        ),
    ),
    setting(
        "exclude_automations",
        BOOLEAN,
        title="Exclude automations",
        description=(
            "Import without triggering automations. Where it is not set, a run that creates more than a "
            "hundred contacts on a list (a dry run, too) warns once that automations run for each."
        ),
    ),
    setting(
        "phone_region",
        STRING,
        title="Phone region",
        examples=["DE"],
        description=(
            "Two letters of ISO 3166, such as `DE`: where phone numbers without `+` belong. Without it a "
            "number that can't be read as E.164 is sent as it came."
        ),
    ),
    setting(
        "source_timezone",
        STRING,
        default="UTC",
        title="Time zone of the source",
        examples=["Europe/Berlin"],
        description=(
            "IANA name, such as `Europe/Berlin`: where times without an offset belong, and in which zone a "
            "time becomes the day of a date field. In UTC a time with an offset has that offset's day."
        ),
    ),
)

_LIMITS = (
    setting(
        "profile_limit",
        integer(minimum=1),
        default=1_000_000,
        title="Profile limit",
        description=(
            "Most contacts, counted by email, that one run sends, over all its streams. Unchanged ones do "
            "not count."
        ),
    ),
    setting(
        "account_limit_guard",
        BOOLEAN,
        default=True,
        title="Account limit guard",
        description=(
            "Read the account's contract, and never send more new contacts than it has room for. With a key "
            "that may not read it, or an account that tells no limit, a warning says that `profile_limit` "
            "alone counts."
        ),
    ),
    setting(
        "on_limit",
        STRING,
        default="fail",
        allowed=["fail", "stop"],
        title="On limit",
        description=(
            "How a run ends that reached a limit, after all that it took is delivered: with exit code 3, "
            "or with 0 and a warning."
        ),
    ),
    setting(
        "batch_size_rows",
        integer(minimum=1, maximum=CONTACTS_PER_IMPORT),
        default=CONTACTS_PER_IMPORT,
        title="Contacts per import",
        description="Most contacts in one import request; the bulk importer takes no more than 250.",
    ),
    setting(
        "requests_per_second",
        integer(minimum=1),
        default=5,
        title="Requests per second",
        description="The account's limit over all endpoints.",
    ),
    setting(
        "imports_per_minute",
        integer(minimum=1),
        default=100,
        title="Imports per minute",
        description=(
            "The bulk importer's limit. An import of a single contact counts against a fifth of it."
        ),
    ),
    setting(
        "rate_limit_url",
        STRING,
        is_secret=True,
        title="Shared limits",
        description=(
            "`postgresql+psycopg://…` or `redis://…`: a server by which runs against the same account share "
            "its limits and its contract, on whatever machines. A ledger on PostgreSQL does so by itself."
        ),
    ),
    setting(
        "on_rate_limit_loss",
        STRING,
        allowed=["slow", "stop"],
        default="slow",
        title="When that server is lost",
        description=(
            "`slow` goes on at a twentieth of the limits, which other runs leave free to one that is lost, "
            "for 15 minutes at the most; `stop` ends the run with exit code 1 after 10 seconds."
        ),
    ),
)

_DELIVERY = (
    setting(
        "import_timeout",
        integer(minimum=1, maximum=LONGEST_TIMEOUT_SECONDS),
        default=3600,
        title="Import timeout",
        description="Seconds that ActiveCampaign may take to end one import before the run fails.",
    ),
    setting(
        "request_timeout",
        integer(minimum=1, maximum=LONGEST_TIMEOUT_SECONDS),
        default=60,
        title="Request timeout",
        description="Seconds to wait for a connection or more of an answer. A request may take twice that.",
    ),
    setting(
        "shutdown_grace",
        integer(minimum=0, maximum=LONGEST_TIMEOUT_SECONDS),
        default=10,
        title="Shutdown grace",
        description="Seconds after SIGTERM, SIGINT or SIGHUP in which open imports may still end.",
    ),
    setting(
        "verify",
        STRING,
        default="sample",
        allowed=["none", "sample", "all"],
        title="Verify",
        description=(
            "Whether contacts are read back after an import that does not name each of them: a few of every "
            "import as far as requests are to spare, and all of it where one is missing; or always all. "
            "What is not there, or not on its list, is rejected as `skipped_by_activecampaign`."
        ),
    ),
    setting(
        "max_rejected_percent",
        integer(minimum=0, maximum=100),
        default=20,
        title="Most rejected",
        description=(
            "The run fails with exit code 4 when more than this share of its records is rejected, after all "
            "else is delivered."
        ),
    ),
    setting(
        "rejects_path",
        STRING,
        title="Rejects file",
        description=(
            "File for rejected records, as a Singer stream that can be mended and piped in again; "
            "one that ends in `.csv` takes rows, where `send` reads a CSV. It holds personal data and is "
            "created for its owner's eyes alone. Without it STATE waits at the first rejected record until "
            "the run has been judged, and exit code 4 passes none."
        ),
    ),
    setting(
        "outcomes_path",
        STRING,
        title="Outcomes file",
        description=(
            "File for the outcome of each record, as a Singer stream that any target takes: stream, key "
            "properties, `outcome`, `reason`, `import_id`, `at`. It holds no address, and is created for its "
            "owner's eyes alone."
        ),
    ),
    setting(
        "report_path",
        STRING,
        title="Report file",
        description=(
            "File for the run's report, as JSON. It holds no personal data. `{time}` in it stands for the "
            "start of the run (in UTC), and its folder is made. Without a ledger the runs are kept beside "
            "it, in `runs.jsonl`."
        ),
    ),
    setting(
        "alert_url",
        STRING,
        is_secret=True,
        title="Alert webhook",
        description=(
            "HTTPS address of a webhook (Slack, Teams, or any that takes JSON): one POST when a run failed, "
            "reached a limit, was braked, lost, or rejected more than usual, and one when it is well again. "
            "It holds no personal data, and one that fails changes no exit code."
        ),
    ),
    setting(
        "alert_format",
        STRING,
        allowed=["json", "slack", "teams"],
        title="Alert format",
        description="Form of that POST. Without it the host of `alert_url` decides.",
    ),
    setting(
        "heartbeat_url",
        STRING,
        is_secret=True,
        title="Heartbeat",
        description=(
            "HTTPS address of a monitor: a GET at `/start` below it when a run begins, and at `/` and its "
            "exit code when it ends, so that a run that never began is noticed."
        ),
    ),
    setting(
        "dry_run",
        BOOLEAN,
        default=False,
        title="Dry run",
        description=(
            "Do all but the writes, and report what would be sent: no import, no STATE, and no file but the "
            "report and that of the runs beside it is changed."
        ),
    ),
)

_CHANGES = (
    setting(
        "ledger_url",
        STRING,
        is_secret=True,
        title="Ledger",
        description=(
            "SQLAlchemy URL of the ledger, such as `sqlite:///ledger.db` or `postgresql+psycopg://…`: what "
            "was last confirmed for each contact of this account and list. With it a contact that did not "
            "change is not sent again."
        ),
    ),
    setting(
        "ledger_max_age_days",
        integer(minimum=0),
        default=0,
        title="Oldest confirmation",
        description="Send an unchanged contact again when its confirmation is older; 0 is never.",
    ),
    setting(
        "membership",
        STRING,
        default="add",
        allowed=["add", "mirror"],
        title="Membership",
        description=(
            "With `mirror`, which needs a ledger, contacts that earlier runs put on the list and this run "
            "did not bring are unsubscribed from it: at the end of the run where an ACTIVATE_VERSION proves "
            "that the stream came whole, else by `target-activecampaign mirror`; with `add` nobody is."
        ),
    ),
    setting(
        "max_removal_percent",
        integer(minimum=0, maximum=100),
        default=10,
        title="Largest removal in percent",
        description=(
            "Where more than ten people and a larger share of the list would be taken off, by the mirror, "
            "by deletions or by `subscription`, nobody is: exit code 5. 100 allows any."
        ),
    ),
    setting(
        "on_delete",
        STRING,
        default="ignore",
        allowed=["ignore", "unsubscribe"],
        title="Deleted at the source",
        description=(
            "What a record whose `_sdc_deleted_at` is a time does: it is counted, or it takes the contact "
            "off the list at the end of the run, unless another record brings the person."
        ),
    ),
)

SDK_KINDS = {
    "stream_maps": "object",
    "stream_map_config": "object",
    "faker_config": "object",
    "flattening_enabled": "boolean",
    "flattening_max_depth": "integer",
    "flattening_max_key_length": "integer",
    "flattening_separator": "string",
    "validate_records": "boolean",
    "batch_config": "object",
}
"""Settings that keep the SDK's meaning, with their kinds; `sdk_settings` has the SDK's words on them."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _whole_schema() -> dict[str, t.Any]:
    own = object_of(*_CONNECTION, *_EXPORT, *_LIMITS, *_DELIVERY, *_CHANGES)
    sdk = {name: {"type": [kind, "null"]} for name, kind in SDK_KINDS.items()}
    return {**own, "properties": {**own["properties"], **sdk}, "$schema": _DIALECT}


CONFIG_JSONSCHEMA: dict[str, t.Any] = _whole_schema()
"""JSON schema of the whole configuration, in the order of the settings' reference."""
