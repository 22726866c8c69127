"""Statuses and settings: status lists, trust registries, schemas, patterns."""

from __future__ import annotations

import json
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from medid.board import feed
from medid.board.heads import Head
from medid.core import json as strict_json
from medid.core.instant import Instant
from medid.credentials import parse_credential
from medid.credentials.patterns import MAX_PATTERN, UnsafePattern, read_pattern
from medid.credentials.schema import check_schema
from medid.errors import FeedAltered, SchemaValidationError
from medid.status import bitstring
from medid.status.compressed import MAX_BYTES
from medid.status.list_token import read_token
from medid.trust import TrustRegistry
from tests.attacks.documents import BOARD, PATIENT, plain
from tests.attacks.groups.token_status import claims, in_json, list_cwt, list_jwt
from tests.attacks.honest import b64, unb64
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text, message, octets, text, token
from tests.fuzz.target import Target
from tests.health.documents import trust_document

if TYPE_CHECKING:
    from medid.credentials import Credential, SchemaReference
    from tests.fuzz.trees import Chance

_SCHEMA_URL: Final = "https://board.example/schema.json"


def _bitstring(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    bits = (
        bitstring.decode(stated) if stated[:1] == "u" else bitstring.decode_2021(stated)
    )
    assert len(bits) <= MAX_BYTES
    bitstring.check_length(bits, 1)
    assert bitstring.decode(bitstring.encode(bits, level=1)) == bits
    assert 0 <= bitstring.read(bits, 8 * len(bits) - 1) <= 1


def _bitstring_seeds() -> list[bytes]:
    bits = bytearray(bitstring.create())
    for index in (0, 7, 94_567):
        bitstring.write(bits, index, 1)
    written = bitstring.encode(bytes(bits))
    return [written.encode(), written[1:].encode(), _packed(bytes(bits)).encode()]


def _packed(bits: bytes) -> str:
    return bitstring.encode(bits, level=1)


def _compressed(data: bytes, chance: Chance) -> bytes:
    """Mostly what is compressed, or the bytes that it was compressed to."""
    try:
        raw = unb64(data.decode().removeprefix("u"))
    except ValueError:
        return octets(data, chance)
    if chance.once_in(2):
        return b"u" * (data[:1] == b"u") + b64(octets(raw, chance)).encode()
    return text(data, chance)


def _list_token(data: bytes) -> None:
    found = read_token(data)
    statuses = found.packed.unpack()
    assert len(statuses.statuses) <= MAX_BYTES
    assert 0 <= statuses.status(statuses.entries - 1) < 1 << statuses.bits
    assert statuses.as_json()["bits"] == found.packed.bits


def _list_jwts() -> list[bytes]:
    raw = zlib.compress(bytes(32), 9)
    small = in_json(bytes(64), bits=4, aggregation_uri="https://a.example")
    made = [
        list_jwt(),
        list_jwt(claims(small, iss=BOARD.did, exp=None, ttl=None)),
        list_jwt(claims(in_json(raw))),
    ]
    return [one.encode() for one in made]


def _list_cwts() -> list[bytes]:
    packed = {"bits": 8, "lst": zlib.compress(bytes(64))}
    return [list_cwt(), list_cwt(packed, l1=BOARD.did, l4=None)]


def _trust(data: bytes) -> None:
    found = TrustRegistry.from_json(data)
    again = TrustRegistry.from_json(found.document)
    assert again.digest() == found.digest()
    assert again.settings == found.settings


def _trust_yaml(data: bytes) -> None:
    found = TrustRegistry.from_yaml(data)
    again = TrustRegistry.from_json(strict_json.dumps(found.document))
    assert again.digest() == found.digest()


def _registries() -> list[dict[str, Any]]:
    subject = trust_document()["credentialSubject"]
    full = {
        "name": "Example Hospital",
        "acceptedBoards": [
            {
                "did": BOARD.did,
                "name": "State Medical Board",
                "jurisdictions": ["US-OH", "US"],
                "professions": ["208D00000X"],
            }
        ],
        "placeOfService": {"US": "patient"},
        "consent": {"patientDids": {"Patient/p-9": PATIENT.did}},
    }
    return [subject["trustRegistry"], full]


def _trust_seeds() -> list[bytes]:
    return [compact(one) for one in _registries()]


def _yaml_seeds() -> list[bytes]:
    import yaml

    written = [yaml.safe_dump(one).encode() for one in _registries()]
    return [*written, json.dumps(_registries()[1], indent=1).encode()]


@cache
def _judged() -> tuple[Credential, SchemaReference]:
    reference = {"id": _SCHEMA_URL, "type": "JsonSchema"}
    credential = parse_credential(plain(credentialSchema=reference))
    return credential, credential.schemas[0]


def _schema(data: bytes) -> None:
    credential, reference = _judged()
    check_schema(credential, reference, data)


def _schema_seeds() -> list[bytes]:
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = {
        "$schema": draft,
        "$id": _SCHEMA_URL,
        "type": "object",
        "required": ["credentialSubject"],
        "$defs": {"did": {"type": "string", "pattern": "^did:[a-z]+:[A-Za-z0-9.]+$"}},
        "properties": {
            "issuer": {"$ref": "#/$defs/did"},
            "type": {
                "type": "array",
                "contains": {"const": "VerifiableCredential"},
                "uniqueItems": True,
                "items": {"enum": ["VerifiableCredential", "x"]},
            },
            "credentialSubject": {
                "type": "object",
                "properties": {"name": {"type": "string", "maxLength": 40}},
                "patternProperties": {"^x-": False},
                "anyOf": [{"required": ["name"]}, {"minProperties": 9}],
            },
            "validFrom": {"format": "date-time"},
        },
    }
    older = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": _SCHEMA_URL,
        "if": {"required": ["id"]},
        "then": {"properties": {"id": {"pattern": "^urn:uuid:[0-9a-f-]{36}$"}}},
    }
    return [compact(schema), compact(older)]


