"""What the gateway answers: permit, and each way not to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.decision import Decision, Outcome
from medid.access.sources import MemoryConsents
from medid.access.verifier import AccessVerifier
from medid.adapters.cache import CachedFetch
from medid.cli.demo_world import (
    AUDIENCE,
    PATIENT,
    REVOCATIONS,
    SUSPENSIONS,
    WITHDRAWALS,
    _index_in,
)
from medid.core.entropy import uuid_urn
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, NoFetch
from medid.core.instant import Instant, Window
from medid.core.json import dumps
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    MalformedValue,
    MedidError,
)
from medid.health import contexts
from medid.health.vocabulary import CONSENT_CREDENTIAL, LICENSE_CREDENTIAL
from medid.issuing import (
    Controller,
    issue_sd_jwt,
    new_list,
    present_sd_jwt,
    set_status,
    withdraw,
)
from medid.keys import KeyKind
from medid.securing import data_integrity
from medid.securing.sd_jwt.key_binding import sign_key_binding
from medid.trust import TrustRegistry
from tests.access.world import (
    AT,
    NOTE,
    START,
    World,
    as_doc,
    controller,
    fhir_consent,
    on_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

DID_DOCUMENT = "https://board.example/.well-known/did.json"


@pytest.fixture(scope="module")
def world() -> World:
    """A world that tests read and do not change."""
    return World()


def answer(world: World, presentation: Any = None, **members: Any) -> Decision:
    shown = presentation if presentation is not None else world.shown()
    return world.verifier(**members).decide(shown, world.asks())


def told(decision: Decision) -> tuple[Outcome, tuple[str, ...]]:
    return decision.outcome, decision.codes


def signed_by_hand(document: dict[str, Any], signer: Controller) -> dict[str, Any]:
    """What ``issue`` would refuse to sign, signed by somebody who does not check."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    return as_doc(
        data_integrity.sign(
            bare,
            signer.signer,
            suite="eddsa-jcs-2022",
            options={
                "created": str(START),
                "verificationMethod": signer.verification_method,
                "proofPurpose": "assertionMethod",
            },
            contexts=contexts(),
        )
    )


# Permit.


