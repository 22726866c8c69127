"""What every cryptosuite offers: it makes a proof over a document, and checks one.

A suite is an object that its module makes once. It knows documents, contexts and keys;
whose key it is, and whether that key may be used, is asked above.

Spec: https://www.w3.org/TR/vc-data-integrity/#cryptographic-suites
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from medid.core.entropy import Entropy, system_entropy
from medid.core.memory import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import Statements
    from medid.keys import KeyKind, PublicKey, Signer
    from medid.securing.data_integrity.proof import Proof
    from medid.securing.data_integrity.selective.features import (
        HolderCommitment,
        HolderSecrets,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One proof of a document, and what it covers.

    Attributes:
        document: The whole document, with its proofs.
        proof: One of them.
        previous: The proofs that this one continues, in the order in which it names
            them: they are part of what it signs.
        statements: What documents of this verification state, worked out once.
        known: What follows from ``document`` under the contexts of ``statements``.
        signed: While the proof is made: what it is over, which is the same before it
            has its value and afterwards.
        domain: Whom it was presented to, for a proof whose pseudonym holds in one
            domain and that does not name it.
    """

    document: JsonObject
    proof: Proof
    previous: tuple[JsonObject, ...]
    statements: Statements
    known: Known = field(default_factory=Known)
    signed: Known | None = None
    domain: str | None = None

    def options(self, *, without: str = "proofValue") -> JsonObject:
        """The proof without the member that holds its value."""
        return {k: v for k, v in self.proof.options.items() if k != without}


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """What a suite needs to make a proof, beside document and signer.

    Attributes:
        entropy: Where salts and keys of the proof come from.
        mandatory_pointers: JSON pointers to what every derived proof discloses.
        commitment: Of a holder who binds the credential to secrets.
    """

    entropy: Entropy
    mandatory_pointers: tuple[str, ...] = ()
    commitment: HolderCommitment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What a holder wants to show, and to whom.

    Attributes:
        pointers: JSON pointers to what is shown beside what is mandatory.
        presentation_header: Bound to the derived proof, such as a verifier's nonce.
        entropy: Where the randomness of a proof comes from.
        secrets: Of a holder to whose secrets the credential is bound.
    """

    pointers: tuple[str, ...]
    presentation_header: bytes = b""
    entropy: Entropy = system_entropy
    secrets: HolderSecrets | None = None


class Shown(NamedTuple):
    """How a derived proof names the statements of the part that it shows.

    Attributes:
        labels: The name that is signed for each blank node, by its canonical number.
        mandatory: Where the statements stand that the issuer made mandatory.
    """

    labels: tuple[str, ...]
    mandatory: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What a derived proof is bound to, as it says.

    Attributes:
        presentation_header: Such as a verifier's nonce; may be empty.
        pseudonym: The holder's name in a domain; ``None`` where it shows none.
        domain: Which domain that is, if the proof says it. Otherwise the proof holds
            for the one that it was verified for.
    """

    presentation_header: bytes
    pseudonym: bytes | None
    domain: str | None


class Cryptosuite(Protocol):
    """The face of a suite."""

    @property
    def name(self) -> str:
        """The ``cryptosuite``, or the type of a suite older than that member."""

    @property
    def kinds(self) -> frozenset[KeyKind]:
        """The kinds of key the suite takes."""

    @property
    def can_sign(self) -> bool:
        """Whether medid issues proofs of this suite or only verifies them."""

    @property
    def carries_context(self) -> bool:
        """Whether a new proof states the contexts it covers."""

    @property
    def is_selective(self) -> bool:
        """Whether a holder derives proofs that disclose a part of the document."""

    def signed_document(
        self, document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """``document`` as a proof with ``options`` covers it, before any chain.

        Raises:
            MalformedProof: The document's contexts are not those of the proof.
        """

    def verify(self, covered: Covered, key: PublicKey) -> None:
        """Return if ``key`` made the proof; otherwise raise.

        Raises:
            MalformedProof: The proof's value is not of the suite's form.
            InvalidSignature: It is, and the signature is wrong.
            MedidError: The document has no canonical form.
        """

    def create(
        self, covered: Covered, signer: Signer, creation: Creation
    ) -> JsonObject:
        """The members that make the proof of ``covered`` a whole one.

        Raises:
            MedidError: The document has no canonical form, or the suite cannot sign it.
            SignerError: The key store refused, or could not be reached.
        """

    def check_created(self, covered: Covered, key: PublicKey) -> None:
        """Return if a proof just made is good; otherwise raise as ``verify`` does."""


class SelectiveSuite(Cryptosuite, Protocol):
    """The face of a suite from whose proofs a holder derives others.

    What ``create`` makes is a base proof, for the holder alone. ``verify`` accepts
    derived proofs only.
    """

    def check_base(
        self, covered: Covered, key: PublicKey, secrets: HolderSecrets | None
    ) -> None:
        """Return if ``key`` made the base proof, all of it; otherwise raise.

        Args:
            covered: The whole document and its base proof.
            key: The issuer's.
            secrets: Of a holder to whose secrets the credential is bound.

        Raises:
            MalformedProof: No base proof, or not one over this document.
            InvalidSignature: It is well formed and wrong.
            MedidError: The document has no canonical form.
        """

    def derive(
        self, covered: Covered, disclosure: Disclosure, key: PublicKey | None
    ) -> JsonObject:
        """A part of the document with a derived proof, verified as far as possible.

        Args:
            covered: The whole document and its base proof.
            disclosure: What is shown.
            key: The issuer's; ``None`` where it cannot be had.

        Raises:
            MalformedProof: No base proof, or not one over this document.
            ProofGenerationError: A pointer leads to nothing that can be disclosed, or
                the suite cannot do what is asked.
            InvalidSignature: The base proof is well formed and wrong.
            MedidError: The document has no canonical form.
        """

    def binding(self, proof: Proof) -> Binding | None:
        """What the holder bound a derived proof to; ``None`` where to nothing.

        Raises:
            MalformedProof: The proof's value is not of the suite's form.
        """

    def is_base(self, proof: Proof) -> bool:
        """Whether ``proof`` is a base proof, for its holder alone."""

    def shown(self, proof: Proof) -> Shown:
        """How a derived proof names what it shows.

        Raises:
            MalformedProof: The proof's value is not that of a derived proof.
        """
