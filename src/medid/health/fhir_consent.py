"""FHIR Consent -> the draft of a consent credential, which holds it untouched.

Whether consent was given is for the caller to state: the resource's ``status`` says
whether it is in force, and not what the patient answered.

Spec: https://hl7.org/fhir/R4/consent.html, https://hl7.org/fhir/R5/consent.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.dids.syntax import Did
from medid.errors import MissingFact
from medid.health.drafts import Frame, consent_credential
from medid.health.fhir import status, version
from medid.health.fhir_losses import Source
from medid.health.fhir_practitioner import Imported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

_NEEDED: Final = "a consent credential needs what a FHIR Consent does not state"


def consent_draft(
    resource: JsonObject,
    frame: Frame,
    *,
    patient: str,
    terms: Mapping[str, JsonValue],
    release: str | None = None,
) -> Imported:
    """The draft of a consent credential that holds ``resource``.

    Args:
        resource: A FHIR R4 or R5 ``Consent``.
        frame: What the credential says about itself.
        patient: The DID of the patient.
        terms: Members of ``ConsentingPatient``; ``consentStatus`` must be one of them.
        release: ``medid.health.fhir.R4`` or ``R5``, where it must be that.

    Raises:
        MalformedValue: Not a Consent of a release, or with a modifier that medid does
            not know.
        MissingFact: The terms do not say whether consent was given.
        InvalidDid: The patient is not named by a DID.
        ParsingError: Not JSON within medid's limits.
    """
    root = Source.of(resource)
    status(resource, version(resource, release))
    root.refuse_modifiers()
    Did.parse(patient)
    if "consentStatus" not in terms:
        fix = "state it: nothing is made up"
        raise MissingFact(f"{_NEEDED}: consentStatus", path="$", fix=fix)
    draft = consent_credential(frame, patient=patient, consent=resource, terms=terms)
    root.take()
    return Imported(draft=draft, losses=root.losses({}))
