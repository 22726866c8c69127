"""Plain formats: JSON, CBOR, multibase, base64, instants."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import cbor2

from medid.core import base64url, cbor, jcs, multibase, multicodec
from medid.core import json as strict_json
from medid.core.cbor import FALSE, NULL, TRUE, CborRules
from medid.core.instant import Instant
from medid.errors import MedidError
from tests.attacks.documents import consent_draft, license_draft
from tests.attacks.tokens import compact
from tests.fuzz.forms import cbor_item, json_text, text
from tests.fuzz.target import Target, check_growth

_SIMPLE: Final = frozenset({FALSE, TRUE, NULL})
_TAGS: Final = frozenset({1, 2, 18, 64, 55799})
_ALL: Final = CborRules(tags=_TAGS, simple_values=_SIMPLE, floats=True)
_LOOSE: Final = CborRules(
    tags=_TAGS, simple_values=_SIMPLE, floats=True, deterministic=False
)


def _json(data: bytes) -> None:
    value = strict_json.loads(data)
    assert same(value, json.loads(data)), "another reader sees another value"
    again = strict_json.dumps(value)
    assert same(strict_json.loads(again), value), "what was read is written otherwise"
    assert strict_json.dumps(strict_json.check(value)) == again
    try:
        canonical = jcs.canonicalize(value)
    except MedidError:
        return  # an integer beyond what every reader keeps
    assert jcs.canonicalize(strict_json.loads(canonical)) == canonical
    check_growth(canonical, data)


def same(one: Any, other: Any) -> bool:
    """Equal, with true and 1 kept apart, and zero and minus zero together."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        # The order of members is part of what a reader sees.
        return list(one) == list(other) and all(
            same(value, other[name]) for name, value in one.items()
        )
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _json_seeds() -> list[bytes]:
    numbers = [0, -1, 1.5, 1e21, -0.0, 5e-324, 9007199254740991]
    return [
        compact(license_draft()),
        json.dumps(consent_draft(), indent=2).encode(),
        json.dumps({"n": numbers, "t": [True, False, None], "": {"": []}}).encode(),
        b'["\\u00e9\\ud83d\\ude00\\n\\/", "\xc3\xa9", 1E+2, -0]',
        b'"text"',
        b" 12 ",
    ]


def _cbor(data: bytes) -> None:
    try:
        strict = cbor.loads(data, rules=_ALL)
    except MedidError:
        # The same reader, asked for less, answers or refuses as well.
        loose = cbor.loads(data, rules=_LOOSE)
        assert cbor.dumps(loose) != data, "only the order or a float can be at fault"
        return
    assert cbor.dumps(strict) == data, "one item with two encodings"
    try:
        other = cbor2.loads(data)
    except cbor2.CBORDecodeError:
        # It also judges what a tag holds; medid hands out both.
        assert tagged(strict), "another reader refuses what has no tag"
        return
    assert alike(cbor.loads(data, rules=_LOOSE), other)


def tagged(item: Any) -> bool:
    """Whether there is a tag anywhere in ``item``."""
    if isinstance(item, dict):
        return any(map(tagged, item.values()))
    return isinstance(item, cbor.Tag) or (
        isinstance(item, list) and any(map(tagged, item))
    )


def alike(one: Any, other: Any) -> bool:
    """Whether both readers see the same, tags and their contents aside."""
    if isinstance(one, cbor.Tag):
        return True
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            alike(value, other[key]) for key, value in one.items()
        )
    if isinstance(one, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return type(one) is type(other) and one == other


def _cbor_seeds() -> list[bytes]:
    items: tuple[Any, ...] = (
        {1: -7, 4: b"key", 16: "application/vc+cose", -70001: [1, {"a": None}]},
        [0, 23, 24, 255, 256, 65_536, 2**32, 2**64 - 1, -1, -(2**64)],
        [0.0, 1.5, -0.0, 1e300, True, False, None, "", "\u00e9", b"", b"\xff" * 300],
        cbor2.CBORTag(18, [b"\xa1\x01\x26", {}, b"payload", bytes(64)]),
        {65533: {"bits": 1, "lst": b"\x78\xda"}, 6: 1_781_524_800},
    )
    return [cbor2.dumps(item, canonical=True) for item in items]


def _multibase(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    raw = multibase.from_multibase(stated)
    write = multibase.to_base64url if stated[0] == "u" else multibase.to_base58btc
    assert write(raw) == stated, "one value with two spellings"
    assert len(raw) <= len(stated)
    code, rest = multicodec.split_prefix(raw)
    assert multicodec.add_prefix(code, rest) == raw


def _multibase_seeds() -> list[bytes]:
    raw = b"\xed\x01" + bytes(range(32))
    texts = [
        multibase.to_base58btc(raw),
        multibase.to_base58btc(b"\0\0\0" + raw * 5),
        multibase.to_base64url(raw),
        multibase.to_base64url(b"\x81\x80\x04" + raw),
    ]
    return [one.encode() for one in texts]


def _base64url(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    assert base64url.encode(base64url.decode(stated)) == stated


def _instant(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    found = Instant.parse(stated)
    assert Instant.parse(str(found)) == found
    Instant.from_date(stated[:10])


def _instant_seeds() -> list[bytes]:
    return [
        b"2026-06-15T12:00:00Z",
        b"0001-01-02T00:00:00.123456789Z",
        b"9998-12-31T23:59:59+14:00",
        b"2016-12-31T23:59:59.5-05:30",
    ]


TARGETS: Final = (
    Target(name="json", read=_json, seeds=_json_seeds, change=json_text),
    Target(name="cbor", read=_cbor, seeds=_cbor_seeds, change=cbor_item),
    Target(name="multibase", read=_multibase, seeds=_multibase_seeds, change=text),
    Target(
        name="base64url",
        read=_base64url,
        seeds=lambda: [b"", b"AQ", b"AQID", b"_-_-"],
        change=text,
    ),
    Target(name="instant", read=_instant, seeds=_instant_seeds, change=text),
)
