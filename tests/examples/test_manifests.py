"""What the examples say twice is the same: exit codes, user and folders of the image."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.any_versions  # files of the repository

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "docs" / "examples"
FINAL = {3, 4, 5}


@pytest.fixture(scope="module")
def job() -> dict[str, t.Any]:
    manifest = yaml.safe_load((EXAMPLES / "kubernetes" / "cronjob.yaml").read_text("utf-8"))
    return t.cast("dict[str, t.Any]", manifest["spec"]["jobTemplate"]["spec"])


@pytest.fixture(scope="module")
def container(job: dict[str, t.Any]) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", job["template"]["spec"]["containers"][0])


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (EXAMPLES / "container" / "Dockerfile").read_text("utf-8")


def assigned(path: Path, name: str) -> object:
    """Return the keys or elements of a constant in a file that is not imported."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return set(ast.literal_eval(node.value))
    return None


@pytest.mark.parametrize("example", ["airflow", "dagster"])
def test_a_scheduler_tries_no_final_exit_code_again(example: str) -> None:
    assert assigned(EXAMPLES / example / "exports.py", "FINAL") == FINAL


def test_the_job_ends_at_a_final_exit_code(job: dict[str, t.Any], container: dict[str, t.Any]) -> None:
    rules = {rule["action"]: rule for rule in job["podFailurePolicy"]["rules"]}
    codes = rules["FailJob"]["onExitCodes"]
    assert (codes["containerName"], codes["operator"]) == (container["name"], "In")
    assert set(codes["values"]) == FINAL
    assert job["template"]["spec"]["restartPolicy"] == "Never", "else the policy is refused"


def test_the_pod_runs_as_the_user_of_the_image_and_may_do_nothing_else(
    job: dict[str, t.Any], container: dict[str, t.Any], dockerfile: str
) -> None:
    pod = job["template"]["spec"]["securityContext"]
    assert f"\nUSER {pod['runAsUser']}:{pod['runAsGroup']}\n" in dockerfile
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_pod_can_write_where_the_pipeline_writes(container: dict[str, t.Any], dockerfile: str) -> None:
    folder = re.findall(r"^WORKDIR (.+)", dockerfile, re.MULTILINE)[-1]
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted == {"/tmp", f"{folder}/.meltano/run", f"{folder}/.meltano/logs"}  # noqa: S108 - in the image


def test_each_secret_comes_from_a_secret(container: dict[str, t.Any]) -> None:
    loader = yaml.safe_load((EXAMPLES / "pipeline" / "meltano.yml").read_text("utf-8"))["plugins"]["loaders"][
        0
    ]
    sensitive = {setting["name"].upper() for setting in loader["settings"] if setting.get("sensitive")}
    secret = {
        variable["name"] for variable in container["env"] if "secretKeyRef" in variable.get("valueFrom", {})
    }
    plain = {variable["name"] for variable in container["env"] if "value" in variable}
    assert {
        "TARGET_ACTIVECAMPAIGN_API_KEY",
        "TARGET_ACTIVECAMPAIGN_LEDGER_URL",
        "MELTANO_DATABASE_URI",
    } == secret
    assert not {f"TARGET_ACTIVECAMPAIGN_{name}" for name in sensitive} & plain


def test_the_pipeline_names_only_settings_that_the_loader_has() -> None:
    pipeline = yaml.safe_load((EXAMPLES / "pipeline" / "meltano.yml").read_text("utf-8"))
    project = yaml.safe_load((PROJECT / "meltano.yml").read_text("utf-8"))
    kinds = {setting["name"]: setting["kind"] for setting in project["plugins"]["loaders"][0]["settings"]}
    named = {setting["name"]: setting["kind"] for setting in pipeline["plugins"]["loaders"][0]["settings"]}
    assert named.items() <= kinds.items()


def test_actions_of_the_example_are_the_ones_that_ci_uses() -> None:
    used, in_ci = (
        set(re.findall(r"uses: (.+)", path.read_text("utf-8")))
        for path in (EXAMPLES / "github-actions" / "export.yml", PROJECT / ".github" / "workflows" / "ci.yml")
    )
    assert used
    assert used <= in_ci
