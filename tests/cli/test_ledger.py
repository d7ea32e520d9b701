"""`target-activecampaign ledger` shows figures, forgets and takes a renewed key, and prints no address."""

from __future__ import annotations

import io
import json
import typing as t

import pytest
from click.testing import CliRunner
from support.ledgers import (
    KEY,
    OpenLedger,
    address_of,
    addresses_of,
    comparison_of,
    fingerprint_of,
    fingerprints_of,
)

from target_activecampaign.cli import ledger as ledger_command
from target_activecampaign.ledger.migrations import NEWEST_VERSION
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from target_activecampaign.ledger.ledger import Ledger

CONFIG = {"hostname": "acme.api-us1.com", "api_key": KEY, "data_privacy_consent": True, "list_id": 1}
FIRST, SECOND = "1970-01-01 00:00:01 UTC", "1970-01-02 00:00:01 UTC"
OLD_API_KEY = "TARGET_ACTIVECAMPAIGN_OLD_API_KEY"


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the command from changing the loggers of the tests' own process."""
    monkeypatch.setattr(ledger_command, "redact_logs", lambda: None)


@pytest.fixture
def ledger(open_ledger: OpenLedger) -> Ledger:
    """Holds three contacts on two lists."""
    ledger = open_ledger(keeps_people=True)
    ledger.begin_run(0)
    for list_id, names, now in ((1, "ada bo", 1), (2, "ada", 86_401)):
        people = [address_of(name) for name in names.split()]
        ledger.note_people(list_id, "people", [(None, email) for email in people], now)
        ledger.confirm(list_id, {email: fingerprint_of("a") for email in people}, now, now)
    ledger.doubt(1, addresses_of("bo"))
    return ledger


@pytest.fixture
def call(tmp_path_factory: pytest.TempPathFactory, ledger_url: str) -> t.Callable[..., Result]:
    folder = tmp_path_factory.mktemp("config")

    def call(
        *arguments: str, typed: str = "", env: dict[str, str] | None = None, **config: str | None
    ) -> Result:
        path = folder / "config.json"
        path.write_text(json.dumps({**CONFIG, "ledger_url": ledger_url, **config}))
        command = ["ledger", *arguments, "--config", str(path)]
        result = CliRunner().invoke(TargetActiveCampaign.cli, command, input=typed, env=env)
        for secret in ("ada", "example.com", KEY):
            assert secret not in result.output
        return result

    return call


Call: t.TypeAlias = "t.Callable[..., Result]"


@pytest.mark.usefixtures("ledger")
def test_it_shows_figures(call: Call) -> None:
    result = call()
    assert result.exit_code == 0
    assert result.stderr.startswith("Next: target-activecampaign runs --config ")
    assert result.stdout.splitlines() == [
        f"Ledger of acme.api-us1.com, version {NEWEST_VERSION}, written by 1 run",
        f"list 1: 2 contacts, 1 of them in doubt; confirmed from {FIRST} to {FIRST}",
        "  2 members by stream 'people'",
        f"list 2: 1 contact; confirmed from {SECOND} to {SECOND}",
        "  1 member by stream 'people'",
    ]


@pytest.mark.usefixtures("ledger")
def test_its_figures_are_one_document(call: Call) -> None:
    document = json.loads(call("--json").stdout)
    assert (document["ok"], document["runs"], sorted(document["lists"])) == (True, 1, ["1", "2"])
    assert document["lists"]["1"]["members"] == {"people": 2}


def test_members_without_a_confirmation_are_shown_without_times(ledger: Ledger, call: Call) -> None:
    ledger.erase(2, members=False)
    assert call().stdout.splitlines()[-2:] == [
        "list 2: 0 contacts",
        "  1 member by stream 'people'",
    ]


def test_a_ledger_that_can_not_be_read_is_said_in_one_line(ledger: Ledger, call: Call) -> None:
    with ledger._database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE ledger_member")
    result = call()
    assert result.exit_code == 1
    assert result.output.startswith("Error: the ledger can't be read: ")
    assert len(result.output.splitlines()) == 1