@pytest.mark.parametrize("outer", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vp+jwt"])
@pytest.mark.parametrize("inner", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt"])
def test_license_consent_and_purpose_permit(
    world: World, outer: str, inner: str
) -> None:
    shown = world.shown(
        world.license_of(securing=inner),
        world.consent_of(securing=inner),
        securing=outer,
    )
    found = answer(world, shown)

    assert told(found) == (Outcome.PERMIT, ("LICENSE_OK", "CONSENT_PERMIT"))
    assert found
    assert found.at == AT
    assert found.basis is not None
    assert all(check.error is None for check in found.checks)


def test_the_presentation_may_be_text_bytes_or_an_object(world: World) -> None:
    shown = world.shown()
    found = [
        answer(world, form) for form in (shown, dumps(shown), dumps(shown).encode())
    ]

    assert [one.outcome for one in found] == [Outcome.PERMIT] * 3
    assert found[1].basis == found[2].basis


def test_a_consent_on_file_need_not_be_shown(world: World) -> None:
    found = answer(world, world.shown(world.license), consents=on_file(world.consent))

    assert told(found) == (Outcome.PERMIT, ("LICENSE_OK", "CONSENT_PERMIT"))


def sd_jwt_license(world: World, **claims: Any) -> str:
    document = {
        "iss": world.board.did,
        "vct": LICENSE_CREDENTIAL.iri,
        "sub": world.practitioner.did,
        **claims,
    }
    return issue_sd_jwt(
        {name: value for name, value in document.items() if value is not None},
        world.board,
        holder_key=world.practitioner.signer.public_key,
        at=START,
        disclosable=[],
    )


# Deny: the presentation.


def test_another_verifiers_presentation_is_refused(world: World) -> None:
    found = answer(world, world.shown(domain="https://other.example"))

    assert told(found) == (Outcome.DENY, ("INVALID_DOMAIN_ERROR",))
    assert found.findings[0].path == "$.proof.domain"


def test_the_challenge_of_another_session_is_refused(world: World) -> None:
    verifier = world.verifier()
    shown = world.shown(challenge="mine")

    assert verifier.decide(shown, world.asks(), challenge="mine")
    found = verifier.decide(shown, world.asks(), challenge="another")
    assert told(found) == (Outcome.DENY, ("INVALID_CHALLENGE_ERROR",))
    assert found.findings[0].path == "$.proof.challenge"


def test_a_session_keeps_its_challenge_beside_a_store(world: World) -> None:
    gateway = world.gateway()
    mine, anothers = gateway.challenge(), gateway.challenge()
    found = gateway.decide(
        world.shown(challenge=anothers), world.asks(), challenge=mine
    )

    assert told(found) == (Outcome.DENY, ("INVALID_CHALLENGE_ERROR",))


def test_a_broken_signature_is_refused(world: World) -> None:
    shown = world.shown()
    shown["id"] = uuid_urn()
    found = answer(world, shown)

    assert told(found) == (Outcome.DENY, ("PROOF_VERIFICATION_ERROR",))
    assert found.findings[0].about == "presentation"
    assert found.expires is None


@pytest.mark.parametrize("name", ["patient", "user-4711", "did:", " "])
def test_a_request_about_anyone_but_the_presenter_is_refused(
    world: World, name: str
) -> None:
    request = world.asks()
    request["subject"]["id"] = world.patient.did if name == "patient" else name
    found = world.verifier().decide(world.shown(), request)

    assert told(found) == (Outcome.DENY, ("HOLDER_BINDING_ERROR",))
    assert found.findings[0].path == "$.holder"


@pytest.mark.parametrize("what", ["license", "consent", "did-document"])
def test_what_nobody_presents_opens_nothing(world: World, what: str) -> None:
    document = {
        "license": world.license,
        "consent": world.consent,
        "did-document": world.web.documents[DID_DOCUMENT],
    }[what]
    found = answer(world, document)

    assert told(found) == (Outcome.DENY, ("HOLDER_BINDING_ERROR",))


def test_an_unsigned_presentation_opens_nothing(world: World) -> None:
    shown = world.shown()
    del shown["proof"]
    found = answer(world, shown)

    assert found.outcome is Outcome.DENY
    assert found.codes == ("PROOF_VERIFICATION_ERROR",)


# Deny: the license.


def test_a_presentation_without_license_is_refused(world: World) -> None:
    found = answer(world, world.shown(world.consent))

    assert found.outcome is Outcome.DENY
    assert found.codes[0] == "NO_LICENSE"


def test_the_license_of_another_practitioner_is_refused(world: World) -> None:
    thief = controller()
    request = world.asks()
    request["subject"]["id"] = thief.did
    found = world.verifier().decide(world.shown(by=thief), request)

    assert found.outcome is Outcome.DENY
    assert "HOLDER_MISMATCH" in found.codes


def test_a_stranger_is_no_board_and_gets_nothing_fetched(world: World) -> None:
    stranger = controller()
    scene = World()
    license_ = scene.license_of(issuer=stranger)
    found = scene.verifier().decide(scene.shown(license_, scene.consent), scene.asks())

    assert found.outcome is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in found.codes
    assert set(scene.net.asked) <= {WITHDRAWALS}


def test_nothing_at_all_is_fetched_for_strangers(world: World) -> None:
    scene = World()
    stranger = controller()
    lists = "https://stranger.example/status"
    license_ = scene.license_of(issuer=stranger)
    consent = scene.consent_of(stranger, status_at=lists)
    scene.verifier().decide(scene.shown(license_, consent), scene.asks())

    assert scene.net.asked == []


def test_an_expired_license_is_refused(world: World) -> None:
    expired = world.license_of(window=Window(START.plus(-3600), AT))
    found = answer(world, world.shown(expired, world.consent))

    assert found.outcome is Outcome.DENY
    assert found.codes[0] == "LICENSE_EXPIRED"


def test_a_license_holds_to_its_last_instant(world: World) -> None:
    ends = world.license_of(window=Window(START.plus(-3600), AT.plus(1)))
    found = answer(world, world.shown(ends, world.consent))

    assert found.outcome is Outcome.PERMIT
    assert found.expires == AT.plus(1)


def test_a_license_without_status_is_not_relied_on(world: World) -> None:

    document = {
        name: value
        for name, value in world.license.items()
        if name not in ("proof", "credentialStatus")
    }
    assert LICENSE_CREDENTIAL.name in as_doc(document)["type"]
    signed = signed_by_hand(document, world.board)
    found = answer(world, world.shown(signed, world.consent))

    assert found.outcome is Outcome.DENY
    assert "STATUS_UNKNOWN" in found.codes


def test_a_stale_status_list_permits_nothing() -> None:
    scene = World()
    scene.web.at = AT.plus(-86_401)
    found = answer(scene)

    assert found.outcome is Outcome.DENY
    assert {"STATUS_STALE", "STATUS_UNKNOWN"} & set(found.codes)


def test_a_suspended_license_is_refused_and_later_restored() -> None:
    scene = World()
    scene.suspend(START.plus(30))
    found = answer(scene)

    assert found.outcome is Outcome.DENY
    assert found.codes[0] == "CREDENTIAL_SUSPENDED"

    index = _index_in(scene.license, SUSPENSIONS)
    restored = set_status(
        scene.web.documents[SUSPENSIONS], index, scene.board, value=False, at=START
    )
    scene.web.documents[SUSPENSIONS] = as_doc(restored)
    assert answer(scene)


def test_a_revoked_license_is_refused_as_revoked() -> None:
    scene = World()
    index = _index_in(scene.license, REVOCATIONS)
    revoked = set_status(scene.web.documents[REVOCATIONS], index, scene.board, at=START)
    scene.web.documents[REVOCATIONS] = as_doc(revoked)
    found = answer(scene)

    assert found.outcome is Outcome.DENY
    assert found.codes[0] == "CREDENTIAL_REVOKED"
    assert found.findings[0].credential == scene.license["id"]


def test_a_license_that_cannot_be_read_is_told_and_not_used(world: World) -> None:

    document = {n: v for n, v in world.license.items() if n != "proof"}
    subject = as_doc(document["credentialSubject"])
    license_ = as_doc(subject["license"])
    license_["jurisdiction"] = 5
    document["credentialSubject"] = {**subject, "license": license_}
    signed = signed_by_hand(document, world.board)
    found = answer(world, world.shown(signed, world.consent))

    assert found.outcome is Outcome.DENY
    assert found.codes[0] == "NO_LICENSE"
    unread = found.findings[-1]
    assert (unread.about, unread.code) == ("license", "MALFORMED_VALUE_ERROR")
    assert unread.path is not None
    assert unread.path.startswith("$.verifiableCredential[0].credentialSubject")


# Deny and not applicable: the consent.


def test_no_consent_is_not_applicable(world: World) -> None:
    found = answer(world, world.shown(world.license))

    assert found.outcome in {Outcome.NOT_APPLICABLE, Outcome.DENY}
    assert not found
    assert "DEFAULT_POLICY_DENY" in found.codes


@pytest.mark.parametrize(
    ("purpose", "resource"),
    [("HRESCH", "Observation/blood-pressure"), ("TREAT", NOTE)],
)
def test_what_the_consent_does_not_cover_is_refused(
    world: World, purpose: str, resource: str
) -> None:
    found = world.verifier().decide(world.shown(), world.asks(purpose, resource))

    assert found.outcome is not Outcome.PERMIT
    assert found.codes[0] == "LICENSE_OK"


def test_a_withdrawn_consent_permits_nothing() -> None:
    scene = World()
    assert answer(scene)
    scene.withdraw(START.plus(30))
    found = answer(scene)

    assert not found
    assert "CONSENT_REVOKED" in found.codes


def test_somebody_elses_list_does_not_withdraw_a_consent() -> None:
    scene = World()
    stranger = controller()
    forged = as_doc(new_list(WITHDRAWALS, "revocation", stranger, at=START))
    index = _index_in(scene.consent, WITHDRAWALS)
    scene.web.documents[WITHDRAWALS] = as_doc(
        set_status(forged, index, stranger, at=START)
    )
    found = answer(scene)

    # The foreign revocation is not believed; that the true list is missing counts.
    assert not found
    assert "CONSENT_REVOKED" not in found.codes
    assert any(check.code == "STATUS_VERIFICATION_ERROR" for check in found.checks)
    # It was there and is another's: that is no outage.
    assert found.outcome is Outcome.NOT_APPLICABLE


def test_a_deny_on_file_beats_a_permit_that_was_shown(world: World) -> None:
    found = answer(world, consents=on_file(fhir_consent("deny")))

    assert told(found) == (Outcome.DENY, ("LICENSE_OK", "CONSENT_DENY"))
    assert found.findings[1].credential == "on-file-1"


def test_what_is_on_file_is_found_by_any_version_of_the_patient(world: World) -> None:
    verifier = world.verifier(consents=on_file(fhir_consent("deny")))
    asked = world.asks()
    asked["resource"]["properties"]["patient"] = f"{PATIENT}/_history/2"

    found = verifier.decide(world.shown(), asked)
    checked = verifier.compile(world.shown(), world.asks()).check(asked["resource"])
    permitted = world.verifier().compile(world.shown(), asked)

    assert told(found) == (Outcome.DENY, ("LICENSE_OK", "CONSENT_DENY"))
    assert told(checked) == told(found)
    assert permitted.check(asked["resource"])
    assert permitted.check(world.asks()["resource"])


def test_what_is_on_file_is_found_by_a_did_of_the_patient(world: World) -> None:
    asked = world.asks()
    asked["resource"]["properties"]["patient"] = world.patient.did
    refused = world.verifier(consents=on_file(fhir_consent("deny")))

    found = refused.decide(world.shown(), asked)

    assert world.verifier().decide(world.shown(), asked)
    assert told(found) == (Outcome.DENY, ("LICENSE_OK", "CONSENT_DENY"))


@pytest.mark.parametrize("named", ["reference", "did"])
def test_what_is_on_file_under_a_did_of_the_patient_is_found(
    world: World, named: str
) -> None:
    trust: Any = world.trust()
    others = [f"did:example:{number}" for number in range(2)]
    dids = [others[0], world.patient.did, others[1]]
    trust["consent"]["patientDids"] = {PATIENT: dids}
    asked = world.asks()
    if named == "did":
        asked["resource"]["properties"]["patient"] = others[0]
    # What a wallet keeps for a custodian bears the DID where no reference was given.
    refusal = fhir_consent("deny", patient={"reference": world.patient.did})
    kept = MemoryConsents({world.patient.did: [refusal]})
    verifier = world.verifier(trust=TrustRegistry.from_json(trust), consents=kept)

    found = verifier.decide(world.shown(), asked)

    assert told(found) == (Outcome.DENY, ("LICENSE_OK", "CONSENT_DENY"))


def test_a_signed_deny_on_file_beats_a_permit_that_was_shown(world: World) -> None:
    deny = fhir_consent("deny")
    refusal = world.consent_of(resource=deny, securing="vc+jwt")
    found = answer(world, consents=on_file(refusal))

    assert told(found) == (Outcome.DENY, ("LICENSE_OK", "CONSENT_DENY"))


@pytest.mark.parametrize("form", ["object", "text", "reordered"])
def test_a_consent_shown_and_on_file_is_counted_once(world: World, form: str) -> None:
    kept: Any = world.consent
    if form == "text":
        kept = "\n" + dumps(world.consent, indent=4)
    if form == "reordered":
        kept = dict(reversed(world.consent.items()))
    found = answer(world, consents=on_file(kept), presentation=world.shown())
    named = [one.credential for one in found.findings if one.about == "consent"]

    assert found
    assert named == [world.consent["id"]]
    shown_twice = world.verifier().decide(
        world.shown(world.license, world.consent, world.consent), world.asks(NOTE)
    )
    assert not any("~" in (one.credential or "") for one in shown_twice.findings)


def test_a_refusal_under_the_name_of_a_server_outweighs_a_consent(
    world: World,
) -> None:
    """Asked for by the local record, by any of the names, or by the server's name."""
    assert answer(world)
    far = f"https://ehr.example/fhir/{PATIENT}"
    refusal = fhir_consent("deny", patient={"reference": far})
    found = answer(world, consents=MemoryConsents({far: [refusal]}))

    assert found.outcome is Outcome.DENY
    assert "CONSENT_PATIENT_UNKNOWN" in found.codes
    request = world.asks()
    request["resource"]["properties"]["patient"] = far
    for kept in ({far: [refusal]}, {PATIENT: [fhir_consent("deny")]}):
        verifier = world.verifier(consents=MemoryConsents(kept))
        found = verifier.decide(world.shown(), request)
        assert found.outcome is Outcome.DENY
        assert "CONSENT_DENY" in found.codes


def test_two_consents_with_one_id_are_told_apart(world: World) -> None:
    twice = [fhir_consent("permit"), fhir_consent("deny")]
    found = answer(world, consents=on_file(*twice))

    assert found.outcome is Outcome.DENY
    assert [one.credential for one in found.findings if one.about == "consent"] == [
        "on-file-1~2"
    ]


@pytest.mark.parametrize("name", ["", None, 5])
def test_a_record_without_id_gets_one(world: World, name: object) -> None:
    found = answer(world, consents=on_file(fhir_consent("deny", id=name)))

    assert found.outcome is not Outcome.PERMIT
    assert "kept-1" in {one.credential for one in found.findings}


def test_a_consent_about_another_patient_does_not_apply(world: World) -> None:
    request = world.asks()
    request["resource"]["properties"]["patient"] = "Patient/q"
    found = world.verifier().decide(world.shown(), request)

    assert not found
    assert "CONSENT_PERMIT" not in found.codes


def test_another_patients_consent_does_not_apply(world: World) -> None:
    other = controller()
    scene = World()
    scene.publish("https://other.example/status", "revocation", other)
    consent = scene.consent_of(other, status_at="https://other.example/status")
    found = scene.verifier().decide(scene.shown(scene.license, consent), scene.asks())

    assert not found
    assert "CONSENT_PERMIT" not in found.codes


def test_nobody_grants_himself_a_consent() -> None:
    scene = World()
    scene.publish("https://me.example/status", "revocation", scene.practitioner)
    own = scene.consent_of(
        scene.practitioner,
        subject=scene.patient.did,
        status_at="https://me.example/status",
    )
    found = scene.verifier().decide(scene.shown(scene.license, own), scene.asks())

    assert not found
    assert "CONSENT_PERMIT" not in found.codes


# Indeterminate.


@pytest.mark.parametrize("url", [REVOCATIONS, SUSPENSIONS])
def test_a_list_that_cannot_be_fetched_is_no_list_without_bits(url: str) -> None:
    scene = World()
    scene.net.down.add(url)
    found = answer(scene)

    assert not found
    assert found.outcome is Outcome.INDETERMINATE
    assert "STATUS_UNKNOWN" in found.codes
    assert any(check.code == "STATUS_RETRIEVAL_ERROR" for check in found.checks)


@pytest.mark.parametrize("url", [REVOCATIONS, SUSPENSIONS])
def test_an_outage_beside_a_refusal_is_a_denial(url: str) -> None:
    scene = World()
    scene.net.down.add(url)
    withdrawn = {**scene.consent, "validUntil": str(AT.plus(-1))}
    signed = signed_by_hand(withdrawn, scene.patient)
    found = answer(scene, scene.shown(scene.license, signed))

    assert found.outcome is Outcome.DENY
    asked = scene.asks()
    asked["subject"]["properties"]["profession"] = "163W00000X"
    found = scene.verifier().decide(scene.shown(), asked)
    assert "STATUS_UNKNOWN" in found.codes
    assert found.outcome is Outcome.DENY


@pytest.mark.parametrize("kept", [False, True], ids=["presented", "kept"])
def test_a_consent_whose_list_cannot_be_fetched_is_no_denial(*, kept: bool) -> None:
    scene = World()
    scene.net.down.add(WITHDRAWALS)
    shown = scene.shown(scene.license) if kept else scene.shown()
    source = on_file(scene.consent) if kept else None
    verifier = scene.verifier(consents=source)
    found = verifier.decide(shown, scene.asks())

    assert found.outcome is Outcome.INDETERMINATE
    assert "CONSENT_STATUS_UNKNOWN" in found.codes
    compiled = verifier.compile(shown, scene.asks())
    assert compiled.check(scene.asks()["resource"]).outcome is Outcome.INDETERMINATE
    # What it would not permit in any case is none the less not permitted.
    asked = scene.asks("HRESCH")
    assert verifier.decide(shown, asked).outcome is Outcome.NOT_APPLICABLE
    note = scene.asks("TREAT", NOTE)
    assert verifier.decide(shown, note).outcome is Outcome.DENY
    # Nor is it the only thing that is wrong.
    refusing = scene.verifier(consents=on_file(scene.consent, fhir_consent("deny")))
    assert refusing.decide(shown, scene.asks()).outcome is Outcome.DENY


def test_a_consent_that_says_no_itself_is_no_outage() -> None:
    scene = World()
    refused = scene.consent_of(terms={"consentStatus": "ConsentRefused"})
    scene.net.down.add(WITHDRAWALS)
    found = answer(scene, scene.shown(scene.license, refused))

    assert found.outcome is Outcome.NOT_APPLICABLE
    assert "CONSENT_STATUS_UNKNOWN" in found.codes


def test_an_unreachable_did_document_permits_nothing() -> None:
    scene = World()
    scene.net.down.add(DID_DOCUMENT)
    found = answer(scene)

    assert not found
    assert any(check.code == "FETCH_FAILED" for check in found.checks)


def test_a_presenter_who_cannot_be_resolved_is_indeterminate() -> None:
    scene = World()
    person = replace(scene.practitioner, verification_method="did:web:me.example#key-1")
    request = scene.asks()
    request["subject"]["id"] = person.did
    found = scene.verifier().decide(scene.shown(by=person), request)

    assert found.outcome is Outcome.INDETERMINATE
    assert not found
    assert found.findings[0].about == "presentation"


@pytest.mark.parametrize(
    "kept",
    [
        b"{",
        "not a document",
        {"resourceType": "Patient"},
        {"type": "VerifiableCredential"},
        5,
        None,
        "[1]",
        "a.b.c",
    ],
)
def test_what_is_on_file_and_unreadable_may_be_a_refusal(
    world: World, kept: Any
) -> None:
    found = answer(world, consents=on_file(world.consent, kept))

    assert told(found) == (Outcome.INDETERMINATE, ("EVIDENCE_UNAVAILABLE",))
    assert (found.findings[0].about, found.findings[0].path) == (
        "consent",
        found.findings[0].path,
    )
    assert str(found.findings[0].path).startswith("$.consents[1]")


def test_what_is_on_file_and_no_consent_permits_nothing(world: World) -> None:
    for kept in (world.license, world.shown(), sd_jwt_license(world)):
        found = answer(world, consents=on_file(kept))

        assert told(found) == (Outcome.INDETERMINATE, ("EVIDENCE_UNAVAILABLE",))


def test_a_consent_credential_without_a_fhir_consent_permits_nothing(
    world: World,
) -> None:

    document = {n: v for n, v in world.consent.items() if n != "proof"}
    subject = as_doc(document["credentialSubject"])
    document["credentialSubject"] = {**subject, "consent": {"resourceType": "Basic"}}
    signed = signed_by_hand(document, world.patient)
    found = answer(world, consents=on_file(signed))

    assert told(found) == (Outcome.INDETERMINATE, ("MALFORMED_VALUE_ERROR",))
    assert found.findings[0].about == "consent"


def test_an_sd_jwt_that_says_it_is_a_consent_permits_nothing(world: World) -> None:
    refusal = issue_sd_jwt(
        {
            "iss": world.patient.did,
            "vct": CONSENT_CREDENTIAL.iri,
            "sub": world.patient.did,
        },
        world.patient,
        disclosable=[],
        holder_key=None,
        at=START,
    )
    shown = world.shown(world.license, world.consent, refusal)
    found = answer(world, shown)

    assert found.outcome is Outcome.INDETERMINATE
    assert found.findings[0].about == "consent"


class _Raising:
    def __init__(self, error: MedidError) -> None:
        self.error = error

    def consents(self, patient: str) -> Sequence[bytes]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EvidenceUnavailable("the database is away"), "EVIDENCE_UNAVAILABLE"),
        (MalformedValue("no such reference"), "EVIDENCE_UNAVAILABLE"),
    ],
)
def test_a_store_that_cannot_be_read_permits_nothing(
    world: World, error: MedidError, code: str
) -> None:
    found = answer(world, consents=_Raising(error))

    assert told(found) == (Outcome.INDETERMINATE, (code,))
    assert found.findings[0].about == "consent"


