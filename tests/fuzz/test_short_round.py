"""A short round of what `run.py` does for as long as one likes."""

from __future__ import annotations

import itertools
import logging
import typing as t

import pytest
from fuzz.entries import ENTRIES
from fuzz.mutation import inputs

if t.TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = {"messages": 1500, "records": 4000, "answers": 2000}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of inputs write no log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_no_input_breaks_a_promise(name: str) -> None:
    for content in itertools.islice(inputs(name, seed=1), ROUNDS[name]):
        ENTRIES[name](content)
