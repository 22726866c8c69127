from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant, Window
from medid.credentials import parse_credential
from medid.errors import ConfigurationError, MalformedValue, MedidError, MissingFact
from medid.health.codes import Coding
from medid.health.license import License
from medid.health.nodes import Reader
from tests.health.documents import (
    BOARD,
    HOLDER,
    consent_document,
    license_document,
    license_members,
)

VCT = "https://w3id.org/medid/health/v1#PractitionerLicenseCredential"


def _read(document: dict[str, Any], **options: str) -> License:
    return License.from_credential(parse_credential(document), **options)


def _with(**members: Any) -> dict[str, Any]:
    document = license_document()
    document["credentialSubject"]["license"].update(members)
    return document


def _without(name: str) -> dict[str, Any]:
    document = license_document()
    del document["credentialSubject"]["license"][name]
    return document


def test_reads_everything_that_the_credential_states() -> None:
    found = _read(license_document())
    assert (found.holder, found.issuer) == (HOLDER, BOARD)
    assert (found.number, found.jurisdiction) == ("35.123456", "US-OH")
    assert found.professions == (
        Coding("http://nucc.org/provider-taxonomy", "208D00000X"),
        Coding("http://www.ilo.org/public/english/bureau/stat/isco/isco08", "2211"),
    )
    assert [one.code for one in found.specialties] == ["207R00000X"]
    assert (found.status, found.registration_type) == ("active", "full")
    assert found.status_since == Instant.parse("2026-01-01T00:00:00Z")
    kinds = [one.kind for one in found.conditions]
    assert kinds == ["actionProhibited", "supervision", "siteOnly"]
    assert found.conditions[0].actions == ("prescribe-schedule-2",)
    assert found.conditions[0].until == Instant.parse("2026-12-31T23:59:59Z")
    assert found.conditions[1].supervision_level == "direct"
    assert found.conditions[2].sites == ("ward-7",)
    assert found.prescriptive_authority[0].schedules == ("3", "3N", "4", "5")
    assert found.compacts[0].multistate is False
    assert found.compacts[0].state_of_principal_license == "US-OH"
    assert found.encumbered is False
    assert found.privilege_actions[0].jurisdiction == "US-IN"
    assert found.adverse_actions[0].order == "https://board.example.gov/orders/2019-17"
    assert found.no_adverse_action_as_of == "2026-01-01"
    assert found.identifiers[0].value == "1234567893"
    assert found.credential_id == "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"


def test_repr_shows_neither_numbers_nor_free_text() -> None:
    shown = repr(_read(license_document()))
    for secret in ("35.123456", "1234567893", "No Schedule II", "withheld"):
        assert secret not in shown


def test_the_earlier_end_and_the_later_start_count() -> None:
    found = _read(_with(expiresOn="2026-06-30", issuedOn="2026-02-01"))
    assert found.window == Window(
        Instant.parse("2026-02-01T00:00:00Z"), Instant.parse("2026-07-01T00:00:00Z")
    )
    found = _read(_with(expiresOn="2031-06-30", issuedOn="2001-02-01"))
    assert found.window == Window(
        Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2027-12-31T23:59:59Z")
    )


def test_the_last_day_ends_in_the_zone_of_the_configuration() -> None:
    found = _read(_with(expiresOn="2026-06-30"), timezone="America/New_York")
    assert found.window.end == Instant.parse("2026-07-01T00:00:00-04:00")


def test_a_license_without_dates_holds_as_long_as_its_credential() -> None:
    document = _without("expiresOn")
    del document["credentialSubject"]["license"]["issuedOn"]
    del document["validUntil"]
    assert _read(document).window == Window(Instant.parse("2026-01-01T00:00:00Z"), None)


def test_never_expires_written_as_the_last_day_of_the_calendar() -> None:
    document = _with(expiresOn="9999-12-31")
    del document["validUntil"]
    assert str(_read(document).window.end) == "10000-01-01T00:00:00Z"


def test_unknown_zone_is_a_configuration_error() -> None:
    for name in ("Mars/Base", "../../etc/passwd", "", "UTC\0"):
        with pytest.raises(ConfigurationError):
            _read(license_document(), timezone=name)


