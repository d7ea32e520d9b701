"""A file that holds no configuration is named with line and column, and nothing of it is quoted."""

from __future__ import annotations

import typing as t

import pytest

from target_activecampaign.cli.config_files import ConfigFileError, read_config_file

if t.TYPE_CHECKING:
    from pathlib import Path

KEY = "made-up-key-0123456789"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            '{"list_id": 3,\n}',
            "config.json, line 1, column 14: the comma before } is one too many; take it out",
        ),
        ('{"tags": ["a",\n  ]}', "config.json, line 1, column 14: the comma before ] is one too many"),
        ('{"list_id": 3\n "api_key": "%s"}', "config.json, line 2, column 2: a comma is missing before this"),
        ('{"api_key" "%s"}', "config.json, line 1, column 12: this is no JSON (expecting ':' delimiter)"),
        ("{'api_key': '%s'}", 'config.json, line 1, column 2: JSON takes straight double quotes; write "'),
        ('{“api_key”: "%s"}', "column 2: JSON takes straight double quotes"),
        ('{"api_key": "%s", // the key\n}', "JSON has no comments; take it out"),
        ('{"api_key": "%s', "the file ends too early; a quote or a bracket is missing"),
        ('{"api_key": "%s"', "the file ends too early"),
        ('{"api_key": %s}', "column 13: this is no JSON (expecting value)"),
        ('{"api_key": "\\q%s"}', "this is no JSON (invalid \\escape)"),
        ('{"list_id": 3} "%s"', "column 16: this is no JSON (extra data)"),
        (
            "# mine\nhostname: acme.api-us1.com\napi_key: %s\n",
            'looks like YAML, line 2 begins with "hostname"',
        ),
        (
            "%s: 1\n",
            "config.json looks like YAML in line 1; write the settings as a JSON object, or: target-activec",
        ),
        ("---\napi_key: %s\n", "looks like YAML in line 1"),
        ("api_key=%s\n", 'looks like a file of variables, line 1 begins with "api_key"'),
        ("export API_KEY=%s\n", "looks like a file of variables in line 1"),
        ("[target]\napi_key = %s\n", "looks like TOML or INI in line 1"),
        ("", "config.json is empty"),
        ("\ufeff \n", "config.json is empty"),
        ('["%s"]', "config.json holds no JSON object; write { } around the settings"),
        ('"%s"', "holds no JSON object"),
        ("null", "holds no JSON object"),
        ("[" * 100_000 + "%s", "config.json"),
    ],
)
def test_a_message_says_where_and_what(content: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(content.replace("%s", KEY), encoding="utf-8")
    with pytest.raises(ConfigFileError) as refusal:
        read_config_file(str(path))
    assert says in str(refusal.value)
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize(
    "content", ["\ufeff{}".encode("utf-16-le"), b"\xff{}", '{"a": "\xfc"}'.encode("latin-1")]
)
def test_other_encodings_are_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ConfigFileError, match=r"config\.json is no UTF-8 text; save it as UTF-8"):
        read_config_file(str(path))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("nowhere.json", "nowhere.json does not exist"),
        (KEY, "the file does not exist"),
        ("x" * 5_000, "the file can't be read: File name too long"),
        ("a\0b", "the file can't be read: its name is none of a file"),
        (".", "the file is a folder"),
        (f'{{"api_key": "{KEY}"}}', "takes the name of a file, not the settings themselves"),
    ],
)
def test_what_is_written_in_the_place_of_a_name_may_be_secret(written: str, says: str) -> None:
    with pytest.raises(ConfigFileError) as refusal:
        read_config_file(written)
    assert says in str(refusal.value)
    assert KEY not in str(refusal.value)


def test_a_mark_of_the_byte_order_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('\ufeff{"list_id": 3}', encoding="utf-8")
    assert read_config_file(str(path)) == {"list_id": 3}
