"""What verification found about one credential, in the words of the rules.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#verification
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.license_facts import Verified
from medid.core.fields import as_list
from medid.core.instant import Window
from medid.errors import ContextNotTrusted, MalformedValue, MissingFact
from medid.health.disclosure import always_shown
from medid.securing import data_integrity
from medid.verifying.checks import Result
from medid.verifying.credential import CredentialVerdict, validity_of
from medid.verifying.opening import Secured, Securing
from medid.verifying.proofs import issued_later

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.access.license_facts import CredentialStatus
    from medid.core.instant import Instant
    from medid.core.json import JsonValue
    from medid.credentials import Credential
    from medid.health.words import CredentialType
    from medid.verifying.judging import Judgement

# What stands for the findings of a verification until there are some.
UNVERIFIED: Final = Verified(proof=False, status="unknown", status_checked_at=None)
_BITS: Final[Mapping[str | None, CredentialStatus]] = MappingProxyType(
    {"REVOKED": "revoked", "SUSPENDED": "suspended"}
)


def window_of(
    stated: Window, verdict: CredentialVerdict, judgement: Judgement
) -> Window:
    """When a credential is valid, by all that it says and by when it was issued.

    Args:
        stated: What it says of itself, beyond its frame.
        verdict: What verification found about it.
        judgement: As of when is asked.
    """
    window = stated.intersect(validity_of(verdict.secured))
    issued = issued_later(verdict.secured, judgement)
    # Of what was issued before the time asked about, its own dates tell.
    return window if issued is None else window.intersect(Window(issued, None))


def signing_time(secured: Secured) -> Instant | None:
    """When a document was signed, by the word of whoever did, if it says so."""
    if secured.registered is not None:
        return secured.registered.issued_at
    return last_of([proof.created for proof in secured.proofs])


def last_of(times: Sequence[Instant | None]) -> Instant | None:
    """The last of all of them; ``None`` where one is not known."""
    known = [one for one in times if one is not None]
    return max(known, default=None) if len(known) == len(times) else None


def check_not_left_to_holder(verdict: CredentialVerdict, judgement: Judgement) -> None:
    """Return if the issuer had every part of the credential show what restricts it.

    A condition that was kept back cannot be seen. But an issuer who leaves it to the
    holder to show even the status of a license will not have thought of its conditions.

    Raises:
        MissingFact: The issuer left it to the holder.
    """
    secured = verdict.secured
    if secured.securing is not Securing.DATA_INTEGRITY or not proof_holds(verdict):
        return
    for proof in secured.proofs:
        if not data_integrity.is_derived(proof):
            continue
        pointers = always_shown(credential_of(secured))
        found = data_integrity.mandatory_among(
            secured.document, proof, pointers, contexts=judgement.contexts
        )
        if len(found) != len(pointers):
            message = "the issuer left it to the holder to show what restricts this"
            fix = "the issuer has to make it mandatory; medid.issue does"
            raise MissingFact(message, path="$.credentialSubject", fix=fix)


def in_its_vocabulary(
    verdict: CredentialVerdict, kind: CredentialType | None
) -> CredentialType | None:
    """``kind``, once the credential states the context that defines it.

    Types and members mean what the contexts say. Under others the same names are those
    of another vocabulary, or of none, whoever signed them. The terms of the context are
    protected, so that no other one beside it gives them another meaning.

    Spec: https://www.w3.org/TR/vc-data-model-2.0/#type-specific-credential-processing

    Raises:
        ContextNotTrusted: It does not, or not where its signature covers it.
    """
    # What nobody signed is refused as that; an SD-JWT VC names its type by the IRI.
    if kind is None or verdict.result_of("proof") is not Result.PASS:
        return kind
    if any(kind.context not in stated for stated in _contexts_of(verdict.secured)):
        message = f"the contexts do not define this type: {kind.context} is missing"
        fix = "the issuer has to state the context of the vocabulary"
        raise ContextNotTrusted(message, path="$.type", fix=fix)
    return kind


def _contexts_of(secured: Secured) -> list[list[JsonValue]]:
    """The contexts that each signature of a credential of the data model covers."""
    if secured.credential is None:
        return []
    if secured.securing is not Securing.DATA_INTEGRITY:
        return [as_list(secured.document["@context"])]
    # Whoever passes a document on may append some to those that a proof over JSON has.
    return [
        as_list(data_integrity.signed_document(secured.document, proof)["@context"])
        for proof in secured.proofs
    ]


def credential_of(secured: Secured) -> Credential:
    """The credential of the VC data model that ``secured`` is.

    Raises:
        MalformedValue: It is none.
    """
    if secured.credential is None:
        message = "this has to be a credential of the VC data model"
        raise MalformedValue(message)
    return secured.credential


def proof_holds(verdict: CredentialVerdict) -> bool:
    """Whether its issuer stands behind it."""
    return verdict.result_of("proof") is Result.PASS and not disproved(verdict)


def for_others(verdict: CredentialVerdict) -> bool:
    """Whether its issuer made it for other verifiers, and not for this one."""
    return verdict.result_of("domain") is Result.FAIL


def _counts_here(verdict: CredentialVerdict) -> bool:
    return proof_holds(verdict) and not for_others(verdict)


def _is_unchecked(verdict: CredentialVerdict) -> bool:
    return verdict.result_of("proof") is Result.UNKNOWN and not disproved(verdict)


def is_unreached(verdict: CredentialVerdict) -> bool:
    """Whether something could not be had, and nothing that could be is wrong.

    For whom its issuer may speak the rules ask by themselves.
    """
    missed = {
        one.result
        for one in verdict.checks
        if one.error and not one.advisory and one.check != "trust"
    }
    return missed == {Result.UNKNOWN}


def status_of(
    verdict: CredentialVerdict, *, absent: CredentialStatus
) -> CredentialStatus:
    """What the lists say; the worst of several."""
    checks = [one for one in verdict.checks if one.check == "status"]
    asked = [one for one in checks if one.result is not Result.NOT_ASKED]
    if not asked:
        return absent
    codes = {one.code for one in asked if one.result is not Result.PASS}
    for code, status in _BITS.items():
        if code in codes:
            return status
    return "unknown" if codes else "valid"


def verified_of(verdict: CredentialVerdict, judgement: Judgement) -> Verified:
    """What the rules of licenses are told of a credential."""
    # A license that cannot be revoked is not one a verifier can rely on.
    return Verified(
        proof=None if _is_unchecked(verdict) else _counts_here(verdict),
        status=status_of(verdict, absent="unknown"),
        status_checked_at=_checked_at(verdict, judgement),
    )


def _checked_at(verdict: CredentialVerdict, judgement: Judgement) -> Instant | None:
    fetched = [
        judgement.evidence.get(found.list_url).tells_of for found in verdict.statuses
    ]
    return min(fetched, default=None)


def disproved(verdict: CredentialVerdict) -> bool:
    """Whether its proof does not hold, or it does not meet a schema that it names."""
    return Result.FAIL in {verdict.result_of(name) for name in ("proof", "schema")}
