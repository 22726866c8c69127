"""A second consent evaluator: slow, straight from the published rules, for tests only.

It shares no code with the product. It reads R4 scenarios as JSON, enumerates every
rule of every consent, keeps those that match and that no matching rule below them
overrules, and lets deny win. Only what generated scenarios can hold is covered.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

THO = "http://terminology.hl7.org/CodeSystem/"
OIDS = {
    "urn:oid:2.16.840.1.113883.5.8": THO + "v3-ActReason",
    "urn:oid:2.16.840.1.113883.4.6": "http://hl7.org/fhir/sid/us-npi",
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.96": "http://snomed.info/sct",
}
ABOVE = {  # only the codes that generated scenarios use
    "ETREAT": ["TREAT"],
    "BTG": ["ETREAT", "TREAT"],
    "CLINTRL": ["TREAT"],
    "COVERAGE": ["HPAYMT"],
    "CLINTRCH": ["HRESCH"],
    "PSY": ["SPI"],
    "SUD": ["SPI"],
    "ETHUD": ["SUD", "SPI"],
}
SPECIAL = {"SPI", "PSY", "SUD", "ETHUD"}
LEVELS = "ULMNRV"
RECIPIENTS = {"IRCP", "PRCP", "NOT", "REFB", "REFT", "TRC"}
ATTRIBUTES = {
    "period",
    "purpose",
    "action",
    "class",
    "code",
    "securityLabel",
    "data",
    "dataPeriod",
    "recipients",
    "custodians",
    "others",
}
DENIED = "labels of the denial above"


class Unreadable(Exception):
    """The consent may be a refusal (E15)."""


def decide(scenario: Json) -> tuple[str, set[str]]:
    """The decision, and everything that may be said to have decided it."""
    purposes = scenario["request"]["purpose"] or [None]
    answers = [_one(scenario, purpose) for purpose in purposes]
    refusals = [by for decision, by in answers if decision == "deny"]
    chosen = refusals or [by for _, by in answers]
    return ("deny" if refusals else "permit"), set.union(*chosen)


def _one(scenario: Json, purpose: Json | None) -> tuple[str, set[str]]:
    context = scenario.get("context", {})
    request = scenario["request"]
    denies: set[str] = set()
    unclear: set[str] = set()
    permits: set[str] = set()
    for consent in scenario["consents"]:
        found = context.get("credentials", {}).get(consent["id"])
        try:
            if not _counts(consent, found, context, request):
                continue
            survivors = _survivors(consent, context, request, purpose)
        except Unreadable:
            unclear.add(consent["id"])
            continue
        for path, kind in survivors:
            if kind == "deny":
                denies.add(f"{consent['id']}#{path}")
            elif found is None or found["status"] == "valid":
                permits.add(f"{consent['id']}#{path}")
    if denies:
        return "deny", denies
    if unclear:
        return "deny", unclear
    if permits:
        return "permit", permits
    policy = context.get("defaultPolicy", "Policy-deny").rpartition("Policy-")[2]
    return _default(policy, request, purpose), {"default-policy"}


def _default(policy: str, request: Json, purpose: Json | None) -> str:
    if not _permissible(request, purpose) or purpose is None:
        return "deny"
    treating = _under(purpose, {"system": THO + "v3-ActReason", "code": "TREAT"})
    good = {
        "deny": False,
        "all-normal": True,
        "basic-normal": treating,
        "break-glass-only": purpose["code"] == "BTG",
    }[policy]
    return "permit" if good else "deny"


def _permissible(request: Json, purpose: Json | None) -> bool:
    if purpose is None:
        return False
    if purpose["code"] != "BTG":
        return True
    declared = request.get("breakGlass", {})
    return bool(
        declared.get("declared")
        and declared.get("authorised")
        and declared.get("reason", "").strip()
    )


# Does the consent count?


def _counts(  # noqa: PLR0911 - one return a rule
    consent: Json, found: Json | None, context: Json, request: Json
) -> bool:
    mine = {request["patient"]} | set(
        context.get("patientDids", {}).get(request["patient"], [])
    )
    if found is not None and (
        found["proof"] != "valid" or found["status"] == "revoked"
    ):
        return False
    if consent.get("patient", {}).get("reference") not in mine:
        return False
    if (
        found is not None
        and found.get("consentSubject", request["patient"]) not in mine
    ):
        return False
    if consent["status"] != "active":
        return False
    if found is not None and not _issued_well(consent, found, context, mine):
        return False
    if consent["scope"]["coding"][0]["code"] not in {"patient-privacy", "research"}:
        return False
    period = consent.get("provision", {}).get("period")
    return period is None or _inside(request["time"], period)


def _issued_well(consent: Json, found: Json, context: Json, mine: set[str]) -> bool:
    if found["issuer"] in mine:
        return True
    if found["issuer"] in context.get("acceptedConsentRecorders", []):
        return True
    return any(
        mandate["did"] == found["issuer"]
        and mandate["of"] in mine
        and _day(consent["dateTime"])[0] >= _day(mandate["validFrom"])[0]
        and _day(consent["dateTime"])[1] <= _day(mandate["validUntil"])[1]
        for mandate in context.get("representatives", [])
    )


# Which rules match, and are not overruled from below?


def _survivors(
    consent: Json, context: Json, request: Json, purpose: Json | None
) -> list[tuple[str, str]]:
    if "modifierExtension" in consent:
        raise Unreadable
    policy = {it["code"] for it in consent.get("policyRule", {}).get("coding", [])}
    if "provision" not in consent:
        if {"OPTIN", "OPTOUT"} <= policy:
            raise Unreadable
        return [("policyRule", "deny")] if "OPTOUT" in policy else []
    root = consent["provision"]
    kind = root.get("type")
    if kind is None and len(policy & {"OPTIN", "OPTOUT"}) != 1:
        raise Unreadable
    if kind == "permit" and "OPTOUT" in policy:
        raise Unreadable
    kind = kind or ("permit" if "OPTIN" in policy else "deny")
    nodes: list[tuple[str, str, Json]] = []
    _enumerate(root, "provision", kind, {}, nodes)
    matching = [
        (path, type_)
        for path, type_, criteria in nodes
        if _matches(criteria, type_, context, request, purpose)
    ]
    return [
        (path, type_)
        for path, type_ in matching
        if not any(other.startswith(path + ".") for other, _ in matching)
    ]


def _enumerate(
    rule: Json, path: str, kind: str, above: Json, nodes: list[tuple[str, str, Json]]
) -> None:
    if "modifierExtension" in rule or not rule.keys() - {"id"}:
        raise Unreadable
    own = {name: rule[name] for name in ATTRIBUTES & rule.keys()}
    for actor in rule.get("actor", []):
        role = actor["role"]["coding"][0]["code"]
        group = "recipients" if role in RECIPIENTS else "others"
        own.setdefault("custodians" if role == "CST" else group, []).append(actor)
    inherited = {**above, **own}
    if "securityLabel" in own:
        inherited.pop(DENIED, None)
    nodes.append((path, kind, inherited if kind == "permit" else own))
    if kind == "deny" and "securityLabel" in own:
        inherited = {**inherited, DENIED: own["securityLabel"]}
    for index, nested in enumerate(rule.get("provision", [])):
        opposite = "deny" if kind == "permit" else "permit"
        _enumerate(
            nested,
            f"{path}.provision[{index}]",
            nested.get("type", opposite),
            inherited,
            nodes,
        )


def _matches(
    criteria: Json, kind: str, context: Json, request: Json, purpose: Json | None
) -> bool:
    if kind == "permit" and not _permissible(request, purpose):
        return False
    return all(
        _criterion(name, wanted, kind, context, request, purpose)
        for name, wanted in criteria.items()
    )


def _criterion(  # noqa: PLR0911 - one return a criterion
    name: str,
    wanted: Any,
    kind: str,
    context: Json,
    request: Json,
    purpose: Json | None,
) -> bool:
    data = request["resource"]
    if name == "period":
        return _inside(request["time"], wanted)
    if name == "purpose":
        return purpose is not None and any(_under(purpose, it) for it in wanted)
    if name == "action":
        named = {it["code"] for one in wanted for it in one["coding"]}
        return request.get("action") in named
    if name == "class":
        return any(it["code"] == data["type"] for it in wanted)
    if name == "code":
        have = [_norm(it) for it in data.get("code", [])]
        return any(_norm(it) in have for one in wanted for it in one["coding"])
    if name == "data":
        return any(_relates(it, data) for it in wanted)
    if name == "dataPeriod":
        stated = data.get("clinicalDate") or data.get("authoredDate")
        return stated is not None and _inside(stated + "T12:00:00Z", wanted)
    if name in {"securityLabel", DENIED}:
        read_as = "deny" if name == DENIED else kind
        return _labels(wanted, read_as, data, context)
    if name == "others":
        return kind == "deny"
    who = _who(request) if name == "recipients" else {data.get("custodian")}
    return _somebody(wanted, who, kind, request, name)


def _who(request: Json) -> set[Any]:
    actor = request["actor"]
    names = {*actor.get("references", []), *actor.get("memberOf", []), actor.get("did")}
    ids = [_norm_id(it) for it in actor.get("identifiers", [])]
    return (names | set(ids)) - {None}


def _somebody(
    wanted: list[Json], who: set[Any], kind: str, request: Json, name: str
) -> bool:
    unclear = set(request.get("context_unresolvable", []))
    kinds = {_kind(it) for it in who if it is not None}
    own = {*request["actor"].get("references", []), request["actor"].get("did")}
    persons = {_kind(it) for it in own - {None} if _is_person(it)}
    for actor in wanted:
        reference = actor["reference"].get("reference")
        identifier = actor["reference"].get("identifier")
        if reference is not None and reference in who:
            return True
        if identifier is not None and _norm_id(identifier) in who:
            return True
        telling = kinds
        if name == "recipients" and reference is not None and _is_person(reference):
            # An organisation says nothing of who somebody is.
            telling = persons | {it for it in kinds if it.startswith("identifier")}
        told_apart = reference is not None and _kind(reference) in telling
        if name == "custodians":
            # Data without a custodian match nobody's (E6).
            told_apart = told_apart or (reference is not None and not kinds)
        elif identifier is not None:
            told_apart = told_apart or _kind(_norm_id(identifier)) in kinds
        if kind == "deny" and (not told_apart or reference in unclear):
            return True
    return False


def _kind(name: Any) -> str:
    """Names of one kind can be compared; an identifier's kind is its system."""
    if isinstance(name, tuple):
        return f"identifier of {name[0]}"
    return "did" if name.startswith("did:") else "reference"


