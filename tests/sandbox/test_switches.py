"""The switches."""

from __future__ import annotations

from target_activecampaign.sandbox.switches import SWITCHES, Switches


def test_every_switch_starts_with_its_first_value() -> None:
    assert Switches().as_dict() == {name: switch.values[0] for name, switch in SWITCHES.items()}
