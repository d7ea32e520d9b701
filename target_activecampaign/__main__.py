"""Starts the command `target-activecampaign`, also as `python -m target_activecampaign`."""

from __future__ import annotations


def main() -> None:
    """Run the command; a shell that completes a line is answered without it."""
    # What it imports takes a second.
    from target_activecampaign.cli.completion import answer_shell, is_asked  # noqa: PLC0415

    if is_asked():
        answer_shell()
    from target_activecampaign.target import TargetActiveCampaign  # noqa: PLC0415

    TargetActiveCampaign.cli()


if __name__ == "__main__":
    main()
