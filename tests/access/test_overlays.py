"""Legal overlays narrow what the consent rules permit, each by its own version."""

from __future__ import annotations

import itertools
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.consent_request import read_request
from medid.access.consent_scenarios import evaluate
from medid.access.consent_types import (
    DataUse,
    Obligation,
    ResearchPurpose,
    Resource,
)
from medid.access.overlays import found, us_42cfr2, us_hipaa
from medid.access.overlays.ga4gh_duo import DataUseOntology, code_of
from medid.access.overlays.port import (
    ATTRIBUTES,
    Answer,
    Overlay,
    Question,
    shown,
)
from medid.core.instant import Instant
from medid.core.records import replace
from medid.errors import ConfigurationError
from medid.health.codes import ACT_CODE, ACT_REASON, Coding
from medid.health.consent_tree import Criteria, Span
from medid.trust import TrustRegistry
from tests.access.test_consent_corpus import SCENARIOS
from tests.access.world import World
from tests.support import examples

if TYPE_CHECKING:
    from pathlib import Path

OWN = ["US-42CFR2", "US-HIPAA", "GA4GH-DUO"]
PLAIN = [
    one
    for one in SCENARIOS
    if "scope" not in one["request"] and not str(one["id"]).startswith("DUO")  # type: ignore[operator]
]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def with_overlays(world: World, *names: str, **consent: Any) -> TrustRegistry:
    trust: Any = world.trust()
    return TrustRegistry.from_json(
        {**trust, "consent": {**trust["consent"], "overlays": [*names], **consent}}
    )


@pytest.mark.parametrize("name", OWN)
def test_no_overlay_permits_what_the_rules_deny(name: str) -> None:
    changed = 0
    for scenario in PLAIN[:: 1 if examples(1) > 1 else 3]:
        context: Any = {**scenario.get("context", {}), "overlays": []}  # type: ignore[dict-item]
        before: Any = evaluate({**scenario, "context": context})
        after: Any = evaluate({**scenario, "context": {**context, "overlays": [name]}})
        if before["decision"] == "deny":
            assert after["decision"] == "deny"
        elif after["decision"] == "permit":
            assert set(before["obligations"]) <= set(after["obligations"])
        for one, result in before.get("results", {}).items():
            assert result == "permit" or after["results"][one] == "deny"
        changed += after["decision"] != before["decision"]
    assert changed


def test_a_decision_says_which_were_asked(world: World) -> None:
    verifier = world.verifier(trust=with_overlays(world, *OWN))
    found_ = verifier.decide(world.shown(), world.asks())
    assert found_
    assert found_.basis is not None
    assert found_.basis.overlays == (
        "US-42CFR2/2024.1",
        "US-HIPAA/2024.1",
        "GA4GH-DUO/2021.2",
    )
    assert found_.basis.as_json()["overlays"] == list(found_.basis.overlays)
    without = world.verifier().decide(world.shown(), world.asks()).basis
    assert without is not None
    assert "overlays" not in without.as_json()


def test_a_consent_without_a_date_is_as_old_as_its_credential_says() -> None:
    name = "OV-hard-hipaa-r5-document-type"
    scenario: Any = next(one for one in SCENARIOS if one["id"] == name)
    [dated] = scenario["consents"]
    bare = {name: value for name, value in dated.items() if name != "date"}
    known = {"proof": "valid", "status": "valid", "issuer": "did:example:p-9"}
    signed = {**known, "signedAt": "2026-01-10T09:00:00Z"}
    for consent, credential, decision in (
        (dated, known, "permit"),
        (bare, signed, "permit"),
        (bare, known, "deny"),
    ):
        context = {
            **scenario["context"],
            "patientDids": {"Patient/p-9": ["did:example:p-9"]},
            "credentials": {"c1": credential},
        }
        asked = {**scenario, "consents": [consent], "context": context}
        assert evaluate(asked)["decision"] == decision, (credential, consent)


def test_they_decide_about_each_resource_of_a_search(world: World) -> None:
    verifier = world.verifier(trust=with_overlays(world, "US-42CFR2"))
    compiled = verifier.compile(world.shown(), world.asks())
    plain = world.asks()["resource"]
    label = {"system": ACT_CODE, "code": "SUD"}
    labels = [*plain["properties"]["securityLabel"], label]
    labelled = {
        **plain,
        "properties": {**plain["properties"], "securityLabel": labels},
    }
    assert compiled.check(plain)
    denied = compiled.check(labelled)
    assert not denied
    assert compiled.check(plain)
    request = {**world.asks(), "resource": labelled}
    assert verifier.decide(world.shown(), request).codes == denied.codes
    assert not denied.as_public_json()["decision"]