def _is_person(name: str) -> bool:
    return name.startswith(("did:", "Practitioner/", "Patient/"))


def _relates(wanted: Json, data: Json) -> bool:
    about = wanted["reference"]["reference"]
    itself = about == data.get("id")
    to, of = about in data.get("refersTo", []), about in data.get("referencedBy", [])
    whole = about.split("/")[0] in {"Encounter", "CarePlan", "EpisodeOfCare"}
    found: bool = {
        "instance": itself,
        "dependents": itself or to,
        "related": itself or of or (whole and to),
        "authoredby": about in data.get("author", []),
    }[wanted["meaning"]]
    return found


def _labels(wanted: list[Json], kind: str, data: Json, context: Json) -> bool:
    given = [_norm(it) for it in data.get("securityLabel", [])]
    level = [code for system, code in given if system.endswith("Confidentiality")]
    other = [code for system, code in given if system.endswith("ActCode")]
    assumed = context.get("unlabelledConfidentiality")
    tags = [it for it in given if it[0].endswith("ActReason")]
    if not level and assumed and (kind == "deny" or len(tags) == len(given)):
        level = [assumed]
    highest = max((LEVELS.index(code) for code in level), default=None)
    asked = [_norm(it) for it in wanted]
    levels = [LEVELS.index(code) for system, code in asked if "Confid" in system]
    codes = {code for system, code in asked if system.endswith("ActCode")}
    if kind == "deny":
        by_level = highest is not None and any(highest >= it for it in levels)
        return by_level or any(codes & {it, *ABOVE.get(it, [])} for it in other)
    level_ok = highest is not None and any(highest <= it for it in levels)
    covered = {it for it in other if codes & {it, *ABOVE.get(it, [])}}
    if highest == LEVELS.index("V") and not level_ok:
        return False
    very = highest == LEVELS.index("V")
    if any((very or it in SPECIAL) and it not in covered for it in other):
        return False
    return level_ok or bool(covered)


# Codes and times.


def _norm(coding: Json) -> tuple[str, str]:
    system = str(coding["system"])
    return OIDS.get(system, system), coding["code"]


def _norm_id(identifier: Json) -> tuple[str, str]:
    system = str(identifier["system"])
    return OIDS.get(system, system), identifier["value"]


def _under(asked: Json, rule: Json) -> bool:
    (system, code), (other, above) = _norm(asked), _norm(rule)
    return system == other and above in {code, *ABOVE.get(code, [])}


def _inside(time: str, period: Json) -> bool:
    at = datetime.fromisoformat(time)
    after = "start" not in period or _day(period["start"])[0] <= at
    return after and ("end" not in period or at < _day(period["end"])[1])


def _day(text: str) -> tuple[datetime, datetime]:
    if "T" in text:
        start = datetime.fromisoformat(text)
        return start, start + timedelta(seconds=1)
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return start, start + timedelta(days=1)
