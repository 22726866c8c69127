"""A token says no more than the permit it is made of, and nothing else makes one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from medid.access.consent_scopes import MAX_SCOPES
from medid.access.consent_types import Obligation
from medid.access.site_policy import Narrowing, RulePolicy
from medid.access.tokens_in import CONSENTED_ACCESS, token_request
from medid.access.tokens_out import TokenGrant, token_grant
from medid.cli.demo_world import NPI, PATIENT
from medid.core.instant import Instant
from medid.errors import MedidError
from medid.health.codes import ACT_REASON
from medid.trust import TrustRegistry
from tests.access.audit_world import FailingLog
from tests.access.consent_strategies import THO
from tests.access.test_token_residual import shows
from tests.access.world import AT, BLOOD, NOTE, World, fhir_consent, on_file

if TYPE_CHECKING:
    from medid.access.compiled import CompiledDecision

Json = dict[str, Any]
BASE = "https://fhir.example/r4"
TREAT = {"system": ACT_REASON, "code": "TREAT"}
N = {"system": THO + "v3-Confidentiality", "code": "N"}
SCOPE = "patient/Observation.rs"
CANARY = "canary-7f3a"


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def compiled(world: World) -> CompiledDecision:
    return world.verifier().compile(world.shown(), world.asks())


def of_record(world: World, resource: Json, purpose: str = "TREAT") -> CompiledDecision:
    """A permit that stands on a consent of the custodian's own record."""
    verifier = world.verifier(consents=on_file(resource))
    return verifier.compile(world.shown(world.license), world.asks(purpose))


def asking(world: World, scope: str | None = SCOPE, **iua: Any) -> Any:
    claims: Json = {"extensions": {"ihe_iua": {"purpose_of_use": [TREAT], **iua}}}
    if scope is not None:
        claims["scope"] = scope
    return token_request(claims, world.asks(), base=BASE)


