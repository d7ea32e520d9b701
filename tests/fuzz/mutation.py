"""Making inputs from seeds: no coverage, but any machine and any Python can do it, and a seed repeats it."""

from __future__ import annotations

import random
import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA = (
    b'{"type":"SCHEMA","stream":"s","schema":{"type":"object","properties":{"email":{"type":"string"},'
    b'"first_name":{},"n":{"type":["integer","null"],"minimum":0}}},"key_properties":["email"]}'
)
_RECORD = b'{"type":"RECORD","stream":"s","record":{"email":"zqx@example.com","first_name":"zqx","n":1}}'
_DELETED = b'{"type":"RECORD","stream":"s","record":{"email":"zqx","_sdc_deleted_at":null}}'
_STATE = b'{"type":"STATE","value":{"a":1.5}}'
_VERSION = b'{"type":"ACTIVATE_VERSION","stream":"s","version":1}'
_BATCH = b'{"type":"BATCH","stream":"s","encoding":{"format":"jsonl"},"manifest":["file:///zqx"]}'
_PATTERN = b'{"type":"SCHEMA","stream":"x","schema":{"$ref":"#","properties":{"email":{"pattern":"^zqx"}}}}'
_REFERENCE = (
    b'{"type":"SCHEMA","stream":"s","schema":{"properties":{"email":{"anyOf":[{"$ref":"http://zqx"}]}}}}'
)
_VALUES = (
    b'["zqx@example.com","Ada","L","+49 30 123456","A","a,b","t","2024-02-29","2024-02-29T10:00:00Z",1.5,'
    b'"7",["a","b"],"a",null]'
)
_PERSON = b'{"email":" ZQX@Example.com ","phone":"030 1","tags":["a",1],"f2":"0000-00-00","f4":1E+999999}'
_REFUSAL = (
    b'{"message":"JSON payload did not pass validation","failureReasons":'
    b'[{"contact":0,"failureReason":"zqx@example.com"}]}'
)
_MEMBERSHIP = b'[{"contact":"1","list":"1","status":"1"}]'
SEEDS: dict[str, tuple[bytes, ...]] = {
    "messages": (
        b"\n".join((_SCHEMA, _RECORD, _STATE)),
        b"\r\n".join((_SCHEMA, _DELETED, b"", _VERSION)),
        b"\n".join((_SCHEMA, _BATCH)),
        b"\n".join((_PATTERN, _RECORD.replace(b'"s"', b'"x"'))),
        b"\n".join((_REFERENCE, _RECORD)),
    ),
    "records": (_VALUES, _PERSON),
    "answers": (
        b'\x00\x64\n{"success":1,"batchId":"0aeb7c52-6cc5-4c0e-8a0a-000000000000"}',
        b'\x00\x642\n{"status":"completed","success":["zqx@example.com"],"failure":["zqx@example.com"]}',
        b"\x01\x2cRate\n" + _REFUSAL,
        b'\x01\x90Wed, 21 Oct 2026 07:28:00 GMT\n{"message":"Rate limit exceeded"}',
        b'\x00\x64\n{"lists":[{"id":"1","name":"zqx"}],"fields":[{"id":"1","title":"zqx","perstag":null}]}',
        b'\x00\x64\n{"exclusions":[{"matchPhrase":"zqx","matchType":"ending","lists":["1"]}]}',
        b'\x00\x64\n{"contacts":[{"id":"1","email":"zqx@example.com"}],"contactLists":' + _MEMBERSHIP + b"}",
    ),
}
_TOKENS = (
    *(
        b"null",
        b"true",
        b"NaN",
        b"-Infinity",
        b"Infinity",
        b"1e400",
        b"1E+999999",
        b"1e99999999999999999999",
        b"-0",
        b"9" * 5000,
    ),
    *(b"[]", b"{}", b'""', b'"\\ud800"', b'"\\u0000"', b"\xed\xa0\x80", b"\xff", b"\x00", b"\xef\xbb\xbf"),
    *(
        b"\r\n",
        b"\n",
        b'"',
        b"[" * 2000,
        b'{"a":' * 500,
        b"||",
        b"\xe2\x80\xae",
        b"\xc3\xbc",
        b"@",
        b"+",
        b",",
    ),
    *(b'"$ref":"#",', b'"type":"array",', b'"enum":[],', b'"properties":{"email":true},', b'"record":[],'),
    *(b'"stream":"a\\nb",', b'"key_properties":[1],'),
)


def inputs(name: str, seed: int) -> Iterator[bytes]:
    """Inputs for an entry without end, the seeds first."""
    yield from SEEDS[name]
    dice = random.Random(seed)  # noqa: S311 - to be repeatable
    while True:
        yield mutate(dice.choice(SEEDS[name]), dice)


def mutate(data: bytes, dice: random.Random) -> bytes:
    """Change an input in a few places."""
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        first, second = sorted(dice.randrange(len(data) + 1) for _ in range(2))
        change = dice.randrange(5)
        if change == 0:
            data = data[:first] + dice.choice(_TOKENS) + data[first:]
        elif change == 1:
            data = data[:first] + dice.choice(_TOKENS) + data[min(second, first + 12) :]
        elif change == 2:
            data = data[:first] + dice.randbytes(dice.randrange(1, 4)) + data[first:]
        elif change == 3:
            data = data[:first] + data[min(second, first + 20) :]
        else:
            data = data[:second] + data[first:second] * dice.choice((1, 2, 50)) + data[second:]
        data = data[:20_000]
    return data
