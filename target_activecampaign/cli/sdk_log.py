"""Owns what of the SDK's own log people see: none of its noise, and its metrics where somebody wants them.

What it leaves out is there at DEBUG. Metrics are written at INFO, too, where a logging configuration
(`SINGER_SDK_LOG_CONFIG`) has an entry for their logger.
"""

from __future__ import annotations

import logging

from singer_sdk.metrics import METRICS_LOGGER_NAME

_NOISE = (
    "Skipping parse of env var settings",
    "Parsing env var for settings config",
    "Reader '%s' completed processing",
    "Error initializing target sink",  # its cause follows, as a sentence of ours
)


def quiet_sdk(name: str) -> None:
    """Leave out what nobody asked for; call it before `redact_logs`, which sets levels.

    Args:
        name: Of the target's logger.
    """
    logging.getLogger(name).addFilter(_is_no_noise)
    metrics = logging.getLogger(METRICS_LOGGER_NAME)
    # The SDK sets its level only when a target is made.
    is_configured = bool(metrics.handlers or metrics.level != logging.NOTSET or metrics.filters)
    if not is_configured:
        metrics.addFilter(_is_debugged)


def _is_no_noise(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(_NOISE) or _is_debugged(record)


def _is_debugged(record: logging.LogRecord) -> bool:
    return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)
