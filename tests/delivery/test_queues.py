"""ContactOrder: of each identity the contacts on their way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from support.contacts import build_contact

from target_activecampaign.contacts.contact import Origin
from target_activecampaign.delivery.batch import PendingContact
from target_activecampaign.delivery.queues import ContactOrder

NAMES = st.sampled_from(["ada", "bo", "cy"])
CHANGES = st.lists(st.tuples(st.sampled_from(["append", "remove", "drop"]), NAMES, st.integers(0, 9)))


def pending_of(name: str) -> PendingContact:
    contact = build_contact(f"{name}@example.com", 1, attributes={}, custom_fields={})
    return PendingContact(contact, Origin("people", 1))


@given(CHANGES)
def test_lanes_are_a_list_for_each_identity(changes: list[tuple[str, str, int]]) -> None:
    order, lists = ContactOrder(), dict[str, list[PendingContact]]()
    for change, name, place in changes:
        email = f"{name}@example.com"
        own = lists.setdefault(email, [])
        if change == "append":
            own.append(pending_of(name))
            order.append(own[-1])
        elif own and change == "remove":
            first = order.remove(own.pop(place % len(own)))
            assert first is (own[0] if own else None)
        elif own:
            own.clear()
            order.drop(email)
        lists = {email: own for email, own in lists.items() if own}
        assert list(order) == [lists[own[0].contact.email] for own in order]
        assert len(order) == len(lists)
        assert (email in order) == (email in lists)
        assert order.last(email) is (own[-1] if own else None)
        for position, pending in enumerate(own):
            assert order.is_first(pending) == (position == 0)
            assert order.before(pending) is (own[position - 1] if position else None)
