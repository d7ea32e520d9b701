"""The README is true: its settings, reasons and report, its links, and the output of the demo."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from target_activecampaign.config.sdk_settings import DESCRIBED_JSONSCHEMA
from target_activecampaign.config.settings import parse_settings
from target_activecampaign.contacts.contact import Reason
from target_activecampaign.reporting.report import OUTCOMES, Report

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PROPERTIES: dict[str, dict[str, t.Any]] = DESCRIBED_JSONSCHEMA["properties"]


def block_after(mark: str) -> str:
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w+\n(.*?)\n```", README, re.DOTALL)
    assert found, mark
    return found[1]


def table_rows(text: str) -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def settings_table() -> dict[str, list[str]]:
    text = README.partition("<!-- settings: begin -->")[2].partition("<!-- settings: end -->")[0]
    return {row[0].strip("`"): row[1:] for row in table_rows(text)}


def meltano_settings() -> dict[str, dict[str, t.Any]]:
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text(encoding="utf-8"))
    return {setting["name"]: setting for setting in project["plugins"]["loaders"][0]["settings"]}


def type_of(name: str) -> str:
    types = PROPERTIES[name]["type"]
    return next(kind for kind in ([types] if isinstance(types, str) else types) if kind != "null")


def test_readme_meltano_and_schema_name_the_same_settings() -> None:
    assert sorted(settings_table()) == sorted(meltano_settings()) == sorted(PROPERTIES)


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_a_setting_is_described_alike_everywhere(name: str) -> None:
    kind, default, meaning = settings_table()[name]
    properties = PROPERTIES[name]
    words = kind.split(", ")
    assert words[0] == type_of(name)
    assert meltano_settings()[name]["kind"] == ("options" if "enum" in properties else words[0])
    assert ("required" in words) == (name in DESCRIBED_JSONSCHEMA["required"])
    assert (
        ("secret" in words)
        == bool(properties.get("secret"))
        == bool(meltano_settings()[name].get("sensitive"))
    )
    if properties.get("default") not in (None, []):
        shown = (
            properties["default"]
            if isinstance(properties["default"], str)
            else json.dumps(properties["default"])
        )
        assert default == f"`{shown}`"
    assert meaning
    assert properties["description"]


def test_every_reason_has_its_advice() -> None:
    advice = README.partition("## Rejected records")[2].partition("\n## ")[0]
    assert [row[0].strip("`") for row in table_rows(advice)] == [reason.value for reason in Reason]


def test_every_key_of_the_report_is_explained(tmp_path: Path) -> None:
    moment = dt.datetime.now(tz=dt.timezone.utc)
    report = Report("x", moment).as_json(ended_at=moment, requests=0, waited_seconds=0, exit_code=0)
    section = README.partition("## Report")[2].partition("\n## ")[0]
    unexplained = [key for key in report if f"`{key}`" not in section and key != "display_name"]
    assert unexplained == []
    assert set(OUTCOMES) <= report.keys()


def test_the_example_configuration_is_a_valid_one() -> None:
    example = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert example
    assert parse_settings({**json.loads(example[1]), "api_key": "k"}).list_ids() == (3,)


def test_files_that_the_readme_links_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_the_runs_that_it_shows_are_those_of_their_own_test() -> None:
    shown = (PROJECT / "tests" / "cli" / "transcripts" / "runs.txt").read_text(encoding="utf-8")
    assert f"$ target-activecampaign runs\n{shown}```" in README


def test_links_within_the_readme_lead_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#([^)]+)\)", README)
    assert len(links) > 20
    assert [link for link in links if link not in anchors] == []


@pytest.mark.meltano
@pytest.mark.timeout(900)
def test_the_demo_prints_what_the_readme_shows_and_can_be_repeated(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    # A clone has no files of runs and tools.
    left = shutil.ignore_patterns(
        *(".git", ".venv", ".meltano", ".sandbox", ".*_cache", ".hypothesis", "__pycache__"),
        "runs.jsonl*",
    )
    shutil.copytree(PROJECT, clone, ignore=left)
    command = (
        block_after("ci: demo").split(" && ")[-1].replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    )
    figures, outputs = [], []
    for _ in range(2):
        result = subprocess.run(
            command.split(), cwd=clone, capture_output=True, text=True, check=False, timeout=420
        )
        assert result.returncode == 0, result.stdout + result.stderr
        outputs.append(result.stdout + result.stderr)
        figures.append(json.loads((clone / "demo" / "report.json").read_text(encoding="utf-8")))
    shown = block_after("output of the demo").splitlines()
    assert [line for line in shown if not re.search(pattern_of(line), outputs[0])] == []
    assert '880 people arrived on "Customers": 880 updated.' in outputs[1]
    first, second = figures
    assert first["created"] == 880
    assert (second["created"], second["rejected"]) == (0, first["rejected"])
    assert second["updated"] >= 880


def pattern_of(line: str) -> str:
    """Return a pattern of the line with any figures: seconds and requests vary, others on a slow machine."""
    return r"\s+".join(re.sub(r"\d+(\\\.\d+)?", r"\\d+(\\.\\d+)?", re.escape(word)) for word in line.split())
