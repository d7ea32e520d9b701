"""`send` takes a file the way of a tap's messages, and what it rejects can be mended and sent again."""

from __future__ import annotations

import csv
import io
import json
import stat
import typing as t
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.ledgers import open_ledger
from support.quick_target import QuickClock, captured_log, wait_for_workers
from support.sandbox_fixture import KEY

from target_activecampaign import target as target_module
from target_activecampaign.cli import send
from target_activecampaign.run import run as run_module
from target_activecampaign.run.signals import Interruption
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from click.testing import Result

    from target_activecampaign.sandbox.server import RunningSandbox

__all__ = ["open_ledger"]

SHOP = (
    "id;e-mail;given_name;town\r\n"
    '1001;ada@example.com;Ada;"Lon\r\ndon"\r\n'
    "1002;;Bo;Köln\r\n"
    "1003;=1+1;Cy;Bonn\r\n"
    "1004;dee@example.com;Dee, Jr.;\r\n"
    "1005;eve@example.com\r\n"
)


class Sent(t.NamedTuple):
    result: Result
    log: str

    @property
    def said(self) -> str:
        return self.log + self.result.stderr

    @property
    def end(self) -> str:
        """What is said at the end, whatever lines it stands on."""
        return " ".join(self.result.stderr.split())

    def report(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", json.loads(self.result.stdout))


@pytest.fixture(autouse=True)
def _process_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keeps the command from changing the tests' own process, and waits short."""
    monkeypatch.setattr(send, "quiet_sdk", lambda _: None)
    monkeypatch.setattr(send, "redact_logs", lambda: None)
    monkeypatch.setattr(target_module, "prepare_process", lambda: None)
    monkeypatch.setattr(Interruption, "install", lambda _: None)
    monkeypatch.setattr(run_module, "SystemClock", QuickClock)
    monkeypatch.chdir(tmp_path)


def send_file(*arguments: str, answer: str = "") -> Sent:
    command = t.cast("t.Any", TargetActiveCampaign.cli)
    with captured_log() as log:
        result = CliRunner().invoke(command, ["send", *arguments], input=answer)
    wait_for_workers()
    return Sent(result, log.getvalue())


def configure(**settings: object) -> None:
    own = {"data_privacy_consent": True, "list_id": 2, "rejects_path": "rejects.csv", "api_key": KEY}
    mapping = {"email": "e-mail", "first_name": "given_name", "custom_fields": {"City": "town"}}
    whole = {**own, "max_rejected_percent": 90, "field_mapping": mapping, **settings}
    Path("config.json").write_text(
        json.dumps({name: value for name, value in whole.items() if value is not None})
    )


@pytest.fixture
def _shop(sandbox: RunningSandbox) -> None:
    configure(hostname=sandbox.url)
    Path("shop.csv").write_bytes(SHOP.encode("cp1252"))


def rejected() -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(Path("rejects.csv").read_text("utf-8-sig"), newline=""), delimiter=";")
    )


@pytest.mark.usefixtures("_shop")
def test_a_file_arrives_and_standard_output_holds_nothing() -> None:
    sent = send_file("shop.csv")
    assert (sent.result.exit_code, sent.result.stdout) == (0, "")
    assert "shop.csv: 5 rows, 4 columns, separated by semicolons, Windows-1252" in sent.log
    assert "row 4: rejected, email_missing" in sent.log
    assert "row 5: rejected, email_invalid" in sent.log
    assert "1 row (7): fewer cells than the header" in sent.log
    assert "example.com" not in sent.said
    assert "STATE" not in sent.said


@pytest.mark.usefixtures("_shop")
def test_json_is_the_report() -> None:
    report = send_file("shop.csv", "--json").report()
    assert (report["ok"], report["read"], report["delivered"], report["exit_code"]) == (True, 5, 3, 0)
    assert list(report["streams"]) == ["shop"]


@pytest.mark.usefixtures("_shop")
def test_a_trial_run_sends_nothing_and_says_what_would_be() -> None:
    report = send_file("shop.csv", "--dry-run", "--json").report()
    assert (report["ok"], report["dry_run"], report["delivered"]) == (True, True, 3)
    assert not Path("rejects.csv").exists()


@pytest.mark.usefixtures("_shop")
def test_rejected_rows_stand_in_a_file_that_excel_reads() -> None:
    send_file("shop.csv")
    assert Path("rejects.csv").read_bytes().startswith(b"\xef\xbb\xbfid;e-mail;given_name;town;_reason")
    assert stat.S_IMODE(Path("rejects.csv").stat().st_mode) == 0o600
    header, *rows = rejected()
    assert header == ["id", "e-mail", "given_name", "town", "_reason", "_detail", "_source"]
    assert rows == [
        ["1002", "", "Bo", "Köln", "email_missing", rows[0][5], "shop"],
        ["1003", "=1+1", "Cy", "Bonn", "email_invalid", rows[1][5], "shop"],
    ]


