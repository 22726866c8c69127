"""Add a proof to what is signed already: a proof set, each of its proofs by itself.

The second proof is by the same issuer or holder, mostly under a key of another kind, so
that a verifier may ask for both (``Expectations.hybrid_proofs``). Envelopes have one
signature, and nothing can be added to them.

Spec: https://www.w3.org/TR/vc-data-integrity/#proof-sets
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core import json as strict_json
from medid.core.arguments import checked_arguments
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.core.fields import as_list
from medid.core.instant import Instant, system_clock
from medid.credentials import parse_credential, parse_presentation
from medid.errors import ProofGenerationError
from medid.health import contexts as health_contexts
from medid.issuing.controller import known_key
from medid.issuing.credential import (
    ASSERTION,
    refused_as_unsigned,
    secure,
)
from medid.issuing.mechanisms import check_mechanism, check_whole
from medid.issuing.presentation import AUTHENTICATION, check_shown_to_others
from medid.securing import data_integrity
from medid.securing.data_integrity import read_proofs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.issuing.controller import Controller
    from medid.issuing.credential import Issued
    from medid.jsonld import ContextStore
    from medid.keys import PublicKey
    from medid.securing.data_integrity import Proof


@checked_arguments
def add_proof(
    document: Mapping[str, JsonValue],
    controller: Controller,
    *,
    securing: str,
    at: Instant | None = None,
    evidence: Evidence | None = None,
    contexts: ContextStore | None = None,
) -> Issued:
    """``document`` with one more proof of its own issuer or holder.

    A presentation answers the same challenge, for the same domain, as before.

    Args:
        document: A credential or presentation with its proofs; not modified.
        controller: Who signs: the issuer or holder, with another key.
        securing: A cryptosuite that fits the key, such as ``mldsa44-rdfc-2024``.
        at: When the proof says it was made; the present by default.
        evidence: Documents that are at hand. The proofs that are there are verified,
            as far as their keys follow from their DIDs or from these.
        contexts: As for ``issue``.

    Raises:
        ConfigurationError: There is no such cryptosuite, or the key does not fit it.
        ProofGenerationError: medid would refuse the document as it is, somebody else
            issued or presents it, or its proofs are for its holder alone.
        SignerError: The key store refused, or could not be reached.
    """
    copied = _copied(document)
    is_presentation = "VerifiablePresentation" in as_list(copied.get("type"))
    purpose = AUTHENTICATION if is_presentation else ASSERTION
    check_mechanism(securing, controller, tokens=(), purpose=purpose)
    check_whole(securing)
    store = contexts if contexts is not None else health_contexts()
    created = at if at is not None else system_clock()
    known = evidence if evidence is not None else NO_EVIDENCE
    with refused_as_unsigned():
        _check_owner(copied, controller.did, is_presentation=is_presentation)
        proofs = read_proofs(copied)
        check_shown_to_others(proofs)
        for proof in proofs:
            key = _known(proof, purpose, known, created)
            if key is not None:
                data_integrity.verify_proof(copied, proof, key, contexts=store)
        return secure(
            copied,
            controller,
            securing=securing,
            at=created,
            contexts=store,
            options={"proofPurpose": purpose, **_answers(proofs)},
        )


def _copied(document: Mapping[str, JsonValue]) -> JsonObject:
    with refused_as_unsigned():
        return strict_json.check_object(document)


def _check_owner(document: JsonObject, did: str, *, is_presentation: bool) -> None:
    if is_presentation:
        owner, path = parse_presentation(document).holder, "$.holder"
    else:
        owner, path = parse_credential(document).issuer.id, "$.issuer"
    if owner != did:
        message = "the document is another issuer's or holder's than the one who signs"
        raise ProofGenerationError(message, path=path)


def _known(
    proof: Proof, purpose: str, evidence: Evidence, at: Instant
) -> PublicKey | None:
    return known_key(
        proof.verification_method,
        purpose,
        evidence=evidence,
        at=at,
        path=f"{proof.path}.verificationMethod",
    )


def _answers(proofs: Sequence[Proof]) -> JsonObject:
    """What the first proof answers, which every further one has to answer too."""
    options = proofs[0].options
    return {name: options[name] for name in ("challenge", "domain") if name in options}
