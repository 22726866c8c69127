"""Step 6 of the path: verify what secures a document, and learn whose key did.

A signature says that a key was used. Whose key it is, and whether its controller
allows it for this purpose, the controller's DID document says; that it is the
issuer's or holder's own is asked here too, because a valid signature by anybody else
proves nothing.

Spec: https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains,
https://www.w3.org/TR/vc-jose-cose/#verification
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from medid.core.instant import Window
from medid.dids import resolver as dids
from medid.dids.syntax import Did, DidUrl
from medid.errors import (
    ContextNotTrusted,
    EvidenceUnavailable,
    Expired,
    InvalidRelationship,
    InvalidVerificationMethod,
    IssuerNotTrusted,
    MalformedProof,
    MedidError,
    NotYetValid,
    child,
)
from medid.jsonld import check_context_form, is_plain
from medid.securing import cose, data_integrity, jose
from medid.securing.jose import Jws
from medid.verifying.hybrid import VerifiedProof, check_hybrid
from medid.verifying.issuer_keys import (
    is_certified,
    is_web,
    issuer_key,
    refuse_unanchored,
    resolve_signer,
)
from medid.verifying.opening import Kind, Secured

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from medid.core.instant import Instant
    from medid.core.memory import Known
    from medid.dids.document import VerificationMethod
    from medid.jsonld import ContextStore
    from medid.keys import PublicKey
    from medid.securing.cose import Sign1
    from medid.securing.data_integrity import Proof
    from medid.verifying.judging import Judgement

_BEHIND_DID: Final = re.compile("[/?#]")  # what begins the rest of a DID URL
ASSERTION: Final = "assertionMethod"
AUTHENTICATION: Final = "authentication"


def verify_proofs(
    secured: Secured, judgement: Judgement, *, hybrid: bool = False
) -> tuple[str, ...]:
    """Those whose keys secure ``secured``, once everything that secures it held.

    Every proof must verify, inside of an envelope as well. A credential must be signed
    by its issuer, a presentation by its holder; further proofs by others are allowed
    beside that.

    Args:
        secured: An opened document.
        judgement: Its evidence, time and settings.
        hybrid: Whether a classical and an ML-DSA proof are asked for, whether or not
            ``judgement`` asks it of this document.

    Raises:
        MalformedProof: It is not secured, or not in a form that its suite allows.
        InvalidSignature: A signature is wrong.
        WeakCryptography: An algorithm does not fit the key, or is not taken; or a
            classical or an ML-DSA proof is missing where both are asked for.
        InvalidVerificationMethod: A key is not in its controller's DID document.
        InvalidRelationship: A key may not be used for this purpose, or is not the
            issuer's or holder's.
        NotYetValid: A proof was made later than the instant of the judgement.
        Expired: A proof has expired.
        MedidError: Whatever resolving the controller's DID reports.
    """
    try:
        return _verify_proofs(secured, judgement, hybrid=hybrid)
    except EvidenceUnavailable:
        # Nobody but the owner is asked for keys before a proof of the owner's holds.
        if not _claims_owner(secured, judgement):
            raise _by_others(secured) from None
        raise


def _verify_proofs(
    secured: Secured, judgement: Judgement, *, hybrid: bool
) -> tuple[str, ...]:
    verified: tuple[VerifiedProof, ...] = ()
    if secured.carries_proofs:
        verified = _verify_data_integrity(secured, judgement)
    signers = tuple(one.method.controller for one in verified)
    if secured.envelope is not None:
        # An envelope does not exclude proofs inside of it: all of them have to hold.
        # The envelope is around everything, so it has to be the owner's.
        signers = (_verify_envelope(secured, secured.envelope, judgement),)
        verified = ()
    elif not signers:
        message = "the document is not secured by any proof"
        raise MalformedProof(message, path="$.proof")
    owner = secured.owner
    if owner is not None and owner not in signers and not _unasked(owner, judgement):
        raise _by_others(secured)
    if hybrid or judgement.asks_hybrid(secured.issuer):
        check_hybrid(secured.document, verified, owner or signers[0])
    return signers


def _claims_owner(secured: Secured, judgement: Judgement) -> bool:
    """Whether what secures ``secured`` says at least that its owner signed."""
    owner = secured.owner
    if owner is None or _unasked(owner, judgement):
        return True
    if secured.envelope is not None:
        kid = secured.envelope.kid or ""
        return not kid.startswith("did:") or _did_in(kid) == owner
    return any(_did_in(one.verification_method) == owner for one in secured.proofs)


def _by_others(secured: Secured) -> InvalidRelationship:
    message = "no proof is by the document's own issuer or holder"
    return InvalidRelationship(
        message,
        path=_owner_path(secured),
        fix="the issuer or holder has to sign with a key of its own DID",
    )


def owner_signed(secured: Secured, judgement: Judgement) -> bool:
    """Whether what the owner itself has signed with holds, whatever else there is.

    It does also where nobody asks that the owner signed: then any key may count.
    """
    owner = secured.owner or ""
    if _unasked(owner, judgement):
        return True
    envelope = secured.envelope
    if envelope is not None:
        verify = partial(_verify_envelope, secured, envelope, judgement)
        return _claims_owner(secured, judgement) and _holds(verify)
    return any(
        _holds(partial(_verify_one, proof, secured, judgement))
        for proof in secured.proofs
        if _did_in(proof.verification_method) == owner
    )


def _did_in(reference: str) -> str:
    return _BEHIND_DID.split(reference, maxsplit=1)[0]


def _holds(verify: Callable[[], object]) -> bool:
    try:
        verify()
    except MedidError:
        return False
    return True


def _unasked(owner: str, judgement: Judgement) -> bool:
    """Whether nobody asks that ``owner`` itself signed.

    A DID names its own keys, so another's key is always refused for it.
    """
    return not judgement.expect.issuer_signs and not owner.startswith("did:")


def check_contexts(secured: Secured, judgement: Judgement) -> None:
    """Return if the terms of a credential or presentation mean what they say.

    Suites over JSON, JWTs and COSE messages sign the contexts as text. What the terms
    mean is still defined by the contexts, so here too only known ones count, and no
    member may hide behind a keyword or an IRI.

    Raises:
        ContextNotTrusted: A context is not among those that may be used.
        NotCompact: A member is named by a keyword or an IRI.
    """
    made_of = ("contexts", judgement.contexts)
    secured.known.once(made_of, lambda: _check_contexts(secured, judgement.contexts))


def _check_contexts(secured: Secured, store: ContextStore) -> None:
    stated = secured.credential or secured.presentation
    if stated is None:
        return
    for index, context in enumerate(stated.contexts):
        path = child("$.@context", index)
        if isinstance(context, str):
            store.get(context, path=path)
        elif not store.allow_inline:
            message = "an inline context may redefine any term"
            raise ContextNotTrusted(message, path=path)
    plain = {
        id(part.document)
        for part in secured.children
        if part.known.once("plain", is_plain, part.document)
    }
    check_context_form(secured.document, store, plain=plain)


def _owner_path(secured: Secured) -> str:
    if secured.kind is Kind.SD_JWT:
        return "$.iss"
    return "$.holder" if secured.kind is Kind.PRESENTATION else "$.issuer"


def purpose_of(secured: Secured) -> str:
    """The verification relationship that the key of ``secured`` must stand in."""
    return AUTHENTICATION if secured.kind is Kind.PRESENTATION else ASSERTION


def _verify_data_integrity(
    secured: Secured, judgement: Judgement
) -> tuple[VerifiedProof, ...]:
    # The owner's own first: where they are wrong, others were not asked for keys.
    owner = secured.owner
    ordered = sorted(
        secured.proofs, key=lambda one: _did_in(one.verification_method) != owner
    )
    return tuple(_verify_one(proof, secured, judgement) for proof in ordered)


def _verify_one(proof: Proof, secured: Secured, judgement: Judgement) -> VerifiedProof:
    _check_options(proof, purpose_of(secured), judgement)
    method = _method(proof.verification_method, proof, secured, judgement)
    _verify_proof(secured, proof, method.key, judgement)
    return VerifiedProof(proof, method)


def _verify_proof(
    secured: Secured, proof: Proof, key: PublicKey, judgement: Judgement
) -> None:
    domain = judgement.expect.domain

    def verify() -> None:
        data_integrity.verify_proof(
            secured.document,
            proof,
            key,
            contexts=judgement.contexts,
            statements=judgement.statements,
            known=secured.known,
            domain=domain,
        )
        data_integrity.check_mandatory(proof)

    made_of = ("proof", proof.path, judgement.contexts, *_identity(key), domain)
    _once(secured.known, made_of, verify, judgement)


def _once(
    known: Known, made_of: Hashable, verify: Callable[[], None], judgement: Judgement
) -> None:
    """Verify, unless exactly this was verified before and may be relied on."""
    if judgement.memory.keep_proofs:
        known.once(made_of, verify)
    else:
        verify()


def _identity(key: PublicKey) -> tuple[Hashable, ...]:
    return (key.kind, key.raw, key.algorithm)


def _check_options(proof: Proof, purpose: str, judgement: Judgement) -> None:
    if proof.proof_purpose != purpose:
        raise InvalidRelationship(
            f"the proof's purpose must be {purpose}",
            path=child(proof.path, "proofPurpose"),
        )
    latest = judgement.at.plus(judgement.expect.skew)
    if proof.created is not None and proof.created > latest:
        message = "the proof was made after the time asked about"
        raise NotYetValid(message, path=child(proof.path, "created"))
    earliest = judgement.at.plus(-judgement.expect.skew)
    if proof.expires is not None and proof.expires <= earliest:
        raise Expired("the proof has expired", path=child(proof.path, "expires"))


def _method(
    reference: str, proof: Proof, secured: Secured, judgement: Judgement
) -> VerificationMethod:
    path = child(proof.path, "verificationMethod")
    did_url = DidUrl.parse(reference, path=path)
    document = dids.resolve(did_url.did, judgement.evidence, judgement.versions())
    return document.method_for(
        reference, purpose_of(secured), at=judgement.at, path=path
    )


def _verify_envelope(
    secured: Secured, envelope: Jws | Sign1, judgement: Judgement
) -> str:
    signatory = Signatory(
        owner=secured.owner, path=_owner_path(secured), purpose=purpose_of(secured)
    )
    return verify_envelope(envelope, secured.known, signatory, judgement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Who is said to have signed an envelope, and for what.

    Attributes:
        owner: The DID, or the web address, whose key counts where the envelope names
            no other.
        path: Where the document names the owner.
        purpose: The verification relationship that the key must stand in.
    """

    owner: str | None
    path: str
    purpose: str


