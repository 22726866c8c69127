"""What must not leak: not to outsiders, not into logs, not into tracebacks."""

from __future__ import annotations

import asyncio
import re
import traceback
from typing import Any

import pytest

from medid.access.compiled import CompiledDecision
from medid.access.request import AccessRequest
from medid.cli.demo_world import _index_in
from medid.core.instant import Window
from medid.core.json import dumps
from medid.errors import MedidError
from tests.access.world import (
    AT,
    NOTE,
    START,
    World,
    controller,
    fhir_consent,
    on_file,
)

CANARIES = {
    "licenseNumber": "CANARY-LICENSE-NUMBER",
    "nonce": "CANARY-NONCE-4711",
    "patient": "Patient/CANARY-PATIENT",
    "resource": "Observation/CANARY-RESOURCE",
    "reason": "CANARY-BREAK-GLASS-REASON",
    "label": "CANARY-LABEL",
    "custodian": "Organization/CANARY-CUSTODIAN",
    "identifier": "CANARY-IDENTIFIER",
    "text": "CANARY-CONSENT-TEXT",
    "practice": "CANARY-PRACTICE",
}


def canary_request(world: World) -> dict[str, Any]:
    request = world.asks()
    request["subject"]["properties"]["identifiers"] = [
        {"system": "urn:x", "value": CANARIES["identifier"]}
    ]
    request["action"]["properties"]["practice"] = CANARIES["practice"]
    request["resource"] = {
        "type": "Observation",
        "id": CANARIES["resource"],
        "properties": {
            "patient": CANARIES["patient"],
            "securityLabel": [{"system": "urn:x", "code": CANARIES["label"]}],
            "custodian": CANARIES["custodian"],
        },
    }
    request["context"]["breakGlass"] = {
        "declared": True,
        "authorised": True,
        "reason": CANARIES["reason"],
    }
    return request


def canary_license(world: World, **members: Any) -> Any:
    return world.license_of(licenseNumber=CANARIES["licenseNumber"], **members)


def canary_consent(world: World) -> Any:
    resource = fhir_consent("deny")
    resource["policy"] = [{"uri": f"https://x.example/{CANARIES['text']}"}]
    return world.consent_of(resource=resource)


def clean(*texts: str) -> None:
    for text in texts:
        for canary in CANARIES.values():
            assert canary not in text, canary


def denials(world: World) -> list[tuple[Any, Any, dict[str, Any]]]:
    """Presentations, requests and settings that are all refused."""
    license_, consent = canary_license(world), canary_consent(world)
    nonce: dict[str, Any] = {"challenge": CANARIES["nonce"]}
    good = world.shown(license_, consent, **nonce)
    request = canary_request(world)
    expired = canary_license(world, window=Window(START.plus(-60), AT))
    broken = {**good, "holder": "did:example:CANARY-NONCE-4711"}
    misspelt = canary_request(world)
    misspelt["resource"]["properties"]["securitylabels"] = [CANARIES["label"]]
    wrong = canary_request(world)
    wrong["context"]["patientLocation"] = [CANARIES["label"]]
    named = canary_request(world)
    named["context"][CANARIES["nonce"] + " "] = 1
    return [
        (good, request, {}),
        ({**good, CANARIES["nonce"]: CANARIES["text"]}, request, {}),
        (good, request, {"audience": "https://other.example"}),
        (world.shown(license_, **nonce), request, {}),
        (world.shown(consent, **nonce), request, {}),
        (world.shown(expired, consent, **nonce), request, {}),
        (world.shown(license_, consent, by=controller(), **nonce), request, {}),
        (broken, request, {}),
        (dumps(good)[:-1], request, {}),
        (f"{CANARIES['nonce']}.{CANARIES['text']}.x", request, {}),
        (good, misspelt, {}),
        (good, wrong, {}),
        (good, named, {}),
    ]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_no_value_of_a_document_is_told_by_a_denial(world: World) -> None:
    for shown, request, members in denials(world):
        verifier = world.gateway(**members)
        found = verifier.decide(shown, request)

        assert not found
        clean(
            repr(found),
            str(found),
            dumps(found.as_json()),
            dumps(found.as_public_json()),
            *(str(check.error) + repr(check.error) for check in found.checks),
        )


