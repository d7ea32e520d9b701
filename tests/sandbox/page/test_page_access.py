"""The page by keyboard alone, with a screen reader, and on a phone."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from support.sandbox_fixture import Api
    from support.sandbox_page import Page

pytestmark = pytest.mark.browser

PHONE_WIDTH = 360
PLACES = ["overview", "contacts", "imports", "requests", "controls"]
LONG = "x" * 60


def fill(api: Api) -> str:
    """Fill every part of the page, with words wider than a phone; return the batch id."""
    contact = {"email": f"{LONG}@{LONG}.example", "first_name": LONG * 2, "tags": [LONG]}
    refused = {"email": f"{LONG}@spam.example"}
    batch_id = api.post("/import/bulk_import", {"contacts": [contact, refused]}).json()["batchId"]
    api.get(f"/contacts/{LONG}{LONG}", email=LONG)
    return str(batch_id)


def test_tabs_are_moved_by_arrows(page: Page) -> None:
    page.tab_to("#tab-overview")
    page.press("ARROW_RIGHT", "ARROW_RIGHT")
    page.wait(lambda: page.find("#imports").is_displayed())
    page.press("END")
    page.wait(lambda: page.find("#controls").is_displayed())
    assert page.focused() == "Controls"
    page.press("ARROW_RIGHT")
    page.wait(lambda: page.find("#overview").is_displayed())
    assert [tab.get_attribute("tabindex") for tab in page.all("[role=tab]")] == ["0", "-1", "-1", "-1", "-1"]


def test_a_contact_is_found_and_read_by_keyboard_alone(page: Page, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    page.tab_to("#tab-overview")
    page.press("ARROW_RIGHT")
    page.wait(lambda: page.texts("#contacts-rows a") == ["ada@example.com"])
    page.press("TAB", "TAB")
    assert page.focused() == "Search"
    page.press("TAB", "TAB", "TAB")
    assert page.focused() == "ada@example.com"

    page.press("ENTER")
    page.wait_for("#detail-title", "ada@example.com")
    assert page.focused() == "Close"
    page.press("ESCAPE")
    page.wait(lambda: not page.find("#detail").is_displayed())
    assert page.focused() == "ada@example.com"


def test_a_question_begins_at_the_answer_that_does_no_harm(page: Page) -> None:
    page.open("controls")
    page.wait(lambda: page.all("#reset"))
    page.find("#reset").send_keys("\n")

    page.wait(lambda: page.find("#confirm").is_displayed())
    assert page.focused() == "Cancel"
    page.press("ESCAPE")
    page.wait(lambda: not page.find("#confirm").is_displayed())
    assert page.focused() == "Reset…"


def test_what_has_the_focus_keeps_it_when_the_page_renews_itself(page: Page, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    page.open("contacts")
    page.wait(lambda: page.texts("#contacts-rows a") == ["ada@example.com"])
    page.find("#contacts-rows a").send_keys("")

    api.put("/contacts/1", {"contact": {"firstName": "Ada"}})
    api.post("/contact/sync", {"contact": {"email": "bea@example.com"}})
    page.wait(lambda: page.texts("#contacts-rows a") == ["bea@example.com", "ada@example.com"])
    assert page.focused() == "ada@example.com"


@pytest.mark.parametrize("place", PLACES)
def test_everything_has_a_name(page: Page, api: Api, place: str) -> None:
    fill(api)
    page.open(place)
    page.wait(lambda: page.find(f"#{place}").is_displayed() and page.text("#imports-count") == "1")

    assert page.nameless() == []


@pytest.mark.parametrize("place", PLACES)
def test_a_phone_s_width_is_enough(page: Page, api: Api, place: str) -> None:
    fill(api)
    page.narrow(PHONE_WIDTH)
    page.open(place)
    page.wait(lambda: page.find(f"#{place}").is_displayed() and page.text("#contacts-total") != "0")

    assert page.overhang() == 0


@pytest.mark.parametrize("place", ["contacts/1", "imports/{}", "requests/2"])
def test_a_phone_s_width_is_enough_for_a_detail(page: Page, api: Api, place: str) -> None:
    batch_id = fill(api)
    page.narrow(PHONE_WIDTH)
    page.open(place.format(batch_id))
    page.wait(lambda: page.all("#detail"))

    detail = page.find("#detail")
    assert detail.get_property("scrollWidth") <= PHONE_WIDTH  # type: ignore[operator]
