"""`users/me`, `settings/account` and the API's root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_activecampaign.sandbox.api.call import Answer

if TYPE_CHECKING:
    from target_activecampaign.sandbox.api.call import Call

USER = {"username": "sandbox", "firstName": "Sandbox", "lastName": "User", "email": "user@sandbox.example"}


def root(_call: Call) -> Answer:
    """`GET /`: a client in the field checks keys by it and wants 200 (seen). The body is assumed."""
    return Answer(200, {"version": "3"})


def show_me(call: Call) -> Answer:
    """`GET /users/me` (users reference)."""
    links = ("lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs")
    user = {
        **USER,
        "phone": "",
        "signature": None,
        "links": {link: call.link(f"/users/1/{link}") for link in links},
        "id": "1",
    }
    return Answer(200, {"user": user})


def show_account(call: Call) -> Answer:
    """`GET /settings/account` (account settings reference): a flat object, limit and total are integers."""
    body = {
        "account": "sandbox.example",
        "email": USER["email"],
        "first_name": USER["firstName"],
        "last_name": USER["lastName"],
        "cname": "",
        "status": "none",
        "subscriber_limit": call.account.contact_limit,
        "subscriber_total": call.account.subscriber_total,
        "trial": False,
        "credits": None,
        "branding": True,
    }
    return Answer(200, body, {"Cache-Control": "private"})
