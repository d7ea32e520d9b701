# ruff: noqa: INP001 - a script beside its data
"""Owns `target-activecampaign.yml`, the plugin's definition in the form of Meltano Hub, and how it is made.

Settings come from the schema in `config/schema.py`, capabilities, commands and Python versions from the
package. The same text, from `capabilities` on, stands in the repository's `meltano.yml`.

Usage: `python docs/hub/make_definition.py` writes both files; with `--check` it changes nothing and fails
where one differs. It needs PyYAML.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import textwrap
import typing as t
from pathlib import Path

import click
import yaml

from target_activecampaign.config.meltano_settings import declared_settings
from target_activecampaign.config.schema import CONFIG_JSONSCHEMA
from target_activecampaign.target import TargetActiveCampaign

DEFINITION = Path(__file__).with_name("target-activecampaign.yml")
PROJECT = Path(__file__).parents[2] / "meltano.yml"

OF_NO_USE = {
    "init": "sets up an export without Meltano",
    "ledger": "forgets people, which belongs to the shell's exact words",
    "mirror": "is a step of its own, a utility",
    "sandbox": "serves until it is stopped",
}
"""Subcommands that `meltano invoke` does not offer, each with the reason."""

_HEAD = """# Made by docs/hub/make_definition.py: change config/schema.py or that script, then run it.
# In the hub this is _data/meltano/loaders/target-activecampaign/VARIANT.yml, where VARIANT is the owner of
# the repository; `original` stands for it here. `quality` is the hub's own to rate.
"""
_BEGIN = "    # As in docs/hub/target-activecampaign.yml; docs/hub/make_definition.py writes it: begin\n"
_END = "    # end\n"
_ANCHOR = "settings: &settings\n"
_WIDTH = 110


def main(arguments: list[str]) -> int:
    """Write both files, or with `--check` say which differ."""
    definition = make_definition()
    wanted = {DEFINITION: definition, PROJECT: with_plugin(PROJECT.read_text("utf-8"), definition)}
    differing = [
        path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text
    ]
    if arguments == ["--check"]:
        for path in differing:
            sys.stderr.write(f"{path.name} differs: run python docs/hub/make_definition.py\n")
        return 1 if differing else 0
    for path in differing:
        path.write_text(wanted[path], "utf-8")
    return 0


def make_definition() -> str:
    """Return the text of the definition."""
    return _HEAD + as_yaml(_for_the_hub()) + as_yaml(_for_every_project())


def with_plugin(project: str, definition: str) -> str:
    """Return the text of a `meltano.yml` in which the marked lines are those of the definition.

    Args:
        project: The text of the project.
        definition: The text of the definition.
    """
    shared = definition[definition.index("\ncapabilities:") + 1 :]
    plugin = textwrap.indent(shared.replace("settings:\n", _ANCHOR), "    ")
    before, _, rest = project.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + plugin + _END + after


def as_yaml(tree: dict[str, t.Any]) -> str:
    """Return a mapping as YAML, in its order."""
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _for_the_hub() -> dict[str, t.Any]:
    """Return what the hub tells of the plugin, beside its definition."""
    return {
        "name": TargetActiveCampaign.name,
        "namespace": TargetActiveCampaign.name.replace("-", "_"),
        "variant": "original",
        "label": "ActiveCampaign",
        "description": "Email marketing, marketing automation and CRM",
        "domain_url": "https://www.activecampaign.com/",
        "keywords": ["meltano_sdk", "reverse_etl"],
        "maintenance_status": "beta",
        "quality": "unknown",
        "pip_url": TargetActiveCampaign.name,
        "executable": TargetActiveCampaign.name,
        "supported_python_versions": _python_versions(),
        "log_parser": "singer-sdk",
        "prereq": (
            "An ActiveCampaign account and the key of an API user (Settings > Developer). To try the loader "
            "without an account, add `[sandbox]` to `pip_url` and set `hostname` and `api_key` to `sandbox`."
        ),
        "next_steps": (
            "`meltano invoke target-activecampaign:check` tries settings and account and writes nothing; "
            "`meltano invoke target-activecampaign:lists` shows the lists."
        ),
    }


def _for_every_project() -> dict[str, t.Any]:
    """Return what a project has to know of the plugin, the hub or no hub."""
    return {
        "capabilities": sorted(capability.value for capability in TargetActiveCampaign.capabilities),
        "settings_group_validation": [list(CONFIG_JSONSCHEMA["required"])],
        "commands": _commands(),
        "settings": declared_settings(),
    }


def _python_versions() -> list[str]:
    classifiers = importlib.metadata.metadata("target-activecampaign").get_all("Classifier", [])
    return re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))


def _commands() -> dict[str, dict[str, str]]:
    group = t.cast("click.Group", TargetActiveCampaign.cli)
    context = click.Context(group)
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {
        name: {"args": f"{name} --config ENV", "description": _first_sentence(command.help or "")}
        for name, command in commands.items()
        if command and name not in OF_NO_USE
    }


def _first_sentence(text: str) -> str:
    return f"{' '.join(text.split()).partition('. ')[0].rstrip('.')}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
