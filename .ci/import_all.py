# ruff: noqa: INP001 - a script, not a package
"""Imports every module of the installed package, to show that none needs a package of the developers' alone.

The modules inside `sandbox` and `report_page` need the extras `sandbox` and `people` and are left out; the
packages themselves are not. So is the one that needs the extra `redis`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import target_activecampaign

NEED_EXTRAS = (
    "target_activecampaign.sandbox.",
    "target_activecampaign.report_page.",
    "target_activecampaign.shared_limits.redis_server",
)

modules = [
    module.name
    for module in pkgutil.walk_packages(target_activecampaign.__path__, "target_activecampaign.")
    if not module.name.startswith(NEED_EXTRAS)
]
for name in modules:
    importlib.import_module(name)
sys.stdout.write(f"{len(modules)} modules imported from {target_activecampaign.__path__[0]}\n")
