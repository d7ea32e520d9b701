"""That somebody is on no list is read from an answer alone whose every entry could be read."""

from __future__ import annotations

import json
import typing as t

from hypothesis import example, given, settings
from hypothesis import strategies as st

from target_activecampaign.api.memberships import read_contact_lists
from target_activecampaign.api.responses import SUBSCRIBED, Response

ODD = st.one_of(st.none(), st.booleans(), st.integers(-1, 9), st.text(max_size=3), st.just([]), st.just({}))
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "contact": st.sampled_from(["9", 9, "8"]) | ODD,
        "list": st.sampled_from(["3", 3, "4"]) | ODD,
        "status": st.sampled_from(["1", 1, "2"]) | ODD,
    },
)
LISTS = st.lists(ENTRY | ODD, max_size=4) | st.dictionaries(st.text(max_size=2), ENTRY, max_size=2) | ODD


@given(LISTS)
@settings(max_examples=30)
@example([{"contact": "9", "list": "4", "status": "1"}])
@example([{"contact": "9", "list": "3", "status": "1"}, {"contact": "9", "list": "3", "status": "1"}])
def test_no_membership_and_a_subscription_are_read_from_clear_words_alone(lists: t.Any) -> None:  # noqa: ANN401 - any JSON
    content = json.dumps({"contactLists": lists}).encode()
    found = read_contact_lists(Response(200, content, {}, "GET contacts/9/contactLists"), "9")
    entries = list(lists.values()) if isinstance(lists, dict) else lists
    membership = found.on(3)
    if membership is None:
        assert isinstance(entries, list)
        assert isinstance(lists, list) or lists
        for entry in entries:
            assert str(entry["contact"]) == "9"
            assert str(entry["list"]).strip().isdecimal()
            assert int(entry["list"]) != 3
    elif membership.status == SUBSCRIBED:
        own = [one for one in entries if isinstance(one, dict) and str(one.get("contact")) == "9"]
        of_list = [one for one in own if str(one.get("list")).strip() == "3"]
        assert {str(one.get("status")).strip() for one in of_list} == {"1"}