def verify_envelope(
    envelope: Jws | Sign1, known: Known, signatory: Signatory, judgement: Judgement
) -> str:
    """Whose key signed ``envelope``: a DID, or the web address of an issuer.

    Whether it had to, the caller asks.

    Args:
        envelope: The signature.
        known: What is known of it.
        signatory: Who is said to have made it.
        judgement: The evidence, the time, and what is expected.

    Raises:
        InvalidSignature: The signature is wrong.
        WeakCryptography: Its algorithm does not fit the kind of the key.
        InvalidVerificationMethod: The key is not in its controller's DID document, or
            not among those that the issuer publishes or has certified.
        InvalidRelationship: The key may not be used for this purpose.
        IssuerNotTrusted: The owner has no keys that can be found.
        MedidError: Whatever finding the key reports.
    """
    key, controller = _envelope_key(envelope, signatory, judgement)
    allow_ml_dsa = judgement.expect.ml_dsa_tokens

    def verify() -> None:
        if isinstance(envelope, Jws):
            jose.verify(envelope, key, allow_ml_dsa=allow_ml_dsa)
        else:
            cose.verify(envelope, key, allow_ml_dsa=allow_ml_dsa)

    _once(known, ("envelope", *_identity(key), allow_ml_dsa), verify, judgement)
    return controller


