"""Is this what a public key may be? The one gate of every import.

OpenSSL accepts Ed25519 keys of small order, for which anybody can make signatures,
and the same point in several spellings. Both are refused here, before any engine sees
the key, so that no engine's habits decide.

Knows bytes and curves; knows no JWK, no Multikey and no signature. What is asked of
RSA and ML-DSA keys, which are no points, stands in ``rsa`` and ``mldsa``.

Spec: https://www.rfc-editor.org/rfc/rfc8032#section-5.1.3,
https://www.rfc-editor.org/rfc/rfc7748#section-6.1
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from medid.errors import InvalidKey, WeakCryptography
from medid.keys import bls, ecdsa, mldsa, rsa
from medid.keys.kinds import SHAPES, KeyKind

if TYPE_CHECKING:
    from collections.abc import Callable

_P: Final = 2**255 - 19  # the field of both curves, RFC 7748 section 4.1
_D: Final = -121665 * pow(121666, -1, _P) % _P  # RFC 8032 section 5.1
_MASK: Final = 2**255 - 1  # the bit above it is the sign of x, or unused

_Y_8: Final = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_ORDER_8: Final = (_Y_8, _P - _Y_8)  # y (Edwards) of the points of order 8
_SMALL_Y: Final = frozenset({0, 1, _P - 1, *_ORDER_8})
_SMALL_U: Final = frozenset(
    # u = (1 + y) / (1 - y) of the points of order 8 (RFC 7748 section 4.1); the points
    # of small order on the twist have the same u as these.
    {0, 1, _P - 1, *((1 + y) * pow(1 - y, -1, _P) % _P for y in _ORDER_8)}
)

_CACHED_KEYS: Final = 4_096  # a trust registry of boards and a day's practitioners


@lru_cache(maxsize=_CACHED_KEYS)
def check_public(kind: KeyKind, raw: bytes) -> None:
    """Return if ``raw`` is a public key of ``kind`` in its only spelling.

    Raises:
        InvalidKey: Wrong length, not on the curve, or not canonical.
        WeakCryptography: Others can sign for it: it proves nothing.
        MethodNotSupported: The OpenSSL that is installed leaves this curve out.
        MissingExtra: A BLS12-381 key, and ``medid[bbs]`` is not installed.
    """
    size = SHAPES[kind].public_size
    if size is not None and len(raw) != size:
        raise InvalidKey(f"a public key of kind {kind} has {size} bytes")
    match kind:
        case KeyKind.ED25519:
            _check_edwards(raw)
        case KeyKind.X25519:
            _check_montgomery(raw)
        case KeyKind.RSA:
            rsa.load_public(raw)
        case KeyKind.ML_DSA_44 | KeyKind.ML_DSA_65:
            mldsa.check_public(raw)
        case KeyKind.BLS12381_G2:
            bls.check_public(raw)
        case _:
            ecdsa.load_public(kind, raw)


def has_small_order(encoded: bytes) -> bool:
    """Whether 32 bytes spell an Edwards point of order 1, 2, 4 or 8, in any way."""
    return (int.from_bytes(encoded, "little") & _MASK) % _P in _SMALL_Y


def _check_edwards(raw: bytes) -> None:
    if has_small_order(raw):
        raise WeakCryptography("an Ed25519 key of small order: anybody can sign for it")
    y = int.from_bytes(raw, "little") & _MASK
    if y >= _P:
        raise InvalidKey("an Ed25519 key that is not in its canonical encoding")
    if not _on_curve()(raw):
        raise InvalidKey("not a point of the Ed25519 curve")


@cache
def _on_curve() -> Callable[[bytes], bool]:
    """Libsodium where PyNaCl is installed (a third of the time), else numbers here."""
    try:
        return by_libsodium()
    except ImportError:
        return by_numbers


def by_libsodium() -> Callable[[bytes], bool]:
    """Whether libsodium can add the point of a canonical y to itself, if not small.

    Its own test of a point also demands the large subgroup, which takes three times as
    long, and which a key need not be in: ``ed25519`` states the rule.

    Raises:
        ImportError: PyNaCl is not installed, or is built without points.
    """
    from nacl import bindings, exceptions

    if not bindings.has_crypto_core_ed25519:
        raise ImportError("PyNaCl is built on a libsodium without points")
    add, outside = bindings.crypto_core_ed25519_add, exceptions.RuntimeError

    def on_curve(raw: bytes) -> bool:
        try:
            add(raw, raw)
        except outside:
            return False
        return True

    return on_curve


def by_numbers(raw: bytes) -> bool:
    """Whether there is an x to a canonical y that is not of a point of small order."""
    y = int.from_bytes(raw, "little") & _MASK
    # x^2 = u / v has a root exactly if u * v is a square.
    u, v = y * y - 1, _D * y * y + 1
    return _jacobi(u * v % _P, _P) == 1


def _jacobi(a: int, n: int) -> int:
    """The Jacobi symbol of ``a`` over an odd ``n``: over a prime, 1 for squares.

    By reciprocity, as the greatest common divisor is found: a third of the time that
    the power of Euler's criterion takes.
    """
    sign = 1
    while a:
        twos = (a & -a).bit_length() - 1
        a >>= twos
        if twos & 1 and n & 7 in {3, 5}:
            sign = -sign
        if a & 3 == 3 and n & 3 == 3:
            sign = -sign
        a, n = n % a, a
    return sign if n == 1 else 0


def _check_montgomery(raw: bytes) -> None:
    u = int.from_bytes(raw, "little")
    if (u & _MASK) % _P in _SMALL_U:
        raise WeakCryptography("an X25519 key of small order: its secrets are public")
    # RFC 7748 would reduce it. One key with two spellings would be two keys here.
    if u >= _P:
        raise InvalidKey("an X25519 key that is not in its canonical encoding")
