"""Owns every setting's type, default, bounds and description, which `--about` shows.

`settings` reads defaults and bounds from here. It must not know how a value is read.
"""

from __future__ import annotations

import typing as t

import singer_sdk.typing as th
from singer_sdk.helpers import capabilities

from target_activecampaign.config.attributes import ATTRIBUTES
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
_LIST_ID = th.Property(
    "list_id",
    th.CustomType({"type": ["string", "integer"], "minimum": 1}),
    title="List",
    description=(
        "The list that contacts are subscribed to: its number in ActiveCampaign, or its exact name where no "
        "other list has that (digits are a number). Required unless every entry of `streams` has its own."
    ),
)
_FIELD_MAPPING = th.Property(
    "field_mapping",
    th.ObjectType(
        th.Property("email", th.StringType, description="Property that holds the email. Required."),
        *(
            th.Property(attribute.name, th.StringType, description=attribute.description)
            for attribute in ATTRIBUTES
        ),
        th.Property(
            "tags",
            th.StringType,
            description="Property that holds tags: an array of strings, or one string with commas.",
        ),
        th.Property(
            "subscription",
            th.StringType,
            description=(
                "Property that says whether the person wants the list; `subscription_words` says in which "
                "words. A null leaves the membership alone."
            ),
        ),
        th.Property(
            "custom_fields",
            th.ObjectType(additional_properties=th.StringType),
            description="Custom field (its id, personalization tag or title) to property.",
        ),
        additional_properties=False,
    ),
    title="Field mapping",
    description=(
        "Attribute of the contact to property of the record; dots lead into nested objects "
        f"(`address.city`). Without it `email` is mapped, and of {_listed(_DEFAULTS)} those that the "
        "stream's schema has."
    ),
)
_TAGS = th.Property(
    "tags",
    th.ArrayType(th.StringType),
    title="Tags",
    description="Tags that every contact is given. Without it none.",
)

