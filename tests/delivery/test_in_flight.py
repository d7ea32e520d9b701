"""A batch in flight has one state, and the states answer what is unconfirmed and what is under way."""

from __future__ import annotations

import pytest

from target_activecampaign.api.responses import ImportStatus
from target_activecampaign.delivery.batch import Batch
from target_activecampaign.delivery.bounds import Bounds
from target_activecampaign.delivery.import_poller import OpenImport
from target_activecampaign.delivery.in_flight import InFlight
from target_activecampaign.delivery.read_back import ReadBack

ENDED = ImportStatus("completed")


def figures(in_flight: InFlight) -> tuple[int, int, int, int]:
    return len(in_flight), in_flight.submitting, in_flight.unconfirmed, in_flight.imports_behind


def test_a_batch_goes_through_its_states() -> None:
    in_flight, batch = InFlight(2.5, 10), Batch("people")
    in_flight.begin(batch)
    assert figures(in_flight) == (1, 1, 0, 0)
    in_flight.open(OpenImport("one", batch, 0.0))
    assert figures(in_flight) == (1, 0, 1, 0)
    assert in_flight.seconds_to_poll(0.25) == 0.75
    open_import = in_flight.next_to_poll(1.0)
    assert open_import is not None
    assert (open_import.id, open_import.batch) == ("one", batch)
    assert figures(in_flight) == (1, 0, 1, 0), "an import that is being polled is open"
    in_flight.reschedule(open_import)
    open_import = in_flight.next_to_poll(100.0)
    assert open_import is not None
    in_flight.end(open_import)
    assert in_flight.seconds_to_poll(100.0) is None
    assert figures(in_flight) == (1, 0, 1, 0)
    read_back = ReadBack(open_import, ENDED, [])
    in_flight.put_read_back(read_back)
    assert (figures(in_flight), in_flight.to_read_back) == ((1, 0, 1, 1), 1)
    assert in_flight.next_read_back() is read_back
    assert (figures(in_flight), in_flight.to_read_back) == ((1, 0, 1, 1), 0)
    assert in_flight.next_read_back() is None
    in_flight.end_read_back(read_back)
    assert figures(in_flight) == (1, 0, 1, 0)
    in_flight.remove(batch)
    assert figures(in_flight) == (0, 0, 0, 0)


def test_a_batch_without_an_answer_is_neither_on_its_way_nor_an_import() -> None:
    in_flight, batch = InFlight(2.5, 10), Batch("people")
    in_flight.begin(batch)
    in_flight.lose_answer(batch)
    assert figures(in_flight) == (1, 0, 0, 0)
    assert list(in_flight._states) == [batch]


def test_there_are_no_more_batches_than_the_bound() -> None:
    in_flight, batches = InFlight(2.5, 2), [Batch("people"), Batch("people")]
    in_flight.begin(batches[0])
    found = [in_flight.is_full]
    in_flight.begin(batches[1])
    found.append(in_flight.is_full)
    in_flight.remove(batches[0])
    assert [*found, in_flight.is_full] == [False, True, False]


def test_no_end_is_asked_for_while_ended_imports_that_wait_to_be_read_back_take_all_room() -> None:
    batches = [Batch("people") for _ in range(8)]
    in_flight = InFlight(2.5, 10, Bounds(in_flight_bytes=8 * batches[0].object_bytes))
    for batch in batches:
        in_flight.begin(batch)
    assert in_flight.is_full
    found = []
    for batch in batches[:7]:
        open_import = OpenImport("one", batch, 0.0)
        in_flight.open(open_import)
        assert in_flight.next_to_poll(100.0) is open_import
        in_flight.end(open_import)
        in_flight.put_read_back(ReadBack(open_import, ENDED, []))
        found.append(in_flight.is_full_of_ended)
    assert found == [False] * 5 + [True] * 2
    read_back = in_flight.next_read_back()
    assert read_back is not None
    in_flight.end_read_back(read_back)
    in_flight.remove(batches[0])
    assert not in_flight.is_full_of_ended


def test_a_batch_is_let_go_once() -> None:
    in_flight, batch = InFlight(2.5, 2), Batch("people")
    in_flight.begin(batch)
    in_flight.remove(batch)
    with pytest.raises(KeyError):
        in_flight.remove(batch)
