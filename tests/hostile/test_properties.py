"""Whatever JSON a tap or ActiveCampaign makes up: one outcome a record, and our own words for the rest."""

from __future__ import annotations

import json
import logging
import typing as t

import pytest
from fuzz.entries import map_record, read_answers, read_messages
from hypothesis import given, settings
from hypothesis import strategies as st

from target_activecampaign.config.stream_maps import find_problems

if t.TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "zqx@example.com"
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        [SECRET, f" {SECRET.upper()} ", "0000-00-00", "2024-02-29", "||a||b||", "+49 30 1", 10**400]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.one_of(st.text(), st.just(SECRET)), inner)),
    max_leaves=8,
)
# An error names the stream: its name is no content.
names = st.one_of(st.sampled_from(["people", "xs", SECRET[4:]]), st.text(), values).filter(
    lambda name: not (isinstance(name, str) and "zqx" in name.lower())
)
properties = st.dictionaries(
    st.sampled_from(["email", "first_name", "tags", "_sdc_deleted_at", "a.b", "a\nb"]),
    st.one_of(
        values,
        st.fixed_dictionaries({"type": st.sampled_from(["string", "null", "object", ["string"], 7])}),
        st.fixed_dictionaries(
            {"$ref": st.sampled_from(["#", "#/properties/email", "http://127.0.0.1:9/zqx"])}
        ),
        st.fixed_dictionaries({"enum": st.lists(values)}),
        st.fixed_dictionaries({"multipleOf": scalars}),
    ),
)
schemas = st.one_of(values, st.builds(lambda found: {"properties": {"email": {}, **found}}, properties))
records = st.one_of(
    values, st.dictionaries(st.sampled_from(["email", "first_name", "tags", "phone"]), values)
)
keys = st.one_of(st.none(), st.lists(st.sampled_from(["email", "id"])), values)
messages = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("SCHEMA"), "stream": names, "schema": schemas},
        optional={"key_properties": keys},
    ),
    st.fixed_dictionaries({"type": st.just("RECORD"), "stream": names}, optional={"record": records}),
    st.fixed_dictionaries({"type": st.just("STATE")}, optional={"value": values}),
    st.fixed_dictionaries({"type": st.just("ACTIVATE_VERSION"), "stream": names}),
    st.fixed_dictionaries(
        {"type": st.just("BATCH"), "stream": names, "encoding": values, "manifest": st.lists(values)}
    ),
    values,
)
START = {
    "type": "SCHEMA",
    "stream": "people",
    "schema": {"properties": {"email": {}, "first_name": {}, "tags": {}}},
}


pytestmark = pytest.mark.sweep


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Thousands of examples write no log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@settings(max_examples=150)
@given(st.lists(messages, max_size=6), st.booleans())
def test_any_messages_have_their_outcomes(found: list[t.Any], is_ascii: bool) -> None:  # noqa: FBT001
    lines = [json.dumps(message, ensure_ascii=is_ascii) for message in (START, *found)]
    read_messages("\n".join(lines).encode("utf-8", "surrogatepass"))


@settings(max_examples=150)
@given(st.lists(values, max_size=14))
def test_any_values_are_mapped_or_rejected(found: list[t.Any]) -> None:
    map_record(json.dumps(found).encode())


@settings(max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from(["batchId", "status", "success", "failure", "message"]),
        st.one_of(values, st.sampled_from(["completed", "JSON payload did not pass validation"])),
    ),
    st.dictionaries(
        st.sampled_from(["lists", "fields", "exclusions", "contacts", "contactLists", "failureReasons"]),
        st.lists(
            st.dictionaries(st.sampled_from(["id", "title", "lists", "email", "list", "contact"]), values)
        ),
    ),
    st.integers(0, 499),
    st.text(),
)
def test_any_answer_is_understood_or_refused(
    answer: dict[str, t.Any], collections: dict[str, t.Any], status: int, header: str
) -> None:
    head = header.replace("\n", "").encode("latin-1", "replace")
    read_answers(status.to_bytes(2, "big") + head + b"\n" + json.dumps({**answer, **collections}).encode())


@given(
    st.dictionaries(
        st.one_of(st.text(), st.just("__else__")), st.one_of(values, st.dictionaries(st.text(), values))
    )
)
def test_any_stream_maps_are_taken_or_named(found: dict[str, t.Any]) -> None:
    for problem in find_problems(found):
        assert problem.startswith("stream_maps.")
        assert problem.isprintable()


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, "1.5", '"²"', '"1_0"', "true"]
)
def test_an_answer_with_an_odd_number_is_understood_or_refused(number: str) -> None:
    keys = ("id", "contact", "list", "status")
    item = (
        f'{{"title":"","email":"zqx@example.com",{",".join(f"{json.dumps(key)}:{number}" for key in keys)}}}'
    )
    exclusion = f'{{"lists":[{number}],"matchPhrase":{number}}}'
    body = (
        f'{{"lists":[{item}],"fields":[{item}],"exclusions":[{exclusion}],"contacts":[{item}],'
        f'"contactLists":[{item}],"batchId":{number},"status":{number}}}'
    )
    read_answers(b"\x00\x64\n" + body.encode())
