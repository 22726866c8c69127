"""The parts of a decision's record, as the judgement left them. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

from medid.access.audit_record import (
    Asked,
    ConsentBasis,
    LicenseBasis,
    Named,
    StatusList,
)
from medid.access.consent_standing import may_be_of_another, patient_names
from medid.access.facts import consent_settings
from medid.core import jcs
from medid.core.fields import as_object, required_str
from medid.core.instant import Instant
from medid.core.records import replace
from medid.verifying.opening import Securing

if TYPE_CHECKING:
    from medid.access.consent_types import ConsentFacts
    from medid.access.judge import Prejudged
    from medid.access.license_facts import LicenseFacts
    from medid.access.request import AccessRequest
    from medid.trust import ToldChain, TrustRegistry
    from medid.verifying.credential import CredentialVerdict
    from medid.verifying.judging import Judgement
    from medid.verifying.opening import Secured


def named(resource: object) -> Named:
    """The type and id of the ``resource`` of a request.

    Raises:
        MalformedValue: It has none.
    """
    part = as_object(resource, "$.resource")  # type: ignore[arg-type]
    return Named(
        type=required_str(part, "type", "$.resource"),
        id=required_str(part, "id", "$.resource"),
    )


def asked(
    request: AccessRequest, trust: TrustRegistry | None, resources: tuple[Named, ...]
) -> Asked:
    """What was asked, about ``resources``.

    Raises:
        CanonicalizationError: The request holds a number that has no canonical form.
    """
    # Nothing that is written down here depends on the zone.
    zone = UTC if trust is None else consent_settings(trust).zone
    stated = request.for_consents(presenter=None, at=Instant(0), zone=zone)
    emergency = stated.break_glass
    return Asked(
        digest=hashlib.sha256(jcs.canonicalize(request.document)).hexdigest(),
        action=request.action,
        purposes=tuple(sorted(request.purposes)),
        patient=request.patient,
        resources=resources,
        break_glass=emergency.reason if emergency.declared else None,
    )


def license_basis(prejudged: Prejudged) -> LicenseBasis | None:
    """The license that decided; ``None`` where none was found, or looked for."""
    found, facts = prejudged.license, prejudged.facts
    if found is None or facts is None or found.license is None:
        return None
    judgement = prejudged.case.judgement
    for stated, verdict in zip(facts.licenses, facts.licensed, strict=True):
        # Not by its id, which whoever presents another one can have given to that.
        if stated is found.license:
            basis = _license_basis(stated, verdict, judgement)
            # By which entry it counts, its place and profession have decided.
            return replace(basis, chains=found.chains)
    return None


def support_bases(prejudged: Prejudged) -> tuple[LicenseBasis, ...]:
    """The credentials that make the license count where care takes place."""
    found, facts = prejudged.license, prejudged.facts
    if found is None or facts is None:
        return ()
    judgement = prejudged.case.judgement
    return tuple(
        _license_basis(stated, verdict, judgement)
        for stated, verdict in zip(facts.supports, facts.supported, strict=True)
        if any(stated is one for one in found.supports)
    )


def _license_basis(
    stated: LicenseFacts, verdict: CredentialVerdict, judgement: Judgement
) -> LicenseBasis:
    return LicenseBasis(
        id=stated.id,
        issuer=stated.issuer or None,
        digest=verdict.secured.digest,
        key=_key_of(verdict.secured),
        status_lists=_lists(verdict, judgement),
        chains=_chains(verdict),
    )


def _key_of(secured: Secured) -> str | None:
    """The DID URL of the key, where the first proof or the envelope names one."""
    if secured.securing is Securing.DATA_INTEGRITY:
        return secured.proofs[0].verification_method
    name = None if secured.envelope is None else secured.envelope.kid
    return name if name is not None and name.startswith("did:") else None


def _lists(verdict: CredentialVerdict, judgement: Judgement) -> tuple[StatusList, ...]:
    urls = dict.fromkeys(one.list_url for one in verdict.statuses)
    return tuple(
        StatusList(url=url, digest=judgement.evidence.get(url).digest) for url in urls
    )


def _chains(verdict: CredentialVerdict) -> tuple[ToldChain, ...]:
    return tuple(chain for check in verdict.checks for chain in check.chains)


def consent_bases(prejudged: Prejudged) -> tuple[ConsentBasis, ...]:
    """Every consent that was looked at, and what became of it."""
    prepared, facts = prejudged.consents, prejudged.facts
    if prepared is None or facts is None:
        return ()
    standing = {one.consent: one.code for one in prepared.trace}
    settings = consent_settings(prejudged.case.trust)
    patient = prejudged.case.request.patient
    names = patient_names(patient, settings)
    judgement = prejudged.case.judgement
    return tuple(
        _consent_basis(
            stated,
            verdict,
            standing=standing[stated.id],
            names=names,
            doubted=may_be_of_another(stated, patient, settings),
            judgement=judgement,
        )
        for stated, verdict in zip(facts.consents, facts.consented, strict=True)
    )


def _consent_basis(
    stated: ConsentFacts,
    verdict: CredentialVerdict | None,
    *,
    standing: str,
    names: frozenset[str],
    doubted: bool,
    judgement: Judgement,
) -> ConsentBasis:
    credential = stated.credential
    if credential is None or verdict is None:
        canonical = jcs.canonicalize(stated.resource)
        return ConsentBasis(
            id=stated.id,
            digest=hashlib.sha256(canonical).hexdigest(),
            standing=standing,
            is_credential=False,
            of_patient=not doubted,
            by_patient=False,
        )
    theirs = credential.proof == "valid" and credential.subject in names and not doubted
    return ConsentBasis(
        id=stated.id,
        digest=verdict.secured.digest,
        standing=standing,
        is_credential=True,
        of_patient=theirs,
        by_patient=theirs and credential.issuer in names,
        status_lists=_lists(verdict, judgement),
        chains=_chains(verdict),
    )
