"""`init` leads from a file and a key to people on a list, and leaves no trace where it is ended."""

from __future__ import annotations

import json
import stat
import typing as t
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.quick_target import QuickClock
from support.sandbox_fixture import KEY

from target_activecampaign.cli import init, init_target
from target_activecampaign.clock import SystemClock
from target_activecampaign.run import run as run_module
from target_activecampaign.sandbox.state.seed import BUILT_IN
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from support.sandbox_fixture import Api

    from target_activecampaign.sandbox.server import RunningSandbox

KEY_VARIABLE = "TARGET_ACTIVECAMPAIGN_API_KEY"
PEOPLE = (
    "email,first_name,newsletter\nada@example.com,Ada,yes\nbob@example.com,Bob,no\ncy@example.com,Cy,yes\n"
)


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps the command from changing the tests' own process, and in its folder."""
    monkeypatch.setattr(init, "redact_logs", lambda: None)
    monkeypatch.setattr(init, "quiet_sdk", lambda _: None)
    # Nobody waits for the limits of an account that has none.
    for module in (init_target, run_module):
        monkeypatch.setattr(module, "SystemClock", lambda: QuickClock(100))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def account(start_sandbox: Callable[..., RunningSandbox]) -> RunningSandbox:
    """An account whose imports end at once."""
    return start_sandbox(with_limits=False, progress="at-once")


def invoke(*arguments: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["init", *arguments], input=answers)


def given(account: RunningSandbox, *more: str, key: bool = True) -> list[str]:
    """Return options that answer all that has no default."""
    Path("people.csv").write_text(PEOPLE)
    Path("key.txt").write_text(f"{KEY}\n")
    options = [
        "--file",
        "people.csv",
        "--hostname",
        account.url,
        "--list",
        "Newsletter",
        "--consent",
        "--yes",
    ]
    return [*options, *(["--api-key-file", "key.txt"] if key else []), *more]


def files() -> set[str]:
    return {path.name for path in Path().iterdir()} - {"people.csv", "key.txt"}


def subscribed(api: Api, list_id: int = 2) -> set[str]:
    found = api.get("/contacts", listid=list_id, status=1, limit=100).json()["contacts"]
    return {contact["email"] for contact in found}


def permissions(name: str) -> int:
    return stat.S_IMODE(Path(name).stat().st_mode)


def test_nobody_there_is_told_all_that_is_missing_at_once() -> None:
    said = invoke()
    assert said.exit_code == 2
    options = ("--file", "--hostname", "--api-key-file", "--list", "--consent", "--tag", "--phone-region")
    for option in (*options, "--no-automations", "--on-null", "--send", "--yes"):
        assert f"\n  {option}" in said.stderr or f" or {option}" in said.stderr, option
    assert said.stdout == ""
    assert files() == set()


def test_what_is_missing_is_one_document_too() -> None:
    said = invoke("--json", "--yes", "--hostname", "sandbox")
    document = json.loads(said.stdout)
    assert (said.exit_code, document["ok"]) == (2, False)
    assert [problem.split()[0].rstrip(":") for problem in document["problems"]] == [
        "--file",
        "--list",
        "--consent",
    ]


def test_consent_is_none_of_the_things_that_yes_says(account: RunningSandbox) -> None:
    options = [option for option in given(account) if option != "--consent"]
    said = invoke(*options)
    assert said.exit_code == 2
    assert "--consent: you answer for" in said.stderr


def test_options_alone_write_and_send(account: RunningSandbox, connect: Callable[..., Api]) -> None:
    said = invoke(*given(account, "--send", "all", "--json"))
    assert said.exit_code == 0, said.stderr
    document = json.loads(said.stdout)
    assert document["ok"] is True
    assert document["report"]["created"] == 2
    assert subscribed(connect(account)) == {"ada@example.com", "cy@example.com"}
    assert json.loads(Path("config.json").read_text()) == {
        "hostname": account.url,
        "data_privacy_consent": True,
        "list_id": 2,
        "field_mapping": {"email": "email", "first_name": "first_name", "subscription": "newsletter"},
        "exclude_automations": True,
        "on_null": "keep",
        "ledger_url": "sqlite:///ledger.db",
        "rejects_path": "rejects.csv",
        "report_path": "reports/{time}.json",
    }
    assert document["config"] == json.loads(Path("config.json").read_text())
    assert permissions("config.json") == permissions(".env") == 0o600
    assert Path(".env").read_text() == f"{KEY_VARIABLE}={KEY}\n"
    assert Path(".gitignore").read_text().splitlines() == [
        ".env",
        "*.csv",
        "rejects*",
        "reports/",
        "ledger.db*",
    ]


