"""What a biller sends, and what a researcher asks for."""

from __future__ import annotations

import copy
from typing import Final

from medid.access import (
    AtHand,
    ClaimSettings,
    CohortRequest,
    cohort,
    on_date_of_service,
)
from medid.access.decision import Outcome
from medid.core import json as strict_json
from medid.health.fhir_claim import LIMITS
from medid.trust import TrustRegistry
from tests.access.claim_world import (
    AT,
    CPT,
    OFFICE,
    SETTINGS,
    US_NPI,
    by_npi,
    claim,
    coded,
    explanation,
    item,
)
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text
from tests.fuzz.target import Target, check_secrecy

_SETTINGS: Final = ClaimSettings.from_json(SETTINGS)
_TRUST: Final = TrustRegistry.from_json(
    {
        "acceptedBoards": [
            {
                "did": "did:web:board.example",
                "jurisdictions": ["US-OH"],
                "professions": ["208D00000X"],
            }
        ]
    }
)


def _claim(data: bytes) -> None:
    document = strict_json.load_object(data, limits=LIMITS)
    before = copy.deepcopy(document)
    found = on_date_of_service(
        document, AtHand(), trust=_TRUST, settings=_SETTINGS, at=AT
    )
    assert document == before, "the claim was modified"
    assert found.decision is Outcome.DENY, "nobody showed a license"
    check_secrecy(f"{found!r} {found.as_json()}")


def _claim_seeds() -> list[bytes]:
    person = {
        "resourceType": "Practitioner",
        "id": "chen",
        "identifier": [{"system": US_NPI, "value": "1679576722", "use": "official"}],
    }
    role = {
        "resourceType": "PractitionerRole",
        "id": "role",
        "practitioner": {"reference": "#chen"},
    }
    part = {"sequence": 1, "productOrService": coded(CPT, "96372")}
    full = item(
        2,
        careTeamSequence=[1, 2],
        servicedDate=None,
        servicedPeriod={"start": "2026-07-20", "end": "2026-07-21T10:00:00Z"},
        locationCodeableConcept=None,
        locationAddress={"state": "OH", "country": "USA"},
        modifier=[coded(CPT, "25")],
        detail=[{**part, "subDetail": [part]}],
    )
    team = [
        {"sequence": 1, "provider": {"reference": "#role"}, "qualification": {}},
        {"sequence": 2, "provider": by_npi(), "role": coded("urn:roles", "assist")},
    ]
    added = {"productOrService": coded(CPT, "99213"), "provider": [by_npi()]}
    return [
        compact(claim()),
        compact(claim(item(), full, careTeam=team, contained=[OFFICE, person, role])),
        compact(explanation(addItem=[added], billablePeriod={"start": "2026-07"})),
    ]


def _cohort(data: bytes) -> None:
    request = CohortRequest.from_json(data)
    found = cohort([("Patient/1", [])], request, trust=_TRUST)
    assert list(found) == [], "nobody consented"
    check_secrecy(f"{found.counts!r} {request!r}")


def _cohort_seeds() -> list[bytes]:
    from tests.access.test_cohorts import REQUEST

    return [compact(REQUEST)]


TARGETS: Final = (
    Target(name="claim", read=_claim, seeds=_claim_seeds, change=json_text),
    Target(name="cohort-request", read=_cohort, seeds=_cohort_seeds, change=json_text),
)
