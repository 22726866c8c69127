"""The port through which everything in medid signs.

A signer does one thing. Where the key is kept - in memory, in a file, in hardware, in
a cloud service - is known to the signer alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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