def test_the_key_stands_in_its_file_alone(account: RunningSandbox) -> None:
    secret = "k3y-of-the-account"
    key = Path("key.txt")
    options = given(account, "--send", "none", "--json")
    key.write_text(secret)
    said = invoke(*options)
    # The sandbox takes any key as an account's of its own, or refuses it: either way nobody sees it.
    assert secret not in said.output
    holding = {
        path.name
        for path in Path().rglob("*")
        if path.is_file() and secret in path.read_text(errors="replace")
    }
    assert holding <= {"key.txt", ".env"}


def test_a_key_that_is_refused_writes_nothing(start_sandbox: Callable[..., RunningSandbox]) -> None:
    account = start_sandbox(with_limits=False, progress="at-once", keys=["another"])
    said = invoke(*given(account, "--send", "none"))
    assert said.exit_code == 2
    assert "refused this key (HTTP 403)" in " ".join(said.stderr.split())
    assert files() == set()


def test_a_trial_is_read_back_and_unchanged_in_the_full_run(
    account: RunningSandbox, connect: Callable[..., Api]
) -> None:
    rows = [f"p{number:02}@example.com,P{number},yes" for number in range(12)]
    options = given(account, "--send", "trial", "--tag", "shop-2026", "--json")
    Path("people.csv").write_text("email,first_name,newsletter\n" + "\n".join(rows) + "\n")
    said = invoke(*options)
    assert said.exit_code == 0, said.stderr
    assert 'people arrived on "Newsletter": 5 new.' in said.stderr
    assert "Read back: all 20 values are as they were sent." in said.stderr
    document = json.loads(said.stdout)
    assert document["trial"] == {
        "delivered": 5,
        "created": 5,
        "updated": 0,
        "read_back": {"values": 20, "differences": [], "missing": []},
    }
    assert subscribed(connect(account)) == {f"p{number:02}@example.com" for number in range(5)}
    full = invoke(*given_again(account, "--send", "all", "--json"))
    report = json.loads(full.stdout)["report"]
    assert (report["delivered"], report["unchanged"]) == (7, 5)


def given_again(account: RunningSandbox, *more: str) -> list[str]:
    return ["--file", "people.csv", "--hostname", account.url, "--list", "2", "--consent", "--yes", *more]


def test_a_difference_is_shown_before_the_rest_is_offered(
    account: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    people_answer(monkeypatch)
    monkeypatch.setattr("target_activecampaign.api.client.Client.held_contact", lambda *_: None)
    Path("people.csv").write_text("email,first_name\n" + "".join(f"p{n}@example.com,P\n" for n in range(7)))
    Path("key.txt").write_text(KEY)
    options = ["--file", "people.csv", "--hostname", account.url, "--list", "2", "--api-key-file", "key.txt"]
    said = invoke(
        *options, "--consent", "--tag", "-", "--no-automations", "--on-null", "keep", answers="\n\nt\n\n"
    )
    assert said.exit_code == 0, said.stderr
    missing = said.stderr.index("Row 2 was not found in the account.")
    assert missing < said.stderr.index("Send the other 2? [y/N]")
    assert len(account.snapshot()["contacts"]) == 5


def people_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init, "somebody_answers", lambda: True)


@pytest.mark.any_versions  # the runner of an older click answers without end where answers end
@pytest.mark.parametrize("answers", ["", "\n", "people.csv\n\nacme\n"])
def test_the_end_of_the_answers_leaves_no_trace(monkeypatch: pytest.MonkeyPatch, answers: str) -> None:
    people_answer(monkeypatch)
    Path("people.csv").write_text(PEOPLE)
    said = invoke(answers=answers)
    assert said.exit_code == 130
    assert "Nothing was written, nothing was sent." in said.stderr
    assert files() == set()