def _pattern(data: bytes) -> None:
    stated = data.decode("utf-8", "surrogateescape")
    try:
        found = read_pattern(stated)
        work = found.work(100)
    except UnsafePattern:
        raise SchemaValidationError("a pattern that cannot be bounded") from None
    assert len(stated) <= MAX_PATTERN
    if work <= 100_000:
        found.regex.search("did:key:z6Mk" + "a" * 88)


def _pattern_seeds() -> list[bytes]:
    return [
        b"^did:[a-z0-9]+:[A-Za-z0-9.]+$",
        b"^(ab|cd)[^x]?(?:\\d{4}-\\d{2})$",
        b"[\\w.+-]+@[a-z]+\\.(com|org)",
    ]


def _feed(data: bytes) -> None:
    page = feed.read_page(data)
    assert feed.read_page(page.content()) == page
    # A page that nobody has signed leads nowhere.
    head = Head(sequence=page.start, hash="0" * 64)
    try:
        feed.follow(BOARD.did, None, head, {feed.page_of(page.start): page})
    except FeedAltered:
        return
    raise AssertionError("a feed of a stranger was followed")


def _feed_seeds() -> list[bytes]:
    at = Instant.parse("2026-06-01T12:00:00Z")
    paths = ["status/1/revocation", "status/1/suspension", "status/1/token"]
    made = []
    for start in (1, 65):
        entries = tuple(
            feed.Entry(
                sequence=start + place, at=at, lists=dict.fromkeys(paths, "a" * 64)
            )
            for place in range(3)
        )
        made.append(feed.Page(before="b" * 64, start=start, entries=entries).content())
    return made


TARGETS: Final = (
    Target(
        name="bitstring", read=_bitstring, seeds=_bitstring_seeds, change=_compressed
    ),
    Target(name="list-jwt", read=_list_token, seeds=_list_jwts, change=token),
    Target(name="list-cwt", read=_list_token, seeds=_list_cwts, change=message),
    Target(name="trust", read=_trust, seeds=_trust_seeds, change=json_text),
    Target(name="trust-yaml", read=_trust_yaml, seeds=_yaml_seeds, change=text),
    Target(name="schema", read=_schema, seeds=_schema_seeds, change=json_text),
    Target(name="feed", read=_feed, seeds=_feed_seeds, change=json_text),
    Target(name="pattern", read=_pattern, seeds=_pattern_seeds, change=text),
)
