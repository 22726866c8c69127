"""The draft of a grant's credential: who signs, for whom, and until when."""

from __future__ import annotations

from typing import Any, Final

import pytest

from medid.core.instant import Instant, Window
from medid.credentials import parse_credential
from medid.errors import InvalidDid, MalformedValue
from medid.health.consent import ConsentRecord
from medid.health.drafts import Frame
from medid.health.grant_fhir import fhir_consent, grant_credential
from medid.health.grant_reading import read_grant
from medid.health.grants import Data, Grant, Recipient
from tests.health.grants import CARDIOLOGIST, PATIENT, PSYCHIATRIST, TODAY

GUARDIAN: Final = PSYCHIATRIST
SIMPLE: Final[dict[str, Any]] = {"who": {"did": CARDIOLOGIST}, "what": "everything"}


def frame(issuer: Any = PATIENT, window: Window | None = None) -> Frame:
    name = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"
    return Frame(id=name, issuer=issuer, window=window or Window())


def drafted(at: Instant = TODAY, issuer: Any = PATIENT, **members: Any) -> Any:
    grant = read_grant({**SIMPLE, **members})
    return grant_credential(grant, frame(issuer), patient=PATIENT, at=at)


def recorded(draft: Any) -> Any:
    return ConsentRecord.from_credential(parse_credential(draft))


def guarded(**members: Any) -> dict[str, Any]:
    return {"representation": {"of": PATIENT, "kind": "guardian", **members}}


def test_a_patient_grants() -> None:
    draft = drafted(until="2027-06-30")
    record = recorded(draft)
    assert record.may_permit
    assert (record.issuer, record.grantor, record.patient) == (PATIENT,) * 3
    assert record.on_behalf_of is None
    assert record.resource["performer"] == [{"reference": PATIENT}]
    assert record.resource["dateTime"] == "2026-11-28T09:00:00Z"
    # Over when the day is over in the last zone on earth; the period decides before.
    assert str(record.window.end) == "2027-07-01T12:00:00Z"
    assert record.resource["provision"]["period"] == {"end": "2027-06-30"}


def test_a_grant_without_a_last_day_has_no_end() -> None:
    draft = drafted()
    assert "validUntil" not in draft
    assert draft["validFrom"] == "2026-11-28T09:00:00Z"
    assert "period" not in draft["credentialSubject"]["consent"]["provision"]


def test_a_window_that_was_asked_for_is_only_narrowed() -> None:
    grant = read_grant({**SIMPLE, "until": "2027-06-30"})
    end = Instant.parse("2027-01-01T00:00:00Z")
    found = frame(window=Window(None, end))
    draft: Any = grant_credential(grant, found, patient=PATIENT, at=TODAY)
    assert draft["validUntil"] == "2027-01-01T00:00:00Z"


def test_a_recorder_signs_what_the_patient_granted() -> None:
    draft = drafted(issuer={"id": CARDIOLOGIST, "name": "A hospital"})
    record = recorded(draft)
    assert (record.issuer, record.grantor) == (CARDIOLOGIST, PATIENT)


def test_a_guardian_grants() -> None:
    name = "urn:uuid:00000000-0000-4000-8000-000000000000"
    draft = drafted(
        issuer=GUARDIAN,
        until="2031-01-01",
        **guarded(credential=name, **{"from": "2026-01-01"}, majority="2029-05-04"),
    )
    record = recorded(draft)
    assert (record.grantor, record.on_behalf_of) == (GUARDIAN, PATIENT)
    assert record.representation == name
    # The day before the patient comes of age is the last one.
    assert record.resource["provision"]["period"] == {"end": "2029-05-03"}
    assert record.resource["performer"] == [{"reference": GUARDIAN}]


@pytest.mark.parametrize(
    ("members", "at", "path"),
    [
        (guarded(**{"from": "2026-12-01"}), "2026-11-29T23:59:59Z", "from"),
        (guarded(until="2026-11-27"), "2026-11-28T12:00:00Z", "until"),
        (guarded(majority="2026-11-28"), "2026-11-28T12:00:00Z", "until"),
        (guarded(of=GUARDIAN), "2026-11-28T12:00:00Z", "of"),
    ],
)
def test_a_mandate_is_only_used_in_its_days(
    members: dict[str, Any], at: str, path: str
) -> None:
    with pytest.raises(MalformedValue) as refused:
        drafted(Instant.parse(at), GUARDIAN, **members)
    assert refused.value.path == f"$.representation.{path}"


@pytest.mark.parametrize(
    ("members", "at"),
    [
        (guarded(**{"from": "2026-12-01"}), "2026-11-30T10:00:00Z"),
        (guarded(until="2026-11-27"), "2026-11-28T11:59:59Z"),
        (guarded(majority="2026-11-28"), "2026-11-28T11:59:59Z"),
        (guarded(), "2026-11-28T12:00:00Z"),
    ],
)
def test_a_day_counts_where_it_still_is_one(members: dict[str, Any], at: str) -> None:
    assert drafted(Instant.parse(at), GUARDIAN, **members)


def test_what_is_over_is_not_signed() -> None:
    with pytest.raises(MalformedValue) as refused:
        drafted(Instant.parse("2027-07-01T12:00:00Z"), until="2027-06-30")
    assert refused.value.path == "$.until"
    assert drafted(Instant.parse("2027-07-01T11:59:59Z"), until="2027-06-30")


def test_the_patient_must_be_named_by_a_did() -> None:
    with pytest.raises(InvalidDid):
        grant_credential(read_grant(SIMPLE), frame(), patient="Patient/1", at=TODAY)


def test_a_grant_that_leaves_nothing_is_no_consent() -> None:
    grant = Grant(who=(Recipient(reference=CARDIOLOGIST),), but_not=(Data(),))
    with pytest.raises(MalformedValue) as refused:
        fhir_consent(grant, patient=PATIENT, performer=PATIENT, at=TODAY)
    assert refused.value.path == "$.butNot"
