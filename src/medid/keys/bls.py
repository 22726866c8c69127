"""BLS12-381 keys with a public point of G2: they sign lists of messages, as BBS.

What is loaded for it (``medid[bbs]``) is loaded with the first such key, because every
other kind works without.

Spec: https://www.w3.org/TR/vc-di-bbs/#multikey
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, SupportsIndex

from medid.errors import InvalidKey, WeakCryptography

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.entropy import Entropy


def check_public(raw: bytes) -> None:
    """Return if ``raw`` is a public key in its only spelling.

    Raises:
        InvalidKey: Not in the subgroup, or not canonical.
        WeakCryptography: The identity: anybody can sign for it.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    from medid.keys import bbs

    bbs.check_public(raw)


def new_secret(entropy: Entropy) -> bytes:
    """A fresh secret number.

    Raises:
        SignerError: The entropy source gave another number of bytes than asked.
        MissingExtra: ``medid[bbs]`` is not installed.
    """
    from medid.keys import bbs

    return bbs.new_secret(entropy)


def signs_no_message() -> WeakCryptography:
    """What to raise where one message is to be signed, or was."""
    return WeakCryptography("a BLS12-381 key signs lists of messages, as BBS")


def multikey_only() -> InvalidKey:
    """What to raise where the key is to be spelled as a JWK or in PEM."""
    message = "there is neither a registered JWK nor a PEM for a BLS12-381 key"
    return InvalidKey(message, fix="write it as Multikey")


class NativePublic:
    """The public half of a key, as the classes of cryptography show it."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def public_bytes_raw(self) -> bytes:
        """The compressed point."""
        return self._raw


class NativePrivate:
    """A secret number, which nothing that prints or copies objects shows."""

    __slots__ = ("_public", "_secret")

    def __init__(self, secret: bytes) -> None:
        """Hold ``secret``.

        Raises:
            InvalidKey: Not a number in [1, r - 1].
            MissingExtra: ``medid[bbs]`` is not installed.
        """
        from medid.keys import bbs

        self._public = NativePublic(bbs.public_of(secret))
        self._secret = secret

    def public_key(self) -> NativePublic:
        """The public half."""
        return self._public

    def private_bytes_raw(self) -> bytes:
        """The secret number, big endian."""
        return self._secret

    def sign(self, message: bytes) -> NoReturn:
        """Refuse.

        Raises:
            WeakCryptography: Always.
        """
        del message
        raise signs_no_message()

    def sign_messages(self, *, header: bytes, messages: Sequence[bytes]) -> bytes:
        """The BBS signature over ``header`` and ``messages``."""
        from medid.keys import bbs

        return bbs.sign(secret=self._secret, header=header, messages=messages)

    def sign_committed(
        self,
        *,
        header: bytes,
        messages: Sequence[bytes],
        commitment_with_proof: bytes,
        signer_nym_entropy: bytes | None,
    ) -> bytes:
        """The signature over ``messages`` and what a holder committed to."""
        from medid.keys import bbs

        if signer_nym_entropy is None:
            return bbs.blind.sign(
                secret=self._secret,
                header=header,
                messages=messages,
                commitment_with_proof=commitment_with_proof,
            )
        return bbs.pseudonym.sign(
            secret=self._secret,
            header=header,
            messages=messages,
            commitment_with_proof=commitment_with_proof,
            signer_nym_entropy=signer_nym_entropy,
        )

    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a private key is neither pickled nor copied")
