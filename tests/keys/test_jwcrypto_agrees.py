"""medid's own JWK reader is on the hot path; jwcrypto is its oracle."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.keys.kinds import SHAPES
from medid.securing.jose import parse_compact, sign_compact, verify
from tests.keys.strategies import (
    ML_DSA,
    PRIVATE,
    SIGNING,
    key,
    private_keys,
    public_keys,
    rsa_private,
    rsa_public,
)

# jwcrypto takes AKP keys as JWKs, and knows no PEM of them.
IN_PEM = tuple(kind for kind in PRIVATE if kind not in ML_DSA)


@given(public_keys())
def test_jwk_and_thumbprint_are_the_same(public: PublicKey) -> None:
    theirs = JWK(**public.to_jwk())
    assert theirs.thumbprint() == public.thumbprint()
    assert theirs.export_public(as_dict=True) == public.to_jwk()
    assert PublicKey.from_jwk(json.loads(theirs.export_public())) == public


@given(private_keys(PRIVATE))
def test_private_jwks_have_the_same_public_half(private: PrivateKey) -> None:
    theirs = JWK(**private.to_jwk())
    assert theirs.export_public(as_dict=True) == private.public_key.to_jwk()


@given(private_keys(IN_PEM))
def test_pem_is_read_alike(private: PrivateKey) -> None:
    theirs = JWK.from_pem(private.to_pem(None).encode())
    again = PrivateKey.from_jwk(json.loads(theirs.export_private()))
    assert again.to_jwk() == private.to_jwk()
    assert PublicKey.from_pem(theirs.export_to_pem()) == private.public_key


def test_rsa_pem_is_read_alike() -> None:
    theirs = JWK.from_pyca(rsa_private().public_key())
    public = PublicKey.from_pem(theirs.export_to_pem())
    assert public == PublicKey.from_jwk(theirs.export_public(as_dict=True))
    assert public == rsa_public(rsa_private())
    assert public.to_pem().encode() == theirs.export_to_pem()


@pytest.mark.parametrize("kind", SIGNING)
def test_each_takes_the_tokens_of_the_other(kind: KeyKind) -> None:
    ours, (alg, *_) = key(kind), SHAPES[kind].algorithms
    theirs = JWK(**ours.to_jwk())
    token = JWS(b"a license")
    token.allowed_algs = [alg]
    token.add_signature(theirs, None, json.dumps({"alg": alg}))
    read = parse_compact(token.serialize(compact=True))
    verify(read, ours.public_key, allow_ml_dsa=True)
    assert read.payload == b"a license"
    back = JWS()
    back.allowed_algs = [alg]
    back.deserialize(sign_compact(b"a license", ours, {}), theirs)
    assert back.payload == b"a license"


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
@pytest.mark.parametrize("bits", [2_048, 2_049, 3_072])
def test_rsa_tokens_of_jwcrypto_are_taken(alg: str, bits: int) -> None:
    private = rsa_private(bits)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    token = JWS(b"a license")
    token.add_signature(JWK.from_pem(pem), None, json.dumps({"alg": alg}))
    verify(parse_compact(token.serialize(compact=True)), rsa_public(private))
