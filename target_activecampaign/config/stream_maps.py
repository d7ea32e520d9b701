"""Owns the check of the setting `stream_maps`, before the first record is read.

The SDK would find a problem at the stream's SCHEMA or first record, in words that quote the expression. Pure.
"""

from __future__ import annotations

import ast
import typing as t

from target_activecampaign.config.names import shown_name

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOTHING = (None, "__NULL__")


def find_problems(stream_maps: Mapping[str, t.Any]) -> list[str]:
    """Return the setting's problems, one sentence each, without the text of an expression."""
    problems: list[str] = []
    for stream, entry in stream_maps.items():
        path = f"stream_maps.{shown_name(stream)}"
        if isinstance(entry, dict) and stream != "__else__":
            problems += (f"{path}.{words}" for words in _find_stream_problems(entry))
        elif not any(entry is nothing or entry == nothing for nothing in _NOTHING):
            wanted = "null" if stream == "__else__" else "an object with expressions, or null"
            problems.append(f"{path}: must be {wanted}")
    return problems


def _find_stream_problems(entry: Mapping[str, t.Any]) -> Iterator[str]:
    for name, value in entry.items():
        problem = _problem_of(name, value)
        if problem is not None:
            yield f"{shown_name(name)}: {problem}"


def _problem_of(name: str, value: object) -> str | None:
    if name in {"__source__", "__alias__"}:
        return None if isinstance(value, str) else "must be the name of a stream"
    if name == "__key_properties__":
        is_fit = value is None or (isinstance(value, list) and all(isinstance(key, str) for key in value))
        return None if is_fit else "must be an array of names, or null"
    if name == "__else__":
        return None if value in _NOTHING[:1] or value == _NOTHING[1] else "must be null"
    if value is None and name != "__filter__":
        return None
    return None if isinstance(value, str) and _is_expression(value) else "is no expression that can be read"


def _is_expression(text: str) -> bool:
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(statements) and isinstance(statements[0], ast.Expr)
