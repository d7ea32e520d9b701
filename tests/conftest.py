"""What holds for all tests."""

from __future__ import annotations

import hypothesis

# The default of 200 ms an example says more about the machine than about the code.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")
