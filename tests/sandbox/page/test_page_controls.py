"""The page's controls, and their effect on a client."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api
    from support.sandbox_page import Page

    from target_activecampaign.sandbox.server import RunningSandbox

pytestmark = pytest.mark.browser


def test_a_common_fault_is_switched_on_and_seen_by_a_client(page: Page, api: Api) -> None:
    page.open("controls")
    page.click("#presets button", "Rights missing for the account's settings")
    page.wait(lambda: "1 fault on" in page.texts("#pills a"))

    assert api.get("/settings/account").status_code == 403
    page.wait_for("#faults span", "struck 1 of 1")
    page.click("#faults button", "Off")
    page.wait(lambda: "1 fault on" not in page.texts("#pills a"))
    assert api.get("/settings/account").status_code == 200


def test_every_common_fault_is_one(page: Page, sandbox: RunningSandbox) -> None:
    page.open("controls")
    page.wait(lambda: page.all("#presets button"))
    for button in page.all("#presets button"):
        button.click()

    page.wait(lambda: len(page.all("#faults li")) == len(page.all("#presets li")) == 8)
    page.click("#faults-clear")
    page.wait(lambda: not sandbox.emulator.faults.as_list())


def test_a_fault_of_one_s_own_is_switched_on(page: Page, api: Api) -> None:
    page.open("controls")
    page.write("#fault", "GET /lists status=503 next=1")
    page.press("ENTER")
    page.wait(lambda: page.texts("#faults code") == ["GET /lists status=503 next=1"])

    assert [api.get("/lists").status_code for _ in range(2)] == [503, 200]


def test_a_line_that_is_no_fault_is_explained(page: Page) -> None:
    page.open("controls")
    page.write("#fault", "GET /lists nonsense")
    page.press("ENTER")

    page.wait(lambda: "'nonsense' is not understood" in page.text("#fault-wrong"))
    assert page.find("#fault").get_attribute("value") == "GET /lists nonsense"
    assert all("400" in line for line in page.console())


def test_a_reading_is_chosen(page: Page, sandbox: RunningSandbox) -> None:
    page.open("controls")
    page.wait(lambda: page.all("#reading-window"))
    page.choose("#reading-window", "fixed")

    page.wait(lambda: "1 reading changed" in page.texts("#pills a"))
    assert sandbox.emulator.switches["window"] == "fixed"
    assert page.text("#readings .changed label") == "window"


def test_speed_progress_and_limits_are_applied_together(page: Page, sandbox: RunningSandbox) -> None:
    page.open("controls")
    page.wait(lambda: page.find("#speed").get_attribute("value") == "1")
    page.write("#speed", "60")
    page.choose("#progress-kind", "looks")
    page.write("#progress-amount", "3")
    page.write("#requestsPerSecond", "9")
    page.write("#contactLimit", "77")
    page.click("#pace button")

    page.wait(lambda: any(text.startswith("60") for text in page.texts("#pills a")))
    account, limits = sandbox.account, sandbox.emulator.first.limits.figures
    assert (str(account.imports.progress), account.contact_limit) == ("looks=3", 77)
    assert (limits.requests_per_second, limits.imports_per_minute) == (9, None)


def test_a_reset_asks_first_and_then_starts_over(page: Page, sandbox: RunningSandbox, api: Api) -> None:
    api.post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    page.open("controls")
    page.wait_for("#contacts-count", "1")
    page.click("#reset")
    page.wait(lambda: page.text("#confirm-text").startswith("1 contact and 0 imports will be forgotten"))
    page.click("#confirm-no")
    assert len(sandbox.account.contacts) == 1

    page.click("#reset")
    page.click("#confirm-yes")
    page.wait_for("#contacts-count", "0")
    page.open("requests")
    page.wait_for("#requests-empty", "No requests yet.")


def test_a_reset_by_someone_else_is_noticed(
    page: Page, api: Api, sandbox: RunningSandbox, connect: Callable[..., Api]
) -> None:
    api.get("/lists")
    page.open("requests")
    page.wait(lambda: len(page.all("#requests-rows tr")) == 1)

    connect(sandbox, prefix="/_sandbox").post("/reset", {})
    page.wait_for("#requests-empty", "No requests yet.")
