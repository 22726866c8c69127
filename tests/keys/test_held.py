"""What key stores answer with is read strictly, and checked."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64
from medid.errors import SignerError
from medid.keys import KeyKind, PrivateKey, held
from medid.keys.ecdsa import CURVES, load_public
from tests.keys.strategies import PRIVATE, key
from tests.support import sha256

SIGNING = [one for one in PRIVATE if one not in {KeyKind.X25519, KeyKind.BLS12381_G2}]


def spki(private: PrivateKey) -> bytes:
    lines = private.public_key.to_pem().splitlines()
    return base64.decode("".join(lines[1:-1]))


@pytest.mark.parametrize("kind", SIGNING)
def test_a_key_in_der_is_the_key(kind: KeyKind) -> None:
    assert held.key_of_spki(spki(key(kind))) == key(kind).public_key


def test_what_is_no_key_in_der_is_an_error() -> None:
    good = spki(key(KeyKind.P256))
    for bad in (b"", b"\x30\x00", good[:-1], good + b"\0"[:0] + b"\xff"):
        with pytest.raises(SignerError):
            held.key_of_spki(bad)


@pytest.mark.parametrize("kind", [*CURVES, KeyKind.ED25519])
def test_a_point_is_the_key(kind: KeyKind) -> None:
    public = key(kind).public_key
    points = [public.raw]
    if kind in CURVES:
        native = load_public(kind, public.raw)
        points.append(
            native.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        )
    for point in points:
        assert held.key_of_point(kind, point) == public


def test_what_is_no_point_is_an_error() -> None:
    for kind, point in (
        (KeyKind.P256, b"\x04" + bytes(64)),
        (KeyKind.P256, b""),
        (KeyKind.ED25519, bytes(31)),
        (KeyKind.ED25519, b"\x01" + bytes(31)),  # of order 1
    ):
        with pytest.raises(SignerError):
            held.key_of_point(kind, point)


@given(r=st.integers(0, 2**256 - 1), s=st.integers(0, 2**256 - 1))
def test_two_numbers_keep_their_places(r: int, s: int) -> None:
    signature = held.from_der(KeyKind.P256, encode_dss_signature(r, s))
    assert signature == r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\x30\x00",
        b"\x30\x06\x02\x01\x01\x02\x01\x01\x00",
        b"\x30\x06\x02\x01\xff\x02\x01\x01",  # negative
        encode_dss_signature(2**256, 1),
        encode_dss_signature(1, 2**256),
    ],
)
def test_what_is_no_signature_in_der_is_an_error(bad: bytes) -> None:
    with pytest.raises(SignerError, match="no ECDSA signature"):
        held.from_der(KeyKind.P256, bad)


def test_digests_are_those_of_the_curve() -> None:
    assert held.digest(KeyKind.P256, b"x") == sha256(b"x")
    assert len(held.digest(KeyKind.P384, b"x")) == 48
    with pytest.raises(SignerError, match="no digests"):
        held.digest(KeyKind.ED25519, b"x")


@pytest.mark.parametrize("kind", SIGNING)
def test_a_signature_is_given_out_when_it_verifies(kind: KeyKind) -> None:
    private = key(kind)
    signature = private.sign(b"x")
    assert held.checked(private.public_key, signature, b"x") == signature
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    for bad, message in (
        (signature, b"y"),
        (flipped, b"x"),
        (signature[:-1], b"x"),
        (b"", b"x"),
    ):
        with pytest.raises(SignerError, match="does not verify"):
            held.checked(private.public_key, bad, message)


def test_only_keys_that_sign_are_used() -> None:
    for kind in SIGNING:
        held.check_signs(key(kind).public_key)
    native = rsa.generate_private_key(65537, 2048).public_key()
    der = native.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for public in (held.key_of_spki(der), key(KeyKind.X25519).public_key):
        with pytest.raises(SignerError, match="does not sign with"):
            held.check_signs(public)


def test_what_is_sent_is_bounded() -> None:
    held.check_message(bytes(held.MAX_MESSAGE))
    with pytest.raises(SignerError, match="at most"):
        held.check_message(bytes(held.MAX_MESSAGE + 1))
