"""Starting, stopping, files, and the command."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from target_activecampaign.sandbox import ExtraMissingError, serve
from target_activecampaign.sandbox.command import (
    IN_MEMORY,
    LEFT_DATABASE,
    _announce,
    _choose_database,
    command,
)
from target_activecampaign.sandbox.state.seed import SeedInvalidError
from target_activecampaign.sandbox.state.storage import DatabaseUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.serving import RunningSandbox

RUN = "from target_activecampaign.sandbox.command import command; command()"


def test_what_a_sandbox_left_in_a_file_can_be_served_again(
    tmp_path: Path, connect: Callable[..., Api]
) -> None:
    database = tmp_path / "new folder" / "account.db"
    with serve(database, contact_limit=7) as first:
        connect(first).post("/contact/sync", {"contact": {"email": "ada@example.com"}})
        left = first.account.snapshot()

    with serve(database) as second:
        assert second.account.snapshot() == left
    assert [path.name for path in database.parent.iterdir()] == ["account.db"]


def test_nobody_else_may_read_a_file_that_it_makes(tmp_path: Path, connect: Callable[..., Api]) -> None:
    database = tmp_path / "account.db"
    with serve(database) as sandbox:
        connect(sandbox).post("/contact/sync", {"contact": {"email": "ada@example.com"}})
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert set(modes.values()) == {0o600}
    assert {"account.db", "account.db-wal"} <= modes.keys()


def test_a_file_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(DatabaseUnusableError, match="cannot be opened"),
        serve(tmp_path / "file" / "account.db"),
    ):
        pass


def test_open_imports_go_on_when_their_file_is_served_again(
    tmp_path: Path, connect: Callable[..., Api]
) -> None:
    database = tmp_path / "account.db"
    with serve(database, progress="never") as first:
        connect(first).post("/import/bulk_import", {"contacts": [{"email": "ada@example.com"}]})

    with serve(database, progress="looks=1") as second:
        batch_id = second.account.imports.page(1)[0]["batch_id"]
        assert connect(second).get("/import/info", batchId=batch_id).json()["status"] == "completed"


def test_each_key_has_a_file(tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]) -> None:
    start_sandbox(tmp_path / "account.db", keys=("one", "two"))

    assert {path.name for path in tmp_path.iterdir() if "wal" not in path.name} == {
        "account.db",
        "account.db-2",
    }


AS_IN_VERSION_1 = """
create trigger contact_added after insert on contact begin
    update setting set value = value + 1 where name = 'contacts';
end;
create trigger membership_added after insert on membership when new.status = 1 begin
    update list set subscribed = subscribed + 1 where id = new.list;
end;
create trigger membership_changed after update of status on membership when new.status <> old.status begin
    update list set subscribed = subscribed + (new.status = 1) - (old.status = 1) where id = new.list;
end;
pragma user_version = 1;
"""


def test_a_file_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    database = tmp_path / "account.db"
    batch = {"contacts": [{"email": "ada@example.com", "subscribe": [{"listid": 1}]}]}
    with serve(database):
        pass
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(AS_IN_VERSION_1)

    for _ in range(2):
        with serve(database, progress="at-once") as sandbox:
            sandbox.account.imports.submit(batch)
            counted = len(sandbox.account.contacts), sandbox.account.lists.all()[0]["subscribed"]
        assert counted == (1, 1)


def test_a_file_in_use_is_a_clear_error(tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]) -> None:
    database = tmp_path / "account.db"
    start_sandbox(database)

    with pytest.raises(DatabaseUnusableError, match=r"account\.db is in use by another sandbox"):
        start_sandbox(database)


def test_a_file_that_is_no_account_is_left_alone(
    tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]
) -> None:
    database = tmp_path / "notes.txt"
    database.write_text("not a database, but long enough to be looked at as one" * 20)

    with pytest.raises(DatabaseUnusableError, match=r"notes\.txt is not a database of the sandbox"):
        start_sandbox(database)
    assert database.read_text().startswith("not a database")


def test_a_folder_is_no_file(tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]) -> None:
    with pytest.raises(DatabaseUnusableError, match="cannot be opened"):
        start_sandbox(tmp_path)


def test_after_a_failed_start_nothing_is_held(
    tmp_path: Path, start_sandbox: Callable[..., RunningSandbox]
) -> None:
    with pytest.raises(SeedInvalidError):
        start_sandbox(tmp_path / "account.db", seed={"lists": [{}]})

    start_sandbox(tmp_path / "other.db", keys=("one",))
    with pytest.raises(ValueError, match="at least one key"):
        start_sandbox(keys=())


def test_a_sandbox_leaves_no_thread_behind(connect: Callable[..., Api]) -> None:
    before = set(threading.enumerate())
    with serve() as sandbox:
        connect(sandbox).get("/lists")
        sandbox.close()

    assert set(threading.enumerate()) <= before


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "target_activecampaign.sandbox.serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)

    with pytest.raises(ExtraMissingError, match=r"pip install 'target-activecampaign\[sandbox\]'"), serve():
        pass
    result = CliRunner().invoke(command, [])
    assert (result.exit_code, "pip install 'target-activecampaign[sandbox]'" in result.output) == (1, True)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command looks for an account that was left in the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--speed", "0"],
        ["--progress", "soon"],
        ["--switch", "nonsense=1"],
        ["--fault", "nonsense"],
        ["--key", "a", "--key", "a"],
        ["--host", "192.0.2.1"],
    ],
)
def test_the_command_complains_in_one_line(arguments: list[str]) -> None:
    result = CliRunner().invoke(command, ["--port", "0", *arguments])

    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("text", ["{", "[]", '{"lists": [{}]}'])
def test_the_command_complains_about_a_seed(tmp_path: Path, text: str) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(text)

    result = CliRunner().invoke(command, ["--port", "0", "--seed", str(seed)])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)


@pytest.mark.parametrize("is_left", [True, False])
def test_the_command_serves_what_a_loader_left_in_the_folder(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    is_left: bool,  # noqa: FBT001 - a parameter
) -> None:
    monkeypatch.chdir(tmp_path)
    if is_left:
        LEFT_DATABASE.parent.mkdir()
        LEFT_DATABASE.touch()
    assert _choose_database(None, has_seed=False) == (LEFT_DATABASE if is_left else None)
    assert _choose_database(None, has_seed=True) is None
    assert _choose_database(IN_MEMORY, has_seed=False) is None
    assert _choose_database(Path("other.db"), has_seed=False) == Path("other.db")


@pytest.fixture
def run_command(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start the command and return it with its URL; what still runs after the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        started.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline().split()[3]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_cleanly_on_a_signal(
    run_command: Callable[..., tuple[subprocess.Popen[str], str]], tmp_path: Path, number: signal.Signals
) -> None:
    process, _ = run_command("--database", str(tmp_path / "account.db"))

    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["account.db"]


@pytest.mark.parametrize(
    ("host", "is_warned"),
    [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True)],  # noqa: S104
)
def test_the_command_warns_when_others_can_reach_it(
    capsys: pytest.CaptureFixture[str],
    host: str,
    is_warned: bool,  # noqa: FBT001 - a parameter
) -> None:
    _announce("http://127.0.0.1:8025", host, None, ("import open",))

    printed = capsys.readouterr()
    assert "Open this address in a browser" in printed.out
    assert printed.out.endswith("Fault: import open\n")
    assert ("other machines can read and change it" in printed.err) is is_warned
