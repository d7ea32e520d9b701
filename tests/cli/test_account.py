"""`lists`, `fields` and `tags` show what the account has, by the folder's own configuration too."""

from __future__ import annotations

import json
import typing as t

import pytest
from click.testing import CliRunner
from support.command import config_for
from support.sandbox_fixture import KEY

from target_activecampaign.cli import account
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from target_activecampaign.sandbox.server import RunningSandbox


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps the commands from silencing the loggers of the tests' own process, and each in its folder."""
    monkeypatch.setattr(account, "redact_logs", lambda: None)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), list(arguments))


def write_config(folder: Path, **settings: object) -> None:
    (folder / "config.json").write_text(json.dumps(settings))


@pytest.fixture
def _configured(sandbox: RunningSandbox, tmp_path: Path) -> None:
    """A folder whose configuration knows the connection alone."""
    write_config(tmp_path, hostname=sandbox.url, api_key=KEY)


@pytest.mark.usefixtures("_configured")
def test_lists_have_ids_and_figures() -> None:
    said = invoke("lists")
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        "id  name        active  kind",
        " 1  Customers        0  email",
        " 2  Newsletter       0  email",
        " 3  VIP              0  email",
    ]
    assert said.stderr.splitlines() == [
        "config.json",
        'In the configuration: "list_id": <id>',
        "Then: target-activecampaign check",
    ]


@pytest.mark.usefixtures("_configured")
def test_fields_have_the_first_five_options_or_all() -> None:
    some, every = invoke("fields", "--find", "LANGUAGE"), invoke("fields", "--find", "language", "--options")
    assert some.stdout.splitlines()[0].split() == ["id", "tag", "title", "type", "options"]
    assert ", +" in some.stdout or some.stdout == every.stdout
    assert '"custom_fields": {"Language": "<your column>"}' in some.stderr
    document = json.loads(invoke("fields", "--json", "--options").stdout)
    assert document["ok"] is True
    assert {"Language", "City"} <= {field["title"] for field in document["fields"]}


@pytest.mark.usefixtures("_configured")
def test_tags_are_counted_where_asked_for() -> None:
    assert invoke("tags").stdout.split() == ["tag", "customer", "newsletter", "vip"]
    document = json.loads(invoke("tags", "--counts", "--find", "vi", "--json").stdout)
    assert document == {"ok": True, "tags": [{"tag": "vip", "contacts": 0}]}
    none = invoke("tags", "--find", "nothing like it")
    assert (none.exit_code, none.stdout) == (0, "tag\n")
    assert "There are no tags of that kind" in none.stderr


def test_a_named_configuration_counts_alone(sandbox: RunningSandbox, tmp_path: Path) -> None:
    write_config(tmp_path, hostname="sandbox", api_key="other")
    path = tmp_path / "named.json"
    path.write_text(json.dumps(config_for(sandbox.url, tmp_path)))
    said = invoke("lists", "--json", "--config", str(path))
    assert [one["name"] for one in json.loads(said.stdout)["lists"]] == ["Customers", "Newsletter", "VIP"]
    assert said.stderr == ""


def test_the_key_may_stand_in_a_file_of_variables_and_is_not_shown(
    sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(tmp_path, hostname="nowhere.example.com", api_key="old")
    (tmp_path / ".env").write_text(
        f"OTHER=1\nTARGET_ACTIVECAMPAIGN_API_KEY='{KEY}'\n"
        f"export TARGET_ACTIVECAMPAIGN_HOSTNAME={sandbox.url}\n"
    )
    monkeypatch.setenv("TARGET_ACTIVECAMPAIGN_REQUESTS_PER_SECOND", "4")
    said = invoke("tags")
    assert said.exit_code == 0
    assert said.stderr.splitlines()[0] == (
        "config.json, .env (TARGET_ACTIVECAMPAIGN_API_KEY, TARGET_ACTIVECAMPAIGN_HOSTNAME), "
        "the environment (TARGET_ACTIVECAMPAIGN_REQUESTS_PER_SECOND)"
    )
    assert sandbox.url not in said.output


def test_a_folder_without_a_configuration_is_said() -> None:
    said = invoke("lists")
    assert said.exit_code == 2
    assert "this folder has no config.json. Add --config FILE or ENV, or have one made" in said.stderr


def test_a_configuration_that_is_none_is_said_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"api_key": "made-up-key",}')
    said = invoke("lists")
    assert said.exit_code == 1
    assert "config.json, line 1, column 26: the comma before } is one too many" in said.stderr


def test_what_is_wrong_is_one_document_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    write_config(tmp_path, hostname=sandbox.url)
    said = invoke("lists", "--json")
    document = json.loads(said.stdout)
    assert (said.exit_code, document["ok"]) == (1, False)
    assert document["problems"][0].startswith("api_key: is missing")


@pytest.mark.parametrize("columns", [80, 100])
def test_all_options_are_shown_whole_on_lines_that_fit(
    start_sandbox: Callable[..., RunningSandbox],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    columns: int,
) -> None:
    options = [{"value": f"option-{number:03}"} for number in range(200)]
    seed = {"fields": [{"title": "Colour", "type": "dropdown", "options": options}], "contacts": []}
    write_config(tmp_path, hostname=start_sandbox(seed=seed).url, api_key=KEY)
    monkeypatch.setenv("COLUMNS", str(columns))
    said = invoke("fields", "--options").stdout
    assert all(one["value"] in said for one in options)
    assert max(map(len, said.splitlines())) <= columns


@pytest.mark.usefixtures("_configured")
def test_below_80_columns_each_value_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert invoke("lists", "--find", "vip").stdout == "id: 3\nname: VIP\nactive: 0\nkind: email\n\n"
