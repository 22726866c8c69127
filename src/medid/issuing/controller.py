"""Who signs: a DID, the verification method that names the key, and its Signer.

Spec: https://www.w3.org/TR/cid-1.0/#dfn-controller
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.core.arguments import check_fields, checked_arguments
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.dids import resolver
from medid.dids.methods import key as did_key
from medid.dids.syntax import Did, DidUrl
from medid.errors import ConfigurationError, Unchecked

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.keys import PublicKey, Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """A party that can sign under its DID.

    Attributes:
        verification_method: The DID URL of the key, as the DID document lists it.
        signer: Holds the private key, in memory, in a file or in a key store.
    """

    verification_method: str
    signer: Signer

    def __post_init__(self) -> None:
        """Refuse a verification method that is no DID URL with a fragment.

        Raises:
            InvalidDid: It is no DID URL.
            ConfigurationError: It names no key.
        """
        check_fields(self)
        if not DidUrl.parse(self.verification_method).fragment:
            message = "the verification method names no key: it has no fragment"
            raise ConfigurationError(message, path="$.verificationMethod")

    @classmethod
    @checked_arguments
    def did_key(cls, signer: Signer) -> Controller:
        """The controller whose DID is the ``did:key`` of the signer's own key."""
        return cls(verification_method=_key_id(signer.public_key), signer=signer)

    @property
    def did(self) -> str:
        """The DID that signs."""
        return str(DidUrl.parse(self.verification_method).did)

    def check_key(self, purpose: str) -> None:
        """Return if the DID lets the signer's key be used for ``purpose``.

        Where that takes a document that is published elsewhere, only its readers can
        tell.

        Raises:
            ConfigurationError: The DID itself tells another key, or allows it less.
            MedidError: There is no such DID.
        """
        did = DidUrl.parse(self.verification_method).did
        try:
            document = resolver.resolve(did, NO_EVIDENCE)
        except Unchecked:
            return
        method = document.method_for(
            self.verification_method, purpose, path="$.verificationMethod"
        )
        if method.key != self.signer.public_key:
            message = "the signer's key is not the one that the DID stands for"
            raise ConfigurationError(message, path="$.verificationMethod")


def known_key(
    reference: str,
    purpose: str,
    *,
    evidence: Evidence,
    at: Instant | None,
    path: str,
) -> PublicKey | None:
    """The key that ``reference`` names; ``None`` where it takes a document not at hand.

    Raises:
        MedidError: There is no such key, or its DID does not allow it for ``purpose``.
    """
    try:
        document = resolver.resolve(DidUrl.parse(reference, path=path).did, evidence)
    except Unchecked:
        return None
    return document.method_for(reference, purpose, at=at, path=path).key


def _key_id(key: PublicKey) -> str:
    did = str(did_key.create(key))
    return f"{did}#{Did.parse(did).id}"
