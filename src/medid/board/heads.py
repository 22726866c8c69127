"""The head of a chain, signed: what a board keeps elsewhere, or publishes.

It is a small credential about a chain at one place of it: a related resource with the
digest that the chain has there. Whoever holds one of a register can tell whether it
still says all that it said then; whoever holds one of a feed, what is published.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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
    from medid.verifying.checks import Verification
    from medid.verifying.verifier import Verifier

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_SHA256: Final = b"\x12\x20"  # multihash: SHA-256, of 32 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A chain of a board's.

    Attributes:
        board: The DID under which its heads are signed.
        site: The https URL under which the board publishes, without a slash at its end.
        name: Of the chain, on the site.
    """

    board: str
    site: str
    name: str

    def place(self, sequence: int) -> str:
        """The URL that stands for the chain as far as ``sequence``."""
        return f"{self.site}/{self.name}/{sequence}"


def of_register(board: BoardRecord) -> Series:
    """The event log of ``board``."""
    return Series(board=board.did, site=board.site, name="register")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A place of a board's chain, and the hash (hex) that it has there.

    Attributes:
        since: When it was signed, if it was.
    """

    sequence: int
    hash: str
    since: Instant | None = field(default=None, compare=False)


def sign(series: Series, head: Head, issuing: Issuing, *, at: Instant) -> Issued:
    """``head`` as a signed credential of the board.

    Raises:
        ConfigurationError: There is no such securing mechanism for the key.
        SignerError: The key store refused, or could not be reached.
    """
    digest = to_base58btc(_SHA256 + bytes.fromhex(head.hash))
    document: JsonObject = {
        "@context": [CONTEXT_V2],
        "type": ["VerifiableCredential"],
        "issuer": series.board,
        "validFrom": str(at),
        "credentialSubject": {"id": series.board},
        "relatedResource": [
            {"id": series.place(head.sequence), "digestMultibase": digest}
        ],
    }
    return issue(document, issuing.controller, securing=issuing.securing, at=at)


def read(signed: bytes, series: Series, verifier: Verifier, *, at: Instant) -> Head:
    """The head that ``signed`` states, if the board has signed it.

    Args:
        signed: What ``sign`` gave, as it was published.
        series: Of which chain it is.
        verifier: Knows, or fetches, the board's keys.
        at: When it is read.

    Raises:
        MedidError: It is not verified.
        MalformedValue: It is no head of this chain.
    """
    return stated(signed, series, verifier.verify(signed, at=at))


def stated(signed: bytes, series: Series, found: Verification) -> Head:
    """As ``read``, where ``found`` is the verification of ``signed``.

    Raises:
        MedidError: It is not verified.
        MalformedValue: It is no head of this chain.
    """
    # Asked for here, because sealing verifies nothing.
    from medid.verifying.opening import open_document

    with located("$.head"):
        found.raise_for_errors()
        credential = open_document(signed).credential
    if credential is None or credential.issuer.id != series.board:
        raise MalformedValue("the head is another's", path="$.head.issuer")
    for resource in credential.related_resources:
        start, _, number = resource.id.rpartition("/")
        if f"{start}/0" == series.place(0) and _NUMBER.fullmatch(number):
            hashes = {digest.value.hex() for digest in resource.digests}
            if len(hashes) == 1:
                return Head(
                    sequence=int(number),
                    hash=hashes.pop(),
                    since=credential.validity.start,
                )
    message = f"the credential is no head of this {series.name}"
    raise MalformedValue(message, path="$.head.relatedResource")


def check(kept: Head, found: Head) -> None:
    """Return if a register that has ``found`` at its end can have had ``kept``.

    Raises:
        RegisterAltered: It is shorter than it was.
    """
    if found.sequence < kept.sequence:
        message = "the register is shorter than it was: an older copy was put back"
        raise RegisterAltered(message, path="$.head")
