"""The definition for Meltano Hub: made from the settings' schema, of the hub's form, and taken by Meltano."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import click
import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.target import TargetActiveCampaign

pytestmark = pytest.mark.any_versions  # the SDK words some of the settings

PROJECT = Path(__file__).parents[1]
HUB = PROJECT / "docs" / "hub"
DEFINITION: dict[str, t.Any] = yaml.safe_load((HUB / "target-activecampaign.yml").read_text("utf-8"))
SETTINGS: dict[str, dict[str, t.Any]] = {setting["name"]: setting for setting in DEFINITION["settings"]}

# What the hub's page "Plugin definition syntax" and the checks of its repository ask for (read in 2026-11).
HUB_REQUIRES = {"name", "namespace", "variant", "quality"}
HUB_KNOWS = HUB_REQUIRES | {
    *("label", "description", "domain_url", "docs", "repo", "logo_url", "keywords", "maintenance_status"),
    *("pip_url", "executable", "python", "supported_python_versions", "log_parser", "capabilities"),
    *("dialect", "target_schema", "hidden", "requires", "definition", "prereq", "next_steps", "usage"),
    *("settings", "settings_preamble", "settings_group_validation", "commands"),
}
KINDS = {"options", "object", "array", "integer", "boolean", "string"}
SETTING_KEYS = {"name", "label", "kind", "options", "value", "placeholder", "sensitive", "description"}
# A text whose name has one of these is a password to the hub's weekly reader, and hidden.
PASSWORD_PARTS = ("password", "id", "token", "key", "secret")


@pytest.fixture(scope="module")
def script() -> t.Any:  # noqa: ANN401 - a module by its path
    spec = importlib.util.spec_from_file_location("make_definition", HUB / "make_definition.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def about() -> dict[str, t.Any]:
    result = CliRunner().invoke(TargetActiveCampaign.cli, ["--about", "--format=json"])
    return t.cast("dict[str, t.Any]", json.loads(result.stdout))


def test_the_definition_and_the_project_are_as_the_script_makes_them(script: t.Any) -> None:  # noqa: ANN401
    assert script.main(["--check"]) == 0, "run python docs/hub/make_definition.py"


def test_a_difference_is_found_and_mended(
    script: t.Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {"DEFINITION": "target-activecampaign.yml", "PROJECT": "meltano.yml"}
    for constant, name in files.items():
        path = tmp_path / name
        path.write_text(
            getattr(script, constant).read_text("utf-8").replace("Contacts per import", "Size"), "utf-8"
        )
        monkeypatch.setattr(script, constant, path)
    assert script.main(["--check"]) == 1
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == list(files.values())
    assert script.main([]) == script.main(["--check"]) == 0
    assert (tmp_path / "meltano.yml").read_text("utf-8") == (PROJECT / "meltano.yml").read_text("utf-8")


def test_the_project_declares_the_same_text() -> None:
    shared = (HUB / "target-activecampaign.yml").read_text("utf-8").partition("\ncapabilities:")[2]
    project = (PROJECT / "meltano.yml").read_text("utf-8")
    declared = project.partition("    capabilities:\n    - about\n    - batch")[2].partition("    # end\n")[0]
    lines = [line.removeprefix("    ") for line in declared.splitlines()]
    assert lines[-1]
    assert "\n".join(lines).replace(" &settings", "") in shared


def test_the_hub_finds_what_it_requires_and_nothing_unknown() -> None:
    assert HUB_REQUIRES <= DEFINITION.keys() <= HUB_KNOWS
    assert DEFINITION["quality"] in {"gold", "silver", "bronze", "unknown"}
    assert DEFINITION["maintenance_status"] in {"active", "beta", "development", "inactive", "unknown"}
    assert all(re.fullmatch(r"3\.\d+", version) for version in DEFINITION["supported_python_versions"])
    assert DEFINITION["settings_group_validation"] == [["hostname", "api_key", "data_privacy_consent"]]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_has_the_hubs_form(name: str) -> None:
    setting = SETTINGS[name]
    assert {"name", "label", "kind", "description"} <= setting.keys() <= SETTING_KEYS
    assert setting["kind"] in KINDS
    assert ("options" in setting) == (setting["kind"] == "options")
    words = [option["value"] for option in setting.get("options", [])]
    assert all(isinstance(word, str) for word in words)
    assert all(option["label"] for option in setting.get("options", []))
    assert "value" not in setting or not words or setting["value"] in words


def test_every_setting_stands_there_and_secrets_have_neither_value_nor_face() -> None:
    assert list(SETTINGS) == list(CONFIG_JSONSCHEMA["properties"])
    hidden = {name for name, setting in SETTINGS.items() if setting.get("sensitive")}
    assert hidden >= {"api_key", "ledger_url", "alert_url", "heartbeat_url"}
    assert all("value" not in SETTINGS[name] for name in hidden)


def test_no_default_makes_a_choice_for_the_user() -> None:
    # Meltano passes on each default as if it were set, and a run warns where this one is not.
    assert "value" not in SETTINGS["exclude_automations"]


def test_each_subcommand_is_offered_or_has_a_reason(script: t.Any) -> None:  # noqa: ANN401
    group = t.cast("click.Group", TargetActiveCampaign.cli)
    subcommands = set(group.list_commands(click.Context(group)))
    assert set(DEFINITION["commands"]) == {
        "check", "fields", "lists", "preview", "report", "runs", "send", "tags"
    }  # fmt: skip
    assert set(script.OF_NO_USE) == subcommands - set(DEFINITION["commands"])
    for name, command in DEFINITION["commands"].items():
        assert command["args"] == f"{name} --config ENV"
        assert command["description"].endswith(".")


def test_the_hubs_weekly_reader_agrees(about: dict[str, t.Any]) -> None:
    assert DEFINITION["capabilities"] == sorted(about["capabilities"])
    assert DEFINITION["supported_python_versions"] == about["supported_python_versions"]
    (group,) = DEFINITION["settings_group_validation"]
    assert set(group) == set(about["settings"]["required"])
    properties = about["settings"]["properties"]
    differing = {
        name: (read["kind"], SETTINGS[name]["kind"])
        for name, read in ((name, read_as_the_hub(name, schema)) for name, schema in properties.items())
        if read["kind"] != SETTINGS[name]["kind"]
    }
    # It takes `id` in a name for a secret. `password` is what Meltano calls a sensitive string by now.
    assert differing == {
        "api_key": ("password", "string"),
        "list_id": ("password", "string"),
        "on_invalid_value": ("password", "options"),
    }
    assert SETTINGS["api_key"]["sensitive"] is True


@pytest.mark.parametrize("name", SETTINGS)
def test_label_default_and_options_are_those_that_the_hub_reads(name: str, about: dict[str, t.Any]) -> None:
    read, setting = read_as_the_hub(name, about["settings"]["properties"][name]), SETTINGS[name]
    assert (setting["label"], setting.get("value")) == (read["label"], read["value"])
    assert setting["description"] == read["description"]
    if read["kind"] == "options":
        assert [(option["label"].lower(), option["value"]) for option in setting["options"]] == read[
            "options"
        ]


def read_as_the_hub(name: str, schema: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what `hub-utils` of the hub makes of a setting in `--about`; parts of an object aside."""
    kind = next(kind for kind in schema["type"] if kind != "null")
    if kind == "string":
        looks_secret = any(part in name for part in PASSWORD_PARTS)
        kind = "password" if looks_secret else "options" if schema.get("enum") else "string"
    return {
        "kind": kind,
        "label": schema.get("title"),
        "value": schema.get("default"),
        "description": schema["description"],
        "options": [(word.replace("_", " "), word) for word in schema.get("enum", [])],
    }


