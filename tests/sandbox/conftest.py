"""Makes the sandbox's fixtures known to the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

# The tests are not a package; what several folders use stands one level up.
sys.path.insert(0, str(Path(__file__).parents[1]))

from sandbox_fixture import api, connect, controls, sandbox, start_sandbox

__all__ = ["api", "connect", "controls", "sandbox", "start_sandbox"]
