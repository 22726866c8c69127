"""The port through which everything in medid signs.

A signer does one thing. Where the key is kept - in memory, in a file, in hardware, in
a cloud service - is known to the signer alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.keys.public import PublicKey


class Signer(Protocol):
    """Whatever can sign for one key."""

    @property
    def public_key(self) -> PublicKey:
        """The key that its signatures verify with."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, as ``PublicKey.verify`` reads it.

        Raises:
            SignerError: The key store refused, or could not be reached.
        """
        ...


class SoundSigner:
    """A base for the signers of medid itself: their signatures verify when given.

    The very key made them that would verify them, or they were verified as they came
    out of a store. Whatever else signs is held to its public key with each signature.
    """

    __slots__ = ()


@runtime_checkable
class ListSigner(Protocol):
    """Whatever can sign lists of messages for one BLS12-381 key, as BBS."""

    @property
    def public_key(self) -> PublicKey:
        """The key that its signatures verify with."""
        ...

    def sign_messages(self, *, header: bytes, messages: Sequence[bytes]) -> bytes:
        """The signature over ``header`` and ``messages``, as ``bbs.verify`` reads it.

        Raises:
            SignerError: The key store refused, or could not be reached.
        """
        ...

    def sign_committed(
        self,
        *,
        header: bytes,
        messages: Sequence[bytes],
        commitment_with_proof: bytes,
        signer_nym_entropy: bytes | None,
    ) -> bytes:
        """The signature over ``messages`` and what the holder committed to.

        Args:
            header: Bound to the signature.
            messages: The signer's own.
            commitment_with_proof: From the holder, and checked here.
            signer_nym_entropy: Added to the holder's secret of pseudonyms, as
                ``bbs.pseudonym`` does; ``None``: there is none, as in ``bbs.blind``.

        Raises:
            MalformedProof: Not of the form of a commitment.
            InvalidSignature: The holder does not know what the commitment holds.
            SignerError: The key store refused, or could not be reached.
        """
        ...
