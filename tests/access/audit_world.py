"""Records, logs that fail in every way, and what the tests ask a verifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medid.access.audit_record import (
    Asked,
    ConsentBasis,
    DecisionRecord,
    Kind,
    LicenseBasis,
    Named,
    StatusList,
)
from medid.access.consent_types import Obligation
from medid.access.decision import Basis, Finding, Outcome
from medid.adapters.audit import MemoryAuditLog
from medid.core.instant import Window
from medid.core.records import replace
from medid.errors import AuditUnavailable, ConfigurationError, Refused
from medid.health.codes import ACT_REASON, Coding
from medid.trust import ToldChain, ToldLink, ToldMark
from tests.access.world import AT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.access.world import Doc, World

DIGEST = "ab" * 32
LIST = StatusList(url="https://board.example/status/1", digest=DIGEST)
CHAIN = ToldChain(
    authority="https://federation.example",
    links=(
        ToldLink(
            entity="https://board.example",
            recognized_by="https://federation.example",
            digest=DIGEST,
            url="https://federation.example/fetch?sub=board",
            window=Window(AT.plus(-60), AT.plus(60)),
        ),
    ),
    mark=ToldMark(
        type="https://federation.example/marks/board",
        issuer="https://federation.example",
        digest=DIGEST,
        window=Window(AT.plus(-60), AT.plus(30)),
    ),
    credential_types=("PractitionerLicenseCredential",),
    jurisdictions=("US-OH",),
    professions=("208D00000X",),
    window=Window(AT.plus(-60), AT.plus(30)),
)
FULL = DecisionRecord(
    id="urn:uuid:1",
    kind=Kind.RELEASE,
    compilation="urn:uuid:2",
    time=AT,
    recorded=AT.plus(1),
    outcome=Outcome.PERMIT,
    requester="did:example:dr",
    proven=True,
    sources=Basis(
        presentation=DIGEST,
        evidence=DIGEST,
        trust=DIGEST,
        profile="https://w3id.org/medid/consent-evaluation/1",
        library="0.1.0",
        policy=DIGEST,
        overlays=("us-hipaa/1",),
    ),
    asked=Asked(
        digest=DIGEST,
        action="access",
        purposes=(Coding(ACT_REASON, "BTG"),),
        patient="Patient/p-9",
        resources=(Named(type="Observation", id="Observation/1"),),
        break_glass="unconscious",
    ),
    license=LicenseBasis(
        id="L",
        issuer="did:web:board.example",
        digest=DIGEST,
        key="did:web:board.example#key-1",
        status_lists=(LIST,),
        chains=(CHAIN,),
    ),
    supports=(
        LicenseBasis(
            id="A",
            issuer="did:web:psypact.example",
            digest=DIGEST,
            key="did:web:psypact.example#key-1",
            status_lists=(LIST,),
        ),
    ),
    consents=(
        ConsentBasis(
            id="C",
            digest=DIGEST,
            standing="CONSENT_IN_FORCE",
            is_credential=True,
            of_patient=True,
            by_patient=True,
            status_lists=(LIST,),
            chains=(replace(CHAIN, mark=None),),
        ),
    ),
    findings=(
        Finding(code="LICENSE_OK", about="license", credential="L"),
        Finding(
            code="CONSENT_PERMIT",
            about="consent",
            message="a rule of the consent permits",
            credential="C",
            path="provision",
            rule="E7",
        ),
    ),
    decided_by="C#provision",
    obligations=(Obligation("AUDIT"),),
    expires=AT.plus(900),
)
BARE = DecisionRecord(
    id="urn:uuid:3",
    kind=Kind.DECISION,
    time=AT,
    recorded=AT,
    outcome=Outcome.DENY,
    requester=None,
    proven=False,
    sources=Basis(
        presentation=None, evidence=None, trust=DIGEST, profile="p", library="l"
    ),
)

EMERGENCY = {"declared": True, "authorised": True, "reason": "unconscious"}


class FailingLog:
    """A log that does ``what`` in place of writing; it remembers what it was given."""

    def __init__(self, what: Callable[[], object]) -> None:
        self.what = what
        self.given: list[DecisionRecord] = []

    def record(self, record: DecisionRecord) -> None:
        self.given.append(record)
        self.what()


def _raise(error: BaseException) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


FAILURES: dict[str, Callable[[], object]] = {
    "unavailable": _raise(AuditUnavailable("the disk is full")),
    "misuse": _raise(ConfigurationError("another key")),
    "refused": _raise(Refused("no")),
    "os-error": _raise(OSError(28, "CANARY no space")),
    "bug": _raise(ZeroDivisionError("CANARY")),
    "memory": _raise(MemoryError()),
}


class Unfinished:
    """A log that answers something, as one does that should have been awaited."""

    def record(self, record: DecisionRecord) -> object:
        return object()


def break_glass(world: World) -> Doc:
    """A request in an emergency."""
    wanted: Any = {
        "purpose": "BTG",
        "resource": "Observation/hiv-test",
        "breakGlass": EMERGENCY,
    }
    return world.request(wanted, AT)


def recorded(
    world: World, request: Doc | None = None, **members: Any
) -> DecisionRecord:
    """The one record of one decision."""
    log = MemoryAuditLog()
    shown = members.pop("shown", None) or world.shown()
    world.verifier(audit=log, **members).decide(shown, request or world.asks())
    (record,) = log.records
    return record
