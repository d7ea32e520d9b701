"""Reading messages, and what is said of a line that is none."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import types
import typing as t
from decimal import Decimal

import pytest
from fuzz.entries import FakeRun
from hypothesis import given
from hypothesis import strategies as st

from target_activecampaign.errors import InputError
from target_activecampaign.singer.json_values import _parse_leniently, parse_json
from target_activecampaign.singer.messages import Message
from target_activecampaign.singer.reader import MessageReader
from target_activecampaign.target import TargetActiveCampaign

if t.TYPE_CHECKING:
    from target_activecampaign.singer.reader import Lines

KINDS = ("SCHEMA", "RECORD", "STATE")


class Pipe(io.BytesIO):
    """Gives its bytes in pieces of any size, as a pipe does."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = iter(sizes)

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(min(next(self._sizes, 7), size or 0))


def read(data: bytes | str) -> tuple[list[dict[str, t.Any]], MessageReader]:
    reader, messages = MessageReader(), list[dict[str, t.Any]]()
    file: t.IO[t.Any] = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)
    reader.process_lines(file, dict.fromkeys(KINDS, messages.append))
    return messages, reader


def problem_of(data: bytes | str) -> str:
    with pytest.raises(InputError) as refusal:
        read(data)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None or refusal.value.__suppress_context__
    return str(refusal.value)


def set_longest_line(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr("target_activecampaign.singer.reader.LONGEST_LINE_BYTES", length)


@pytest.mark.parametrize("encode", [str, str.encode])
def test_every_message_goes_to_the_callback_of_its_type(encode: t.Callable[[str], bytes | str]) -> None:
    lines = '{"type": "SCHEMA"}\n{"type": "RECORD", "record": {"a": 1}}\n{"type": "STATE", "value": 1}'
    reader, seen = MessageReader(), []

    def callback_for(kind: str) -> t.Callable[[dict[str, t.Any]], None]:
        return lambda message: seen.append((kind, message["type"]))

    callbacks = {kind: callback_for(kind) for kind in KINDS}
    data = encode(lines)
    file: t.IO[t.Any] = io.BytesIO(data) if isinstance(data, bytes) else io.StringIO(data)
    assert reader.process_lines(file, callbacks) == {"SCHEMA": 1, "RECORD": 1, "STATE": 1}
    assert seen == [(kind, kind) for kind in KINDS]


def test_standard_input_is_read_where_no_file_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(b'{"type": "STATE"}\n')))
    counts = MessageReader().process_lines(None, {"STATE": lambda _: None})
    assert counts == {"STATE": 1}


def test_standard_input_that_was_set_not_to_block_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)

    def write_late() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"late")

    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        file = MessageReader().default_input
        assert os.get_blocking(reading)
        tap = threading.Thread(target=write_late)
        tap.start()
        assert file.read() == b"late"
        tap.join()


def test_a_message_knows_its_line() -> None:
    seen = []
    data = b'\n{"type": "STATE"}\n  \n{"type": "STATE", "value": 1}\n'
    MessageReader().process_lines(
        io.BytesIO(data), {"STATE": lambda message: seen.append((message.line_number, message.line))}
    )
    assert seen == [(2, b'{"type": "STATE"}'), (4, b'{"type": "STATE", "value": 1}')]


def test_numbers_keep_their_digits() -> None:
    (message,), _ = read(b'{"type": "RECORD", "record": {"a": 1.10, "b": 123456789012345678901234567890}}')
    assert message["record"] == {"a": Decimal("1.10"), "b": 123456789012345678901234567890}


def test_a_number_that_python_cannot_hold_breaks_no_more_than_its_value() -> None:
    line = f'{{"type": "RECORD", "record": {{"a": {"9" * 5000}, "b": 1e{"9" * 30}, "c": 1.10}}}}'
    (message,), _ = read(line)
    assert message["record"]["a"] == Decimal("9" * 5000)
    assert message["record"]["b"].is_nan()
    assert message["record"]["c"] == Decimal("1.10")


def test_a_line_that_memory_should_not_hold_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    set_longest_line(monkeypatch, 21)
    longest = b'{"type": "STATE"   }'
    pipe = Pipe((longest + b"\n") * 10, [])
    assert MessageReader().process_lines(pipe, {"STATE": lambda _: None}) == {"STATE": 10}
    assert len(read(longest)[0]) == 1
    assert "line 2 of the input is longer than 21 bytes" in problem_of(longest + b"\n" + longest + b"  \n")


