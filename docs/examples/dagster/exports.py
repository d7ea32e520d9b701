# ruff: noqa: INP001 - a file that Dagster loads
"""Exports each segment of each account to ActiveCampaign: a partition for each, a retry where it may help."""

import json
import os
import sys
import tempfile
import typing as t
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import yaml  # type: ignore[import-untyped]  # the stubs are not in this environment

HERE = Path(__file__).resolve().parent
PIPELINE = HERE.parent / "pipeline"
sys.path.insert(0, str(PIPELINE))

from run_meltano import run_meltano  # noqa: E402 - it lies beside the pipeline, whose container runs it too

TAP_AND_LOADER = ("tap-spreadsheets", "target-activecampaign")

# Another try changes nothing about these: the data, the settings or the contract has to change first.
FINAL = {
    3: "a limit was reached; the contacts above it are held back",
    4: "too many records were rejected",
    5: "removals were stopped; nobody was taken off a list",
}
# Meltano takes a run that was killed for one that goes on, for five minutes.
RETRIES = dg.RetryPolicy(
    max_retries=2, delay=float(os.environ.get("RETRY_SECONDS", "300")), backoff=dg.Backoff.EXPONENTIAL
)
FIGURES = (
    "read",
    "delivered",
    "created",
    "updated",
    "unchanged",
    "superseded",
    "held_back",
    "imports",
    "requests",
    "seconds",
    "waited_seconds",
)

ACCOUNTS: dict[str, t.Any] = yaml.safe_load(
    Path(os.environ.get("ACCOUNTS", HERE / "accounts.yml")).read_text(encoding="utf-8")
)
SEGMENTS = sorted({segment for account in ACCOUNTS.values() for segment in account["segments"]})

segments_of_accounts = dg.MultiPartitionsDefinition(
    {
        "account": dg.StaticPartitionsDefinition(sorted(ACCOUNTS)),
        "segment": dg.StaticPartitionsDefinition(SEGMENTS),
    }
)


@dg.asset(partitions_def=segments_of_accounts, retry_policy=RETRIES)
def contacts(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """The people of a segment, on their list in the account."""
    account, segment = _account_and_segment(context.partition_key)
    with tempfile.TemporaryDirectory() as folder:
        report_path = Path(folder, "report.json")
        code = run_meltano(
            ["--state-id-suffix", f"{account}-{segment}", *TAP_AND_LOADER],
            program=os.environ.get("MELTANO", "meltano"),
            project=str(PIPELINE),
            variables=os.environ | _variables(account, segment, report_path),
        )
        metadata = {"exit_code": code, **_figures(report_path)}
    if code:
        raise dg.Failure(
            f"{account}, {segment}: exit code {code}, {FINAL.get(code, 'see the log of the run')}.",
            metadata=metadata,
            allow_retries=code not in FINAL,
        )
    return dg.MaterializeResult(metadata=metadata)


def _account_and_segment(partition: str | dg.MultiPartitionKey) -> tuple[str, str]:
    names = t.cast("dg.MultiPartitionKey", partition).keys_by_dimension
    account, segment = names["account"], names["segment"]
    if segment not in ACCOUNTS[account]["segments"]:
        raise _final(f"accounts.yml gives {account} no segment {segment}.")
    missing = {ACCOUNTS[account]["key_variable"], "DATA_PRIVACY_CONSENT"} - os.environ.keys()
    if missing:
        raise _final(f"The environment lacks {' and '.join(sorted(missing))}; nothing was started.")
    return account, segment


def _final(description: str) -> dg.Failure:
    return dg.Failure(description, allow_retries=False)


def _variables(account: str, segment: str, report_path: Path) -> dict[str, str]:
    """Return what the pipeline's `meltano.yml` takes from the environment."""
    settings = ACCOUNTS[account]
    ledger_url = os.environ.get("LEDGER_URL", f"sqlite:///{HERE}/ledger-{{account}}.db")
    return {
        "ACCOUNT": account,
        "SEGMENT": segment,
        "TARGET_ACTIVECAMPAIGN_HOSTNAME": settings["hostname"],
        "TARGET_ACTIVECAMPAIGN_API_KEY": os.environ[settings["key_variable"]],
        "TARGET_ACTIVECAMPAIGN_DATA_PRIVACY_CONSENT": os.environ["DATA_PRIVACY_CONSENT"],
        "TARGET_ACTIVECAMPAIGN_LIST_ID": str(settings["segments"][segment]["list_id"]),
        "TARGET_ACTIVECAMPAIGN_LEDGER_URL": ledger_url.replace("{account}", account),
        "TARGET_ACTIVECAMPAIGN_REPORT_PATH": str(report_path),
    }


def _figures(report_path: Path) -> dict[str, t.Any]:
    """Return what the run says about itself, without personal data; nothing where no run began."""
    if not report_path.exists():
        return {}
    report = json.loads(report_path.read_text(encoding="utf-8"))
    figures = {name: report[name] for name in FIGURES}
    return {
        **figures,
        "rejected": sum(report["rejected"].values()),
        "rejected_by_reason": dg.MetadataValue.json(report["rejected"]),
        "limit": dg.MetadataValue.json(report["limit"]),
        "dagster/row_count": report["delivered"],
        "report": dg.MetadataValue.json(report),
    }


nightly = dg.define_asset_job("nightly", selection=[contacts])


@dg.schedule(job=nightly, cron_schedule="0 2 * * *", execution_timezone="Europe/Berlin")
def every_night() -> Iterator[dg.RunRequest]:
    """Request each segment of each account."""
    for account, settings in ACCOUNTS.items():
        for segment in settings["segments"]:
            partition = dg.MultiPartitionKey({"account": account, "segment": segment})
            yield dg.RunRequest(run_key=None, partition_key=partition)


defs = dg.Definitions(
    assets=[contacts], jobs=[nightly], schedules=[every_night], executor=dg.in_process_executor
)
