"""Targets of FHIR resources that others send: events, verifications and Bundles."""

from __future__ import annotations

import copy
from typing import Any, Final

from medid.access.audit_events_in import read_events
from medid.access.audit_fhir_in import read_event
from medid.core import json as strict_json
from medid.health.fhir_bundle import Bundle
from medid.health.fhir_joining import practitioners
from medid.health.fhir_verification import read_verification, verification_resource
from tests.access.test_audit_fhir_in import as_r5, balp
from tests.attacks.tokens import compact
from tests.fuzz.forms import json_text
from tests.fuzz.target import CANARY, Target
from tests.health.fhir_bundles import bundle, directory, entry
from tests.health.test_fhir_practitioner import GIVEN
from tests.health.test_fhir_verification import result


def _event(data: bytes) -> None:
    event = strict_json.load_object(data)
    before = copy.deepcopy(event)
    found = read_event(event)
    assert event == before, "the event was modified"
    assert CANARY not in str((found.losses, found.unsaid))


def _event_seeds() -> list[bytes]:
    named: Any = balp()
    named["agent"][1]["who"] = {"identifier": {"value": CANARY}, "display": CANARY}
    return [compact(one) for one in (named, as_r5(named))]


def _verification(data: bytes) -> None:
    found = read_verification(strict_json.load_object(data))
    again = read_verification(verification_resource(found.summary))
    assert again.summary == found.summary
    assert again.losses == ()


def _bundle(data: bytes) -> None:
    document = strict_json.load_object(data)
    found = Bundle.read(document)
    for one in practitioners(found):
        one.draft(GIVEN)
    assert CANARY not in str(found.losses())
    read_events(document)


def _bundle_seeds() -> list[bytes]:
    events = bundle(entry(balp()), entry(balp(id="2", outcome="8")), kind="searchset")
    return [compact(one) for one in (directory(), events)]


TARGETS: Final = (
    Target(name="audit-event", read=_event, seeds=_event_seeds, change=json_text),
    Target(
        name="verification-result",
        read=_verification,
        seeds=lambda: [compact(result())],
        change=json_text,
    ),
    Target(name="fhir-bundle", read=_bundle, seeds=_bundle_seeds, change=json_text),
)
