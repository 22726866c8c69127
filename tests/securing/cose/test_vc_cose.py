"""Credentials and presentations in COSE, and the CWT claims beside them."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.core.instant import Instant, Window
from medid.errors import (
    MalformedProof,
    MalformedValue,
    MedidError,
    ParsingError,
    ProofGenerationError,
)
from medid.keys import KeyKind
from medid.securing import cose
from medid.securing.cose import cwt, vc_cose
from tests.keys.strategies import key
from tests.securing.cose.naive import BOARD, KID, message
from tests.support import examples

CREDENTIAL: Final[dict[str, Any]] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "urn:uuid:1",
    "type": ["VerifiableCredential"],
    "issuer": {"id": "did:example:board"},
    "credentialSubject": {"id": "did:example:doctor"},
}
PRESENTATION: Final[dict[str, Any]] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": "did:example:doctor",
}
HEADER: Final[dict[int, Any]] = {
    1: -8,
    3: "application/vc",
    4: KID,
    16: "application/vc+cose",
}


def secured(
    document: Any = CREDENTIAL, claims: Any = None, **labels: Any
) -> vc_cose.VcCose:
    """What is read of a message of the naive writer; ``None`` removes a label."""
    numbered = {int(name.removeprefix("l")): value for name, value in labels.items()}
    header = {**HEADER, **numbered, **({15: claims} if claims is not None else {})}
    kept = {label: value for label, value in header.items() if value is not None}
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return vc_cose.read(message(kept, payload))


@pytest.mark.parametrize(
    ("document", "typ", "content", "presented"),
    [
        (CREDENTIAL, "vc+cose", "application/vc", False),
        (PRESENTATION, "vp+cose", "application/vp", True),
    ],
)
def test_what_is_written_is_read(
    document: dict[str, Any], typ: str, content: str, *, presented: bool
) -> None:
    before = copy.deepcopy(document)
    for kind in (KeyKind.ED25519, KeyKind.P256, KeyKind.P384):
        written = vc_cose.write(document, key(kind), kid=KID.decode(), typ=typ)
        opened = vc_cose.read(written)
        cose.verify(opened.sign1, key(kind).public_key)
        assert opened.document == document == before
        assert opened.is_presentation is presented
        assert opened.sign1.kid == KID.decode()
        header = cbor2.loads(cbor2.loads(written).value[0])
        assert header[16] == f"application/{typ}"
        assert (header[3], header[4]) == (content, KID)


def test_a_presentation_answers_in_claims_of_its_header() -> None:
    claims = {"nonce": "a nonce of some length", "aud": "https://hospital.example"}
    written = vc_cose.write(
        PRESENTATION, BOARD, kid=KID.decode(), typ="vp+cose", claims=claims
    )
    header = cbor2.loads(cbor2.loads(written).value[0])
    assert header[15] == {3: claims["aud"], 10: claims["nonce"].encode()}
    opened = vc_cose.read(written)
    assert opened.document == PRESENTATION
    assert opened.registered.nonce == claims["nonce"]
    assert opened.registered.audience == (claims["aud"],)


# Types.


@pytest.mark.parametrize(
    "labels",
    [
        {"l3": None},
        {"l16": None},
        {"l16": "vc+cose"},
        {"l16": "APPLICATION/VC+COSE"},
        {"l3": "vc"},
    ],
)
def test_one_of_two_parameters_says_what_it_is(labels: dict[str, Any]) -> None:
    assert secured(**labels).is_presentation is False


@pytest.mark.parametrize(
    "labels",
    [
        {"l3": None, "l16": None},
        {"l16": "application/vc+jwt"},
        {"l16": "application/statuslist+cwt"},
        {"l16": "really/bad", "l3": "very/bad"},
        {"l16": ""},
        {"l16": None, "l3": "application/json"},
        {"l16": None, "l3": ""},
        {"l3": "application/vp"},
        {"l3": "application/json"},
        {"l16": "application/vp+cose"},
        {"l3": 50},
        {"l16": None, "l3": 50},
        {"l16": 16},
    ],
)
def test_anything_else_is_no_credential(labels: dict[str, Any]) -> None:
    with pytest.raises(MalformedProof):
        secured(**labels)


def test_the_types_count_only_where_they_are_signed() -> None:
    bare = {1: -8, 4: KID}
    payload = json.dumps(CREDENTIAL).encode()
    for unprotected in ({16: "application/vc+cose"}, {3: "application/vc"}):
        with pytest.raises(MalformedProof):
            vc_cose.read(message(bare, payload, unprotected=unprotected))


# The payload.


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{", b"\xa0", b'{"a":1,"a":2}', b"null", b"\xef\xbb\xbf{}"]
)
def test_the_payload_is_one_strict_json_object(payload: bytes) -> None:
    with pytest.raises(ParsingError):
        secured(payload)


@pytest.mark.parametrize("name", ["vc", "vp"])
def test_the_payload_is_the_document_itself(name: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        secured({**CREDENTIAL, name: {}})
    assert caught.value.path == f"$.{name}"


# Claims of the header.


def test_claims_of_the_header_are_registered_claims() -> None:
    claims = {
        1: "did:example:board",
        2: "did:example:doctor",
        3: ["a", "b"],
        4: 2_000_000_000,
        5: 1_000_000_000.5,
        6: 1_500_000_000,
        7: b"an id of the token",
        10: b"12345678",
        -70_000: {"any": [1]},
        "private": "claim",
    }
    registered = secured(claims=claims).registered
    assert registered.issuer == "did:example:board"
    assert registered.subject == "did:example:doctor"
    assert registered.audience == ("a", "b")
    assert registered.window == Window(
        Instant.from_seconds(1_000_000_000.5), Instant.from_seconds(2_000_000_000)
    )
    assert registered.issued_at == Instant.from_seconds(1_500_000_000)
    assert registered.nonce == "12345678"
    assert registered.token_id is None


def test_claims_may_stand_in_the_document_too_and_must_not_differ() -> None:
    both = {**CREDENTIAL, "exp": 2_000_000_000, "nonce": "12345678"}
    found = secured(both, claims={4: 2_000_000_000, 10: b"12345678"}).registered
    assert found.window.end == Instant.from_seconds(2_000_000_000)
    for claims in ({4: 2_000_000_001}, {10: b"12345679"}):
        with pytest.raises(MalformedValue, match="contradicts"):
            secured(both, claims=claims)


BAD_CLAIMS: Final[dict[str, Any]] = {
    "another issuer": {1: "did:example:stranger"},
    "another subject": {2: "did:example:stranger"},
    "an array": [],
    "bytes": b"\xa0",
    "a tagged date": {4: "2026-01-01T00:00:00Z"},
    "a date as true": {4: True},
    "a date as null": {6: None},
    "a date as bytes": {4: b"\x01"},
    "a date too far": {4: 10**13},
    "an issuer as bytes": {1: b"did:example:board"},
    "an issuer as number": {1: 7},
    "an issuer as map": {1: {}},
    "an empty audience": {3: []},
    "an audience of bytes": {3: [b"a"]},
    "an audience of texts and bytes": {3: ["a", b"b"]},
    "an audience of arrays": {3: [["a"]]},
    "a nonce as text": {10: "12345678"},
    "an empty nonce": {10: b""},
    "a nonce that is no text": {10: b"\xff" * 8},
    "several nonces": {10: [b"12345678"]},
    "nonces as texts": {10: ["12345678"]},
    "spelled out": {"exp": 1},
    "spelled out and numbered": {4: 2_000_000_000, "exp": 2_000_000_000},
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_claims_that_say_something_else_are_refused(name: str) -> None:
    with pytest.raises(MalformedValue):
        secured(claims=BAD_CLAIMS[name])


@pytest.mark.parametrize("nonce", ["n", "\u00e9" * 100])
def test_a_nonce_may_have_any_length(nonce: str) -> None:
    assert secured(claims={10: nonce.encode()}).registered.nonce == nonce
    assert cwt.as_jwt(cwt.as_cwt({"nonce": nonce})) == {"nonce": nonce}


# Writing.


@pytest.mark.parametrize(
    ("document", "options"),
    [
        (CREDENTIAL, {"typ": "vc+jwt"}),
        (CREDENTIAL, {"typ": ""}),
        ({**CREDENTIAL, "vc": {}}, {}),
        ({**CREDENTIAL, "iss": "did:example:stranger"}, {}),
        ({**CREDENTIAL, "x": float("nan")}, {}),
        (PRESENTATION, {"claims": {"nonce": ""}}),
        (PRESENTATION, {"claims": {"jti": "1"}}),
        (PRESENTATION, {"claims": {"iss": "did:example:stranger"}}),
        ({**PRESENTATION, "aud": "one"}, {"claims": {"aud": "another"}}),
    ],
)
def test_what_would_be_refused_is_not_signed(
    document: dict[str, Any], options: dict[str, Any]
) -> None:
    with pytest.raises(ProofGenerationError):
        vc_cose.write(document, BOARD, kid=KID.decode(), **options)


@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_only_refusals_escape(data: st.DataObject) -> None:
    raw = bytearray(cbor2.dumps({**HEADER, 15: {1: "did:example:board", 4: 2**31}}))
    at = data.draw(st.integers(0, len(raw)))
    raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        vc_cose.read(message(bytes(raw), json.dumps(CREDENTIAL).encode()))
    except MedidError as error:
        assert error.path.startswith("$")  # noqa: PT017 - others may pass
