"""The hospital of these examples: its guard, and the demo's practitioner as a caller.

The demo's board and patient stand in for the network; their credentials are real.
"""

import re

import medid
from medid.adapters.guards.guard import Guard
from medid.cli.demo_world import AUDIENCE, PATIENT, World, data
from medid.core import base64url
from medid.core import json as strict_json
from medid.core.json import JsonObject

world = World(medid.system_clock())
BLOOD = "/Patient/p-9/Observation/blood-pressure"
NOTE = "/Patient/p-9/Observation/psychotherapy-note"
ROUTE = re.compile(r"/(?P<patient>Patient/[^/]+)/(?P<resource>Observation/[^/]+)")
TREATMENT: JsonObject = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "TREAT",
}


def asked_for(patient: str, resource: str) -> JsonObject:
    """The AuthZEN request for one observation; who asks is whoever presents."""
    described = data("observations")
    assert isinstance(described, dict)
    labels = described.get(resource, {})
    assert isinstance(labels, dict)
    return {
        "subject": {"type": "practitioner", "properties": {"profession": "208D00000X"}},
        "action": {"name": "access", "properties": {"purposeOfUse": [TREATMENT]}},
        "resource": {
            "type": "Observation",
            "id": resource,
            "properties": {"patient": patient, **labels},
        },
        "context": {
            "mode": "in-person",
            "patientLocation": "US-OH",
            "practitionerLocation": "US-OH",
        },
    }


def mapper(_method: str, path: str, *_more: object) -> JsonObject | None:
    """Which access a route is; None for what is no access to a patient's data."""
    match = ROUTE.fullmatch(path)
    return asked_for(match["patient"], match["resource"]) if match else None


guard = Guard(
    verifier=medid.AccessVerifier(
        trust=medid.TrustRegistry.from_json(world.trust()),
        audience=AUDIENCE,
        challenges=medid.MemoryChallenges(),  # SqliteChallenges for several processes
        fetch=world.web,  # HttpsFetch() where the hosts are real
    ),
    mapper=mapper,
    unguarded=frozenset({("GET", "/health")}),
    fulfils=frozenset({"REDACT"}),
)


def presentation(challenge: str) -> str:
    """What the practitioner's wallet sends for a challenge."""
    shown = world.present(challenge, medid.system_clock())
    return base64url.encode(strict_json.dumps(shown).encode())


__all__ = ["BLOOD", "NOTE", "PATIENT", "asked_for", "guard", "mapper", "presentation"]
