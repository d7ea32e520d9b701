"""Owns the Meltano project of an export: a published tap that reads the same file, and this loader. Pure.

A project that is there already is never written over: what it lacks is shown.
"""

from __future__ import annotations

import json
import re
import typing as t
import unicodedata

from target_activecampaign.config.meltano_settings import declared_settings
from target_activecampaign.errors import SettingsError, SourceFileError

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_activecampaign.source_files import SourceFile

PROJECT_FILE = "meltano.yml"
JOB = "export"
_ROOT = "$MELTANO_PROJECT_ROOT"
_TAP = "tap-spreadsheets"
_TAP_PACKAGE = "tap-spreadsheets==1.1.2"  # released 2025-12, the demo's
_PATHS = ("rejects_path", "outcomes_path", "report_path")
_SQLITE = "sqlite:///"
_READ_BY_TAP = frozenset({"UTF-8"})


def tap_columns(headers: Sequence[str]) -> dict[str, str]:
    """Return the names that the tap gives columns: lower case, ASCII letters and figures.

    Args:
        headers: Of the file, in order.

    Raises:
        SourceFileError: If it gives two of them one name.
    """
    names = {header: _tap_name(header, place) for place, header in enumerate(headers)}
    firsts: dict[str, str] = {}
    for header, name in names.items():
        if firsts.setdefault(name, header) != header:
            raise SourceFileError(
                f'columns "{firsts[name]}" and "{header}" are one to the tap, which calls both {name}. Give '
                "one another header, then run this again"
            )
    return names


def _tap_name(header: str, place: int) -> str:
    """Return a header as `tap-spreadsheets` 1.1.2 calls its column."""
    text = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    return f"col_{place}" if not name or header.strip().isnumeric() else name


def make_project(config: Mapping[str, t.Any], source: SourceFile, path: str, package: str) -> str:
    """Return the text of `meltano.yml`.

    Args:
        config: The settings, without the key: Meltano reads that from `.env`.
        source: The file.
        path: Where it is, from the project.
        package: How pip installs this loader.

    Raises:
        SourceFileError: If the tap can't read the file.
        SettingsError: If a mapped column is not in the file.
    """
    _require_readable(source)
    columns = tap_columns(source.headers)
    tap = {
        "path": path if path.startswith("/") else f"{_ROOT}/{path}",
        "format": "csv",
        "table_name": source.stream,
        "primary_keys": [columns[source.key]] if source.key else [],
        "delimiter": source.delimiter,
        "quotechar": '"',
    }
    loader_config = _loader_config(config, columns)
    return _TEMPLATE.format(
        tap=_TAP,
        tap_package=_TAP_PACKAGE,
        files=_flow(tap),
        package=_flow(package),
        config="\n".join(f"      {name}: {_flow(value)}" for name, value in loader_config.items()),
        settings="\n".join(f"    - {_flow(setting)}" for setting in _settings()),
        job=JOB,
    )


def what_to_add(project: str) -> str:
    """Return what a project that is there lacks, to be put into it by hand."""
    body = project[project.index("plugins:") :]
    return "\n".join(line for line in body.splitlines() if not line.startswith("#"))


def _require_readable(source: SourceFile) -> None:
    if source.delimiter is None:
        raise SourceFileError(f"{source.name}: the tap reads CSV and Excel alone. Save it as CSV first")
    if source.encoding not in _READ_BY_TAP:
        raise SourceFileError(
            f'{source.name} is {source.encoding}, and the tap reads UTF-8 alone. Save it as "CSV UTF-8" '
            "first, then run this again"
        )


def _loader_config(config: Mapping[str, t.Any], columns: Mapping[str, str]) -> dict[str, t.Any]:
    """Return the settings as the loader has them there: the tap's columns, and paths in the project."""
    settings = {name: value for name, value in config.items() if name != "api_key"}
    settings["field_mapping"] = _translated(config["field_mapping"], columns)
    for name in _PATHS:
        path = settings.get(name)
        if isinstance(path, str) and not path.startswith(("/", "$")):
            settings[name] = f"{_ROOT}/{path}"
    if isinstance(rejects := settings.get("rejects_path"), str) and rejects.endswith(".csv"):
        settings["rejects_path"] = f"{rejects.removesuffix('.csv')}.singer"
    url = settings.get("ledger_url")
    if isinstance(url, str) and url.startswith(_SQLITE) and not url.startswith(f"{_SQLITE}/"):
        settings["ledger_url"] = f"{_SQLITE}{_ROOT}/{url.removeprefix(_SQLITE)}"
    return settings


def _translated(mapping: Mapping[str, t.Any], columns: Mapping[str, str]) -> dict[str, t.Any]:
    translated: dict[str, t.Any] = {}
    for name, column in mapping.items():
        if isinstance(column, dict):
            translated[name] = _translated(column, columns)
        elif column in columns:
            translated[name] = columns[column]
        else:
            problem = f'field_mapping.{name}: the file has no column "{column}". Change it: '
            raise SettingsError([f"{problem}target-activecampaign init"])
    return translated


def _settings() -> list[dict[str, t.Any]]:
    """Return the loader's settings as Meltano declares them, without their descriptions."""
    declared = ("name", "kind", "options", "sensitive")
    return [{key: setting[key] for key in declared if key in setting} for setting in declared_settings()]


def _flow(value: object) -> str:
    """Return a value as YAML, of which JSON is a part."""
    return json.dumps(value, ensure_ascii=False)


_TEMPLATE = """# Made by `target-activecampaign init --meltano`. Run it: meltano run {job}
# The key stands in .env as TARGET_ACTIVECAMPAIGN_API_KEY, which is never committed.
send_anonymous_usage_stats: false
cli: {{disable_version_check: true}}
project_id: activecampaign-export
default_environment: prod

environments:
- name: prod

plugins:
  extractors:
  # A database or another service instead: https://hub.meltano.com/extractors/
  - name: {tap}
    namespace: tap_spreadsheets
    pip_url: {tap_package}
    executable: {tap}
    capabilities: [catalog, discover, state, activate-version, stream-maps, structured-logging]
    settings:
    - {{"name": "files", "kind": "array"}}
    config:
      files:
      - {files}

  loaders:
  - name: target-activecampaign
    namespace: target_activecampaign
    pip_url: {package}
    executable: target-activecampaign
    capabilities: [about, stream-maps, schema-flattening, structured-logging]
    settings:
{settings}
    config:
{config}

jobs:
- name: {job}
  tasks: [{tap} target-activecampaign]

# A scheduler (cron, systemd, Airflow) calls: meltano schedule run nightly
schedules:
- name: nightly
  interval: '@daily'
  job: {job}
"""