def test_research_states_its_purpose_in_the_request(world: World) -> None:
    use = {"none": {"permission": "GRU", "modifiers": ["IRB"]}}
    policy = "https://profiles.ihe.net/ITI/PCF/Policy-all-normal"
    trust = with_overlays(world, "GA4GH-DUO", dataUse=use, defaultPolicy=policy)
    verifier = world.verifier(trust=trust)
    request = world.asks("HRESCH")
    denied = verifier.decide(world.shown(), request)
    assert denied.codes == ("LICENSE_OK", "OVERLAY_DENY")
    assert denied.findings[1].rule == "GA4GH-DUO research-purpose"
    request["context"]["researchPurpose"] = {"duo": "HMB", "ethicsApproval": True}
    assert verifier.decide(world.shown(), request)
    request["context"]["researchPurpose"] = {"duo": 7}
    bad = verifier.decide(world.shown(), request)
    assert bad.findings[0].path == "$.request.context.researchPurpose.duo"


@pytest.mark.parametrize(
    "names",
    [["US-42CFR3"], ["US-HIPAA", "US-HIPAA"], ["us-hipaa"], [""]],
)
def test_what_is_not_there_stops_the_verifier(world: World, names: list[str]) -> None:
    if names == [""]:
        with pytest.raises(Exception, match="empty"):
            with_overlays(world, *names)
        return
    with pytest.raises(ConfigurationError) as caught:
        world.verifier(trust=with_overlays(world, *names))
    assert caught.value.path == "$.consent.overlays"


# Overlays that others install.


class Ward:
    """Denies what is not the ward's own."""

    name = "X-WARD"
    version = "1"
    looks_at = frozenset({"custodian"})
    answer: Any = Answer(obligations=(Obligation("MASK"),))

    def narrow(self, question: Question) -> Answer:
        resource = question.resource
        assert resource is not None
        assert (resource.labels, resource.id) == (frozenset(), None)
        if resource.custodian != "Organization/clinic-1":
            return Answer(clause="7.1")
        if isinstance(self.answer, Exception):
            raise self.answer
        made: Answer = self.answer
        return made


_INSTALLED = itertools.count()


def install(folder: Path, name: str, source: str, *, count: int = 1) -> None:
    """A package with an entry point, as an installer leaves it."""
    # What was imported once is not imported again, so no two have one name.
    module = f"overlay_of_a_test_{next(_INSTALLED)}"
    (folder / f"{module}.py").write_text(source)
    for number in range(count):
        info = folder / f"{module}_{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {module}-{number}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(
            f"[medid.overlays]\n{name} = {module}:overlay\n"
        )


WARD = "from tests.access.test_overlays import Ward\nclass overlay(Ward):\n    pass\n"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def scenario(custodian: str = "Organization/clinic-1") -> Any:
    (one,) = (it for it in SCENARIOS if it["id"] == "OV-none")
    request: Any = one["request"]
    resource = {**request["resource"], "custodian": custodian}
    return {
        **one,
        "context": {"overlays": ["X-WARD"], "requireAllSensitivitiesCovered": False},
        "request": {**request, "resource": resource},
    }


@pytest.mark.parametrize("made", ["class", "object"])
def test_a_package_adds_one(installed: Path, made: str) -> None:
    source = WARD if made == "class" else WARD + "overlay = overlay()\n"
    install(installed, "X-WARD", source)
    permitted: Any = evaluate(scenario())
    assert permitted["decision"] == "permit"
    assert "MASK" in permitted["obligations"]
    denied: Any = evaluate(scenario("Organization/other"))
    assert denied["decidedBy"] == "overlay:X-WARD"
    assert denied["reasons"][0]["rule"] == "X-WARD 7.1"


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "None",
            "True",
            "ValueError('Amelia')",
            "Answer(clause='free text of a law')",
        ),
        *("Answer(clause=7)", "Answer(clause='')", "Answer(obligations=('MASK',))"),
        *("Answer(obligations=None)", "Answer(obligations=(Obligation(7),))"),
        "Answer(obligations=(Obligation('Amelia is ill'),))",
        "Answer(obligations=iter((Obligation('MASK'),)))",  # used up by a look
    ],
)
def test_what_one_says_that_is_no_answer_permits_nothing(
    installed: Path, answer: str
) -> None:
    source = f"{WARD}    answer = {answer}\n"
    source = "from medid.access.overlays.port import Answer\n" + source
    source = "from medid.access.consent_types import Obligation\n" + source
    install(installed, "X-WARD", source.replace("    pass\n", ""))
    found_: Any = evaluate(scenario())
    assert (found_["decision"], found_["outcome"]) == ("deny", "indeterminate")
    assert found_["reasons"][0]["code"] == "OVERLAY_UNAVAILABLE"
    assert "Amelia" not in str(found_)


