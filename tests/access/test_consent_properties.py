"""What must hold whatever the consents say."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from medid.access.consent_rules import evaluate as evaluate_facts
from medid.access.consent_scenarios import evaluate
from medid.access.consent_types import (
    ConsentFacts,
    ConsentRequest,
    ConsentSettings,
    Requester,
)
from medid.core.instant import Instant
from medid.errors import MedidError
from medid.health.codes import ACT_REASON, Coding
from tests.access.consent_strategies import PATIENT, Maker, scenarios, seeds
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.campaign

Json = dict[str, Any]

many = settings(
    max_examples=examples(50),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def decision(scenario: Json) -> str:
    return str(evaluate(scenario)["decision"])


def rules(consent: Json) -> Iterator[tuple[Json, Json | None]]:
    """Every rule of an R4 consent, with the rule it is nested in."""
    pending: list[tuple[Json, Json | None]] = []
    if "provision" in consent:
        pending = [(consent["provision"], None)]
    while pending:
        rule, above = pending.pop()
        yield rule, above
        pending += [(nested, rule) for nested in rule.get("provision", [])]


@many
@given(scenarios(), seeds)
def test_adding_a_deny_never_turns_deny_into_permit(scenario: Json, seed: int) -> None:
    assume(decision(scenario) == "deny")
    maker = Maker(seed)
    deny: Json = {**maker.rule(0), "type": "deny"}
    everywhere = [*scenario["consents"]]
    for index, consent in enumerate(everywhere):
        for place, _ in enumerate(rules(consent)):
            changed = deepcopy(scenario)
            target = [it for it, _ in rules(changed["consents"][index])][place]
            target.setdefault("provision", []).append(deny)
            assert decision(changed) == "deny"
    more = {**maker.consent("c9"), "status": "active", "provision": deny}
    assert decision({**scenario, "consents": [*everywhere, more]}) == "deny"


@many
@given(scenarios("deny"))
def test_removing_a_permit_without_exceptions_never_permits(scenario: Json) -> None:
    assume(decision(scenario) == "deny")
    for index, consent in enumerate(scenario["consents"]):
        # What cannot be understood is no permit, and may be taken away with it.
        alone = evaluate({**scenario, "consents": [consent]})
        if alone["outcome"] == "indeterminate":
            continue
        for place, (rule, above) in enumerate(rules(consent)):
            if above is None or rule.get("type") != "permit" or "provision" in rule:
                continue
            changed = deepcopy(scenario)
            target, parent = [*rules(changed["consents"][index])][place]
            assert parent is not None
            parent["provision"] = [it for it in parent["provision"] if it is not target]
            if not parent["provision"]:
                del parent["provision"]
            # What a permit overruled is a deny or another permit above it; with the
            # permit gone, only a permit above could still permit, and it had not.
            before, after = decision(scenario), decision(changed)
            assert (before, after) != ("deny", "permit")


@many
@given(scenarios("deny"), seeds)
def test_removing_a_consent_that_permits_never_permits(
    scenario: Json, seed: int
) -> None:
    assume(decision(scenario) == "deny")
    for consent in scenario["consents"]:
        alone = {**scenario, "consents": [consent]}
        if decision(alone) == "permit":
            rest = [it for it in scenario["consents"] if it is not consent]
            assert decision({**scenario, "consents": rest}) == "deny"


@many
@given(scenarios("deny"), st.sampled_from(["inactive", "entered-in-error", "revoked"]))
def test_withdrawing_every_consent_never_permits(scenario: Json, how: str) -> None:
    withdrawn = deepcopy(scenario)
    for consent in withdrawn["consents"]:
        if how == "revoked":
            found = {"format": "vc", "proof": "valid", "status": "revoked"}
            withdrawn["context"]["credentials"][consent["id"]] = found
        else:
            consent["status"] = how
    assert decision(withdrawn) == "deny"


def shuffled(value: Any, maker: Maker) -> Any:
    """``value`` with the elements of every array in another order."""
    if isinstance(value, list):
        found = [shuffled(item, maker) for item in value]
        maker._random.shuffle(found)
        return found
    if isinstance(value, dict):
        names = sorted(value, key=lambda _: maker.pick(range(1000)))
        return {name: shuffled(value[name], maker) for name in names}
    return value


@many
@given(scenarios(), seeds)
def test_no_order_matters(scenario: Json, seed: int) -> None:
    answer, other = evaluate(scenario), evaluate(shuffled(scenario, Maker(seed)))
    for name in ("decision", "outcome", "obligations", "expires"):
        assert answer.get(name) == other.get(name), name
    first, second = (str(it["decidedBy"]).partition("#")[0] for it in (answer, other))
    assert first == second or answer["outcome"] != "not-applicable"


STATUSES = {"active": "active", "inactive": "inactive", "draft": "draft"}


def twins(consent: Json) -> tuple[Json, Json]:
    """A consent of R4 that R5 can say as well, made of ``consent``; and its R5 twin.

    A base decision of R5 has no criteria but its period, and each level of provisions
    is the opposite of the one above.
    """
    r4 = deepcopy(consent)
    stated = r4["provision"]
    root = {name: stated[name] for name in ("period", "provision") if name in stated}
    r4["provision"] = {"type": stated.get("type", "permit"), **root}
    for rule, above in rules(r4):
        if above is not None:
            rule["type"] = "deny" if above["type"] == "permit" else "permit"
    r5 = {
        "resourceType": "Consent",
        "id": r4["id"],
        "status": STATUSES[r4["status"]],
        "subject": r4["patient"],
        "date": r4["dateTime"],
        "decision": r4["provision"]["type"],
        **deepcopy(root),
    }
    pending = [*r5.get("provision", [])]
    for rule in pending:
        rule.pop("type")
        if not rule:  # which FHIR does not allow: an element says something
            rule["extension"] = [{"url": "http://example.org/about-everything"}]
        if "class" in rule:
            rule["resourceType"] = rule.pop("class")
        pending += rule.get("provision", [])
    if "modifierExtension" in r4:
        r5["modifierExtension"] = r4["modifierExtension"]
    return r4, r5


@many
@given(scenarios())
def test_a_consent_and_its_r5_twin_agree(scenario: Json) -> None:
    assume(len(scenario["consents"]) > 0)
    first: Json = scenario["consents"][0]
    assume("provision" in first)
    assume(first["scope"]["coding"][0]["code"] != "treatment")
    first.pop("policyRule", None)
    r4, r5 = twins(first)
    old = evaluate({**scenario, "consents": [r4]})
    new = evaluate({**scenario, "consents": [r5]})
    for name in ("decision", "outcome", "obligations", "expires"):
        assert old.get(name) == new.get(name), name
    # The same rule decides; R4 has one level more, the root.
    decided = str(old["decidedBy"]).replace("#provision.provision[", "#provision[")
    if old["outcome"] != "indeterminate" and "[" in decided:
        assert new["decidedBy"] == decided


TIME = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{8}Z)?")


def moved(scenario: Json, days: int) -> Json:
    """``scenario`` with every date and time ``days`` later."""

    def later(match: re.Match[str]) -> str:
        text = match.group()
        whole = text if "T" in text else f"{text}T00:00:00Z"
        shifted = str(Instant.parse(whole).plus(days * 86_400))
        return shifted if "T" in text else shifted[:10]

    found: Json = json.loads(TIME.sub(later, json.dumps(scenario)))
    return found


@many
@given(scenarios(), st.integers(-300_000, 1_000_000))
def test_moving_all_times_together_changes_nothing(scenario: Json, days: int) -> None:
    answer, other = evaluate(scenario), evaluate(moved(scenario, days))
    for name in ("decision", "decidedBy", "outcome", "obligations"):
        assert answer[name] == other[name], name


FLOATS = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)

ASKED = ConsentRequest(
    requester=Requester(did="did:example:dr-b"),
    patient=PATIENT,
    purposes=frozenset({Coding(ACT_REASON, "TREAT")}),
    time=Instant.parse("2026-06-15T12:00:00Z"),
)


@many
@given(json_values)
@example({"resourceType": "Consent", "patient": {"reference": PATIENT}})
@example({"resourceType": "Consent", "scope": {}, "patient": {"reference": PATIENT}})
def test_any_json_as_a_consent_is_judged_and_nothing_escapes(resource: Any) -> None:
    facts = ConsentFacts(id="c1", resource=resource)
    finding = evaluate_facts([facts], ASKED, ConsentSettings())
    assert finding.decision == "deny"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and element below ``value``."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from places(value[key], (*path, key))


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


@settings(max_examples=examples(150), deadline=None)
@given(scenarios(), st.integers(0, 10_000), json_values)
def test_one_broken_member_anywhere_never_escapes(
    scenario: Json, index: int, new: Any
) -> None:
    found = [*places(scenario)]
    put(scenario, found[index % len(found)], new)
    found_out = "refused"
    with suppress(MedidError):
        found_out = decision(scenario)
    assert found_out in {"permit", "deny", "refused"}


@settings(max_examples=examples(100), deadline=None)
@given(seeds, st.integers(0, 10_000), json_values)
def test_breaking_a_deny_never_makes_it_permit(seed: int, index: int, new: Any) -> None:
    """A refusal that was garbled below its root's type is still no permission."""
    consent = {**Maker(seed).consent("c1"), "status": "active"}
    consent["provision"] = {**Maker(seed).rule(0), "type": "deny"}
    consent.pop("policyRule", None)
    found = [*places(consent["provision"])]
    path = found[index % len(found)]
    assume(path[0] not in {"type", "period"})
    put(consent["provision"], path, new)
    scenario: Json = {**Maker(seed).scenario("deny"), "consents": [consent]}
    assert decision(scenario) == "deny"