@pytest.mark.usefixtures("ledger")
def test_the_configuration_may_stand_before_the_command_and_in_the_environment(
    tmp_path_factory: pytest.TempPathFactory, ledger_url: str
) -> None:
    path = tmp_path_factory.mktemp("config") / "config.json"
    config = {**CONFIG, "ledger_url": ledger_url}
    path.write_text(json.dumps({name: value for name, value in config.items() if name != "api_key"}))
    command = ["--config", str(path), "ledger", "--config", "ENV"]
    environment = {"TARGET_ACTIVECAMPAIGN_API_KEY": KEY}
    result = CliRunner().invoke(TargetActiveCampaign.cli, command, env=environment)
    assert result.exit_code == 0, result.output
    assert "list 1: 2 contacts" in result.output


def test_without_a_ledger_it_says_so_and_makes_none(call: Call, ledger_url: str, tmp_path: Path) -> None:
    for arguments in ([], ["forget", "--all", "--yes"]):
        result = call(*arguments)
        assert result.exit_code == 1
        assert result.output.startswith("Error: ledger_url: there is no ledger there, ")
    assert list(tmp_path.iterdir()) == []
    assert call(ledger_url=None).output == "Error: ledger_url: name the ledger, like sqlite:///ledger.db\n"


def test_problems_of_the_configuration_are_shown_line_by_line(call: Call) -> None:
    result = call(hostname="", api_key="")
    assert result.exit_code == 1
    assert [line.partition(":")[0] for line in result.output.removeprefix("Error: ").splitlines()] == [
        "hostname",
        "api_key",
    ]


def test_forgetting_a_list_leaves_the_others_and_the_members(ledger: Ledger, call: Call) -> None:
    result = call("forget", "--list", "1", typed="y\n")
    assert result.exit_code == 0
    assert "Forget all contacts of list 1? [y/N]" in result.output
    assert "Forgotten: 2 contacts" in result.output
    assert ledger.compare(1, fingerprints_of(ada="a", bo="b"), 0) == comparison_of()
    assert ledger.compare(2, fingerprints_of(ada="a"), 0) == comparison_of("ada", "ada")


def test_forgetting_everything_with_the_members_leaves_nothing(ledger: Ledger, call: Call) -> None:
    result = call("forget", "--all", "--members", "--yes")
    assert "Forgotten: 3 contacts" in result.output
    assert ledger.figures().lists == {}


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_a_yes_nothing_is_forgotten(ledger: Ledger, call: Call, answer: str) -> None:
    assert call("forget", "--all", typed=answer).exit_code == 1
    assert ledger.figures().lists[1].contacts == 2


@pytest.mark.parametrize("members", [False, True])
def test_addresses_are_read_from_standard_input(ledger: Ledger, call: Call, members: bool) -> None:  # noqa: FBT001
    arguments = ("--members",) if members else ()
    typed = f"  {address_of('ADA')} \n\nnobody@example.com\n"
    result = call("forget", "--addresses", "--yes", *arguments, typed=typed)
    assert "Forgotten: 2 contacts" in result.output
    for list_id in (1, 2):
        assert ledger.compare(list_id, fingerprints_of(ada="a"), 0) == comparison_of()
        identity = ledger.identity(address_of("ada"))
        assert bool(ledger.streams_of(list_id, [identity])) != members
        # Without the times of a member's first import nobody could say later whose membership it is.
        assert bool(ledger.windows(list_id, [identity])[identity]) != members
    assert ledger.figures().lists[1].contacts == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "Say what to forget: one of --list N, --all and --addresses. Nothing was forgotten."),
        (
            ("--all", "--list", "1", "--yes"),
            "Say what to forget: one of --list N, --all and --addresses. Nothing was forgotten.",
        ),
        (("--list", "Customers"), "write the list's number; the ledger does not know its name"),
        (
            ("--addresses",),
            "Add --yes: standard input holds the addresses, so nobody can be asked. Nothing was forgotten.",
        ),
        (
            ("--addresses", "--yes"),
            "Line 2 of standard input is no address. Write one a line, and nothing else.",
        ),
    ],
)
def test_arguments_that_contradict_each_other_forget_nothing(
    ledger: Ledger, call: Call, arguments: tuple[str, ...], problem: str
) -> None:
    typed = "bo@example.com\nada at home\n"
    result = call("forget", *arguments, typed=typed)
    assert result.exit_code != 0
    assert problem in result.output
    assert ledger.figures().lists[1].contacts == 2


