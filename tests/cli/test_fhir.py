from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.json import dumps
from tests.access.test_audit_fhir_in import balp
from tests.health.documents import (
    BOARD,
    HOLDER,
    PATIENT,
    consent_resource,
    license_document,
    status_entry,
)
from tests.health.fhir_bundles import BASE, URN, bundle, directory, entry
from tests.health.fhir_documents import CANARY, NUCC, practitioner, role
from tests.health.test_fhir_verification import result

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


# Bundles, AuditEvents and VerificationResults.

BOTH = [*LICENSE, *CONSENT[2:6]]


@pytest.fixture
def others(place: Path) -> Path:
    login: Any = balp(id="login", subtype=[])
    login["subtype"] = [{"code": "110122"}]
    events = [entry(balp()), entry(login), entry({**result(), "id": "v1"})]
    two = bundle(
        entry(practitioner()),
        entry({**practitioner(), "id": "p2"}),
        entry({**role(), "id": "r1"}),
        entry({**consent_resource(), "id": "c1"}),
    )
    documents: dict[str, Any] = {
        "bundle.json": directory(),
        "two.json": two,
        "events.json": bundle(*events, kind="searchset"),
        "event.json": balp(),
        "login.json": login,
        "result.json": result(),
    }
    for name, document in documents.items():
        (place / name).write_text(dumps(document))
    return place


def test_a_bundle_becomes_drafts_joined_with_their_roles(
    medid: Command, others: Path
) -> None:
    made = [others / "bundle.json", *BOTH, "--issuer", BOARD, "--facts", others / "f"]
    facts: Any = {"Practitioner/p1": {"credentialStatus": status_entry()}}
    (others / "f").write_text(dumps(facts))
    found = medid("fhir", "import", *made)
    told = medid("fhir", "import", *made, "--json").json()

    assert found.code == 0, found.err
    person, consent = found.lines()
    stated = person["credentialSubject"]["license"]
    assert stated["specialty"][0]["code"] == "207R00000X"
    assert person["credentialStatus"] == [status_entry()]
    assert "credentialStatus" not in consent
    assert consent["credentialSubject"]["consent"] == {**consent_resource(), "id": "c1"}
    assert "lost: $.entry[0].resource.name: " in found.err
    assert "lost: $.entry[1].resource.active: " in found.err
    assert "lost: $.entry[3]: nothing is made" in found.err
    assert CANARY not in found.err
    assert set(told) == {"file", "drafts", "losses"}
    assert len(told["drafts"]) == 2
    assert medid("fhir", "import", *made, "--strict").code == 1


def test_facts_say_what_is_so_of_which_resource(medid: Command, others: Path) -> None:
    stated = {"jurisdiction": "US-OH", "licenseStatus": "active"}
    facts: dict[str, Any] = {
        f"{BASE}/Practitioner/p1": {
            "holder": HOLDER,
            "license": stated,
            "qualification": 0,
            "credentialStatus": [status_entry()],
        },
        "Practitioner/p2": {
            "holder": "did:web:other.example",
            "issuer": BOARD,
            "license": {**stated, "licenseStatus": "suspended"},
            "credentialStatus": {**status_entry(), "statusListIndex": "2"},
            "validFrom": "2026-02-01T00:00:00Z",
            "validUntil": "2026-03-01T00:00:00Z",
        },
        "Consent/c1": {
            "patient": PATIENT,
            "issuer": PATIENT,
            "terms": {"consentStatus": "ConsentRefused"},
        },
    }
    (others / "facts.json").write_text(dumps(facts))
    made = [others / "two.json", "--valid-from", "2026-01-01T00:00:00Z"]
    found = medid("fhir", "import", *made, "--facts", others / "facts.json")

    assert found.code == 0, found.err
    first, second, third = found.lines()
    assert first["credentialSubject"]["id"] == HOLDER
    assert first["validFrom"] == "2026-01-01T00:00:00Z"
    assert "specialty" in first["credentialSubject"]["license"]
    assert second["credentialSubject"]["id"] == "did:web:other.example"
    assert second["credentialSubject"]["license"]["licenseStatus"] == "suspended"
    assert second["validFrom"] == "2026-02-01T00:00:00Z"
    assert second["validUntil"] == "2026-03-01T00:00:00Z"
    assert "specialty" not in second["credentialSubject"]["license"]
    assert third["credentialSubject"]["consentStatus"] == "ConsentRefused"


def test_what_is_so_of_one_is_not_said_of_several(medid: Command, others: Path) -> None:
    two = others / "two.json"
    for wrong, option in (
        (["--holder", HOLDER], "--holder"),
        (["--license-status", "active"], "--holder"),
        (["--qualification", "0"], "--holder"),
        (["--credential-status", others / "entry.json"], "--credential-status"),
    ):
        found = medid("fhir", "import", two, *wrong, "--json")
        assert found.code == 2
        assert found.json()["error"]["path"] == option
        assert "--facts" in found.json()["error"]["fix"]
    consents = bundle(
        *(entry({**consent_resource(), "id": name}) for name in ("c1", "c2"))
    )
    (others / "consents.json").write_text(dumps(consents))
    found = medid("fhir", "import", others / "consents.json", *CONSENT, "--json")
    assert found.json()["error"]["path"] == "--patient"