def refused(*arguments: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(MedidError) as caught:
        token_grant(*arguments, **{"at": AT, **named})
    assert CANARY not in f"{caught.value}{caught.value.as_json()}"
    return caught.value.code, caught.value.path


NOT_A_PERMIT = ("CONFIGURATION_ERROR", "$")


def test_the_token_names_patient_consent_policy_and_purpose(
    world: World, compiled: CompiledDecision
) -> None:
    found = token_grant(compiled, at=AT, base=BASE)
    assert isinstance(found, TokenGrant)
    extensions: Any = found.extensions
    assert extensions.keys() == {"ihe_iua", "ihe_pcf"}
    assert extensions["ihe_iua"] == {"purpose_of_use": [TREAT]}
    assert {
        name: value
        for name, value in extensions["ihe_pcf"].items()
        if name != "residual"
    } == {
        "patient_id": f"{BASE}/{PATIENT}",
        "doc_id": [world.consent["id"]],
        "acp": ["https://hospital.example/policies/privacy"],
    }
    assert extensions["ihe_pcf"]["residual"][:2] == [
        {"type": "forbid"},
        {"type": "permit", "securityLabel": [N]},
    ]


def test_authorization_details_say_the_same(compiled: CompiledDecision) -> None:
    found = token_grant(compiled, at=AT)
    pcf: Any = found.extensions["ihe_pcf"]
    assert found.authorization_details == (
        {
            "type": CONSENTED_ACCESS,
            "actions": ["access"],
            "patient": PATIENT,
            "purpose_of_use": [TREAT],
            "consents": pcf["doc_id"],
            "residual": pcf["residual"],
        },
    )


def test_authorization_details_give_no_more_than_they_ask_for(
    world: World, compiled: CompiledDecision
) -> None:
    details: Json = {"type": CONSENTED_ACCESS, "purpose_of_use": [TREAT]}
    for limits in (
        {},
        {"datatypes": ["Observation"]},
        {"datatypes": ["Observation"], "identifier": BLOOD},
    ):
        claims: Json = {"authorization_details": [{**details, **limits}]}
        asked = token_request(claims, world.asks())
        (found,) = token_grant(compiled, at=AT, asked=asked).authorization_details
        given = {"datatypes", "identifier"} & found.keys()
        assert {name: found[name] for name in given} == limits


def test_the_residual_shows_what_the_compiled_decision_permits(
    world: World, compiled: CompiledDecision
) -> None:
    pcf: Any = token_grant(compiled, at=AT).extensions["ihe_pcf"]
    shown = []
    for name in (BLOOD, NOTE, "Observation/hiv-test"):
        resource = world.asks("TREAT", name)["resource"]
        described: Json = {"id": name, "author": [], "securityLabel": []}
        described.update(resource["properties"])
        seen = shows(pcf["residual"], described, ZoneInfo("UTC"))
        assert compiled.check(resource) or not seen
        shown.append(seen)
    assert set(shown) == {True, False}


def test_the_claims_of_a_jwt(compiled: CompiledDecision, world: World) -> None:
    found = token_grant(compiled, at=AT)
    assert found.claims() == {
        "exp": int(compiled.expires.seconds),
        "extensions": found.extensions,
        "authorization_details": [*found.authorization_details],
    }
    asked = token_grant(compiled, at=AT, asked=asking(world))
    assert asked.claims()["scope"] == SCOPE
    assert token_grant(compiled, at=AT, asked=asking(world, None)).scope is None


def test_the_token_ends_with_the_decision_or_before(compiled: CompiledDecision) -> None:
    odd = replace(compiled, expires=Instant(compiled.expires.nanoseconds - 1))
    assert token_grant(odd, at=AT).claims()["exp"] == compiled.expires.seconds - 1
    assert token_grant(compiled, at=compiled.expires.plus(-1)).extensions
    assert refused(compiled, at=compiled.expires) == NOT_A_PERMIT


def test_a_consent_of_the_record_is_named_on_the_server(world: World) -> None:
    plain = fhir_consent("permit")
    pcf: Any = token_grant(of_record(world, plain), at=AT, base=BASE).extensions[
        "ihe_pcf"
    ]
    assert pcf["doc_id"] == [f"{BASE}/Consent/on-file-1"]
    assert "residual" not in pcf
    del plain["policy"]
    plain["policyRule"] = {"coding": [{"system": THO + "v3-ActCode", "code": "OPTIN"}]}
    details = token_grant(of_record(world, plain), at=AT)
    assert details.extensions["ihe_pcf"] == {
        "patient_id": PATIENT,
        "doc_id": ["Consent/on-file-1"],
    }
    assert "residual" not in details.authorization_details[0]


def test_a_policy_without_a_uri_is_not_named(world: World) -> None:
    for policy in ([{"authority": "https://law.example"}], ["https://law.example"]):
        plain = fhir_consent("permit", policy=policy)
        assert "acp" not in as_pcf(token_grant(of_record(world, plain), at=AT))


def as_pcf(found: TokenGrant) -> Any:
    return found.extensions["ihe_pcf"]


@pytest.mark.parametrize("id", [None, f"{CANARY}/../x", f"urn:{CANARY}"])
def test_a_consent_that_cannot_be_named_makes_no_token(
    world: World, id: str | None
) -> None:
    plain = fhir_consent("permit")
    plain["id"] = id
    if id is None:
        del plain["id"]
    compiled = of_record(world, plain)
    code, path = refused(compiled)
    assert code == "CONFIGURATION_ERROR"
    assert path in {"$", "$.consents"}


def test_a_name_that_medid_made_up_is_not_in_a_token(world: World) -> None:
    compiled = world.verifier().compile(world.shown(), world.asks())
    prepared: Any = compiled.prejudged.consents
    (case,) = prepared.cases
    ((standing, node),) = case.standings
    twin = replace(standing.facts, id=f"{standing.facts.id}~2")
    case = replace(case, standings=((replace(standing, facts=twin), node),))
    prejudged = replace(compiled.prejudged, consents=replace(prepared, cases=(case,)))
    found = refused(replace(compiled, prejudged=prejudged))
    assert found == ("CONFIGURATION_ERROR", "$.consents")


def test_obligations_go_with_the_token(world: World) -> None:
    plain = fhir_consent("permit")
    assert token_grant(of_record(world, plain, "HPAYMT"), at=AT).obligations == (
        Obligation("MINEC"),
    )


# What makes no token.


def test_a_denial_makes_no_token(world: World) -> None:
    denied = of_record(world, fhir_consent("deny"))
    assert not denied.check(world.asks()["resource"])
    assert refused(denied) == NOT_A_PERMIT


def test_no_consent_makes_no_token(world: World) -> None:
    silent = world.verifier().compile(world.shown(world.license), world.asks())
    assert refused(silent) == NOT_A_PERMIT


def test_no_license_makes_no_token(world: World) -> None:
    unlicensed = world.verifier().compile(world.shown(world.consent), world.asks())
    assert refused(unlicensed) == NOT_A_PERMIT


def test_a_presentation_that_was_refused_makes_no_token(world: World) -> None:
    shown = world.shown(domain="https://other.example")
    assert refused(world.verifier().compile(shown, world.asks())) == NOT_A_PERMIT


def test_what_is_not_on_record_makes_no_token(world: World) -> None:
    def full() -> None:
        raise OSError

    verifier = world.verifier(audit=FailingLog(full))
    unrecorded = verifier.compile(world.shown(), world.asks())
    assert refused(unrecorded) == NOT_A_PERMIT


def test_what_was_not_judged_to_the_end_makes_no_token(
    compiled: CompiledDecision,
) -> None:
    without: list[Json] = [{"license": None}, {"consents": None}]
    for missing in without:
        prejudged = replace(compiled.prejudged, **missing)
        assert refused(replace(compiled, prejudged=prejudged)) == NOT_A_PERMIT


def test_a_permit_of_the_default_policy_makes_no_token(world: World) -> None:
    trust = world.trust()
    consent: Any = trust["consent"]
    consent["defaultPolicy"] = "https://profiles.ihe.net/ITI/PCF/Policy-all-normal"
    verifier = world.verifier(trust=TrustRegistry.from_json(trust))
    silent = verifier.compile(world.shown(world.license), world.asks())
    assert silent.check(world.asks()["resource"])
    assert refused(silent) == ("CONFIGURATION_ERROR", "$.consents")


def test_a_site_policy_is_asked_about_each_resource(world: World) -> None:
    policy = RulePolicy(lambda _: Narrowing(), version="1")
    verifier = world.verifier(policy=policy)
    narrowed = verifier.compile(world.shown(), world.asks())
    assert narrowed.check(world.asks()["resource"])
    assert refused(narrowed) == ("CONFIGURATION_ERROR", "$.policy")


def test_an_overlay_is_asked_about_each_resource(world: World) -> None:
    trust = world.trust()
    consent: Any = trust["consent"]
    consent["overlays"] = ["US-HIPAA"]
    verifier = world.verifier(trust=TrustRegistry.from_json(trust))
    narrowed = verifier.compile(world.shown(), world.asks())
    assert refused(narrowed) == ("CONFIGURATION_ERROR", "$.consents")


@pytest.mark.parametrize(
    "base", ["", "fhir", f"{BASE}/", "ftp://x.example", "https://"]
)
def test_a_base_is_a_url(compiled: CompiledDecision, base: str) -> None:
    assert refused(compiled, base=base) == ("CONFIGURATION_ERROR", "$.base")


# What the token request has to agree with.


def test_the_claimed_provider_is_the_licensed_one(
    world: World, compiled: CompiledDecision
) -> None:
    asked = asking(world, national_provider_identifier=NPI)
    assert token_grant(compiled, at=AT, asked=asked).scope == SCOPE
    asked = asking(world, national_provider_identifier=CANARY)
    path = "$.extensions.ihe_iua.national_provider_identifier"
    assert refused(compiled, asked=asked) == ("MALFORMED_VALUE_ERROR", path)
    # The same number in another register is another number.
    prejudged: Any = compiled.prejudged
    numbers = frozenset({("http://example.org/staff", NPI)})
    (license_,) = prejudged.facts.licenses
    facts = replace(prejudged.facts, licenses=(replace(license_, identifiers=numbers),))
    other = replace(compiled, prejudged=replace(prejudged, facts=facts))
    asked = asking(world, national_provider_identifier=NPI)
    assert refused(other, asked=asked) == ("MALFORMED_VALUE_ERROR", path)


def test_the_claimed_provider_is_not_whose_license_lies_beside(world: World) -> None:
    holder = world.patient
    own = world.license_of(holder.did, npi="1234567893")
    shown = world.shown(own, world.license, by=holder)
    asks = world.asks()
    asks["subject"]["id"] = holder.did
    consents = on_file(fhir_consent("permit"))
    narrowed = world.verifier(consents=consents).compile(shown, asks)
    stated = asking(world, national_provider_identifier=NPI)
    asked = replace(stated, request=narrowed.prejudged.case.request)
    path = "$.extensions.ihe_iua.national_provider_identifier"
    assert refused(narrowed, asked=asked) == ("MALFORMED_VALUE_ERROR", path)
    asked = replace(asked, provider="1234567893")
    assert token_grant(narrowed, at=AT, asked=asked).scope == SCOPE


def test_a_claimed_provider_stands_for_no_license(world: World) -> None:
    unlicensed = world.verifier().compile(world.shown(world.consent), world.asks())
    asked = asking(world, national_provider_identifier=NPI)
    assert refused(unlicensed, asked=asked) == NOT_A_PERMIT


def test_the_decision_is_about_what_the_token_asks_for(
    world: World, compiled: CompiledDecision
) -> None:
    claims: Json = {"extensions": {"ihe_iua": {"purpose_of_use": [TREAT]}}}
    other = token_request(claims, world.asks("TREAT", NOTE))
    assert refused(compiled, asked=other) == ("MALFORMED_VALUE_ERROR", "$")


# Scopes.


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("patient/Observation.rs", "patient/Observation.rs"),
        ("patient/Observation.cruds", "patient/Observation.rs"),
        ("patient/*.rs", "patient/*.rs"),
        ("patient/Flag.r user/Observation.r launch", "patient/Flag.r"),
        ("patient/Observation.s?code=1", "patient/Observation.s?code=1"),
        (" ".join(["patient/Observation.rs"] * MAX_SCOPES), "patient/Observation.rs"),
    ],
)
def test_scopes_are_those_of_the_patient_and_of_the_action(
    world: World, compiled: CompiledDecision, asked: str, granted: str
) -> None:
    found = token_grant(compiled, at=AT, asked=asking(world, asked))
    assert found.scope == granted


