"""Kinds of key and names of algorithms: one table, and no way around it."""

from __future__ import annotations

import pytest

from medid.errors import InvalidSignature, WeakCryptography
from medid.keys import KeyKind
from medid.keys.kinds import ALGORITHMS, MAX_RSA_BITS, MIN_RSA_BITS, SHAPES
from tests.keys.strategies import EVERY, SIGNING, key, public

# RFC 7518 section 3.1, RFC 8037, RFC 8812, RFC 9864 and RFC 9964.
EXPECTED = {
    "EdDSA": (KeyKind.ED25519, range(64, 65)),
    "Ed25519": (KeyKind.ED25519, range(64, 65)),
    "ES256": (KeyKind.P256, range(64, 65)),
    "ES384": (KeyKind.P384, range(96, 97)),
    "ES512": (KeyKind.P521, range(132, 133)),
    "ES256K": (KeyKind.SECP256K1, range(64, 65)),
    "RS256": (KeyKind.RSA, range(256, 1_025)),
    "PS256": (KeyKind.RSA, range(256, 1_025)),
    "ML-DSA-44": (KeyKind.ML_DSA_44, range(2_420, 2_421)),
    "ML-DSA-65": (KeyKind.ML_DSA_65, range(3_309, 3_310)),
}


def test_the_table_of_algorithms() -> None:
    found = {
        name: (kind, SHAPES[kind].signature_sizes) for name, kind in ALGORITHMS.items()
    }
    assert found == EXPECTED
    assert (MIN_RSA_BITS, MAX_RSA_BITS) == (2_048, 8_192)


@pytest.mark.parametrize("kind", EVERY)
def test_each_key_fits_its_own_algorithms_only(kind: KeyKind) -> None:
    for name, (fitting, _) in EXPECTED.items():
        if fitting is kind:
            public(kind).check_algorithm(name)
            continue
        with pytest.raises(WeakCryptography, match="does not fit") as caught:
            public(kind).check_algorithm(name, path="$.alg")
        assert caught.value.path == "$.alg"


@pytest.mark.parametrize("kind", SIGNING)
def test_a_signature_verifies_under_the_names_that_fit_only(kind: KeyKind) -> None:
    signature = key(kind).sign(b"a license")
    for name, (fitting, _) in EXPECTED.items():
        if fitting is kind:
            public(kind).verify(signature, b"a license", algorithm=name)
            continue
        with pytest.raises(WeakCryptography, match="does not fit"):
            public(kind).verify(signature, b"a license", algorithm=name)


def test_an_x25519_key_verifies_under_no_name() -> None:
    for name in (None, "ECDH-ES", "EdDSA"):
        with pytest.raises(WeakCryptography):
            public(KeyKind.X25519).verify(bytes(64), b"a license", algorithm=name)


def test_p256_and_secp256k1_do_not_take_each_others_signatures() -> None:
    # Both have 64 bytes and SHA-256: only the curve is another.
    first, second = KeyKind.P256, KeyKind.SECP256K1
    for signer, verifier in ((first, second), (second, first)):
        with pytest.raises(InvalidSignature, match="does not fit key and content"):
            public(verifier).verify(key(signer).sign(b"a license"), b"a license")