def test_a_german_file_of_excel_goes_from_nothing_to_people_on_the_list(
    account: RunningSandbox, connect: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    people_answer(monkeypatch)
    text = (
        "Kundennr;Anrede;Vorname;Name;E-Mail-Adresse;Straße;Ort;Mobil;Newsletter\r\n"
        "1;Ms;Jörg;Müller;joerg@example.com;Hauptstraße 1;Köln;030 23125838;ja\r\n"
        "2;Mr;Zoë;Strauß;zoe@example.com;Gäßchen 2;München;0151 23456789;nein\r\n"
        "3;Mr;Änne;Größ;aenne@example.com;Weg 3;Zürich;;ja\r\n"
    )
    Path("Kunden.csv").write_bytes(text.encode("cp1252"))
    answers = ["", "", account.url, KEY, "newsletter", "", "", "DE", "herbst", "", "", "I agree", "a"]
    said = invoke(answers="\n".join(answers) + "\n")
    assert said.exit_code == 0, said.stderr
    assert "as Windows-1252" in said.stderr
    assert subscribed(connect(account)) == {"joerg@example.com", "aenne@example.com"}
    held = {contact["email"]: contact for contact in account.snapshot()["contacts"]}
    joerg = held["joerg@example.com"]
    assert (joerg["firstName"], joerg["lastName"], joerg["phone"]) == ("Jörg", "Müller", "+493023125838")
    assert joerg["fields"]["CITY"] == "Köln"
    assert joerg["fields"]["STREET"] == "Hauptstraße 1"
    assert joerg["tags"] == ["herbst"]


def test_a_phones_export_goes_from_nothing_to_people_on_the_list(
    account: RunningSandbox, connect: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    people_answer(monkeypatch)
    Path("contacts.csv").write_text(
        "First Name,Middle Name,Last Name,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Address 1 - City\n"
        "Ada,,Lovelace,Engines Ltd,* myContacts,* Home,ada@example.com,Mobile,+44 20 7946 0123,London\n"
        "Bob,,Stone,,* myContacts,Work,bob@example.com,Mobile,+44 20 7946 0124,Leeds\n"
        "No,,Mail,,* myContacts,,,Mobile,+44 20 7946 0125,Leeds\n"
    )
    answers = ["", "", account.url, KEY, "2", "", "", "", "", "I agree", "a"]
    said = invoke(answers="\n".join(answers) + "\n")
    assert said.exit_code in {0, 4}, said.stderr
    assert subscribed(connect(account)) == {"ada@example.com", "bob@example.com"}


def test_a_configuration_before_keeps_each_answer_and_what_was_not_asked(account: RunningSandbox) -> None:
    Path("config.json").write_text(
        json.dumps(
            {
                "hostname": account.url,
                "api_key": KEY,
                "list_id": 3,
                "tags": ["vip"],
                "field_mapping": {"email": "email", "last_name": "first_name"},
                "profile_limit": 50,
                "on_null": "clear",
                "dryrun": True,
            }
        )
    )
    Path(".env").write_text("SHOP=1\n")
    said = invoke(*given(account, "--send", "none", key=False))
    assert said.exit_code == 0, said.stderr
    written = json.loads(Path("config.json").read_text())
    assert (written["list_id"], written["tags"], written["profile_limit"]) == (2, ["vip"], 50)
    assert (written["on_null"], written["field_mapping"]["last_name"]) == ("clear", "first_name")
    assert {"dryrun", "api_key"}.isdisjoint(written)
    assert "dryrun in config.json is no setting (did you mean dry_run?)" in said.stderr
    assert "The key moves from config.json to .env." in said.stderr
    before = json.loads(Path("config.json.bak").read_text())
    assert before["list_id"] == 3
    assert "api_key" not in before
    assert Path(".env").read_text() == f"SHOP=1\n{KEY_VARIABLE}={KEY}\n"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (".env", b"SHOP=\xff\n", ".env can't be read: it is no UTF-8 text"),
        (".gitignore", b"\xff\n", ".gitignore can't be read, so it was left as it is"),
        ("reports", b"", "The folder reports can't be made"),
    ],
)
def test_a_file_of_others_that_is_in_the_way_is_said_and_stays(
    account: RunningSandbox, name: str, content: bytes, problem: str
) -> None:
    Path(name).write_bytes(content)
    said = invoke(*given(account, "--send", "none"))
    assert said.exit_code == 1
    assert problem in said.stderr
    assert "Traceback" not in said.stderr
    assert Path(name).read_bytes() == content
    assert not Path("config.json").exists()


def test_settings_of_another_kind_are_left_out_and_said(account: RunningSandbox) -> None:
    before = {"tags": 7, "phone_region": 3, "field_mapping": ["x"], "hostname": 9, "subscription_words": 5}
    Path("config.json").write_text(json.dumps(before))
    said = invoke(*given(account, "--send", "none"))
    assert said.exit_code == 0, said.stderr
    assert "tags in config.json has to be array; it is left out" in said.stderr
    assert json.loads(Path("config.json.bak").read_text()) == before


def test_a_mapping_of_before_that_can_not_be_kept_is_said(account: RunningSandbox) -> None:
    custom = {"Shoe size": "first_name", "City": "newsletter", "Street": "newsletter", "Notes": ["x"]}
    before = {"list_id": 2, "field_mapping": {"email": "email", "custom_fields": custom}}
    options = given(account, "--send", "none", "--map", "subscription=")
    Path("config.json").write_text(json.dumps(before))
    said = invoke(*options)
    assert said.exit_code == 0, said.stderr
    told = " ".join(said.stderr.split())
    assert 'config.json maps Shoe size from "first_name". No field "Shoe size".' in told
    assert 'config.json maps Street from "newsletter", too, which goes to City' in told
    written = json.loads(Path("config.json").read_text())
    assert written["field_mapping"]["custom_fields"] == {"City": "newsletter"}