@pytest.mark.parametrize(
    "scope",
    [
        CANARY,
        "user/Observation.rs",
        "system/*.rs",
        "patient/Observation.u",
        "patient/Observation.read",
        " ".join(["patient/Observation.rs"] * (MAX_SCOPES + 1)),
    ],
)
def test_where_no_scope_is_left_there_is_no_token(
    world: World, compiled: CompiledDecision, scope: str
) -> None:
    asked = asking(world, scope)
    assert refused(compiled, asked=asked) == ("CONFIGURATION_ERROR", "$.scope")


@pytest.mark.parametrize(
    ("basis", "acp"),
    [
        ({"url": "https://law.example/policy/7"}, ["https://law.example/policy/7"]),
        ({"reference": {"reference": "DocumentReference/7"}}, None),
        ({"url": 7}, None),
        ([{"url": "https://law.example/policy/7"}], None),
        (None, None),
    ],
)
def test_of_r5_the_url_of_the_policy_basis_is_named(
    world: World, basis: Any, acp: list[str] | None
) -> None:
    law = {"coding": [{"system": THO + "v3-ActCode", "code": "INFA"}]}
    plain: dict[str, Any] = {
        "resourceType": "Consent",
        "id": "on-file-1",
        "status": "active",
        "subject": {"reference": PATIENT},
        "date": "2026-01-01",
        "regulatoryBasis": [law],
        "decision": "permit",
    }
    if basis is not None:
        plain["policyBasis"] = basis
    assert as_pcf(token_grant(of_record(world, plain), at=AT)).get("acp") == acp
