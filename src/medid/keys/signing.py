"""What a signer gives for a message, held to the signer's own public key.

A key store answers what it likes: a signature in DER, where r and s stand side by side;
one over a digest of its own; one of the key that was there before. What medid would
refuse when it is read is not handed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.errors import InvalidSignature, ProofGenerationError
from medid.keys.signer import SoundSigner

if TYPE_CHECKING:
    from medid.keys.signer import Signer

_FIX: Final = (
    "let the signer give R and S (Ed25519), or r and s (ECDSA, no DER), side by side, "
    "over the message itself"
)


def signature_of(signer: Signer, message: bytes) -> bytes:
    """The signature of ``signer`` over ``message``, as ``PublicKey.verify`` reads it.

    Raises:
        ProofGenerationError: What the signer gave is not one of its own key.
        SignerError: The key store refused, or could not be reached.
    """
    given: object = signer.sign(message)
    if isinstance(given, bytes) and isinstance(signer, SoundSigner):
        return given
    try:
        if isinstance(given, bytes | bytearray | memoryview):
            signature = bytes(given)
            signer.public_key.verify(signature, message)
            return signature
    except InvalidSignature:
        pass
    text = "the signer's signature does not verify under its own public key"
    raise ProofGenerationError(text, fix=_FIX)
