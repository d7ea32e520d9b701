"""Materializes partitions of the Dagster example in this process, and prints what became of them as JSON.

    python materialize.py FOLDER_OF_THE_EXAMPLE PARTITION...

Runs in the environment of the example, which has Dagster and nothing of ours.
"""

from __future__ import annotations

import json
import sys
import typing as t

import dagster as dg

TRIES = {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_RESTARTED}


def main(folder: str, *partitions: str) -> None:
    """Print one document, with the requests of the schedule as well."""
    sys.path.insert(0, folder)
    exports = __import__("exports")
    asked = exports.every_night(dg.build_schedule_context())
    became = {partition: materialize(exports.contacts, partition) for partition in partitions}
    document = {"schedule": [request.partition_key for request in asked], "partitions": became}
    json.dump(document, sys.stdout, default=str)


def materialize(asset: dg.AssetsDefinition, partition: str) -> dict[str, t.Any]:
    result = dg.materialize([asset], partition_key=partition, raise_on_error=False)
    failures = [
        event.step_failure_data.user_failure_data for event in result.all_events if event.is_step_failure
    ]
    written = [
        materialization.metadata for materialization in result.asset_materializations_for_node("contacts")
    ]
    metadata = written or [failure.metadata for failure in failures if failure]
    return {
        "success": result.success,
        "tries": sum(event.event_type in TRIES for event in result.all_events),
        "failures": [failure.description for failure in failures if failure],
        "metadata": {name: value.value for found in metadata for name, value in found.items()},
        "tags": dict(result.dagster_run.tags),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
