"""R4 consent -> its R5 twin, or why R5 has no way to say the same.

Written from the two releases' definitions, sharing no code with the product. A twin is
faithful where every request is answered alike. R5's base decision has no criteria but
its period, each level of its provisions is the opposite of the one above, and it has
no scope. So an R4 root that permits under conditions becomes a provision on a base
that denies, which says as much wherever the default policy denies too (A9, A13); and
an R4 root that denies under conditions has no R5 form (A14).
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

Json = dict[str, Any]

THO = "http://terminology.hl7.org/CodeSystem/"
ALWAYS_THERE = {"id", "type", "period", "provision", "extension"}
OWN = ALWAYS_THERE - {"period"}
DISCLOSING = {"patient-privacy", "research"}
STATUSES = {"proposed": "draft", "rejected": "not-done"}
RENAMED = {
    "patient": "subject",
    "dateTime": "date",
    "performer": "grantor",
    "organization": "manager",
}
LEVELS = 8  # of rules; the base of R5 is none
OPPOSITE = {"permit": "deny", "deny": "permit"}


class NoTwin(Exception):
    """R5 cannot say this consent; the message says why."""


def twin_of(scenario: Json) -> Json:
    """The same scenario with every consent as its R5 twin.

    Raises:
        NoTwin: One of them has none.
    """
    context = scenario.get("context", {})
    policy = str(context.get("defaultPolicy", "-deny"))
    alone = len(scenario["consents"]) == 1
    consents = [
        _consent(it, closed=policy.endswith("-deny"), alone=alone)
        for it in scenario["consents"]
    ]
    context = {**context, "fhirVersion": "5.0.0"}
    return {**scenario, "context": context, "consents": consents}


def _consent(r4: Json, *, closed: bool, alone: bool) -> Json:
    if r4.get("resourceType") != "Consent" or "subject" in r4 or "decision" in r4:
        raise NoTwin("not a consent of R4")
    scopes = r4.get("scope", {}).get("coding", [{}])
    known = {THO + "consentscope"} == {it.get("system") for it in scopes}
    if not known or not {it.get("code") for it in scopes} & DISCLOSING:
        raise NoTwin("R5 has no scope")
    if "patient" not in r4:
        raise NoTwin("what names nobody is told from no release")
    r5 = {
        RENAMED.get(name, name): deepcopy(value)
        for name, value in r4.items()
        if name not in {"scope", "policyRule", "policy", "provision"}
    }
    if "status" in r4:
        r5["status"] = STATUSES.get(r4["status"], r4["status"])
    if any("modifierExtension" in it for it in r4.get("policy", [])):
        raise NoTwin("R5 has no policy that a modifier could be about")
    return _ruled(r5, r4, closed=closed, alone=alone)


def _without_provision(r5: Json, policy: set[str]) -> Json:
    if policy == {"OPTIN"}:
        raise NoTwin("an R5 decision to permit needs no provision")
    if policy == {"OPTIN", "OPTOUT"}:
        raise NoTwin("an R5 decision is one")
    return {**r5, "decision": "deny"} if policy == {"OPTOUT"} else r5


def _ruled(r5: Json, r4: Json, *, closed: bool, alone: bool) -> Json:
    policy = _policy(r4)
    if "provision" not in r4:
        return _without_provision(r5, policy)
    root = r4["provision"]
    if "period" in root:
        r5["period"] = root["period"]
    type_ = _base(root, policy)
    conditional = bool(root.keys() - ALWAYS_THERE)
    if type_ == "deny" and conditional:
        raise NoTwin("a root that denies under conditions (A14)")
    if type_ == "deny" and "provision" in root and not alone:
        raise NoTwin("an R4 root that denies outweighs others, an R5 base does not")
    if type_ == "permit" and conditional and not closed:
        raise NoTwin("beside a default policy that permits, a closed base says more")
    provisions: list[Json] = []
    if conditional:
        _convert({**root, "type": "permit"}, "provision", provisions)
        provisions[0].pop("period", None)
        type_ = "deny" if type_ == "permit" else type_
    else:
        _convert_below({**root, "type": type_}, "provision", provisions, above={})
    if type_ is not None:
        r5["decision"] = type_
    if provisions:
        r5["provision"] = provisions
    return r5


def _policy(r4: Json) -> set[str]:
    return {
        it["code"]
        for it in r4.get("policyRule", {}).get("coding", [])
        if it.get("system") == THO + "v3-ActCode" and it["code"] in {"OPTIN", "OPTOUT"}
    }


def _base(root: Json, policy: set[str]) -> str | None:
    """What the root decides; ``None`` where that cannot be known, also in R5."""
    if not root.keys() - {"id"}:
        raise NoTwin("FHIR has no empty provisions, and R5 no type that fills one")
    type_: str | None = root.get("type")
    if type_ == "permit" and "OPTOUT" in policy:
        raise NoTwin("R5 says its decision once, and cannot contradict itself")
    if type_ is None and policy:
        if len(policy) > 1:
            raise NoTwin("R5 says its decision once, and cannot contradict itself")
        return "permit" if policy == {"OPTIN"} else "deny"
    if type_ is None and not root.keys() - {"id", "extension", "period"}:
        raise NoTwin("an R5 consent without decision and provision has no rule")
    return type_


def _convert(rule: Json, path: str, among: list[Json]) -> None:
    """Put the twin of a typed rule, and of what is nested in it, into ``among``.

    An exception of its parent's own type cannot be nested in R5. One that permits is
    put beside its parent, with every criterion that it inherits from it (E8).
    """
    if path.count(".provision[") >= LEVELS:
        raise NoTwin("too deep for R4, whose root is one of the levels")
    r5: Json = {"id": path}
    for name, value in rule.items():
        if name == "class":
            r5[_class_member(value)] = deepcopy(value)
        elif name not in {"type", "provision", "id"}:
            r5[name] = deepcopy(value)
    if not r5.keys() - {"id"} and "provision" not in rule:
        raise NoTwin("FHIR has no empty provisions, and R5 no type that fills one")
    among.append(r5)
    nested: list[Json] = []
    _convert_below(rule, path, nested, above=r5, beside=among)
    if nested:
        r5["provision"] = nested


def _convert_below(
    rule: Json,
    path: str,
    nested: list[Json],
    *,
    above: Json,
    beside: list[Json] | None = None,
) -> None:
    for index, exception in enumerate(rule.get("provision", [])):
        place = f"{path}.provision[{index}]"
        type_ = exception.get("type", OPPOSITE.get(rule["type"]))
        if exception.keys() & {"type"} and type_ not in OPPOSITE:
            raise NoTwin("an R5 exception has no type that could be wrong")
        typed = {**exception, "type": type_}
        if type_ != rule["type"]:
            _convert(typed, place, nested)
        elif type_ == "permit" and beside is not None:
            parents = {name: it for name, it in rule.items() if name not in OWN}
            merged = {**parents, **typed}
            if "actor" in typed:
                merged["actor"] = [*typed["actor"], *_not_restated(rule, typed)]
            _convert(merged, place, beside)
        else:
            raise NoTwin("an exception of its parent's own type")


def _not_restated(rule: Json, exception: Json) -> list[Json]:
    """The actors of a rule in whose part an exception names nobody.

    Who receives and who discloses are criteria of their own (E13).
    """
    restated = {_part(actor) for actor in exception["actor"]}
    return [it for it in rule.get("actor", []) if _part(it) not in restated]


def _part(actor: Json) -> str:
    codes = {it.get("code") for it in actor["role"]["coding"]}
    if codes & {"IRCP", "PRCP", "NOT", "REFB", "REFT", "TRC"}:
        return "recipient"
    return "custodian" if "CST" in codes else "other"


def _class_member(classes: list[Json]) -> str:
    """R5 has types and profiles in one element, and document types in another."""
    types = {
        "http://hl7.org/fhir/resource-types",
        "http://hl7.org/fhir/fhir-types",
        "urn:ietf:rfc:3986",
    }
    kinds = {
        it["system"] in types or "StructureDefinition" in it["system"] for it in classes
    }
    if len(kinds) != 1:
        raise NoTwin("R5 tells document types from resource types")
    return "resourceType" if kinds == {True} else "documentType"


def origin(decided_by: str, twins: list[Json]) -> str:
    """The R4 path of the rule that decided by a twin, or its consent's base."""
    id_, _, path = decided_by.partition("#")
    rule = next((it for it in twins if it["id"] == id_), {})
    steps = re.findall(r"provision\[([0-9]+)\]", path)
    if not steps:
        return decided_by
    for step in steps:
        rule = rule["provision"][int(step)]
    return f"{id_}#{rule['id']}"
