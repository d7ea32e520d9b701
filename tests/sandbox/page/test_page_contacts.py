"""The page's contacts: search, paging, detail, and data that never runs as a script."""

from __future__ import annotations

import typing as t
from itertools import pairwise

import pytest

if t.TYPE_CHECKING:
    from support.sandbox_fixture import Api
    from support.sandbox_page import Page

    from target_activecampaign.sandbox.server import RunningSandbox

pytestmark = pytest.mark.browser


def test_an_import_leads_to_its_contacts(page: Page, api: Api) -> None:
    for name in ("ada", "bob"):
        body = {"contacts": [{"email": f"{name}@example.com", "subscribe": [{"listid": 1}]}]}
        batch = api.post("/import/bulk_import", body).json()["batchId"]
    page.open(f"imports/{batch}")
    page.wait_for("#detail-title", "Import 2")

    page.click("#detail-content a", "Contacts that hold its values")

    page.wait(lambda: page.texts("#contacts-rows th") == ["bob@example.com"])
    assert page.text("#contacts-import") == f"Of import {batch[:8]}: show all"
    page.click("#contacts-import")
    page.wait(lambda: len(page.texts("#contacts-rows th")) == 2)


def test_an_address_is_not_broken_in_a_word_on_a_phone(page: Page, api: Api) -> None:
    email = "bartholomew.featherstone@mail.example.com"
    api.post("/contact/sync", {"contact": {"email": email, "firstName": "Bartholomew"}})
    page.narrow(390)
    page.open("contacts")

    page.wait(lambda: len(page.all("#contacts-rows th")) == 1)
    lines = page.lines("#contacts-rows th a")
    assert ("".join(lines), len(lines) > 1) == (email, True)
    assert all(line.endswith("@") or after.startswith(".") for line, after in pairwise(lines))
    assert page.overhang() == 0


HOSTILE = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"


def test_a_search_finds_by_name_and_address(page: Page, api: Api) -> None:
    for name in ("Ada", "Björn", "Chloé"):
        api.post("/contact/sync", {"contact": {"email": f"{ord(name[0])}@example.com", "firstName": name}})
    page.open("contacts")
    page.wait(lambda: len(page.all("#contacts-rows tr")) == 3)

    page.write("#contacts-search", "björn")
    page.wait(lambda: page.texts("#contacts-rows a") == ["66@example.com"])
    page.write("#contacts-search", "nobody")
    page.wait_for("#contacts-empty", "No contact matches.")


def test_a_list_can_be_chosen_and_an_order(page: Page, api: Api) -> None:
    contacts = [{"email": "b@example.com", "subscribe": [{"listid": 2}]}, {"email": "a@example.com"}]
    api.post("/import/bulk_import", {"contacts": contacts})
    page.open("contacts")
    page.wait(lambda: page.texts("#contacts-rows a") == ["a@example.com", "b@example.com"])

    page.choose("#contacts-list", "2")
    page.wait(lambda: page.texts("#contacts-rows a") == ["b@example.com"])


def test_the_order_can_be_that_of_arrival_or_of_the_alphabet(page: Page, api: Api) -> None:
    for name in "bca":
        api.post("/contact/sync", {"contact": {"email": f"{name}@example.com"}})
    page.open("contacts")
    page.wait(lambda: "".join(text[0] for text in page.texts("#contacts-rows a")) == "acb")

    page.choose("#contacts-order", "")
    page.wait(lambda: "".join(text[0] for text in page.texts("#contacts-rows a")) == "abc")


def test_many_contacts_come_in_pages(page: Page, api: Api) -> None:
    api.post("/import/bulk_import", {"contacts": [{"email": f"p{i:03d}@example.com"} for i in range(120)]})
    page.open("contacts")
    page.wait_for("#contacts-pages span", "1 to 50 of 120")

    page.click("#contacts-pages button", "Last")
    page.wait_for("#contacts-pages span", "101 to 120 of 120")
    assert len(page.all("#contacts-rows tr")) == 20
    page.click("#contacts-pages button", "Previous")
    page.wait_for("#contacts-pages span", "51 to 100 of 120")


def test_a_detail_shows_every_value_and_where_it_came_from(page: Page, api: Api) -> None:
    contact = {
        "email": "ada@example.com",
        "fields": [{"id": 3, "value": "||Music||Travel||"}],
        "tags": ["vip"],
        "subscribe": [{"listid": 2}],
    }
    batch_id = api.post("/import/bulk_import", {"contacts": [contact]}).json()["batchId"]
    api.put("/contacts/1", {"contact": {"lastName": "Made-up"}})
    page.open("contacts")
    page.wait(lambda: page.all("#contacts-rows a"))
    page.click("#contacts-rows a")
    page.wait_for("#detail-title", "ada@example.com")

    shown = [" ".join(text.split()).rsplit(", ", 2)[0] for text in page.texts("#detail tbody tr")]
    assert [text for text in shown if " " in text and not text.startswith("Custom")] == [
        "Last name Made-up PUT /contacts/1",
        f"Newsletter subscribed import {batch_id[:8]}",
        f"vip import {batch_id[:8]}",
        f"Interests Music Travel import {batch_id[:8]}",
    ]
    page.click("#detail a", f"import {batch_id[:8]}")
    page.wait_for("#detail-title", "Import 1")


def test_a_detail_keeps_up_with_its_contact(page: Page, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com", "firstName": "Ada"}})
    page.open("contacts/1")
    page.wait_for("#detail-title", "ada@example.com")

    api.put("/contacts/1", {"contact": {"email": "lovelace@example.com"}})
    page.wait_for("#detail-title", "lovelace@example.com")


def test_a_contact_that_is_gone_is_told(page: Page, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    page.open("contacts/1")
    page.wait_for("#detail-title", "ada@example.com")

    api.delete("/contacts/1")
    page.wait_for("#detail-title", "Not there any more")
    assert all("404" in line for line in page.console())


def test_markup_in_a_name_is_shown_as_text(page: Page, sandbox: RunningSandbox, api: Api) -> None:
    contact = {
        "email": "mallory@example.com",
        "first_name": HOSTILE,
        "tags": [HOSTILE],
        "fields": [{"id": 1, "value": HOSTILE}],
    }
    api.post("/import/bulk_import", {"contacts": [contact]})
    api.post("/lists", {"list": {"name": HOSTILE, "stringid": "x"}})
    api.get("/contacts", search=HOSTILE)
    sandbox.emulator.faults.add(f"GET /nowhere status=500 body='{HOSTILE.replace(chr(39), '')}'")

    page.wait(lambda: HOSTILE in page.texts("#lists span"))
    page.open("contacts")
    page.wait(lambda: HOSTILE in page.texts("#contacts-rows td"))
    page.open("contacts/1")
    page.wait(lambda: page.texts("#detail td").count(HOSTILE) == 2)
    for place in ("imports", "requests", "requests/1", "controls"):
        page.open(place)
        page.wait_for("#connection", "live")
    assert "document.title = " in page.source()
    assert page.find("title").get_attribute("textContent") == "ActiveCampaign sandbox"
    assert page.all("#detail img, td script, li script") == []
