"""A residual never shows more than the consents permit, and says what IHE PCF says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from medid.access.consent_request import read_request, read_resource
from medid.access.consent_rules import prepare
from medid.access.consent_types import ConsentFacts, ConsentSettings, CredentialFacts
from medid.access.overlays.found import overlays
from medid.access.token_residual import residual
from medid.errors import ConfigurationError
from tests.access import consent_fsh
from tests.access.consent_fsh import label
from tests.access.consent_strategies import (
    DAYS,
    EXACT,
    LEVELS,
    PATIENT,
    SENSITIVITIES,
    THO,
    Maker,
    seeds,
)
from tests.access.test_consent_ihe_pcf import (
    ACT_REASON,
    BREAK_GLASS,
    OTHER,
    PRACTITIONER,
    PRIVILEGED,
    RESIDUAL,
    TREATMENT,
)
from tests.support import agreed, examples, vectors

if TYPE_CHECKING:
    from datetime import tzinfo
    from pathlib import Path

    from medid.access.consent_rules import Prepared

Json = dict[str, Any]
BASE = "http://example.org/fhir"
TREAT = {"system": ACT_REASON, "code": "TREAT"}
N, R, V = ({"system": THO + "v3-Confidentiality", "code": one} for one in "NRV")
PSY = {"system": THO + "v3-ActCode", "code": "PSY"}


def asked(purposes: list[Json] | None = None, **request: Any) -> Json:
    return {
        "actor": {"references": ["Practitioner/dr-b"]},
        "patient": PATIENT,
        "action": "access",
        "purpose": purposes or [TREAT],
        "time": "2026-06-15T12:00:00Z",
        **request,
    }


def prepared(
    consents: list[Json], request: Json | None = None, **configured: Any
) -> Prepared:
    configuration = ConsentSettings(**configured)
    facts = [ConsentFacts(id=one["id"], resource=one) for one in consents]
    read = read_request(request or asked(), configuration.zone)
    return prepare(facts, read, configuration)


def consent(provision: Json, id: str = "c1", **members: Any) -> Json:
    return {
        "resourceType": "Consent",
        "id": id,
        "status": "active",
        "scope": {
            "coding": [{"system": THO + "consentscope", "code": "patient-privacy"}]
        },
        "patient": {"reference": PATIENT},
        "dateTime": "2026-06-01",
        "provision": provision,
        **members,
    }


def rules_of(provision: Json, **configured: Any) -> list[Json]:
    return [*residual(prepared([consent(provision)], **configured)).rules]


# The enforcement point of the tests: it knows the rules and nothing else of medid.


def shows(rules: list[Json], resource: Json, zone: tzinfo) -> bool:
    """Whether the last rule that matches permits; where none does, it is shown."""
    verdict = True
    for rule in rules:
        permit = rule["type"] == "permit"
        if (
            _labelled(rule.get("securityLabel"), resource)
            and _timely(rule.get("dataPeriod"), resource, zone, permit=permit)
            and _about(rule.get("data"), resource)
        ):
            verdict = permit
    return verdict


def _labelled(stated: list[Json] | None, resource: Json) -> bool:
    return stated is None or any(one in resource["securityLabel"] for one in stated)


def _timely(period: Json | None, resource: Json, zone: tzinfo, *, permit: bool) -> bool:
    if period is None:
        return True
    written = resource.get("clinicalDate", resource.get("authoredDate"))
    if written is None:
        return False
    first, last = _interval(written, zone)
    always = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
    start = _interval(period["start"], zone)[0] if "start" in period else always[0]
    end = _interval(period["end"], zone)[1] if "end" in period else always[1]
    if permit:
        return start <= first and last <= end
    return start < last and first < end


def _interval(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    if len(text) == len("2026-06-15"):
        day = datetime.fromisoformat(text).replace(tzinfo=zone)
        return day, day + timedelta(days=1)
    moment = datetime.fromisoformat(text)
    return moment, moment + timedelta(seconds=1)


def _about(stated: list[Json] | None, resource: Json) -> bool:
    return stated is None or any(_related(one, resource) for one in stated)


def _related(datum: Json, resource: Json) -> bool:
    about, meaning = datum["reference"]["reference"], datum["meaning"]
    visit = about.startswith("Encounter/")
    return bool(
        (meaning == "authoredby" and about in resource["author"])
        or (meaning != "authoredby" and about == resource["id"])
        or (meaning == "related" and about in resource["referencedBy"])
        or (meaning == "related" and visit and about in resource["refersTo"])
        or (meaning == "dependents" and about in resource["refersTo"])
    )


# Generated consents that PCF can express, and some that it cannot.


class Pcf(Maker):
    """Makes consents in the words of IHE PCF."""

    def pcf_rule(self, kind: str, *, labels: bool) -> Json:
        names = ["data", "dataPeriod", "purpose", "actor"]
        names += ["securityLabel", "securityLabel"] if labels else []
        chosen = {*self.many(names, 0, 2)}
        rule: Json = {"type": kind}
        for name in sorted(chosen):
            rule[name] = self.criterion(name)
        if "dataPeriod" in rule:
            rule["dataPeriod"] = self.period(self.pick([DAYS, EXACT]))
        return rule

    def pcf_consent(self, *, labels: bool) -> Json:
        root = self.pcf_rule(self.pick(["permit"] * 3 + ["deny"]), labels=labels)
        if not self.rare(4):
            kinds = self.many(["permit", "deny"], 1, 3)
            root["provision"] = [self.pcf_rule(one, labels=labels) for one in kinds]
        return consent(root)

    def pcf_resource(self) -> Json:
        found = self.resource()
        found["id"] = self.pick(["Observation/7", "Encounter/1", "Observation/8"])
        found["securityLabel"] += self.many(LEVELS + SENSITIVITIES, 0, 1)
        if self.rare(3):
            found["clinicalDate"] = self.pick(EXACT)
        return found


def compared(seed: int, *, labels: bool) -> list[tuple[bool, bool]]:
    """For each resource: whether the residual shows it, and the consents permit it."""
    made = Pcf(seed)
    configured: Json = {
        "zone": made.pick([UTC, ZoneInfo("America/New_York")]),
        "unlabelled_confidentiality": made.pick([None, None, "N", "R", "V"]),
        "all_labels_covered": made.pick([None, None, True, False]),
    }
    request = made.request()
    del request["resource"]
    request.update(action="access", purpose=made.many([TREAT, made.pick([TREAT])]))
    request["actor"] = {"references": ["Practitioner/dr-b"]}
    case = prepared([made.pcf_consent(labels=labels)], request, **configured)
    try:
        rules = [*residual(case).rules]
    except ConfigurationError:
        return []
    found = []
    for _ in range(6):
        resource = made.pcf_resource()
        read = read_resource(resource, configured["zone"], path="$")
        shown = shows(rules, resource, configured["zone"])
        found.append((shown, bool(case.check(read))))
    return found


@settings(max_examples=examples(150), deadline=None)
@given(seeds)
def test_what_the_residual_shows_the_consents_permit(seed: int) -> None:
    for shown, permitted in compared(seed, labels=True):
        assert permitted or not shown


@settings(max_examples=examples(100), deadline=None)
@given(seeds)
def test_without_labels_it_shows_all_that_they_permit(seed: int) -> None:
    for shown, permitted in compared(seed, labels=False):
        assert shown is permitted


def test_the_generated_cases_are_of_every_kind() -> None:
    found = [compared(seed, labels=True) for seed in range(300)]
    seen = [pair for one in found for pair in one]
    assert [] in found
    assert {*seen} == {(True, True), (False, False), (False, True)}
    assert seen.count((True, True)) > len(seen) // 8


# IHE PCF's own examples.

# What the pages say and do not mean (the guide's text and schema are what is meant):
# not-authoredby writes "deny" where the schema has "forbid"; the references of some are
# relative and of others full; six give another example's document id, which is outside
# of the residual. Seven pages state no residual at all, and are not compared here.
MEANT = {"deny": "forbid"}


@pytest.fixture(scope="module")
def folder() -> Path:
    return vectors("ihe-pcf")


@pytest.fixture(scope="module")
def consents(folder: Path) -> dict[str, Json]:
    return consent_fsh.consents(folder)


def ours(consent: Json, **request: Any) -> list[Json]:
    agreed("ihe-pcf", consent["id"])
    stated = asked(
        actor=request.pop("actor", PRACTITIONER),
        patient="Patient/ex-patient",
        time="2022-08-01T12:00:00Z",
        **request,
    )
    return [*residual(prepared([consent], stated), base=BASE).rules]


def is_said_by(stated: Json, rule: Json) -> bool:
    if stated["type"] == "forbid" and "securityLabel" in stated:
        # A forbidden level is that or higher, which is written out (A6).
        named = rule.get("securityLabel", [])
        return rule["type"] == "forbid" and all(
            one in named for one in stated["securityLabel"]
        )
    return stated == rule


@pytest.mark.parametrize("id", RESIDUAL)
def test_the_stated_residual_is_said(
    id: str, consents: dict[str, Json], folder: Path
) -> None:
    stated = consent_fsh.residual(folder, id)
    assert stated
    rest = ours(consents[id])
    for rule in stated:
        meant = {**rule, "type": MEANT.get(rule["type"], rule["type"])}
        while not is_said_by(meant, rest[0]):
            # Beside it, only labels are forbidden: medid holds a permit to each (A11).
            assert rest[0].keys() == {"type", "securityLabel"}
            assert rest.pop(0)["type"] == "forbid"
        rest.pop(0)
    assert all(one["type"] == "forbid" and "securityLabel" in one for one in rest)


@pytest.mark.parametrize("id", RESIDUAL)
def test_it_shows_what_the_stated_residual_shows(
    id: str, consents: dict[str, Json], folder: Path
) -> None:
    stated = consent_fsh.residual(folder, id)
    assert stated
    rules = ours(consents[id])
    data = [*consent_fsh.resources()]
    if "psy" in id:
        data += [{**data[0], "securityLabel": [label("R"), label("PSY")]}]
    for resource in data:
        expected = consent_fsh.allowed(stated, resource)
        assert consent_fsh.allowed(rules, resource) is expected


@pytest.mark.parametrize("id", TREATMENT)
def test_a_basic_consent_leaves_nothing(id: str, consents: dict[str, Json]) -> None:
    assert ours(consents[id]) == []


def test_break_glass_leaves_nothing(consents: dict[str, Json]) -> None:
    declared = {
        "actor": PRIVILEGED,
        "purposes": [{"system": ACT_REASON, "code": "BTG"}],
        "breakGlass": BREAK_GLASS,
    }
    assert ours(consents["ex-dissent-intermediate-break-glass"], **declared) == []


def test_focused_data_are_for_nobody_else(consents: dict[str, Json]) -> None:
    focused = consents["ex-consent-advanced-normal-focused-psy"]
    assert ours(focused, actor=OTHER) == ours(consents["ex-consent-advanced-normal"])


# What is written.


def test_a_level_is_held_to_the_highest_and_to_what_it_does_not_name() -> None:
    found = rules_of({"type": "permit", "securityLabel": [N, PSY]})
    assert found[:2] == [
        {"type": "forbid"},
        {"type": "permit", "securityLabel": [N, PSY]},
    ]
    guarded = [one["code"] for one in found[2]["securityLabel"]]
    assert guarded[:2] == ["R", "V"]
    assert "ETHUD" in guarded
    assert {"PSY", "HIV"}.isdisjoint(guarded)


def test_very_restricted_data_has_every_label_named() -> None:
    found = rules_of({"type": "permit", "securityLabel": [V]})
    guarded = {one["code"] for one in found[2]["securityLabel"]}
    assert {"HIV", "SPI", "CEL"} < guarded
    assert "V" not in guarded


def test_where_labels_need_not_be_named_only_higher_levels_are_forbidden() -> None:
    free: Json = {"all_labels_covered": False}
    found = rules_of({"type": "permit", "securityLabel": [N]}, **free)
    assert found[2:] == [{"type": "forbid", "securityLabel": [R, V]}]
    found = rules_of({"type": "permit", "securityLabel": [PSY]}, **free)
    assert found == [{"type": "forbid"}, {"type": "permit", "securityLabel": [PSY]}]


def test_a_period_is_written_in_days_or_seconds() -> None:
    start, end = "2026-06-01T10:00:00Z", "2026-06-15T12:00:00Z"
    for period in (
        {"start": "2026-01-01", "end": "2026-12-31"},
        {"start": start, "end": end},
        {"start": start},
        {"end": "2026-06-15"},
    ):
        found = rules_of({"type": "permit", "dataPeriod": period})
        assert found == [{"type": "forbid"}, {"type": "permit", "dataPeriod": period}]


def test_references_are_put_on_the_server() -> None:
    names = ["Encounter/1", "https://other.example/Encounter/2", "urn:uuid:3"]
    data = [{"meaning": "related", "reference": {"reference": name}} for name in names]
    case = prepared([consent({"type": "permit", "data": data})])
    written: Any = residual(case, base=BASE).rules[1]["data"]
    assert [one["reference"]["reference"] for one in written] == [
        f"{BASE}/Encounter/1",
        *names[1:],
    ]
    assert residual(case).rules[1]["data"] == data


# What cannot be said.


def refused(case: Prepared) -> tuple[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        residual(case)
    assert "canary" not in str(caught.value)
    return caught.value.code, caught.value.path


CLASS = [{"system": "http://hl7.org/fhir/resource-types", "code": "Observation"}]
CODE = [{"coding": [{"system": "http://loinc.org", "code": "canary"}]}]
CUSTODIAN = [
    {
        "role": {"coding": [{"system": THO + "v3-ParticipationType", "code": "CST"}]},
        "reference": {"reference": "Organization/canary"},
    }
]


@pytest.mark.parametrize(
    ("name", "value"), [("class", CLASS), ("code", CODE), ("actor", CUSTODIAN)]
)
@pytest.mark.parametrize("kind", ["permit", "deny"])
def test_what_pcf_has_no_word_for_is_refused(name: str, value: Any, kind: str) -> None:
    root = {"type": "permit", "provision": [{"type": kind, name: value}]}
    assert refused(prepared([consent(root)])) == (
        "CONFIGURATION_ERROR",
        f"$.provision.provision[0].{name}",
    )


@pytest.mark.parametrize("kind", ["permit", "deny"])
def test_one_version_of_data_is_refused(kind: str) -> None:
    data = {
        "meaning": "instance",
        "reference": {"reference": "Observation/canary/_history/1"},
    }
    root = {"type": "permit", "provision": [{"type": kind, "data": [data]}]}
    path = "$.provision.provision[0].data"
    assert refused(prepared([consent(root)])) == ("CONFIGURATION_ERROR", path)


@pytest.mark.parametrize("name", ["https://canary.example/Observation/1", "urn:uuid:1"])
def test_data_that_cannot_be_told_apart_is_not_forbidden_by_name(name: str) -> None:
    data = {"meaning": "instance", "reference": {"reference": name}}
    root = {"type": "permit", "provision": [{"type": "deny", "data": [data]}]}
    path = "$.provision.provision[0].data"
    assert refused(prepared([consent(root)])) == ("CONFIGURATION_ERROR", path)


def test_a_document_type_of_r5_is_refused() -> None:
    r5 = {
        "resourceType": "Consent",
        "id": "c1",
        "status": "active",
        "subject": {"reference": PATIENT},
        "decision": "permit",
        "provision": [{"documentType": [CODE[0]["coding"][0]]}],
    }
    path = "$.provision[0].documentType"
    assert refused(prepared([r5])) == ("CONFIGURATION_ERROR", path)


def test_a_rule_that_does_not_concern_the_request_is_left_out() -> None:
    research = [{"system": ACT_REASON, "code": "HRESCH"}]
    other = {"type": "permit", "purpose": research, "class": CLASS}
    assert rules_of({"type": "permit", "provision": [other]}) == []
    silent = consent({"type": "deny", "purpose": research}, id="c2")
    assert residual(prepared([consent({"type": "permit"}), silent])).rules == ()


def test_a_consent_of_which_only_an_exception_concerns_the_request_has_a_say() -> None:
    research = [{"system": ACT_REASON, "code": "HRESCH"}]
    exception = {"type": "deny", "purpose": [TREAT], "securityLabel": [R]}
    other = {"type": "permit", "purpose": research, "provision": [exception]}
    case = prepared([consent({"type": "permit"}), consent(other, id="c2")])
    assert refused(case)[1] == "$.consents"


def test_deeper_exceptions_are_refused() -> None:
    deep = {"type": "deny", "securityLabel": [R], "provision": [{"type": "permit"}]}
    path = "$.provision.provision[0]"
    case = prepared([consent({"type": "permit", "provision": [deep]})])
    assert refused(case)[1] == path


def test_no_consent_or_several_are_refused() -> None:
    assert refused(prepared([]))[1] == "$.consents"
    two = [consent({"type": "permit"}, id=one) for one in ("c1", "c2")]
    assert refused(prepared(two))[1] == "$.consents"
    unread = consent({"type": "permit"}, id="c2", modifierExtension=[{"url": "x:y"}])
    assert refused(prepared([two[0], unread]))[1] == "$.consents"
    assert refused(prepared([unread]))[1] == "$.consents"


def test_permits_that_do_not_count_are_refused() -> None:
    credential = CredentialFacts(
        proof="valid",
        status="unknown",
        issuer="did:example:pat",
        subject="did:example:pat",
    )
    configuration = ConsentSettings(
        patient_dids={PATIENT: frozenset({"did:example:pat"})}
    )
    fact = ConsentFacts(
        id="c1", resource=consent({"type": "permit"}), credential=credential
    )
    request = read_request(asked(), UTC)
    assert refused(prepare([fact], request, configuration))[1] == "$.consents"
    valid = replace(fact, credential=replace(credential, status="valid"))
    assert residual(prepare([valid], request, configuration)).rules == ()


def test_purposes_that_different_rules_permit_are_refused() -> None:
    purposes = [TREAT, {"system": ACT_REASON, "code": "HPAYMT"}]
    for_payment = {"type": "deny", "purpose": purposes[1:], "securityLabel": [R]}
    root = {"type": "permit", "provision": [for_payment]}
    assert refused(prepared([consent(root)], asked(purposes)))[1] == "$.consents"


def test_an_overlay_is_refused() -> None:
    case = prepared(
        [consent({"type": "permit"})], overlays=overlays(["US-HIPAA"], "$.overlays")
    )
    assert refused(case)[1] == "$.consents"


def test_what_unlabelled_data_is_taken_for_may_be_beyond_it() -> None:
    assumed: Json = {"unlabelled_confidentiality": "R"}
    denied = {"type": "deny", "securityLabel": [N]}
    case = prepared([consent({"type": "permit", "provision": [denied]})], **assumed)
    assert refused(case)[1] == "$.provision.provision[0].securityLabel"
    own = [{"system": "http://example.org/labels", "code": "canary"}]
    for labels in (own, [PSY, *own]):
        root = {"type": "permit", "securityLabel": labels}
        case = prepared([consent(root)], **assumed)
        assert refused(case)[1] == "$.provision.securityLabel"
        assert residual(prepared([consent(root)])).rules
    case = prepared([consent({"type": "permit", "securityLabel": [PSY]})], **assumed)
    assert residual(case).rules
    denied = {"type": "deny", "securityLabel": [PSY]}
    case = prepared([consent({"type": "permit", "provision": [denied]})], **assumed)
    assert residual(case).rules


@pytest.mark.parametrize(
    "end", ["2026-06-15T12:00:00.5Z", "9999-12-31", "9999-12-31T23:59:59Z"]
)
def test_a_period_that_cannot_be_written_is_refused(end: str) -> None:
    root = {"type": "permit", "dataPeriod": {"start": "2026-01-01", "end": end}}
    assert refused(prepared([consent(root)]))[1] == "$.provision.dataPeriod"