@pytest.mark.parametrize("stream", ["people", "public-people", "Kundën", "a b/c"])
def test_a_stream_may_be_called_anything_that_can_be_printed(stream: str) -> None:
    assert Message({"type": "SCHEMA", "stream": stream}).stream == stream


@pytest.mark.parametrize("stream", [None, 7, "", "a\nb", "a\x1b[2Jb", "a\u202eb", "\ud800", "a" * 1001])
def test_a_stream_whose_name_could_deceive_a_log_ends_the_run(stream: object) -> None:
    with pytest.raises(InputError) as refusal:
        _ = Message({"type": "SCHEMA", "stream": stream}).stream
    assert str(refusal.value).isprintable()


def test_a_byte_order_mark_does_no_harm() -> None:
    assert len(read(b'\xef\xbb\xbf{"type": "STATE"}')[0]) == 1


def test_what_guards_the_reading_sees_every_line() -> None:
    reader, seen = MessageReader(), list[str | bytes]()

    def guard(chunks: t.Iterable[Lines]) -> t.Iterator[Lines]:
        for lines in chunks:
            seen.extend(lines)
            yield lines

    reader.guard_reading = guard
    reader.process_lines(io.BytesIO(b'{"type": "STATE"}\n\n'), {"STATE": lambda _: None})
    assert seen == [b'{"type": "STATE"}', b""]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"ada@example.com", "is no JSON"),
        (b'{"type": "RECORD", "record": {"email": "ada@example.com"', "is no JSON"),
        (b'{"type": "RECORD", "email": "ada@example.com \xff"}', "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'["ada@example.com"]', "is no JSON object"),
        (b'"ada@example.com"', "is no JSON object"),
        (b'{"email": "ada@example.com"}', "is no Singer message: its type is missing or unknown"),
        (b'{"type": "ada@example.com"}', "is no Singer message: its type is missing or unknown"),
        (b'{"type": ["ada@example.com"]}', "is no Singer message: its type is missing or unknown"),
    ],
)
def test_a_line_that_is_no_message_is_named_by_its_number_alone(line: bytes, what: str) -> None:
    words = f"line 3 of the input {what}. Look at the tap; nothing after it was read"
    assert problem_of(b'\n{"type": "STATE"}\n' + line + b"\n") == words


def test_what_stands_before_a_bad_line_was_processed() -> None:
    reader, seen = MessageReader(), list[dict[str, t.Any]]()
    with pytest.raises(InputError):
        reader.process_lines(io.BytesIO(b'{"type": "STATE"}\n{\n'), {"STATE": seen.append})
    assert seen == [{"type": "STATE"}]


def test_a_message_must_have_what_its_type_needs() -> None:
    message = Message({"type": "SCHEMA", "stream": "people", "schema": ["ada@example.com"]})
    message.require(stream=str, schema=list)
    for types_ in ({"schema": dict}, {"key_properties": list}):
        (key,) = types_
        with pytest.raises(
            InputError, match=f"is a SCHEMA message whose '{key}' is missing or of the wrong type"
        ) as no:
            message.require(**types_)
        assert "ada" not in str(no.value)


PIECES = st.sampled_from(
    [b'{"type": "STATE"}', b'{"type": "STATE", "value": "\xc3\xa4"}', b"", b" ", b"\r", b"\x0b", b"nonsense"]
)


@given(lines=st.lists(PIECES), sizes=st.lists(st.integers(1, 40)), ends=st.booleans())
def test_however_lines_come_out_of_a_pipe_they_are_the_same(
    lines: list[bytes], sizes: list[int], *, ends: bool
) -> None:
    data = b"\n".join(lines) + b"\n" * ends

    def seen(file: io.BytesIO) -> tuple[list[tuple[int, bytes | str]], str]:
        reader, found = MessageReader(), list[tuple[int, bytes | str]]()
        note = lambda message: found.append((message.line_number, message.line.strip()))  # noqa: E731
        try:
            counts = str(reader.process_lines(file, {"STATE": note}))
        except InputError as error:
            counts = str(error)
        return found, counts

    class LineByLine(io.BytesIO):
        read1 = None  # type: ignore[assignment]

    assert seen(Pipe(data, sizes)) == seen(LineByLine(data))


