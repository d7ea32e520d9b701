"""Starts the command `target-activecampaign`, also as `python -m target_activecampaign`."""

from __future__ import annotations

import os
import sys

_STANDARD_STREAMS = (0, 1, 2)


def main() -> None:
    """Run the command: with as few imports as it needs, since those of the target take a second."""
    fill_closed_streams()
    from target_activecampaign.cli.completion import answer_shell, is_asked  # noqa: PLC0415 - as above

    if is_asked():
        answer_shell()
    from target_activecampaign.cli.lean_start import is_enough, run_subcommand  # noqa: PLC0415 - as above

    if is_enough(sys.argv[1:], os.environ):
        run_subcommand()
    from target_activecampaign.target import TargetActiveCampaign  # noqa: PLC0415 - as above

    TargetActiveCampaign.cli()


def fill_closed_streams() -> None:
    """Put nothing in the place of standard streams that are closed (`>&-`).

    The next file that is opened would take the place, the ledger perhaps, and be written to as output.
    """
    for stream in _STANDARD_STREAMS:
        if not _is_open(stream):
            # A new file takes the first place that is free: this one.
            os.open(os.devnull, os.O_RDWR)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
