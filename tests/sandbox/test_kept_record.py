"""What a file keeps of the requests to its account."""

from __future__ import annotations

import typing as t
from contextlib import closing

from support.sandbox_fixture import Api

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from pathlib import Path

    from target_activecampaign.sandbox.server import RunningSandbox

BULK_IMPORT = "/api/3/import/bulk_import"
BATCH = {"contacts": [{"email": "ada@example.com", "subscribe": [{"listid": 1}]}]}


def ask(sandbox: RunningSandbox, path: str, body: object = None, key: str = "sandbox") -> t.Any:  # noqa: ANN401 - JSON
    with closing(Api(sandbox.url, key)) as client:
        return (client.get(path) if body is None else client.post(path, body)).json()


def test_the_next_sandbox_on_a_file_shows_the_requests_and_the_pace_of_the_last(tmp_path: Path) -> None:
    database = tmp_path / "account.db"
    with serve(database) as sandbox:
        ask(sandbox, BULK_IMPORT, BATCH)
        ask(sandbox, "/api/3/lists")
        before = ask(sandbox, "/_sandbox/figures")

    with serve(database) as sandbox:
        figures = ask(sandbox, "/_sandbox/figures")
        shown = ask(sandbox, "/_sandbox/requests")["requests"]
        whole = ask(sandbox, f"/_sandbox/requests/{shown[0]['id']}")

    assert figures["series"] == before["series"]
    assert figures["since"] == before["since"]
    assert [(one["method"], one["path"], one["account"]) for one in shown] == [
        ("POST", "/api/3/import/bulk_import", 1),
        ("GET", "/api/3/lists", 1),
    ]
    assert "ada@example.com" in whole["body"]


def test_requests_with_an_unknown_key_are_kept_without_an_account(tmp_path: Path) -> None:
    database = tmp_path / "account.db"
    with serve(database) as sandbox:
        ask(sandbox, "/api/3/lists", key="made-up")

    with serve(database) as sandbox:
        assert [entry.account for entry in sandbox.emulator.journal.after()] == [None]


def test_a_reset_forgets_what_the_file_kept(tmp_path: Path) -> None:
    database = tmp_path / "account.db"
    with serve(database) as sandbox:
        ask(sandbox, "/api/3/lists")
    with serve(database) as sandbox:
        ask(sandbox, "/_sandbox/reset", {})

    with serve(database) as sandbox:
        figures = ask(sandbox, "/_sandbox/figures")
        assert (figures["series"], sandbox.emulator.journal.after()) == ([], [])


def test_figures_show_the_last_seconds_that_had_a_request(tmp_path: Path) -> None:
    database = tmp_path / "account.db"
    with serve(database) as sandbox:
        ask(sandbox, "/api/3/lists")
        ask(sandbox, "/api/3/lists")
    with serve(database) as sandbox:
        series = sandbox.emulator.first.series
        long_ago = series.since(0)[0]._replace(second=1_767_366_000)
        series.clear()
        series.add(long_ago)

        figures = ask(sandbox, "/_sandbox/figures?seconds=120")

    assert figures["until"] == 1_767_366_000
    assert [second["second"] for second in figures["series"]] == [1_767_366_000]
    assert figures["now"] > figures["until"]


def test_contacts_of_an_import_are_those_that_hold_its_values(tmp_path: Path) -> None:
    with serve(tmp_path / "account.db", progress="at-once") as sandbox:
        first = ask(sandbox, BULK_IMPORT, BATCH)["batchId"]
        other = {"contacts": [{"email": "bob@example.com", "tags": ["vip"]}]}
        second = ask(sandbox, BULK_IMPORT, other)["batchId"]

        def emails(batch: str) -> list[str]:
            found = ask(sandbox, f"/_sandbox/contacts?import={batch}")["contacts"]
            return [contact["email"] for contact in found]

        assert (emails(first), emails(second), emails("none")) == (
            ["ada@example.com"],
            ["bob@example.com"],
            [],
        )
