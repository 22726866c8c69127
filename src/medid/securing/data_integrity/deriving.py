"""What a holder does with a base proof, and what a derived proof tells its verifier.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#add-derived-proof-ecdsa-sd-2023,
https://www.w3.org/TR/vc-di-bbs/#add-derived-proof-bbs-2023
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from medid.core.json import check
from medid.errors import MalformedProof, child
from medid.securing import catalogue
from medid.securing.data_integrity.secure import check_kind, covered_by
from medid.securing.data_integrity.selective import groups, labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonObject
    from medid.jsonld import ContextStore
    from medid.keys import PublicKey
    from medid.securing.data_integrity.cryptosuite import (
        Binding,
        Disclosure,
        SelectiveSuite,
    )
    from medid.securing.data_integrity.proof import Proof
    from medid.securing.data_integrity.selective.features import HolderSecrets


def is_base(proof: Proof) -> bool:
    """Whether ``proof`` is a base proof, from which its holder derives others."""
    suite = catalogue.SELECTIVE.get(proof.suite or "")
    return suite is not None and suite.is_base(proof)


def binding(proof: Proof) -> Binding | None:
    """What the holder bound a derived proof to, such as a nonce; None for others.

    Raises:
        MalformedProof: The proof's value is not of its suite's form.
    """
    suite = catalogue.SELECTIVE.get(proof.suite or "")
    return None if suite is None else suite.binding(proof)


def is_derived(proof: Proof) -> bool:
    """Whether ``proof`` is of a suite whose holder may keep back parts."""
    return (proof.suite or "") in catalogue.SELECTIVE


def check_mandatory(proof: Proof) -> None:
    """Return unless ``proof`` is a derived proof of which nothing is mandatory.

    Where its issuer made nothing mandatory the holder alone chose what is said, down to
    when the credential ends and whether it can be taken back.

    Raises:
        MalformedProof: It is one, or its value is not of its suite's form.
    """
    if is_derived(proof) and not _selective(proof).shown(proof).mandatory:
        message = "the issuer made nothing mandatory: all of it was left to the holder"
        fix = "the issuer has to make mandatory what restricts it; medid.issue does"
        path = child(proof.path, "proofValue")
        raise MalformedProof(message, path=path, fix=fix)


def mandatory_among(
    document: JsonObject,
    proof: Proof,
    pointers: Sequence[str],
    *,
    contexts: ContextStore,
) -> list[str]:
    """Those of ``pointers`` whose statements the issuer left to nobody to keep back.

    Args:
        document: With its ``proof``, which was verified. Never modified.
        proof: One of ``read_proofs(document)``, a derived proof.
        pointers: JSON pointers into ``document``.
        contexts: The only JSON-LD contexts that may be used; none is fetched.

    Raises:
        MalformedProof: No derived proof.
        ProofGenerationError: A pointer leads to nothing.
        MedidError: The document has no canonical form.
    """
    names, indexes = _selective(proof).shown(proof)
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    statements = groups.Statements(unsecured, contexts, labels.fixed(names))
    always = set(indexes)
    return [
        pointer
        for pointer in pointers
        if always.issuperset(statements.group([pointer]).indexes)
    ]


def check_base(
    document: JsonObject,
    proof: Proof,
    key: PublicKey,
    *,
    contexts: ContextStore,
    secrets: HolderSecrets | None = None,
) -> None:
    """Return if ``key`` made the base proof ``proof``, all of it; otherwise raise.

    For the holder, who gets it from the issuer. Nobody else is ever shown it.

    Args:
        document: With its ``proof``. Never modified.
        proof: One of ``read_proofs(document)``.
        key: The issuer's.
        contexts: The only JSON-LD contexts that may be used; none is fetched.
        secrets: What the holder committed to, if anything.

    Raises:
        MalformedProof: No base proof, or not one over this document.
        WeakCryptography: The key is not of the suite's kind.
        ProofGenerationError: The secrets are needed, and missing.
        InvalidSignature: The base proof is well formed and wrong.
        MedidError: The document has no canonical form.
    """
    suite = _selective(proof)
    check_kind(suite, proof, key)
    suite.check_base(covered_by(document, proof, contexts), key, secrets)


def derive(
    document: JsonObject,
    proof: Proof,
    disclosure: Disclosure,
    *,
    contexts: ContextStore,
    key: PublicKey | None,
) -> JsonObject:
    """A part of ``document`` with a proof derived from ``proof``, verified.

    Args:
        document: With its ``proof``. Never modified.
        proof: One of ``read_proofs(document)``, a base proof.
        disclosure: What is shown, and what the derived proof is bound to.
        contexts: The only JSON-LD contexts that may be used; none is fetched.
        key: The issuer's. ``None`` verifies all but that the issuer made it.

    Raises:
        MalformedProof: No base proof, or not one over this document.
        WeakCryptography: The key is not of the suite's kind.
        ProofGenerationError: A pointer leads to nothing that can be disclosed, or the
            suite cannot do what is asked.
        MalformedValue: A pointer is no JSON pointer.
        InvalidSignature: The base proof is well formed and wrong.
        MedidError: The document has no canonical form.
    """
    suite = _selective(proof)
    if key is not None:
        check_kind(suite, proof, key)
    covered = covered_by(document, proof, contexts)
    return cast("JsonObject", check(suite.derive(covered, disclosure, key)))


def _selective(proof: Proof) -> SelectiveSuite:
    suite = catalogue.SELECTIVE.get(proof.suite or "")
    if suite is None:
        message = "nothing can be derived from a proof of this suite"
        raise MalformedProof(message, path=proof.path)
    return suite