@pytest.mark.parametrize(
    "source",
    [
        "overlay = None\n",
        "overlay = 'X-WARD'\n",
        "raise ValueError('Amelia')\n",
        "1 / 0\n",
        f"{WARD}    name = 'X-OTHER'\n",
        f"{WARD}    version = ''\n",
        f"{WARD}    version = 1\n",
        f"{WARD}    looks_at = {{'custodian'}}\n",
        f"{WARD}    looks_at = frozenset({{'patient'}})\n",
        f"{WARD}    def __init__(self):\n        raise OSError('Amelia')\n",
    ],
)
def test_what_is_no_overlay_is_refused(installed: Path, source: str) -> None:
    install(installed, "X-WARD", source)
    with pytest.raises(ConfigurationError) as caught:
        evaluate(scenario())
    assert "Amelia" not in str(caught.value)


def test_two_of_one_name_are_refused(installed: Path) -> None:
    install(installed, "X-WARD", WARD, count=2)
    with pytest.raises(ConfigurationError, match="more than one"):
        evaluate(scenario())


def test_another_name_stands_for_another_overlay(installed: Path) -> None:
    install(installed, "X-WARD", WARD)
    install(installed, "X-OTHER", "overlay = None\n")
    permitted: Any = evaluate(scenario())
    assert permitted["decision"] == "permit"


def test_one_may_look_at_all_that_a_resource_has() -> None:
    ward = Ward()
    ward.looks_at = ATTRIBUTES
    assert found.checked(ward, "X-WARD", "$") is ward


def test_nobody_takes_the_name_of_one_of_medid_s_own(installed: Path) -> None:
    install(installed, "US-HIPAA", WARD)
    (overlay,) = found.overlays(["US-HIPAA"], "$")
    assert overlay is found.OWN["US-HIPAA"]


SUD = Coding(ACT_CODE, "SUD")
ENDS = Span(end=Instant.parse("2027-01-01T00:00:00Z"))
WHOLE = Criteria(
    recipients=(), custodians=(), purposes=(), labels=(SUD, us_42cfr2.NOTES)
)


def question(*labels: Coding, purpose: str = "HRESCH", **changes: Any) -> Question:
    """About a consent with every element that a law may ask for, and ``changes``."""
    stated: dict[str, Any] = {
        "purpose": Coding(ACT_REASON, purpose),
        "request": read_request(SCENARIOS[0]["request"], UTC, path="$"),  # type: ignore[arg-type]
        "resource": Resource(type="Observation", labels=frozenset(labels)),
        "criteria": WHOLE,
        "period": ENDS,
        "signed": True,
        **changes,
    }
    return Question(**stated)


def without(name: str) -> Criteria:
    return replace(WHOLE, **{name: None})


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({}, None),
        ({"criteria": None}, "2.31(a)"),
        ({"criteria": without("labels")}, "2.31(a)(3)"),
        ({"criteria": replace(WHOLE, labels=(us_42cfr2.NOTES,))}, "2.31(a)(3)"),
        ({"criteria": without("recipients")}, "2.31(a)(4)"),
        ({"criteria": without("purposes")}, "2.31(a)(5)"),
        ({"period": None}, "2.31(a)(7)"),
        ({"period": Span(start=ENDS.end)}, "2.31(a)(7)"),
        ({"signed": False}, "2.31(a)(9)"),
        ({"purpose": "HLEGAL"}, "2.12(d)"),
        ({"purpose": "TREAT", "period": None}, None),
        ({"purpose": "ETREAT", "criteria": None, "signed": False}, None),
    ],
)
def test_part_2_names_the_clause_that_is_not_met(
    changes: dict[str, Any], clause: str | None
) -> None:
    answer = us_42cfr2.Part2().narrow(question(SUD, **changes))
    assert answer.clause == clause
    assert (us_42cfr2.NOTICE in answer.obligations) is (clause is None)
    audited = Obligation("AUDIT") in answer.obligations
    assert audited is (changes.get("purpose") == "ETREAT")
    # Of other data, and where there is none, the law says nothing.
    assert us_42cfr2.Part2().narrow(question(**changes)) == Answer()
    nothing = question(**{**changes, "resource": None})
    assert us_42cfr2.Part2().narrow(nothing) == Answer()


@pytest.mark.parametrize(
    ("commercial", "not_for_profit", "met"),
    [
        *((False, True, True), (False, None, True), (False, False, False)),
        *((True, True, False), (None, True, False), (None, None, False)),
    ],
)
def test_not_for_profit_and_not_commercial_are_both_asked_for(
    commercial: bool | None, not_for_profit: bool | None, met: bool
) -> None:
    asked = question(data_use=DataUse(permission="GRU", modifiers=("NPUNCU",)))
    research = ResearchPurpose(
        duo="HMB", commercial=commercial, not_for_profit=not_for_profit
    )
    asked = replace(asked, request=replace(asked.request, research=research))
    clause = DataUseOntology().narrow(asked).clause
    assert clause == (None if met else "DUO:0000018")