def schema_of_meltano() -> dict[str, t.Any]:
    spec = importlib.util.find_spec("meltano")
    assert spec
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0], "schemas", "meltano.schema.json")
    return t.cast("dict[str, t.Any]", json.loads(path.read_text("utf-8")))


@pytest.mark.meltano
def test_meltano_knows_every_key_of_the_project() -> None:
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))
    # A capability of the SDK, which the hub's schema has and Meltano 4.4.1 passes over.
    project["plugins"]["loaders"][0]["capabilities"].remove("validate-records")
    validator = jsonschema.Draft202012Validator(schema_of_meltano())
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(project)] == []
    project["plugins"]["loaders"][0]["settings"][0]["kind"] = "number"
    assert not validator.is_valid(project), "a check that can't fail"


@pytest.mark.meltano
def test_meltano_adds_the_loader_from_the_definition(tmp_path: Path) -> None:
    (tmp_path / "meltano.yml").write_text(
        "send_anonymous_usage_stats: false\ncli: {disable_version_check: true}\nproject_id: from-ref\n"
        "default_environment: dev\nenvironments: [{name: dev}]\n",
        "utf-8",
    )
    definition = str(HUB / "target-activecampaign.yml")
    add = (
        "add",
        "--from-ref",
        definition,
        "--plugin-type",
        "loader",
        "target-activecampaign",
        "--no-install",
    )
    result = subprocess.run(
        [f"{Path(sys.executable).parent}/meltano", *add],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    (added,) = yaml.safe_load((tmp_path / "meltano.yml").read_text("utf-8"))["plugins"]["loaders"]
    assert added["commands"] == DEFINITION["commands"]
    assert added["settings_group_validation"] == DEFINITION["settings_group_validation"]
    assert {setting["name"]: setting for setting in added["settings"]} == SETTINGS
