"""The Dagster example as its page sets it up: two accounts, one of which fails and is not tried again.

The page's commands make the environments before, as in `.ci/run examples`.
"""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from psycopg import sql

from target_activecampaign.sandbox import serve

if t.TYPE_CHECKING:
    from support.postgres_server import PostgresServer

    from target_activecampaign.sandbox.server import RunningSandbox

pytestmark = [pytest.mark.examples, pytest.mark.any_versions, pytest.mark.timeout(300)]

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "docs" / "examples" / "dagster"
PYTHON = EXAMPLE / ".venv" / "bin" / "python"
MELTANO = PROJECT / ".venv" / "bin" / "meltano"
KEYS = {"acme": "the-key-of-acme", "globex": "the-key-of-globex"}


class Outcome(t.NamedTuple):
    document: dict[str, t.Any]
    log: str
    contacts: dict[str, int]
    in_ledger: dict[str, int]

    def of(self, partition: str) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self.document["partitions"][partition])


@pytest.fixture(scope="module")
def outcome(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Run four partitions: one meets a fault that passes, one fails, and one does not exist."""
    assert PYTHON.exists(), "docs/examples/dagster/README.md says how to install the example"
    folder = tmp_path_factory.mktemp("dagster")
    for account in KEYS:
        with postgres.connect() as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(account)))
    faults = ["GET /lists* status=404 next=1"]
    with serve(keys=list(KEYS.values()), progress="at-once", faults=faults) as sandbox:
        (folder / "accounts.yml").write_text(yaml.safe_dump(accounts_at(sandbox.url)), encoding="utf-8")
        partitions = ["acme|vip", "acme|customers", "globex|customers", "globex|vip"]
        ended = subprocess.run(
            [PYTHON, Path(__file__).with_name("materialize.py"), EXAMPLE, *partitions],
            env=os.environ | variables(folder, postgres),
            capture_output=True,
            text=True,
            check=False,
        )
        contacts = {account: contacts_of(sandbox, key) for account, key in KEYS.items()}
    assert ended.returncode == 0, ended.stderr[-3000:]
    in_ledger = {account: confirmed(postgres, account) for account in KEYS}
    return Outcome(json.loads(ended.stdout), ended.stdout + ended.stderr, contacts, in_ledger)


def accounts_at(url: str) -> dict[str, t.Any]:
    """Return the accounts of the example, in a sandbox."""
    accounts = yaml.safe_load((EXAMPLE / "accounts.yml").read_text("utf-8"))
    return {name: account | {"hostname": url} for name, account in accounts.items()}


def variables(folder: Path, postgres: PostgresServer) -> dict[str, str]:
    return {
        "ACCOUNTS": str(folder / "accounts.yml"),
        "ACME_KEY": KEYS["acme"],
        "GLOBEX_KEY": KEYS["globex"],
        "DATA_PRIVACY_CONSENT": "true",
        "LEDGER_URL": f"{postgres.url()}?options=-csearch_path%3D{{account}}",
        "MELTANO": str(MELTANO),
        "MELTANO_DATABASE_URI": f"sqlite:///{folder}/meltano.db",
        "DAGSTER_HOME": "",  # an instance that is gone afterwards
        "RETRY_SECONDS": "0",
    }


def contacts_of(sandbox: RunningSandbox, key: str) -> int:
    tenant = sandbox.emulator.tenant_with(key)
    return len(tenant.account.contacts) if tenant else 0


def confirmed(postgres: PostgresServer, schema: str) -> int:
    """Return how many contacts an account's ledger holds."""
    count = sql.SQL("SELECT count(*) FROM {}.ledger_contact WHERE confirmed_at > 0").format(
        sql.Identifier(schema)
    )
    with postgres.connect() as connection:
        (rows,) = t.cast("tuple[int]", connection.execute(count).fetchone())
    return rows


def test_an_export_that_went_well_has_its_figures_as_metadata(outcome: Outcome) -> None:
    acme = outcome.of("acme|customers")
    assert (acme["success"], acme["tries"]) == (True, 1)
    figures = {
        name: acme["metadata"][name] for name in ("exit_code", "read", "delivered", "rejected", "held_back")
    }
    assert figures == {"exit_code": 0, "read": 40, "delivered": 40, "rejected": 0, "held_back": 0}
    assert acme["metadata"]["dagster/row_count"] == 40


def test_an_account_with_too_many_rejects_fails_and_is_not_tried_again(outcome: Outcome) -> None:
    globex = outcome.of("globex|customers")
    assert (globex["success"], globex["tries"]) == (False, 1)
    assert globex["metadata"]["exit_code"] == 4
    assert globex["metadata"]["rejected_by_reason"] == {"email_invalid": 8}


def test_a_failure_that_may_pass_is_tried_again(outcome: Outcome) -> None:
    vip = outcome.of("acme|vip")
    assert (vip["success"], vip["tries"], vip["metadata"]["delivered"]) == (True, 2, 12)


def test_a_segment_that_an_account_lacks_starts_nothing(outcome: Outcome) -> None:
    missing = outcome.of("globex|vip")
    assert (missing["success"], missing["tries"], missing["metadata"]) == (False, 1, {})


def test_each_account_gets_its_own_people(outcome: Outcome) -> None:
    assert outcome.contacts == {"acme": 40, "globex": 12}


def test_each_account_has_its_ledger_on_the_same_server(outcome: Outcome) -> None:
    assert outcome.in_ledger == {"acme": 40 + 12, "globex": 12}


def test_neither_log_nor_metadata_names_a_person_or_a_key(outcome: Outcome) -> None:
    customers = (EXAMPLE.parent / "pipeline" / "customers").glob("*.csv")
    people = [line.split(",")[-1] for path in customers for line in path.read_text("utf-8").splitlines()[1:]]
    assert len(people) == 72
    assert [text for text in [*people, *KEYS.values()] if "@" in text and text in outcome.log] == []
    assert [key for key in KEYS.values() if key in outcome.log] == []


def test_the_schedule_asks_for_each_segment_of_each_account(outcome: Outcome) -> None:
    assert sorted(outcome.document["schedule"]) == ["acme|customers", "acme|vip", "globex|customers"]


def test_the_instance_limits_the_runs_of_an_account_by_a_tag_that_runs_have(outcome: Outcome) -> None:
    (limit,) = yaml.safe_load((EXAMPLE / "dagster.yaml").read_text("utf-8"))["concurrency"]["runs"][
        "tag_concurrency_limits"
    ]
    assert (limit["limit"], limit["value"]) == (1, {"applyLimitPerUniqueValue": True})
    tags = {outcome.of(partition)["tags"][limit["key"]] for partition in ("acme|vip", "acme|customers")}
    assert tags == {"acme"}
