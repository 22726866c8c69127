"""Every way in which key material is refused, and that nothing secret is shown."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core import base64url, multibase, multicodec
from medid.errors import InvalidKey, MedidError, SignerError, WeakCryptography
from medid.keys import KeyKind, PrivateKey, PublicKey, points
from medid.keys.ecdsa import ORDERS
from medid.keys.kinds import SHAPES
from medid.keys.pem import MAX_PEM_BYTES
from tests.keys.strategies import (
    CURVES,
    EVERY,
    PRIVATE,
    key,
    private_keys,
    public,
    public_keys,
    secret_member,
)
from tests.support import each

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject


def public_jwk(kind: KeyKind, **changes: Any) -> JsonObject:
    return {**public(kind).to_jwk(), **changes}


def private_jwk(kind: KeyKind, **changes: Any) -> JsonObject:
    return {**key(kind).to_jwk(), **changes}


# JWK: form


@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_a_jwk_that_is_no_object(value: object) -> None:
    for read in (PublicKey.from_jwk, PrivateKey.from_jwk):
        with pytest.raises(InvalidKey, match="object") as caught:
            read(value, path="$.cnf.jwk")
        assert caught.value.path == "$.cnf.jwk"


@pytest.mark.parametrize("kind", EVERY)
def test_a_jwk_without_one_of_its_members(kind: KeyKind) -> None:
    for name in public_jwk(kind):
        jwk = public_jwk(kind)
        del jwk[name]
        with pytest.raises(InvalidKey) as caught:
            PublicKey.from_jwk(jwk)
        assert caught.value.path == f"$.{name}"


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["x"], ""])
def test_a_jwk_with_a_member_of_another_type(kind: KeyKind, value: object) -> None:
    for name in public_jwk(kind):
        with pytest.raises(InvalidKey):
            PublicKey.from_jwk(public_jwk(kind, **{name: value}))
    if kind in PRIVATE:
        with pytest.raises(InvalidKey):
            PrivateKey.from_jwk(private_jwk(kind, **{secret_member(kind): value}))


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_coordinate_of_another_length(kind: KeyKind) -> None:
    jwk = private_jwk(kind)
    for name in jwk.keys() & {"x", "y", "d", "pub", "priv"}:
        data = base64url.decode(str(jwk[name]))
        for other in (data[1:], data + b"\0", b"\0" + data, b""):
            with pytest.raises(InvalidKey, match="bytes"):
                PrivateKey.from_jwk({**jwk, name: base64url.encode(other)})


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("tail", ["=", " ", "\n", "!"])
def test_a_coordinate_in_loose_base64(kind: KeyKind, tail: str) -> None:
    jwk = public_jwk(kind)
    for name in jwk.keys() & {"x", "y", "n", "e", "pub"}:
        with pytest.raises(InvalidKey, match=r"base64url|more than"):
            PublicKey.from_jwk({**jwk, name: str(jwk[name]) + tail})


@pytest.mark.parametrize(
    ("kty", "crv", "path"),
    [
        ("EC", "P-224", "$.crv"),
        ("EC", "secp256r1", "$.crv"),
        ("EC", "Ed25519", "$.crv"),
        ("OKP", "Ed448", "$.crv"),
        ("OKP", "P-256", "$.crv"),
        ("OKP", "ML-DSA-44", "$.crv"),
        ("AKP", "ML-DSA-44", "$.alg"),
        ("rsa", "P-256", "$.kty"),
        ("okp", "Ed25519", "$.kty"),
    ],
)
def test_another_kty_or_crv_says_what_is_supported(
    kty: str, crv: str, path: str
) -> None:
    with pytest.raises(InvalidKey, match=r"Ed25519, .*, RSA, ML-DSA-44") as caught:
        PublicKey.from_jwk(public_jwk(KeyKind.ED25519, kty=kty, crv=crv))
    assert caught.value.path == path


def test_a_symmetric_key_proves_nothing() -> None:
    with pytest.raises(WeakCryptography):
        PublicKey.from_jwk({"kty": "oct", "k": "AAAA"})


def test_unknown_members_are_ignored() -> None:
    jwk = public_jwk(KeyKind.P256, kid="1", x5c=["y"], ext=True)
    assert PublicKey.from_jwk(jwk) == key(KeyKind.P256).public_key


# JWK: points


@pytest.mark.parametrize("kind", CURVES)
def test_a_point_off_its_curve(kind: KeyKind) -> None:
    jwk = public_jwk(kind)
    with pytest.raises(InvalidKey, match="curve") as caught:
        PublicKey.from_jwk({**jwk, "x": jwk["y"], "y": jwk["x"]}, path="$.key")
    assert caught.value.path == "$.key"


def test_coordinates_beyond_the_field() -> None:
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    PublicKey(KeyKind.P256, b"\2" + (5).to_bytes(32, "big"))
    with pytest.raises(InvalidKey):
        PublicKey(KeyKind.P256, b"\2" + (5 + p).to_bytes(32, "big"))


@pytest.mark.parametrize("kind", CURVES)
def test_points_in_another_form(kind: KeyKind) -> None:
    raw = key(kind).public_key.raw
    size = len(raw)
    others = (raw[1:], raw + b"\0", b"", b"\0", b"\0" * size, b"\4" + raw[1:])
    for other in (*others, b"\4" + raw[1:] * 2, b"\5" + raw[1:], b"\6" + raw[1:]):
        with pytest.raises(InvalidKey):
            PublicKey(kind, other)


X25519_SMALL = [0, 1, 2**255 - 20]


@pytest.mark.parametrize("u", X25519_SMALL)
def test_x25519_points_of_small_order(u: int) -> None:
    for other in (u, u + 2**255):
        with pytest.raises(WeakCryptography):
            PublicKey(KeyKind.X25519, other.to_bytes(32, "little"))


@pytest.mark.parametrize("u", [9 + 2**255 - 19, 9 + 2**255])
def test_x25519_points_in_a_second_spelling(u: int) -> None:
    PublicKey(KeyKind.X25519, (9).to_bytes(32, "little"))
    with pytest.raises(InvalidKey, match="canonical"):
        PublicKey(KeyKind.X25519, u.to_bytes(32, "little"))


# JWK: intent


@pytest.mark.parametrize("kind", EVERY)
def test_intents_that_fit(kind: KeyKind) -> None:
    agrees = kind is KeyKind.X25519
    jwk = public_jwk(kind, use="enc" if agrees else "sig")
    assert PublicKey.from_jwk(jwk) == public(kind)
    jwk["key_ops"] = [] if agrees else ["verify"]
    jwk["alg"] = {
        KeyKind.ED25519: "EdDSA",
        KeyKind.P256: "ES256",
        KeyKind.P384: "ES384",
        KeyKind.P521: "ES512",
        KeyKind.SECP256K1: "ES256K",
        KeyKind.RSA: "PS256",
        KeyKind.ML_DSA_44: "ML-DSA-44",
        KeyKind.ML_DSA_65: "ML-DSA-65",
        KeyKind.X25519: "ECDH-ES",
    }[kind]
    assert PublicKey.from_jwk(jwk) == public(kind)
    if kind in PRIVATE:
        private = private_jwk(kind, key_ops=["deriveBits"] if agrees else ["sign"])
        assert PrivateKey.from_jwk(private).public_key == public(kind)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alg", "HS256"),
        ("alg", "none"),
        ("alg", "RS384"),
        ("alg", "RSA-OAEP"),
        ("alg", "ES521"),
        ("alg", None),
        ("alg", ["EdDSA"]),
        ("use", "both"),
        ("use", None),
        ("use", ["sig"]),
        ("key_ops", "verify"),
        ("key_ops", None),
        ("key_ops", [1]),
        ("key_ops", ["verify", "verify"]),
    ],
)
def test_intents_that_forbid(name: str, value: object) -> None:
    def check(kind: KeyKind) -> None:
        with pytest.raises(InvalidKey) as caught:
            PublicKey.from_jwk(public_jwk(kind, **{name: value}), path="$.jwk")
        assert caught.value.path == f"$.jwk.{name}"

    each({kind.value: kind for kind in EVERY}, check)


def test_a_key_for_encryption_does_not_verify() -> None:
    forbidding: list[JsonObject] = [
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": []},
    ]
    for changes in forbidding:
        with pytest.raises(InvalidKey):
            PublicKey.from_jwk(public_jwk(KeyKind.P256, **changes))


def test_a_key_for_verifying_does_not_sign() -> None:
    with pytest.raises(InvalidKey):
        PrivateKey.from_jwk(private_jwk(KeyKind.ED25519, key_ops=["verify"]))


# Private keys where public ones belong, and halves that do not fit


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_jwk_is_not_a_public_key(kind: KeyKind) -> None:
    jwk = private_jwk(kind)
    with pytest.raises(InvalidKey, match="private key stands") as caught:
        PublicKey.from_jwk(jwk)
    assert "leaked" in caught.value.fix
    assert str(jwk[secret_member(kind)]) not in str(caught.value)


@pytest.mark.parametrize("name", ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"])
def test_any_private_member_is_refused_whatever_it_holds(name: str) -> None:
    def check(kind: KeyKind) -> None:
        with pytest.raises(InvalidKey, match="private key stands"):
            PublicKey.from_jwk(public_jwk(kind, **{name: None}))

    each({kind.value: kind for kind in EVERY}, check)


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_multikey_is_not_a_public_key(kind: KeyKind) -> None:
    text = key(kind).to_multikey()
    with pytest.raises(InvalidKey, match="private key stands") as caught:
        PublicKey.from_multikey(text, path="$.vm")
    assert caught.value.path == "$.vm"
    assert text not in str(caught.value)


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_pem_is_not_a_public_key(kind: KeyKind) -> None:
    text = key(kind).to_pem(None)
    with pytest.raises(InvalidKey, match="private key stands") as caught:
        PublicKey.from_pem(text)
    assert text.splitlines()[1] not in str(caught.value)


@pytest.mark.parametrize("kind", PRIVATE)
def test_halves_of_two_keys(kind: KeyKind) -> None:
    name = secret_member(kind)
    other = key(kind, b"another").to_jwk()[name]
    with pytest.raises(InvalidKey, match="belong together"):
        PrivateKey.from_jwk(private_jwk(kind, **{name: other}))


@pytest.mark.parametrize("kind", CURVES)
def test_a_private_number_out_of_range(kind: KeyKind) -> None:
    size, order = SHAPES[kind].secret_size or 0, ORDERS[kind]
    for secret in (bytes(size), order.to_bytes(size, "big"), b"\xff" * size):
        with pytest.raises(InvalidKey, match="out of range"):
            PrivateKey(kind, secret)
    largest = PrivateKey(kind, (order - 1).to_bytes(size, "big"))
    assert largest.public_key.kind is kind


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_private_key_of_another_length(kind: KeyKind) -> None:
    for size in (0, 31, 33, 47, 49, 64):
        with pytest.raises(InvalidKey, match="bytes"):
            PrivateKey(kind, b"\1" * size)


# Multikey


@pytest.mark.parametrize(
    "text", [None, 1, ["z"], "", "z", "u7QE", "z0", "mAAA", "z" + "2" * 2_688, "é"]
)
def test_what_is_no_multikey(text: object) -> None:
    for read in (PublicKey.from_multikey, PrivateKey.from_multikey):
        with pytest.raises(InvalidKey) as caught:
            read(text, path="$.vm")
        assert caught.value.path == "$.vm"


@pytest.mark.parametrize("kind", EVERY)
def test_a_multikey_of_another_length_or_code(kind: KeyKind) -> None:
    text = public(kind).to_multikey()
    data, in_base58 = multibase.from_multibase(text), text.startswith("z")
    write = multibase.to_base58btc if in_base58 else multibase.to_base64url
    another = multibase.to_base64url if in_base58 else multibase.to_base58btc
    assert write(data) == text
    if not in_base58:
        # Written in one base and read in both, because did:key knows base58btc alone.
        assert PublicKey.from_multikey(another(data)) == public(kind)
    else:
        with pytest.raises(InvalidKey):
            PublicKey.from_multikey(another(data))
    code, raw = multicodec.split_prefix(data)
    unknown = multicodec.add_prefix(0x1203, raw)  # Ed448
    for other in (data[:-1], data + b"\0", raw, unknown, data[:2], data[:1]):
        with pytest.raises(InvalidKey):
            PublicKey.from_multikey(write(other))
    long_varint = bytes([code & 0x7F | 0x80, code >> 7 | 0x80, 0]) + raw
    with pytest.raises(InvalidKey):
        PublicKey.from_multikey(write(long_varint))


def test_a_public_multikey_is_not_a_private_key() -> None:
    with pytest.raises(InvalidKey, match="not a private key"):
        PrivateKey.from_multikey(key(KeyKind.P256).public_key.to_multikey())


def test_a_small_order_multikey_says_where() -> None:
    data = multicodec.add_prefix(multicodec.ED25519_PUB, b"\1" + bytes(31))
    with pytest.raises(WeakCryptography) as caught:
        PublicKey.from_multikey(multibase.to_base58btc(data), path="$.vm")
    assert caught.value.path == "$.vm"


# PEM


SAFE_PRIME: Final = int(
    "e112f60c29e2fd69df5977f3dffa26d91632a8f96caa0f8767b604883b0c97cd"
    "db23e58e930a81be04d95daa1f48757f2f3eef2d7a4318bd7248744a8d595e9f",
    16,
)


def foreign_pem(name: str, *, private: bool) -> bytes:
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import dh, ec, ed448

    native: ec.EllipticCurvePrivateKey | ed448.Ed448PrivateKey | dh.DHPrivateKey
    match name:
        case "p224":
            native = ec.generate_private_key(ec.SECP224R1())
        case "dh":
            with warnings.catch_warnings(action="ignore"):
                numbers = dh.DHPublicNumbers(9, dh.DHParameterNumbers(SAFE_PRIME, 3))
                native = dh.DHPrivateNumbers(2, numbers).private_key()
        case _:
            native = ed448.Ed448PrivateKey.generate()
    if private:
        return native.private_bytes(
            s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()
        )
    return native.public_key().public_bytes(
        s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize("name", ["p224", "ed448"])
def test_pem_of_another_kind_says_what_is_supported(name: str) -> None:
    with pytest.raises(InvalidKey, match="supported are Ed25519"):
        PublicKey.from_pem(foreign_pem(name, private=False))
    with pytest.raises(InvalidKey, match="supported are Ed25519"):
        PrivateKey.from_pem(foreign_pem(name, private=True))


def test_pem_of_a_kind_that_is_being_given_up() -> None:
    # cryptography warns of it, and warnings may be errors.
    with pytest.raises(InvalidKey, match="not a public key"):
        PublicKey.from_pem(foreign_pem("dh", private=False))
    with pytest.raises(InvalidKey, match="not a private key"):
        PrivateKey.from_pem(foreign_pem("dh", private=True))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "ключ",
        b"\xff" * 10,
        b"x" * 65_537,
    ],
)
def test_what_is_no_pem(data: bytes | str) -> None:
    for read in (PublicKey.from_pem, PrivateKey.from_pem):
        with pytest.raises(InvalidKey):
            read(data)


def test_a_pem_file_that_is_too_large_is_not_read() -> None:
    secret = key(KeyKind.ED25519)
    reads: tuple[tuple[Callable[[str], object], str], ...] = (
        (PublicKey.from_pem, secret.public_key.to_pem()),
        (PrivateKey.from_pem, secret.to_pem(None)),
    )
    for read, text in reads:
        full = text + "\n" * (MAX_PEM_BYTES - len(text))
        assert read(full)
        with pytest.raises(InvalidKey, match="at most 65536"):
            read(full + "\n")


@pytest.mark.parametrize("label", ["PRIVATE KEY", "EC PRIVATE KEY"])
def test_what_is_no_pkcs8(label: str) -> None:
    text = f"-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n"
    with pytest.raises(InvalidKey, match="PKCS#8"):
        PrivateKey.from_pem(text)


def test_a_damaged_encrypted_pem_answers_like_a_wrong_password() -> None:
    label = "ENCRYPTED PRIVATE KEY"
    text = f"-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n"
    with pytest.raises(SignerError, match="cannot be opened"):
        PrivateKey.from_pem(text, password=b"x")


# Nothing but MedidError comes out


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
MEMBERS = st.sampled_from(
    ["kty", "crv", "x", "y", "d", "n", "e", "pub", "priv", "alg", "use", "key_ops"]
)


def outcome(read: Callable[[], PublicKey | PrivateKey]) -> None:
    """Read: a key comes out, or an error of medid that says where."""
    error: MedidError | None = None
    try:
        read()
    except MedidError as caught:
        error = caught
    assert error is None or error.path.startswith("$")


@given(public_keys(), MEMBERS, JSON)
def test_only_medid_errors_escape_from_a_public_jwk(
    read: PublicKey, name: str, value: Any
) -> None:
    jwk = {**read.to_jwk(), name: value}
    before = copy.deepcopy(jwk)
    outcome(lambda: PublicKey.from_jwk(jwk))
    assert repr(jwk) == repr(before)


@given(private_keys(PRIVATE), MEMBERS, JSON)
def test_only_medid_errors_escape_from_a_private_jwk(
    private: PrivateKey, name: str, value: Any
) -> None:
    jwk = {**private.to_jwk(), name: value}
    before = copy.deepcopy(jwk)
    outcome(lambda: PrivateKey.from_jwk(jwk))
    assert repr(jwk) == repr(before)


@given(st.sampled_from(EVERY), st.binary(max_size=60))
def test_only_medid_errors_escape_from_bytes(kind: KeyKind, data: bytes) -> None:
    text = multibase.to_base58btc(data)
    readers = (
        lambda: PublicKey(kind, data),
        lambda: PrivateKey(kind, data),
        lambda: PublicKey.from_multikey(text),
        lambda: PrivateKey.from_multikey(text),
        lambda: PublicKey.from_pem(data),
        lambda: PrivateKey.from_pem(data),
    )
    for read in readers:
        outcome(read)


@given(st.sampled_from([*CURVES, KeyKind.ED25519, KeyKind.X25519]), st.binary())
def test_only_medid_errors_escape_from_points_of_the_right_length(
    kind: KeyKind, data: bytes
) -> None:
    size = len(public(kind).raw)
    raw = data.ljust(size, b"\5")[:size]
    if kind in CURVES:
        raw = bytes([raw[0] % 2 + 2]) + raw[1:]
    outcome(lambda: PublicKey(kind, raw))


@given(public_keys(), st.data())
def test_one_key_has_one_spelling_in_bytes(
    read: PublicKey, data: st.DataObject
) -> None:
    """Whatever is accepted after a change is another key, not the same again."""
    raw = bytearray(read.raw)
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    try:
        other = PublicKey(read.kind, bytes(raw))
    except MedidError:
        return
    assert other.to_jwk() != read.to_jwk()
    assert PublicKey.from_jwk(other.to_jwk()).raw == bytes(raw)


@given(st.integers(0, points._P - 1))
def test_the_symbol_of_jacobi_is_the_power_of_euler(number: int) -> None:
    power = pow(number, (points._P - 1) // 2, points._P)
    assert points._jacobi(number, points._P) % points._P == power


def test_the_symbol_of_jacobi_is_zero_where_there_is_a_divisor() -> None:
    assert [points._jacobi(number, 15) for number in (1, 2, 3, 5, 6, 7)] == [
        1,
        1,
        0,
        0,
        0,
        -1,
    ]