@pytest.mark.usefixtures("_shop")
def test_mended_rows_are_sent_as_the_records_that_they_were() -> None:
    send_file("shop.csv")
    path = Path("rejects.csv")
    path.write_text(path.read_text("utf-8-sig").replace("=1+1", "cy@example.com"), "utf-8")
    mended = path.read_bytes()
    again = send_file("rejects.csv", "--json")
    report = again.report()
    assert (report["read"], report["delivered"], report["rejected"]) == (2, 1, {"email_missing": 1})
    assert list(report["streams"]) == ["shop"]
    assert path.read_bytes() == mended, "what was sent stays until it has arrived"
    assert "1002;;Bo;Köln;email_missing" in Path("rejects-2.csv").read_text("utf-8-sig")


@pytest.mark.usefixtures("_shop")
def test_an_earlier_rejects_file_keeps_its_ending() -> None:
    send_file("shop.csv")
    send_file("shop.csv")
    assert len(list(Path().glob("rejects.*Z.csv"))) == 1


@pytest.mark.usefixtures("_shop")
def test_a_row_that_is_too_wide_stays_as_it_was_however_often_it_is_sent() -> None:
    Path("wide.csv").write_text(
        "e-mail;given_name;town\nada@example.com;Love;Ada;Ulm\nbo@example.com;Bo;Ulm\n"
    )
    send_file("wide.csv")
    first = rejected()
    assert first[1] == [
        *("ada@example.com", "Love", "Ada"),
        *("schema_invalid", "the row has 4 cells, the header 3", "wide"),
        "Ulm",
    ]
    Path("rejects.csv").rename("again.csv")
    send_file("again.csv")
    assert rejected() == first


@pytest.mark.usefixtures("_shop")
def test_a_file_is_never_written_over_by_the_run() -> None:
    configure(hostname="sandbox", report_path="shop.csv")
    sent = send_file("shop.csv", "--json")
    assert sent.result.exit_code == 1
    assert "report_path: is the file of the file to send" in sent.report()["problems"][0]
    configure(hostname="sandbox", rejects_path="config.json")
    assert "rejects_path: is the file of --config" in send_file("shop.csv", "--json").report()["problems"][0]


@pytest.mark.usefixtures("_shop")
def test_a_missing_column_is_named_with_those_of_the_file(sandbox: RunningSandbox) -> None:
    configure(hostname=sandbox.url, field_mapping={"email": "mail_address"})
    sent = send_file("shop.csv")
    assert sent.result.exit_code == 1
    assert "field_mapping.email: the schema of stream 'shop' has no property 'mail_address'" in sent.end
    assert 'shop.csv has the columns "id", "e-mail", "given_name", "town". Nothing was sent' in sent.end


def test_without_a_configuration_the_way_to_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text(SHOP)
    without = send_file("shop.csv", "--json")
    assert without.result.exit_code == 2
    (problem,) = without.report()["problems"]
    assert "this folder has no config.json" in problem
    assert "target-activecampaign init" in problem
    configure(hostname="sandbox", list_id=None, data_privacy_consent=None)
    unfit = send_file("shop.csv", "--json")
    assert unfit.result.exit_code == 1
    problems = " ".join(unfit.report()["problems"])
    assert "list_id" in problems
    assert "data_privacy_consent" in problems
    assert "target-activecampaign init" in problems


@pytest.mark.usefixtures("_shop")
def test_what_is_no_file_of_people_is_one_json_document() -> None:
    Path("empty.csv").write_text("e-mail\n")
    for name, said in [
        ("shp.csv", "Did you mean"),
        ("empty.csv", "a header and no row"),
        (".", "is a folder"),
    ]:
        sent = send_file(name, "--json")
        assert sent.result.exit_code == 1
        assert said in sent.report()["problems"][0]
    assert "Error: empty.csv has a header" in send_file("empty.csv").result.stderr


@pytest.mark.usefixtures("_shop")
def test_letters_in_doubt_are_asked_for_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("doubt.csv").write_bytes("e-mail;given_name;town\nada@example.com;Peña;\n".encode("cp1252"))
    nobody = send_file("doubt.csv")
    assert nobody.result.exit_code == 1
    assert "doubt.csv, row 2: it is no UTF-8, and is read as Windows-1252" in nobody.result.stderr
    assert "add --encoding cp1252" in nobody.result.stderr
    assert send_file("doubt.csv", "--encoding", "cp1252", "--dry-run").result.exit_code == 0
    assert send_file("doubt.csv", "--yes", "--dry-run").result.exit_code == 0
    monkeypatch.setattr(send, "somebody_answers", lambda: True)
    no, yes = send_file("doubt.csv", answer="n\n"), send_file("doubt.csv", "--dry-run", answer="\n")
    assert (no.result.exit_code, yes.result.exit_code) == (1, 0)
    assert "Right? [Y/n]" in no.result.stderr
    assert "Pe" not in no.said + yes.said + nobody.said