def test_the_store_is_asked_about_the_patient_of_the_request(world: World) -> None:
    other = MemoryConsents({"Patient/other": [fhir_consent("deny")]})

    assert answer(world, consents=other)
    assert MemoryConsents().consents(PATIENT) == ()


def test_a_refusal_on_file_for_a_version_of_the_patient_counts(world: World) -> None:
    refusal = fhir_consent("deny")
    kept = MemoryConsents({f"{PATIENT}/_history/2": [refusal], PATIENT: []})
    assert len(kept.consents(f"{PATIENT}/_history/3")) == 1
    found = answer(world, consents=kept)
    assert told(found) == (Outcome.DENY, ("LICENSE_OK", "CONSENT_DENY"))


# Configuration.


@pytest.mark.parametrize("trust", [None, {}, "trust.json", []])
def test_a_verifier_without_trust_does_not_start(world: World, trust: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        world.verifier(trust=trust)

    assert caught.value.path == "$.trust"


@pytest.mark.parametrize(
    "change",
    [
        {"acceptedBoards": []},
        {"acceptedboards": []},
        {"acceptStatuses": []},
        {"acceptedBoards": ["*"]},
        {"acceptedBoards": [{"did": "*"}]},
        {"trustAll": True},
        {"consent": {"defaultPolicy": "permit"}},
        {"consent": {"patientDid": {}}},
    ],
)
def test_an_empty_or_misspelt_trust_file_is_refused(
    world: World, change: dict[str, Any]
) -> None:
    with pytest.raises(MedidError) as caught:
        TrustRegistry.from_json({**world.trust(), **change})

    assert caught.value.path != "$"


def test_an_empty_trust_file_is_refused() -> None:
    with pytest.raises(MedidError):
        TrustRegistry.from_json({})


def test_a_misspelt_setting_is_refused(world: World) -> None:
    with pytest.raises(TypeError):
        world.verifier(audiences=AUDIENCE)


def test_a_fetch_adapter_that_is_not_set_up_is_misuse(world: World) -> None:
    class Unset:
        def fetch_all(self, requests: object, *, seconds: float) -> Any:
            raise ConfigurationError("no network was chosen")

        async def afetch_all(self, requests: object, *, seconds: float) -> Any:
            raise ConfigurationError("no network was chosen")

    verifier = world.verifier(fetch=Unset())
    with pytest.raises(ConfigurationError, match="was chosen"):
        verifier.decide(world.shown(), world.asks())
    with pytest.raises(ConfigurationError, match="was chosen"):
        asyncio.run(verifier.adecide(world.shown(), world.asks()))


def test_a_fetch_adapter_of_the_wrong_kind_is_misuse(world: World) -> None:
    class OnlyAsync:
        afetch_all = NoFetch.afetch_all

    with pytest.raises(ConfigurationError):
        world.verifier(fetch=object())
    with pytest.raises(ConfigurationError):
        world.verifier(fetch=NoFetch)  # the class, and not one of it
    verifier = world.verifier(fetch=OnlyAsync())
    with pytest.raises(ConfigurationError):
        verifier.decide(world.shown(), world.asks())


# Time, ends and duties.


def test_the_clock_is_read_once_and_not_at_all_where_an_instant_is_given(
    world: World,
) -> None:
    read: list[int] = []

    def clock() -> Instant:
        read.append(1)
        return AT

    verifier = world.verifier(clock=clock)
    assert verifier.decide(world.shown(), world.asks()).at == AT
    assert read == [1]
    assert verifier.decide(world.shown(), world.asks(), at=AT.plus(1)).at == AT.plus(1)
    verifier.prepare(world.shown(), world.asks(), at=AT)
    assert read == [1]
    verifier.prepare(world.shown(), world.asks())
    assert read == [1, 1]


def test_a_permit_ends_with_the_decisions_lifetime(world: World) -> None:
    assert answer(world).expires == AT.plus(300)


def test_a_permit_ends_when_the_status_has_to_be_asked_again() -> None:
    scene = World()
    document = {**scene.trust(), "statusMaxAgeSeconds": 100}
    found = answer(scene, trust=TrustRegistry.from_json(document))

    assert found
    assert found.expires is not None
    assert found.expires <= AT.plus(100)


@pytest.mark.parametrize("which", ["license", "consent"])
def test_a_permit_ends_with_the_first_credential_behind_it(
    world: World, which: str
) -> None:
    window = Window(START.plus(-60), AT.plus(42))
    license_ = world.license_of(window=window) if which == "license" else world.license
    consent = world.consent_of(window=window) if which == "consent" else world.consent
    shown = world.shown(license_, consent)

    assert answer(world, shown).expires == AT.plus(42)
    compiled = world.verifier().compile(shown, world.asks())
    assert compiled.expires == AT.plus(42)


def test_a_permit_carries_its_duties(world: World) -> None:
    found = world.verifier().decide(world.shown(), world.asks("HPAYMT"))

    assert found
    assert [one.code for one in found.obligations] == ["MINEC"]


def test_breaking_the_glass_must_be_audited(world: World) -> None:
    request = world.request(
        {
            "purpose": "BTG",
            "resource": "Observation/hiv-test",
            "breakGlass": {
                "declared": True,
                "authorised": True,
                "reason": "unconscious",
            },
        },
        AT,
    )
    found = world.verifier().decide(world.shown(), request)

    assert found
    assert "AUDIT" in {one.code for one in found.obligations}
    request["context"] = {}
    assert not world.verifier().decide(world.shown(), request)


def test_every_decision_has_an_id_of_its_own(world: World) -> None:
    ids = {answer(world).id for _ in range(3)} | {answer(world, b"").id}

    assert len(ids) == 4
    assert all(one is not None and one.startswith("urn:uuid:") for one in ids)


# An SD-JWT that presents itself.


def sd_license(world: World, holder: str | None = None, **claims: Any) -> str:
    subject = as_doc(world.license["credentialSubject"])
    return sd_jwt_license(
        world,
        **claims,
        sub=holder or world.practitioner.did,
        license=subject["license"],
        practitionerIdentifier=subject["practitionerIdentifier"],
    )


def bound(world: World, token: str, challenge: str = "n", **members: Any) -> str:
    holder = members.pop("holder", world.practitioner).signer
    return present_sd_jwt(
        token,
        holder,
        disclose=[],
        nonce=challenge,
        audience=members.pop("audience", AUDIENCE),
        at=members.pop("at", AT),
    )


def test_an_sd_jwt_license_presents_itself(world: World) -> None:
    gateway = world.gateway(consents=on_file(world.consent))
    challenge = gateway.challenge()
    shown = bound(world, sd_license(world), challenge)
    first = gateway.decide(shown, world.asks())
    second = gateway.decide(shown, world.asks())

    checks = {one.check: one.result.value for one in first.checks}
    assert checks["key-binding"] == "pass"
    assert checks["replay"] == "pass"
    # A license that names no status list could not be revoked: it is not relied on.
    assert first.outcome is Outcome.DENY
    assert first.codes[0] == "STATUS_UNKNOWN"
    assert first.codes[1:] == ("CONSENT_PERMIT",)
    assert second.codes == ("REPLAYED",)


def test_everything_may_be_secured_with_cose(world: World) -> None:
    license_ = world.license_of(securing="vc+cose")
    consent = world.consent_of(securing="vc+cose")
    shown = world.shown(license_, consent, securing="vp+cose")
    assert isinstance(shown, bytes)
    gateway = world.gateway()
    challenge = gateway.challenge()
    fresh = world.shown(license_, consent, challenge=challenge, securing="vp+cose")

    assert told(answer(world, shown)) == (
        Outcome.PERMIT,
        ("LICENSE_OK", "CONSENT_PERMIT"),
    )
    assert gateway.decide(fresh, world.asks())
    assert gateway.decide(fresh, world.asks()).codes == ("REPLAYED",)


def test_an_sd_jwt_license_permits_by_the_status_list_that_it_names(
    world: World,
) -> None:
    url = "https://board.example/statuslists/1"
    claim: dict[str, Any] = {"status_list": {"idx": 94_567, "uri": url}}
    token = sd_license(world, status=claim)
    for form in ("statuslist+jwt", "statuslist+cwt"):
        listed = new_list(url, "suspension", world.board, at=START, securing=form)
        assert isinstance(listed, str | bytes)
        for value, code in (
            (0, None),
            (1, "CREDENTIAL_REVOKED"),
            (2, "CREDENTIAL_SUSPENDED"),
        ):
            changed = set_status(listed, 94_567, world.board, value=value, at=START)
            raw = changed.encode() if isinstance(changed, str) else changed
            assert isinstance(raw, bytes)
            fetched = Fetched.of(url, raw, fetched_at=AT)
            found = world.verifier(consents=on_file(world.consent)).decide(
                bound(world, token),
                world.asks(),
                evidence=Evidence().with_answers([(url, fetched)]),
            )
            assert found.outcome is (Outcome.DENY if code else Outcome.PERMIT)
            assert (code or "LICENSE_OK") in found.codes


def test_a_status_that_only_applications_know_is_accepted_where_they_say_so(
    world: World,
) -> None:
    url = "https://board.example/statuslists/1"
    claim: dict[str, Any] = {"status_list": {"idx": 94_567, "uri": url}}
    token = sd_license(world, status=claim)
    listed = new_list(
        url, "suspension", world.board, at=START, securing="statuslist+jwt"
    )
    assert isinstance(listed, str)
    changed = set_status(listed, 94_567, world.board, value=3, at=START)
    assert isinstance(changed, str)
    fetched = Fetched.of(url, changed.encode(), fetched_at=AT)
    evidence = Evidence().with_answers([(url, fetched)])
    for accepted, outcome in ((set(), Outcome.DENY), ({3}, Outcome.PERMIT)):
        verifier = world.verifier(
            consents=on_file(world.consent), accepted_statuses=frozenset(accepted)
        )
        found = verifier.decide(bound(world, token), world.asks(), evidence=evidence)
        assert found.outcome is outcome, found.codes
    with pytest.raises(ConfigurationError):
        world.verifier(accepted_statuses=frozenset({2}))


def test_an_sd_jwt_without_key_binding_opens_nothing(world: World) -> None:
    found = answer(world, sd_license(world))
    stored = world.gateway().decide(sd_license(world), world.asks())

    assert found.outcome is Outcome.DENY
    assert found.codes == ("HOLDER_BINDING_ERROR", "HOLDER_BINDING_ERROR")
    assert "INVALID_CHALLENGE_ERROR" in stored.codes


def test_an_sd_jwt_about_nobody_presents_nobody(world: World) -> None:
    license_ = as_doc(world.license["credentialSubject"])["license"]
    token = sd_jwt_license(world, license=license_, sub=None)
    found = answer(world, bound(world, token))

    assert {it.check: it.result.value for it in found.checks}["key-binding"] == "pass"
    assert found.outcome is Outcome.DENY
    assert found.codes == ("HOLDER_BINDING_ERROR",)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"audience": "https://other.example"}, "INVALID_DOMAIN_ERROR"),
        ({"at": AT.plus(-3600)}, "EXPIRED"),
    ],
)
def test_a_key_binding_that_does_not_hold_is_refused(
    world: World, change: dict[str, Any], code: str
) -> None:
    found = answer(world, bound(world, sd_license(world), **change))

    assert found.outcome is Outcome.DENY
    assert found.codes[0] == code