def test_a_trial_that_fails_says_what_and_offers_nothing_more(
    start_sandbox: Callable[..., RunningSandbox], connect: Callable[..., Api]
) -> None:
    account = start_sandbox(with_limits=False, progress="at-once", seed={**BUILT_IN, "contactLimit": 1})
    said = invoke(*given(account, "--send", "trial", "--json"))
    assert said.exit_code == 3
    document = json.loads(said.stdout)
    assert document["ok"] is False
    assert "contract" in " ".join(document["problems"])
    assert "Read back: all 3 values are as they were sent." in said.stderr
    assert "differ" not in said.stderr
    assert "Once it is mended:" in said.stderr
    assert "ERROR" not in said.stderr
    assert len(subscribed(connect(account))) == 1


def test_people_who_said_no_end_a_script_before_anything_is_written(
    account: RunningSandbox, connect: Callable[..., Api]
) -> None:
    options = given(account, "--send", "all", "--json")
    Path("people.csv").write_text(
        "email,Unsubscribed from all email\nada@example.com,\nbob@example.com,true\n"
    )
    said = invoke(*options)
    assert said.exit_code == 2
    assert "mail is not wanted in 1 row (3)" in json.loads(said.stdout)["problems"][0]
    assert "--empty-consent wanted" in json.loads(said.stdout)["problems"][0]
    assert files() == set()
    assert not account.snapshot()["contacts"]
    said = invoke(*options, "--empty-consent", "wanted")
    assert said.exit_code == 0, said.stderr
    assert subscribed(connect(account)) == {"ada@example.com"}


def test_a_column_that_is_chosen_in_the_table_is_read_by_its_own_words(
    account: RunningSandbox, connect: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    people_answer(monkeypatch)
    Path("people.csv").write_text("email,unsubscribed\nada@example.com,no\nbob@example.com,yes\n")
    answers = ["", "", account.url, KEY, "2", "n", "2", "subscription", "", "", "", "", "I agree", "a"]
    said = invoke(answers="\n".join(answers) + "\n")
    assert said.exit_code == 0, said.stderr
    assert subscribed(connect(account)) == {"ada@example.com"}


def test_a_file_that_turns_out_to_be_read_wrongly_is_read_anew(
    account: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    people_answer(monkeypatch)
    Path("people.csv").write_text("email,first_name\nzoe@example.com,Zo\u00eb\n", encoding="utf-8")
    read_anew = ["file", "", "utf-8", ""]
    answers = ["", "", account.url, KEY, "2", *read_anew, "", "", "", "", "I agree", "a"]
    said = invoke("--encoding", "windows-1252", answers="\n".join(answers) + "\n")
    assert said.exit_code == 0, said.stderr
    assert said.stderr.count("4 of 8") == 2
    assert [contact["firstName"] for contact in account.snapshot()["contacts"]] == ["Zo\u00eb"]


def test_a_key_of_the_environment_stays_there(
    account: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    said = invoke(*given(account, "--send", "none", key=False))
    assert said.exit_code == 0, said.stderr
    assert not Path(".env").exists()
    assert "The key stays in the environment" in said.stderr


def test_another_folder_is_set_up_by_its_name(account: RunningSandbox) -> None:
    Path("shop").mkdir()
    said = invoke(*given(account, "--send", "none", "--folder", "shop"))
    assert said.exit_code == 0, said.stderr
    assert Path("shop/config.json").exists()
    assert not Path("config.json").exists()
    assert Path.cwd() == Path("shop").resolve().parent


def test_a_line_of_the_mapping_that_names_no_column_is_said(account: RunningSandbox) -> None:
    said = invoke(*given(account, "--map", "last_name=surname"))
    assert said.exit_code == 2
    assert '--map: No column "surname".' in said.stderr
    assert invoke(*given(account, "--map", "surname")).exit_code == 2


def test_a_sandbox_account_is_written_only_when_something_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (init_target, run_module):
        monkeypatch.setattr(module, "SystemClock", SystemClock)  # the sandbox keeps the service's limits
    Path("people.csv").write_text(PEOPLE)
    options = ["--file", "people.csv", "--hostname", "sandbox", "--list", "2", "--consent", "--yes"]
    said = invoke(*options, "--send", "none")
    assert said.exit_code == 0, said.stderr
    assert "no personal data leaves it" in said.stderr
    assert files() == {"config.json", ".env", ".gitignore", "reports"}
