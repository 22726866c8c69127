from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url
from medid.errors import (
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    MalformedValue,
    MedidError,
    ParsingError,
    ProofGenerationError,
    Refused,
    TooLarge,
    WeakCryptography,
)
from medid.keys import KeyKind, PrivateKey, PublicKey
from medid.securing.jose import Jws, parse_compact, sign_compact, verify
from tests.keys.strategies import (
    ML_DSA,
    SIGNING,
    key,
    private_keys,
    rsa_private,
    rsa_public,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BOARD = key(KeyKind.ED25519)
HEADER = {"alg": "EdDSA", "kid": "did:example:board#1"}


def encode(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64url.encode(data)


def token(
    header: object = HEADER, payload: bytes = b"{}", by: PrivateKey = BOARD
) -> str:
    """Whatever the header says, signed by the key's own algorithm."""
    signing_input = f"{encode(header)}.{encode(payload)}"
    return f"{signing_input}.{encode(by.sign(signing_input.encode()))}"


def accepted(text: str | bytes, by: PrivateKey = BOARD) -> Jws:
    jws = parse_compact(text)
    verify(jws, by.public_key, allow_ml_dsa=True)
    return jws


# What is accepted


@given(private_keys(), st.binary(max_size=50))
def test_what_is_signed_is_read_back(private: PrivateKey, payload: bytes) -> None:
    text = sign_compact(payload, private, {"kid": "k", "typ": "application/JWT"})
    for spelled in (text, text.encode()):
        jws = accepted(spelled, private)
        assert (jws.payload, jws.kid, jws.typ) == (payload, "k", "jwt")
        assert jws.header["alg"] == jws.alg


@pytest.mark.parametrize(
    ("kind", "alg"),
    [
        (KeyKind.ED25519, "EdDSA"),
        (KeyKind.ED25519, "Ed25519"),
        (KeyKind.P256, "ES256"),
        (KeyKind.P384, "ES384"),
        (KeyKind.P521, "ES512"),
        (KeyKind.SECP256K1, "ES256K"),
        (KeyKind.ML_DSA_44, "ML-DSA-44"),
        (KeyKind.ML_DSA_65, "ML-DSA-65"),
    ],
)
def test_each_algorithm_with_its_kind_of_key(kind: KeyKind, alg: str) -> None:
    text = sign_compact(b"{}", key(kind), {"alg": alg})
    assert accepted(text, key(kind)).alg == alg
    others = [key(other).public_key for other in SIGNING if other is not kind]
    for other in (*others, rsa_public(rsa_private())):
        with pytest.raises(WeakCryptography, match="does not fit") as caught:
            verify(parse_compact(text), other, allow_ml_dsa=True)
        assert caught.value.path == "$.alg"


def rsa_token(alg: str) -> str:
    """A token with the header's algorithm, signed outside of medid."""
    schemes: dict[str, padding.AsymmetricPadding] = {
        "RS256": padding.PKCS1v15(),
        "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32),
    }
    signing_input = f"{encode({'alg': alg, 'kid': 'k'})}.{encode(b'{}')}"
    signature = rsa_private().sign(
        signing_input.encode(), schemes[alg], hashes.SHA256()
    )
    return f"{signing_input}.{encode(signature)}"


@pytest.mark.parametrize(("alg", "other"), [("RS256", "PS256"), ("PS256", "RS256")])
def test_rsa_under_the_algorithm_of_the_header_only(alg: str, other: str) -> None:
    public, text = rsa_public(rsa_private()), rsa_token(alg)
    verify(parse_compact(text), public)
    _, body, signature = text.split(".")
    changed = encode({"alg": other, "kid": "k"})
    with pytest.raises(InvalidSignature):
        verify(parse_compact(f"{changed}.{body}.{signature}"), public)
    restricted = PublicKey.from_jwk({**public.to_jwk(), "alg": other})
    with pytest.raises(WeakCryptography, match="another algorithm") as caught:
        verify(parse_compact(text), restricted)
    assert caught.value.path == "$.alg"
    verify(parse_compact(text), PublicKey.from_jwk({**public.to_jwk(), "alg": alg}))
    for kind in SIGNING:
        with pytest.raises(WeakCryptography, match="does not fit"):
            verify(parse_compact(text), key(kind).public_key)


# ML-DSA stands behind a switch


@pytest.mark.parametrize("kind", ML_DSA)
def test_tokens_with_ml_dsa_are_refused_unless_they_are_allowed(kind: KeyKind) -> None:
    jws = parse_compact(sign_compact(b"{}", key(kind), {}))
    with pytest.raises(WeakCryptography, match="unless they are allowed") as caught:
        verify(jws, key(kind).public_key)
    assert caught.value.path == "$.alg"
    assert "ml_dsa_tokens=True" in caught.value.fix
    assert "--allow-ml-dsa" in caught.value.fix
    verify(jws, key(kind).public_key, allow_ml_dsa=True)


def test_the_switch_opens_nothing_but_ml_dsa() -> None:
    jws = parse_compact(token({**HEADER, "alg": "ES256"}))
    with pytest.raises(WeakCryptography, match="does not fit"):
        verify(jws, BOARD.public_key, allow_ml_dsa=True)


def test_an_x25519_key_verifies_nothing() -> None:
    with pytest.raises(WeakCryptography):
        verify(parse_compact(token()), key(KeyKind.X25519).public_key)


def test_a_key_in_the_header_is_ignored_where_kid_names_the_real_one() -> None:
    stranger = key(KeyKind.ED25519, b"stranger")
    header = {**HEADER, "jwk": stranger.public_key.to_jwk()}
    assert accepted(token(header)).kid == HEADER["kid"]
    with pytest.raises(InvalidSignature):
        accepted(token(header, by=stranger))


def test_without_kid_and_typ() -> None:
    jws = accepted(token({"alg": "EdDSA"}))
    assert (jws.kid, jws.typ) == (None, None)


# What the header may not say


@pytest.mark.parametrize(
    "alg",
    [
        "none",
        "None",
        "HS256",
        "HS512",
        "RS384",
        "RS512",
        "PS384",
        "PS512",
        "RSA-OAEP",
        "ES521",
        "ES256k",
        "ML-DSA-87",
        "HashML-DSA-44",
        "AKP",
        "Ed448",
        "eddsa",
        "dir",
        "EdDSA2",
    ],
)
def test_another_algorithm_says_what_is_supported(alg: str) -> None:
    with pytest.raises(WeakCryptography, match="EdDSA, Ed25519, ES256, ES384") as error:
        parse_compact(token({**HEADER, "alg": alg}), path="$.jwt")
    assert error.value.path == "$.jwt.alg"


def test_an_unsigned_token_is_refused_whatever_it_says() -> None:
    for header in (HEADER, {"alg": "none"}):
        with pytest.raises(Refused):
            parse_compact(f"{encode(header)}.{encode({})}.")


@pytest.mark.parametrize("alg", [None, 7, True, ["EdDSA"], {"a": 1}, ""])
def test_an_algorithm_that_is_no_string(alg: object) -> None:
    with pytest.raises(MalformedValue):
        parse_compact(token({**HEADER, "alg": alg}))


def test_a_missing_algorithm() -> None:
    with pytest.raises(MalformedValue, match="missing"):
        parse_compact(token({"kid": "k"}))


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": []},
        {"crit": None},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["exp", "exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
        {"b64": True},
        {"b64": False},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
    ],
)
def test_extensions_are_refused(extra: dict[str, object]) -> None:
    with pytest.raises(MalformedProof, match="not supported"):
        parse_compact(token({**HEADER, **extra}))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u"])
def test_a_header_that_brings_its_key_and_no_kid(name: str) -> None:
    with pytest.raises(InvalidVerificationMethod) as caught:
        parse_compact(token({"alg": "EdDSA", name: "https://evil.example/key"}))
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize("name", ["kid", "typ"])
@pytest.mark.parametrize("value", ["", None, 7, ["x"], {}])
def test_kid_and_typ_are_strings(name: str, value: object) -> None:
    with pytest.raises(MalformedValue) as caught:
        parse_compact(token({**HEADER, name: value}))
    assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b'"x"',
        b"null",
        b"alg",
        b'{"alg":"EdDSA","alg":"EdDSA"}',
        b'{"alg":"EdDSA","\\u0061lg":"none"}',
        b'{"alg":"EdDSA","x":{"a":1,"a":2}}',
        b'{"alg":"EdDSA","x":NaN}',
        b'{"alg":"EdDSA"}{}',
        b'{"alg":"EdDSA","x":"\xff"}',
        b'\xef\xbb\xbf{"alg":"EdDSA"}',
        b'{"a":' * 50 + b"1" + b"}" * 50,
    ],
)
def test_a_header_that_is_no_strict_json_object(header: bytes) -> None:
    with pytest.raises(ParsingError):
        parse_compact(token(header))


