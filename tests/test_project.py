"""The repository around the package: workflows, checks, Meltano project, pages, pins, files."""

from __future__ import annotations

import fnmatch
import importlib.metadata
import os
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from coverage import Coverage

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA

pytestmark = pytest.mark.any_versions  # files of the repository

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "target_activecampaign"
PAGES = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(
        PROJECT / ".github" / name
        for name in ("SECURITY.md", "CODE_OF_CONDUCT.md", "PULL_REQUEST_TEMPLATE.md")
    ),
    *(PROJECT / name for name in ("tests/benchmarks/README.md", "tests/real_taps/README.md")),
    PACKAGE / "sandbox" / "README.md",
    # Not what the examples install.
    *sorted(page for page in (PROJECT / "docs").rglob("*.md") if "site-packages" not in page.parts),
]
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
# In two halves, so that this file holds none itself.
REGISTRY_HOSTS = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "crates" + ".io"]
# `decimal` crashes a run when its value comes from the environment, and Meltano knows no `number`.
KINDS = {"string", "integer", "boolean", "array", "object", "options"}

Tree: t.TypeAlias = "dict[str, t.Any]"


def load(path: Path) -> Tree:
    # PyYAML reads the key `on` as a boolean (YAML 1.1); nothing here reads it.
    return t.cast("Tree", yaml.safe_load(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def meltano() -> Tree:
    return load(PROJECT / "meltano.yml")


@pytest.fixture(scope="module")
def loader(meltano: Tree) -> Tree:
    return t.cast("Tree", meltano["plugins"]["loaders"][0])


@pytest.fixture(scope="module")
def pins() -> dict[str, set[str]]:
    """Return each package with its pinned versions; several where Python versions differ."""
    found: dict[str, set[str]] = {}
    for line in (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, version = line.partition(";")[0].strip().split("==")
            found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
class TestWorkflows:
    def test_a_workflow_has_no_permissions_and_each_job_its_own(self, path: Path) -> None:
        workflow = load(path)
        assert workflow["permissions"] == {}
        granted = {name: job["permissions"] for name, job in workflow["jobs"].items()}
        more = {name: of_job for name, of_job in granted.items() if of_job != {"contents": "read"}}
        assert more.keys() == ({"build", "publish", "announce"} if path.name == "release.yml" else set())

    def test_actions_are_pinned_by_hash_with_their_version_beside_it(self, path: Path) -> None:
        uses = re.findall(r"uses: (?!\./)(.+)", path.read_text(encoding="utf-8"))
        assert uses
        assert [
            use for use in uses if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
        ] == []

    def test_the_token_does_not_stay_in_the_checkout(self, path: Path) -> None:
        checkouts = [step for step in steps_of(path) if step.get("uses", "").startswith("actions/checkout@")]
        assert checkouts
        assert all(step["with"]["persist-credentials"] is False for step in checkouts)

    def test_shell_lines_hold_no_expressions(self, path: Path) -> None:
        assert [step["run"] for step in steps_of(path) if "${{" in step.get("run", "")] == []

    def test_a_new_push_ends_the_run_of_the_last_but_no_release(self, path: Path) -> None:
        assert load(path)["concurrency"]["cancel-in-progress"] is (path.name != "release.yml")


def steps_of(path: Path) -> list[Tree]:
    return [step for job in load(path)["jobs"].values() for step in job.get("steps", [])]


def test_a_release_goes_from_checks_to_a_draft_to_the_index_and_is_tried_there() -> None:
    jobs = load(PROJECT / ".github" / "workflows" / "release.yml")["jobs"]
    order = ["check", "build", "publish", "try", "announce"]
    assert list(jobs) == order
    assert [job.get("needs") for job in jobs.values()] == [None, *order[:-1]]
    assert jobs["check"]["uses"] == "./.github/workflows/ci.yml"
    tried = jobs["try"]["strategy"]["matrix"]["python"]
    assert tried == [entry["python"] for entry in ci_matrix() if entry["steps"] == "readme"]


def test_publishing_needs_an_approval_and_no_secret_and_sees_no_sources() -> None:
    text = read(".github/workflows/release.yml")
    publish = load(PROJECT / ".github" / "workflows" / "release.yml")["jobs"]["publish"]
    assert publish["environment"] == "release"
    assert publish["permissions"] == {"id-token": "write"}
    assert [step["uses"].partition("@")[0] for step in publish["steps"]] == [
        "actions/download-artifact",
        "pypa/gh-action-pypi-publish",
    ]
    assert "secrets." not in text


def test_what_a_release_runs_is_there_to_be_run_by_hand() -> None:
    scripts = set(re.findall(r"\.ci/[\w.]+", read(".github/workflows/release.yml")))
    assert scripts == {".ci/build", ".ci/demo", ".ci/release.py"}
    assert [name for name in scripts if not os.access(PROJECT / name, os.X_OK)] == []


def ci_matrix() -> list[dict[str, str]]:
    job = load(PROJECT / ".github" / "workflows" / "ci.yml")["jobs"]["check"]
    return t.cast("list[dict[str, str]]", job["strategy"]["matrix"]["include"])


def test_ci_takes_every_step_of_the_script_that_people_run() -> None:
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    steps = set(re.findall(r"^step_(\w+)\(\)", script, re.MULTILINE))
    assert {step for entry in ci_matrix() for step in entry["steps"].split()} == steps


def test_ci_runs_the_tests_on_the_oldest_and_newest_python_that_the_package_names() -> None:
    classifiers = importlib.metadata.metadata("target-activecampaign").get_all("Classifier", [])
    named = re.findall(r"Python :: (3\.\d+)", " ".join(classifiers))
    tested = [entry["python"] for entry in ci_matrix() if entry["steps"] == "readme"]
    assert tested == [named[0], named[-1]]


def test_the_lowest_versions_are_tried_on_the_oldest_python() -> None:
    assert [entry["python"] for entry in ci_matrix() if entry["steps"] == "lowest"] == ["3.10"]


def test_the_check_command_runs_nothing_that_ci_leaves_out() -> None:
    check, run = read(".ci/check"), read(".ci/run")
    commands = re.findall(r"^  run (.+)", check, re.MULTILINE)
    assert commands
    assert [command for command in commands if f"\n  {command}\n" not in run] == []


def test_ci_fails_where_too_few_branches_are_covered() -> None:
    # Read as coverage reads it: the standard library of Python 3.10 has no parser for TOML.
    config = Coverage(config_file=str(PROJECT / "pyproject.toml"))
    assert config.get_option("run:branch") is True
    assert config.get_option("run:patch") == ["subprocess"], "most of the tests start processes"
    assert t.cast("float", config.get_option("report:fail_under")) >= 90
    assert re.search(r"bin/pytest\"? .*--cov ", read(".ci/run"))


def test_the_project_needs_no_hub_no_telemetry_and_no_version_check(meltano: Tree) -> None:
    installed = [*meltano["plugins"]["extractors"], *meltano["plugins"]["loaders"]]
    assert all({"namespace", "pip_url", "executable", "settings"} <= plugin.keys() for plugin in installed)
    assert meltano["send_anonymous_usage_stats"] is False
    assert meltano["cli"]["disable_version_check"] is True


def test_meltano_leaves_its_file_alone(meltano: Tree) -> None:
    assert meltano["project_id"], "without one Meltano writes the file anew, comments and all"


def test_the_tap_is_pinned(meltano: Tree) -> None:
    assert re.fullmatch(r"[\w-]+==[\d.]+", meltano["plugins"]["extractors"][0]["pip_url"])


def test_every_setting_of_the_loader_says_what_it_is(loader: Tree) -> None:
    for setting in loader["settings"]:
        assert setting["kind"] in KINDS, setting["name"]
        assert setting["description"].endswith("."), setting["name"]


def test_the_key_is_sensitive_and_has_no_value(loader: Tree) -> None:
    key = next(setting for setting in loader["settings"] if setting["name"] == "api_key")
    assert key["sensitive"] is True
    assert "value" not in key


def test_no_setting_is_named_twice(loader: Tree) -> None:
    names = [setting["name"] for setting in loader["settings"]]
    assert len(names) == len(set(names))


def test_the_mirror_is_a_step_with_the_program_and_the_configuration_of_the_loader(
    meltano: Tree, loader: Tree
) -> None:
    (mirror,) = meltano["plugins"]["utilities"]
    assert (mirror["namespace"], mirror["settings"]) == (loader["namespace"], loader["settings"])
    assert mirror["executable"] == f"./.meltano/loaders/{loader['name']}/venv/bin/{loader['executable']}"
    assert mirror["commands"] == {"mirror": "mirror --config ENV"}
    for environment in meltano["environments"]:
        of_loader = configuration(environment, "loaders", loader["name"])
        assert configuration(environment, "utilities", mirror["name"]) == of_loader
    # The tap for CSV reads changed files alone, so a mirror behind it ends with exit code 5.
    assert not [job["name"] for job in meltano["jobs"] if f"{mirror['name']}:mirror" in job["tasks"]]


def test_settings_that_belong_together_exist(loader: Tree) -> None:
    names = {setting["name"] for setting in loader["settings"]}
    assert {name for group in loader["settings_group_validation"] for name in group} <= names


def test_environments_set_only_what_the_plugins_have(meltano: Tree) -> None:
    for plugin_type, plugins in meltano["plugins"].items():
        for plugin in plugins:
            names = {setting["name"] for setting in plugin["settings"]}
            for environment in meltano["environments"]:
                assert configuration(environment, plugin_type, plugin["name"]).keys() <= names


def test_the_demo_goes_to_the_sandbox_unless_asked_otherwise(meltano: Tree) -> None:
    assert meltano["default_environment"] == "dev"
    dev = next(environment for environment in meltano["environments"] if environment["name"] == "dev")
    assert configuration(dev, "loaders", "target-activecampaign")["hostname"] == "sandbox"


def test_a_real_account_is_named_by_environment_variables_alone(meltano: Tree) -> None:
    prod = next(environment for environment in meltano["environments"] if environment["name"] == "prod")
    values = configuration(prod, "loaders", "target-activecampaign").values()
    assert [value for value in values if not re.fullmatch(r"\$[A-Z_]+", str(value))] == []


def test_the_made_up_customers_never_go_to_a_real_account(meltano: Tree) -> None:
    reading = [environment["name"] for environment in meltano["environments"] if "demo/" in str(environment)]
    assert reading == ["dev"]


def test_jobs_and_schedules_name_what_exists(meltano: Tree) -> None:
    plugins = {plugin["name"] for kind in meltano["plugins"].values() for plugin in kind}
    jobs = {job["name"]: job for job in meltano["jobs"]}
    assert "demo" in jobs
    named = {name for job in jobs.values() for task in job["tasks"] for name in task.split()}
    assert {name.partition(":")[0] for name in named} <= plugins
    assert {schedule["job"] for schedule in meltano["schedules"]} <= jobs.keys()


def configuration(environment: Tree, plugin_type: str, name: str) -> Tree:
    plugins = environment["config"]["plugins"].get(plugin_type, [])
    return next((t.cast("Tree", plugin["config"]) for plugin in plugins if plugin["name"] == name), {})


def test_everything_that_the_package_needs_is_pinned(pins: dict[str, set[str]]) -> None:
    required = importlib.metadata.requires("target-activecampaign") or []
    names = {
        re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-") for requirement in required
    }
    assert names
    assert names - pins.keys() == set()


def test_hooks_before_a_commit_use_the_pinned_versions(pins: dict[str, set[str]]) -> None:
    hooks = [hook for repo in load(PROJECT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    pins = {
        **pins,
        "actionlint": set(re.findall(r"^actionlint_version=(\S+)", read(".ci/run"), re.MULTILINE)),
    }
    for dependency in (dependency for hook in hooks for dependency in hook["additional_dependencies"]):
        name, version = re.split("==|@", dependency)
        assert version in pins[name], name


def test_hooks_before_a_commit_are_the_lint_of_ci() -> None:
    hooks = [hook for repo in load(PROJECT / ".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    entries = " ".join(hook["entry"] for hook in hooks).replace("--force-exclude", "")
    script = read(".ci/run")
    lint = script.partition("step_lint() {")[2].partition("\n}")[0].split("\n")
    tools = [re.sub(r" *(--|\.).*", "", line.strip()) for line in lint if line.strip()]
    assert tools == [
        "install_development",
        "ruff check",
        "ruff format",
        "lint-imports",
        "zizmor",
        "run_actionlint",
    ]
    assert [tool for tool in tools[1:] if tool.removeprefix("run_") not in entries] == []


FORMS = [load(PROJECT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml") for name in ("bug", "idea")]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form["name"])
def test_an_issue_form_is_one(form: Tree) -> None:
    assert {"name", "description", "body"} <= form.keys() <= {"name", "description", "labels", "body"}
    labels = t.cast("list[dict[str, str]]", load(PROJECT / ".github" / "labels.yml"))
    assert set(form["labels"]) <= {label["name"] for label in labels}
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert all(field["attributes"]["label"] for field in fields)
    assert len({field["id"] for field in fields}) == len(fields)


def test_a_bug_comes_with_report_and_exit_code_and_without_people() -> None:
    fields = {field["id"]: field for field in FORMS[0]["body"] if "id" in field}
    assert "report_path" in fields["report"]["attributes"]["description"]
    codes = re.findall(r"^\| `([\d, ]+)` \|", read("docs/reference/exit-codes.md"), re.MULTILINE)
    choices = " ".join(fields["exit_code"]["attributes"]["options"])
    assert [
        code for row in codes for code in row.split(", ") if code not in re.findall(r"\d+", choices)
    ] == []
    assert fields["exit_code"]["validations"]["required"] is True
    assert fields["no_people"]["attributes"]["options"][0]["required"] is True
    asked = [f"{key}: {field['attributes']['label']}" for key, field in fields.items() if key != "no_people"]
    assert [label for label in asked if re.search(r"e-?mail|address|key|contact", label, re.IGNORECASE)] == []


def test_labels_are_ones_that_github_takes() -> None:
    labels = t.cast("list[dict[str, str]]", load(PROJECT / ".github" / "labels.yml"))
    assert len({label["name"] for label in labels}) == len(labels)
    assert [label for label in labels if not re.fullmatch("[0-9a-f]{6}", label["color"])] == []
    assert [label for label in labels if not 0 < len(label["description"]) <= 100] == []
    assert "good first issue" in {label["name"] for label in labels}


def test_good_first_issues_name_files_that_exist() -> None:
    page = read("docs/good-first-issues.md")
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`((?:\w+/)+\w+\.py)`", row) for row in rows]
    assert len(rows) >= 5
    assert [row for row, files in zip(rows, named, strict=True) if not files] == []
    assert [file for files in named for file in files if not (PROJECT / file).exists()] == []


def test_security_tells_of_each_secret_setting() -> None:
    told = read(".github/SECURITY.md").partition("## What is secret")[2].partition("\n## ")[0]
    secret = [name for name, of in CONFIG_JSONSCHEMA["properties"].items() if of.get("secret")]
    assert len(secret) >= 4
    assert [name for name in secret if f"`{name}`" not in told] == []


def test_security_names_tests_that_exist() -> None:
    named = re.findall(r"`(test_\w+|tests/[\w./]+)`", read(".github/SECURITY.md"))
    tests = " ".join(path.read_text("utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    assert named
    assert [name for name in named if f"def {name}(" not in tests and not (PROJECT / name).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_page_links_to_what_exists(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_design_page_stands_in_the_index() -> None:
    folder = PROJECT / "docs" / "design"
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert {page.name for page in folder.glob("*.md")} - {"README.md"} <= linked


def test_contributing_says_what_each_folder_is_for() -> None:
    table = re.findall(r"^\| `(\w+)/` \|", contributing(), re.MULTILINE)
    assert sorted(table) == sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def test_contributing_lists_the_folders_as_their_imports_point() -> None:
    layers = re.search(r"^layers = \[(.*?)^\]", read("pyproject.toml"), re.MULTILINE | re.DOTALL)
    assert layers
    levels = [set(re.findall(r"\w+", line)) for line in layers[1].splitlines()]
    order = [
        next(level for level, names in enumerate(levels) if folder in names)
        for folder in re.findall(r"^\| `(\w+)/` \|", contributing(), re.MULTILINE)
    ]
    assert order == sorted(order)


def test_contributing_names_files_that_exist() -> None:
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|\w+\.(?:py|md|toml|yml))`", contributing())
    assert named
    assert [
        name
        for name in named
        if not any((base / name).exists() for base in (PROJECT, PACKAGE, PROJECT / "tests"))
    ] == []


def contributing() -> str:
    return read("CONTRIBUTING.md")


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_license_is_apache_2() -> None:
    text = (PROJECT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_sdist_holds_all_that_the_repository_holds() -> None:
    section = read("pyproject.toml").partition("[tool.hatch.build.targets.sdist]")[2].partition("\n]")[0]
    included = set(re.findall(r'"/(.+)",', section))
    lines = read(".gitignore").splitlines()
    made = {"PKG-INFO", "pyproject.toml", ".git"}
    top = {path.relative_to(PROJECT).parts[0] for path in files_of_project()} - made
    kept = {name for name in top if not any(fnmatch.fnmatch(name, line) for line in lines)}
    assert kept == included


def test_no_file_names_a_package_registry() -> None:
    naming = [
        f"{path.relative_to(PROJECT)}: {host}"
        for path in files_of_project()
        for host in REGISTRY_HOSTS
        if host.encode() in path.read_bytes()
    ]
    assert naming == []


def files_of_project() -> t.Iterator[Path]:
    """Yield all files but those in folders that `.gitignore` names."""
    lines = (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = {".git", *(line.rstrip("/") for line in lines if line.endswith("/"))}
    for folder, subfolders, names in os.walk(PROJECT):
        subfolders[:] = [
            name for name in subfolders if name not in ignored and not name.endswith(".egg-info")
        ]
        yield from (Path(folder, name) for name in names)


def test_no_page_holds_the_marks_of_a_merge() -> None:
    marks = re.compile(r"^(<{7}|>{7}) ", re.MULTILINE)
    assert [page.name for page in PAGES if marks.search(page.read_text(encoding="utf-8"))] == []