def test_lines_are_processed_as_soon_as_they_are_there() -> None:
    seen: list[str] = []

    class Tap(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            seen.append("waits")
            return super().read1(min(size or 0, 30))

    line = b'{"type": "STATE", "value": 1}\n'
    MessageReader().process_lines(Tap(line * 2), {"STATE": lambda _: seen.append("a line")})
    assert seen == ["waits", "a line", "waits", "a line", "waits"]


def test_of_a_line_that_is_too_long_no_more_is_read_than_shows_that(monkeypatch: pytest.MonkeyPatch) -> None:
    set_longest_line(monkeypatch, 21)
    pipe = Pipe(b"{" * 1000, [])
    with pytest.raises(InputError, match="is longer than 21 bytes"):
        MessageReader().process_lines(pipe, {})
    assert pipe.tell() <= 28


@given(st.binary())
def test_any_bytes_are_read_or_refused_without_being_shown(data: bytes) -> None:
    try:
        messages, _ = read(data)
    except InputError as refusal:
        messages = []
        words = str(refusal)
        assert words.isascii()
    assert all(message["type"] in KINDS for message in messages)


JSON_TEXTS = st.one_of(
    st.binary(),
    st.text(),
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(
                [
                    "{",
                    "}",
                    "[",
                    "]",
                    '"',
                    '"a"',
                    ":",
                    ",",
                    " ",
                    "\t",
                    "\x0b",
                    "-",
                    "0",
                    "1",
                    ".",
                    "e",
                    "E+",
                    "9" * 20,
                    "9" * 5000,
                    "null",
                    "true",
                    "NaN",
                    "-Infinity",
                    "\\u0000",
                    "\\ud800",
                    "\\ud83d\\ude00",
                    "\\x",
                    "\\/",
                    "\x7f",
                    "\x00",
                    "\ud800",
                    "é",
                    "\ufeff",
                    '{"a":1,"a":2}',
                    "1e400",
                    "1E" + "9" * 30,
                    "-0",
                    "0.10",
                ]
            )
        ),
    ),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
        lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    ).map(json.dumps),
)


@given(JSON_TEXTS, st.sampled_from(["utf-8", "utf-16", "utf-32-be", None]))
def test_the_quick_way_reads_as_the_standard_library_does(text: str | bytes, encoding: str | None) -> None:
    if isinstance(text, str) and encoding:
        text = text.encode(encoding, "surrogatepass")
    assert repr(parse_json(text)) == repr(_parse_leniently(text))


@pytest.mark.parametrize("stream", [None, "", 3, [], {}])
@pytest.mark.parametrize("is_decoded", [True, False])
def test_a_record_that_names_no_stream_is_refused_by_its_line(stream: object, *, is_decoded: bool) -> None:
    config = {"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
    target = TargetActiveCampaign(config=config)
    target.current_run = t.cast("t.Any", run := FakeRun())
    schema = {"type": "object", "properties": {"email": {"type": "string"}}}
    record = {"type": "RECORD", "record": {"email": "ada@example.com"}}
    messages: list[dict[str, t.Any]] = [
        {"type": "SCHEMA", "stream": "s", "schema": schema, "key_properties": []}
    ]
    messages += [{**record, "stream": "s"}] * is_decoded
    messages += [record if stream is None else {**record, "stream": stream}]
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    with pytest.raises(InputError, match=rf"^line {len(messages)} of the input "):
        target.listen(t.cast("t.Any", io.BytesIO(lines.encode())))
    assert run.records == is_decoded


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"SCHEMA","schema":{"properties":{}}}',
        '{"type":"SCHEMA","stream":"s","schema":[]}',
        '{"type":"ACTIVATE_VERSION","version":1}',
        '{"type":"ACTIVATE_VERSION","stream":null,"version":1}',
        '{"type":"STATE"}',
        '{"type":"BATCH","stream":"s"}',
    ],
)
def test_a_message_that_lacks_what_its_type_needs_is_refused_by_its_line(line: str) -> None:
    config = {"hostname": "sandbox", "api_key": "k", "data_privacy_consent": True, "list_id": 1}
    target = TargetActiveCampaign(config=config)
    target.current_run = t.cast("t.Any", FakeRun())
    with pytest.raises(InputError, match=r"^line 1 of the input "):
        target.listen(t.cast("t.Any", io.BytesIO(line.encode())))
