from __future__ import annotations

import random
from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from medid.errors import MalformedValue, MedidError
from medid.health.fhir_export import kind_of, license_resources
from medid.health.words import NAMESPACE
from tests.health.documents import BOARD, license_document
from tests.health.fhir_documents import CANARY, HOSTILE, NUCC
from tests.health.fhir_round_trip import containers, is_lost, leaves

# Members that a resource says by where it puts what they belong to.
STRUCTURE = {"type", "@context"}


def paths(losses: Any) -> list[str]:
    return [loss.path for loss in losses]


def test_a_bare_license_has_no_role_and_a_limited_one_modifiers() -> None:
    document = license_document()
    document["issuer"] = BOARD
    subject = document["credentialSubject"]
    subject["name"] = CANARY
    subject.pop("practitionerIdentifier")
    subject["license"] = {
        "type": "PractitionerLicense",
        "licenseNumber": "1",
        "jurisdiction": "GB",
        "licenseStatus": "suspended",
        "profession": {"type": ["Code", "Other"], "system": NUCC, "code": "1"},
    }
    document["credentialSubject"] = [subject]
    found = license_resources(document)
    one: Any
    (one,) = found.resources
    (qualification,) = one["qualification"]
    assert qualification["modifierExtension"] == [
        {"url": NAMESPACE + "licenseStatus", "valueCode": "suspended"}
    ]
    assert "period" not in qualification
    assert "display" not in qualification["issuer"]
    assert "$.issuer" not in paths(found.losses)
    assert "$.credentialSubject[0].name" in paths(found.losses)
    assert "$.credentialSubject[0].license.profession.type[1]" in paths(found.losses)
    assert CANARY not in str(found.losses)
    for name in ({"@value": "x"}, ""):
        named = {**document, "issuer": {"id": BOARD, "name": name}}
        assert "$.issuer.name" in paths(license_resources(named).losses)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"licenseNumber": "35.\x00"}, "licenseNumber"),
        ({"licenseNumber": " "}, "licenseNumber"),
        (
            {"profession": {"type": "Code", "system": NUCC, "code": " 1"}},
            "profession.code",
        ),
        (
            {"profession": {"type": "Code", "system": NUCC, "code": "1  2"}},
            "profession.code",
        ),
        ({"issuedOn": "2026-01-02", "expiresOn": "2026-01-01"}, "expiresOn"),
    ],
)
def test_what_fhir_does_not_allow_is_refused(change: Any, path: str) -> None:
    document = license_document()
    document["credentialSubject"]["license"] |= change
    with pytest.raises(MalformedValue) as caught:
        license_resources(document)
    assert caught.value.path == f"$.credentialSubject.license.{path}"


def test_other_credentials_are_not_exported() -> None:
    document = license_document()
    assert kind_of(document).name == "PractitionerLicenseCredential"
    document["type"] = ["VerifiableCredential"]
    with pytest.raises(MalformedValue):
        kind_of(document)
    with pytest.raises(MalformedValue):
        license_resources(document)


def _mutant(source: random.Random) -> dict[str, Any]:
    document = deepcopy(license_document())
    places = [document["credentialSubject"], document["issuer"]]
    target = source.choice([one for place in places for one in containers(place)])
    value = deepcopy(source.choice(HOSTILE))
    if isinstance(target, list):
        target[source.randrange(len(target))] = value
    else:
        target[source.choice([*target, "id", "text", "unknown"])] = value
    return document


def test_a_mutant_is_refused_without_its_values_or_accounted_for() -> None:
    source = random.Random(11)
    outcomes, told = set(), list[str]()
    for _ in range(150):
        document = _mutant(source)
        kept = deepcopy(document)
        try:
            found = license_resources(document)
        except MedidError as error:
            told.append(str(error))
            outcomes.add("refused")
        else:
            outcomes.add("read")
            told.append(str(found.losses))
            held = Counter(leaf for _, _, leaf in leaves([*found.resources]))
            wanted = Counter(
                leaf
                for path, names, leaf in leaves(document)
                if not is_lost(path, found.losses) and names[-1] not in STRUCTURE
            )
            assert not wanted - held
        assert document == kept
    assert outcomes == {"read", "refused"}
    assert CANARY not in "".join(told)
