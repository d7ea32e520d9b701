"""No STATE covers records that are nowhere, and each record stands in a figure on every way out."""

from __future__ import annotations

import typing as t

import pytest
from support.command import Outcome, config_for, record_message, run_target, schema_message, state_message

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Run = t.Callable[..., Outcome]
PARTS = ("delivered", "unchanged", "superseded", "held_back", "unsettled")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Run the command with records of the stream `people` and a STATE after them."""
    with serve(with_limits=False, progress="at-once") as sandbox:

        def run_with(records: Iterable[Mapping[str, t.Any]], *more: str, **settings: object) -> Outcome:
            config = config_for(sandbox.url, tmp_path, **settings)
            lines: list[Mapping[str, t.Any] | str] = [
                schema_message(),
                *map(record_message, records),
                state_message("end"),
                *more,
            ]
            return run_target(config, lines, tmp_path)

        yield run_with


def people(count: int) -> list[dict[str, t.Any]]:
    return [{"email": f"person{n}@example.com", "first_name": f"Ada{n}"} for n in range(count)]


def summed(figures: Mapping[str, t.Any]) -> int:
    return sum(int(figures[part]) for part in PARTS) + sum(map(int, figures["rejected"].values()))


def test_without_a_rejects_file_a_state_stays_before_rejected_records_that_fail_the_run(run: Run) -> None:
    outcome = run(people(5), rejects_path=None, field_mapping={"email": "first_name"})
    assert (outcome.exit_code, outcome.states) == (4, [])
    assert "rejects_path is not set" in outcome.log


def test_with_a_rejects_file_a_state_passes_rejected_records(run: Run) -> None:
    outcome = run(people(5), field_mapping={"email": "first_name"})
    assert (outcome.exit_code, outcome.states) == (4, ["end"])


def test_without_a_rejects_file_a_state_passes_at_the_end_of_a_run_that_is_well(run: Run) -> None:
    outcome = run([*people(9), {"email": "no address"}], rejects_path=None)
    assert (outcome.exit_code, outcome.states) == (0, ["end"])
    assert outcome.report["rejected"] == {"email_invalid": 1}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"streams": {"person": {}}}, "streams.'person': no stream of the input matches it"),
        ({"stream_maps": {"people": None}}, "stream_maps: leaves out every stream"),
    ],
)
def test_records_of_which_no_stream_is_exported_fail_the_run_and_pass_no_state(
    run: Run, settings: dict[str, t.Any], said: str
) -> None:
    outcome = run(people(3), **settings)
    assert (outcome.exit_code, outcome.states) == (1, [])
    assert said.replace("'", "") in outcome.log.replace("'", "")
    assert outcome.report["read"] == 0
    assert outcome.report["ignored"] + outcome.report["filtered"] == 3


def test_a_name_of_streams_that_matches_nothing_is_a_warning_beside_one_that_does(run: Run) -> None:
    outcome = run(people(1), streams={"people": {}, "peopel_eu": {}})
    assert (outcome.exit_code, outcome.states) == (0, ["end"])
    assert "no stream of the input matches it; did you mean" in outcome.log


def test_records_that_a_stream_map_filters_are_counted(run: Run) -> None:
    maps = {"people": {"__filter__": "first_name == 'Ada1'"}}
    outcome = run(people(3), stream_maps=maps)
    assert outcome.exit_code == 0
    assert [outcome.report[name] for name in ("read", "filtered", "delivered")] == [1, 2, 1]


def test_the_figures_add_up_where_a_run_stops(run: Run) -> None:
    outcome = run(people(10), "no JSON")
    assert outcome.exit_code == 1
    assert outcome.report["read"] == 10
    for figures in (outcome.report, outcome.report["streams"]["people"]):
        assert summed(figures) == 10
