"""What every signer does whose key is held elsewhere.

What goes out is bounded, and what comes back is verified before anybody sees it. The
object names the public key in its text form, and is neither pickled nor copied.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from medid.keys import held
from medid.keys.secrecy import NeverCopied
from medid.keys.signer import SoundSigner

if TYPE_CHECKING:
    from medid.keys import PublicKey


class StoreSigner(NeverCopied, SoundSigner, ABC):
    """A ``Signer`` over a store that is asked for each signature."""

    __slots__ = ("_public_key",)

    def __init__(self) -> None:
        self._public_key: PublicKey | None = None

    @property
    def public_key(self) -> PublicKey:
        """The key that its signatures verify with; the store is asked for it once.

        Raises:
            SignerError: The store refused, could not be reached, or has no such key.
        """
        if self._public_key is None:
            found = self._find()
            held.check_signs(found)
            self._public_key = found
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``, after the public key has verified it.

        Raises:
            SignerError: The store refused or could not be reached, what it answered is
                not the signature, or ``message`` is longer than is sent to a store.
        """
        held.check_message(message)
        public_key = self.public_key
        return held.checked(public_key, self._ask(message), message)

    def __repr__(self) -> str:
        known = self._public_key
        of = "a key not yet asked for" if known is None else known.to_multikey()
        return f"<{type(self).__name__} of {of}>"

    @abstractmethod
    def _find(self) -> PublicKey:
        """The public key, asked of the store."""

    @abstractmethod
    def _ask(self, message: bytes) -> bytes:
        """The signature over ``message``, in medid's form, not yet verified."""