def test_an_sd_jwt_presented_with_another_key_is_refused(world: World) -> None:
    token = sd_license(world)
    claims: dict[str, Any] = {"nonce": "n", "aud": AUDIENCE, "iat": int(AT.seconds)}
    thief = controller().signer
    binding = sign_key_binding(token, thief, claims=claims, hash_alg="sha-256")
    found = answer(world, token + binding)

    assert found.outcome is Outcome.DENY
    assert found.codes[0] == "PROOF_VERIFICATION_ERROR"


def test_the_nonce_of_an_sd_jwt_is_compared(world: World) -> None:
    found = world.verifier().decide(
        bound(world, sd_license(world), "mine"), world.asks(), challenge="another"
    )

    assert found.codes[0] == "INVALID_CHALLENGE_ERROR"


def test_an_sd_jwt_license_travels_in_a_presentation(world: World) -> None:
    found = answer(world, world.shown(sd_license(world), world.consent))

    assert found.codes[0] == "STATUS_UNKNOWN"


def test_a_p256_presenter_is_as_good_as_any() -> None:
    scene = World()
    person = controller(KeyKind.P256)
    scene.practitioner = person
    shown = scene.shown(
        scene.license_of(), scene.consent_of(), by=person, securing="vp+jwt"
    )

    assert answer(scene, shown)