@pytest.mark.usefixtures("_shop")
def test_json_lines_are_sent_and_their_rejects_are_no_csv(sandbox: RunningSandbox) -> None:
    lines = [{"e-mail": "ada@example.com", "given_name": "Ada", "town": None}, {"e-mail": "x", "town": "Ulm"}]
    Path("people.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    refused = send_file("people.jsonl")
    assert refused.result.exit_code == 1
    assert "rejects_path: rejects.csv would be a CSV" in refused.end
    assert "Name it rejects.singer" in refused.end
    configure(hostname=sandbox.url, rejects_path="rejects.singer")
    sent = send_file("people.jsonl")
    assert sent.result.exit_code == 0
    assert "row 2: rejected, email_invalid" in sent.log
    again = send_file("rejects.singer", "--json").report()
    assert (again["read"], again["rejected"]) == (1, {"email_invalid": 1})


@pytest.mark.usefixtures("_shop")
def test_a_file_of_messages_passes_no_state_on(sandbox: RunningSandbox) -> None:
    configure(hostname=sandbox.url, rejects_path=None)
    schema: dict[str, t.Any] = {"properties": {"e-mail": {}, "given_name": {}, "town": {}}}
    messages = [
        {"type": "SCHEMA", "stream": "people", "schema": schema, "key_properties": []},
        {"type": "RECORD", "stream": "people", "record": {"e-mail": "ada@example.com"}},
        {"type": "STATE", "value": {"bookmark": 1}},
    ]
    Path("people.singer").write_text("".join(f"{json.dumps(one)}\n" for one in messages))
    sent = send_file("people.singer")
    assert (sent.result.exit_code, sent.result.stdout) == (0, "")


def test_who_a_file_does_not_bring_is_pending_and_rejected_rows_say_nothing_of_others(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    configure(hostname=sandbox.url, membership="mirror", ledger_url=f"sqlite:///{tmp_path}/ledger.db")
    people = [f"{number};p{number}@example.com;P;Ulm\n" for number in range(12)]
    path = tmp_path / "shop.csv"
    path.write_text("id;e-mail;given_name;town\n" + "".join(people) + "99;wrong;P;Ulm\n")
    assert send_file("shop.csv", "--json").report()["pending_removals"] == 0
    path.write_text("id;e-mail;given_name;town\n" + "".join(people[1:]))
    second = send_file("shop.csv", "--json")
    assert (second.report()["pending_removals"], second.report()["unsubscribed"]) == (1, 0)
    assert "a file does not show that it holds everybody" in second.log
    rejects = "id;e-mail;given_name;town;_reason;_detail;_source\n99;p99@example.com;P;Ulm;x;y;shop\n"
    (tmp_path / "rejects.csv").write_text(rejects)
    third = send_file("rejects.csv", "--json")
    assert third.report()["delivered"] == 1
    assert third.report()["pending_removals"] <= 1
    assert "rejects.csv holds some of the rows, so nobody is missed" in third.log


def test_a_key_counts_as_the_source_s_only_where_a_person_named_it(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "shop.csv"
    header = "id;e-mail;_sdc_deleted_at\n"
    for options, (taken_off, rejected_rows) in {(): (0, 1), ("--key", "id"): (1, 0)}.items():
        ledger_url = f"sqlite:///{tmp_path}/ledger{taken_off}.db"
        mapping = {"email": "e-mail"}
        configure(hostname=sandbox.url, field_mapping=mapping, ledger_url=ledger_url, on_delete="unsubscribe")
        path.write_text(f"{header}1;ada{taken_off}@example.com;\n2;bo{taken_off}@example.com;\n")
        assert send_file("shop.csv", "--json", *options).report()["delivered"] == 2
        path.write_text(f"{header}1;;2026-11-30\n2;bo{taken_off}@example.com;\n")
        report = send_file("shop.csv", "--json", *options).report()
        assert (report["unsubscribed"], sum(report["rejected"].values())) == (taken_off, rejected_rows)


def test_a_name_of_the_stream_holds_for_files_of_every_day(sandbox: RunningSandbox, tmp_path: Path) -> None:
    configure(hostname=sandbox.url)
    (tmp_path / "shop-2026-11-30.csv").write_text(SHOP)
    report = send_file("shop-2026-11-30.csv", "--stream", "shop", "--json").report()
    assert list(report["streams"]) == ["shop"]
    assert {row[-1] for row in rejected()[1:]} == {"shop"}
