"""The summary: the figures of a run as sentences in the log."""

from __future__ import annotations

import logging
import typing as t

from target_activecampaign.config.names import shown_text

logger = logging.getLogger(__name__)


def log_summary(report: dict[str, t.Any]) -> None:
    """Log the figures: a line for each stream, and one for the run.

    Args:
        report: As `Report.as_json` gives it.
    """
    if report["plan"]:
        room = "unknown room" if report["room"] is None else f"room for {report['room']}"
        logger.info(
            "dry run: nothing was sent. The run would send %d imports, in about %d requests and %.1f "
            "minutes; the contract leaves %s; its first contact: %s. Its figures:",
            report["plan"]["imports"],
            report["plan"]["requests"],
            report["plan"]["minutes"],
            room,
            report["plan"]["first_contact"],
        )
    for stream, figures in report["streams"].items():
        logger.info("stream %r: %s", stream, _describe(figures))
    logger.info(
        "%s: %s; %d imports, %d requests, %.1f s, exit code %d",
        report["display_name"],
        _describe(report),
        report["imports"],
        report["requests"],
        report["seconds"],
        report["exit_code"],
    )
    if report["created_may_be_too_high"]:
        logger.warning(
            "created: ActiveCampaign named more contacts as new than can be new; the figure is too high"
        )


def _describe(figures: dict[str, t.Any]) -> str:
    rejected = figures["rejected"]
    reasons = f" ({', '.join(f'{reason} {count}' for reason, count in rejected.items())})" if rejected else ""
    unsettled = f" + {figures['unsettled']} unsettled" if figures["unsettled"] else ""
    return (
        f"{figures['read']} records read = "
        f"{figures['delivered']} delivered ({figures['created']} created, {figures['updated']} updated) + "
        f"{figures['unchanged']} unchanged + {figures['superseded']} superseded + "
        f"{sum(rejected.values())} rejected{reasons} + {figures['held_back']} held back{unsettled}"
        f"{_describe_others(figures)}"
    )


def _describe_others(figures: dict[str, t.Any]) -> str:
    """Name the figures that are no part of the sum, where there are any."""
    words = {
        "filtered": "filtered",
        "ignored": "ignored",
        "unsubscribed": "unsubscribed",
        "left_alone": "left alone",
    }
    said = [f"{figures[key]} {word}" for key, word in words.items() if figures[key]]
    if left_out := figures["left_out"]:
        fields = ", ".join(f"{shown_text(field)} {count}" for field, count in left_out.items())
        said.append(f"{sum(left_out.values())} left out ({fields})")
    return f"; {', '.join(said)}" if said else ""
