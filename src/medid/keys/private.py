"""A private key in memory: what makes signatures.

It is held by OpenSSL, outside of what Python prints, copies or pickles. Python cannot
promise to wipe memory; where that matters, sign through a ``Signer`` that keeps the key
in hardware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec, x25519

from medid.core.arguments import checked_arguments
from medid.core.entropy import system_entropy
from medid.errors import InvalidKey, WeakCryptography, located
from medid.keys import bls, ecdsa, jwk, multikey, native, pem
from medid.keys.public import PublicKey
from medid.keys.secrecy import NeverCopied
from medid.keys.signer import SoundSigner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.entropy import Entropy
    from medid.core.json import JsonObject
    from medid.keys.kinds import KeyKind


class PrivateKey(NeverCopied, SoundSigner):
    """A private key, which is also a ``Signer``.

    Its text form names the public key only. It cannot be pickled or copied; the
    methods that begin with ``to_`` are the only way out.

    Args:
        kind: The curve or scheme; medid holds no RSA keys.
        secret: The seed (Ed25519, X25519, ML-DSA: 32 bytes) or the number d (32 or 48
            bytes; of BLS12-381 the scalar, 32 bytes).

    Raises:
        InvalidKey: Wrong length, d is out of range, or an RSA key.
        MethodNotSupported: The cryptography that is installed has no such kind.
        MissingExtra: A BLS12-381 key, and ``medid[bbs]`` is not installed.
    """

    __slots__ = ("_native", "_public_key")

    @checked_arguments
    def __init__(self, kind: KeyKind, secret: bytes) -> None:
        self._native = native.private_key(kind, secret)
        self._public_key = PublicKey(
            kind, native.public_bytes(self._native.public_key())
        )

    @classmethod
    @checked_arguments
    def generate(
        cls, kind: KeyKind, *, entropy: Entropy = system_entropy
    ) -> PrivateKey:
        """A new key.

        Raises:
            SignerError: The entropy source gave another number of bytes than asked.
            InvalidKey: An RSA key.
            MethodNotSupported: The cryptography that is installed has no such kind.
        """
        return cls(kind, native.new_secret(kind, entropy))

    @classmethod
    def from_jwk(cls, obj: object, *, path: str = "$") -> PrivateKey:
        """The key of a private JWK.

        Raises:
            InvalidKey: Not a strict private JWK of a supported kind, its halves do not
                belong together, or ``alg``, ``use`` or ``key_ops`` forbid to sign.
            WeakCryptography: A symmetric key.
        """
        kind, secret, public = jwk.read_private(obj, path=path)
        with located(path):
            key = cls(kind, secret)
        if key.public_key.raw != public:
            message = "the JWK's private and public members do not belong together"
            raise InvalidKey(message, path=path)
        return key

    @classmethod
    def from_multikey(cls, text: object, *, path: str = "$") -> PrivateKey:
        """The key of a ``secretKeyMultibase``.

        Raises:
            InvalidKey: Not a private Multikey of a supported kind.
        """
        with located(path):
            return cls(*multikey.read_private(text))

    @classmethod
    @checked_arguments
    def from_pem(
        cls, data: bytes | str, *, password: bytes | None = None
    ) -> PrivateKey:
        """The key of a PKCS#8 PEM, encrypted or not.

        Raises:
            InvalidKey: Not PKCS#8 PEM, or of no supported kind.
            SignerError: It is encrypted, and the password is missing or wrong.
        """
        return cls(*pem.read_private(pem.as_bytes(data), password))

    @property
    def kind(self) -> KeyKind:
        """The curve or scheme."""
        return self._public_key.kind

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._public_key

    @checked_arguments
    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, as ``PublicKey.verify`` reads it.

        Raises:
            WeakCryptography: A key of X25519 or BLS12-381: it signs no single message.
        """
        key = self._native
        if isinstance(key, x25519.X25519PrivateKey):
            raise WeakCryptography("an X25519 key agrees on secrets, signs nothing")
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return ecdsa.sign(self.kind, key, message)
        return key.sign(message)

    def sign_messages(self, *, header: bytes, messages: Sequence[bytes]) -> bytes:
        """The BBS signature over ``header`` and ``messages``.

        Raises:
            WeakCryptography: Not a BLS12-381 key.
            TooLarge: Too many messages, or one is too long.
        """
        return self._list_key().sign_messages(header=header, messages=messages)

    def sign_committed(
        self,
        *,
        header: bytes,
        messages: Sequence[bytes],
        commitment_with_proof: bytes,
        signer_nym_entropy: bytes | None,
    ) -> bytes:
        """The signature over ``messages`` and what a holder committed to.

        Raises:
            WeakCryptography: Not a BLS12-381 key.
            TooLarge: Too many messages, or something is too long.
            MalformedProof: Not of the form of a commitment.
            InvalidSignature: The holder does not know what the commitment holds.
        """
        return self._list_key().sign_committed(
            header=header,
            messages=messages,
            commitment_with_proof=commitment_with_proof,
            signer_nym_entropy=signer_nym_entropy,
        )

    def exchange(self, public_key: PublicKey) -> bytes:
        """The 32 bytes that this key and the owner of ``public_key`` both can compute.

        Raises:
            WeakCryptography: Either key is not X25519.
        """
        key, other = self._native, native.public_key(public_key.kind, public_key.raw)
        if not isinstance(key, x25519.X25519PrivateKey) or not isinstance(
            other, x25519.X25519PublicKey
        ):
            raise WeakCryptography("only X25519 keys agree on secrets")
        # It cannot be zero: a PublicKey is never of small order.
        return key.exchange(other)

    def to_jwk(self) -> JsonObject:
        """The private JWK. Whoever sees it can sign.

        Raises:
            InvalidKey: A BLS12-381 key, which no registered JWK spells.
        """
        return jwk.write_private(self.kind, self.public_key.raw, self._secret())

    def to_multikey(self) -> str:
        """The ``secretKeyMultibase``. Whoever sees it can sign."""
        return multikey.write_private(self.kind, self._secret())

    @checked_arguments
    def to_pem(self, password: bytes | None) -> str:
        """The PKCS#8 PEM, encrypted unless ``password`` is ``None``.

        Raises:
            InvalidKey: A BLS12-381 key, which PEM has no form for.
            SignerError: The password is empty, or longer than OpenSSL takes.
        """
        return pem.write_private(self._native, password)

    def __repr__(self) -> str:
        return f"<PrivateKey of {self.public_key.to_multikey()}>"

    def _list_key(self) -> bls.NativePrivate:
        if not isinstance(self._native, bls.NativePrivate):
            message = f"a key of kind {self.kind} signs no lists of messages"
            raise WeakCryptography(message)
        return self._native

    def _secret(self) -> bytes:
        return native.secret_bytes(self._native)
