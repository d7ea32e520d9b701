"""Owns what all records of a stream say of each mapped field: filled, different, longest, what to look at.

Memory is bounded whatever comes: words and places are kept up to a number, and counted beyond it.
"""

from __future__ import annotations

import itertools
import typing as t
from collections import Counter
from dataclasses import dataclass, field

from target_activecampaign.preview.distinct import DistinctCount
from target_activecampaign.preview.raw_values import is_empty, text_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PLACES_KEPT = 5
_MOST_WORDS = 1_000  # of one remark
_MOST_COLUMNS = 1_000  # that are not mapped
_LONGEST_KEPT = 200  # characters of an example, a word, or the name of a column

RemarkKind: t.TypeAlias = t.Literal[
    "email_invalid",
    "email_missing",
    "excluded",
    "repeats",
    "capitals",
    "phone_unreadable",
    "left_out",
    "no_such_option",
    "new_tag",
]


@dataclass(slots=True)
class Remark:
    """Something to look at in one field.

    Attributes:
        kind: What it is.
        detail: What was expected of values that are left out.
        count: How often.
        places: The first rows or lines with it.
        words: How often each word was it, for options and tags.
        nearest: Word to the one of the account that it likely means.
    """

    kind: RemarkKind
    detail: str = ""
    count: int = 0
    places: list[int] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    nearest: dict[str, str] = field(default_factory=dict)

    def add(self, place: int, words: Sequence[str] = ()) -> None:
        """Count one more.

        Args:
            place: Line of the record.
            words: Of the record, those that are it.
        """
        self.count += 1
        if len(self.places) < PLACES_KEPT:
            self.places.append(place)
        for text in words:
            word = text[:_LONGEST_KEPT]
            if word in self.words or len(self.words) < _MOST_WORDS:
                self.words[word] += 1


class FieldCoverage:
    """What all records say of one field.

    Attributes:
        name: As people call it: an attribute, or the title of a custom field.
        column: The property that it is taken from.
        filled: Records with a value.
        longest: Characters of the longest value.
        ordinary: The first value; empty without any.
        longest_value: The longest one.
        remarks: What to look at, in the order in which it came.
    """

    def __init__(self, name: str, column: str) -> None:
        """Start without records."""
        self.name = name
        self.column = column
        self.filled = 0
        self.longest = 0
        self.ordinary = ""
        self.longest_value = ""
        self.remarks: dict[tuple[RemarkKind, str], Remark] = {}
        self._distinct = DistinctCount()

    @property
    def distinct(self) -> int:
        """How many different values there were; see `is_exact`."""
        return self._distinct.count

    @property
    def is_exact(self) -> bool:
        """Whether that is exact, rather than about."""
        return self._distinct.is_exact

    def take(self, values: Iterable[object], distinct: Iterable[str] | None = None) -> None:
        """Count the values of some records.

        Args:
            values: As they came.
            distinct: What makes them different, where that is not their text.
        """
        counts = _count_filled([value if type(value) is str else text_of(value) for value in values])
        self.filled += counts.total()
        longest = max(counts, key=len, default="")
        if len(longest) > self.longest:
            self.longest, self.longest_value = len(longest), longest[:_LONGEST_KEPT]
            self.ordinary = self.ordinary or next(iter(counts))[:_LONGEST_KEPT]
        self._distinct.add(counts if distinct is None else distinct)

    def remark(self, kind: RemarkKind, place: int, words: Sequence[str] = (), detail: str = "") -> None:
        """Note something to look at, of the record at a place."""
        found = self.remarks.get((kind, detail))
        if found is None:
            found = self.remarks[kind, detail] = Remark(kind, detail)
        found.add(place, words)


class StreamCoverage:
    """What all records of one stream say.

    Attributes:
        name: Of the stream.
        records: How many were seen.
        fields: Each that is mapped.
        unmapped: Property that is not mapped to the records that have a value in it.
        new_tags: Tags for all contacts that the account does not have, each with the one that it likely
            means; where a column is mapped to tags, they stand in its remarks.
    """

    def __init__(self, name: str, mapped: set[str]) -> None:
        """Start without records.

        Args:
            name: Of the stream.
            mapped: The records' own properties that are mapped, or that make their key.
        """
        self.name = name
        self.records = 0
        self.fields: list[FieldCoverage] = []
        self.unmapped: Counter[str] = Counter()
        self.new_tags: dict[str, str | None] = {}
        self._mapped = mapped

    def take(self, records: Sequence[Mapping[str, t.Any]]) -> None:
        """Count some records, and their values that are not mapped."""
        self.records += len(records)
        for name in dict.fromkeys(itertools.chain.from_iterable(records)):
            if name in self._mapped or name.startswith("_sdc_") or len(name) > _LONGEST_KEPT:
                continue
            if name not in self.unmapped and len(self.unmapped) >= _MOST_COLUMNS:
                continue
            values = [value for record in records if (value := record.get(name)) is not None]
            texts = [value for value in values if type(value) is str]
            self.unmapped[name] += _count_filled(texts).total() + len(values) - len(texts)


def _count_filled(texts: Iterable[str]) -> Counter[str]:
    """Return the texts that say something, each with how often it came; in the order in which they came."""
    counts = Counter(texts)
    # To look at the first character settles nearly all, in a fifth of the time.
    for text in [text for text in counts if not text[:1].isalnum() and is_empty(text)]:
        del counts[text]
    return counts