# Asynchronous.


def test_waiting_changes_no_answer(world: World) -> None:
    verifier = world.verifier(entropy=bytes)
    cases: list[Any] = [world.shown(), world.shown(world.license), b"", None]
    for shown in cases:
        now = verifier.decide(shown, world.asks())
        later = asyncio.run(verifier.adecide(shown, world.asks()))

        assert later.as_json() == now.as_json()


def test_a_forgotten_await_is_no_permit(world: World) -> None:
    verifier = world.verifier()
    for pending in (
        verifier.adecide(world.shown(), world.asks()),
        verifier.acompile(world.shown(), world.asks()),
        verifier.aprepare(world.shown(), world.asks()),
    ):
        with pytest.raises(ConfigurationError):
            bool(pending)


def test_evidence_at_hand_is_not_fetched_again() -> None:
    scene = World()
    case = scene.verifier().prepare(scene.shown(), scene.asks())
    asked = len(scene.net.asked)
    assert asked == 4
    sealed = Evidence.from_json(case.judgement.evidence.as_json())
    found = scene.verifier().decide(scene.shown(), scene.asks(), evidence=sealed)

    assert found
    assert len(scene.net.asked) == asked
    assert found.basis is not None
    assert found.basis.evidence == case.judgement.evidence.digest()


