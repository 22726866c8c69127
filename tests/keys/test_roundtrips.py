from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url
from medid.errors import (
    InvalidSignature,
    MethodNotSupported,
    SignerError,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey, PublicKey, Signer, ecdsa, ed25519
from tests.keys.strategies import (
    CURVES,
    ML_DSA,
    PRIVATE,
    SIGNING,
    key,
    private_keys,
    public_keys,
)


@given(public_keys())
def test_every_spelling_of_a_public_key_reads_back(public: PublicKey) -> None:
    assert PublicKey.from_jwk(public.to_jwk()) == public
    assert PublicKey.from_multikey(public.to_multikey()) == public
    assert PublicKey.from_pem(public.to_pem()) == public
    assert PublicKey.from_pem(public.to_pem().encode()) == public
    assert PublicKey.from_raw(public.kind, public.raw) == public
    assert hash(PublicKey.from_raw(public.kind, public.raw)) == hash(public)


@given(private_keys(PRIVATE))
def test_every_spelling_of_a_private_key_reads_back(private: PrivateKey) -> None:
    jwk = private.to_jwk()
    assert PrivateKey.from_jwk(jwk).to_jwk() == jwk
    assert PrivateKey.from_multikey(private.to_multikey()).to_jwk() == jwk
    assert PrivateKey.from_pem(private.to_pem(None)).to_jwk() == jwk


@pytest.mark.parametrize("kind", PRIVATE)
def test_an_encrypted_pem_opens_with_its_password_only(kind: KeyKind) -> None:
    text = key(kind).to_pem(b"correct horse")
    assert "ENCRYPTED" in text
    opened = PrivateKey.from_pem(text, password=b"correct horse")
    assert opened.public_key == key(kind).public_key
    for password in (b"wrong", b"", None):
        with pytest.raises(SignerError, match="cannot be opened") as caught:
            PrivateKey.from_pem(text, password=password)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("password", [b"", b"x" * 1_024])
def test_an_impossible_password_is_refused(password: bytes) -> None:
    with pytest.raises(SignerError, match="1 to 1023 bytes"):
        key(KeyKind.ED25519).to_pem(password)


@given(private_keys(), st.binary(max_size=64))
def test_a_signature_verifies(private: PrivateKey, message: bytes) -> None:
    signature = private.sign(message)
    private.public_key.verify(signature, message)
    with pytest.raises(InvalidSignature):
        private.public_key.verify(signature, message + b"!")


@given(private_keys(), st.data())
def test_a_signature_with_any_changed_bit_is_refused(
    private: PrivateKey, data: st.DataObject
) -> None:
    signature = bytearray(private.sign(b"a license"))
    bit = data.draw(st.integers(0, len(signature) * 8 - 1))
    signature[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidSignature):
        private.public_key.verify(bytes(signature), b"a license")


@given(private_keys(), st.data())
def test_a_signature_of_another_length_is_refused(
    private: PrivateKey, data: st.DataObject
) -> None:
    signature = private.sign(b"a license")
    other = (signature * 2)[: data.draw(st.integers(0, 2 * len(signature)))]
    if other != signature:
        with pytest.raises(InvalidSignature):
            private.public_key.verify(other, b"a license")


@pytest.mark.parametrize("kind", SIGNING)
def test_a_padded_signature_is_refused_although_it_spells_the_same_numbers(
    kind: KeyKind,
) -> None:
    signature = key(kind).sign(b"a license")
    size = len(signature)
    for padded in (
        signature[: size // 2] + b"\0" + signature[size // 2 :],  # s, big-endian
        signature + b"\0",  # S, little-endian; more hints
    ):
        with pytest.raises(InvalidSignature, match=f"has {size} bytes"):
            key(kind).public_key.verify(padded, b"a license")


@pytest.mark.parametrize("kind", SIGNING)
def test_a_signature_of_another_key_is_refused(kind: KeyKind) -> None:
    signature = key(kind, b"another").sign(b"a license")
    with pytest.raises(InvalidSignature):
        key(kind).public_key.verify(signature, b"a license")


@pytest.mark.parametrize("kind", [KeyKind.ED25519, *CURVES])
def test_signing_is_deterministic(kind: KeyKind) -> None:
    assert key(kind).sign(b"a license") == key(kind).sign(b"a license")


@pytest.mark.parametrize("kind", ML_DSA)
def test_signing_with_ml_dsa_is_hedged(kind: KeyKind) -> None:
    assert key(kind).sign(b"a license") != key(kind).sign(b"a license")


def test_ecdsa_signs_as_rfc_6979_appendix_a_2_5_shows() -> None:
    d = bytes.fromhex(
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
    )
    expected = (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    )
    assert PrivateKey(KeyKind.P256, d).sign(b"sample") == bytes.fromhex(expected)


def test_ecdsa_over_secp256k1_signs_as_rfc_6979_says() -> None:
    # The nonce of this key and message is worked out beside, and r is its point's x.
    n = ecdsa.ORDERS[KeyKind.SECP256K1]
    d, message = 1, b"Satoshi Nakamoto"
    k = rfc_6979_nonce(d, hashlib.sha256(message).digest(), n)
    assert k == 0x8F8A276C19F4149656B280621E358CCE24F5F52542772691EE69063B74F15D15
    r = key_of(k).public_key.to_jwk()["x"]
    signature = key_of(d).sign(message)
    assert base64url.encode(signature[:32]) == r
    h = int.from_bytes(hashlib.sha256(message).digest(), "big")
    s = pow(k, -1, n) * (h + d * int.from_bytes(signature[:32], "big")) % n
    assert signature[32:] == s.to_bytes(32, "big")


def key_of(d: int) -> PrivateKey:
    return PrivateKey(KeyKind.SECP256K1, d.to_bytes(32, "big"))


def rfc_6979_nonce(d: int, digest: bytes, n: int) -> int:
    """RFC 6979 section 3.2, for the first k that it tries."""

    def mac(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, "sha256")

    h = (int.from_bytes(digest, "big") % n).to_bytes(32, "big")
    seed = d.to_bytes(32, "big") + h
    state, value = bytes(32), b"\1" * 32
    for step in (b"\0", b"\1"):
        state = mac(state, value + step + seed)
        value = mac(state, value)
    return int.from_bytes(mac(state, value), "big")


def test_without_deterministic_ecdsa_the_ordinary_one_signs() -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    def old_openssl(algorithm: SHA256, **options: bool) -> ECDSA:
        if options:
            raise UnsupportedAlgorithm("deterministic")
        return ECDSA(algorithm)

    chosen = ecdsa.signature_algorithm(SHA256(), old_openssl)
    assert not chosen.deterministic_signing
    assert ecdsa.signature_algorithm(SHA256()).deterministic_signing


@pytest.mark.parametrize("kind", CURVES)
def test_a_high_s_is_accepted(kind: KeyKind) -> None:
    private = key(kind)
    signature = private.sign(b"a license")
    size = len(signature) // 2
    other = ecdsa.ORDERS[kind] - int.from_bytes(signature[size:], "big")
    twin = signature[:size] + other.to_bytes(size, "big")
    private.public_key.verify(twin, b"a license")


@pytest.mark.parametrize("kind", CURVES)
@pytest.mark.parametrize("part", [0, 1])
def test_r_and_s_outside_their_range_are_refused(kind: KeyKind, part: int) -> None:
    private = key(kind)
    signature = private.sign(b"a license")
    size = len(signature) // 2
    for number in (0, ecdsa.ORDERS[kind], 2 ** (8 * size) - 1):
        halves = [signature[:size], signature[size:]]
        halves[part] = number.to_bytes(size, "big")
        with pytest.raises(InvalidSignature, match="out of range"):
            private.public_key.verify(b"".join(halves), b"a license")


def test_x25519_agrees_and_does_not_sign() -> None:
    ours, theirs = key(KeyKind.X25519, b"1"), key(KeyKind.X25519, b"2")
    secret = ours.exchange(theirs.public_key)
    assert secret == theirs.exchange(ours.public_key)
    assert len(secret) == 32
    with pytest.raises(WeakCryptography):
        ours.sign(b"a license")
    with pytest.raises(WeakCryptography):
        ours.public_key.verify(bytes(64), b"a license")


def test_only_two_x25519_keys_agree() -> None:
    agreeing, signing = key(KeyKind.X25519), key(KeyKind.P256)
    with pytest.raises(WeakCryptography):
        agreeing.exchange(signing.public_key)
    with pytest.raises(WeakCryptography):
        signing.exchange(agreeing.public_key)


@pytest.mark.parametrize("kind", PRIVATE)
def test_generated_keys_differ_and_know_their_kind(kind: KeyKind) -> None:
    first, second = PrivateKey.generate(kind), PrivateKey.generate(kind)
    assert first.public_key != second.public_key
    assert first.kind == first.public_key.kind == kind


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_broken_entropy_source_makes_no_key(kind: KeyKind) -> None:
    with pytest.raises(SignerError, match="entropy"):
        PrivateKey.generate(kind, entropy=lambda size: b"\1" * (size - 1))


def test_every_d_of_the_range_can_be_drawn() -> None:
    least = PrivateKey.generate(KeyKind.P256, entropy=bytes)
    assert least.to_jwk()["d"] == "A" * 42 + "E"


@pytest.mark.parametrize("kind", CURVES)
def test_a_curve_that_openssl_leaves_out_is_not_there(
    monkeypatch: pytest.MonkeyPatch, kind: KeyKind
) -> None:
    class LeftOut(ec.SECP256K1):
        name = "left-out"

    raw = key(kind).public_key.raw
    ecdsa.load_public.cache_clear()
    monkeypatch.setattr(ecdsa, "CURVES", {kind: LeftOut()})
    with pytest.raises(MethodNotSupported, match=f"has no {kind}"):
        ecdsa.load_public(kind, raw)
    with pytest.raises(MethodNotSupported, match=f"has no {kind}"):
        ecdsa.load_private(kind, 1)


def test_a_private_key_is_a_signer() -> None:
    signer: Signer = key(KeyKind.ED25519)
    signer.public_key.verify(signer.sign(b"a license"), b"a license")


def test_without_pynacl_openssl_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "nacl.bindings", None)
    choose = ed25519.fastest_engine.__wrapped__
    private = key(KeyKind.ED25519)
    signature = private.sign(b"a license")
    engine = choose()
    assert engine.__qualname__.startswith("openssl")
    ed25519.verify(private.public_key.raw, signature, b"a license", engine=engine)


def test_with_pynacl_libsodium_checks() -> None:
    pytest.importorskip("nacl")
    assert ed25519.fastest_engine().__qualname__.startswith("libsodium")
