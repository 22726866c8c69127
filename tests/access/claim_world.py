"""A payer, its settings, and claims about services that a test may change."""

from __future__ import annotations

from typing import Any, Final

from medid.access import AtHand, ClaimFinding, ClaimSettings, on_date_of_service
from medid.cli import demo_world
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.issuing import renew_list
from medid.trust import TrustRegistry
from tests.access.world import World, as_doc

Doc = dict[str, Any]

NPI: Final = demo_world.NPI
US_NPI: Final = "http://hl7.org/fhir/sid/us-npi"
CPT: Final = "http://www.ama-assn.org/go/cpt"
POS: Final = (
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes/"
    "Place_of_Service_Code_Set"
)
ROLE: Final = "http://terminology.hl7.org/CodeSystem/claimcareteamrole"
CARIN: Final = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBClaimCareTeamRole"
NUCC: Final = "http://nucc.org/provider-taxonomy"
AT: Final = Instant.parse("2026-08-01T12:00:00Z")
DAY: Final = "2026-07-20"
THEN: Final = Instant.parse("2026-07-20T15:00:00Z")  # on that day
ALL_NORMAL: Final = "https://profiles.ihe.net/ITI/PCF/Policy-all-normal"

SETTINGS: Final[Doc] = {
    "name": "Example Health Plan",
    "countries": {
        "US": ["US", "USA", "United States"],
        "DE": ["DE", "DEU", "Deutschland"],
        "PL": ["PL", "POL"],
    },
    "subdivisions": {"US-OH": ["OH", "Ohio"], "US-MI": ["MI", "Michigan"]},
    "countryWhenAbsent": "US",
    "services": [
        {
            "system": CPT,
            "codes": ["99213", "99214"],
            "professions": ["208D00000X"],
            "action": "treat",
        },
        {
            "system": CPT,
            "codes": ["96372"],
            "professions": ["163W00000X", "208D00000X"],
            "action": "inject",
        },
    ],
    "payer": {"references": ["Organization/health-plan"]},
}


def coded(system: str, *codes: str) -> Doc:
    return {"coding": [{"system": system, "code": code} for code in codes]}


def by_npi(value: str = NPI) -> Doc:
    return {"identifier": {"system": US_NPI, "value": value}}


OFFICE: Final[Doc] = {
    "resourceType": "Location",
    "id": "office",
    "address": {"line": ["1 High St"], "city": "Columbus", "state": "OH"},
}


def item(sequence: int = 1, **members: Any) -> Doc:
    line: Doc = {
        "sequence": sequence,
        "careTeamSequence": [1],
        "productOrService": coded(CPT, "99213"),
        "servicedDate": DAY,
        "locationCodeableConcept": coded(POS, "11"),
        "quantity": {"value": 1},
        "net": {"value": 125.40, "currency": "USD"},
    }
    line.update(members)
    return {name: value for name, value in line.items() if value is not None}


def claim(*items: Doc, **members: Any) -> Doc:
    """A professional claim of one visit; a member that is ``None`` is left out."""
    found: Doc = {
        "resourceType": "Claim",
        "id": "claim-1",
        "status": "active",
        "type": coded(
            "http://terminology.hl7.org/CodeSystem/claim-type", "professional"
        ),
        "use": "claim",
        "patient": {"reference": demo_world.PATIENT},
        "created": "2026-07-24",
        "insurer": {"reference": "Organization/health-plan"},
        "provider": {"reference": "Organization/practice"},
        "priority": coded(
            "http://terminology.hl7.org/CodeSystem/processpriority", "normal"
        ),
        "contained": [OFFICE],
        "facility": {"reference": "#office"},
        "careTeam": [
            {"sequence": 1, "provider": by_npi(), "role": coded(ROLE, "rendering")}
        ],
        "insurance": [
            {"sequence": 1, "focal": True, "coverage": {"reference": "Coverage/1"}}
        ],
        "item": list(items) or [item()],
    }
    found.update(members)
    return {name: value for name, value in found.items() if value is not None}


def explanation(*items: Doc, **members: Any) -> Doc:
    """As an insurer explains it."""
    base = claim(*items)
    del base["priority"]
    return {
        **base,
        "resourceType": "ExplanationOfBenefit",
        "outcome": "complete",
        "disposition": "processed",
        "careTeam": [
            {"sequence": 1, "provider": by_npi(), "role": coded(CARIN, "performing")}
        ],
        **members,
    }


class Payer(World):
    """The parties of the demo, and a payer that asks about claims."""

    def settings(self, **members: Any) -> ClaimSettings:
        return ClaimSettings.from_json({**SETTINGS, **members})

    def registry(self, *, policy: str = ALL_NORMAL, **members: Any) -> TrustRegistry:
        trust = self.trust()
        consent = {**trust["consent"], "defaultPolicy": policy}  # type: ignore[dict-item]
        return TrustRegistry.from_json({**trust, "consent": consent, **members})

    def renewed(self, at: Instant) -> None:
        """The board publishes its lists anew, with nothing changed."""
        for url in (demo_world.REVOCATIONS, demo_world.SUSPENSIONS):
            renewed = renew_list(self.web.documents[url], self.board, at=at)
            self.web.documents[url] = as_doc(renewed)

    def withdrawals(self, at: Instant) -> None:
        """The patient publishes the list of withdrawals anew."""
        url = demo_world.WITHDRAWALS
        renewed = renew_list(self.web.documents[url], self.patient, at=at)
        self.web.documents[url] = as_doc(renewed)

    def evidence(self, at: Instant = AT) -> Evidence:
        """What is published, the board's lists anew, as fetched at ``at``."""
        self.renewed(at)
        return self.as_it_is(at)

    def as_it_is(self, at: Instant) -> Evidence:
        """Everything that is published, as fetched at ``at``."""
        answers = []
        for url, document in self.web.documents.items():
            content = strict_json.dumps(document).encode()
            fetched = Fetched.of(
                url, content, fetched_at=at, media_type="application/json"
            )
            answers.append((url, fetched))
        return Evidence().with_answers(answers)

    def at_hand(self, *credentials: Any, **members: Any) -> AtHand:
        """Two licenses' worth of evidence: of the day of service, and of now."""
        found: Doc = {"credentials": credentials or (self.license,)}
        if "earlier" not in members:
            found["earlier"] = [self.evidence(THEN)]
        if "evidence" not in members:
            found["evidence"] = self.evidence()
        return AtHand(**{**found, **members})

    def ask(
        self, asked: Any, *credentials: Any, at: Instant = AT, **members: Any
    ) -> ClaimFinding:
        """The finding on a claim; members replace what is at hand and configured."""
        trust = members.pop("trust", None) or self.registry()
        settings = members.pop("settings", None) or self.settings()
        return on_date_of_service(
            asked,
            self.at_hand(*credentials, **members),
            trust=trust,
            settings=settings,
            at=at,
        )


def reasons(found: ClaimFinding) -> list[tuple[str, ...]]:
    return [one.reasons for one in found.items]