def test_by_default_nothing_is_fetched(world: World) -> None:
    verifier = AccessVerifier(
        trust=TrustRegistry.from_json(world.trust()), clock=lambda: AT
    )
    found = verifier.decide(world.shown(), world.asks())

    assert not found
    assert any(check.code == "EVIDENCE_UNAVAILABLE" for check in found.checks)


def test_a_withdrawal_between_two_questions_counts() -> None:
    scene = World()
    assert answer(scene)
    changed = withdraw(
        scene.consent, scene.web.documents[WITHDRAWALS], scene.patient, at=START
    )
    scene.web.documents[WITHDRAWALS] = as_doc(changed)

    assert not answer(scene)


def test_a_status_list_of_a_consent_may_be_too_old_for_the_registry() -> None:
    scene = World()
    scene.web.at = AT.plus(-101)
    trust = TrustRegistry.from_json({**scene.trust(), "statusMaxAgeSeconds": 100})
    found = answer(scene, trust=trust)

    assert not found
    assert "STATUS_STALE" in {check.code for check in found.checks}


def test_an_issuers_nonce_answers_no_challenge(world: World) -> None:
    gateway = world.gateway()
    token = sd_jwt_license(world, nonce=gateway.challenge())
    found = gateway.decide(token, world.asks())

    assert "INVALID_CHALLENGE_ERROR" in found.codes


