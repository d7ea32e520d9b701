"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Limits on the time that an example and its making take say more about the machine than about the code.
_AT_ANY_PACE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples every time: a change is judged by what it does, not by what another draw would have found.
settings.register_profile("project", _AT_ANY_PACE, derandomize=True)
# Other examples each time, to look for more: `pytest --hypothesis-profile=search`.
settings.register_profile("search", _AT_ANY_PACE)
settings.load_profile("project")
