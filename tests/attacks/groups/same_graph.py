"""Other JSON for the same RDF: the signature stays right, a reader sees less.

All documents here are changed after they were signed with eddsa-rdfc-2022. Canonical
N-Quads, and with them the signature, are equal before and after.
"""

from __future__ import annotations

import copy
from typing import Any, Final

from tests.attacks.case import Case, Doc, Group
from tests.attacks.documents import (
    BOARD,
    CANARIES,
    DOCTOR,
    NAME,
    PATIENT,
    consent_draft,
    legacy,
    license_draft,
    plain,
    presentation,
)
from tests.attacks.honest import rdfc, signed_rdfc

_CODES: Final = "NOT_COMPACT DATA_LOSS_DETECTION_ERROR MALFORMED_VALUE_ERROR"
_CRED: Final = "https://www.w3.org/2018/credentials#"
_DATE_TIME: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
_HEALTH: Final = "https://w3id.org/medid/health/v1"


def cases() -> list[Case]:
    """Every case of this class."""
    group = Group(name="same-graph", canaries=CANARIES)
    _values(group)
    _split_subjects(group)
    _split_licenses(group)
    _moved(group)
    _emptied(group)
    _legacy(group)
    _presentations(group)
    return group.made


def _add(group: Group, name: str, honest: Doc, mutant: Doc) -> None:
    """Add ``mutant`` once it is certain that its RDF is that of ``honest``."""
    unsecured = [
        {key: value for key, value in document.items() if key != "proof"}
        for document in (honest, mutant)
    ]
    if rdfc(unsecured[0]) != rdfc(unsecured[1]):
        message = f"{name}: the RDF differs, so this is no re-spelling"
        raise ValueError(message)
    group.add(name, mutant, codes=_CODES, why="RDF-equal, JSON-different")


def restricted() -> Doc:
    """A license draft with a condition, flags and a compact privilege."""
    draft = license_draft()
    condition = {
        "type": "LicenseCondition",
        "kind": "actionProhibited",
        "action": ["prescribe-schedule-2"],
        "text": "No Schedule II prescribing",
    }
    compact = {"type": "CompactPrivilege", "multistate": False, "compactName": "NLC"}
    node = draft["credentialSubject"]["license"]
    node["condition"] = [condition]
    node["compact"] = [compact]
    node["encumbered"] = True
    return draft


def _values(group: Group) -> None:
    honest = signed_rdfc(restricted(), BOARD)
    way: tuple[Any, ...] = ("credentialSubject", "license")

    def changed(*steps: Any, **members: Any) -> Doc:
        mutant = copy.deepcopy(honest)
        node = mutant
        for step in (*way, *steps):
            node = node[step]
        for name, value in members.items():
            node.pop(name, None)
            if value is not None:
                node[name] = value
        return mutant

    text = "No Schedule II prescribing"
    status = f"{_HEALTH}/license-status#active"
    kind = f"{_HEALTH}/condition#actionProhibited"
    mutants = {
        "term-alias": changed("condition", 0, text=None, description=text),
        "status-iri": changed(licenseStatus=status),
        "kind-iri": changed("condition", 0, kind=kind),
        "boolean-true-text": changed(encumbered="true"),
        "boolean-false-text": changed("compact", 0, multistate="false"),
    }
    for name, mutant in mutants.items():
        _add(group, f"value-{name}", honest, mutant)
    consent = signed_rdfc(consent_draft(), PATIENT)
    given = copy.deepcopy(consent)
    given["credentialSubject"]["consentStatus"] = "https://w3id.org/dpv#ConsentGiven"
    _add(group, "value-consent-status-iri", consent, given)


def _split_subjects(group: Group) -> None:
    draft = plain(
        credentialSubject={"id": DOCTOR.did, "name": NAME, "description": "surgeon"}
    )
    honest = signed_rdfc(draft, BOARD)
    one = {"id": DOCTOR.did, "name": NAME}
    other = {"id": DOCTOR.did, "description": "surgeon"}
    for name, subjects in {
        "halves": [one, other],
        "halves-reversed": [other, one],
        "and-whole": [draft["credentialSubject"], one],
        "twice": [draft["credentialSubject"]] * 2,
        "and-reference": [draft["credentialSubject"], {"id": DOCTOR.did}],
    }.items():
        mutant = {**honest, "credentialSubject": subjects}
        _add(group, f"subject-{name}", honest, mutant)