def _envelope_key(
    envelope: Jws | Sign1, signatory: Signatory, judgement: Judgement
) -> tuple[PublicKey, str]:
    """The key that ``envelope`` has to be signed with, and whose key it is."""
    owner = signatory.owner
    # A kid that is a DID URL names whose key it is; that this is not the owner's is
    # refused with every other such proof.
    if is_web(owner) and not (envelope.kid or "").startswith("did:"):
        key = issuer_key(str(owner), envelope, judgement, path=signatory.path)
        return key, str(owner)
    if not is_certified(owner):
        refuse_unanchored(envelope)
    method = _envelope_method(envelope, signatory, judgement)
    return method.key, method.controller


def _envelope_method(
    envelope: Jws | Sign1, signatory: Signatory, judgement: Judgement
) -> VerificationMethod:
    """The key that the header's ``kid`` names, or the signer's only one."""
    owner, kid = signatory.owner, envelope.kid
    if kid is not None and not kid.startswith("#"):
        reference, did = kid, DidUrl.parse(kid, path="$.kid").did
    elif owner is not None:
        did = _did_of_owner(owner, signatory.path)
        reference = f"{owner}{kid}" if kid else ""
    else:
        message = "neither kid nor issuer nor holder says whose key it is"
        raise InvalidVerificationMethod(message, path="$.kid")
    document = resolve_signer(did, envelope, judgement)
    purpose = signatory.purpose
    if not reference:
        reference = _only_method(document.ids_for(purpose))
    return document.method_for(reference, purpose, at=judgement.at, path="$.kid")