@pytest.mark.parametrize(
    "facts",
    [
        {"Practitioner/p9": {}},
        {"Practitioner/p1": {"holder": HOLDER, "name": CANARY}},
        {"Practitioner/p1": {}, f"{BASE}/Practitioner/p1": {}, "Consent/c9": {}},
        {"Practitioner/p1": {"credentialStatus": [CANARY]}},
        {"Practitioner/p1": {"validFrom": CANARY}},
        {"Practitioner/p1": {"qualification": CANARY}},
        {"Practitioner/p1": CANARY},
        {"Consent/c1": {"holder": HOLDER}},
    ],
)
def test_wrong_facts_are_refused(medid: Command, others: Path, facts: Any) -> None:
    (others / "facts.json").write_text(dumps(facts))
    made = [others / "bundle.json", *BOTH, "--issuer", BOARD]
    found = medid("fhir", "import", *made, "--facts", others / "facts.json")

    assert found.code == 2
    assert found.out == ""
    assert CANARY not in found.err


def test_a_name_of_the_facts_means_exactly_one_resource(
    medid: Command, others: Path
) -> None:
    own: Any = {"Practitioner/p1": {"credentialStatus": status_entry()}}
    made = [others / "bundle.json", *BOTH, "--issuer", BOARD]
    cases: Any = (({}, 0), ({"Practitioner/p9": {}}, 2), ({"Consent/c1": {}}, 0))
    for more, code in cases:
        (others / "facts.json").write_text(dumps({**own, **more}))
        call = ["fhir", "import", *made, "--facts", others / "facts.json", "--json"]
        found = medid(*call)
        assert found.code == code, more
        if code:
            assert found.json()["error"]["path"] == "--facts"


def test_an_audit_event_becomes_a_record(medid: Command, others: Path) -> None:
    found = medid("fhir", "import", others / "event.json")
    told = medid("fhir", "import", others / "event.json", "--json").json()

    assert found.code == 0
    assert found.json()["requester"] == "Practitioner/ex-practitioner"
    assert "lost: $.source: " in found.err
    assert "not said: $.request.digest: " in found.err
    assert set(told) == {"file", "records", "losses", "unsaid"}
    login = medid("fhir", "import", others / "login.json")
    assert login.code == 2
    assert "NOT_A_DECISION" in login.err


def test_a_verification_result_becomes_a_summary_that_nobody_issues(
    medid: Command, others: Path
) -> None:
    out = others / "summary.json"
    found = medid("fhir", "import", others / "result.json", "--out", out)
    told = medid("fhir", "import", others / "result.json", "--json").json()

    assert found.code == 0
    assert "lost: $.attestation.sourceSignature: " in found.err
    assert told["summaries"][0]["notSaid"][0] == "licenseNumber"
    assert medid("verify", out).code != 0
    back = medid("fhir", "export", out)
    assert back.code == 0
    (back_again,) = back.lines()
    assert back_again["resourceType"] == "VerificationResult"
    assert back_again["target"] == result()["target"]
    out.write_text(dumps({**told["summaries"][0], "x": CANARY}))
    assert medid("fhir", "export", out).code == 2


def test_events_and_summaries_of_a_bundle_are_told_apart(
    medid: Command, others: Path
) -> None:
    found = medid("fhir", "import", others / "events.json", "--json").json()

    assert len(found["records"]) == len(found["summaries"]) == 1
    lost = [one["path"] for one in found["losses"]]
    assert "$.entry[1]" in lost
    assert "$.entry[0].resource.source" in lost
    assert "$.entry[2].resource.frequency" in lost


def test_a_bundle_of_which_nothing_is_made_is_refused(
    medid: Command, others: Path
) -> None:
    login = json.loads((others / "login.json").read_text())
    (others / "one.json").write_text(dumps(bundle(entry(login))))
    broken = balp()
    broken.pop("recorded")
    (others / "bad.json").write_text(dumps(bundle(entry(balp()), entry(broken, URN))))
    for name in ("one.json", "bad.json"):
        found = medid("fhir", "import", others / name)
        assert found.code == 2
        assert found.out == ""


def test_an_option_is_for_the_resources_that_it_can_be_about(
    medid: Command, others: Path
) -> None:
    (others / "none.json").write_text("{}")
    calls: list[list[Any]] = [
        ["event.json", "--issuer", BOARD],
        ["result.json", "--holder", HOLDER],
        ["bundle.json", *BOTH, "--issuer", BOARD, "--role", others / "role.json"],
        ["practitioner.json", *LICENSE, "--facts", others / "none.json"],
    ]
    for call in calls:
        found = medid("fhir", "import", others / call[0], *call[1:])
        assert found.code == 2, call
        assert "another kind" in found.err


def test_only_a_bundle_may_be_larger_than_a_document(
    medid: Command, others: Path
) -> None:
    person = {**practitioner(), "text": {"div": "x" * 1_100_000}}
    (others / "large.json").write_text(dumps(person))
    assert "TOO_LARGE" in medid("fhir", "import", others / "large.json", *LICENSE).err
    basic = {"resourceType": "Basic", "x": [*range(30)]}
    many = [entry({**basic, "id": str(number)}) for number in range(400)]
    (others / "many.json").write_text(dumps(bundle(entry(balp()), *many)))
    found = medid("fhir", "import", others / "many.json", "--json")
    assert len(found.json()["records"]) == 1