def _split_licenses(group: Group) -> None:
    honest = signed_rdfc(restricted(), BOARD)
    subject = honest["credentialSubject"]
    whole = subject["license"]
    free = {name: value for name, value in whole.items() if name != "condition"}
    rest = {name: whole[name] for name in ("id", "type", "condition")}
    bare = {"id": subject["id"], "type": subject["type"]}
    shapes: dict[str, Any] = {
        "condition-in-second-subject": [
            {**subject, "license": free},
            {**bare, "license": rest},
        ],
        "condition-in-first-subject": [
            {**bare, "license": rest},
            {**subject, "license": free},
        ],
        "condition-in-second-license": {**subject, "license": [free, rest]},
        "condition-in-first-license": {**subject, "license": [rest, free]},
    }
    for name, shape in shapes.items():
        mutant = {**honest, "credentialSubject": shape}
        _add(group, f"license-{name}", honest, mutant)


def _moved(group: Group) -> None:
    """A patient issues about himself: one node, described in two places."""
    honest = signed_rdfc(consent_draft(), PATIENT)
    subject = honest["credentialSubject"]
    claims = {name: value for name, value in subject.items() if name != "consent"}
    rest = {"id": PATIENT.did, "type": subject["type"], "consent": subject["consent"]}
    bare = {"id": PATIENT.did}
    _add(
        group,
        "consent-into-issuer",
        honest,
        {**honest, "issuer": rest, "credentialSubject": claims},
    )
    _add(
        group,
        "subject-into-issuer",
        honest,
        {**honest, "issuer": subject, "credentialSubject": bare},
    )
    for name in ("consentStatus", "actorBinding"):
        part = {"id": PATIENT.did, "type": subject["type"], name: subject[name]}
        left = {key: value for key, value in subject.items() if key != name}
        mutant = {**honest, "issuer": part, "credentialSubject": left}
        _add(group, f"{name}-into-issuer", honest, mutant)


def _emptied(group: Group) -> None:
    members: dict[str, Any] = {
        "evidence": [],
        "credentialStatus": [],
        "termsOfUse": [],
        "description": None,
        "validUntil": None,
        "name": [],
    }
    for name, value in members.items():
        draft = plain(validUntil=None)
        bare = signed_rdfc(draft, BOARD)
        _add(group, f"member-{name}", bare, {**bare, name: value})


def _legacy(group: Group) -> None:
    honest = signed_rdfc(legacy(expirationDate="2026-01-31T00:00:00Z"), BOARD)
    bare = {name: value for name, value in honest.items() if name != "expirationDate"}
    typed = {"@value": honest["expirationDate"], "@type": _DATE_TIME}
    spellings: dict[str, Doc] = {
        "full-iri": {f"{_CRED}expirationDate": typed},
        "value-object": {"expirationDate": typed},
        "nest": {"@nest": {"expirationDate": honest["expirationDate"]}},
        "array": {"expirationDate": [honest["expirationDate"]]},
    }
    for name, members in spellings.items():
        _add(group, f"legacy-expired-{name}", honest, {**bare, **members})


def _presentations(group: Group) -> None:
    """The practitioner names a holder, and hides whom he named."""
    credential = signed_rdfc(plain(), BOARD)
    draft = presentation(credential, holder=PATIENT.did)
    honest = signed_rdfc(draft, DOCTOR, proofPurpose="authentication")
    bare = {name: value for name, value in honest.items() if name != "holder"}
    holder = {"@id": PATIENT.did}
    spellings: dict[str, Doc] = {
        "full-iri": {f"{_CRED}holder": holder},
        "nest": {"@nest": {"holder": PATIENT.did}},
        "at-id": {"holder": holder},
        "array": {"holder": [PATIENT.did]},
    }
    for name, members in spellings.items():
        _add(group, f"holder-{name}", honest, {**bare, **members})
    own = signed_rdfc(presentation(credential), DOCTOR, proofPurpose="authentication")
    rest = {name: v for name, v in own.items() if name != "verifiableCredential"}
    hidden = {**rest, f"{_CRED}verifiableCredential": {"@graph": [credential]}}
    _add(group, "credentials-full-iri", own, hidden)
    nested = {**rest, "@nest": {"verifiableCredential": [credential]}}
    _add(group, "credentials-nest", own, nested)
