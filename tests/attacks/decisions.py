"""Access decisions that an attacker wants, and the few that are right."""

from __future__ import annotations

import copy
from typing import Any, Final

from tests.attacks.case import NOW, Case, Doc, as_bytes
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NONCE,
    PATIENT,
    consent_draft,
    fhir_consent,
    license_draft,
    presented,
)
from tests.attacks.honest import Party, signed, signed_rdfc
from tests.attacks.lists import INDEX, LIST, SECOND_LIST, draft_list, entry

CONSENT_LIST: Final = "https://wallet.example/status/7"
REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ARGV: Final = (
    *("decide", "--presentation", "presentation.json", "--request", "request.json"),
    *("--trust", "trust.json", "--challenge", NONCE, "--domain", "hospital.example"),
    *("--offline", "--json", "--now", NOW),
)


def entries(url: str = LIST) -> list[Doc]:
    """A revocation and, for a license, a suspension entry."""
    first = entry(id=f"{url}#{INDEX}", statusListCredential=url)
    second = entry(
        purpose="suspension",
        id=f"{SECOND_LIST}#{INDEX}",
        statusListCredential=SECOND_LIST,
    )
    return [first, second] if url == LIST else [first]


def license_of(draft: Doc | None = None, party: Party = BOARD, **members: Any) -> Doc:
    """A signed license; members replace those of the credential."""
    base = draft or license_draft(credentialStatus=entries())
    return signed_rdfc({**base, **members}, party)


def licensed(**claims: Any) -> Doc:
    """A signed license with other claims; ``None`` removes one."""
    draft = license_draft(credentialStatus=entries())
    node = draft["credentialSubject"]["license"]
    for name, value in claims.items():
        node.pop(name, None)
        if value is not None:
            node[name] = value
    return license_of(draft)


def provision(**members: Any) -> Doc:
    """A rule that permits the practitioner to treat; ``None`` removes a member."""
    actor = {
        "role": {"coding": [{"system": ROLE, "code": "IRCP"}]},
        "reference": {"reference": "Practitioner/example"},
    }
    rule = {
        "type": "permit",
        "period": {"start": "2026-01-10", "end": "2026-12-31"},
        "actor": [actor],
        "purpose": [{"system": REASON, "code": "TREAT"}],
        "securityLabel": [{"system": CONFIDENTIALITY, "code": "N"}],
        **members,
    }
    return {name: value for name, value in rule.items() if value is not None}


def consent_of(
    rule: Doc | None = None,
    party: Party = PATIENT,
    *,
    resource: Doc | None = None,
    claims: Doc | None = None,
    **members: Any,
) -> Doc:
    """A signed consent with this rule, resource, claims and credential members."""
    content = {**fhir_consent(), "provision": rule or provision(), **(resource or {})}
    draft = consent_draft(content, credentialStatus=entries(CONSENT_LIST))
    draft["credentialSubject"].update(claims or {})
    return signed_rdfc({**draft, **members}, party)


def trust_file(**members: Any) -> Doc:
    """The hospital's trust file; members replace its own."""
    board = {
        "did": BOARD.did,
        "jurisdictions": ["US-OH"],
        "professions": ["208D00000X"],
    }
    return {
        "acceptedBoards": [board],
        "placeOfService": {"US": "patient"},
        "consent": {"patientDids": {"Patient/p-9": PATIENT.did}},
        **members,
    }


def request_of(*, properties: Doc | None = None, **context: Any) -> Doc:
    """The doctor asks to read a blood pressure of patient p-9, in person."""
    purpose = [{"system": REASON, "code": "TREAT"}]
    resource = {
        "patient": "Patient/p-9",
        "securityLabel": [{"system": CONFIDENTIALITY, "code": "N"}],
        "code": [{"system": "http://loinc.org", "code": "85354-9"}],
        "clinicalDate": "2026-03-01",
        "custodian": "Organization/hospital",
        **(properties or {}),
    }
    where = {
        "time": NOW,
        "mode": "in-person",
        "patientLocation": "US-OH",
        "practitionerLocation": "US-OH",
        **context,
    }
    return {
        "subject": {
            "type": "practitioner",
            "id": DOCTOR.did,
            "properties": {"profession": "208D00000X"},
        },
        "action": {"name": "access", "properties": {"purposeOfUse": purpose}},
        "resource": {
            "type": "Observation",
            "id": "Observation/blood-pressure",
            "properties": {k: v for k, v in resource.items() if v is not None},
        },
        "context": {k: v for k, v in where.items() if v is not None},
    }


def lists(*ones: int, consents: tuple[int, ...] = ()) -> dict[str, Doc]:
    """The three status lists; ``ones`` are set in the board's revocations."""
    suspension = {**draft_list(purpose="suspension"), "id": SECOND_LIST}
    wallet = {**draft_list(*consents), "id": CONSENT_LIST, "issuer": PATIENT.did}
    return {
        LIST: signed(draft_list(*ones), BOARD),
        SECOND_LIST: signed(suspension, BOARD),
        CONSENT_LIST: signed(wallet, PATIENT),
    }


def decision(
    name: str,
    *credentials: Any,
    presentation: Doc | None = None,
    request: Doc | None = None,
    trust: Doc | None = None,
    served: dict[str, Doc] | None = None,
    permit: bool = False,
) -> Case:
    """One call of ``medid decide``; without credentials, the honest two."""
    shown = presentation or presented(*(credentials or (license_of(), consent_of())))
    files = {
        "presentation.json": as_bytes(shown),
        "request.json": as_bytes(request or request_of()),
        "trust.json": as_bytes(trust or trust_file()),
    }
    argv = list(ARGV)
    for number, (url, document) in enumerate((served or lists()).items()):
        files[f"served-{number}.json"] = as_bytes(document)
        argv += ["--document", f"{url}=served-{number}.json"]
    return Case(
        id=f"decide/{name}",
        group="decide",
        files=files,
        argv=tuple(argv),
        expect="verified" if permit else "not-verified",
        canaries=CANARIES,
    )


def actor(reference: str) -> list[Doc]:
    """One actor of a consent's rule."""
    return [
        {
            "role": {"coding": [{"system": ROLE, "code": "IRCP"}]},
            "reference": {"reference": reference},
        }
    ]


def with_member(document: Doc, *way: str, value: Any) -> Doc:
    """A copy with ``value`` at ``way``; ``None`` removes the member."""
    result = copy.deepcopy(document)
    node: Any = result
    for step in way[:-1]:
        node = node[step]
    node.pop(way[-1], None)
    if value is not None:
        node[way[-1]] = value
    return result
