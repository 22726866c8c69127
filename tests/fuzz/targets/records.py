"""What is read out of verified documents: credentials, licenses, consents, requests."""

from __future__ import annotations

import copy
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Final

from medid.access import consent_scenarios, license_scenarios, scenario_files
from medid.access.audit_reading import read_record
from medid.access.explaining import (
    as_html_page,
    as_json,
    as_operation_outcome,
    as_text,
    read_decision,
)
from medid.access.request import AccessRequest
from medid.adapters.audit_chain import NOTHING, Chain, read_header, read_line
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.records import replace
from medid.credentials import parse_credential, parse_presentation
from medid.errors import FetchFailed, MedidError
from medid.health import fhir
from medid.health.consent import ConsentRecord
from medid.health.license import License
from medid.health.support import Support
from medid.health.support_vocabulary import SUPPORT_CREDENTIALS
from tests.access.audit_world import BARE, FULL
from tests.attacks.case import NOW
from tests.attacks.documents import (
    BOARD,
    consent_draft,
    fhir_consent,
    legacy,
    license_draft,
    plain,
    presentation,
)
from tests.attacks.honest import signed
from tests.attacks.lists import entry
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text
from tests.fuzz.target import CANARY, Target, check_growth
from tests.health.documents import (
    authorisation_document,
    declaration_document,
    license_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.core.json import JsonObject

_SCENARIOS: Final = Path(__file__).parents[2] / "scenarios" / "license"
_AT: Final = Instant.parse(NOW)


def _credential(data: bytes) -> None:
    document = strict_json.load_object(data)
    before = copy.deepcopy(document)
    if "verifiableCredential" in document:
        parse_presentation(document)
    else:
        found = parse_credential(document)
        assert found.subjects
        assert found.document == before
    assert document == before, "the document was modified"


def _credential_seeds() -> list[bytes]:
    schema = {"id": "https://board.example/s", "type": "JsonSchema"}
    related = {"id": "https://board.example/r", "digestSRI": "sha256-" + "A" * 43 + "="}
    full = plain(
        {"id": BOARD.did, "name": "Board"},
        name=[{"@value": "Lizenz", "@language": "de"}],
        credentialStatus=[entry(), entry(purpose="suspension", id=None)],
        credentialSchema=schema,
        relatedResource=related,
        evidence={"type": "Inspection"},
        termsOfUse={"type": "Policy"},
        refreshService={"type": "Refresh", "id": "https://board.example/f"},
    )
    shown = presentation(signed(plain(), BOARD), legacy())
    return [compact(one) for one in (full, legacy(), shown)]


def _license(data: bytes) -> None:
    found = License.from_credential(parse_credential(strict_json.load_object(data)))
    assert found.holder


def _support(data: bytes) -> None:
    credential = parse_credential(strict_json.load_object(data))
    for kind in SUPPORT_CREDENTIALS:
        if kind.name in credential.types:
            assert Support.from_credential(credential, kind).holder


def _consent(data: bytes) -> None:
    credential = parse_credential(strict_json.load_object(data))
    found = ConsentRecord.from_credential(credential)
    _rules(found.resource)


def _fhir(data: bytes) -> None:
    _rules(strict_json.load_object(data))


def _rules(resource: JsonObject) -> None:
    before = copy.deepcopy(resource)
    release = fhir.version(resource)
    fhir.patient(resource, release)
    fhir.status(resource, release)
    fhir.header(resource, release, UTC)
    fhir.rule(resource, release, UTC)
    assert resource == before, "the resource was modified"


def _fhir_seeds() -> list[bytes]:
    older = fhir_consent()
    nested = copy.deepcopy(older)
    nested["provision"]["provision"] = [
        {
            "type": "deny",
            "code": [{"coding": [{"system": "http://loinc.org", "code": "1-8"}]}],
            "dataPeriod": {"start": "2020", "end": "2026-01"},
            "data": [{"meaning": "instance", "reference": {"reference": "Obs/1"}}],
        },
    ]
    newer = {
        "resourceType": "Consent",
        "status": "active",
        "subject": {"reference": "Patient/1"},
        "decision": "deny",
        "period": {"start": "2026-01-10", "end": "2026-12-31"},
        "provision": [{"period": {"start": "2026-02-01T10:00:00Z"}}],
    }
    return [compact(one) for one in (older, nested, newer)]


def _request(data: bytes) -> None:
    request = AccessRequest.from_json(data)
    assert AccessRequest.from_json(request.document) == request


def requests() -> list[bytes]:
    """A request of a gateway."""
    from tests.access.world import World

    world = World()
    asked = world.asks()
    urgent = world.asks("ETREAT")
    return [compact(asked), compact(urgent)]


def _scenario(evaluate: Callable[[JsonObject], JsonObject]) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        refused: list[MedidError] = []
        for scenario in scenario_files.read(data):
            try:
                answer = evaluate(scenario)
            except MedidError as error:
                refused.append(error)
            else:
                check_growth(strict_json.dumps(answer), data)
        if refused:
            raise refused[0]

    return read


def _license_scenarios() -> list[bytes]:
    """One scenario of each file; those without a permit have the most to say."""
    files = sorted(_SCENARIOS.glob("*.json"))
    return [compact(scenario_files.read(one.read_bytes())[0]) for one in files]


def _evidence(data: bytes) -> None:
    found = Evidence.from_json(strict_json.load_object(data))
    assert Evidence.from_json(found.as_json()).digest() == found.digest()


def _evidence_seeds() -> list[bytes]:
    url = "https://board.example/1"
    served = Fetched.of(url, b"{}", fetched_at=_AT, media_type="application/json")
    failed = FetchFailed("the host does not answer")
    return [compact(Evidence({url: served, f"{url}/2": failed}).as_json())]


_REFUSED: Final = "Access is not permitted."


def _decision(data: bytes) -> None:
    found = read_decision(data)
    written = strict_json.dumps(as_json(found))
    outcome = strict_json.dumps(as_operation_outcome(found))
    text, page = as_text(found), as_html_page(found)
    for made in (written, outcome, text, page):
        check_growth(made, data, 128)
    for made in (text, page):
        assert all(line.isprintable() for line in made.split("\n"))
    assert page.count("<script") == 0
    public = as_text(found.public())
    assert found.permitted or public == _REFUSED


def _decisions() -> list[bytes]:
    reasons = [
        {"code": "LICENSE_OK", "about": "license", "credential": "urn:uuid:1"},
        {"code": "CONSENT_PERMIT", "about": "consent", "path": "a", "rule": "E7"},
    ]
    duty = {"system": "urn:duties", "code": "AUDIT"}
    leaf = {"check": "proof", "result": "pass", "about": "$", "codes": ["EXPIRED"]}
    context = {
        "id": "urn:uuid:9",
        "outcome": "permit",
        "time": NOW,
        "expires": NOW,
        "reasons": reasons,
        "obligations": [{"id": "o1", "type": "custom", "properties": duty}],
        "checks": [{"check": "license", "result": "pass", "checks": [leaf]}],
        "basis": dict.fromkeys(
            ("presentation", "evidence", "trust", "profile", "library"), "0"
        ),
    }
    least = {"outcome": "deny", "time": NOW, "reasons": [], "checks": []}
    return [
        compact({"decision": True, "context": context}),
        compact({"decision": False, "context": least}),
    ]


def _record(data: bytes) -> None:
    found = read_record(strict_json.load_object(data))
    again = strict_json.loads(strict_json.dumps(found.as_json()))
    assert read_record(again) == found


def _record_seeds() -> list[bytes]:
    assert FULL.asked is not None
    asked = replace(FULL.asked, patient=CANARY, break_glass=CANARY)
    records = (replace(FULL, asked=asked, requester=CANARY), BARE)
    return [compact(one.as_json()) for one in records]


def _line(data: bytes) -> None:
    line = read_line(data)
    if line.kind == "header":
        read_header(line)
    else:
        assert isinstance(line.content, dict)


def _lines() -> list[bytes]:
    chain = Chain(bytes(32))
    header, head = chain.header(NOTHING, log="urn:uuid:1", part=1)
    record, head = chain.line(head, "record", FULL.as_json())
    repair, _ = chain.line(head, "repair", {"dropped": 7})
    return [line[:-1] for line in (header, record, repair)]


TARGETS: Final = (
    Target(
        name="credential", read=_credential, seeds=_credential_seeds, change=json_text
    ),
    Target(
        name="license",
        read=_license,
        seeds=lambda: [compact(license_draft()), compact(license_document())],
        change=json_text,
    ),
    Target(
        name="support",
        read=_support,
        seeds=lambda: [
            compact(authorisation_document()),
            compact(declaration_document()),
        ],
        change=json_text,
    ),
    Target(
        name="consent",
        read=_consent,
        seeds=lambda: [compact(consent_draft())],
        change=json_text,
    ),
    Target(name="fhir", read=_fhir, seeds=_fhir_seeds, change=json_text),
    Target(name="access-request", read=_request, seeds=requests, change=json_text),
    Target(
        name="consent-scenario",
        read=_scenario(consent_scenarios.evaluate),
        seeds=lambda: [consent_scenarios.starter().encode()],
        change=json_text,
    ),
    Target(
        name="license-scenario",
        read=_scenario(license_scenarios.evaluate),
        seeds=_license_scenarios,
        change=json_text,
    ),
    Target(name="decision", read=_decision, seeds=_decisions, change=json_text),
    Target(name="audit-record", read=_record, seeds=_record_seeds, change=json_text),
    Target(name="audit-line", read=_line, seeds=_lines, change=json_text),
    Target(name="evidence", read=_evidence, seeds=_evidence_seeds, change=json_text),
)