_CONNECTION = (
    th.Property(
        "display_name",
        th.StringType,
        title="Display name",
        description="What logs and reports call this connection. Without it the hostname.",
    ),
    th.Property(
        "hostname",
        th.StringType,
        required=True,
        title="Hostname",
        examples=["acme.api-us1.com"],
        description=(
            "The account's REST endpoint, `acme.api-us1.com`, or its URL as Settings > Developer in "
            "ActiveCampaign shows it. Always HTTPS: `http://` is for loopback addresses alone. The word "
            "`sandbox` stands for the bundled emulator, which needs no account and no network."
        ),
    ),
    th.Property(
        "api_key",
        th.StringType,
        required=True,
        secret=True,
        title="API key",
        description=(
            "The key of the API user, which is never printed, logged or put in a report; the bundled "
            "emulator's own is `sandbox`."
        ),
    ),
    th.Property(
        "data_privacy_consent",
        th.BooleanType,
        required=True,
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
    th.Property(
        "streams",
        th.ObjectType(
            additional_properties=th.ObjectType(_LIST_ID, _FIELD_MAPPING, _TAGS, additional_properties=False),
        ),
        title="Streams",
        description=(
            "Stream name, or glob such as `vip_*`, to its own `list_id`, `field_mapping` and `tags`, each "
            "of which replaces the one above. An exact name counts, then the first glob that matches; a "
            "stream that none matches is not exported, and an entry that no stream matches is a warning. "
            "Without `streams` every stream is exported."
        ),
    ),
    th.Property(
        "subscription_words",
        th.ObjectType(
            th.Property(
                "true",
                th.ArrayType(th.StringType),
                description=(
                    'Words by which a person wants the list. With `""` among them a null or blank text is '
                    "a yes: for a property that marks only who does not want it."
                ),
            ),
            th.Property(
                "false",
                th.ArrayType(th.StringType),
                description="Words by which a person does not want the list.",
            ),
            additional_properties=False,
        ),
        title="Subscription words",
        description=(
            "Which words of the property that `field_mapping.subscription` names mean `true` and which "
            "`false`, letter case aside, beside JSON's own true and false. Without it "
            f"{_listed(DEFAULT_WORDS[True])} subscribe, and {_listed(DEFAULT_WORDS[False])} take off the "
            "list."
        ),
    ),
    th.Property(
        "on_null",
        th.StringType,
        default="keep",
        allowed_values=["keep", "clear"],
        title="On null",
        description=(
            "What a null, or blank text, in a mapped property does to the contact's value: leave it, or "
            "empty it."
        ),
    ),
    th.Property(
        "on_invalid_value",
        th.StringType,
        default="leave_out",
        allowed_values=["leave_out", "reject"],
        title="On invalid value",
        description=(
            "What a mapped value does that can't be written for its field, like a text in a date field or "
            "what is no option of its field: the contact goes without it and keeps what it had, counted by "
            "field, or the record is rejected. The address can't be left out."
        ),
    ),
    th.Property(
        "exclude_automations",
        th.BooleanType,
        title="Exclude automations",
        description=(
            "Import without triggering automations. Where it is not set, a run that creates more than a "
            "hundred contacts on a list (a dry run, too) warns once that automations run for each."
        ),
    ),
    th.Property(
        "phone_region",
        th.StringType,
        title="Phone region",
        examples=["DE"],
        description=(
            "Two letters of ISO 3166, such as `DE`: where phone numbers without `+` belong. Without it a "
            "number that can't be read as E.164 is sent as it came."
        ),
    ),
    th.Property(
        "source_timezone",
        th.StringType,
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
    th.Property(
        "profile_limit",
        th.IntegerType(minimum=1),
        default=1_000_000,
        title="Profile limit",
        description=(
            "Most contacts, counted by email, that one run sends, over all its streams. Unchanged ones do "
            "not count."
        ),
    ),
    th.Property(
        "account_limit_guard",
        th.BooleanType,
        default=True,
        title="Account limit guard",
        description=(
            "Read the account's contract, and never send more new contacts than it has room for. With a key "
            "that may not read it, or an account that tells no limit, a warning says that `profile_limit` "
            "alone counts."
        ),
    ),
    th.Property(
        "on_limit",
        th.StringType,
        default="fail",
        allowed_values=["fail", "stop"],
        title="On limit",
        description=(
            "How a run ends that reached a limit, after all that it took is delivered: with exit code 3, "
            "or with 0 and a warning."
        ),
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(minimum=1, maximum=CONTACTS_PER_IMPORT),
        default=CONTACTS_PER_IMPORT,
        title="Contacts per import",
        description="Most contacts in one import request; the bulk importer takes no more than 250.",
    ),
    th.Property(
        "requests_per_second",
        th.IntegerType(minimum=1),
        default=5,
        title="Requests per second",
        description="The account's limit over all endpoints.",
    ),
    th.Property(
        "imports_per_minute",
        th.IntegerType(minimum=1),
        default=100,
        title="Imports per minute",
        description=(
            "The bulk importer's limit. An import of a single contact counts against a fifth of it."
        ),
    ),
)

_DELIVERY = (
    th.Property(
        "import_timeout",
        th.IntegerType(minimum=1, maximum=LONGEST_TIMEOUT_SECONDS),
        default=3600,
        title="Import timeout",
        description="Seconds that ActiveCampaign may take to end one import before the run fails.",
    ),
    th.Property(
        "request_timeout",
        th.IntegerType(minimum=1, maximum=LONGEST_TIMEOUT_SECONDS),
        default=60,
        title="Request timeout",
        description="Seconds to wait for a connection or more of an answer. A request may take twice that.",
    ),
    th.Property(
        "shutdown_grace",
        th.IntegerType(minimum=0, maximum=LONGEST_TIMEOUT_SECONDS),
        default=10,
        title="Shutdown grace",
        description="Seconds after SIGTERM, SIGINT or SIGHUP in which open imports may still end.",
    ),
    th.Property(
        "verify",
        th.StringType,
        default="sample",
        allowed_values=["none", "sample", "all"],
        title="Verify",
        description=(
            "Whether contacts are read back after an import that does not name each of them: a few of every "
            "import as far as requests are to spare, and all of it where one is missing; or always all. "
            "What is not there, or not on its list, is rejected as `skipped_by_activecampaign`."
        ),
    ),
    th.Property(
        "max_rejected_percent",
        th.IntegerType(minimum=0, maximum=100),
        default=20,
        title="Most rejected",
        description=(
            "The run fails with exit code 4 when more than this share of its records is rejected, after all "
            "else is delivered."
        ),
    ),
    th.Property(
        "rejects_path",
        th.StringType,
        title="Rejects file",
        description=(
            "File for rejected records, as a Singer stream that can be mended and piped in again; "
            "one that ends in `.csv` takes rows, where `send` reads a CSV. It holds personal data and is "
            "created for its owner's eyes alone. Without it STATE waits at the first rejected record until "
            "the run has been judged, and exit code 4 passes none."
        ),
    ),
    th.Property(
        "outcomes_path",
        th.StringType,
        title="Outcomes file",
        description=(
            "File for the outcome of each record, as a Singer stream that any target takes: stream, key "
            "properties, `outcome`, `reason`, `import_id`, `at`. It holds no address, and is created for its "
            "owner's eyes alone."
        ),
    ),
    th.Property(
        "report_path",
        th.StringType,
        title="Report file",
        description=(
            "File for the run's report, as JSON. It holds no personal data. `{time}` in it stands for the "
            "start of the run (in UTC), and its folder is made. Without a ledger the runs are kept beside "
            "it, in `runs.jsonl`."
        ),
    ),
    th.Property(
        "alert_url",
        th.StringType,
        secret=True,
        title="Alert webhook",
        description=(
            "HTTPS address of a webhook (Slack, Teams, or any that takes JSON): one POST when a run failed, "
            "reached a limit, was braked, lost, or rejected more than usual, and one when it is well again. "
            "It holds no personal data, and one that fails changes no exit code."
        ),
    ),
    th.Property(
        "alert_format",
        th.StringType,
        allowed_values=["json", "slack", "teams"],
        title="Alert format",
        description="Form of that POST. Without it the host of `alert_url` decides.",
    ),
    th.Property(
        "heartbeat_url",
        th.StringType,
        secret=True,
        title="Heartbeat",
        description=(
            "HTTPS address of a monitor: a GET at `/start` below it when a run begins, and at `/` and its "
            "exit code when it ends, so that a run that never began is noticed."
        ),
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        title="Dry run",
        description=(
            "Do all but the writes, and report what would be sent: no import, no STATE, and no file but the "
            "report and that of the runs beside it is changed."
        ),
    ),
)

_CHANGES = (
    th.Property(
        "ledger_url",
        th.StringType,
        secret=True,
        title="Ledger",
        description=(
            "SQLAlchemy URL of the ledger, such as `sqlite:///ledger.db` or `postgresql+psycopg://…`: what "
            "was last confirmed for each contact of this account and list. With it a contact that did not "
            "change is not sent again."
        ),
    ),
    th.Property(
        "ledger_max_age_days",
        th.IntegerType(minimum=0),
        default=0,
        title="Oldest confirmation",
        description="Send an unchanged contact again when its confirmation is older; 0 is never.",
    ),
    th.Property(
        "membership",
        th.StringType,
        default="add",
        allowed_values=["add", "mirror"],
        title="Membership",
        description=(
            "With `mirror`, which needs a ledger, contacts that earlier runs put on the list and this run "
            "did not bring are unsubscribed from it: at the end of the run where an ACTIVATE_VERSION proves "
            "that the stream came whole, else by `target-activecampaign mirror`; with `add` nobody is."
        ),
    ),
    th.Property(
        "max_removal_percent",
        th.IntegerType(minimum=0, maximum=100),
        default=10,
        title="Largest removal in percent",
        description=(
            "Where more than ten people and a larger share of the list would be taken off, by the mirror, "
            "by deletions or by `subscription`, nobody is: exit code 5. 100 allows any."
        ),
    ),
    th.Property(
        "on_delete",
        th.StringType,
        default="ignore",
        allowed_values=["ignore", "unsubscribe"],
        title="Deleted at the source",
        description=(
            "What a record whose `_sdc_deleted_at` is a time does: it is counted, or it takes the contact "
            "off the list at the end of the run, unless another record brings the person."
        ),
    ),
)

SDK_PROPERTIES: dict[str, dict[str, t.Any]] = {
    **capabilities.STREAM_MAPS_CONFIG["properties"],
    **capabilities.FLATTENING_CONFIG["properties"],
    **capabilities.TARGET_VALIDATE_RECORDS_CONFIG["properties"],
    **capabilities.BATCH_CONFIG["properties"],
}
"""Settings that keep the SDK's meaning, as the SDK describes them."""


def _whole_schema() -> dict[str, t.Any]:
    own = th.PropertiesList(*_CONNECTION, *_EXPORT, *_LIMITS, *_DELIVERY, *_CHANGES).to_dict()
    return {**own, "properties": {**own["properties"], **SDK_PROPERTIES}, "additionalProperties": False}


CONFIG_JSONSCHEMA: dict[str, t.Any] = _whole_schema()
"""JSON schema of the whole configuration, in the order of the settings' reference."""