# Size


def test_limits_are_judged_before_anything_is_decoded() -> None:
    head, body, signature = token().split(".")
    with pytest.raises(TooLarge, match="header"):
        parse_compact(f"{'!' * 22_000}.{body}.{signature}")
    with pytest.raises(TooLarge, match="payload"):
        parse_compact(f"{head}.{'!' * 1_400_000}.{signature}")
    with pytest.raises(InvalidSignature, match="64 bytes"):
        parse_compact(f"{head}.{body}.{'!' * 1_000_000}")


def of_length(alg: str, size: int) -> str:
    return f"{encode({'alg': alg})}.{encode(b'{}')}.{encode(bytes(size))}"


@pytest.mark.parametrize(
    ("alg", "size"),
    [
        ("EdDSA", 64),
        ("Ed25519", 64),
        ("ES256", 64),
        ("ES256K", 64),
        ("ES384", 96),
        ("ES512", 132),
        ("ML-DSA-44", 2_420),
        ("ML-DSA-65", 3_309),
    ],
)
def test_a_signature_has_the_length_of_its_algorithm(alg: str, size: int) -> None:
    assert len(parse_compact(of_length(alg, size)).signature) == size
    for other in (1, size - 1, size + 1, 2 * size, 64 if size > 64 else 96):
        with pytest.raises(InvalidSignature, match=f"of {alg} has {size} bytes"):
            parse_compact(of_length(alg, other))


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_a_signature_of_rsa_is_as_long_as_some_modulus(alg: str) -> None:
    for size in (256, 257, 512, 1_024):
        assert len(parse_compact(of_length(alg, size)).signature) == size
    for size in (1, 255, 1_025, 10_000):
        with pytest.raises(InvalidSignature, match="256 to 1024 bytes"):
            parse_compact(of_length(alg, size))
    with pytest.raises(InvalidSignature, match="256 bytes"):
        verify(parse_compact(of_length(alg, 512)), rsa_public(rsa_private()))


