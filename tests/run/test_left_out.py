"""A person is not lost for a value that can't be written, and the run says what it left out."""

from __future__ import annotations

import typing as t

import pytest
from support.command import config_for, record_message, schema_message
from support.quick_target import run_quickly

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.command import Outcome

    from target_activecampaign.sandbox.server import RunningSandbox

Runner = t.Callable[..., "Outcome"]

FAST: dict[str, t.Any] = {
    "requests_per_second": 100_000,
    "imports_per_minute": 6_000_000,
    "verify": "none",
    "on_null": "clear",
}
MAPPING = {
    "email": "email",
    "first_name": "v.city",
    "tags": "tags",
    "custom_fields": {"Interests": "interests", "Language": "language", "Lifetime value": "value"},
}
SCHEMA: dict[str, t.Any] = {
    "properties": {name: {} for name in ("email", "v", "tags", "interests", "language", "value")}
}
GOOD = {"interests": "MUSIC;travel", "language": "german", "value": 5, "tags": '["a","b,c"]'}
UNFIT = {
    "interests": "{Music,Musc}",
    "language": "Germn",
    "value": "1,234.56",
    "tags": "{{a}}",
    "v": '{"city": "x"}',
}
LEFT_OUT = {
    **dict.fromkeys(
        ("custom_fields.Interests", "custom_fields.Language", "custom_fields.Lifetime value", "tags"), 1
    )
}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with serve(progress="at-once") as running:
        yield running


@pytest.fixture
def run(sandbox: RunningSandbox, tmp_path: Path) -> Runner:
    def run_records(*records: dict[str, t.Any], **settings: t.Any) -> Outcome:  # noqa: ANN401 - of JSON
        config = config_for(sandbox.url, tmp_path, **{**FAST, "field_mapping": MAPPING, **settings})
        people = [record_message({"email": "ada@example.com", **record}) for record in records]
        return run_quickly(config, [schema_message(schema=SCHEMA), *people])

    return run_records


def values_of(sandbox: RunningSandbox) -> dict[str, str]:
    """Return the custom fields of the account's one contact."""
    rows = sandbox.account.storage.rows(
        "select perstag, value from field_value join field on field.id = field_value.field"
    )
    return {row["perstag"]: row["value"] for row in rows}


def test_a_person_comes_without_the_values_that_do_not_fit_and_keeps_the_earlier_ones(
    run: Runner, sandbox: RunningSandbox
) -> None:
    outcome = run(GOOD, UNFIT)
    assert (outcome.exit_code, outcome.report["delivered"], outcome.report["superseded"]) == (0, 1, 1)
    assert values_of(sandbox) == {"INTERESTS": "||Music||", "LANGUAGE": "de", "LIFETIME_VALUE": "5"}
    assert outcome.report["left_out"] == outcome.report["streams"]["people"]["left_out"] == LEFT_OUT
    assert "4 values left out (1 of custom_fields.Interests," in outcome.log
    assert "the nearest is 'Music'" in outcome.log
    assert "the nearest is 'German'" in outcome.log
    assert "field_mapping.first_name: no record of stream 'people' had 'v.city'" in outcome.log
    assert "1,234" not in outcome.log


def test_a_dry_run_counts_what_would_be_left_out(run: Runner, sandbox: RunningSandbox) -> None:
    assert run(UNFIT, dry_run=True).report["left_out"] == LEFT_OUT
    assert len(sandbox.account.contacts) == 0


def test_the_record_is_rejected_where_the_setting_says_so(run: Runner) -> None:
    outcome = run(UNFIT, on_invalid_value="reject", max_rejected_percent=100)
    assert (outcome.report["rejected"], outcome.report["left_out"]) == ({"value_invalid": 1}, {})


def test_options_that_the_account_does_not_tell_are_sent_as_they_came_and_said_once(
    run: Runner, sandbox: RunningSandbox
) -> None:
    sandbox.account.storage.delete("delete from field_option")
    outcome = run({"interests": "a;b", "language": "Germn"})
    assert values_of(sandbox) == {"INTERESTS": "||a;b||", "LANGUAGE": "Germn"}
    assert outcome.report["left_out"] == {}
    said = "the account does not tell (all) options of Interests, Language, so values are sent as they came"
    assert outcome.log.count(said) == 1


def test_two_keys_that_mean_one_field_are_refused(run: Runner) -> None:
    fields = {"Language": "language", "4": "interests", "Interests": "interests"}
    outcome = run(GOOD, field_mapping={"email": "email", "custom_fields": fields})
    assert outcome.exit_code == 1
    assert 'field_mapping.custom_fields: "4" is the field that "Language" means, too' in outcome.log
