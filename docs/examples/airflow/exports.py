# ruff: noqa: INP001 - a file that Airflow loads
"""Exports each segment of each account to ActiveCampaign: a task for an account, mapped over its segments."""

import os
import sys
import typing as t
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

PIPELINE = Path(os.environ.get("PIPELINE", Path(__file__).resolve().parents[1] / "pipeline"))
sys.path.insert(0, str(PIPELINE))

from run_meltano import run_meltano  # noqa: E402 - it lies beside the pipeline

FINAL = {3, 4, 5}  # another try changes nothing about these
ACCOUNTS: dict[str, dict[str, t.Any]] = {
    "acme": {"hostname": "http://127.0.0.1:8025", "lists": {"customers": 1, "vip": 3}},
    "globex": {"hostname": "http://127.0.0.1:8025", "lists": {"customers": 1}},
}


@task(retries=2, retry_delay=timedelta(minutes=6), max_active_tis_per_dag=1)
def export(account: str, segment: str) -> None:
    """Run the pipeline; a task of an account runs for one segment at a time."""
    settings = ACCOUNTS[account]
    variables = {
        "ACCOUNT": account,
        "SEGMENT": segment,
        "TARGET_ACTIVECAMPAIGN_HOSTNAME": settings["hostname"],
        "TARGET_ACTIVECAMPAIGN_API_KEY": os.environ[f"{account.upper()}_KEY"],
        "TARGET_ACTIVECAMPAIGN_DATA_PRIVACY_CONSENT": os.environ["DATA_PRIVACY_CONSENT"],
        "TARGET_ACTIVECAMPAIGN_LIST_ID": str(settings["lists"][segment]),
        "TARGET_ACTIVECAMPAIGN_LEDGER_URL": os.environ["LEDGER_URL"].replace("{account}", account),
    }
    code = run_meltano(
        ["--state-id-suffix", f"{account}-{segment}", "tap-spreadsheets", "target-activecampaign"],
        program=os.environ.get("MELTANO", "meltano"),
        project=str(PIPELINE),
        variables=os.environ | variables,
    )
    if code in FINAL:
        raise AirflowFailException(f"{account}, {segment}: exit code {code}, which no other try changes.")
    if code:
        raise RuntimeError(f"{account}, {segment}: exit code {code}, see the log of the run.")


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=8,
)
def exports() -> None:
    """All accounts, every night."""
    for account, settings in ACCOUNTS.items():
        of_account = export.override(task_id=f"export_{account}").partial(account=account)
        of_account.expand(segment=list(settings["lists"]))


exports()
