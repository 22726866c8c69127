"""The head of a register, signed: what a board keeps elsewhere, or publishes.

It is a small credential about the register at one place of its chain: a related
resource with the digest that the chain has there. Whoever holds one can tell whether a
register still says all that it said then.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.multibase import to_base58btc
from medid.credentials import CONTEXT_V2
from medid.errors import MalformedValue, RegisterAltered, located
from medid.issuing.credential import issue

if TYPE_CHECKING:
    from medid.board.acts import Issuing
    from medid.board.records import BoardRecord
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.issuing.credential import Issued
    from medid.verifying.verifier import Verifier

_SHA256: Final = b"\x12\x20"  # multihash: SHA-256, of 32 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A place of a board's chain, and the hash (hex) that it has there."""

    sequence: int
    hash: str


def sign(board: BoardRecord, head: Head, issuing: Issuing, *, at: Instant) -> Issued:
    """``head`` as a signed credential of the board.

    Raises:
        ConfigurationError: There is no such securing mechanism for the key.
        SignerError: The key store refused, or could not be reached.
    """
    digest = to_base58btc(_SHA256 + bytes.fromhex(head.hash))
    document: JsonObject = {
        "@context": [CONTEXT_V2],
        "type": ["VerifiableCredential"],
        "issuer": board.did,
        "validFrom": str(at),
        "credentialSubject": {"id": board.did},
        "relatedResource": [
            {"id": _place(board, head.sequence), "digestMultibase": digest}
        ],
    }
    return issue(document, issuing.controller, securing=issuing.securing, at=at)


def read(signed: bytes, board: BoardRecord, verifier: Verifier, *, at: Instant) -> Head:
    """The head that ``signed`` states, if the board has signed it.

    Args:
        signed: What ``sign`` gave, as it was published.
        board: Whose register it is about.
        verifier: Knows, or fetches, the board's keys.
        at: When it is read.

    Raises:
        MedidError: It is not verified.
        MalformedValue: It is no head of this board's register.
    """
    # Asked for here, because sealing verifies nothing.
    from medid.verifying.opening import open_document

    with located("$.head"):
        verifier.verify(signed, at=at).raise_for_errors()
        stated = open_document(signed).credential
    if stated is None or stated.issuer.id != board.did:
        raise MalformedValue("the head is another's", path="$.head.issuer")
    for resource in stated.related_resources:
        start, _, sequence = resource.id.rpartition("/")
        if f"{start}/0" == _place(board, 0) and sequence.isdecimal():
            hashes = {digest.value.hex() for digest in resource.digests}
            if len(hashes) == 1:
                return Head(sequence=int(sequence), hash=hashes.pop())
    message = "the credential is no head of this register"
    raise MalformedValue(message, path="$.head.relatedResource")


def check(kept: Head, found: Head) -> None:
    """Return if a register that has ``found`` at its end can have had ``kept``.

    Raises:
        RegisterAltered: It is shorter than it was.
    """
    if found.sequence < kept.sequence:
        message = "the register is shorter than it was: an older copy was put back"
        raise RegisterAltered(message, path="$.head")


def _place(board: BoardRecord, sequence: int) -> str:
    return f"{board.site}/register/{sequence}"