def test_contacts_that_are_no_members_leave_nothing_when_they_are_forgotten(
    open_ledger: OpenLedger, call: Call
) -> None:
    ledger = open_ledger()
    ledger.confirm(1, fingerprints_of(ada="a"), 5, 6)
    call("forget", "--all", "--yes")
    with ledger._database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM ledger_contact").scalar_one() == 0


def test_a_renamed_stream_takes_its_members_along(ledger: Ledger, call: Call) -> None:
    result = call("rename", "people", "customers", "--list", "1")
    assert result.stdout == "Renamed: 2 members of stream 'people' are members of stream 'customers'.\n"
    assert ledger.member_counts() == [(1, "customers", 2), (2, "people", 1)]
    assert "Renamed: 1 member" in call("rename", "people", "customers").output
    assert ledger.member_counts() == [(1, "customers", 2), (2, "customers", 1)]


def test_a_released_stream_leaves_pending_removals(ledger: Ledger, call: Call) -> None:
    ledger.note_people(1, "shops", [(None, address_of("bo"))], 5)
    assert call("release", "people", "--list", "1", typed="n\n").exit_code == 1
    assert ledger.count_pending(1) == 0
    result = call("release", "people", "--list", "1", typed="y\n")
    assert "Released: 1 member of stream 'people' are pending removals from list 1" in result.output
    assert [removal.email for removal in ledger.pending(1)] == [address_of("ada")]
    ledger.leave_alone(1, address_of("ada"), "came back")
    ledger.note_deletions(2, "people", [(None, address_of("ada"))], 5)
    assert call().stdout.splitlines()[2:] == [
        "  1 member by stream 'shops'",
        "  1 left on the list (came back)",
        f"list 2: 1 contact; confirmed from {SECOND} to {SECOND}",
        "  1 pending removal (unfinished)",
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            ("rename", "persons", "x"),
            "no members of stream 'persons'. Nothing was changed. Streams that have",
        ),
        (("rename", "people", "people"), "OLD and NEW are the same name."),
        (("release", "people", "--list", "7", "--yes"), "of stream 'people' on list 7. Nothing was changed."),
        (("release", "people", "--yes"), "Missing option '--list'"),
    ],
)
def test_a_stream_that_has_no_members_is_refused(
    ledger: Ledger, call: Call, arguments: tuple[str, ...], problem: str
) -> None:
    result = call(*arguments)
    assert result.exit_code != 0
    assert problem in result.output
    assert ledger.member_counts() == [(1, "people", 2), (2, "people", 1)]


def test_a_stream_is_not_renamed_under_a_run(ledger: Ledger, call: Call) -> None:
    ledger.hold([1])
    result = call("rename", "people", "customers")
    assert result.exit_code == 1
    assert ledger.member_counts() == [(1, "people", 2), (2, "people", 1)]