@pytest.mark.parametrize(
    "name", ["licenseNumber", "jurisdiction", "profession", "licenseStatus", "type"]
)
def test_missing_facts_are_named_with_their_path(name: str) -> None:
    with pytest.raises(MissingFact) as caught:
        _read(_without(name))
    assert caught.value.path == f"$.credentialSubject.license.{name}"


def test_an_empty_profession_list_is_no_profession() -> None:
    with pytest.raises(MissingFact) as caught:
        _read(_with(profession=[]))
    assert caught.value.path == "$.credentialSubject.license.profession"


def test_an_empty_list_of_what_is_optional_counts_as_absent() -> None:
    assert _read(_with(adverseAction=[])).adverse_actions == ()


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("licenseStatus", "Active", "licenseStatus"),
        ("licenseStatus", ["active"], "licenseStatus"),
        ("licenseStatus", None, "licenseStatus"),
        ("registrationType", "complete", "registrationType"),
        ("licenseNumber", "", "licenseNumber"),
        ("licenseNumber", 35, "licenseNumber"),
        ("jurisdiction", "USA", "jurisdiction"),
        ("jurisdiction", "US-OHIO", "jurisdiction"),
        ("jurisdiction", "us-oh", "jurisdiction"),
        ("jurisdiction", "US-OH\n", "jurisdiction"),
        ("expiresOn", "2027-02-30", "expiresOn"),
        ("expiresOn", "2027-12-31T00:00:00Z", "expiresOn"),
        ("issuedOn", "01/07/2014", "issuedOn"),
        ("statusSince", "2026-01-01", "statusSince"),
        ("noAdverseActionAsOf", "2026-02-30", "noAdverseActionAsOf"),
        ("encumbered", "false", "encumbered"),
        ("encumbered", 0, "encumbered"),
        ("profession", "MD", "profession"),
        ("profession", [{"type": "Code", "code": "MD"}], "profession[0].system"),
        ("profession", ["MD"] * 1001, "profession"),
        ("supervisor", "Dr. X", "supervisor"),
        ("condition", [{"type": "LicenseCondition"}], "condition[0].kind"),
        ("condition", {"type": "Other", "kind": "monitoring"}, "condition.type"),
        (
            "condition",
            {"type": "NoLicenseCondition", "kind": "monitoring"},
            "condition.type",
        ),
        (
            "condition",
            [{"type": "LicenseCondition", "kind": "curfew"}],
            "condition[0].kind",
        ),
        (
            "prescriptiveAuthority",
            [
                {
                    "type": "PrescriptiveAuthority",
                    "jurisdiction": "US-OH",
                    "schedule": ["3"],
                    "scheduleSystem": "not an iri",
                }
            ],
            "prescriptiveAuthority[0].scheduleSystem",
        ),
    ],
)
def test_values_outside_the_vocabulary_are_refused_with_their_path(
    name: str, value: Any, path: str
) -> None:
    with pytest.raises((MalformedValue, MissingFact)) as caught:
        _read(_with(**{name: value}))
    assert caught.value.path == f"$.credentialSubject.license.{path}"


def test_a_node_may_have_every_member_and_each_a_thousand_values() -> None:
    whole = {
        "id": "urn:uuid:1",
        "type": ["LicenseCondition"],
        "name": "Sites",
        "description": "Where",
        "kind": "siteOnly",
        "action": ["a"],
        "site": ["a"] * 1000,
        "supervisionLevel": "direct",
        "until": "2026-12-31T23:59:59Z",
        "text": "at these sites",
    }
    (found,) = _read(_with(condition=[whole])).conditions
    assert len(found.sites) == 1000


def test_no_error_repeats_a_value_of_the_credential() -> None:
    with pytest.raises(MalformedValue) as caught:
        _read(_with(licenseStatus="SECRET-VALUE"))
    assert "SECRET" not in str(caught.value)


def test_a_second_jurisdiction_of_a_prescriber_is_checked_like_the_first() -> None:
    members = license_members()
    members["prescriptiveAuthority"][0]["jurisdiction"] = "Ohio"
    with pytest.raises(MalformedValue):
        _read(_with(**members))


def test_another_type_of_credential_is_no_license() -> None:
    with pytest.raises(MalformedValue) as caught:
        _read(consent_document())
    assert caught.value.path == "$.type"


