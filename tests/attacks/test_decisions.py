"""``medid decide`` says yes to the honest request and to no variation of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.cli.main import run
from tests.attacks.decisions import (
    CONFIDENTIALITY,
    CONSENT_LIST,
    REASON,
    actor,
    consent_of,
    decision,
    entries,
    license_of,
    licensed,
    lists,
    provision,
    request_of,
    trust_file,
    with_member,
)
from tests.attacks.documents import (
    BOARD,
    DOCTOR,
    PATIENT,
    STRANGER,
    enveloped,
    license_draft,
    presentation,
    presented,
)
from tests.attacks.honest import Party, signed_rdfc
from tests.attacks.lists import INDEX, LIST
from tests.attacks.tokens import vc_jwt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.attacks.case import Case, Doc

pytestmark = pytest.mark.campaign


def unsigned(document: Doc) -> Doc:
    return {name: value for name, value in document.items() if name != "proof"}


def permits() -> Iterator[Case]:
    yield decision("honest", permit=True)
    yield decision("other-order", consent_of(), license_of(), permit=True)
    tokens = (enveloped(vc_jwt(unsigned(license_of()))), consent_of())
    yield decision("license-as-jwt", *tokens, permit=True)
    narrow = provision(actor=None)
    yield decision("any-actor", license_of(), consent_of(narrow), permit=True)


def license_attacks() -> Iterator[Case]:
    consent = consent_of()
    foreign = license_draft(credentialStatus=entries())
    foreign["credentialSubject"]["id"] = STRANGER.did
    licenses: dict[str, Any] = {
        "none": (),
        "of-other": (license_of(foreign),),
        "by-holder": (license_of(party=DOCTOR, issuer=DOCTOR.did),),
        "by-stranger": (license_of(party=STRANGER, issuer=STRANGER.did),),
        "by-patient": (license_of(party=PATIENT, issuer=PATIENT.did),),
        "claims-board": (license_of(party=DOCTOR),),
        "expired": (license_of(validUntil="2026-06-15T11:59:59Z"),),
        "not-yet-valid": (license_of(validFrom="2026-06-15T12:00:01Z"),),
        "without-status": (signed_rdfc(license_draft(credentialStatus=[]), BOARD),),
        "other-type": (consent,),
    }
    for status in ("suspended", "revoked", "expired", "inactive", "pending", "denied"):
        licenses[f"status-{status}"] = (licensed(licenseStatus=status),)
    claims: dict[str, Doc] = {
        "other-state": {"jurisdiction": "US-KY"},
        "country": {"jurisdiction": "US"},
        "case": {"jurisdiction": "us-oh"},
        "prefix": {"jurisdiction": "US-O"},
        "without-jurisdiction": {"jurisdiction": None},
        "without-number": {"licenseNumber": None},
        "without-status-claim": {"licenseStatus": None},
        "without-profession": {"profession": None},
        "registered-only": {"registrationType": "registered-without-license"},
        "expires-on-passed": {"expiresOn": "2026-06-14"},
        "other-profession": {
            "profession": [
                {
                    "type": "Code",
                    "system": "http://nucc.org/provider-taxonomy",
                    "code": "363L00000X",
                }
            ]
        },
    }
    for name, members in claims.items():
        licenses[name] = (licensed(**members),)
    for name, chosen in licenses.items():
        yield decision(f"license-{name}", *chosen, consent)
    yield decision("license-revoked", served=lists(INDEX))
    missing = {url: one for url, one in lists().items() if url != LIST}
    yield decision("license-list-absent", served=missing)
    forged = {**lists(), LIST: lists()[LIST] | {"issuer": STRANGER.did}}
    yield decision("license-list-forged", served=forged)
    halves = (licensed(jurisdiction="US-KY"), licensed(licenseStatus="suspended"))
    yield decision("license-two-halves", *halves, consent)


def consent_attacks() -> Iterator[Case]:
    good = license_of()
    purpose = [{"system": REASON, "code": "HRESCH"}]
    restricted = [{"system": CONFIDENTIALITY, "code": "R"}]
    ended = {"start": "2026-01-10", "end": "2026-06-14"}
    future = {"start": "2026-06-16", "end": "2026-12-31"}
    code = {"system": "http://loinc.org", "code": "1-1"}
    condition = {"system": "http://hl7.org/fhir/resource-types", "code": "Condition"}
    statuses = ("draft", "proposed", "rejected", "inactive", "entered-in-error", "x")
    treatment = {"coding": [{"code": "treatment"}]}
    rules: dict[str, Doc] = {
        "deny": provision(type="deny"),
        "type-missing": provision(type=None),
        "type-unknown": provision(type="Permit"),
        "purpose-other": provision(purpose=purpose),
        "actor-other": provision(actor=actor("Practitioner/other")),
        "actor-prefix": provision(actor=actor("Practitioner/exam")),
        "actor-longer": provision(actor=actor("Practitioner/example-2")),
        "actor-case": provision(actor=actor("practitioner/example")),
        "actor-wildcard": provision(actor=actor("*")),
        "actor-type-wildcard": provision(actor=actor("Practitioner/*")),
        "actor-empty": provision(actor=actor("")),
        "period-ended": provision(period=ended),
        "period-future": provision(period=future),
        "period-malformed": provision(period={"end": "soon"}),
        "unknown-member": provision(
            modifierExtension=[{"url": "urn:x", "valueBoolean": True}]
        ),
        "nested-deny": provision(provision=[provision(type="deny")]),
        "data-other": provision(data=[_data("Observation/other")]),
        "code-other": provision(code=[{"coding": [code]}]),
        "class-other": provision(**{"class": [condition]}),
    }
    for name, rule in rules.items():
        yield decision(f"consent-{name}", good, consent_of(rule))
    for status in statuses:
        consent = consent_of(resource={"status": status})
        yield decision(f"consent-status-{status}", good, consent)
    whole: dict[str, Doc] = {
        "self-granted": consent_of(party=DOCTOR, issuer=DOCTOR.did),
        "self-granted-grantor": consent_of(
            party=DOCTOR, issuer=DOCTOR.did, claims={"grantor": DOCTOR.did}
        ),
        "by-board": consent_of(party=BOARD, issuer=BOARD.did),
        "by-stranger": consent_of(party=STRANGER, issuer=STRANGER.did),
        "claims-patient": consent_of(party=DOCTOR),
        "expired": consent_of(validUntil="2026-06-15T11:59:59Z"),
        "not-yet-valid": consent_of(validFrom="2026-06-16T00:00:00Z"),
        "bound-to-other": consent_of(claims={"actorBinding": [_binding(STRANGER)]}),
        "grantor-other": consent_of(claims={"grantor": STRANGER.did}),
        "refused": consent_of(claims={"consentStatus": "ConsentRefused"}),
        "withdrawn": consent_of(claims={"consentStatus": "ConsentWithdrawn"}),
        "patient-other": consent_of(resource={"patient": {"reference": STRANGER.did}}),
        "patient-missing": consent_of(resource={"patient": {}}),
        "scope-treatment": consent_of(resource={"scope": treatment}),
        "not-a-consent": consent_of(resource={"resourceType": "Patient"}),
    }
    for name, consent in whole.items():
        yield decision(f"consent-{name}", good, consent)
    yield decision("consent-none", good)
    deny = consent_of(provision(type="deny"), id="urn:uuid:deny")
    yield decision("consent-permit-then-deny", good, consent_of(), deny)
    yield decision("consent-deny-then-permit", good, deny, consent_of())
    yield decision("consent-revoked", served=lists(consents=(INDEX,)))
    missing = {url: one for url, one in lists().items() if url != CONSENT_LIST}
    yield decision("consent-list-absent", served=missing)
    yield decision(
        "consent-label-above",
        request=request_of(properties={"securityLabel": restricted}),
    )


def _data(reference: str) -> Doc:
    return {"meaning": "instance", "reference": {"reference": reference}}


def _binding(party: Party) -> Doc:
    return {
        "type": "ActorBinding",
        "reference": "Practitioner/example",
        "did": party.did,
    }


def presentation_attacks() -> Iterator[Case]:
    both = (license_of(), consent_of())
    honest = presented(*both)
    shown: dict[str, Doc] = {
        "unsigned": presentation(*both),
        "proof-empty": {**presentation(*both), "proof": []},
        "challenge-other": presented(*both, challenge="old"),
        "challenge-missing": presented(*both, challenge=None),
        "domain-other": presented(*both, domain="evil.example"),
        "domain-missing": presented(*both, domain=None),
        "stolen": presented(*both, party=STRANGER),
        "patient-presents": presented(*both, party=PATIENT),
        "tampered": {**honest, "id": "urn:uuid:other"},
        "expired-proof": presented(*both, expires="2026-06-15T11:00:00Z"),
        "purpose": presented(*both, proofPurpose="assertionMethod"),
        "bare-license": both[0],
        "credential-added": {
            **honest,
            "verifiableCredential": [*both, consent_of(id="urn:uuid:2")],
        },
    }
    for name, document in shown.items():
        yield decision(f"presentation-{name}", presentation=document)


def request_attacks() -> Iterator[Case]:
    honest = request_of()
    purposes: dict[str, Any] = {
        "research": [{"system": REASON, "code": "HRESCH"}],
        "two": [{"system": REASON, "code": c} for c in ("TREAT", "HMARKT")],
        "none": [],
        "missing": None,
        "unknown": [{"system": REASON, "code": "NOPE"}],
        "parent": [{"system": REASON, "code": "PurposeOfUse"}],
        "other-system": [{"system": "urn:x", "code": "TREAT"}],
        "case": [{"system": REASON, "code": "treat"}],
    }
    for name, purpose in purposes.items():
        way = ("action", "properties", "purposeOfUse")
        asked = with_member(honest, *way, value=purpose)
        yield decision(f"request-purpose-{name}", request=asked)
    changes: dict[str, Doc] = {
        "subject-other": with_member(honest, "subject", "id", value=STRANGER.did),
        "subject-case": with_member(honest, "subject", "id", value=DOCTOR.did.upper()),
        "action-unknown": with_member(honest, "action", "name", value="delete"),
        "patient-other": request_of(properties={"patient": "Patient/p-10"}),
        "patient-missing": request_of(properties={"patient": None}),
        "patient-prefix": request_of(properties={"patient": "Patient/p-"}),
        "patient-did": request_of(properties={"patient": STRANGER.did}),
        "location-other": request_of(patientLocation="US-KY"),
        "location-missing": request_of(patientLocation=None),
        "location-country": request_of(patientLocation="US"),
        "break-glass-empty": request_of(
            patientLocation="US-KY", breakGlass={"declared": True}
        ),
        "profession-other": with_member(
            honest, "subject", "properties", value={"profession": "363L00000X"}
        ),
        "options": {**request_of(patientLocation="US-KY"), "options": {"checks": []}},
    }
    for name, asked in changes.items():
        yield decision(f"request-{name}", request=asked)


def trust_attacks() -> Iterator[Case]:
    board = trust_file()["acceptedBoards"][0]
    boards: dict[str, Any] = {
        "other-board": {**board, "did": STRANGER.did},
        "case": {**board, "did": BOARD.did.upper()},
        "other-jurisdiction": {**board, "jurisdictions": ["US-KY"]},
        "no-jurisdiction": {**board, "jurisdictions": []},
        "other-profession": {**board, "professions": ["363L00000X"]},
        "no-profession": {**board, "professions": []},
        "other-type": {**board, "credentialTypes": ["PatientConsentCredential"]},
        "ended": {**board, "validUntil": "2026-06-01T00:00:00Z"},
        "future": {**board, "validFrom": "2026-07-01T00:00:00Z"},
        "misspelt": {**board, "jurisdiction": ["US-OH"]},
    }
    for name, chosen in boards.items():
        trust = trust_file(acceptedBoards=[chosen])
        yield decision(f"trust-{name}", trust=trust)
    half = [
        {**board, "jurisdictions": ["US-KY"]},
        {**board, "professions": ["363L00000X"]},
    ]
    files: dict[str, Doc] = {
        "two-halves": trust_file(acceptedBoards=half),
        "no-boards": trust_file(acceptedBoards=[]),
        "patient-unmapped": trust_file(consent={"patientDids": {}}),
        "patient-mapped-to-other": trust_file(
            consent={"patientDids": {"Patient/p-10": PATIENT.did}}
        ),
        "boards-missing": {"consent": trust_file()["consent"]},
        "misspelt": {"acceptedBoard": trust_file()["acceptedBoards"]},
    }
    for name, trust in files.items():
        yield decision(f"trust-{name}", trust=trust)


def all_cases() -> list[Case]:
    groups = (
        permits,
        license_attacks,
        consent_attacks,
        presentation_attacks,
        request_attacks,
        trust_attacks,
    )
    return [case for group in groups for case in group()]


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_decision(
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, content in case.files.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    code = run(list(case.argv))
    shown = capsys.readouterr()
    assert "Traceback" not in shown.out + shown.err
    for canary in case.canaries:
        assert canary not in shown.out + shown.err
    if case.expect == "verified":
        assert code == 0, shown.out + shown.err
        assert json.loads(shown.out)["decision"] is True
        return
    # A trust file or request that is itself wrong is refused as a wrong call.
    assert code in {1, 2, 3}, shown.out
    answer = json.loads(shown.out)
    assert answer.get("decision") is not True
    assert (code == 2) == ("error" in answer)
    assert code != 2 or answer["error"]["code"] != "INTERNAL_ERROR"
