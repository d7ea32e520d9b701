"""The page's log of requests: bodies and responses, and no key."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api
    from support.sandbox_page import Page

    from target_activecampaign.sandbox.server import RunningSandbox

pytestmark = pytest.mark.browser


def test_a_request_is_shown_with_body_and_answer(page: Page, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    page.open("requests")
    page.wait(lambda: page.texts("#requests-rows a") == ["POST /contact/sync"])

    page.click("#requests-rows a")
    page.wait_for("#detail-title", "POST /api/3/contact/sync")
    body, answer = page.texts("#detail pre")
    assert body.split() == ["{", '"contact":', "{", '"email":', '"ada@example.com"', "}", "}"]
    assert '"email": "ada@example.com"' in answer


def test_a_long_body_says_that_it_is_cut(page: Page, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com", "firstName": "x" * 10_000}})
    page.open("requests/1")

    page.wait(lambda: page.texts("#detail h3")[:1] == ["Body, the first 4.1 kB of 10.1 kB"])


def test_the_key_is_nowhere_on_the_page(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    open_page: Callable[[RunningSandbox], Page],
) -> None:
    sandbox = start_sandbox(keys=("0000-made-up-0000",))
    connect(sandbox, "0000-made-up-0000").get("/users/me", api_key="0000-made-up-0000")
    page = open_page(sandbox)
    page.open("requests/1")
    page.wait_for("#detail-title", "GET /api/3/users/me")

    assert "api_key=***" in page.source()
    assert "made-up" not in page.source()


def test_the_log_can_be_filtered(page: Page, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    api.get("/lists")
    api.get("/nothing")
    page.open("requests")
    page.wait(lambda: len(page.all("#requests-rows tr")) == 3)

    page.choose("#requests-kind", "writes")
    assert page.texts("#requests-rows a") == ["POST /contact/sync"]
    page.choose("#requests-kind", "refused")
    assert page.texts("#requests-rows a") == ["GET /nothing"]
    page.choose("#requests-kind", "all")
    page.write("#requests-filter", "GET lists")
    assert page.texts("#requests-rows a") == ["GET /lists"]


def test_the_log_can_be_held_still(page: Page, api: Api) -> None:
    api.get("/lists")
    page.open("requests")
    page.wait(lambda: len(page.all("#requests-rows tr")) == 1)

    page.click("#requests-follow")
    api.post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    page.wait(lambda: page.text("#contacts-count") == "1")
    assert len(page.all("#requests-rows tr")) == 1
    page.click("#requests-follow")
    page.wait(lambda: len(page.all("#requests-rows tr")) == 2)
