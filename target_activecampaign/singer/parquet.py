"""Owns how rows of a Parquet file become the JSON of records, and go the way of all other records.

Values become JSON so: dates and times in ISO 8601, decimals as numbers to the digit, bytes
in Base64, NaN and infinity as null. Memory is that of a few rows, whatever the file.
"""

from __future__ import annotations

import typing as t

import msgspec

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from pyarrow import parquet

_ROWS_AT_ONCE = 250
_BUFFER_BYTES = 2**20  # of each column; without it a column of a row group is read whole


def iterate_parquet(file: t.IO[bytes]) -> Iterator[bytes]:
    """Yield the rows of a file, each as a line of JSON.

    Args:
        file: Can be sought in.

    Raises:
        ImportError: If `pyarrow` is not installed.
        Exception: If the file can't be read; `pyarrow` has many kinds.
    """
    with _open(file) as table:
        for batch in table.iter_batches(batch_size=_ROWS_AT_ONCE, use_threads=False):
            names = batch.schema.names
            columns = [_values(column) for column in batch.columns]
            for row in zip(*columns, strict=True):
                yield _ENCODER.encode(dict(zip(names, row, strict=True)))


def _open(file: t.IO[bytes]) -> parquet.ParquetFile:
    from pyarrow import parquet  # noqa: PLC0415 - an extra, for those who use it

    # Where pages have checksums, one bit that flipped in an address is an error, not another address.
    return parquet.ParquetFile(
        file, buffer_size=_BUFFER_BYTES, pre_buffer=False, page_checksum_verification=True
    )


def _values(column: pa.Array) -> list[t.Any]:
    import pyarrow  # noqa: ICN001, PLC0415 - as above

    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python has no nanoseconds, and `pyarrow` refuses to drop them unasked.
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    try:
        values: list[t.Any] = column.to_pylist()
    except (ValueError, OverflowError):  # a time that Python does not know, like one in the year 20000
        return [_value(value) for value in column]
    return values


def _value(value: pa.Scalar) -> t.Any:  # noqa: ANN401 - any JSON value
    """Return a value, or where Python has none its text: that is no time, and concerns its property alone."""
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return str(getattr(value, "value", None))


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=str)