def test_counselling_notes_have_a_consent_of_their_own() -> None:
    own = replace(WHOLE, labels=(SUD,))
    asked = question(SUD, us_42cfr2.NOTES, criteria=own)
    assert us_42cfr2.Part2().narrow(asked).clause == "2.31(b)"
    assert us_42cfr2.Part2().narrow(question(SUD, us_42cfr2.NOTES)).clause is None
    assert us_42cfr2.Part2().narrow(question(SUD, criteria=own)).clause is None


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({}, None),
        ({"criteria": None}, "164.508(c)(1)"),
        ({"criteria": without("labels")}, "164.508(c)(1)(i)"),
        ({"criteria": without("custodians")}, "164.508(c)(1)(ii)"),
        ({"criteria": without("recipients")}, "164.508(c)(1)(iii)"),
        ({"criteria": without("purposes")}, "164.508(c)(1)(iv)"),
        ({"purpose": "HMARKT", "period": None}, "164.508(c)(1)(v)"),
        ({"purpose": "HMARKT", "period": Span(start=ENDS.end)}, "164.508(c)(1)(v)"),
        ({"purpose": "HMARKT"}, None),
        ({"period": None}, None),
        ({"signed": False}, "164.508(c)(1)(vi)"),
        *(
            ({"purpose": purpose, "criteria": None, "signed": False}, None)
            for purpose in ("TREAT", "HPAYMT", "HOPERAT", "PATRQT", "PUBHLTH")
        ),
    ],
)
def test_hipaa_names_the_element_that_is_missing(
    changes: dict[str, Any], clause: str | None
) -> None:
    answer = us_hipaa.Hipaa().narrow(question(**changes))
    assert answer.clause == clause
    accounted = Obligation("AOD") in answer.obligations
    assert accounted is (changes.get("purpose") == "PUBHLTH")
    nothing = question(**{**changes, "resource": None})
    assert us_hipaa.Hipaa().narrow(nothing) == answer


@pytest.mark.parametrize(
    "part", ["classes", "document_types", "codes", "data", "data_period"]
)
def test_any_description_of_the_data_describes_it(part: str) -> None:
    value: Any = ENDS if part == "data_period" else ()
    described = replace(without("labels"), **{part: value})
    assert us_hipaa.Hipaa().narrow(question(criteria=described)).clause is None


def test_psychotherapy_notes_are_named_for_whatever_purpose() -> None:
    notes = us_42cfr2.NOTES
    for purpose in ("TREAT", "HPAYMT", "PATRQT", "PUBHLTH", "HRESCH"):
        for criteria in (None, without("labels"), replace(WHOLE, labels=(SUD,))):
            asked = question(notes, purpose=purpose, criteria=criteria)
            assert us_hipaa.Hipaa().narrow(asked).clause == "164.508(a)(2)"
        assert us_hipaa.Hipaa().narrow(question(notes, purpose=purpose)).clause is None
        late = question(notes, purpose=purpose, signed=False)
        assert us_hipaa.Hipaa().narrow(late).clause == "164.508(c)(1)(vi)"
    emergency = question(notes, purpose="ETREAT", criteria=None)
    assert us_hipaa.Hipaa().narrow(emergency) == Answer()


def test_an_overlay_is_shown_what_it_looks_at_and_no_more() -> None:
    resource = Resource(
        type="Observation",
        id="Observation/7",
        labels=frozenset({Coding(ACT_CODE, "SUD")}),
        custodian="Organization/clinic-1",
    )
    ward: Overlay = Ward()
    assert shown(resource, ward) == Resource(
        type="Observation", custodian="Organization/clinic-1"
    )
    assert shown(None, ward) is None


@pytest.mark.parametrize("name", OWN)
def test_without_data_nothing_is_known_of_it(name: str) -> None:
    (one,) = (it for it in SCENARIOS if it["id"] == "P2-whole")
    request: Any = {**one["request"]}  # type: ignore[dict-item]
    del request["resource"]
    scene: Any = {**one, "request": request, "context": {"overlays": [name]}}
    answer: Any = evaluate(scene)
    # A label-bound permit needs data; what denies is no overlay.
    assert answer["decidedBy"] == "default-policy"
    request["purpose"] = []
    assert evaluate(scene)["decision"] == "deny"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("DUO:0000042", "0000042"), ("GRU", "0000042"), ("gru", ""), ("", "")),
        ("http://purl.obolibrary.org/obo/DUO_0000042", "0000042"),
        *(("DUO:42", ""), ("DUO_0000042", ""), ("DUO:00000421", "")),
    ],
)
def test_codes_of_the_ontology(text: str, code: str) -> None:
    assert code_of(text) == code