@many
@given(scenarios())
def test_a_scope_is_granted_where_a_resource_of_its_type_is(scenario: Json) -> None:
    scenario["request"]["action"] = "access"
    permitted = decision(scenario) == "permit"
    asked = {name: it for name, it in scenario["request"].items() if name != "resource"}
    scope = f"patient/{scenario['request']['resource']['type']}.rs"
    answer = evaluate({**scenario, "request": {**asked, "scope": scope}})
    # Without data the label, the author and the date are open: more may be granted.
    assert answer["grantedScope"] in ({scope} if permitted else {scope, ""})


@many
@given(scenarios("deny"))
def test_a_wider_scope_never_grants_what_is_refused_by_itself(scenario: Json) -> None:
    asked = {name: it for name, it in scenario["request"].items() if name != "resource"}

    def granted(scope: str) -> set[str]:
        answer = evaluate({**scenario, "request": {**asked, "scope": scope}})
        return set(str(answer["grantedScope"]).split())

    for kind in ("Observation", "Flag"):
        if not granted(f"patient/{kind}.r"):
            assert not granted("patient/*.r") & {"patient/*.r", f"patient/{kind}.r"}


CANARY = "XCANARYX"


@many
@given(scenarios(), st.integers(0, 10_000))
def test_no_value_of_request_or_consent_is_told(scenario: Json, index: int) -> None:
    strings = [it for it in places(scenario) if isinstance(_at(scenario, it), str)]
    path = strings[index % len(strings)]
    put(scenario, path, CANARY)
    # Ids name scenarios and consents: they are told, and are chosen by the caller.
    assume(path[-1] != "id" or path[0] == "request")
    try:
        told = json.dumps(evaluate(scenario))
    except MedidError as error:
        told = f"{error} {error.as_json()}"
    assert CANARY not in told


@many
@given(scenarios(), st.integers(0, 10_000))
def test_no_unknown_member_name_is_told_raw(scenario: Json, index: int) -> None:
    objects = [it for it in places(scenario) if isinstance(_at(scenario, it), dict)]
    path = objects[index % len(objects)]
    name = "Jane Doe, born 1970"
    put(scenario, path, {**_at(scenario, path), name: True})
    try:
        told = json.dumps(evaluate(scenario))
    except MedidError as error:
        told = str(error)
    assert name not in told


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize("depth", [1, 8, 9, 60, 200, 5_000])
def test_deep_nesting_is_refused_not_followed(depth: int) -> None:
    rule: Json = {"type": "permit"}
    for _ in range(depth - 1):
        rule = {"type": "permit", "provision": [rule]}
    consent = {**Maker(0).consent("c1"), "status": "active", "provision": rule}
    consent.pop("policyRule", None)
    consent["scope"]["coding"][0]["code"] = "patient-privacy"
    consent["patient"] = {"reference": PATIENT}
    facts = ConsentFacts(id="c1", resource=consent)
    finding = evaluate_facts([facts], ASKED, ConsentSettings())
    assert finding.outcome == ("permit" if depth <= 8 else "indeterminate")
