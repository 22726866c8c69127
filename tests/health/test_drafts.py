from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid import health
from medid.core.instant import Instant, Window
from medid.credentials import parse_credential
from medid.errors import MalformedValue, MedidError, MissingFact, ParsingError
from medid.health.drafts import (
    Frame,
    check_draft,
    consent_credential,
    license_credential,
)
from medid.health.generate import schema
from medid.health.license import License
from medid.health.vocabulary import LICENSE_CREDENTIAL
from medid.jsonld import canonicalize
from tests.health.documents import (
    BOARD,
    HOLDER,
    PATIENT,
    consent_document,
    consent_resource,
    license_document,
    license_members,
    status_entry,
    trust_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW = Window(
    Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2027-12-31T23:59:59Z")
)
FRAME = Frame(
    id="urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
    issuer={"id": BOARD},
    window=WINDOW,
    status=[status_entry()],
)


def _untyped(value: Any) -> Any:
    if isinstance(value, list):
        return [_untyped(item) for item in value]
    if isinstance(value, dict):
        return {k: _untyped(v) for k, v in value.items() if k != "type"}
    return value


def test_drafts_get_their_contexts_types_and_window() -> None:
    members = _untyped(license_members())
    before = copy.deepcopy(members)
    npi = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}
    draft = license_credential(FRAME, holder=HOLDER, license=members, identifiers=[npi])
    assert members == before
    assert draft["validFrom"] == "2026-01-01T00:00:00Z"
    assert draft["validUntil"] == "2027-12-31T23:59:59Z"
    subject = draft["credentialSubject"]
    assert isinstance(subject, dict)
    assert subject["license"] == license_members()
    assert canonicalize(draft, health.contexts())
    found = License.from_credential(parse_credential(draft))
    assert found.identifiers[0].value == "1234567893"


def test_a_consent_draft_is_given_by_default_and_keeps_its_resource() -> None:
    frame = Frame(id=FRAME.id, issuer=PATIENT, window=Window())
    terms: dict[str, Any] = {
        "actorBinding": [{"reference": "Practitioner/1", "did": HOLDER}]
    }
    draft = consent_credential(
        frame, patient=PATIENT, consent=consent_resource(), terms=terms
    )
    subject = draft["credentialSubject"]
    assert isinstance(subject, dict)
    assert subject["consent"] == consent_resource()
    assert subject["consentStatus"] == "ConsentGiven"
    assert subject["actorBinding"] == [
        {"type": "ActorBinding", "reference": "Practitioner/1", "did": HOLDER}
    ]
    assert not {"validFrom", "validUntil", "credentialStatus"} & set(draft)
    assert canonicalize(draft, health.contexts())
    assert consent_credential(frame, patient=PATIENT, consent=consent_resource())


@pytest.mark.parametrize("left_out", [("issuedOn",), ("expiresOn",)])
def test_a_license_may_be_open_at_either_end(left_out: tuple[str, ...]) -> None:
    members = {k: v for k, v in license_members().items() if k not in left_out}
    frame = Frame(id=FRAME.id, issuer=BOARD, window=Window(), status=FRAME.status)
    assert license_credential(frame, holder=HOLDER, license=members)


def test_a_draft_never_shares_its_parts_with_the_caller() -> None:
    members = license_members()
    draft = license_credential(FRAME, holder=HOLDER, license=members)
    members["profession"].append("later")
    subject = draft["credentialSubject"]
    assert isinstance(subject, dict)
    assert subject["license"] == license_members()


@pytest.mark.parametrize("make", [license_document, consent_document, trust_document])
def test_good_drafts_pass(make: Callable[[], dict[str, Any]]) -> None:
    check_draft(make())


def test_other_credentials_are_checked_for_their_shape_only() -> None:
    document = license_document()
    document["type"] = ["VerifiableCredential"]
    document["credentialSubject"] = {"id": HOLDER}
    check_draft(document)
    del document["issuer"]
    with pytest.raises(MalformedValue):
        check_draft(document)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.pop("credentialStatus"), "$.credentialStatus"),
        (lambda d: d.update({"@context": d["@context"][:1]}), "$.@context"),
        (
            lambda d: d["credentialSubject"]["license"].update(adverseAction=[]),
            "$.credentialSubject.license.adverseAction",
        ),
        (
            lambda d: d["credentialSubject"]["license"].update(expiresOn="2013-01-01"),
            "$.credentialSubject.license.expiresOn",
        ),
        (
            lambda d: d["credentialSubject"]["license"].update(
                issuedOn="2026-06-02", expiresOn="2026-06-01"
            ),
            "$.credentialSubject.license.expiresOn",
        ),
        (
            lambda d: d["credentialSubject"]["practitionerIdentifier"][0].update(
                value="1234567890"
            ),
            "$.credentialSubject.practitionerIdentifier[0].value",
        ),
        (
            lambda d: d["credentialSubject"]["license"].update(jurisdiction="Ohio"),
            "$.credentialSubject.license.jurisdiction",
        ),
    ],
)
def test_what_verification_would_refuse_is_not_signed(
    change: Callable[[dict[str, Any]], object], path: str
) -> None:
    document = license_document()
    change(document)
    with pytest.raises(MalformedValue) as caught:
        check_draft(document)
    assert caught.value.path == path


def test_a_consent_draft_is_read_as_consent() -> None:
    document = consent_document()
    document["credentialSubject"]["consent"] = {"resourceType": "Patient"}
    with pytest.raises(MalformedValue):
        check_draft(document)


def test_a_draft_is_json() -> None:
    with pytest.raises(ParsingError):
        check_draft({**license_document(), "x": float("nan")})


def test_a_license_without_a_fact_is_not_drafted() -> None:
    members = license_members()
    del members["jurisdiction"]
    with pytest.raises(MissingFact):
        license_credential(FRAME, holder=HOLDER, license=members)


def test_what_is_no_node_is_refused_where_it_stands() -> None:
    members = {**license_members(), "profession": "MD"}
    with pytest.raises(MalformedValue) as caught:
        license_credential(FRAME, holder=HOLDER, license=members)
    assert caught.value.path == "$.credentialSubject.license.profession"


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for name, item in value.items():
            found += _places(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _places(item, (*path, index))
    return found


@given(
    place=st.sampled_from(_places(license_members())),
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.just([])
    | st.just({})
    | st.sampled_from(["active", "US-OH", "2026-01-01", "https://example.org/"]),
)
def test_whatever_passes_the_guard_meets_the_schema_and_is_signed_whole(
    place: tuple[Any, ...], value: Any
) -> None:
    document = license_document()
    target = document["credentialSubject"]["license"]
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    try:
        check_draft(document)
    except MedidError:
        return
    jsonschema.Draft202012Validator(schema(LICENSE_CREDENTIAL)).validate(document)
    assert License.from_credential(parse_credential(document)).holder == HOLDER
