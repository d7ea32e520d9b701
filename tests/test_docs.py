"""The pages in `docs/` are true: the reference is what the code knows, and each page can be reached."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.config.sdk_settings import DESCRIBED_JSONSCHEMA
from target_activecampaign.reporting.report import OUTCOMES
from target_activecampaign.reporting.report_keys import REPORT_KEYS

pytestmark = pytest.mark.any_versions  # click words the help, and the SDK some of the settings

PROJECT = Path(__file__).parents[1]
REFERENCE = PROJECT / "docs" / "reference"
POSTGRES = PROJECT / "docs" / "examples" / "postgres"


def test_the_reference_is_what_the_code_knows() -> None:
    check: list[str | Path] = [sys.executable, REFERENCE / "write_reference.py", "--check"]
    result = subprocess.run(check, capture_output=True, text=True, check=False, timeout=120)
    assert result.stderr == ""
    assert result.returncode == 0


def rows_of(page: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", (REFERENCE / page).read_text("utf-8"), re.MULTILINE)


def test_reference_meltano_and_schema_name_the_same_settings() -> None:
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))
    of_meltano = [setting["name"] for setting in project["plugins"]["loaders"][0]["settings"]]
    page = (REFERENCE / "settings.md").read_text("utf-8")
    assert (
        sorted(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))
        == sorted(of_meltano)
        == sorted(DESCRIBED_JSONSCHEMA["properties"])
    )


def test_each_part_of_the_sum_is_a_key_of_the_report() -> None:
    assert set(OUTCOMES) <= set(REPORT_KEYS)
    assert rows_of("report.md") == list(REPORT_KEYS)


def test_each_page_is_reached_from_the_index() -> None:
    index = (PROJECT / "docs" / "index.md").read_text("utf-8")
    trees = re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL)
    entries = [line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]
    docs = PROJECT / "docs"
    reached = {page for entry in entries for page in docs.glob(f"{entry}.md")}
    pages = {page for page in docs.rglob("*.md") if page.name != "index.md"}
    assert pages - reached == set()


def parts_of(page: Path, language: str) -> list[str]:
    """Return the blocks of a page without their indentation, which says nothing of a part."""
    blocks = re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return [textwrap.dedent(block) for block in blocks]


@pytest.mark.parametrize("page", ["warehouse", "mirror-a-segment"])
def test_a_page_shows_parts_of_the_project_that_ci_runs(page: str) -> None:
    lines = (POSTGRES / "meltano.yml").read_text("utf-8").splitlines()
    sources = {"yaml": lines, "sql": (POSTGRES / "customers.sql").read_text("utf-8").splitlines()}
    shown = {kind: parts_of(PROJECT / "docs" / "how-to" / f"{page}.md", kind) for kind in sources}
    assert shown["yaml"]
    assert [
        part
        for kind, parts in shown.items()
        for part in parts
        if not is_part(part.splitlines(), sources[kind])
    ] == []


def is_part(part: list[str], lines: list[str]) -> bool:
    """Tell whether these lines follow each other, all indented by as much more or less."""
    chunks = (lines[start : start + len(part)] for start in range(len(lines)))
    return any(textwrap.dedent("\n".join(chunk)).splitlines() == part for chunk in chunks)


def test_the_example_for_a_database_sets_what_the_loader_knows_and_hides_what_is_secret() -> None:
    project = yaml.safe_load((POSTGRES / "meltano.yml").read_text("utf-8"))
    plugins = project["plugins"]
    loader, *inheriting = plugins["loaders"]
    kinds = {setting["name"]: setting for setting in loader["settings"]}
    assert kinds.keys() <= CONFIG_JSONSCHEMA["properties"].keys()
    secret = {name for name in kinds if CONFIG_JSONSCHEMA["properties"][name].get("secret")}
    assert {name for name, setting in kinds.items() if setting.get("sensitive")} == secret
    (mirror,) = plugins["utilities"]
    for plugin in (loader, *inheriting, mirror):
        assert plugin["config"].keys() <= kinds.keys()
        assert not plugin["config"].keys() & {"hostname", "api_key", "data_privacy_consent"}
    assert inheriting[0]["config"] == mirror["config"]


def test_the_example_for_a_database_pins_its_tap() -> None:
    project = yaml.safe_load((POSTGRES / "meltano.yml").read_text("utf-8"))
    assert re.fullmatch(r"meltanolabs-tap-postgres==[\d.]+", project["plugins"]["extractors"][0]["pip_url"])


def test_runs_are_shown_as_their_own_test_shows_them() -> None:
    shown = (PROJECT / "tests" / "cli" / "transcripts" / "runs.txt").read_text("utf-8")
    page = (PROJECT / "docs" / "how-to" / "watch-runs.md").read_text("utf-8")
    assert f"$ target-activecampaign runs\n{shown}```" in page