def test_no_value_of_a_document_is_told_by_an_error(world: World) -> None:
    for shown, request, _ in denials(world)[-5:]:
        with pytest.raises(MedidError) as caught:
            world.verifier().compile(shown, request)
        error = caught.value
        lines = traceback.format_exception(error)
        clean(repr(error), dumps(dict(error.as_json())), *lines)


def test_no_value_of_a_document_is_in_a_repr(world: World) -> None:
    shown = world.shown(
        canary_license(world), canary_consent(world), challenge=CANARIES["nonce"]
    )
    request = canary_request(world)
    kept = fhir_consent("deny", language=CANARIES["text"])
    verifier = world.verifier(consents=on_file(kept))
    case = verifier.prepare(shown, request)
    compiled = verifier.compile(shown, request)

    assert isinstance(compiled, CompiledDecision)
    clean(
        repr(case),
        repr(compiled),
        repr(compiled.prejudged),
        repr(AccessRequest.from_json(request)),
        repr(compiled.check(request["resource"])),
    )


def test_denials_look_alike_from_outside(world: World) -> None:
    """Whoever is refused learns nothing about why (N-oracle)."""
    scene = World()
    scene.suspend(START.plus(30))
    suspended = scene.verifier().decide(scene.shown(), scene.asks())
    withdrawn_scene = World()
    withdrawn_scene.withdraw(START.plus(30))
    withdrawn = withdrawn_scene.verifier().decide(
        withdrawn_scene.shown(), withdrawn_scene.asks()
    )
    unknown_patient = world.asks()
    unknown_patient["resource"]["properties"]["patient"] = "Patient/nobody"
    shown = world.shown()
    forged = {**shown, "id": "urn:uuid:1"}
    deny = world.verifier(consents=on_file(fhir_consent("deny")))
    unreadable = world.verifier(consents=on_file(b"{"))
    verifier = world.verifier()
    found = [
        suspended,
        withdrawn,
        verifier.decide(shown, unknown_patient),
        verifier.decide(world.shown(world.license), world.asks()),
        verifier.decide(forged, world.asks()),
        verifier.decide(b"", world.asks()),
        verifier.decide(shown, {}),
        verifier.decide(shown, world.asks("TREAT", NOTE)),
        verifier.decide(world.shown(by=controller()), world.asks()),
        world.gateway().decide(shown, world.asks()),
        deny.decide(shown, world.asks()),
        unreadable.decide(shown, world.asks()),
        asyncio.run(_adecide(verifier, forged, world.asks())),
    ]
    public = set()
    for one in found:
        assert not one
        assert one.id is not None
        public.add(dumps(one.as_public_json()).replace(one.id, "ID"))

    assert public == {'{"decision":false,"context":{"id":"ID"}}'}
    assert len({one.codes for one in found}) >= 9


async def _adecide(verifier: Any, shown: Any, request: Any) -> Any:
    return await verifier.adecide(shown, request)


def test_an_unknown_patient_looks_like_one_without_consent(world: World) -> None:
    """Nobody learns from the reasons that a patient exists (N-oracle-status)."""
    shown = world.shown(world.license)
    nobody = world.asks()
    nobody["resource"]["properties"]["patient"] = "Patient/nobody"
    verifier = world.verifier(entropy=bytes)
    found = [verifier.decide(shown, one).as_json() for one in (world.asks(), nobody)]

    assert found[0] == found[1]


def test_a_status_index_is_told_by_no_reason(world: World) -> None:
    scene = World()
    scene.suspend(START.plus(30))
    url = "https://board.example/status/suspension"
    found = scene.verifier().decide(scene.shown(), scene.asks())

    # Within a digest the same digits say nothing.
    numbers = re.findall("[0-9A-Za-z]+", dumps(found.as_json()))
    assert str(_index_in(scene.license, url)) not in numbers
