"""The files of BATCH messages, read record by record."""

from __future__ import annotations

import gzip
import typing as t

from singer_sdk.helpers._batch import StorageTarget

from target_activecampaign.errors import InputError

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def iterate_lines(
    encoding: Mapping[str, t.Any],
    manifest: Sequence[t.Any],
    storage: Mapping[str, t.Any] | None,
) -> Iterator[bytes]:
    """Lines of the files of one BATCH message, each the JSON of a record.

    Args:
        encoding: The message's `encoding`.
        manifest: The message's URLs of files.
        storage: `storage` of the setting `batch_config`; where it is `None`, each URL says where it is.

    Raises:
        InputError: If the format is not JSON Lines, plain or gzip, or a file can't be read.
    """
    if encoding.get("format") != "jsonl" or encoding.get("compression") not in {None, "none", "gzip"}:
        msg = "BATCH messages are read in JSON Lines, plain or gzip; set batch_config of the tap so"
        raise InputError(msg)
    for number, url in enumerate(manifest, start=1):
        head, tail = StorageTarget.split_url(str(url))
        target = StorageTarget.from_dict(dict(storage)) if storage else StorageTarget.from_url(head)
        try:
            with target.open(tail, mode="rb") as file:
                yield from gzip.GzipFile(fileobj=file) if encoding.get("compression") == "gzip" else file
        except (OSError, EOFError) as error:
            msg = f"file {number} of a BATCH message can't be read ({type(error).__name__})"
            raise InputError(msg) from None
