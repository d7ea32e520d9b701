"""The SDK's standard tests of targets."""

from __future__ import annotations

from singer_sdk.testing import get_target_test_class

from target_activecampaign.target import TargetActiveCampaign

# The standard streams hold no addresses, so they are not exported; all else about them must work.
StandardTargetTests = get_target_test_class(
    TargetActiveCampaign,
    config={
        "hostname": "sandbox",
        "api_key": "sandbox",
        "data_privacy_consent": True,
        "streams": {"customers": {"list_id": 1}},
    },
)


class TestStandardTarget(StandardTargetTests):  # type: ignore[misc, valid-type]
    """Run all of them."""
