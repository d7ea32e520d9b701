"""The page during a load: it renews itself, and shows failures."""

from __future__ import annotations

import typing as t

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from support.sandbox_fixture import Api
    from support.sandbox_page import Page

    from target_activecampaign.sandbox.server import RunningSandbox

pytestmark = pytest.mark.browser


def make_batch(start: int, contacts: int = 250) -> dict[str, object]:
    return {
        "contacts": [
            {"email": f"p{number:03d}@example.com", "subscribe": [{"listid": 1}]}
            for number in range(start, start + contacts)
        ]
    }


def test_an_empty_account_says_how_to_begin(page: Page) -> None:
    assert page.text("#contacts-total") == "0"
    assert page.url in page.text("#first-request")


def test_a_load_that_arrives_while_it_is_open_moves_the_figures(page: Page, api: Api) -> None:
    api.post("/import/bulk_import", make_batch(0))
    page.wait_for("#contacts-total", "250")
    api.post("/import/bulk_import", make_batch(250))

    page.wait_for("#contacts-total", "500")
    page.wait_for("#lists li:first-child", "Customers\n500")
    page.wait_for("#imports-completed", "2")
    page.wait(lambda: len(page.all("#latest-imports tr")) == len(page.all("#latest-requests tr")) == 2)
    assert not page.find("#start").is_displayed()
    assert page.text("#contacts-left") == "99,500 more contacts may come"


def test_the_charts_say_in_words_what_they_show(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    open_page: Callable[[RunningSandbox], Page],
) -> None:
    sandbox = start_sandbox()
    page, api = open_page(sandbox), connect(sandbox)
    for _ in range(12):
        api.get("/lists")

    requests, imports = page.find("#requests-chart"), page.find("#imports-chart")
    page.wait(lambda: " 0 at most" not in requests.accessible_name)
    assert requests.accessible_name.endswith("limit 5 a second.")
    assert imports.accessible_name.endswith("0 in the last minute, 0 at most, limit 100 a minute.")
    assert page.text("#requests-reading").endswith("limit 5 a second")
    assert page.find("#requests-chart canvas").is_displayed()


def test_an_account_over_its_limit_says_so(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    open_page: Callable[[RunningSandbox], Page],
) -> None:
    sandbox = start_sandbox(contact_limit=3, progress="at-once")
    page = open_page(sandbox)
    connect(sandbox).post("/import/bulk_import", make_batch(0, contacts=5))

    page.wait_for("#contacts-left", "The account's limit is reached")


def test_an_import_is_shown_from_its_start_to_its_verdict(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    open_page: Callable[[RunningSandbox], Page],
) -> None:
    sandbox = start_sandbox(progress="looks=99")
    page = open_page(sandbox)
    page.open("imports")
    contacts = [{"email": "a@example.com"}, {"email": "b@spam.example"}]
    connect(sandbox).post("/import/bulk_import", {"contacts": contacts})
    page.wait(lambda: page.texts("#imports-rows .badge") == ["received"])

    page.click("#settle")
    page.wait(lambda: page.texts("#imports-rows .badge") == ["completed"])
    page.click("#imports-rows a")
    page.wait_for("#detail-title", "Import 1")
    assert page.texts("#detail tbody tr") == ["b@spam.example on the exclusion list"]


def test_an_open_import_gets_on_without_a_request(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    open_page: Callable[[RunningSandbox], Page],
) -> None:
    # A hundred seconds at first, so that a busy browser does not miss what is between start and end.
    sandbox = start_sandbox(progress="seconds=100000", speed=1000)
    page = open_page(sandbox)
    page.open("imports")
    connect(sandbox).post("/import/bulk_import", make_batch(0))

    page.wait(lambda: page.all("#imports-rows .badge"))
    page.wait(lambda: page.texts("#imports-rows .badge")[0] in ("waiting", "claimed", "active"))
    sandbox.emulator.clock.speed = 1_000_000
    page.wait(lambda: page.texts("#imports-rows .badge") == ["completed"])


def test_a_sandbox_that_is_gone_is_noticed_and_so_is_its_return(
    start_sandbox: Callable[..., RunningSandbox], open_page: Callable[[RunningSandbox], Page]
) -> None:
    sandbox = start_sandbox()
    page = open_page(sandbox)

    sandbox.close()
    page.wait_for("#connection", "does not answer, trying again")
    start_sandbox(port=sandbox.port)
    page.wait_for("#connection", "live")
    assert all("ERR_CONNECTION" in line or "ERR_EMPTY" in line for line in page.console())


def test_accounts_can_be_told_apart(
    start_sandbox: Callable[..., RunningSandbox],
    connect: Callable[..., Api],
    open_page: Callable[[RunningSandbox], Page],
) -> None:
    sandbox = start_sandbox(keys=("one", "two"))
    connect(sandbox, "two").post("/contact/sync", {"contact": {"email": "ada@example.com"}})
    page = open_page(sandbox)
    assert page.text("#contacts-total") == "0"

    page.choose("#account", "2")
    page.wait_for("#contacts-total", "1")
