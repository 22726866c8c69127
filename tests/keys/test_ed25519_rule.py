"""One rule for Ed25519, whichever engine checks the equation.

The signatures that verifiers disagree about are made here, with the private number
known: keys and R of small order, R with an added point of order 8, S beyond the order.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

import pytest

from medid.errors import InvalidKey, InvalidSignature, WeakCryptography
from medid.keys import KeyKind, PublicKey, ed25519

if TYPE_CHECKING:
    from medid.keys.ed25519 import Engine

Point: TypeAlias = tuple[int, int]

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NEUTRAL: Point = (0, 1)


def add(first: Point, second: Point) -> Point:
    (x1, y1), (x2, y2) = first, second
    k = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def times(number: int, point: Point) -> Point:
    result = NEUTRAL
    while number:
        if number & 1:
            result = add(result, point)
        point = add(point, point)
        number >>= 1
    return result


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    y = int.from_bytes(data, "little") & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert x * x % P == square
    return (P - x if x & 1 != data[31] >> 7 else x), y


BASE = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
ORDER_8 = decode(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
)
SMALL = [encode(times(n, ORDER_8)) for n in range(8)]


def small_order_spellings() -> list[bytes]:
    """Every 32 bytes that decode to a point of small order, canonical or not."""
    ys = {int.from_bytes(point, "little") & (2**255 - 1) for point in SMALL}
    ys |= {y + P for y in ys if y + P < 2**255}
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


def signed(
    number: int, nonce: int, *, key_twist: Point, nonce_twist: Point, message: bytes
) -> tuple[bytes, bytes]:
    key = encode(add(times(number, BASE), key_twist))
    r = encode(add(times(nonce, BASE), nonce_twist))
    h = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    return key, r + ((nonce + h * number) % L).to_bytes(32, "little")


@pytest.fixture(params=["libsodium", "openssl"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "libsodium":
        pytest.importorskip("nacl")
        return ed25519.libsodium()
    return ed25519.openssl()


def test_order_8_is_order_8() -> None:
    assert times(8, ORDER_8) == NEUTRAL != times(4, ORDER_8)
    assert len(set(SMALL)) == 8
    assert len(small_order_spellings()) == 14


@pytest.mark.parametrize("raw", small_order_spellings(), ids=bytes.hex)
def test_a_key_of_small_order_is_refused(raw: bytes) -> None:
    with pytest.raises(WeakCryptography, match="small order"):
        PublicKey(KeyKind.ED25519, raw)


def test_a_key_beyond_the_field_is_refused() -> None:
    # y = 3 + p is the only other spelling of y = 3, which lies on the curve.
    PublicKey(KeyKind.ED25519, (3).to_bytes(32, "little"))
    with pytest.raises(InvalidKey, match="canonical"):
        PublicKey(KeyKind.ED25519, (3 + P).to_bytes(32, "little"))


def test_a_key_off_the_curve_is_refused() -> None:
    with pytest.raises(InvalidKey, match="curve"):
        PublicKey(KeyKind.ED25519, (2).to_bytes(32, "little"))


def test_plain_signatures_are_accepted(engine: Engine) -> None:
    key, signature = signed(
        12345, 777, key_twist=NEUTRAL, nonce_twist=NEUTRAL, message=b"m"
    )
    assert PublicKey(KeyKind.ED25519, key).raw == key
    ed25519.verify(key, signature, b"m", engine=engine)


@pytest.mark.parametrize("turn", range(1, 8))
def test_an_r_with_an_added_small_point_is_refused(engine: Engine, turn: int) -> None:
    key, signature = signed(
        12345, 777, key_twist=NEUTRAL, nonce_twist=times(turn, ORDER_8), message=b"m"
    )
    with pytest.raises(InvalidSignature):
        ed25519.verify(key, signature, b"m", engine=engine)


@pytest.mark.parametrize("r", small_order_spellings(), ids=bytes.hex)
def test_an_r_of_small_order_is_refused(engine: Engine, r: bytes) -> None:
    # R of order 1 satisfies the equation: OpenSSL alone would accept it.
    key, signature = signed(
        12345, 0, key_twist=NEUTRAL, nonce_twist=NEUTRAL, message=b"m"
    )
    with pytest.raises(InvalidSignature, match="small order"):
        ed25519.verify(key, r + signature[32:], b"m", engine=engine)


def test_both_engines_judge_keys_with_an_added_small_point_alike(
    engine: Engine,
) -> None:
    answers = []
    for number in range(16):
        message = bytes([number])
        key, signature = signed(
            12345, 777, key_twist=ORDER_8, nonce_twist=NEUTRAL, message=message
        )
        digest = hashlib.sha512(signature[:32] + key + message).digest()
        expected = int.from_bytes(digest, "little") % L % 8 == 0
        try:
            ed25519.verify(key, signature, message, engine=engine)
            answers.append(expected)
        except InvalidSignature:
            answers.append(not expected)
    assert all(answers)
    assert len(answers) == 16


def test_an_s_that_is_the_order_is_refused_whatever_the_engine_says() -> None:
    key, signature = signed(
        12345, 777, key_twist=NEUTRAL, nonce_twist=NEUTRAL, message=b"m"
    )
    largest = signature[:32] + (L - 1).to_bytes(32, "little")
    ed25519.verify(key, largest, b"m", engine=lambda *_: None)
    order = signature[:32] + L.to_bytes(32, "little")
    with pytest.raises(InvalidSignature, match="out of range"):
        ed25519.verify(key, order, b"m", engine=lambda *_: None)


def test_a_signature_of_another_length_reaches_no_engine() -> None:
    key, signature = signed(
        12345, 777, key_twist=NEUTRAL, nonce_twist=NEUTRAL, message=b"m"
    )
    for other in (b"", signature[:-1], signature + b"\0"):
        with pytest.raises(InvalidSignature, match="64 bytes"):
            ed25519.verify(key, other, b"m", engine=lambda *_: None)


def test_an_s_beyond_the_order_is_refused(engine: Engine) -> None:
    key, signature = signed(
        12345, 777, key_twist=NEUTRAL, nonce_twist=NEUTRAL, message=b"m"
    )
    s = int.from_bytes(signature[32:], "little") + L
    twin = signature[:32] + s.to_bytes(32, "little")
    with pytest.raises(InvalidSignature, match="out of range"):
        ed25519.verify(key, twin, b"m", engine=engine)


def test_a_small_order_key_would_verify_anything_in_openssl() -> None:
    # Why the gate exists: key and signature of order 1, S = 0, any message.
    forged = SMALL[0] + bytes(32)
    ed25519.openssl()(SMALL[0], forged, b"permit everything")
    with pytest.raises(InvalidSignature):
        ed25519.verify(SMALL[0], forged, b"permit everything", engine=ed25519.openssl())