def test_a_header_just_within_and_beyond_its_limit() -> None:
    room = 16_384 - len(json.dumps({**HEADER, "x": ""}))
    assert accepted(token({**HEADER, "x": "a" * room})).header["x"] == "a" * room
    with pytest.raises(TooLarge):
        parse_compact(token({**HEADER, "x": "a" * (room + 1)}))


def test_a_payload_just_within_and_beyond_its_limit() -> None:
    assert len(accepted(token(payload=b" " * 1_048_576)).payload) == 1_048_576
    with pytest.raises(TooLarge):
        parse_compact(token(payload=b" " * 1_048_579))


# Text


DAMAGES: list[Callable[[str, str, str], str]] = [
    lambda h, p, s: "",
    lambda h, p, s: "..",
    lambda h, p, s: h,
    lambda h, p, s: f"{h}.{p}",
    lambda h, p, s: f"{h}.{p}.{s}.",
    lambda h, p, s: f"{h}.{p}.{s}.{s}",
    lambda h, p, s: "." * 100_000,
    lambda h, p, s: f".{p}.{s}",
    lambda h, p, s: f"{h}=.{p}.{s}",
    lambda h, p, s: f"{h}.{p}=.{s}",
    lambda h, p, s: f"{h}.{p}.{s}==",
    lambda h, p, s: f"{h} .{p}.{s}",
    lambda h, p, s: f"{h}.\n{p}.{s}",
    lambda h, p, s: f"{h}.{p}.{s}\n",
    lambda h, p, s: f"{h}.{p}.{s[:4]}!{s[4:]}",
    lambda h, p, s: f"{h}.{p}.{s[:-1]}" + ("B" if s[-1] == "A" else s[-1] + "A"),
    lambda h, p, s: f"{h}\uff0e{p}\uff0e{s}",
    lambda h, p, s: f"{h}.é.{s}",
    lambda h, p, s: json.dumps({"protected": h, "payload": p, "signature": s}),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_text_is_refused(damage: Callable[[str, str, str], str]) -> None:
    with pytest.raises(Refused):
        accepted(damage(*token().split(".")))


def test_bytes_beyond_ascii_are_refused() -> None:
    with pytest.raises(ParsingError, match="ASCII"):
        parse_compact(b"\xff" + token().encode())


@given(private_keys(), st.data())
def test_any_changed_character_is_refused(
    private: PrivateKey, data: st.DataObject
) -> None:
    text = sign_compact(b'{"license":"12345"}', private, {"kid": "k"})
    place = data.draw(st.integers(0, len(text) - 1))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=~ \n"
    other = data.draw(st.sampled_from(alphabet).filter(lambda c: c != text[place]))
    with pytest.raises(MedidError):
        accepted(text[:place] + other + text[place + 1 :], private)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    st.sampled_from(["alg", "kid", "typ", "cty", "crit", "jwk", "b64", "x"]),
    JSON,
    st.binary(max_size=20),
)
def test_only_medid_errors_escape_past_the_header(
    name: str, value: Any, payload: bytes
) -> None:
    error: MedidError | None = None
    try:
        accepted(token({**HEADER, name: value}, payload))
    except MedidError as caught:
        error = caught
    assert error is None or error.path.startswith("$")


