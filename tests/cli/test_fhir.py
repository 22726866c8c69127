from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.core.json import dumps
from tests.health.documents import (
    BOARD,
    HOLDER,
    PATIENT,
    consent_resource,
    license_document,
    status_entry,
)
from tests.health.fhir_documents import CANARY, NUCC, practitioner, role

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

LICENSE = [
    *("--holder", HOLDER, "--jurisdiction", "US-OH", "--license-status", "active"),
    *("--valid-from", "2026-01-01T00:00:00Z", "--valid-until", "2027-01-01T00:00:00Z"),
]
CONSENT = [
    *("--issuer", PATIENT, "--patient", PATIENT, "--consent-status", "ConsentGiven"),
    *("--valid-from", "2026-01-01T00:00:00Z"),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    documents: dict[str, Any] = {
        "practitioner.json": practitioner(),
        "role.json": role(),
        "consent.json": consent_resource(),
        "license.json": license_document(),
        "entry.json": status_entry(),
        "entries.json": [status_entry(), status_entry("suspension")],
    }
    for name, document in documents.items():
        (tmp_path / name).write_text(dumps(document))
    return tmp_path


def test_a_practitioner_becomes_a_draft_and_a_practitioner_again(
    medid: Command, place: Path
) -> None:
    made = [place / "practitioner.json", *LICENSE, "--role", place / "role.json"]
    status = ["--credential-status", place / "entries.json"]
    found = medid("fhir", "import", *made, *status, "--out", place / "draft.json")
    back = medid("fhir", "export", place / "draft.json", "--fhir", "R5")

    assert found.code == 0
    assert found.out == ""
    assert "lost: $.name: " in found.err
    assert f"lost: {place / 'role.json'} $.active: " in found.err
    assert CANARY not in found.err
    assert back.code == 0
    assert [one["resourceType"] for one in back.lines()] == [
        "Practitioner",
        "PractitionerRole",
    ]
    assert "lost: $.credentialStatus: " in back.err


def test_json_holds_drafts_and_losses(medid: Command, place: Path) -> None:
    made = [place / "practitioner.json", *LICENSE, "--role", place / "role.json"]
    status = ["--credential-status", place / "entry.json"]
    found = medid("fhir", "import", *made, *status, "--json").json()

    assert set(found) == {"file", "drafts", "losses"}
    assert found["file"] == str(place / "practitioner.json")
    assert found["drafts"][0]["issuer"] == {"id": BOARD, "name": "Example Board"}
    assert {"path", "reason"} == set(found["losses"][0])
    assert found["losses"][-1]["file"] == str(place / "role.json")
    back = medid("fhir", "export", place / "license.json", "--json").json()
    assert set(back) == {"file", "resources", "losses"}


def test_strict_refuses_a_loss(medid: Command, place: Path) -> None:
    out = place / "out.json"
    made = [*LICENSE, "--credential-status", place / "entry.json", "--out", out]
    found = medid("fhir", "import", place / "practitioner.json", *made, "--strict")
    back = medid("fhir", "export", place / "license.json", "--strict", "--json")

    assert found.code == back.code == 1
    assert found.err.startswith("error: DATA_LOSS_DETECTION_ERROR at $.id: ")
    assert not out.exists()
    assert back.json()["error"]["code"] == "DATA_LOSS_DETECTION_ERROR"


def test_a_consent_loses_nothing(medid: Command, place: Path) -> None:
    bound = ["--bind", f"{PATIENT}={PATIENT}", "--fhir", "R4", "--strict"]
    draft = place / "draft.json"
    found = medid(
        "fhir", "import", place / "consent.json", *CONSENT, *bound, "--out", draft
    )
    back = medid("fhir", "export", draft, "--fhir", "R4")

    assert found.code == back.code == 0
    assert found.err == ""
    assert back.lines() == [consent_resource()]
    assert medid("fhir", "export", draft, "--fhir", "R5").code == 2


def test_a_profession_and_a_number_can_be_given(medid: Command, place: Path) -> None:
    bare = place / "bare.json"
    bare.write_text('{"resourceType": "Practitioner"}')
    status = ["--credential-status", place / "entry.json", "--issuer", BOARD]
    facts = ["--profession", f"{NUCC}|208D00000X", "--license-number", "35.1"]
    found = medid("fhir", "import", bare, *LICENSE, *status, *facts)

    assert found.code == 0
    assert found.json()["credentialSubject"]["license"]["licenseNumber"] == "35.1"


def test_a_wrong_call_is_refused(medid: Command, place: Path) -> None:
    (place / "broken.json").write_text("{")
    (place / "patient.json").write_text('{"resourceType": "Patient"}')
    (place / "text.json").write_text('["x"]')
    person, consent = place / "practitioner.json", place / "consent.json"
    for call in (
        ["import", place / "broken.json"],
        ["import", place / "patient.json", *LICENSE],
        ["import", place / "absent.json"],
        ["import", person],
        ["import", person, *LICENSE],
        ["import", person, *LICENSE, "--credential-status", place / "text.json"],
        ["import", person, *LICENSE, "--patient", PATIENT],
        ["import", person, *LICENSE, "--bind", "a=b"],
        ["import", person, *LICENSE, "--fhir", "R6"],
        ["import", person, *LICENSE, "--profession", "doctor"],
        ["import", person, "--valid-from", "today"],
        ["import", consent],
        ["import", consent, *CONSENT, "--holder", HOLDER],
        ["import", consent, *CONSENT, "--license-status", "active"],
        ["import", consent, *CONSENT[:4]],
        ["import", consent, *CONSENT, "--bind", "a"],
        ["import", consent, *CONSENT, "--fhir", "R5"],
        ["export", consent],
        ["export", place / "broken.json"],
        ["export", place / "license.json", "--fhir", "4"],
    ):
        found = medid("fhir", *call)
        assert found.code == 2, call
        assert found.out == ""
        assert CANARY not in found.err
        assert medid("fhir", *call, "--json").json()["error"]["fix"]
