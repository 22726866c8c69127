"""medid's own JWK reader is on the hot path; jwcrypto is its oracle."""

from __future__ import annotations

import json

from hypothesis import given
from jwcrypto.jwk import JWK

from medid.keys import KeyKind, PrivateKey, PublicKey
from tests.keys.strategies import private_keys


@given(private_keys(tuple(KeyKind)))
def test_jwk_and_thumbprint_are_the_same(private: PrivateKey) -> None:
    theirs = JWK(**private.to_jwk())
    public = private.public_key
    assert theirs.thumbprint() == public.thumbprint()
    assert theirs.export_public(as_dict=True) == public.to_jwk()
    assert PublicKey.from_jwk(json.loads(theirs.export_public())) == public


@given(private_keys(tuple(KeyKind)))
def test_pem_is_read_alike(private: PrivateKey) -> None:
    theirs = JWK.from_pem(private.to_pem(None).encode())
    again = PrivateKey.from_jwk(json.loads(theirs.export_private()))
    assert again.to_jwk() == private.to_jwk()
    assert PublicKey.from_pem(theirs.export_to_pem()) == private.public_key
