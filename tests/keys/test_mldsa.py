"""ML-DSA: the key of zeros, its spellings, and a cryptography that lacks it.

The example keys of RFC 9964 are made of the seed of zeros; their thumbprints are
published, and so are those of the public keys in the ML-DSA part of FIPS 204's tests.
"""

from __future__ import annotations

import sys

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa as theirs
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from medid.core import multibase, multicodec
from medid.errors import (
    InvalidKey,
    InvalidSignature,
    MethodNotSupported,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey, PublicKey, mldsa
from tests.keys.strategies import ML_DSA, key, public

LICENSE = b"a license"

# RFC 9964, appendix A.1: the kid of each example is its thumbprint.
ZEROS = {
    KeyKind.ML_DSA_44: "T4xl70S7MT6Zeq6r9V9fPJGVn76wfnXJ21-gyo0Gu6o",
    KeyKind.ML_DSA_65: "Suiu29qbfuaBaR4Ats-c6XQBePB_OpAxAwcTR_0KXVM",
}


@pytest.mark.parametrize("kind", ML_DSA)
def test_the_examples_of_rfc_9964(kind: KeyKind) -> None:
    private = PrivateKey(kind, bytes(32))
    assert private.public_key.thumbprint() == ZEROS[kind]
    assert private.to_jwk()["priv"] == "A" * 43
    assert private.public_key.to_jwk().keys() == {"kty", "alg", "pub"}


@pytest.mark.parametrize("kind", ML_DSA)
def test_a_key_of_zeros_proves_nothing(kind: KeyKind) -> None:
    raw = public(kind).raw[:32] + bytes(len(public(kind).raw) - 32)
    with pytest.raises(WeakCryptography, match="anybody can sign"):
        PublicKey(kind, raw)
    PublicKey(kind, raw[:-1] + b"\1")


@pytest.mark.parametrize("kind", ML_DSA)
def test_the_context_is_empty(kind: KeyKind) -> None:
    seed = bytes(range(32))
    signer = mldsa.load_private(kind, seed)
    read = PrivateKey(kind, seed).public_key
    read.verify(signer.sign(LICENSE, b""), LICENSE)
    with pytest.raises(InvalidSignature):
        read.verify(signer.sign(LICENSE, b"medid"), LICENSE)


def test_one_parameter_set_is_not_the_other() -> None:
    small, large = (key(kind) for kind in ML_DSA)
    with pytest.raises(InvalidSignature, match="2420 bytes"):
        small.public_key.verify(large.sign(LICENSE), LICENSE)
    with pytest.raises(InvalidSignature, match="3309 bytes"):
        large.public_key.verify(small.sign(LICENSE), LICENSE)
    with pytest.raises(InvalidKey, match="1952 bytes"):
        PublicKey(KeyKind.ML_DSA_65, small.public_key.raw)
    jwk = {**small.public_key.to_jwk(), "alg": "ML-DSA-65"}
    with pytest.raises(InvalidKey, match="1952 bytes"):
        PublicKey.from_jwk(jwk)


@pytest.mark.parametrize(
    "alg", ["ML-DSA-87", "ml-dsa-44", "EdDSA", None, ["ML-DSA-44"]]
)
def test_another_alg_names_no_key(alg: object) -> None:
    jwk = {**public(KeyKind.ML_DSA_44).to_jwk(), "alg": alg}
    for read in (PublicKey.from_jwk, PrivateKey.from_jwk):
        with pytest.raises(InvalidKey, match="no supported kind") as caught:
            read(jwk)
        assert caught.value.path == "$.alg"


@pytest.mark.parametrize(
    ("kind", "public_code", "seed_code"),
    [(KeyKind.ML_DSA_44, 0x1210, 0x131A), (KeyKind.ML_DSA_65, 0x1211, 0x131B)],
)
def test_multikeys_have_the_codes_of_the_multicodec_table(
    kind: KeyKind, public_code: int, seed_code: int
) -> None:
    private = key(kind)
    for text, code in (
        (private.public_key.to_multikey(), public_code),
        (private.to_multikey(), seed_code),
    ):
        assert text.startswith("u")
        assert multicodec.split_prefix(multibase.from_multibase(text))[0] == code


@pytest.mark.parametrize("kind", ML_DSA)
def test_a_cryptography_without_ml_dsa(
    monkeypatch: pytest.MonkeyPatch, kind: KeyKind
) -> None:
    private = key(kind)
    read, signature = private.public_key, private.sign(LICENSE)
    mldsa.load_public.cache_clear()
    monkeypatch.setitem(
        sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None
    )
    monkeypatch.delattr("cryptography.hazmat.primitives.asymmetric.mldsa")
    with pytest.raises(MethodNotSupported, match=f"has no {kind}") as caught:
        read.verify(signature, LICENSE)
    assert "cryptography 48" in caught.value.fix
    with pytest.raises(MethodNotSupported):
        PrivateKey.generate(kind)
    # The spellings that need no library are read and written all the same.
    assert PublicKey.from_multikey(read.to_multikey()) == read
    assert PublicKey.from_jwk(read.to_jwk()) == read
    others = key(KeyKind.P256)
    assert PublicKey.from_pem(others.public_key.to_pem()) == others.public_key
    unknown = Ed448PrivateKey.generate().public_key()
    with pytest.raises(InvalidKey, match="no supported kind"):
        PublicKey.from_pem(
            unknown.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )


@pytest.mark.parametrize("kind", ML_DSA)
def test_an_openssl_without_ml_dsa(
    monkeypatch: pytest.MonkeyPatch, kind: KeyKind
) -> None:
    class Without:
        @staticmethod
        def from_public_bytes(_data: bytes) -> None:
            raise UnsupportedAlgorithm("ML-DSA is not supported by this backend.")

        from_seed_bytes = from_public_bytes

    read = public(kind)
    mldsa.load_public.cache_clear()
    for name in ("MLDSA44PublicKey", "MLDSA65PublicKey"):
        monkeypatch.setattr(theirs, name, Without)
    for name in ("MLDSA44PrivateKey", "MLDSA65PrivateKey"):
        monkeypatch.setattr(theirs, name, Without)
    with pytest.raises(MethodNotSupported, match=f"has no {kind}"):
        read.verify(bytes(2_420 if kind is KeyKind.ML_DSA_44 else 3_309), LICENSE)
    with pytest.raises(MethodNotSupported, match=f"has no {kind}"):
        PrivateKey(kind, bytes(32))
