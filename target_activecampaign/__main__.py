"""Starts the command `target-activecampaign`, also as `python -m target_activecampaign`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command: with as few imports as it needs, since those of the target take a second."""
    from target_activecampaign.cli.completion import answer_shell, is_asked  # noqa: PLC0415 - as above

    if is_asked():
        answer_shell()
    from target_activecampaign.cli.lean_start import is_enough, run_subcommand  # noqa: PLC0415 - as above

    if is_enough(sys.argv[1:], os.environ):
        run_subcommand()
    from target_activecampaign.target import TargetActiveCampaign  # noqa: PLC0415 - as above

    TargetActiveCampaign.cli()


if __name__ == "__main__":
    main()
