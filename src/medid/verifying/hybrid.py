"""Hybrid proofs: a classical and an ML-DSA proof, of which neither may be missing.

Each proof of a set stands by itself: whoever takes one away leaves a document that
verifies. Where a verifier asks for both kinds, whoever could forge only one of them
gains nothing, and a signature that quantum computers will forge is not left alone.

An envelope (a JWT, an SD-JWT, a COSE message) has one signature. Proofs inside of what
it carries are not verified, so it never meets this demand.

Spec: https://www.w3.org/TR/vc-data-integrity/#proof-sets
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from medid.core import jcs
from medid.errors import WeakCryptography
from medid.securing.data_integrity import Proof, signed_document
from medid.securing.jose import ML_DSA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject
    from medid.dids.document import VerificationMethod

_FIX = (
    "ask for the document with all its proofs, in a Data Integrity proof set: one by a "
    "classical key and one by an ML-DSA key of the same DID"
)


class VerifiedProof(NamedTuple):
    """A proof that has verified, and the method whose key made it."""

    proof: Proof
    method: VerificationMethod


def check_hybrid(
    document: JsonObject, verified: Sequence[VerifiedProof], owner: str
) -> None:
    """Return if ``owner`` made a classical and an ML-DSA proof over the same document.

    Args:
        document: With all its proofs.
        verified: Those of its proofs that have verified, for the purpose asked.
        owner: The DID of its issuer or holder. Proofs by others do not count.

    Raises:
        WeakCryptography: One of the two is missing, or they cover other contexts.
    """
    own = [one for one in verified if one.method.controller == owner]
    classical, ml_dsa = (
        {
            _covered(document, proof)
            for proof, method in own
            if (method.key.kind in ML_DSA) is wanted
        }
        for wanted in (False, True)
    )
    if not classical & ml_dsa:
        refuse_single(path="$.proof")


def _covered(document: JsonObject, proof: Proof) -> bytes:
    # Proofs over JSON may cover the first of the contexts alone, and the contexts say
    # what all else means.
    signed = signed_document(document, proof)
    return jcs.canonicalize({"@context": signed.get("@context")})


def refuse_single(*, path: str) -> NoReturn:
    """Refuse what does not have both kinds of proof.

    Raises:
        WeakCryptography: Always.
    """
    message = "a classical and an ML-DSA proof by its own issuer or holder are asked"
    raise WeakCryptography(message, path=path, fix=_FIX)
