"""A log quotes what the service's words about several contacts share, and no value of theirs."""

from __future__ import annotations

import pytest

from target_activecampaign.api.service_words import common_words


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["The account is suspended"] * 3, "The account is suspended"),
        (["Up to 250 contacts"] * 2, "Up to 250 contacts"),
        (["Phone +491511 is bad", "Phone +491512 is bad"], "Phone (…) is bad"),
        (["Phone +491511 is bad"] * 2, "Phone (…) is bad"),
        (["born 1990-01-07", "born 1990-01-08"], "born (…)"),
        (["Ada is no first name"] * 2, "(…) is no first name"),
        (["ADA's name is bad"] * 2, "(…) name is bad"),
        (["p7 at example.com is refused"] * 2, "(…) at (…) is refused"),
        (["p7\uff20example.com is refused"] * 2, "(…) is refused"),
        (["p7%2540example.com is refused"] * 2, "(…) is refused"),
        (["p7 @ example.com refused", "p8 @ example.com refused"], "(…) @ (…) refused"),
        (["one reason", "another one reason"], "(words that differ by contact)"),
    ],
)
def test_what_texts_share_is_quoted_without_values_of_contacts(texts: list[str], said: str) -> None:
    values = ["p7@example.com", "p8@example.com", "Ada", "+491511", "+491512"]
    assert common_words(texts, values) == said
