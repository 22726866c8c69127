"""Whose word counts for what supports a license, and who is admitted because of it."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Instant
from medid.errors import IssuerNotAuthorized, IssuerNotTrusted
from medid.health import support_vocabulary
from medid.trust import LICENSE_TYPE, TrustRegistry, crossing

AT = Instant.parse("2026-06-15T12:00:00Z")
COMMISSION = "did:example:psypact"
GERMAN, FRENCH, OHIO = "did:example:de", "did:example:fr", "did:example:oh"
AUTHORISATION = "CompactAuthorisation"
DECLARATION = "ServiceProvisionDeclaration"
COMPACT: dict[str, Any] = {
    "id": "PSYPACT",
    "model": "authorisation",
    "professions": ["PSY"],
    "members": ["US-OH", "US-IN"],
    "authorisationIssuer": COMMISSION,
}
RULE: dict[str, Any] = {
    "from": "EU",
    "to": "EU",
    "professions": ["MD"],
    "modes": ["in-person"],
    "requiresCredential": DECLARATION,
}


def board(did: str, *places: str, **members: Any) -> dict[str, Any]:
    return {"did": did, "jurisdictions": [*places], "professions": ["MD"], **members}


def registry(**settings: Any) -> TrustRegistry:
    base: dict[str, Any] = {
        "acceptedBoards": [
            board(GERMAN, "DE"),
            board(FRENCH, "FR"),
            board(OHIO, "US-OH"),
        ],
        "compacts": [COMPACT],
        "recognition": [RULE],
        "unions": {"EU": ["DE", "FR"]},
    }
    return TrustRegistry.from_json({**base, **settings})


def may(found: TrustRegistry, issuer: str, kind: str, at: Instant = AT) -> bool:
    try:
        assert found.authorize(issuer, kind, at=at) == ()
    except (IssuerNotTrusted, IssuerNotAuthorized):
        return False
    return True


def test_the_names_are_those_of_the_vocabulary() -> None:
    authorisation, declaration = support_vocabulary.SUPPORT_CREDENTIALS
    assert crossing.AUTHORISATION_TYPE == authorisation.name == AUTHORISATION
    assert crossing.DECLARATION_TYPE == declaration.name == DECLARATION
    for kind in (authorisation, declaration):
        assert kind.iri == crossing.SUPPORT_NAMESPACE + kind.name


def test_a_commission_is_admitted_and_authorises_and_no_more() -> None:
    found = registry()
    found.admit(COMMISSION)
    assert may(found, COMMISSION, AUTHORISATION)
    assert may(found, COMMISSION, crossing.SUPPORT_NAMESPACE + AUTHORISATION)
    for kind in (
        LICENSE_TYPE,
        DECLARATION,
        "PatientConsentCredential",
        "VerifiableCredential",
        "https://example.org/#" + AUTHORISATION,
    ):
        assert not may(found, COMMISSION, kind), kind
    for issuer in (GERMAN, OHIO, "did:example:stranger", COMMISSION + "x"):
        assert not may(found, issuer, AUTHORISATION), issuer


@pytest.mark.parametrize(
    "compacts",
    [
        [],
        [{**COMPACT, "model": "mutual-recognition"}],
        [{**COMPACT, "authorisationIssuer": "did:example:other"}],
    ],
)
def test_without_a_compact_of_its_own_a_commission_is_a_stranger(compacts: Any) -> None:
    found = registry(compacts=compacts)
    assert not may(found, COMMISSION, AUTHORISATION)
    with pytest.raises(IssuerNotTrusted):
        found.admit(COMMISSION)


def test_a_commission_authorises_while_its_compact_is_in_force() -> None:
    for dates, expected in (
        ({"validUntil": str(AT.plus(1))}, True),
        ({"validUntil": str(AT)}, False),
        ({"validFrom": str(AT.plus(1))}, False),
    ):
        found = registry(compacts=[{**COMPACT, **dates}])
        assert may(found, COMMISSION, AUTHORISATION) is expected, dates
        found.admit(COMMISSION)


def test_boards_of_either_side_may_confirm_a_declaration() -> None:
    found = registry()
    for issuer in (GERMAN, FRENCH):
        assert may(found, issuer, DECLARATION)
        assert may(found, issuer, crossing.SUPPORT_NAMESPACE + DECLARATION)
    for issuer in (OHIO, COMMISSION, "did:example:stranger"):
        assert not may(found, issuer, DECLARATION), issuer


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"from": "DE", "to": "FR"}, True),
        ({"from": "FR", "to": "DE"}, True),
        ({"from": "FR", "to": "ES"}, False),
        ({"requiresCredential": None}, False),
        ({"requiresCredential": AUTHORISATION}, False),
        ({"requiresCredential": "Other"}, False),
        ({"validUntil": "2026-01-01"}, False),
        ({"validFrom": "2027-01-01"}, False),
    ],
)
def test_a_declaration_counts_where_a_recognition_in_force_asks_for_one(
    change: dict[str, Any], expected: bool
) -> None:
    rule = {name: value for name, value in {**RULE, **change}.items() if value}
    assert may(registry(recognition=[rule]), GERMAN, DECLARATION) is expected


@pytest.mark.parametrize(
    ("places", "expected"),
    [(["EU"], True), (["DE-BY"], True), (["ES"], False), (["ES", "DE"], True)],
)
def test_a_union_and_what_a_place_contains_are_of_that_side(
    places: list[str], expected: bool
) -> None:
    found = registry(
        acceptedBoards=[board(GERMAN, *places)], containment={"DE": ["DE-BY"]}
    )
    assert may(found, GERMAN, DECLARATION) is expected


def test_a_recognition_of_a_part_is_one_of_the_whole_s_board() -> None:
    rule = {**RULE, "from": "DE-BY", "to": "FR"}
    containment = {"DE": ["DE-BY"]}
    found = registry(recognition=[rule], containment=containment)
    assert may(found, GERMAN, DECLARATION)
    assert not may(registry(recognition=[rule]), GERMAN, DECLARATION)


def test_an_entry_that_is_not_in_force_confirms_nothing() -> None:
    for window in (
        {"validUntil": "2026-01-01T00:00:00Z"},
        {"validFrom": "2027-01-01T00:00:00Z"},
    ):
        found = registry(acceptedBoards=[board(GERMAN, "DE", **window)])
        assert not may(found, GERMAN, DECLARATION)
