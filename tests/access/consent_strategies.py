"""Generated scenarios, from small pools, so that rules often match.

Hypothesis chooses a seed and the seed chooses the scenario: that is fifty times faster
than drawing every value, and the failing scenario is printed whole. Every gate is
passed by most of what is made: the interesting part is behind it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

THO = "http://terminology.hl7.org/CodeSystem/"
REASON = THO + "v3-ActReason"
PATIENT = "Patient/p-9"
PATIENT_DID = "did:example:pat"
PCF = "https://profiles.ihe.net/ITI/PCF/Policy-"
POLICIES = ["deny", "all-normal", "basic-normal", "break-glass-only"]
DAYS = ["2026-05-31", "2026-06-14", "2026-06-15", "2026-06-16", "2026-07-01"]
TIMES = ["2026-06-15T00:00:00Z", "2026-06-15T12:00:00Z", "2026-06-15T23:59:59Z"]
EXACT = ["2026-06-01T00:00:00Z", "2026-06-15T11:59:59Z", "2026-06-15T12:00:00Z"]
EXACT += ["2026-06-15T12:00:01Z", "2026-06-30T00:00:00Z"]
REFERENCES = [
    "Practitioner/dr-b",
    "Practitioner/dr-x",
    "Organization/clinic-1",
    "Group/g",
]
DATA = ["Observation/7", "Encounter/1", "Task/1", "Practitioner/dr-b"]
NPI = {"system": "urn:oid:2.16.840.1.113883.4.6", "value": "1234567893"}


def pool(system: str, codes: str) -> list[Json]:
    return [{"system": system, "code": code} for code in codes.split()]


PURPOSES = pool(REASON, "TREAT TREAT ETREAT BTG BTG CLINTRL HPAYMT COVERAGE HRESCH")
PURPOSES += pool("urn:oid:2.16.840.1.113883.5.8", "TREAT CLINTRCH")
PURPOSES += pool("http://example.org/purposes", "TREAT FooBar")
LEVELS = pool(THO + "v3-Confidentiality", "L N R V")
SENSITIVITIES = pool(THO + "v3-ActCode", "SPI PSY SUD ETHUD HIV ETH")
OBSERVATIONS = pool("http://loinc.org", "2339-0 1-1")
OBSERVATIONS += pool("urn:oid:2.16.840.1.113883.6.1", "2339-0")
ACTIONS = pool(THO + "consentaction", "access use")
CLASSES = pool("http://hl7.org/fhir/resource-types", "Observation Flag")


class Maker:
    """Makes scenarios from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pick(self, items: Any) -> Any:
        item = self._random.choice(items)
        return dict(item) if isinstance(item, dict) else item

    def rare(self, of: int) -> bool:
        """True once in ``of`` times."""
        return self._random.randrange(of) == 0

    def many(self, items: list[Any], least: int = 1, most: int = 2) -> list[Any]:
        return [self.pick(items) for _ in range(self._random.randint(least, most))]

    def period(self, points: list[str]) -> Json:
        ordered = sorted(points)
        half = len(ordered) // 2
        period = {
            "start": self.pick(ordered[: half + 1]),
            "end": self.pick(ordered[half:]),
        }
        if self.rare(2):
            del period[self.pick(["start", "end"])]
        return period

    def actor(self) -> Json:
        role = self.pick(["IRCP"] * 4 + ["PRCP", "CST", "CST", "AUT"])
        who: Json = {"reference": self.pick(REFERENCES)}
        if self.rare(6):
            others = [{"display": "Somebody"}, {"identifier": dict(NPI)}]
            who = self.pick([*others, {"reference": "did:example:dr-b"}])
        kind = {"system": THO + "v3-ParticipationType", "code": role}
        return {"role": {"coding": [kind]}, "reference": who}

    def concepts(self, items: list[Json]) -> list[Json]:
        return [{"coding": self.many(items)} for _ in range(self.pick([1, 2]))]

    def datum(self) -> Json:
        meaning = self.pick(["instance", "related", "dependents", "authoredby"])
        return {"meaning": meaning, "reference": {"reference": self.pick(DATA)}}

    def criterion(self, name: str) -> Any:
        make: dict[str, Callable[[], Any]] = {
            "purpose": lambda: self.many(PURPOSES, 1, 3),
            "securityLabel": lambda: self.many(LEVELS + SENSITIVITIES, 1, 3),
            "actor": lambda: [self.actor() for _ in range(self.pick([1, 2]))],
            "action": lambda: self.concepts(ACTIONS),
            "class": lambda: self.many(CLASSES),
            "code": lambda: self.concepts(OBSERVATIONS),
            "data": lambda: [self.datum() for _ in range(self.pick([1, 2]))],
            "dataPeriod": lambda: self.period(DAYS),
            "period": lambda: self.period(self.pick([DAYS, EXACT])),
        }
        return make[name]()

    def rule(self, depth: int = 2, *, root: bool = True) -> Json:
        names = "purpose securityLabel actor action class code data dataPeriod period"
        chosen = set(self.many(names.split(), 0, 2))
        rule: Json = {name: self.criterion(name) for name in sorted(chosen)}
        kind = self.pick(["permit", "permit", "deny", None])
        if kind is not None or (root and self.rare(2)):
            rule["type"] = kind or "permit"
        if depth and not self.rare(3):
            nested = range(self.pick([1, 1, 2]))
            rule["provision"] = [self.rule(depth - 1, root=False) for _ in nested]
        if not rule:
            rule["type"] = "permit"
        if self.rare(40):
            rule["modifierExtension"] = [{"url": "http://example.org/x"}]
        return rule

    def consent(self, id: str) -> Json:
        scope = self.pick(["patient-privacy"] * 6 + ["research", "treatment"])
        who = self.pick([PATIENT] * 8 + [PATIENT_DID, "Patient/q-1"])
        consent: Json = {
            "resourceType": "Consent",
            "id": id,
            "status": self.pick(["active"] * 8 + ["inactive", "draft"]),
            "scope": {"coding": [{"system": THO + "consentscope", "code": scope}]},
            "patient": {"reference": who},
            "dateTime": self.pick(DAYS),
        }
        if not self.rare(15):
            consent["provision"] = self.rule()
        if self.rare(2):
            codes = self.many(["OPTIN", "OPTIN", "OPTOUT"])
            system = THO + "v3-ActCode"
            consent["policyRule"] = {
                "coding": [{"system": system, "code": code} for code in codes]
            }
        if self.rare(40):
            consent["modifierExtension"] = [{"url": "http://example.org/x"}]
        return consent

    def resource(self) -> Json:
        found: Json = {
            "type": self.pick(["Observation", "Observation", "Flag"]),
            "id": "Observation/7",
            "securityLabel": self.many(LEVELS, 0, 2) + self.many(SENSITIVITIES, 0, 2),
            "code": self.many(OBSERVATIONS, 0, 2),
            "author": self.many(REFERENCES, 0, 1),
            "refersTo": self.many(DATA[1:3], 0, 2),
            "referencedBy": self.many(DATA[1:3], 0, 2),
        }
        for name in ("clinicalDate", "authoredDate"):
            if not self.rare(3):
                found[name] = self.pick(DAYS)
        if self.rare(2):
            found["custodian"] = "Organization/clinic-1"
        return found

    def requester(self) -> Json:
        if self.rare(12):
            return {}
        actor: Json = {"did": "did:example:dr-b", "references": ["Practitioner/dr-b"]}
        if self.rare(2):
            actor["memberOf"] = self.many(REFERENCES[2:])
        if self.rare(2):
            system = "http://hl7.org/fhir/sid/us-npi"
            actor["identifiers"] = [{"system": system, "value": "1234567893"}]
        return actor

    def request(self) -> Json:
        request: Json = {
            "actor": self.requester(),
            "patient": PATIENT,
            "action": self.pick(["access", "access", "use"]),
            "purpose": self.many(PURPOSES, 1, self.pick([1, 1, 2])),
            "resource": self.resource(),
            "time": self.pick(TIMES),
        }
        if not self.rare(3):
            request["breakGlass"] = {
                "declared": not self.rare(6),
                "authorised": not self.rare(6),
                "reason": self.pick(["unconscious", "safety", "safety", " "]),
            }
        if self.rare(5):
            request["context_unresolvable"] = ["Group/g"]
        if self.rare(20):
            del request["action"]
        if self.rare(20):
            request["purpose"] = []
        return request

    def credential(self) -> Json:
        others = ["did:example:rec", "did:example:mother", "did:example:dr-b"]
        return {
            "format": "vc",
            "proof": self.pick(["valid"] * 5 + ["invalid"]),
            "status": self.pick(["valid"] * 5 + ["revoked", "unknown", "suspended"]),
            "issuer": self.pick([PATIENT_DID] * 3 + others),
            "consentSubject": self.pick([PATIENT_DID] * 6 + ["did:example:q"]),
        }

    def scenario(self, policy: str | None = None) -> Json:
        ids = ["c1", "c2", "c3"][: self.pick([1, 2, 3])]
        mother = {"did": "did:example:mother", "of": PATIENT, "kind": "parent"}
        context: Json = {
            "defaultPolicy": PCF + (policy or self.pick(POLICIES)),
            "patientDids": {PATIENT: [PATIENT_DID]},
            "acceptedConsentRecorders": ["did:example:rec"],
            "representatives": [
                {**mother, "validFrom": "2026-06-15", "validUntil": "2026-06-30"}
            ],
            "credentials": {id: self.credential() for id in ids if self.rare(2)},
        }
        if self.rare(2):
            context["unlabelledConfidentiality"] = self.pick("NR")
        return {
            "id": "generated",
            "context": context,
            "consents": [self.consent(id) for id in ids],
            "request": self.request(),
        }


seeds = st.integers(0, 2**64 - 1)


def scenarios(policy: str | None = None) -> st.SearchStrategy[Json]:
    return seeds.map(lambda seed: Maker(seed).scenario(policy))