def test_an_sd_jwt_needs_key_binding_where_no_audience_is_asked(world: World) -> None:
    found = answer(world, sd_license(world), audience=None)

    assert found.codes == ("HOLDER_BINDING_ERROR", "HOLDER_BINDING_ERROR")


def test_a_license_of_which_a_part_is_withheld_is_no_license(world: World) -> None:
    subject = as_doc(world.license["credentialSubject"])
    token = issue_sd_jwt(
        {
            "iss": world.board.did,
            "vct": LICENSE_CREDENTIAL.iri,
            "sub": world.practitioner.did,
            "license": subject["license"],
        },
        world.board,
        holder_key=world.practitioner.signer.public_key,
        at=START,
        disclosable=["/license/specialty"],
    )
    found = answer(world, bound(world, token), consents=on_file(world.consent))

    assert found.codes[0] == "NO_LICENSE"
    assert found.findings[-1].about == "license"


def test_the_present_is_answered_from_a_cache_and_another_time_is_not() -> None:
    world = World()
    cached = CachedFetch(world.net, clock=lambda: AT)
    verifier = world.verifier(fetch=cached)
    for _ in range(3):
        assert verifier.decide(world.shown(), world.asks())
    asked = len(world.net.asked)
    assert asked == len(set(world.net.asked))
    assert verifier.decide(world.shown(), world.asks(), at=AT)
    for _ in range(2):
        assert asyncio.run(waited(verifier, world))
    assert len(world.net.asked) == asked
    verifier.decide(world.shown(), world.asks(), at=AT.plus(-3_600))
    assert len(world.net.asked) > asked


async def waited(verifier: AccessVerifier, world: World) -> Decision:
    return await verifier.adecide(world.shown(), world.asks())
