"""A patient consents to treatment, and takes the consent back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import medid
from medid.core.entropy import uuid_urn
from medid.core.instant import Window
from medid.health.drafts import Frame, consent_credential

if TYPE_CHECKING:
    from medid.core.json import JsonObject

now = medid.system_clock()
LIST = "https://wallet.example/status/1"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope"

patient = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.ED25519))
physician = medid.Controller.did_key(medid.PrivateKey.generate(medid.KeyKind.ED25519))

own_list = medid.new_list(LIST, "revocation", patient, at=now)

# A FHIR R4 Consent, as it is. The actor is a name; the binding says whose DID it is.
role: JsonObject = {"coding": [{"system": ROLES, "code": "IRCP"}]}
fhir: JsonObject = {
    "resourceType": "Consent",
    "status": "active",
    "scope": {"coding": [{"system": SCOPES, "code": "patient-privacy"}]},
    "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
    "patient": {"reference": patient.did},
    "dateTime": str(now),
    "policy": [{"uri": "https://hospital.example/policies/privacy"}],
    "provision": {
        "type": "permit",
        "actor": [{"role": role, "reference": {"reference": "Practitioner/chen"}}],
        "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
    },
}
binding: JsonObject = {
    "type": "ActorBinding",
    "reference": "Practitioner/chen",
    "did": physician.did,
}
draft = consent_credential(
    Frame(
        id=uuid_urn(),
        issuer=patient.did,
        window=Window(now.plus(-60), now.plus(30 * 86_400)),
        status=[
            {
                "id": f"{LIST}#7",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "7",
                "statusListCredential": LIST,
            }
        ],
    ),
    patient=patient.did,
    consent=fhir,
    terms={"grantor": patient.did, "actorBinding": [binding]},
)
consent = medid.issue(draft, patient, at=now)
assert isinstance(consent, dict)
assert isinstance(own_list, dict)
print("granted:", consent["id"])

# Withdrawing is as easy as granting: one call, and a new list to publish.
withdrawn = medid.withdraw(consent, own_list, patient, at=now)
assert isinstance(withdrawn, dict)
print("withdrawn; publish at", withdrawn["id"])
