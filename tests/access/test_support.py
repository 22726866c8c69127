"""Licenses that count elsewhere only with a credential beside them, when deciding."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from medid.access import license_rules
from medid.access.audit_reading import read_record
from medid.access.decision import Decision, Outcome
from medid.access.explain_text import as_text
from medid.access.explaining import explain
from medid.access.license_facts import Verified
from medid.access.license_scenarios import evaluate
from medid.access.support import may_be_supported
from medid.adapters.audit import MemoryAuditLog
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Window
from medid.core.records import replace
from medid.health.support_vocabulary import AUTHORISATION_CREDENTIAL
from medid.issuing import derive, issue_sd_jwt, new_list, present_sd_jwt, set_status
from medid.keys import KeyKind
from medid.trust import LICENSE_TYPE, TrustRegistry
from tests.access.license_world import NOW, facts, registry, request
from tests.access.support_world import (
    ABROAD,
    APIT,
    DECLARED,
    IN_PERSON,
    PROFESSION,
    REVOKED,
    SUSPENDED,
    TAP,
    TELEHEALTH,
    SupportWorld,
)
from tests.access.world import AT, START, as_doc

MISSING = "COMPACT_AUTHORISATION_MISSING"
UNDECLARED = "RECOGNITION_REQUIREMENT_MISSING"
GOOD = ("LICENSE_OK", "SUPPORT_OK", "CONSENT_PERMIT")


@pytest.fixture(scope="module")
def world() -> SupportWorld:
    return SupportWorld()


def told(found: Decision) -> tuple[Outcome, tuple[str, ...]]:
    return found.outcome, found.codes


def refused(code: str) -> tuple[Outcome, tuple[str, ...]]:
    return Outcome.DENY, (code, "CONSENT_PERMIT")


def abroad(world: SupportWorld, *supports: Any, **trust: Any) -> Decision:
    return world.decided(*supports, context=ABROAD, license_=world.german, **trust)


# Permits.


def test_an_authorisation_permits_telehealth_under_a_compact(
    world: SupportWorld,
) -> None:
    found = world.decided(world.authorisation(APIT), context=TELEHEALTH)
    assert told(found) == (Outcome.PERMIT, GOOD)
    assert told(world.decided(context=TELEHEALTH)) == refused(MISSING)


def test_an_authorisation_permits_in_person_while_days_are_left(
    world: SupportWorld,
) -> None:
    found = world.decided(world.authorisation(TAP), context=IN_PERSON)
    assert told(found) == (Outcome.PERMIT, GOOD)
    unused = {**TAP, "daysUsedThisYear": [{"state": "US-KY", "days": 30}]}
    assert world.decided(world.authorisation(unused), context=IN_PERSON)
    used = {**TAP, "daysUsedThisYear": [{"state": "US-IN", "days": 30}]}
    found = world.decided(world.authorisation(used), context=IN_PERSON)
    assert told(found) == refused("COMPACT_DAYS_EXCEEDED")


def test_a_declaration_permits_where_a_recognition_asks_for_one(
    world: SupportWorld,
) -> None:
    found = abroad(world, world.declaration(DECLARED))
    assert told(found) == (Outcome.PERMIT, GOOD)
    assert told(abroad(world)) == refused(UNDECLARED)


def test_an_authority_of_the_host_state_may_confirm_a_declaration(
    world: SupportWorld,
) -> None:
    host = world.stranger
    declared = world.declaration(DECLARED, by=host)
    assert told(abroad(world, declared)) == refused(UNDECLARED)
    boards = [
        *world.trust()["acceptedBoards"],
        {"did": host.did, "jurisdictions": ["FR"], "professions": [PROFESSION]},
    ]
    # Its status lists are the commission's, whom it has to have chosen for that.
    assert told(abroad(world, declared, acceptedBoards=boards)) == refused(UNDECLARED)
    boards[-1]["statusListIssuers"] = [world.commission.did]
    found = abroad(world, declared, acceptedBoards=boards)
    assert told(found) == (Outcome.PERMIT, GOOD)


@pytest.mark.parametrize(
    "securing", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt", "vc+cose"]
)
def test_it_is_the_same_in_every_securing(world: SupportWorld, securing: str) -> None:
    for states, context in ((APIT, TELEHEALTH), (TAP, IN_PERSON)):
        found = world.decided(
            world.authorisation(states, securing=securing), context=context
        )
        assert told(found) == (Outcome.PERMIT, GOOD)


# Each thing made false once.


@pytest.mark.parametrize(
    "change",
    [
        {"compact": "OTHER"},
        {"kind": "TAP"},
        {"homeState": "US-IN"},
        {"compact": "psypact"},
    ],
)
def test_an_authorisation_of_something_else_supports_nothing(
    world: SupportWorld, change: dict[str, str]
) -> None:
    found = world.decided(world.authorisation({**APIT, **change}), context=TELEHEALTH)
    assert told(found) == refused(MISSING)


@pytest.mark.parametrize("change", [{"homeState": "ES"}, {"hostState": "ES"}])
def test_a_declaration_about_other_states_supports_nothing(
    world: SupportWorld, change: dict[str, str]
) -> None:
    declared = world.declaration({**DECLARED, **change})
    assert told(abroad(world, declared)) == refused(UNDECLARED)


def test_what_is_about_somebody_else_supports_nothing(world: SupportWorld) -> None:
    other = world.patient.did
    found = world.decided(world.authorisation(APIT, holder=other), context=TELEHEALTH)
    assert told(found) == refused(MISSING)
    declared = world.declaration(DECLARED, holder=other)
    assert told(abroad(world, declared)) == refused(UNDECLARED)


def test_what_is_bound_to_another_key_supports_nothing(world: SupportWorld) -> None:
    for who, code in ((world.practitioner, None), (world.patient, MISSING)):
        token = selective(world, APIT, holder_key=who.signer.public_key)
        found = world.decided(token, context=TELEHEALTH)
        assert told(found) == (refused(code) if code else (Outcome.PERMIT, GOOD))


@pytest.mark.parametrize("name", ["stranger", "board", "practitioner"])
def test_only_the_commission_authorises(world: SupportWorld, name: str) -> None:
    by = getattr(world, name)
    asked = len(world.net.asked)
    found = world.decided(world.authorisation(APIT, by=by), context=TELEHEALTH)
    assert told(found) == refused(MISSING)
    (trusted,) = [one for one in found.checks if one.check == "trust" and one.code]
    assert trusted.path.startswith("$.verifiableCredential[2]")
    assert trusted.code in {"ISSUER_NOT_TRUSTED", "ISSUER_NOT_AUTHORIZED_FOR_TYPE"}
    # Nothing is fetched for whom no entry names, so its status is unknown too.
    fetched = {url for url in world.net.asked[asked:] if url in {REVOKED, SUSPENDED}}
    assert bool(fetched) is (name == "board")


def test_the_commission_licenses_nobody(world: SupportWorld) -> None:
    license_ = world.license_of(issuer=world.commission)
    found = world.decided(context={}, license_=license_)
    assert found.outcome is Outcome.DENY
    assert "ISSUER_NOT_TRUSTED" in found.codes


def test_what_has_expired_or_is_not_valid_yet_supports_nothing(
    world: SupportWorld,
) -> None:
    for window in (Window(START.plus(-90), AT), Window(AT.plus(1), None)):
        found = world.decided(
            world.authorisation(APIT, window=window), context=TELEHEALTH
        )
        assert told(found) == refused(MISSING)
    ends = AT.plus(20)
    short = world.authorisation(APIT, window=Window(START.plus(-90), ends))
    assert world.decided(short, context=TELEHEALTH).expires == ends


@pytest.mark.parametrize("url", [REVOKED, SUSPENDED])
def test_what_was_taken_back_supports_nothing(url: str) -> None:
    scene = SupportWorld()
    held = scene.authorisation(APIT)
    assert scene.decided(held, context=TELEHEALTH)
    scene.take_back(held, url)
    assert told(scene.decided(held, context=TELEHEALTH)) == refused(MISSING)


def test_what_cannot_be_taken_back_supports_nothing(world: SupportWorld) -> None:
    token = sd_jwt_vc(world, {"authorisation": APIT})
    assert told(shown_with(world, token)) == refused(MISSING)


def test_a_proof_that_does_not_hold_supports_nothing(world: SupportWorld) -> None:
    held = as_doc(world.authorisation(TAP))
    held["credentialSubject"]["authorisation"]["daysUsedThisYear"][0]["days"] = 0
    found = world.decided(held, context=IN_PERSON)
    assert told(found) == refused(MISSING)


def test_a_list_out_of_reach_is_no_denial() -> None:
    scene = SupportWorld()
    held = scene.authorisation(APIT)
    scene.net.down.add(REVOKED)
    found = scene.decided(held, context=TELEHEALTH)
    assert found.outcome is Outcome.INDETERMINATE
    assert found.codes[0] == MISSING
    # Of another kind it would not do, whatever the list says.
    found = scene.decided(scene.authorisation(TAP), context=TELEHEALTH)
    assert told(found) == refused(MISSING)
    # Nor is it asked of a license that does not need it.
    assert scene.decided(held, context={})


def test_what_is_issued_later_supports_nothing_yet(world: SupportWorld) -> None:
    for later, told_ in ((0, (Outcome.PERMIT, GOOD)), (1, refused(MISSING))):
        issued = int(AT.seconds) + later
        token = misread(world, lambda claims, at=issued: claims.update(iat=at))
        assert told(world.decided(token, context=IN_PERSON)) == told_


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Verified(proof=None, status="unknown", status_checked_at=None), True),
        (Verified(proof=True, status="unknown", status_checked_at=None), True),
        (Verified(proof=False, status="unknown", status_checked_at=None), False),
        (Verified(proof=True, status="revoked", status_checked_at=NOW), False),
        (Verified(proof=None, status="revoked", status_checked_at=NOW), True),
    ],
)
def test_only_what_could_not_be_checked_may_still_support(
    world: SupportWorld, found: Verified, expected: bool
) -> None:
    held = facts(
        id="A",
        type="CompactAuthorisation",
        issuer=world.commission.did,
        verified=found,
        support={"compact": "PSYPACT", "kind": "TAP", "homeState": "US-OH"},
    )
    trust = registry(compacts=[{**world.trust()["compacts"][0], "professions": ["MD"]}])
    asked = request(patient_location="US-IN", practitioner_location="US-IN")
    assert may_be_supported([facts(), held], trust, asked) is expected


def test_days_that_nobody_can_tell_are_used_up(world: SupportWorld) -> None:
    trust = registry(compacts=[{**world.trust()["compacts"][0], "professions": ["MD"]}])
    asked = request(patient_location="US-IN", practitioner_location="US-IN")
    for days, reasons in (({}, ()), (None, ("COMPACT_DAYS_EXCEEDED",))):
        support = {"compact": "PSYPACT", "kind": "TAP", "homeState": "US-OH"}
        held = facts(
            id="A",
            type="CompactAuthorisation",
            issuer=world.commission.did,
            support={**support, "daysUsedThisYear": days},
        )
        assert license_rules.evaluate([facts(), held], trust, asked).reasons == reasons


# What cannot be read.


def misread(world: SupportWorld, change: Any) -> Any:
    """What the commission signs with software that does not check a draft."""
    from medid.core import json as strict_json
    from medid.securing.jose import sign_compact

    claims = {n: v for n, v in world.authorisation(TAP).items() if n != "proof"}
    change(claims)
    header = {"typ": "vc+jwt", "kid": world.commission.verification_method}
    text = strict_json.dumps(claims).encode()
    return sign_compact(text, world.commission.signer, header)


def _node(claims: Any) -> Any:
    return claims["credentialSubject"]["authorisation"]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        (lambda c: _node(c).update(limit="x"), "MALFORMED_VALUE_ERROR", ".limit"),
        (lambda c: _node(c).pop("kind"), "MISSING_FACT", ".kind"),
        (
            lambda c: _node(c).update(homeState="Ohio"),
            "MALFORMED_VALUE_ERROR",
            ".homeState",
        ),
        (
            lambda c: _node(c)["daysUsedThisYear"][0].update(days="29"),
            "MALFORMED_VALUE_ERROR",
            ".days",
        ),
        (
            lambda c: _node(c)["daysUsedThisYear"].append(
                {"type": "DaysUsed", "state": "US-IN", "days": 0}
            ),
            "MALFORMED_VALUE_ERROR",
            ".state",
        ),
        (
            lambda c: c["credentialSubject"].update(daysUsedThisYear=[]),
            "MALFORMED_VALUE_ERROR",
            ".daysUsedThisYear",
        ),
    ],
)
def test_what_cannot_be_read_supports_nothing_and_says_why(
    world: SupportWorld, change: Any, code: str, path: str
) -> None:
    token = misread(world, change)
    found = world.decided(token, context=IN_PERSON)
    assert found.outcome is Outcome.DENY
    assert found.codes == (MISSING, "CONSENT_PERMIT", code)
    told_ = found.findings[-1]
    assert told_.about == "license"
    assert str(told_.path).startswith("$.verifiableCredential[2].credentialSubject")
    assert str(told_.path).endswith(path)
    assert "US-" not in told_.message
    # A license that needs no support is none the worse for it.
    at_home = world.decided(token, context={})
    assert at_home.codes == ("LICENSE_OK", "CONSENT_PERMIT", code)
    assert at_home


def test_read_as_intended_the_same_token_permits(world: SupportWorld) -> None:
    token = misread(world, lambda _: None)
    assert told(world.decided(token, context=IN_PERSON)) == (Outcome.PERMIT, GOOD)


# What the holder keeps back.


def draft(world: SupportWorld, states: dict[str, Any]) -> Any:
    found = world.authorisation(states)
    return {name: value for name, value in found.items() if name != "proof"}


def selective(
    world: SupportWorld, states: dict[str, Any], *pointers: str, **more: Any
) -> str:
    return issue_sd_jwt(
        draft(world, states), world.commission, disclosable=pointers, at=START, **more
    )


def test_what_the_holder_keeps_back_supports_nothing(world: SupportWorld) -> None:
    days = "/credentialSubject/authorisation/daysUsedThisYear"
    token = selective(world, TAP, days)
    assert told(world.decided(token, context=IN_PERSON)) == (Outcome.PERMIT, GOOD)
    cut = present_sd_jwt(token, None, disclose=[], nonce=None, audience=None)
    found = world.decided(cut, context=IN_PERSON)
    assert found.codes == (MISSING, "CONSENT_PERMIT", "MISSING_FACT")


def test_a_derived_proof_shows_the_whole_authorisation() -> None:
    scene = SupportWorld(kind=KeyKind.P256)
    base = scene.authorisation(TAP, securing="ecdsa-sd-2023")
    part = as_doc(derive(base, []))
    assert part["credentialSubject"]["authorisation"]["daysUsedThisYear"]
    assert told(scene.decided(part, context=IN_PERSON)) == (Outcome.PERMIT, GOOD)


def test_a_derived_proof_of_an_issuer_who_left_it_open_supports_nothing() -> None:
    from medid.health import contexts
    from medid.securing import data_integrity

    scene = SupportWorld(kind=KeyKind.P256)
    base: Any = data_integrity.sign(
        draft(scene, TAP),
        scene.commission.signer,
        suite="ecdsa-sd-2023",
        options={
            "created": str(START),
            "verificationMethod": scene.commission.verification_method,
            "proofPurpose": "assertionMethod",
        },
        contexts=contexts(),
        mandatory_pointers=("/issuer", "/validUntil", "/credentialStatus"),
    )
    node = "/credentialSubject/authorisation"
    shown = [f"{node}/compact", f"{node}/kind", f"{node}/homeState"]
    found = scene.decided(derive(base, shown), context=IN_PERSON)
    assert found.codes == (MISSING, "CONSENT_PERMIT", "MISSING_FACT")


# SD-JWT VCs.


def sd_jwt_vc(world: SupportWorld, claims: dict[str, Any], *pointers: str) -> str:
    return issue_sd_jwt(
        {
            "vct": AUTHORISATION_CREDENTIAL.iri,
            "sub": world.practitioner.did,
            "nbf": int(START.seconds) - 60,
            "exp": int(START.seconds) + 86_400,
            **claims,
        },
        world.commission,
        disclosable=pointers,
        holder_key=world.practitioner.signer.public_key,
        at=START,
    )


TOKENS = "https://psypact.example/statuslists/1"
LISTED = {"status_list": {"idx": 7, "uri": TOKENS}}


def shown_with(world: SupportWorld, token: str, bits: int = 0) -> Decision:
    listed = new_list(
        TOKENS, "suspension", world.commission, at=START, securing="statuslist+jwt"
    )
    assert isinstance(listed, str)
    text = set_status(listed, 7, world.commission, value=bits, at=START)
    assert isinstance(text, str)
    fetched = Fetched.of(TOKENS, text.encode(), fetched_at=AT)
    shown = world.shown(world.license, world.consent, token)
    verifier = world.verifier(trust=TrustRegistry.from_json(world.trust()))
    evidence = Evidence().with_answers([(TOKENS, fetched)])
    return verifier.decide(shown, world.asked(TELEHEALTH), evidence=evidence)


def test_an_authorisation_may_be_an_sd_jwt_vc(world: SupportWorld) -> None:
    held = {"authorisation": APIT, "status": LISTED}
    found = shown_with(world, sd_jwt_vc(world, held))
    assert told(found) == (Outcome.PERMIT, GOOD)
    assert all(one.code is None for one in found.checks)
    assert told(shown_with(world, sd_jwt_vc(world, held), bits=1)) == refused(MISSING)
    token = sd_jwt_vc(world, held, "/authorisation/kind")
    cut = present_sd_jwt(token, None, disclose=[], nonce=None, audience=None)
    assert shown_with(world, cut).codes == (MISSING, "CONSENT_PERMIT", "MISSING_FACT")


# What is told.


def test_the_decision_names_what_supports_the_license(world: SupportWorld) -> None:
    held, other = world.authorisation(APIT), world.authorisation(TAP)
    found = world.decided(other, held, context=TELEHEALTH)
    named = [one.credential for one in found.findings if one.code == "SUPPORT_OK"]
    assert named == [held["id"]]
    (rules,) = [one for one in found.tree if one.check == "license" and one.codes == ()]
    supports = [one for one in rules.children if one.check == "support"]
    assert [(one.about, one.result.value) for one in supports] == [(held["id"], "pass")]
    assert "because of this credential" in " ".join(as_text(explain(found)).split())
    assert world.decided(held, context={}).codes == ("LICENSE_OK", "CONSENT_PERMIT")


def test_the_record_names_what_supports_the_license(world: SupportWorld) -> None:
    log = MemoryAuditLog()
    held = world.authorisation(APIT)
    verifier = world.verifier(trust=TrustRegistry.from_json(world.trust()), audit=log)
    other = world.authorisation(TAP)
    shown = world.shown(world.license, world.consent, other, held)
    assert verifier.decide(shown, world.asked(TELEHEALTH))
    (record,) = log.records
    (basis,) = record.supports  # and not the other one, which did not count
    assert (basis.id, basis.issuer) == (held["id"], world.commission.did)
    assert basis.key == world.commission.verification_method
    assert {one.url for one in basis.status_lists} == {REVOKED, SUSPENDED}
    assert read_record(record.as_json()) == record
    alone = replace(record, supports=())
    assert "supports" not in alone.as_json()
    assert read_record(alone.as_json()) == alone


def test_a_compiled_decision_reads_it_too(world: SupportWorld) -> None:
    verifier = world.verifier(trust=TrustRegistry.from_json(world.trust()))
    request = world.asked(TELEHEALTH)
    for supports, good in (([world.authorisation(APIT)], True), ([], False)):
        shown = world.shown(world.license, world.consent, *supports)
        compiled = verifier.compile(shown, request)
        assert bool(compiled.check(request["resource"])) is good
        again = asyncio.run(verifier.adecide(shown, request))
        assert bool(again) is good


# The same as a dry run.


def as_scenario(world: SupportWorld, context: Any, home: str, *supports: Any) -> Any:
    def common(document: Any) -> dict[str, Any]:
        return {
            "issuer": document["issuer"]
            if isinstance(document["issuer"], str)
            else document["issuer"]["id"],
            "holder": document["credentialSubject"]["id"],
            "validFrom": document["validFrom"],
            "validUntil": document["validUntil"],
            "credentialStatus": "valid",
            "proof": "valid",
        }

    licenses: list[dict[str, Any]] = [
        {
            **common(world.license),
            "id": "L",
            "type": LICENSE_TYPE,
            "jurisdiction": home,
            "profession": PROFESSION,
            "status": "active",
        }
    ]
    for support in supports:
        (node,) = (
            value
            for value in support["credentialSubject"].values()
            if isinstance(value, dict)
        )
        members = {name: node[name] for name in node if name != "type"}
        if "daysUsedThisYear" in members:
            used = members["daysUsedThisYear"]
            members["daysUsedThisYear"] = {one["state"]: one["days"] for one in used}
        licenses.append({**common(support), "type": support["type"][1], **members})
    trust = {name: value for name, value in world.trust().items() if name != "consent"}
    stated = world.asked(context)["context"]
    return {
        "licenses": licenses,
        "trust": trust,
        "request": {
            "presenter": world.practitioner.did,
            "profession": PROFESSION,
            "action": "access",
            "mode": stated["mode"],
            "patientLocation": stated["patientLocation"],
            "practitionerLocation": stated["practitionerLocation"],
            "time": str(AT),
            "statusCheckedAt": str(AT),
        },
    }


def test_a_dry_run_of_the_same_decides_the_same(world: SupportWorld) -> None:
    used = {**TAP, "daysUsedThisYear": [{"state": "US-IN", "days": 30}]}
    authorised = [
        world.authorisation(states)
        for states in (APIT, TAP, used, {**APIT, "compact": "X"})
    ]
    authorised.append(world.authorisation(APIT, by=world.stranger))
    declared = [
        world.declaration(DECLARED),
        world.declaration({**DECLARED, "hostState": "ES"}),
    ]
    cases = [(one, c, "US-OH") for one in authorised for c in (TELEHEALTH, IN_PERSON)]
    cases += [(one, ABROAD, "DE") for one in declared]
    permits = 0
    for support, context, home in cases:
        dry: Any = evaluate(as_scenario(world, context, home, support))
        license_ = world.german if home == "DE" else None
        found = world.decided(support, context=context, license_=license_)
        assert (dry["decision"] == "permit") is bool(found)
        stated = [one.code for one in found.findings if one.about == "license"]
        assert [code for code in stated if not code.endswith("_OK")] == dry["reasons"]
        permits += bool(found)
    assert permits == 3


def test_two_that_would_do_are_both_named_in_any_order(world: SupportWorld) -> None:
    first, second = world.authorisation(APIT), world.authorisation(APIT)
    named = []
    for order in ((first, second), (second, first)):
        found = world.decided(*order, context=TELEHEALTH)
        named.append([o.credential for o in found.findings if o.code == "SUPPORT_OK"])
    assert named[0] == named[1] == sorted([first["id"], second["id"]])


def test_one_without_days_left_is_not_named(world: SupportWorld) -> None:
    used = {**TAP, "daysUsedThisYear": [{"state": "US-IN", "days": 30}]}
    held = world.authorisation(TAP)
    found = world.decided(world.authorisation(used), held, context=IN_PERSON)
    named = [one.credential for one in found.findings if one.code == "SUPPORT_OK"]
    assert named == [held["id"]]


def test_a_second_compact_may_count_where_the_first_does_not(
    world: SupportWorld,
) -> None:
    (compact,) = world.trust()["compacts"]
    other = {**compact, "id": "OTHER"}
    held = world.authorisation(APIT)
    found = world.decided(held, context=TELEHEALTH, compacts=[other, compact])
    assert told(found) == (Outcome.PERMIT, GOOD)


def test_another_agreement_that_needs_nothing_is_not_supported(
    world: SupportWorld,
) -> None:
    held = world.declaration(DECLARED)
    plain = [
        {"from": "DE", "to": "FR", "professions": [PROFESSION], "modes": ["in-person"]}
    ]
    recognition = world.trust()["recognition"]
    found = abroad(world, held, recognition=recognition + plain)
    assert told(found) == (Outcome.PERMIT, ("LICENSE_OK", "CONSENT_PERMIT"))
    nlc = {
        "id": "NLC",
        "model": "mutual-recognition",
        "professions": [PROFESSION],
        "members": ["US-OH", "US-IN"],
        "requires": {
            "multistate": False,
            "homeStateIsPrimaryResidence": False,
            "unencumbered": False,
        },
    }
    compacts = [*world.trust()["compacts"], nlc]
    found = world.decided(
        world.authorisation(APIT), context=TELEHEALTH, compacts=compacts
    )
    assert told(found) == (Outcome.PERMIT, ("LICENSE_OK", "CONSENT_PERMIT"))
