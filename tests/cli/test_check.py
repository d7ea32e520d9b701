"""`check` asks everything at once and says of each thing that is wrong what to do.

The transcripts beside this file are the specification's, with the sandbox's own figures and names.
"""

from __future__ import annotations

import json
import os
import re
import socket
import typing as t
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.ledgers import content_of, fingerprints_of
from support.sandbox_fixture import KEY

from target_activecampaign.cli import check
from target_activecampaign.clock import SystemClock
from target_activecampaign.config.secret import Secret
from target_activecampaign.ledger.ledger import Ledger
from target_activecampaign.run.checks.result import IDS
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from click.testing import Result

    from target_activecampaign.sandbox.server import RunningSandbox

TRANSCRIPTS = Path(__file__).parent / "transcripts"
SEED = {
    "lists": [{"name": "Customers"}, {"name": "Newsletter"}, {"name": "Texts", "channel": "sms"}],
    "fields": [
        {"title": "City", "type": "text"},
        {"title": "Customer since", "type": "date"},
        {"title": "Language", "type": "dropdown", "options": [{"value": "en"}, {"value": "de"}]},
        {"title": "Shoe colour", "type": "text"},
    ],
    "tags": ["shop-2025", "shop-2026"],
    "exclusions": [{"matchPhrase": "@spam.example", "matchType": "end", "channel": "allEmail"}],
    "contacts": [],
}


class _NoWaits(SystemClock):
    """The machine's clock, on which a pause between two tries takes no time."""

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return stop.is_set()


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps the command from silencing the loggers of the tests' own process, and in its folder."""
    monkeypatch.setattr(check, "redact_logs", lambda: None)
    monkeypatch.setattr(check, "SystemClock", _NoWaits)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def account(start_sandbox: Callable[..., RunningSandbox]) -> RunningSandbox:
    return start_sandbox(with_limits=False, seed=SEED, contact_limit=500_000)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["check", *arguments])


def write_config(url: str, /, **changes: object) -> dict[str, t.Any]:
    config = {
        "hostname": url,
        "api_key": KEY,
        "data_privacy_consent": True,
        "list_id": "Newsletter",
        "exclude_automations": True,
        "requests_per_second": 1_000,
        **changes,
    }
    kept = {name: value for name, value in config.items() if value is not None}
    Path("config.json").write_text(json.dumps(kept))
    return kept


def checks_of(*arguments: str) -> dict[str, dict[str, t.Any]]:
    """The checks by their ids: the last of each."""
    return {one["id"]: one for one in json.loads(invoke("--json", *arguments).stdout)["checks"]}


def normalised(said: Result, url: str) -> str:
    """What was said, with the figures and names of this moment and machine replaced."""
    text = f"{said.stderr}{said.stdout}".replace(url.removeprefix("http://"), "acme.api-us1.com")
    text = re.sub(r"answers in [\d,]+ ms", "answers in 84 ms", text)
    # The service tells whole seconds, and a slow machine asks in one and hears in the next.
    text = text.replace("clock differs by 1 s", "clock differs by 0 s")
    return re.sub(r"\d+ [TGM]B free", "41 GB free", text)


def hold_ledger(url: str, *, now: int = 1_700_000_000) -> Ledger:
    account = url.removeprefix("http://")
    ledger = Ledger.open(Secret("sqlite:///ledger.db"), account=account, api_key=Secret(KEY), now=now)
    ledger.hold([2])
    ledger.confirm(2, fingerprints_of(ada="a", bob="b"), sent_at=5, ended_at=5)
    return ledger


