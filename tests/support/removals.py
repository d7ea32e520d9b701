"""Runs `target-activecampaign mirror`, which takes the people off that are pending."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t

from support.command import config_for

if t.TYPE_CHECKING:
    from support.changes_pipeline import Pipeline


def carry_out_removals(
    pipeline: Pipeline,
    **settings: t.Any,  # noqa: ANN401 - of the configuration
) -> subprocess.CompletedProcess[str]:
    """Run the command with the configuration of the pipeline's runs, as a user who is asked nothing."""
    config = pipeline.folder / "config.json"
    config.write_text(
        json.dumps(config_for(pipeline.sandbox.url, pipeline.folder, **{**pipeline.settings, **settings}))
    )
    return subprocess.run(
        [sys.executable, "-m", "target_activecampaign", "mirror", "--config", str(config), "--yes"],
        capture_output=True,
        text=True,
        check=False,
        cwd=pipeline.folder,
        timeout=100,
    )