def _did_of_owner(owner: str, path: str) -> Did:
    if not owner.startswith("did:"):
        message = "the issuer is neither a DID nor an https URL: it has no keys"
        raise IssuerNotTrusted(
            message, path=path, fix="the issuer has to be identified by a DID"
        )
    return Did.parse(owner, path=path)


def _only_method(references: tuple[str, ...]) -> str:
    if len(references) != 1:
        message = "the header has no kid, and its signer does not have just one key"
        raise InvalidVerificationMethod(message, path="$.kid")
    return references[0]


# What each version of the data model calls start and end of validity.
_VALIDITY: Final = {
    "2.0": ("validFrom", "validUntil"),
    "1.1": ("issuanceDate", "expirationDate"),
}


def check_time(secured: Secured, judgement: Judgement) -> None:
    """Return if a credential is valid at this time, by all that it says.

    Raises:
        NotYetValid: It was issued, or begins, after the instant of the judgement.
        Expired: It ended at that instant or earlier.
    """
    if secured.credential is not None:
        names = _VALIDITY[secured.credential.version]
        check_window(secured.credential.validity, judgement, names=names)
    check_registered(secured, judgement)


def check_registered(secured: Secured, judgement: Judgement) -> None:
    """Return if the registered claims of an envelope allow it at this time.

    Raises:
        NotYetValid: ``nbf`` or ``iat`` lies after the instant of the judgement.
        Expired: ``exp`` is that instant or earlier.
    """
    claims = secured.registered
    if claims is None:
        return
    check_window(claims.window, judgement, names=("nbf", "exp"))
    if issued_later(secured, judgement) is not None:
        raise NotYetValid("it was issued after the time asked about", path="$.iat")


def issued_later(secured: Secured, judgement: Judgement) -> Instant | None:
    """When an envelope says it was made, where that is after the time asked about."""
    issued = None if secured.registered is None else secured.registered.issued_at
    latest = judgement.at.plus(judgement.expect.skew)
    return issued if issued is not None and issued > latest else None


def check_window(
    window: Window, judgement: Judgement, *, names: tuple[str, str]
) -> None:
    """Return if ``window`` holds the instant of the judgement, skew allowed.

    Args:
        window: What the document says.
        judgement: As of when is asked, and how far clocks may differ.
        names: The members that say when it starts and when it ends.

    Raises:
        NotYetValid: It starts later.
        Expired: It ended at that instant or earlier.
    """
    if window.contains(judgement.at):
        return  # a skew allows more, never less
    halves = (Window(window.start, None), Window(None, window.end))
    for half, name in zip(halves, names, strict=True):
        half.check(
            judgement.at, skew_seconds=judgement.expect.skew, path=child("$", name)
        )