def test_the_transcript_of_a_configuration_that_is_right(account: RunningSandbox) -> None:
    config = write_config(
        account.url,
        api_key=None,
        field_mapping={
            "email": "e-mail",
            "custom_fields": {"City": "town", "Customer since": "since", "Language": "language"},
        },
        tags=["shop-2026"],
        ledger_url="sqlite:///ledger.db",
        rejects_path="rejects.csv",
        report_path="report.json",
    )
    Path(".env").write_text(f"TARGET_ACTIVECAMPAIGN_API_KEY={KEY}\n")
    hold_ledger(account.url).close()
    before = content_of(Path())
    said = invoke("--records", "250000")
    assert (said.exit_code, len(config)) == (0, 10)
    assert normalised(said, account.url) == (TRANSCRIPTS / "check_passed.txt").read_text()
    assert content_of(Path()) == before


def test_the_transcript_of_a_configuration_with_problems(
    start_sandbox: Callable[..., RunningSandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "etl-1")
    monkeypatch.setattr(os, "getpid", lambda: 4711)
    faults = ["GET /settings/account status=403", "GET /lists/exclusions status=403"]
    account = start_sandbox(with_limits=False, seed=SEED, faults=faults)
    write_config(
        account.url,
        dryrun=True,
        data_privacy_consent=False,
        list_id=None,
        streams={
            "a": {
                "list_id": "Newsleter",
                "field_mapping": {"email": "e", "custom_fields": {"Shoe size": "s"}},
            },
            "b": {"list_id": 2},
        },
        ledger_url="sqlite:///ledger.db",
        rejects_path="rejects.csv",
        report_path="report.json",
    )
    with closing(hold_ledger(account.url)):
        said = invoke()
    assert said.exit_code == 1
    assert normalised(said, account.url) == (TRANSCRIPTS / "check_problems.txt").read_text()


def test_the_document_has_every_check_and_each_key(account: RunningSandbox) -> None:
    write_config(account.url, list_id="Newsleter")
    said = invoke("--json", "--records", "250000")
    document = json.loads(said.stdout)
    assert said.exit_code == 1
    assert document.keys() == {"ok", "config", "checks", "plan"}
    assert (document["ok"], document["config"]) == (False, ["config.json"])
    assert document["plan"] == {"records": 250_000, "imports": 1_000, "minutes": 10.0}
    assert [one["id"] for one in document["checks"]] == list(IDS)
    assert [one for one in document["checks"] if one["id"] == "list"] == [
        {
            "id": "list",
            "status": "fail",
            "setting": "list_id",
            "message": 'the account has no list "Newsleter" that this key may see',
            "fix": 'Nearest: "Newsletter" (2). All lists: target-activecampaign lists',
            "nearest": ["Newsletter"],
        }
    ]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"hostname": "acme"}, "network"),
        ({"api_key": None}, "key"),
        ({"list_id": None}, "list"),
        ({"streams": {"a.b": {"list_id": []}}}, "list"),
        ({"streams": {"x": {"field_mapping": {"email": "e", "City": "town"}}}}, "fields"),
        ({"field_mapping": {"first_name": "f"}}, "fields"),
        ({"tags": "vip"}, "tags"),
        ({"profile_limit": 0}, "contract"),
        ({"membership": "mirror"}, "ledger"),
        ({"ledger_url": "ledger.db"}, "ledger"),
        ({"report_path": "none/report.json"}, "files"),
        ({"verify": "some"}, "settings"),
        ({"stream_maps": {"a": {"email": "("}}}, "settings"),
        ({"data_privacy_consent": "yes"}, "consent"),
    ],
)
def test_a_problem_of_a_setting_stands_at_its_own_check(
    account: RunningSandbox, changes: dict[str, t.Any], where: str
) -> None:
    write_config(account.url, **changes)
    found = checks_of()
    assert [one["id"] for one in found.values() if one["status"] == "fail"] == [where]
    assert found[where]["setting"]
    if where not in {"network", "key"}:
        assert {one["status"] for name, one in found.items() if name != where} == {"ok"}


