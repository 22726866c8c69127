"""Research decisions with GA4GH visas: they meet what data asks for, and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access.audit_reading import read_record
from medid.access.consent_scenarios import evaluate
from medid.access.decision import Outcome
from medid.access.explaining import as_html_page, as_text, explain, read_decision
from medid.access.passport import Passport
from medid.access.request import AccessRequest
from medid.adapters.audit import MemoryAuditLog
from medid.core.instant import Instant
from medid.errors import FetchFailed, MalformedValue
from medid.trust import TrustRegistry
from tests.access.test_consent_corpus import SCENARIOS
from tests.access.visa_world import (
    BROKER,
    DAC,
    DATASET,
    EGA,
    EVERYBODY,
    FACULTY,
    HOME,
    NOW,
    REGISTERED,
    STRANGER,
    SUB,
    UNIVERSITY,
    Doc,
    grant,
    home,
    linked,
    passport,
    visa,
    visa_issuers,
)
from tests.access.world import AT, BLOOD, World
from tests.support import examples

if TYPE_CHECKING:
    from medid.access.decision import Decision

POLICY = "https://profiles.ihe.net/ITI/PCF/Policy-all-normal"
GRANTED: Doc = {
    "type": "ControlledAccessGrants",
    "value": DATASET,
    "source": DAC,
    "proves": ["US"],
}
RESEARCHER: Doc = {"type": "ResearcherStatus", "value": REGISTERED}
TERMS: Doc = {"type": "AcceptedTermsAndPolicies", "value": REGISTERED}
USE: Doc = {
    "permission": "GRU",
    "modifiers": ["US"],
    "visas": [GRANTED, RESEARCHER, TERMS],
}
ALL = (
    visa(),
    visa(home("ResearcherStatus", REGISTERED), HOME),
    visa(home("AcceptedTermsAndPolicies", REGISTERED, "self"), HOME),
)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def registry(world: World, use: Doc = USE, **members: Any) -> TrustRegistry:
    trust: Any = world.trust()
    consent = {
        **trust["consent"],
        "overlays": ["GA4GH-DUO"],
        "dataUse": {"none": use},
        "defaultPolicy": POLICY,
    }
    brokers = [{"issuer": BROKER.iss, "jwks": BROKER.jwks}]
    source: Doc = {
        **trust,
        "consent": consent,
        "visaIssuers": visa_issuers(),
        "brokers": brokers,
        **members,
    }
    return TrustRegistry.from_json(source)


def asks(world: World, *visas: str, **stated: Any) -> AccessRequest:
    """A request for research, with visas of the practitioner."""
    handed = Passport.from_userinfo(
        {"ga4gh_passport_v1": [*visas]},
        **{
            "presenter": world.practitioner.did,
            "identities": EVERYBODY,
            **stated,
        },
    )
    return plain(world).with_passport(handed)


def plain(world: World) -> AccessRequest:
    document = world.asks("HRESCH")
    document["context"]["researchPurpose"] = {"duo": "HMB"}
    return AccessRequest.from_json(document)


def rule(decision: Decision) -> str | None:
    (found,) = [one for one in decision.findings if one.code.startswith("OVERLAY")]
    return found.rule


def test_research_is_permitted_with_every_visa_that_the_data_needs(
    world: World,
) -> None:
    verifier = world.verifier(trust=registry(world))
    permitted = verifier.decide(world.shown(), asks(world, *ALL))
    assert permitted
    assert permitted.expires == AT.plus(300)
    for missing, clause in enumerate(
        ["DUO:0000026", "visa:ResearcherStatus", "visa:AcceptedTermsAndPolicies"]
    ):
        rest = [one for index, one in enumerate(ALL) if index != missing]
        denied = verifier.decide(world.shown(), asks(world, *rest))
        assert denied.outcome is Outcome.DENY
        assert rule(denied) == f"GA4GH-DUO {clause}"


def test_without_a_passport_no_visa_is_there(world: World) -> None:
    verifier = world.verifier(trust=registry(world))
    denied = verifier.decide(world.shown(), plain(world))
    assert rule(denied) == "GA4GH-DUO DUO:0000026"
    assert not [one for one in denied.checks if one.check in {"passport", "visa"}]
    assert not [one for one in denied.tree if one.check == "visas"]


@pytest.mark.parametrize("place", ["context", "subject", "properties"])
def test_nothing_in_a_request_is_a_visa(world: World, place: str) -> None:
    request = world.asks("HRESCH")
    request["context"]["researchPurpose"] = {"duo": "HMB"}
    parts = {
        "context": request["context"],
        "subject": request["subject"],
        "properties": request["subject"].setdefault("properties", {}),
    }
    parts[place]["ga4gh_passport_v1"] = [*ALL]
    verifier = world.verifier(trust=registry(world))
    assert verifier.decide(world.shown(), request).codes == ("MALFORMED_VALUE_ERROR",)


def test_visas_of_somebody_else_permit_nothing(world: World) -> None:
    verifier = world.verifier(trust=registry(world))
    nobody = asks(world, *ALL, identities=())
    assert rule(verifier.decide(world.shown(), nobody)) == "GA4GH-DUO DUO:0000026"
    other = asks(world, *ALL, presenter="did:example:other")
    denied = verifier.decide(world.shown(), other)
    assert denied.codes == ("HOLDER_BINDING_ERROR",)
    assert denied.outcome is Outcome.DENY


def test_a_linked_identities_visa_stands_for_the_deployer_s_word(world: World) -> None:
    verifier = world.verifier(trust=registry(world))
    did = world.practitioner.did
    link = linked((did, did), (EGA.iss, SUB), (HOME.iss, SUB))
    assert verifier.decide(world.shown(), asks(world, *ALL, link, identities=()))


def test_a_passport_that_fails_refuses_whatever_is_asked(world: World) -> None:
    verifier = world.verifier(trust=registry(world))
    treats = AccessRequest.from_json(world.asks())
    good = Passport.from_token(
        passport(),
        presenter=world.practitioner.did,
        identities=EVERYBODY,
    )
    assert verifier.decide(world.shown(), treats.with_passport(good))
    expired = Passport.from_token(passport(exp=NOW), identities=())
    denied = verifier.decide(world.shown(), treats.with_passport(expired))
    assert denied.codes == ("EXPIRED",)
    assert denied.outcome is Outcome.DENY
    assert "reasons" not in denied.as_public_json()["context"]  # type: ignore[operator]


def test_a_permit_ends_with_the_first_visa(world: World) -> None:
    verifier = world.verifier(trust=registry(world))
    short = visa(exp=NOW + 20)
    decision = verifier.decide(world.shown(), asks(world, short, *ALL[1:]))
    assert decision.expires == AT.plus(20)
    compiled = verifier.compile(world.shown(), asks(world, short, *ALL[1:]))
    resource = world.asks("HRESCH")["resource"]
    assert compiled.expires == AT.plus(20)
    assert compiled.check(resource, at=AT.plus(19))
    assert not compiled.check(resource, at=AT.plus(20))
    later = verifier.decide(
        world.shown(at=AT.plus(20)),
        asks(world, short, *ALL[1:]),
        at=AT.plus(20),
    )
    assert rule(later) == "GA4GH-DUO DUO:0000026"


def test_a_permit_ends_with_the_trust_entry_of_whoever_vouches(world: World) -> None:
    end = str(AT.plus(60))
    bounded = [{**one, "validUntil": end} for one in visa_issuers()]
    brokers = [{"issuer": BROKER.iss, "jwks": BROKER.jwks, "validUntil": end}]
    packed = Passport.from_token(
        passport(*ALL), presenter=world.practitioner.did, identities=EVERYBODY
    )
    for asked, ending in (
        (asks(world, *ALL), {"visaIssuers": [bounded[0], *visa_issuers()[1:]]}),
        (plain(world).with_passport(packed), {"brokers": brokers}),
    ):
        verifier = world.verifier(trust=registry(world, **ending))
        found = verifier.decide(world.shown(), asked)
        assert found
        assert found.expires == AT.plus(60)
        assert not verifier.decide(world.shown(), asked, at=AT.plus(60))
        compiled = verifier.compile(world.shown(), asked)
        assert compiled.expires == AT.plus(60)


def test_a_kept_case_is_judged_the_same_years_later(world: World) -> None:
    verifier = world.verifier(trust=registry(world))
    case = verifier.prepare(world.shown(), asks(world, *ALL))
    late = world.verifier(
        trust=registry(world), clock=lambda: Instant.parse("2036-01-01T00:00:00Z")
    )
    first, second = verifier.conclude(case), late.conclude(case)
    assert first
    assert (first.findings, first.expires, first.basis) == (
        second.findings,
        second.expires,
        second.basis,
    )


# Keys that are published.

JKU = f"{EGA.iss}/jwks"


def test_published_keys_are_gathered_with_the_other_evidence(world: World) -> None:
    issuers = visa_issuers(jwks={"keys": []}, jku=[JKU])
    verifier = world.verifier(trust=registry(world, visaIssuers=issuers))
    world.net.web.documents[JKU] = EGA.jwks
    world.net.asked.clear()
    stranger = visa(signer=STRANGER)
    request = asks(world, stranger, *ALL, visa(grant(value="https://a.example/9")))
    permitted = verifier.decide(world.shown(), request)
    assert permitted
    assert world.net.asked.count(JKU) == 1
    assert not [one for one in world.net.asked if "stranger" in one]
    world.net.down.add(JKU)
    try:
        unknown = verifier.decide(world.shown(), request)
    finally:
        world.net.down.clear()
    assert unknown.outcome is Outcome.INDETERMINATE
    assert "OVERLAY_UNAVAILABLE" in unknown.codes
    assert FetchFailed.code in {one.code for one in unknown.checks}


def test_a_visa_out_of_reach_that_nothing_asks_for_changes_nothing(
    world: World,
) -> None:
    issuers = visa_issuers(jwks={"keys": []}, jku=[JKU])
    use = {"permission": "GRU", "visas": [RESEARCHER]}
    verifier = world.verifier(
        trust=registry(world, use, visaIssuers=issuers), fetch=world.net
    )
    world.net.down.add(JKU)
    try:
        assert verifier.decide(world.shown(), asks(world, *ALL))
    finally:
        world.net.down.clear()


# Evidence, and what is told.


def test_the_decision_says_which_visas_counted_and_nothing_of_them(
    world: World,
) -> None:
    log = MemoryAuditLog()
    verifier = world.verifier(trust=registry(world), audit=log)
    other = visa(sub="canary-other")
    decision = verifier.decide(world.shown(), asks(world, other, *ALL))
    assert decision
    assert decision.basis is not None
    assert len(decision.basis.visas) == 3
    shown: Any = decision.as_json()
    (branch,) = [one for one in shown["context"]["checks"] if one["check"] == "visas"]
    assert [one["result"] for one in branch["checks"]] == ["fail", *["pass"] * 3]
    assert branch["checks"][0]["codes"] == ["HOLDER_BINDING_ERROR"]
    assert shown["context"]["basis"]["visas"] == [*decision.basis.visas]
    (record,) = log.records
    assert record.sources == decision.basis
    assert read_record(record.as_json()) == record
    text = json.dumps([shown, record.as_json()]) + repr(decision)
    for secret in (SUB, "canary", DATASET, REGISTERED, DAC, EGA.iss, UNIVERSITY):
        assert secret not in text
    assert "visa" not in json.dumps(decision.as_public_json())


def test_an_explanation_tells_of_visas(world: World) -> None:
    verifier = world.verifier(trust=registry(world))
    decision = verifier.decide(world.shown(), asks(world, *ALL[1:]))
    text = as_text(explain(decision))
    assert "|-- visa $.passport.ga4gh_passport_v1[0]: yes" in text
    page = as_html_page(explain(decision))
    assert "Does this GA4GH visa count for the presenter?" in page
    assert "Is the passport genuine, current and the presenter" in page
    assert as_text(read_decision(decision.as_json())) == text


# What the site states, by scenarios.


def scene(use: Doc, *visas: Doc, purpose: str = "HRESCH") -> Any:
    (one,) = (it for it in SCENARIOS if it["id"] == "DUO-GRU-for-GRU")
    request: Any = json.loads(json.dumps(one["request"]))
    request["purpose"][0]["code"] = purpose
    context: Doc = {
        "overlays": ["GA4GH-DUO"],
        "dataUse": {"c1": {"permission": "GRU", **use}},
        "visas": [*visas],
    }
    return evaluate({**one, "context": context, "request": request})


def stated(visa_object: Doc) -> Doc:
    """A visa as a scenario states it."""
    return {name: visa_object[name] for name in ("type", "value", "source", "by")}


GRANT = stated(grant())
HERE: Doc = {"type": "AffiliationAndRole", "affiliation": "med.stanford.edu"}
AGREED: Doc = {**TERMS, "proves": ["COL"]}


@pytest.mark.parametrize(
    ("needed", "visas", "permits"),
    [
        ([GRANTED], [GRANT], True),
        ([GRANTED], [], False),
        ([GRANTED], [{**GRANT, "value": DATASET + "9"}], False),
        ([GRANTED], [{**GRANT, "value": DATASET.upper()}], False),
        ([GRANTED], [{**GRANT, "source": UNIVERSITY}], False),
        ([GRANTED], [{**GRANT, "by": "self"}], False),
        ([GRANTED], [{**GRANT, "by": "peer"}], False),
        ([{**GRANTED, "by": ["so"]}], [GRANT], False),
        ([{**GRANTED, "by": "dac"}], [GRANT], True),
        ([GRANTED], [{k: v for k, v in GRANT.items() if k != "by"}], False),
        ([GRANTED], [{**GRANT, "type": "ResearcherStatus"}], False),
        ([GRANTED, {**GRANTED, "value": DATASET + "9"}], [GRANT], False),
        ([RESEARCHER], [stated(home("ResearcherStatus", REGISTERED))], True),
        ([RESEARCHER], [stated(home("ResearcherStatus", REGISTERED, "self"))], False),
        (
            [{**RESEARCHER, "source": DAC}],
            [stated(home("ResearcherStatus", REGISTERED))],
            False,
        ),
        ([HERE], [stated(FACULTY)], True),
        ([HERE], [{**stated(FACULTY), "by": "peer"}], False),
        ([HERE], [{**stated(FACULTY), "value": "faculty@stanford.edu"}], False),
        ([HERE], [{**stated(FACULTY), "value": "x.guest@med.stanford.edu"}], False),
        (
            [{"type": "AffiliationAndRole", "value": "x.guest@med.stanford.edu"}],
            [{**stated(FACULTY), "value": "x.guest@med.stanford.edu"}],
            True,
        ),
        ([HERE], [{**stated(FACULTY), "value": "faculty@med.stanford.edu@x"}], False),
        ([TERMS], [stated(home("AcceptedTermsAndPolicies", REGISTERED, "self"))], True),
    ],
)
def test_each_visa_that_is_asked_for_is_met_by_one(
    needed: list[Doc], visas: list[Doc], permits: bool
) -> None:
    answer = scene({"visas": needed}, *visas)
    assert (answer["decision"] == "permit") is permits
    if not permits:
        assert answer["decidedBy"] == "overlay:GA4GH-DUO"
    # Other purposes are not research, and not asked about.
    assert scene({"visas": needed}, purpose="TREAT")["decidedBy"] != (
        "overlay:GA4GH-DUO"
    )


@pytest.mark.parametrize(
    ("modifier", "needed", "proof"),
    [
        ("US", GRANTED, GRANT),
        ("IS", {**HERE, "proves": ["DUO:0000028"]}, stated(FACULTY)),
        ("COL", AGREED, stated(home("AcceptedTermsAndPolicies", REGISTERED))),
    ],
)
def test_a_modifier_is_proven_where_the_site_says_by_what(
    modifier: str, needed: Doc, proof: Doc
) -> None:
    use = {"modifiers": [modifier], "visas": [needed]}
    assert scene(use, proof)["decision"] == "permit"
    assert scene(use)["reasons"][0]["rule"].startswith("GA4GH-DUO DUO:00000")
    bare = {name: value for name, value in needed.items() if name != "proves"}
    assert scene({**use, "visas": [bare]}, proof)["decision"] == "deny"
    assert scene({"modifiers": [modifier]}, proof)["decision"] == "deny"


@pytest.mark.parametrize(
    "modifier", ["RS", "DUO:0000012", "PS", "IRB", "NCU", "TS", "DUO:9999999"]
)
def test_no_visa_stands_for_what_the_research_has_to_be(modifier: str) -> None:
    use = {"modifiers": [modifier], "visas": [GRANTED]}
    assert scene(use, GRANT)["decision"] == "deny"
    with pytest.raises(MalformedValue):
        scene({"visas": [{**GRANTED, "proves": [modifier]}]}, GRANT)


def test_visas_widen_no_permission() -> None:
    assert scene({"permission": "POA", "visas": [GRANTED]}, GRANT)["decision"] == "deny"
    assert scene({"permission": "", "visas": [GRANTED]} | {"permission": "X"}, GRANT)[
        "decision"
    ] == ("deny")


VISAS = st.lists(
    st.sampled_from(
        [
            GRANT,
            {**GRANT, "by": "peer"},
            {**GRANT, "value": DATASET + "9"},
            stated(FACULTY),
            stated(home("AcceptedTermsAndPolicies", REGISTERED, "self")),
            stated(home("ResearcherStatus", REGISTERED)),
        ]
    ),
    max_size=5,
)
NEEDED = st.lists(
    st.sampled_from([GRANTED, {**HERE, "proves": ["IS"]}, AGREED, RESEARCHER]),
    min_size=1,
    max_size=3,
)


@settings(max_examples=examples(40))
@given(
    permission=st.sampled_from(["GRU", "HMB", "POA", "NRES"]),
    modifiers=st.lists(st.sampled_from(["US", "IS", "COL", "IRB", "NPOA"])),
    needed=NEEDED,
    visas=VISAS,
    more=VISAS,
)
def test_visas_meet_conditions_and_widen_nothing(
    permission: str,
    modifiers: list[str],
    needed: list[Doc],
    visas: list[Doc],
    more: list[Doc],
) -> None:
    use = {"permission": permission, "modifiers": modifiers, "visas": needed}
    permits = scene(use, *visas)["decision"] == "permit"
    about_research = [one for one in modifiers if one not in {"US", "IS", "COL"}]
    without = {"permission": permission, "modifiers": about_research}
    if permits:
        assert scene(without)["decision"] == "permit"
        assert scene(use, *visas, *more)["decision"] == "permit"
    # An account of its own: each one that is needed is there, each modifier proven.
    holds = {
        "ControlledAccessGrants": GRANT in visas,
        "AffiliationAndRole": stated(FACULTY) in visas,
        "AcceptedTermsAndPolicies": any(
            one["type"] == "AcceptedTermsAndPolicies" for one in visas
        ),
        "ResearcherStatus": any(one["type"] == "ResearcherStatus" for one in visas),
    }
    proven = {code for one in needed for code in one.get("proves", [])}
    assert permits is (
        permission in {"GRU", "NRES"}
        and {"US", "IS", "COL"} & {*modifiers} <= proven
        and "IRB" not in modifiers
        and all(holds[one["type"]] for one in needed)
    )


@pytest.mark.parametrize(
    ("needed", "path"),
    [
        ([], ""),
        (["x"], "[0]"),
        ([{**GRANTED, "type": "LinkedIdentities"}], "[0].type"),
        ([{**GRANTED, "type": "https://custom.example"}], "[0].type"),
        ([{"type": "ControlledAccessGrants", "source": DAC}], "[0]"),
        ([{"type": "ControlledAccessGrants", "value": DATASET}], "[0].source"),
        ([{**GRANTED, "affiliation": "a.example"}], "[0]"),
        ([{**RESEARCHER, "value": ""}], "[0].value"),
        ([{"type": "ResearcherStatus", "affiliation": "a"}], "[0].affiliation"),
        ([{**GRANTED, "by": ["self"]}], "[0].by"),
        ([{**GRANTED, "by": []}], "[0].by"),
        ([{**HERE, "by": ["peer"]}], "[0].by"),
        ([{**GRANTED, "proves": []}], "[0].proves"),
        ([{**GRANTED, "proves": ["IS"]}], "[0].proves"),
        ([{**GRANTED, "proves": ["nothing"]}], "[0].proves"),
        ([{**RESEARCHER, "proves": ["US"]}], "[0].proves"),
        ([{**GRANTED, "sources": [DAC]}], "[0].sources"),
    ],
)
def test_what_a_site_states_is_read_strictly(needed: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        scene({"visas": needed}, GRANT)
    assert caught.value.path == f"$.context.dataUse.c1.visas{path}"


@pytest.mark.parametrize(
    ("odd", "path"),
    [
        ({**GRANT, "type": "https://custom.example"}, ".type"),
        ({**GRANT, "by": "pope"}, ".by"),
        ({**GRANT, "value": ""}, ".value"),
        ({**GRANT, "source": None}, ".source"),
        ({**GRANT, "sub": SUB}, ".sub"),
        ("x", ""),
    ],
)
def test_visas_of_a_scenario_are_read_strictly(odd: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        scene({"visas": [GRANTED]}, odd)
    assert caught.value.path == f"$.context.visas[0]{path}"


def test_wrong_settings_stop_the_verifier(world: World) -> None:
    wrong = registry(world, {"permission": "GRU", "visas": [{"type": "x"}]})
    with pytest.raises(MalformedValue):
        world.verifier(trust=wrong)
    assert BLOOD
