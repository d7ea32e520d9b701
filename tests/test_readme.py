"""The README is true: its example, its links, and the output of the demo."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from target_activecampaign.config.settings import parse_settings

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")


def block_after(mark: str) -> str:
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w+\n(.*?)\n```", README, re.DOTALL)
    assert found, mark
    return found[1]


def test_the_example_configuration_is_a_valid_one() -> None:
    example = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert example
    assert parse_settings({**json.loads(example[1]), "api_key": "k"}).list_ids() == (3,)


def test_files_that_the_readme_links_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (PROJECT / link).exists()] == []


def test_links_within_the_readme_lead_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#([^)]+)\)", README)
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
