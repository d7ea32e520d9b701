"""The sandbox's time."""

from __future__ import annotations

from target_activecampaign.sandbox.clock import Clock


def test_a_change_of_speed_keeps_the_seconds_that_passed() -> None:
    moments = iter([0.0, 10.0, 10.0, 11.0])
    clock = Clock(1.0, monotonic=lambda: next(moments))

    clock.speed = 60
    assert clock.seconds() == 70
