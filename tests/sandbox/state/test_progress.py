"""The rule for the end of an import."""

from __future__ import annotations

import pytest

from target_activecampaign.sandbox.state.progress import Progress


@pytest.mark.parametrize("text", ["at-once", "never", "looks=3", "seconds=1.5"])
def test_a_rule_is_written_as_it_is_read(text: str) -> None:
    assert str(Progress.parse(text)) == text


@pytest.mark.parametrize("text", ["", "soon", "looks", "looks=x", "seconds=-1", "seconds=inf", "never=1"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="progress is at-once"):
        Progress.parse(text)