def test_what_rests_on_a_refused_key_is_skipped_and_the_rest_is_asked(account: RunningSandbox) -> None:
    write_config(account.url, api_key="a-key-that-nobody-made", dryrun=1)
    found = checks_of()
    host = account.url.removeprefix("http://")
    assert found["key"]["message"] == f"{host} refused this key (HTTP 403)"
    skipped = ("contract", "list", "fields", "tags", "exclusions")
    assert {found[name]["message"] for name in skipped} == {"not asked: the key was refused"}
    assert {found[name]["status"] for name in skipped} == {"skip"}
    assert found["settings"]["message"] == "is no setting"
    assert {found[name]["status"] for name in ("consent", "network", "ledger", "files", "alerts")} == {"ok"}
    assert "a-key-that-nobody-made" not in invoke("--json").output


def closed_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_each_failure_of_the_network_has_its_own_words_and_remedy(
    start_sandbox: Callable[..., RunningSandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    proxy = f"http://user:pass-word@127.0.0.1:{closed_port()}"
    page = start_sandbox(with_limits=False, faults=["* html"])
    down = start_sandbox(with_limits=False, faults=["* status=503"])
    slow = start_sandbox(with_limits=False, faults=["* delay=30"])
    other = start_sandbox(with_limits=False, faults=["* status=404"])
    found = {}
    for name, url, variables in (
        ("refused", f"http://127.0.0.1:{closed_port()}", {}),
        ("page", page.url, {}),
        ("down", down.url, {}),
        ("slow", slow.url, {}),
        ("other", other.url, {}),
        ("certificate", page.url.replace("http://", "https://"), {}),
        ("name", "https://acme.invalid", {}),
        ("proxy", "https://acme.invalid", {"HTTPS_PROXY": proxy}),
        ("bundle", "https://acme.invalid", {"REQUESTS_CA_BUNDLE": "none.pem"}),
    ):
        with monkeypatch.context() as patch:
            for variable, value in variables.items():
                patch.setenv(variable, value)
            write_config(url, request_timeout=1)
            found[name] = checks_of()["network"]
    said = {name: f"{one['message']}. {one['fix']}" for name, one in found.items()}
    assert {one["status"] for one in found.values()} == {"fail"}
    kinds = {re.sub(r"127\.0\.0\.1:\d+", "HOST", one["message"]) for one in found.values()}
    assert len(kinds) == len(found)
    assert "refused the connection" in said["refused"]
    assert "port" in said["refused"]
    assert "answers with a web page, so it is not the API" in said["page"]
    assert "Settings > Developer" in said["page"]
    assert "answers, but with HTTP 503" in said["down"]
    assert "wait a while" in said["down"]
    assert "gave no answer in time" in said["slow"]
    assert "request_timeout" in said["slow"]
    assert "answers with HTTP 404" in said["other"]
    assert "REQUESTS_CA_BUNDLE" in said["certificate"]
    assert "no such host" in said["name"]
    assert "misspelling" in said["name"]
    assert f"the proxy {proxy.replace('user:pass-word@', '')} (variable HTTPS_PROXY) refused" in said["proxy"]
    assert "unset HTTPS_PROXY" in said["proxy"]
    assert "REQUESTS_CA_BUNDLE names no file" in said["bundle"]
    assert not any("pass-word" in one for one in said.values())


def test_a_contract_without_room_is_a_warning(start_sandbox: Callable[..., RunningSandbox]) -> None:
    account = start_sandbox(with_limits=False, contact_limit=1_000)
    write_config(account.url)
    assert checks_of("--records", "1000")["contract"]["status"] == "ok"
    tight = checks_of("--records", "1500")["contract"]
    assert tight["status"] == "warn"
    assert "room for 1,000: 500 of 1,500 records are held back if all are new people" in tight["message"]
    full = start_sandbox(with_limits=False, contact_limit=1, seed={**SEED, "contacts": [CONTACT]})
    write_config(full.url)
    assert "room for 0: new people are held back" in checks_of()["contract"]["message"]


CONTACT = {"email": "ada@example.com"}


def test_tags_are_told_apart_by_whether_they_exist(account: RunningSandbox) -> None:
    write_config(account.url, tags=["SHOP-2026", "shop-2027", "quite other"])
    said = invoke().stdout
    assert 'WARN  tags       tags: the account has no tag "shop-2027"; it will be made.' in said
    assert 'Nearest: "shop-2026". All tags: target-activecampaign tags\n' in said
    assert 'OK    tags       "SHOP-2026" exists, "quite other" is new: it will be made' in said


def test_automations_that_nobody_decided_about_are_a_warning(account: RunningSandbox) -> None:
    write_config(account.url, exclude_automations=None)
    found = checks_of()["settings"]
    assert (found["status"], found["setting"]) == ("warn", "exclude_automations")
    assert invoke().exit_code == 0


def test_at_most_twelve_requests_are_made_and_none_writes(account: RunningSandbox) -> None:
    streams = {f"s{number}": {"list_id": number} for number in (1, 2)}
    mapping = {"email": "e", "custom_fields": {"City": "town"}}
    write_config(account.url, list_id=None, streams=streams, field_mapping=mapping, tags=["shop-2026"])
    before = account.snapshot()
    assert invoke().exit_code == 0
    journal = account.emulator.journal.after()
    assert account.snapshot() == before
    assert 0 < len(journal) <= 12
    assert {entry.method for entry in journal} == {"GET"}


def test_the_next_command_names_the_configuration_as_it_was_given(account: RunningSandbox) -> None:
    config = write_config(account.url)
    Path("a b.json").write_text(json.dumps(config))
    good = invoke("--config", "a b.json").stdout.splitlines()[-1]
    assert good == "Next: target-activecampaign preview --input FILE --config 'a b.json'"
    Path("a b.json").write_text(json.dumps({**config, "list_id": 9}))
    bad = invoke("--config", "a b.json").stdout.splitlines()[-1]
    assert bad == "1 problem. Mend a b.json, then: target-activecampaign check --config 'a b.json'"


def test_a_narrow_terminal_wraps_and_colour_is_for_terminals(
    account: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(account.url, list_id="Newsleter")
    monkeypatch.setenv("COLUMNS", "60")
    plain = invoke().stdout
    assert max(map(len, plain.splitlines()[:-1])) <= 60
    assert "\x1b" not in plain
    assert "\r" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert (
        "\x1b[31mFAIL\x1b[0m"
        in CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["check"], color=True).stdout
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_to_is_told(account: RunningSandbox) -> None:
    Path("locked").mkdir(mode=0o500)
    write_config(account.url, rejects_path="locked/r.singer", ledger_url="sqlite:///locked/ledger.db")
    found = checks_of()
    assert found["files"]["message"].startswith("can't write in locked")
    assert "may not be written to" in found["ledger"]["message"]


def test_a_folder_of_reports_comes_with_the_first_run(account: RunningSandbox, tmp_path: Path) -> None:
    write_config(account.url, report_path="reports/2026/{time}.json")
    assert checks_of()["files"]["status"] == "ok"
    assert not (tmp_path / "reports").exists()
    (tmp_path / "reports").write_text("a file")
    assert checks_of()["files"]["status"] == "fail"


@pytest.mark.parametrize(("options", "is_coloured"), [((), True), (("--no-color",), False)])
def test_colour_can_be_forced_into_a_pipe_and_taken_away(
    account: RunningSandbox, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], *, is_coloured: bool
) -> None:
    write_config(account.url)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    said = CliRunner().invoke(t.cast("t.Any", TargetActiveCampaign.cli), ["check", *options])
    assert ("\x1b" in said.stdout) is is_coloured


def test_a_service_that_asks_to_wait_is_not_waited_for(start_sandbox: Callable[..., RunningSandbox]) -> None:
    write_config(start_sandbox(faults=['GET /users/me status=429 header="Retry-After: 120"']).url)
    found = checks_of()["network"]
    assert (found["status"], found["setting"]) == ("fail", None)
    assert "HTTP 429" in found["message"]
    assert "what else uses the account" in found["fix"]
