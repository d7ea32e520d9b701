"""Owns the SDK's words on the settings that keep its meaning, for those who describe settings.

Reading settings needs none of it, and so does without the import of the SDK.
"""

from __future__ import annotations

import typing as t

from singer_sdk.helpers import capabilities

from target_activecampaign.config.schema import CONFIG_JSONSCHEMA, SDK_KINDS

_OF_SDK: dict[str, dict[str, t.Any]] = {
    **capabilities.STREAM_MAPS_CONFIG["properties"],
    **capabilities.FLATTENING_CONFIG["properties"],
    **capabilities.TARGET_VALIDATE_RECORDS_CONFIG["properties"],
    **capabilities.BATCH_CONFIG["properties"],
}

DESCRIBED_JSONSCHEMA: dict[str, t.Any] = {
    **CONFIG_JSONSCHEMA,
    "properties": {**CONFIG_JSONSCHEMA["properties"], **{name: _OF_SDK[name] for name in SDK_KINDS}},
}
"""The configuration's schema with all descriptions, as `--about` shows it."""
