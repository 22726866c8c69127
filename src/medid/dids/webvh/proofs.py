"""The one kind of proof that did:webvh 1.0 takes, of controllers and of witnesses.

The key names itself: the verification method is the did:key of the key that signed, and
no DID is resolved for it.

Spec: https://identity.foundation/didwebvh/v1.0/#authorized-keys
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.dids.webvh.parameters import read_key
from medid.errors import MalformedProof, child, located
from medid.jsonld import ContextStore, Statements
from medid.keys import KeyKind
from medid.keys.kinds import SHAPES
from medid.securing.data_integrity import eddsa_jcs_2022
from medid.securing.data_integrity.cryptosuite import Covered
from medid.securing.data_integrity.hash_and_sign import message, read_signature
from medid.securing.data_integrity.proof import DATA_INTEGRITY_PROOF
from medid.securing.data_integrity.transformation import JCS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld.rdfc import Algorithm
    from medid.securing.data_integrity.proof import Proof

PURPOSE: Final = "assertionMethod"

_DID_KEY: Final = "did:key:"
_SUITE: Final = eddsa_jcs_2022.SUITE
(_SIGNATURE_SIZE,) = SHAPES[KeyKind.ED25519].signature_sizes


def signer(proof: Proof) -> str:
    """The Multikey of the key that ``proof`` says it was made with.

    Raises:
        MalformedProof: Another kind of proof than did:webvh takes, or a did:key whose
            fragment names another key than its body.
    """
    if proof.type != DATA_INTEGRITY_PROOF or proof.cryptosuite != eddsa_jcs_2022.NAME:
        text = f"did:webvh takes proofs of {eddsa_jcs_2022.NAME} only"
        raise MalformedProof(text, path=child(proof.path, "cryptosuite"))
    if proof.proof_purpose != PURPOSE:
        text = f"the proof's purpose must be {PURPOSE}"
        raise MalformedProof(text, path=child(proof.path, "proofPurpose"))
    if proof.previous_proof:
        text = "a proof of a log continues no other proof"
        raise MalformedProof(text, path=child(proof.path, "previousProof"))
    body, _, fragment = proof.verification_method.partition("#")
    multikey = body.removeprefix(_DID_KEY)
    if multikey == body or multikey != fragment:
        text = "the key must be named as a did:key whose fragment is its body"
        raise MalformedProof(text, path=child(proof.path, "verificationMethod"))
    return multikey


def check_period(proof: Proof, at: Instant) -> None:
    """Return if ``proof`` held at ``at``, which is the time of what it was made for.

    ``created`` may lie a little behind that time: a version is dated, and signed then.

    Raises:
        MalformedProof: It had expired by then, or never held.

    Spec: https://www.w3.org/TR/vc-data-integrity/#defn-proof-expires
    """
    if proof.expires is None:
        return
    path = child(proof.path, "expires")
    if proof.expires <= at:
        text = "the proof had expired before the version that it is for"
        raise MalformedProof(text, path=path)
    if proof.created is not None and proof.expires <= proof.created:
        raise MalformedProof("the proof expired before it was made", path=path)


def verify(document: JsonObject, canonical: bytes, proof: Proof, multikey: str) -> None:
    """Return if the key ``multikey`` made ``proof`` over ``document``.

    Args:
        document: With its proofs.
        canonical: What is canonical of it without them.
        proof: One of them.
        multikey: As ``signer`` says of it.

    Raises:
        MedidError: It did not.
    """
    covered = Covered(
        document=document, proof=proof, previous=(), statements=_NO_STATEMENTS
    )
    signature = read_signature(proof.options, _SUITE.multibase, _SIGNATURE_SIZE)
    signed = message(covered, _Canonical(canonical), "sha256")
    with located(proof.path):
        read_key(multikey, "$").verify(signature, signed)


@dataclass(frozen=True, slots=True)
class _Canonical:
    """The transformation of the suite, of a document that is canonical already."""

    text: bytes
    carries_context = JCS.carries_context

    @staticmethod
    def signed_document(
        document: Mapping[str, JsonValue], options: Mapping[str, JsonValue]
    ) -> JsonObject:
        """``document``: a log entry has no contexts of its own."""
        return JCS.signed_document(document, options)

    def document(self, covered: Covered, algorithm: Algorithm) -> bytes:
        """The canonical text.

        Raises:
            MalformedProof: The proof states contexts, and what it covers has none.
        """
        del algorithm
        if "@context" in covered.proof.options:
            JCS.signed_document(covered.document, covered.proof.options)
        return self.text

    @staticmethod
    def options(covered: Covered, value: str, algorithm: Algorithm) -> bytes:
        """Canonical JSON of the proof configuration."""
        return JCS.options(covered, value, algorithm)


_NO_STATEMENTS: Final = Statements(ContextStore.bundled())