def test_exactly_one_subject() -> None:
    document = license_document()
    subject = document["credentialSubject"]
    document["credentialSubject"] = [subject]
    assert _read(document).holder == HOLDER
    document["credentialSubject"] = [subject, subject]
    with pytest.raises(MalformedValue):
        _read(document)


def test_the_path_counts_the_only_subject_of_an_array() -> None:
    document = _with(licenseStatus="x")
    document["credentialSubject"] = [document["credentialSubject"]]
    with pytest.raises(MalformedValue) as caught:
        _read(document)
    assert caught.value.path == "$.credentialSubject[0].license.licenseStatus"


def test_a_license_names_its_holder() -> None:
    document = license_document()
    del document["credentialSubject"]["id"]
    with pytest.raises(MissingFact) as caught:
        _read(document)
    assert caught.value.path == "$.credentialSubject.id"


def test_people_may_be_described_further_but_licenses_may_not() -> None:
    document = license_document()
    document["credentialSubject"]["familyName"] = "Doe"
    assert _read(document).holder == HOLDER


@pytest.mark.parametrize(
    "name",
    [
        "condition",
        "licenseStatus",
        "registrationType",
        "expiresOn",
        "encumbered",
        "privilegeAction",
    ],
)
def test_what_restricts_a_license_does_not_stand_beside_it(name: str) -> None:
    document, value = license_document(), license_members()[name]
    document["credentialSubject"][name] = value
    with pytest.raises(MalformedValue) as caught:
        _read(document)
    assert caught.value.path == f"$.credentialSubject.{name}"
    with pytest.raises(MalformedValue) as caught:
        License.from_claims(_claims(**{name: value}))
    assert caught.value.path == f"$.{name}"


def _claims(**changes: Any) -> dict[str, Any]:
    license_ = license_members()
    license_.pop("type")
    for item in license_["profession"]:
        item.pop("type")
    claims = {
        "iss": BOARD,
        "sub": HOLDER,
        "vct": VCT,
        "nbf": 1767225600,
        "exp": 1798761599.5,
        "jti": "urn:uuid:1",
        "cnf": {"kid": HOLDER},
        "status": {},
        "id": {"not": "that of the subject"},
        "license": license_,
        "practitionerIdentifier": [],
    }
    return {**claims, **changes}


def test_reads_a_license_from_the_claims_of_an_sd_jwt() -> None:
    found = License.from_claims(_claims())
    assert (found.holder, found.issuer) == (HOLDER, BOARD)
    assert found.window == Window(
        Instant.from_seconds(1767225600), Instant.from_seconds(1798761599.5)
    )
    assert found.professions[0].code == "208D00000X"
    assert found.credential_id == "urn:uuid:1"
    claims = _claims(jti=7)
    del claims["nbf"]
    assert License.from_claims(claims).credential_id is None
    # Without nbf, the license's own first day is the start.
    assert License.from_claims(claims).window.start == Instant.from_date("2014-07-01")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"vct": VCT + "x"}, "$.vct"),
        ({"vct": None}, "$.vct"),
        ({"sub": ""}, "$.sub"),
        ({"iss": 1}, "$.iss"),
        ({"exp": "1798761599"}, "$.exp"),
        ({"exp": True}, "$.exp"),
        ({"nbf": 1e300}, "$.nbf"),
        ({"license": {}}, "$.license.licenseNumber"),
    ],
)
def test_claims_that_do_not_make_a_license(changes: dict[str, Any], path: str) -> None:
    with pytest.raises((MalformedValue, MissingFact)) as caught:
        License.from_claims(_claims(**changes))
    assert caught.value.path == path


def test_what_a_node_does_not_state_is_missing_and_not_empty() -> None:
    node = Reader().node({"type": "CompactPrivilege"}, "CompactPrivilege", "$.c")
    assert node.text("compactName") is None
    with pytest.raises(MissingFact) as caught:
        node.needed("compactName")
    assert caught.value.path == "$.c.compactName"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "code", "kind", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(name=st.sampled_from([*license_members(), "unknown"]), value=JSON)
def test_only_medid_errors_escape_from_a_license_with_one_odd_member(
    name: str, value: Any
) -> None:
    claims = _claims(license={**license_members(), name: value})
    with suppress(MedidError):
        assert License.from_claims(claims).holder == HOLDER
