"""Which addresses an account's exclusion list names, in any form of their domain."""

from __future__ import annotations

import pytest

from target_activecampaign.contacts.exclusions import Exclusion, Exclusions


def is_excluded(phrase: str, match_type: str, email: str = "ada@xn--bcher-kva.example") -> bool:
    return Exclusions([Exclusion(phrase, match_type, "all", frozenset())]).find(email, 1) is not None


@pytest.mark.parametrize("phrase", ["ada@b\u00fccher.example", "ada@xn--bcher-kva.example"])
def test_an_address_is_excluded_whichever_form_its_domain_has(phrase: str) -> None:
    assert is_excluded(phrase, "exact")
    assert not is_excluded(phrase, "exact", "bob@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "phrase", ["@b\u00fccher.example", "\u00fccher.example", "@xn--bcher-kva.example", ".example"]
)
def test_an_ending_is_excluded_whichever_form_its_domain_has(phrase: str) -> None:
    assert is_excluded(phrase, "end")
    assert not is_excluded(phrase, "end", "ada@example.com")