# Signing


def test_signing_adds_the_algorithm_of_the_key() -> None:
    jws = parse_compact(sign_compact(b"{}", key(KeyKind.P384), {}))
    assert jws.alg == "ES384"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "ES256"},
        {"crit": ["x"]},
        {"kid": 7},
        {"x": float("nan")},
        {"jwk": {}},
        {"x": "a" * 20_000},
    ],
)
def test_what_would_be_refused_is_not_signed(header: dict[str, Any]) -> None:
    with pytest.raises(ProofGenerationError):
        sign_compact(b"{}", BOARD, header)


def test_a_payload_that_would_be_refused_is_not_signed() -> None:
    largest = 1_048_576 - len(sign_compact(b"", BOARD, {}))
    payload = b" " * (largest // 4 * 3)
    token = sign_compact(payload, BOARD, {}, beside=largest % 4)
    assert parse_compact(token).payload == payload
    with pytest.raises(TooLarge, match="once signed"):
        sign_compact(payload, BOARD, {}, beside=largest % 4 + 1)


def test_a_signer_of_rsa_signs_no_jwt() -> None:
    class Hardware:
        """A key store that has what medid has not."""

        public_key = rsa_public(rsa_private())

        @staticmethod
        def sign(message: bytes) -> bytes:
            return rsa_private().sign(message, padding.PKCS1v15(), hashes.SHA256())

    for header in ({}, {"alg": "RS256"}):
        with pytest.raises(ProofGenerationError, match="signs no JWT"):
            sign_compact(b"{}", Hardware(), header)


def test_an_x25519_key_signs_no_jwt() -> None:
    with pytest.raises(ProofGenerationError):
        sign_compact(b"{}", key(KeyKind.X25519), {})
