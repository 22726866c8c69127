"""COSE_Sign1: what is accepted, and everything beside it that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.errors import (
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    MedidError,
    ParsingError,
    ProofGenerationError,
    Refused,
    TooLarge,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.securing import cose
from medid.securing.cose.sign1 import ALGORITHMS, MAX_HEADER_BYTES, MAX_MESSAGE_BYTES
from tests.keys.strategies import (
    SIGNING,
    key,
    private_keys,
    rsa_private,
    rsa_public,
)
from tests.securing.cose.naive import BOARD, HEADER, KID, message
from tests.support import examples

if TYPE_CHECKING:
    from medid.securing.cose import Sign1

HONEST: Final = message()


def accepted(data: bytes, by: PrivateKey = BOARD) -> Sign1:
    sign1 = cose.parse(data)
    cose.verify(sign1, by.public_key, allow_ml_dsa=True)
    return sign1


# What is accepted.


@settings(max_examples=examples(50), deadline=None)
@given(private_keys(), st.binary(max_size=50))
def test_what_is_signed_is_read_back(private: PrivateKey, payload: bytes) -> None:
    written = cose.sign(payload, private, {4: b"k", 16: "application/Example"})
    sign1 = accepted(written, private)
    assert (sign1.payload, sign1.kid, sign1.typ) == (payload, "k", "example")
    assert sign1.protected[1] == sign1.alg
    # Another reader finds the same parts, and the other writer the same bytes.
    tagged = cbor2.loads(written)
    assert tagged.tag == 18
    header, unprotected, body, signature = tagged.value
    assert (unprotected, body, signature) == ({}, payload, sign1.signature)
    assert message(header, payload, by=private, signature=signature) == written


KINDS: Final = {
    -8: KeyKind.ED25519,
    -19: KeyKind.ED25519,
    -7: KeyKind.P256,
    -9: KeyKind.P256,
    -35: KeyKind.P384,
    -51: KeyKind.P384,
    -36: KeyKind.P521,
    -52: KeyKind.P521,
    -47: KeyKind.SECP256K1,
    -37: KeyKind.RSA,
    -257: KeyKind.RSA,
    -48: KeyKind.ML_DSA_44,
    -49: KeyKind.ML_DSA_65,
}


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_each_algorithm_with_its_kind_of_key_and_no_other(alg: int) -> None:
    for kind in SIGNING:
        data = message({1: alg}, by=key(kind))
        if kind is KINDS[alg]:
            assert accepted(data, key(kind)).alg == alg
            continue
        with pytest.raises(WeakCryptography, match="does not fit") as caught:
            accepted(data, key(kind))
        assert caught.value.path == "$.protected[1]"


@pytest.mark.parametrize("alg", [-37, -257])
def test_rsa_under_the_algorithm_that_is_named(alg: int) -> None:
    private = rsa_private()
    unsigned = cose.parse(message({1: alg}, signature=b"x" * 256))
    scheme = (
        padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
        if alg == -37
        else padding.PKCS1v15()
    )
    signature = private.sign(unsigned.signing_input, scheme, SHA256())
    good = cose.parse(message({1: alg}, signature=signature))
    cose.verify(good, rsa_public(private))
    other = cose.parse(message({1: -37 if alg == -257 else -257}, signature=signature))
    with pytest.raises(InvalidSignature):
        cose.verify(other, rsa_public(private))
    restricted = "RS256" if alg == -37 else "PS256"
    raw = rsa_public(private).raw
    with pytest.raises(WeakCryptography):
        cose.verify(good, PublicKey(KeyKind.RSA, raw, algorithm=restricted))


@pytest.mark.parametrize("kind", [KeyKind.ML_DSA_44, KeyKind.ML_DSA_65])
def test_ml_dsa_only_where_it_is_allowed(kind: KeyKind) -> None:
    sign1 = cose.parse(cose.sign(b"{}", key(kind), {}))
    cose.verify(sign1, key(kind).public_key, allow_ml_dsa=True)
    with pytest.raises(WeakCryptography, match="allowed") as caught:
        cose.verify(sign1, key(kind).public_key)
    assert "--allow-ml-dsa" in caught.value.fix


def test_a_kid_may_stand_in_either_header() -> None:
    assert accepted(HONEST).kid == KID.decode()
    assert accepted(message({1: -8}, unprotected={4: KID})).kid == KID.decode()
    assert accepted(message({1: -8})).kid is None


OTHERS: Final[dict[str, Any]] = {
    "countersignature": {11: [b"", {}, b""]},
    "a text label": {"x-trace": "abc"},
    "a private label": {-70_001: [None, True, False, 1.5, {"a": 1}]},
    "a certificate beside a kid": {33: b"certificate"},
    "a thumbprint": {34: [-16, b"hash"]},
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_understood_and_does_no_harm_is_ignored(name: str) -> None:
    accepted(message({**HEADER, **OTHERS[name]}))
    accepted(message(unprotected=OTHERS[name]))


def test_header_parameters_stand_in_any_order() -> None:
    accepted(message({4: KID, 16: "application/x", 1: -8}))


# What is refused.


REFUSED: Final[dict[str, tuple[bytes, type[MedidError]]]] = {
    "nothing": (b"", ParsingError),
    "no tag": (message(tag=None), ParsingError),
    "COSE_Sign": (
        message(tag=98, parts=[b"", {}, b"{}", [[b"", {}, b"x"]]]),
        ParsingError,
    ),
    "two signers under tag 18": (
        message(parts=[b"", {}, b"{}", [[b"", {}, b"x"], [b"", {}, b"y"]]]),
        ParsingError,
    ),
    "COSE_Mac0": (message(tag=17), ParsingError),
    "COSE_Encrypt0": (message(tag=16), ParsingError),
    "a CWT around it": (b"\xd8\x3d" + HONEST, ParsingError),
    "self-described CBOR": (b"\xd9\xd9\xf7" + HONEST, ParsingError),
    "the tag twice": (b"\xd2" + HONEST, ParsingError),
    "three parts": (message(parts=[b"", {}, b"{}"]), ParsingError),
    "five parts": (message(parts=[b"", {}, b"{}", b"x", b"y"]), ParsingError),
    "a map of parts": (message(parts={1: b""}), ParsingError),
    "a text as header": (message(parts=["a", {}, b"{}", b"x"]), ParsingError),
    "a map as protected header": (message(parts=[{}, {}, b"{}", b"x"]), ParsingError),
    "an array as header": (message(parts=[b"", [], b"{}", b"x"]), ParsingError),
    "a text as payload": (message(payload="{}"), MalformedProof),
    "no payload": (message(payload=None), MalformedProof),
    "a text as signature": (message(signature="x"), ParsingError),
    "no signature": (message(signature=b""), MalformedProof),
    "more behind it": (HONEST + b"\0", ParsingError),
    "a line feed behind it": (HONEST + b"\n", ParsingError),
    "a protected array": (message([1, -8]), ParsingError),
    "a protected number": (message(b"\x01"), ParsingError),
    "more behind the header": (message(cbor2.dumps(HEADER) + b"\0"), ParsingError),
    "no algorithm": (message({4: KID}), WeakCryptography),
    "an empty header": (message(b""), WeakCryptography),
    "an empty header in one byte": (message(b"\xa0"), WeakCryptography),
    "an unknown algorithm": (message({1: -999}), WeakCryptography),
    "an algorithm by name": (message({1: "EdDSA"}), WeakCryptography),
    "true as algorithm": (message({1: True}), WeakCryptography),
    "a float as algorithm": (message({1: -8.0}), WeakCryptography),
    "an array as algorithm": (message({1: [-8]}), WeakCryptography),
    "an HMAC": (message({1: 5}), WeakCryptography),
    "Ed448": (message({1: -53}), WeakCryptography),
    "a direct MAC": (message({1: -6}), WeakCryptography),
    "only an unprotected algorithm": (
        message({4: KID}, unprotected={1: -8}),
        MalformedProof,
    ),
    "an algorithm in both headers": (message(unprotected={1: -8}), MalformedProof),
    "another unprotected algorithm": (message(unprotected={1: -7}), MalformedProof),
    "a kid in both headers": (message(unprotected={4: KID}), MalformedProof),
    "an unprotected type": (message(unprotected={16: "a/b"}), MalformedProof),
    "unprotected claims": (message(unprotected={15: {1: "a"}}), MalformedProof),
    "crit": (message({**HEADER, 2: [4]}), MalformedProof),
    "an empty crit": (message({**HEADER, 2: []}), MalformedProof),
    "an unprotected crit": (message(unprotected={2: [4]}), MalformedProof),
    "an IV": (message({**HEADER, 5: b"iv"}), MalformedProof),
    "an unprotected partial IV": (message(unprotected={6: b"iv"}), MalformedProof),
    "alg spelled out": (message({**HEADER, "alg": "ES256"}), MalformedProof),
    "kid spelled out": (message(unprotected={"kid": KID}), MalformedProof),
    "crit spelled out": (message({**HEADER, "crit": [1]}), MalformedProof),
    "a number as type": (message({**HEADER, 16: 60}), MalformedProof),
    "a text as kid": (message({1: -8, 4: "did:example:board#1"}), MalformedProof),
    "bytes as kid": (message({1: -8, 4: b"\xff\xfe"}), InvalidVerificationMethod),
    "only a certificate": (
        message({1: -8}, unprotected={33: b"certificate"}),
        InvalidVerificationMethod,
    ),
    "only an address": (message({1: -8, 35: "https://a"}), InvalidVerificationMethod),
    "only claims with a key": (
        message({1: -8, 14: {8: {}}}),
        InvalidVerificationMethod,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused(name: str) -> None:
    data, error = REFUSED[name]
    with pytest.raises(error) as caught:
        cose.parse(data)
    assert type(caught.value) is error


SPELLINGS: Final = {
    "an indefinite array": b"\xd2\x9f" + HONEST[2:] + b"\xff",
    "a longer tag": b"\xd8\x12" + HONEST[1:],
    "a longer array": b"\xd2\x98\x04" + HONEST[2:],
    "a header in two pieces": HONEST[:2] + b"\x5f\x41\xa0\x41\xa0\xff" + HONEST[2:],
    "a longer label": message(b"\xa1\x18\x01\x27"),
    "a longer algorithm": message(b"\xa1\x01\x38\x07"),
    "a longer map": message(b"\xb8\x01\x01\x27"),
    "an indefinite header": message(b"\xbf\x01\x27\xff"),
    "a label twice": message(b"\xa2\x01\x27\x01\x27"),
    "a label twice, unlike": message(b"\xa2\x01\x27\x01\x26"),
    "a label twice, spelled otherwise": message(b"\xa2\x01\x27\x18\x01\x26"),
    "a float as label": message(b"\xa2\x01\x27\xf9\x3c\x00\x26"),
    "true as label": message(b"\xa2\x01\x27\xf5\x26"),
    "bytes as label": message(b"\xa2\x01\x27\x41\x04\x26"),
    "text that is not UTF-8": message(b"\xa2\x01\x27\x10\x61\xff"),
    "a tag in the header": message(b"\xa2\x01\x27\x18\x28\xc1\x00"),
    "the tag in the header": message(b"\xa2\x01\x27\x18\x28\xd2\x00"),
    "an undefined value": message(b"\xa2\x01\x27\x18\x28\xf7"),
    "NaN": message(b"\xa2\x01\x27\x18\x28\xf9\x7e\x00"),
    "a label twice, unprotected": bytes.fromhex("d28440a2044161044162404161"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_there_is_one_spelling(name: str) -> None:
    with pytest.raises(ParsingError):
        cose.parse(SPELLINGS[name])


# Limits.


LARGE: Final = {
    "a payload of 2^60 bytes": b"\xd2\x84\x40\xa0\x5b\x10" + bytes(7),
    "a header of 2^60 bytes": b"\xd2\x84\x5b\x10" + bytes(7),
    "2^60 parts": b"\xd2\x9b\x10" + bytes(7),
    "2^60 unprotected parameters": b"\xd2\x84\x40\xbb\x10" + bytes(7),
    "a deep header": b"\xd2\x84\x40\xa1\x07" + b"\x81" * 100_000,
    "a deep protected header": message(b"\xa2\x01\x27\x07" + b"\x81" * 100 + b"\0"),
    "a message of more than 1 MiB": message(payload=bytes(MAX_MESSAGE_BYTES)),
    "a long protected header": message({**HEADER, "x": bytes(MAX_HEADER_BYTES)}),
}


@pytest.mark.parametrize("name", LARGE)
def test_nothing_is_read_beyond_a_limit(name: str) -> None:
    with pytest.raises(TooLarge):
        cose.parse(LARGE[name])


# Signatures.


def test_the_signature_covers_header_and_payload() -> None:
    for data in (
        message(payload=b"[]", signature=cose.parse(HONEST).signature),
        message({**HEADER, 16: "a/b"}, signature=cose.parse(HONEST).signature),
        message(covered=b""),
        message(signature=bytes(64)),
        message(signature=b"x"),
    ):
        with pytest.raises(InvalidSignature):
            accepted(data)
    with pytest.raises(InvalidSignature):
        accepted(HONEST, key(KeyKind.ED25519, b"another"))


def test_a_signature_of_another_structure_is_none_of_this_one() -> None:
    covered = cbor2.dumps(HEADER)
    for parts in (
        ["Signature", covered, b"", b"{}"],
        ["Signature", covered, b"", b"", b"{}"],
        ["CounterSignature", covered, b"", b"", b"{}"],
        ["Signature1", covered, b"external", b"{}"],
    ):
        with pytest.raises(InvalidSignature):
            accepted(message(signature=BOARD.sign(cbor2.dumps(parts))))


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(0, len(HONEST) * 8 - 1))
def test_no_bit_of_a_message_can_be_changed(bit: int) -> None:
    changed = bytearray(HONEST)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Refused):
        accepted(bytes(changed))


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_only_refusals_escape(data: st.DataObject) -> None:
    raw = bytearray(HONEST)
    at = data.draw(st.integers(0, len(raw)))
    raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        accepted(bytes(raw))
    except Refused:
        return
    assert bytes(raw) == HONEST


# Signing.


@pytest.mark.parametrize(
    "header",
    [
        {1: -7},
        {1: "EdDSA"},
        {1: -999},
        {2: [1]},
        {4: "text"},
        {4: b"\xff"},
        {5: b"iv"},
        {16: 60},
        {33: b"certificate"},
        {"alg": "EdDSA"},
        {"x": "\ud800"},
        {"x": bytes(MAX_HEADER_BYTES)},
    ],
)
def test_a_header_that_would_be_refused_is_not_signed(header: Any) -> None:
    with pytest.raises(ProofGenerationError):
        cose.sign(b"{}", BOARD, header)


def test_a_key_that_signs_nothing_signs_no_message() -> None:
    with pytest.raises(ProofGenerationError, match="signs no COSE message"):
        cose.sign(b"{}", key(KeyKind.X25519), {})


def test_a_message_that_would_be_too_large_is_not_signed() -> None:
    empty = len(cose.sign(b"", BOARD, {}))
    largest = MAX_MESSAGE_BYTES - empty - 16
    accepted(cose.sign(bytes(largest), BOARD, {}))
    with pytest.raises(TooLarge, match="once signed"):
        cose.sign(bytes(MAX_MESSAGE_BYTES - empty), BOARD, {})


def test_a_message_shows_nothing_of_its_content() -> None:
    shown = repr(cose.parse(message(payload=b"secret claim")))
    assert "secret" not in shown
