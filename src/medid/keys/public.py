"""A public key: what checks a signature, and its four spellings.

Knows keys; knows no DID and no document. Whether the key may be used for a purpose is
asked above. A kind of key and the name of an algorithm have to fit each other; where a
kind has several algorithms, none is taken that the caller did not name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core.arguments import check_fields, checked_arguments
from medid.errors import WeakCryptography, located
from medid.keys import bls, ecdsa, ed25519, jwk, mldsa, multikey, pem, points, rsa
from medid.keys.kinds import SHAPES, KeyKind

if TYPE_CHECKING:
    from medid.core.json import JsonObject

_CACHED_KEYS: Final = 1_024  # a day's issuers and practitioners of one verifier
_MOST_CHARACTERS: Final = 512  # of a JWK that is kept; one of P-384 has about 150


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that is safe to check signatures with.

    There is no other: every way to make one refuses points off the curve, keys for
    which others can sign, and any spelling but the canonical one.

    Attributes:
        kind: The curve or scheme.
        raw: 32 bytes (Ed25519, X25519), the compressed point (33 or 49 bytes), PKCS #1
            in DER (RSA), or the encoding of FIPS 204 (1,312 or 1,952 bytes).
        algorithm: The one algorithm of several (RSA) that the JWK was made for;
            ``None`` allows each that fits the kind. It says nothing about whose key
            it is: two keys that differ in it only are equal.

    Raises:
        InvalidKey: Wrong length, not on the curve, or not canonical.
        WeakCryptography: Others can sign for it, or the algorithm does not fit.
        MethodNotSupported: The OpenSSL that is installed leaves this curve out.
    """

    kind: KeyKind
    raw: bytes
    algorithm: str | None = field(default=None, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        check_fields(self)
        points.check_public(self.kind, self.raw)
        if self.algorithm is not None:
            self.check_algorithm(self.algorithm)

    def __repr__(self) -> str:
        return f"PublicKey.from_multikey({self.to_multikey()!r})"

    @classmethod
    @checked_arguments
    def from_raw(cls, kind: KeyKind, raw: bytes, *, path: str = "$") -> PublicKey:
        """The key of bytes as ``raw`` holds them.

        Raises:
            InvalidKey: Wrong length, not on the curve, or not canonical.
            WeakCryptography: Others can sign for it.
        """
        with located(path):
            return cls(kind, raw)

    @classmethod
    def from_jwk(cls, obj: object, *, path: str = "$") -> PublicKey:
        """The key of a public JWK.

        Raises:
            InvalidKey: Not a strict public JWK of a supported kind, or its ``alg``,
                ``use`` or ``key_ops`` forbid to verify with it.
            WeakCryptography: A symmetric key, or one that others can sign for.
        """
        with located(path):
            texts = _short_texts(obj)
            return _of_jwk(obj) if texts is None else _of_texts(texts)

    @classmethod
    def from_multikey(cls, text: object, *, path: str = "$") -> PublicKey:
        """The key of a ``publicKeyMultibase``.

        Raises:
            InvalidKey: Not a Multikey of a supported kind.
            WeakCryptography: Others can sign for it.
        """
        with located(path):
            if isinstance(text, str):
                return _from_multikey(text)
            return cls(*multikey.read_public(text))

    @classmethod
    @checked_arguments
    def from_pem(cls, data: bytes | str) -> PublicKey:
        """The key of a SubjectPublicKeyInfo PEM.

        Raises:
            InvalidKey: Not PEM, a private key, or of no supported kind.
            WeakCryptography: Others can sign for it.
        """
        return cls(*pem.read_public(pem.as_bytes(data)))

    def check_algorithm(self, algorithm: str, *, path: str = "$") -> None:
        """Return if this key may be used with ``algorithm``.

        Args:
            algorithm: Its name in JOSE, as a header or suite states it.
            path: Where it is stated.

        Raises:
            WeakCryptography: It is for another kind of key, or the key's JWK names
                another one.
        """
        if algorithm not in SHAPES[self.kind].algorithms:
            message = f"the algorithm does not fit a key of kind {self.kind}"
            raise WeakCryptography(message, path=path)
        if self.algorithm not in {None, algorithm}:
            message = "the key's JWK names another algorithm"
            raise WeakCryptography(message, path=path)

    @checked_arguments
    def verify(
        self, signature: bytes, message: bytes, *, algorithm: str | None = None
    ) -> None:
        """Return if this key made ``signature`` over ``message``; otherwise raise.

        Args:
            signature: R and S (Ed25519), or r and s (ECDSA), side by side; that of
                RFC 8017 (RSA) or FIPS 204 (ML-DSA).
            message: What was signed, before any hashing.
            algorithm: The name in JOSE under which it is to be a signature. It must
                be given for RSA, and must fit the key wherever it is given.

        Raises:
            WeakCryptography: The algorithm does not fit the key, none is named for an
                RSA key, or a key of X25519 or BLS12-381: it signs no single message.
            InvalidSignature: Not a signature of this key over this message.
            MethodNotSupported: The cryptography that is installed has no ML-DSA.
        """
        if algorithm is not None:
            self.check_algorithm(algorithm)
        match self.kind:
            case KeyKind.ED25519:
                ed25519.verify(self.raw, signature, message)
            case KeyKind.X25519:
                raise WeakCryptography("an X25519 key agrees on secrets, signs nothing")
            case KeyKind.BLS12381_G2:
                raise bls.signs_no_message()
            case KeyKind.RSA:
                rsa.verify(self.raw, signature, message, algorithm=algorithm)
            case KeyKind.ML_DSA_44 | KeyKind.ML_DSA_65:
                mldsa.verify(self.kind, self.raw, signature, message)
            case _:
                ecdsa.verify(self.kind, self.raw, signature, message)

    def to_jwk(self) -> JsonObject:
        """The JWK: its required members, and the one algorithm it is restricted to."""
        members = jwk.write_public(self.kind, self.raw)
        return members if self.algorithm is None else {**members, "alg": self.algorithm}

    def to_multikey(self) -> str:
        """The ``publicKeyMultibase``."""
        return multikey.write_public(self.kind, self.raw)

    def to_pem(self) -> str:
        """The SubjectPublicKeyInfo PEM."""
        return pem.write_public(self.kind, self.raw)

    def thumbprint(self) -> str:
        """The SHA-256 JWK thumbprint (RFC 7638), in base64url."""
        return jwk.thumbprint(self.kind, self.raw)


def _short_texts(obj: object) -> tuple[tuple[str, str], ...] | None:
    """The members of a JWK of a few short texts, as those of most keys on a curve."""
    if type(obj) is not dict or {*map(type, obj), *map(type, obj.values())} != {str}:
        return None
    texts = (*obj.items(),)
    size = sum(len(name) + len(value) for name, value in texts)
    return texts if size <= _MOST_CHARACTERS else None


@lru_cache(maxsize=_CACHED_KEYS)
def _of_texts(members: tuple[tuple[str, str], ...]) -> PublicKey:
    return _of_jwk(dict(members))


def _of_jwk(obj: object) -> PublicKey:
    kind, raw, algorithm = jwk.read_public(obj)
    return PublicKey(kind, raw, algorithm=algorithm)


@lru_cache(maxsize=_CACHED_KEYS)
def _from_multikey(text: str) -> PublicKey:
    # Errors are not kept, only keys: a key is immutable and knows no path.
    return PublicKey(*multikey.read_public(text))
