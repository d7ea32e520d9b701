"""Owns how an object becomes nested again whose nested keys Meltano wrote with dots.

Meltano 4.4 writes `{"custom_fields": {"City": "town"}}` into a variable as `{"custom_fields.City": "town"}`.
A name may have dots of its own, so the known keys of a setting say where it ends. Must not know variables.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_OF_A_STREAM = {"list_id", "field_mapping", "tags"}


def unfold(setting: str, value: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the object that a setting was given as.

    Args:
        setting: Its name.
        value: With dotted keys, or nested already. It stays as it is where two keys contradict each other.
    """
    path_of = _PATHS.get(setting)
    if path_of is None:
        return dict(value)
    unfolded: dict[str, t.Any] = {}
    for key, part in value.items():
        path = [key] if isinstance(part, dict) and part else path_of(key)
        if not _put(unfolded, path, part):
            return dict(value)
    return unfolded


def _put(unfolded: dict[str, t.Any], path: list[str], part: object) -> bool:
    *parents, last = path
    place: t.Any = unfolded
    for parent in parents:
        place = place.setdefault(parent, {})
        if not isinstance(place, dict):
            return False
    if last in place:
        return False
    place[last] = part
    return True


def _path_in_mapping(key: str) -> list[str]:
    head, dot, name = key.partition(".")
    return [head, name] if dot and head == "custom_fields" else [key]


def _path_in_streams(key: str) -> list[str]:
    stream, dot, attribute = key.partition(".field_mapping.")
    if dot:
        return [stream, "field_mapping", *_path_in_mapping(attribute)]
    stream, dot, name = key.rpartition(".")
    return [stream, name] if dot and name in _OF_A_STREAM else [key]


def _path_in_stream_maps(key: str) -> list[str]:
    stream, dot, name = key.rpartition(".")
    return [stream, name] if dot else [key]


def _path_by_dots(key: str) -> list[str]:
    return key.split(".")


_PATHS: dict[str, Callable[[str], list[str]]] = {
    "field_mapping": _path_in_mapping,
    "streams": _path_in_streams,
    "subscription_words": _path_by_dots,
    "stream_maps": _path_in_stream_maps,
    "stream_map_config": _path_by_dots,
    "batch_config": _path_by_dots,
}
