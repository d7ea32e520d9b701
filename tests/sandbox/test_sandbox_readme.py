"""The sandbox's README: its tables and its faults are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from target_activecampaign import sandbox
from target_activecampaign.sandbox.command import command
from target_activecampaign.sandbox.faults import Fault
from target_activecampaign.sandbox.switches import SWITCHES

README = Path(sandbox.__file__).with_name("README.md").read_text(encoding="utf-8")
FAULTS = re.findall(r"^    ((?:\*|GET|POST|import) .+)$", README.split("## Faults")[1], re.MULTILINE)


def test_every_switch_stands_in_it_with_its_values() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (`.+`) \|$", README, re.MULTILINE)

    shown = {name: tuple(re.findall(r"`([^`]+)`", values)) for name, values in rows}
    assert shown == {name: switch.values for name, switch in SWITCHES.items()}


def test_every_option_of_the_command_stands_in_it() -> None:
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}

    assert set(re.findall(r"`(--[a-z-]+)", README.split("## Faults")[0])) == options


@pytest.mark.parametrize("line", FAULTS)
def test_every_fault_in_it_is_one(line: str) -> None:
    assert Fault.parse(line).text == line
