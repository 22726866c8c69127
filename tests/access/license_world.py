"""Facts, registries and requests that the license tests start from, and strategies."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from medid.access.license_facts import (
    CompactFacts,
    LicenseFacts,
    LicenseRequest,
    Prescribing,
    Verified,
)
from medid.core.instant import Instant, Window
from medid.health.license import Condition, PrivilegeAction
from medid.trust import TrustRegistry

NOW = Instant.parse("2026-06-15T12:00:00Z")
HOLDER = "did:example:dr-1"
BOARD = "did:example:board-oh"
PLACES = ["US-OH", "US-IN", "AU", "AU-NSW"]
PROFESSIONS = ["MD", "RN"]
# Half of what is drawn should pass each check, so that the later ones are reached.
_MOSTLY_NOW = st.sampled_from([NOW, NOW, NOW.plus(-90_000), NOW.plus(60)])


def facts(**changes: Any) -> LicenseFacts:
    base: dict[str, Any] = {
        "id": "L1",
        "issuer": BOARD,
        "holder": HOLDER,
        "verified": Verified(proof=True, status="valid", status_checked_at=NOW),
        "window": Window(NOW.plus(-86_400), NOW.plus(86_400)),
        "jurisdiction": "US-OH",
        "professions": ("MD",),
        "status": "active",
    }
    return LicenseFacts(**{**base, **changes})


def request(**changes: Any) -> LicenseRequest:
    base: dict[str, Any] = {
        "presenter": HOLDER,
        "time": NOW,
        "profession": "MD",
        "action": "treat",
        "patient_location": "US-OH",
    }
    return LicenseRequest(**{**base, **changes})


def registry(**settings: Any) -> TrustRegistry:
    board = {"did": BOARD, "jurisdictions": ["US-OH", "AU"], "professions": ["MD"]}
    nurses = {"did": BOARD, "jurisdictions": ["US-IN"], "professions": ["RN"]}
    base: dict[str, Any] = {
        "acceptedBoards": [board, nurses],
        "containment": {"AU": ["AU-NSW"]},
    }
    return TrustRegistry.from_json({**base, **settings})


def _mostly(value: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([value, value, value, *others])


conditions = st.builds(
    Condition,
    kind=st.sampled_from(
        ["monitoring", "monitoring", "supervision", "siteOnly", "actionProhibited", "x"]
    ),
    actions=st.sampled_from([(), ("treat",), ("surgery",)]),
    sites=st.sampled_from([(), ("ward-7",)]),
    supervision_level=st.sampled_from([None, "direct"]),
    until=st.sampled_from([None, NOW, NOW.plus(1)]),
)

_SCHEDULE_2 = Prescribing(jurisdiction="US-OH", schedules=("2",), registration="valid")
_any_license = st.builds(
    facts,
    id=st.sampled_from(["a", "b", "c", "d"]),
    issuer=_mostly(BOARD, "did:example:other"),
    holder=_mostly(HOLDER, "did:example:dr-2", None),
    verified=st.builds(
        Verified,
        proof=_mostly(True, False),
        status=_mostly("valid", "revoked", "suspended", "unknown"),
        status_checked_at=st.none() | _MOSTLY_NOW,
    ),
    window=st.builds(
        Window,
        st.none() | st.sampled_from([NOW.plus(-9), NOW, NOW.plus(1)]),
        st.none() | st.sampled_from([NOW, NOW.plus(1), NOW.plus(99)]),
    ),
    jurisdiction=st.sampled_from(PLACES) | st.none(),
    professions=st.sampled_from([("MD",), ("MD",), ("RN",), ("MD", "RN"), ()]),
    status=_mostly("active", "probation", "revoked", None),
    registration=st.sampled_from([None, "full", "non-practising", "odd"]),
    conditions=st.lists(conditions, max_size=2).map(tuple),
    specialties=st.sampled_from([(), ("surgery",)]),
    prescribing=st.sampled_from([(), (_SCHEDULE_2,)]),
    compact=st.builds(
        CompactFacts,
        multistate=st.booleans(),
        primary_residence=st.sampled_from(["US-IN", None]),
    ),
    encumbered=st.booleans(),
    privilege_actions=st.sampled_from(
        [(), (), (PrivilegeAction(jurisdiction="US-OH", start=NOW),)]
    ),
    adverse_actions=st.integers(0, 1),
)

# A wholly random license or request hardly ever meets the other, so some nearly do.
_near = st.sampled_from(
    [
        facts(id="e"),
        facts(id="f", window=Window(None, NOW.plus(7))),
        facts(id="g", conditions=(Condition(kind="monitoring"),)),
        facts(id="h", jurisdiction="US-IN", professions=("RN",)),
        facts(id="i", jurisdiction="AU", adverse_actions=1),
        facts(id="j", holder="did:example:dr-2"),
        facts(id="k", window=Window(None, NOW)),
    ]
)
licenses = _near | _any_license

_any_request = st.builds(
    request,
    profession=st.sampled_from(["MD", "MD", "RN", None]),
    action=st.sampled_from(["treat", "treat", "surgery", "prescribe", None]),
    mode=st.sampled_from(["in-person", "telehealth", "other"]),
    patient_location=st.sampled_from([*PLACES, None]),
    practitioner_location=st.sampled_from([*PLACES, None]),
    specialty=_mostly(None, "surgery"),
    schedule=_mostly(None, "2", "3"),
    site=st.sampled_from([None, "ward-7"]),
    supervision=st.sampled_from([None, "direct"]),
)

_usual = st.sampled_from(
    [
        request(),
        request(profession=None),
        request(patient_location="AU-NSW"),
        request(patient_location="US-IN", profession="RN"),
    ]
)
requests = _usual | _any_request

_NLC = {
    "id": "NLC",
    "model": "mutual-recognition",
    "professions": ["RN"],
    "members": ["US-OH", "US-IN"],
}
_RECOGNITION = {
    "from": "US-OH",
    "to": "AU-NSW",
    "professions": ["MD"],
    "modes": ["in-person"],
    "validUntil": str(NOW.plus(3600)),
}
registries = st.sampled_from(
    [
        registry(),
        registry(acceptStatuses=["active", "probation"], statusMaxAgeSeconds=100_000),
        registry(placeOfService={"US": "provider", "AU": "patient"}),
        registry(compacts=[_NLC], recognition=[_RECOGNITION]),
        registry(alerts=[{"holder": HOLDER}], denyOnAlert=False),
    ]
)
