"""Owns what can be saved of a record that a stream map fails on or leaves out.

Such a record is not exported, but its person is not gone, and where it is a deletion, the person is. So the
address is wanted as the stream map makes it: the raw property of the same name may be another person's.
It relies on private names of the SDK's stream maps, which `tests/test_sdk_assumptions.py` holds.
"""

from __future__ import annotations

import contextlib
import typing as t

from msgspec import UNSET
from singer_sdk.mapper import CustomStreamMap

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.mapper import StreamMap


def salvage(stream_map: StreamMap, record: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return what a stream map makes of a record, its filter aside, without what can't be made.

    Args:
        stream_map: Of the record's stream; it must not be in use.
        record: As the tap sent it.
    """
    mapped = record.copy()
    if isinstance(stream_map, CustomStreamMap):
        with _forgiving(stream_map):
            mapped = stream_map._transform_fn(mapped) or {}  # noqa: SLF001 - the SDK has no door for it
    mapped = {name: value for name, value in mapped.items() if value is not UNSET}
    try:
        return stream_map.flatten_record(mapped)
    except Exception:  # noqa: BLE001 - it meets any record; what stands at the top is the same without it
        return mapped


@contextlib.contextmanager
def _forgiving(stream_map: t.Any) -> Iterator[None]:  # noqa: ANN401 - private parts of it
    """Have a stream map make `UNSET` where an expression fails, and leave out no record."""
    evaluate, filter_record = stream_map._eval, stream_map._filter_fn  # noqa: SLF001 - likewise

    def try_to_evaluate(*args: t.Any, **kwargs: t.Any) -> t.Any:  # noqa: ANN401
        try:
            return evaluate(*args, **kwargs)
        except Exception:  # noqa: BLE001 - an expression of the user's, on a record
            return UNSET

    stream_map._eval, stream_map._filter_fn = try_to_evaluate, lambda _: True  # noqa: SLF001
    try:
        yield
    finally:
        del stream_map._eval  # noqa: SLF001 - the class has it
        stream_map._filter_fn = filter_record  # noqa: SLF001
