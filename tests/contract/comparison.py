"""Two cassettes side by side: verdicts, and the statuses, keys and types of answers to the same requests."""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict

from contract.points import NO, YES

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Cassette = Mapping[str, t.Any]
    Shapes = dict[str, dict[int, set[str]]]

VARYING = "$.status:"
"""The status of an import depends on the moment of the question; the readings compare it."""


def readings_of(cassette: Cassette) -> dict[str, str]:
    """Return the reading that holds for each settled point."""
    return {
        name: reading
        for name, entry in cassette["points"].items()
        for reading, verdict in entry["readings"].items()
        if verdict == YES
    }


def differences(recorded: Cassette, seen: Cassette) -> list[str]:
    """Return what differs, a line each; what one of the two does not know differs in nothing."""
    return [*_different_verdicts(recorded, seen), *_different_shapes(_shapes(recorded), _shapes(seen))]


def _different_verdicts(recorded: Cassette, seen: Cassette) -> Iterator[str]:
    for name, entry in recorded["points"].items():
        others = seen["points"].get(name, {}).get("readings", {})
        for reading, verdict in entry["readings"].items():
            if {verdict, others.get(reading)} == {YES, NO}:
                yield f"{name}: {reading} is {verdict} in the cassette, {others[reading]} here"


def _different_shapes(recorded: Shapes, seen: Shapes) -> Iterator[str]:
    for request in recorded.keys() & seen.keys():
        statuses, others = recorded[request], seen[request]
        if not statuses.keys() & others.keys():
            yield f"{request}: status {_listed(statuses)} in the cassette, {_listed(others)} here"
        for status in statuses.keys() & others.keys():
            yield from _different_keys(f"{request} ({status})", statuses[status], others[status])


def _different_keys(request: str, recorded: set[str], seen: set[str]) -> Iterator[str]:
    for side, ours, theirs in (("the cassette", recorded, seen), ("the answer here", seen, recorded)):
        only = sorted(place for place in ours - theirs if _could_be_in(place, theirs))
        if only:
            yield f"{request}: only in {side}: {', '.join(only)}"


def _could_be_in(place: str, places: set[str]) -> bool:
    """Tell whether the other side has what the place is in: an empty collection shows no keys."""
    collection, is_inside, _ = place.rpartition("[].")
    return not is_inside or any(other.startswith(f"{collection}[].") for other in places)


def _shapes(cassette: Cassette) -> Shapes:
    """Return the places and types of all answers, by point, method and path, and by status."""
    shapes: Shapes = defaultdict(lambda: defaultdict(set))
    for exchange in cassette["exchanges"]:
        path = re.sub(r"/\d+", "/N", exchange["path"])
        request = f"{exchange['point']}: {exchange['method']} {path}"
        shapes[request][exchange["status"]] |= set(_places("$", exchange["answer"]))
    return shapes


def _places(place: str, value: object) -> Iterator[str]:
    """Yield each place in an answer with its type, without what an empty collection can't show."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _places(f"{place}.{name}", part)
    elif isinstance(value, list):
        yield f"{place}:list"
        for part in value:
            if isinstance(part, dict):
                yield from _places(f"{place}[]", part)
    elif not f"{place}:".startswith(VARYING):
        yield f"{place}:{_type_of(value)}"


def _type_of(value: object) -> str:
    return {bool: "flag", int: "number", float: "number", str: "text"}.get(type(value), "null")


def _listed(statuses: Mapping[int, object]) -> str:
    return " and ".join(str(status) for status in sorted(statuses))
