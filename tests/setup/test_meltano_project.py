"""A Meltano project reads the same file by a published tap, whose names for columns differ."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from support.answering import Person

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.errors import SettingsError, SourceFileError
from target_activecampaign.setup.meltano_project import make_project, tap_columns
from target_activecampaign.setup.meltano_step import add_meltano
from target_activecampaign.source_files import open_source

if t.TYPE_CHECKING:
    from pathlib import Path

CONFIG: dict[str, t.Any] = {
    "hostname": "acme.api-us1.com",
    "data_privacy_consent": True,
    "list_id": 3,
    "field_mapping": {"email": "E-Mail", "custom_fields": {"Street": "Straße"}},
    "tags": ["shop: 2026"],
    "ledger_url": "sqlite:///ledger.db",
    "rejects_path": "rejects.csv",
    "report_path": "reports/{time}.json",
}


def write_people(
    folder: Path, text: str = "ID;E-Mail;Straße\n1;ada@example.com;Weg 1\n", name: str = "p.csv"
) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_the_tap_calls_columns_in_its_own_way() -> None:
    # As tap-spreadsheets 1.1.2 does, seen in its records.
    assert tap_columns(["E-Mail", "Straße / Nr.", "2024", "", "given_name"]) == {
        "E-Mail": "e_mail",
        "Straße / Nr.": "strae_nr",
        "2024": "col_2",
        "": "col_3",
        "given_name": "given_name",
    }
    with pytest.raises(SourceFileError, match="are one to the tap"):
        tap_columns(["E-Mail", "e mail"])


def test_a_project_has_tap_loader_job_and_schedule_and_no_key(tmp_path: Path) -> None:
    source = open_source(write_people(tmp_path))
    text = make_project(CONFIG | {"api_key": "k3y"}, source, "p.csv", "target-activecampaign==1")
    project = yaml.safe_load(text)
    tap, loader = (project["plugins"][kind][0] for kind in ("extractors", "loaders"))
    assert tap["config"]["files"] == [
        {
            "path": "$MELTANO_PROJECT_ROOT/p.csv",
            "format": "csv",
            "table_name": "p",
            "primary_keys": ["id"],
            "delimiter": ";",
            "quotechar": '"',
        }
    ]
    assert loader["config"] == CONFIG | {
        "field_mapping": {"email": "e_mail", "custom_fields": {"Street": "strae"}},
        "ledger_url": "sqlite:///$MELTANO_PROJECT_ROOT/ledger.db",
        "rejects_path": "$MELTANO_PROJECT_ROOT/rejects.singer",
        "report_path": "$MELTANO_PROJECT_ROOT/reports/{time}.json",
    }
    assert [setting["name"] for setting in loader["settings"]] == list(CONFIG_JSONSCHEMA["properties"])
    assert {one["name"] for one in loader["settings"] if one.get("sensitive")} >= {"api_key", "ledger_url"}
    assert project["jobs"] == [{"name": "export", "tasks": [f"{tap['name']} {loader['name']}"]}]
    assert project["schedules"][0]["job"] == "export"
    assert "k3y" not in text


def test_what_the_tap_can_not_read_is_said(tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_bytes("ID;E-Mail;Straße\n1;ada@example.com;Weg 1\n".encode("cp1252"))
    with pytest.raises(SourceFileError, match="the tap reads UTF-8 alone"):
        make_project(CONFIG, open_source(old), "old.csv", "x")
    lines = write_people(tmp_path, '{"email": "ada@example.com"}\n', "p.jsonl")
    with pytest.raises(SourceFileError, match="Save it as CSV first"):
        make_project(CONFIG, open_source(lines), "p.jsonl", "x")


def test_a_mapped_column_that_is_not_there_is_said(tmp_path: Path) -> None:
    source = open_source(write_people(tmp_path, "E-Mail;Ort\na@example.com;Bonn\n"))
    with pytest.raises(SettingsError, match=r'custom_fields|Street: the file has no column "Straße"'):
        make_project(CONFIG, source, "p.csv", "x")


def test_a_project_that_is_there_stays_and_the_rest_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(write_people(tmp_path))
    person = Person(monkeypatch, [])
    assert add_meltano(person.dialogue, tmp_path, CONFIG, source, "p.csv") == ["meltano.yml"]
    written = (tmp_path / "meltano.yml").read_text()
    (tmp_path / "meltano.yml").write_text("plugins: {}\n")
    assert add_meltano(person.dialogue, tmp_path, CONFIG, source, "p.csv") == []
    assert (tmp_path / "meltano.yml").read_text() == "plugins: {}\n"
    shown = person.said[person.said.index("Add to it:") :]
    assert "- name: tap-spreadsheets" in shown
    assert "meltano run export" in shown
    assert yaml.safe_load(written)["plugins"]["loaders"][0]["name"] in shown
