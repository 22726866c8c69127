"""A VerificationResult is somebody's word: read, told again, and never a credential."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import pytest
from fhir.resources.R4B.verificationresult import VerificationResult as ResultR4
from fhir.resources.verificationresult import VerificationResult as ResultR5

from medid.credentials import parse_credential
from medid.errors import MalformedValue, MedidError, TooLarge
from medid.health.fhir_verification import (
    FORMAT,
    read_verification,
    summary_of,
    verification_resource,
)
from medid.health.license import License
from tests.health.fhir_documents import CANARY, HOSTILE
from tests.health.fhir_round_trip import assert_accounted, containers
from tests.health.test_fhir_practitioner import paths
from tests.support import agreed, vectors

THO = "http://terminology.hl7.org/CodeSystem/"


def concept(name: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": THO + name, "code": code}]}


def result() -> dict[str, Any]:
    """With every element that FHIR has."""
    signed = {
        "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840"}],
        "when": "2026-01-01T00:00:00Z",
        "who": {"reference": "Practitioner/p1"},
        "data": "dGhpcyBwcm92ZXMgbm90aGluZw==",
    }
    return {
        "resourceType": "VerificationResult",
        "target": [
            {"reference": "Practitioner/p1", "display": "Dr X"},
            {
                "type": "Practitioner",
                "identifier": {"system": "urn:ietf:rfc:3986", "value": "did:web:dr"},
            },
        ],
        "targetLocation": ["Practitioner.qualification[0]"],
        "need": concept("need", "periodic"),
        "status": "validated",
        "statusDate": "2026-06-15T12:00:00Z",
        "validationType": concept("validation-type", "primary"),
        "validationProcess": [concept("validation-process", "edit-check")],
        "frequency": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "a"}},
        "lastPerformed": "2026-06",
        "nextScheduled": "2027-06-15",
        "failureAction": concept("failure-action", "warn"),
        "primarySource": [
            {
                "who": {"display": "Example Board"},
                "type": [concept("primary-source-type", "lic-board")],
                "communicationMethod": [concept("x", "portal")],
                "validationStatus": concept("validation-status", "successful"),
                "validationDate": "2026-06-15T11:00:00+02:00",
                "canPushUpdates": concept("can-push-updates", "no"),
                "pushTypeAvailable": [concept("push-type-available", "specific")],
            }
        ],
        "attestation": {
            "who": {"reference": "Practitioner/p1"},
            "onBehalfOf": {"reference": "Organization/o1"},
            "communicationMethod": concept("x", "manual"),
            "date": "2026-06-15",
            "sourceIdentityCertificate": "did:web:dr#key-1",
            "proxyIdentityCertificate": "did:web:o#key-1",
            "proxySignature": signed,
            "sourceSignature": signed,
        },
        "validator": [
            {
                "organization": {"reference": "Organization/o2"},
                "identityCertificate": "did:web:o2#key-1",
                "attestationSignature": signed,
            }
        ],
    }


def test_all_that_is_said_is_read_and_written_again() -> None:
    resource = result()
    found = read_verification(resource)
    back = verification_resource(found.summary)

    for model in (ResultR4, ResultR5):
        model.model_validate(resource)
        model.model_validate(back)
    assert_accounted(resource, [back], found.losses)
    assert paths(found.losses) == [
        "$.frequency",
        "$.attestation.proxySignature",
        "$.attestation.sourceSignature",
        "$.validator[0].attestationSignature",
    ]
    assert "signature" in found.losses[1].reason
    assert read_verification(back).losses == ()
    assert read_verification(back).summary == found.summary


def test_hl7s_examples_round_trip_up_to_their_losses() -> None:
    for folder, model in (("hl7-r4-examples", ResultR4), ("hl7-r5-examples", ResultR5)):
        file = vectors(folder) / "VerificationResult-example.json"
        resource = json.loads(file.read_text("utf-8"))
        found = read_verification(resource)
        back = verification_resource(found.summary)
        model.model_validate(back)
        assert_accounted(resource, [back], found.losses)
        assert back == {"resourceType": "VerificationResult", "status": "attested"}
        assert found.summary.says is None
        agreed(folder, file.name)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("attested", None),
        ("in-process", None),
        ("req-revalid", None),
        ("validated", True),
        ("val-fail", False),
        ("reval-fail", False),
    ],
)
def test_only_a_validator_says_that_it_is_so(status: str, says: bool | None) -> None:
    assert read_verification({**result(), "status": status}).summary.says is says


def test_a_summary_is_no_credential_and_says_no_license() -> None:
    summary = read_verification(result()).summary
    told: Any = summary.as_json()

    assert told["format"] == FORMAT
    assert told["notSaid"] == [
        "licenseNumber",
        "jurisdiction",
        "profession",
        "licenseStatus",
    ]
    assert "active" not in json.dumps(told)
    with pytest.raises(MedidError):
        License.from_credential(parse_credential(told))
    with pytest.raises(MedidError):
        parse_credential(verification_resource(summary))
    told["verification"]["status"] = "changed"
    assert summary.members["status"] == "validated"
    assert "validated" not in repr(summary)


def test_a_summary_is_read_again_and_nothing_beside_it() -> None:
    summary = read_verification(result()).summary
    told: Any = summary.as_json()
    assert summary_of(told) == summary
    changes: list[tuple[Any, str]] = [
        ({"format": CANARY}, "$.format"),
        ({"verification": CANARY}, "$.verification"),
        ({"extra": CANARY}, "$.extra"),
        ({"verification": {}}, "$.verification.status"),
        (
            {"verification": {"status": "validated", "frequency": {"x": CANARY}}},
            "$.verification.frequency",
        ),
        (
            {"verification": {"status": "validated", "resourceType": CANARY}},
            "$.verification.resourceType",
        ),
    ]
    for change, path in changes:
        with pytest.raises(MalformedValue) as caught:
            summary_of({**told, **change})
        assert caught.value.path == path
        assert CANARY not in str(caught.value)


def test_a_number_that_is_not_in_use_names_nobody() -> None:
    resource = result()
    resource["target"] = [
        {"identifier": {"use": "old", "system": "urn:x", "value": "1"}}
    ]
    found = read_verification(resource)
    assert "target" not in found.summary.members
    assert "$.target" in paths(found.losses)


def _set(name: str, value: Any) -> dict[str, Any]:
    return {**result(), name: value}


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (_set("resourceType", "Patient"), "$.resourceType"),
        (_set("status", CANARY), "$.status"),
        (_set("status", "entered-in-error"), "$.status"),
        (_set("status", None), "$.status"),
        (_set("statusDate", CANARY), "$.statusDate"),
        (_set("lastPerformed", "2026-13"), "$.lastPerformed"),
        (_set("nextScheduled", "2026-06-15T12:00:00"), "$.nextScheduled"),
        (_set("target", {}), "$.target"),
        (_set("target", []), "$.target"),
        (_set("target", [{"reference": 5}]), "$.target[0].reference"),
        (_set("target", [{"identifier": 5}]), "$.target[0].identifier"),
        (_set("targetLocation", [5]), "$.targetLocation[0]"),
        (_set("targetLocation", [""]), "$.targetLocation[0]"),
        (_set("need", "x"), "$.need"),
        (_set("attestation", []), "$.attestation"),
        (_set("implicitRules", "x:y"), "$.implicitRules"),
        (
            _set("validator", [{"modifierExtension": [{"url": "x:y"}]}]),
            "$.validator[0].modifierExtension",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(resource: Any, path: str) -> None:
    with pytest.raises(MalformedValue) as caught:
        read_verification(resource)
    assert caught.value.path == path
    assert CANARY not in str(caught.value)


def test_no_status_and_too_much_are_refused() -> None:
    bare = result()
    bare.pop("status")
    with pytest.raises(MalformedValue):
        read_verification(bare)
    with pytest.raises(TooLarge):
        read_verification(_set("contained", [{}] * 20_000))


def test_an_element_that_nobody_knows_is_lost() -> None:
    found = read_verification(_set("contained", [{"resourceType": "Basic"}]))
    assert "$.contained" in paths(found.losses)


def test_each_hostile_value_is_refused_or_accounted_for() -> None:
    source, outcomes, told = random.Random(7), set(), list[str]()
    for _ in range(80):
        resource = result()
        target = source.choice(list(containers(resource)))
        name = 0 if isinstance(target, list) else source.choice(sorted(target))
        target[name] = deepcopy(source.choice(HOSTILE))
        try:
            found = read_verification(resource)
        except MedidError as error:
            outcomes.add(error.code)
            told.append(str(error))
        else:
            outcomes.add("read")
            back = verification_resource(found.summary)
            assert_accounted(resource, [back], found.losses)
            told.append(str(found.losses))
    assert {"read", "MALFORMED_VALUE_ERROR"} <= outcomes
    assert CANARY not in "".join(told)