def test_a_renewed_key_opens_the_ledger_after_rekey(ledger: Ledger, call: Call) -> None:
    ledger.close()
    assert "target-activecampaign ledger rekey" in call(api_key="renewed").output
    assert call("rekey", api_key="renewed").output == (
        f"Error: {OLD_API_KEY}: put the api_key into it with which the ledger opened so far\n"
    )
    assert call("rekey", api_key="renewed", env={OLD_API_KEY: "wrong"}).exit_code == 1
    result = call("rekey", api_key="renewed", env={OLD_API_KEY: KEY})
    assert result.stdout == "The ledger opens with the new api_key.\n"
    assert "list 1: 2 contacts" in call(api_key="renewed").output
    result = call("rekey", api_key="renewed", env={OLD_API_KEY: KEY})
    assert result.stdout == "It opens with this api_key already.\n"


def test_a_copy_of_before_an_update_is_named_when_people_are_forgotten(
    ledger: Ledger, call: Call, tmp_path: Path
) -> None:
    if ledger._database.path is None:
        pytest.skip("a server has no file to copy")
    (tmp_path / "ledger.db.version-2").touch()
    assert "still holds them: delete ledger.db.version-2." in call("forget", "--all", "--yes").stdout
    assert json.loads(call("forget", "--all", "--yes", "--json").stdout) == {
        "ok": True,
        "forgotten": 0,
        "copies": ["ledger.db.version-2"],
    }


@pytest.mark.usefixtures("ledger")
def test_each_change_of_it_is_one_document(call: Call) -> None:
    renewed = {"env": {OLD_API_KEY: KEY}}
    for arguments, found in (
        (["rename", "people", "shop", "--json"], {"renamed": 3}),
        (["--json", "release", "shop", "--list", "1", "--yes"], {"released": 2, "list": 1}),
        (["forget", "--list", "2", "--yes", "--json"], {"forgotten": 1, "copies": []}),
        (["rekey", "--json"], {"changed": False}),
    ):
        result = call(*arguments, **renewed)
        assert json.loads(result.stdout) == {"ok": True, **found}
        assert "Next" not in result.output


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    "arguments",
    [
        ["rename", "nobody", "x", "--json"],
        ["release", "nobody", "--list", "1", "--yes", "--json"],
        ["rekey", "--json"],
        ["forget", "--json"],
    ],
)
def test_each_failure_of_it_is_one_document(call: Call, arguments: list[str]) -> None:
    result = call(*arguments)
    document = json.loads(result.stdout)
    assert result.exit_code in {1, 2}
    assert (document["ok"], len(document["problems"])) == (False, 1)


@pytest.mark.parametrize("name", ["forget", "rename", "release", "rekey"])
def test_the_help_of_each_begins_with_two_examples(name: str) -> None:
    result = CliRunner().invoke(TargetActiveCampaign.cli, ["ledger", name, "--help"], terminal_width=80)
    lines = result.output.splitlines()
    examples = [line for line in lines if line.startswith(f"  target-activecampaign ledger {name}")]
    assert len(examples) == 2
    assert max(map(len, lines)) <= 80


def test_an_address_is_forgotten_in_the_form_of_earlier_versions_too() -> None:
    lines = io.StringIO("Ada@B\u00fccher.example\n\nbob@example.com\n")
    assert ledger_command._read_addresses(lines, yes=True) == {
        "ada@xn--bcher-kva.example",
        "ada@b\u00fccher.example",
        "bob@example.com",
    }


@pytest.mark.parametrize("command", [("forget", "--list", "1"), ("release", "people", "--list", "1")])
@pytest.mark.parametrize("answer", ["n\n", ""])
def test_a_no_and_nobody_there_are_one_json_document_too(
    ledger: Ledger, call: Call, command: tuple[str, ...], answer: str
) -> None:
    ledger.close()
    said = call(*command, "--json", typed=answer)
    assert said.exit_code == 1
    # The runner of click 8.1 echoes what is typed to standard output; a terminal does that itself.
    document = json.loads(said.stdout[said.stdout.index("{") :])
    assert document["ok"] is False
    assert "add --yes" in document["problems"][0]
    assert "Error: That was no yes, so nothing was changed" in call(*command, typed=answer).stderr
