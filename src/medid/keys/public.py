"""A public key: what checks a signature, and its four spellings.

Knows keys; knows no DID, no document and no algorithm name from a header. Whether the
key may be used for a purpose is asked above.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.errors import WeakCryptography, located
from medid.keys import ecdsa, ed25519, jwk, multikey, pem, points
from medid.keys.kinds import KeyKind

if TYPE_CHECKING:
    from medid.core.json import JsonObject

_CACHED_KEYS: Final = 1_024  # a day's issuers and practitioners of one verifier


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that is safe to check signatures with.

    There is no other: every way to make one refuses points off the curve, of small
    order, or spelled otherwise than canonically.

    Attributes:
        kind: The curve.
        raw: 32 bytes (Ed25519, X25519) or the compressed point (33 or 49 bytes).

    Raises:
        InvalidKey: Wrong length, not on the curve, or not canonical.
        WeakCryptography: A point of small order.
    """

    kind: KeyKind
    raw: bytes

    def __post_init__(self) -> None:
        points.check_public(self.kind, self.raw)

    def __repr__(self) -> str:
        return f"PublicKey.from_multikey({self.to_multikey()!r})"

    @classmethod
    def from_raw(cls, kind: KeyKind, raw: bytes, *, path: str = "$") -> PublicKey:
        """The key of bytes as ``raw`` holds them.

        Raises:
            InvalidKey: Wrong length, not on the curve, or not canonical.
            WeakCryptography: A point of small order.
        """
        with located(path):
            return cls(kind, raw)

    @classmethod
    def from_jwk(cls, obj: object, *, path: str = "$") -> PublicKey:
        """The key of a public JWK.

        Raises:
            InvalidKey: Not a strict public JWK of a supported kind, or its ``alg``,
                ``use`` or ``key_ops`` forbid to verify with it.
            WeakCryptography: A symmetric key, or a point of small order.
        """
        kind, raw = jwk.read_public(obj, path=path)
        return cls.from_raw(kind, raw, path=path)

    @classmethod
    def from_multikey(cls, text: object, *, path: str = "$") -> PublicKey:
        """The key of a ``publicKeyMultibase``.

        Raises:
            InvalidKey: Not a Multikey of a supported kind.
            WeakCryptography: A point of small order.
        """
        with located(path):
            if isinstance(text, str):
                return _from_multikey(text)
            return cls(*multikey.read_public(text))

    @classmethod
    def from_pem(cls, data: bytes | str) -> PublicKey:
        """The key of a SubjectPublicKeyInfo PEM.

        Raises:
            InvalidKey: Not PEM, a private key, or of no supported kind.
            WeakCryptography: A point of small order.
        """
        return cls(*pem.read_public(pem.as_bytes(data)))

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if this key made ``signature`` over ``message``; otherwise raise.

        Args:
            signature: R and S (Ed25519), or r and s (ECDSA), side by side.
            message: What was signed, before any hashing.

        Raises:
            InvalidSignature: Not a signature of this key over this message.
            WeakCryptography: An X25519 key: it makes no signatures.
        """
        match self.kind:
            case KeyKind.ED25519:
                ed25519.verify(self.raw, signature, message)
            case KeyKind.X25519:
                raise WeakCryptography("an X25519 key agrees on secrets, signs nothing")
            case _:
                ecdsa.verify(self.kind, self.raw, signature, message)

    def to_jwk(self) -> JsonObject:
        """The JWK, with its required members only."""
        return jwk.write_public(self.kind, self.raw)

    def to_multikey(self) -> str:
        """The ``publicKeyMultibase``."""
        return multikey.write_public(self.kind, self.raw)

    def to_pem(self) -> str:
        """The SubjectPublicKeyInfo PEM."""
        return pem.write_public(self.kind, self.raw)

    def thumbprint(self) -> str:
        """The SHA-256 JWK thumbprint (RFC 7638), in base64url."""
        return jwk.thumbprint(self.kind, self.raw)


@lru_cache(maxsize=_CACHED_KEYS)
def _from_multikey(text: str) -> PublicKey:
    # Errors are not kept, only keys: a key is immutable and knows no path.
    return PublicKey(*multikey.read_public(text))
