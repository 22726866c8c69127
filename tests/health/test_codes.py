"""medid's tables against HL7's own files, code by code and in both directions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.health import codes, fhir_r4
from medid.health.codes import ACT_CODE, ACT_REASON, Coding, falls_under, is_a
from tests.support import agreed, vectors

if TYPE_CHECKING:
    from collections.abc import Iterator


def concepts(name: str) -> dict[str, set[str]]:
    """Every active code of an HL7 code system, with the codes right above it."""
    file = f"CodeSystem-{name}.json"
    text = vectors("hl7-terminology").joinpath(file).read_text()
    agreed("hl7-terminology", file)
    return dict(_walk(json.loads(text)["concept"], None))


def _walk(
    found: list[dict[str, Any]], parent: str | None
) -> Iterator[tuple[str, set[str]]]:
    for concept in found:
        stated = {
            item["valueCode"]
            for item in concept.get("property", [])
            if item["code"] == "subsumedBy"
        }
        yield concept["code"], stated | ({parent} if parent else set())
        yield from _walk(concept.get("concept", []), concept["code"])


def above(parents: dict[str, set[str]], code: str) -> set[str]:
    found = {code}
    for parent in parents[code]:
        found |= above(parents, parent)
    return found


@pytest.mark.parametrize(
    ("name", "system", "root"),
    [
        ("v3-ActReason", ACT_REASON, "PurposeOfUse"),
        ("v3-ActCode", ACT_CODE, "_InformationSensitivityPolicy"),
        ("v3-ParticipationType", codes.PARTICIPATION_TYPE, "IRCP"),
    ],
)
def test_every_code_lies_under_what_hl7_says_and_under_nothing_else(
    name: str, system: str, root: str
) -> None:
    parents = concepts(name)
    below = {code for code in parents if root in above(parents, code)}
    assert len(below) > 5
    for code in below:
        expected = {it for it in above(parents, code) if root in above(parents, it)}
        assert set(codes.ancestors(system, code)) == expected, code
    for code in parents.keys() - below:
        assert codes.ancestors(system, code) == (code,)


def test_no_code_is_listed_that_hl7_does_not_have() -> None:
    for name, system in (("v3-ActReason", ACT_REASON), ("v3-ActCode", ACT_CODE)):
        assert codes._PARENT[system].keys() <= concepts(name).keys()


def test_confidentiality_has_all_six_codes_in_their_order() -> None:
    parents = concepts("v3-Confidentiality")
    assert {code for code, up in parents.items() if up == {"_Confidentiality"}} == set(
        codes.CONFIDENTIALITY_ORDER
    )
    ranks = [codes.confidentiality_rank(code) for code in "ULMNRV"]
    assert ranks == [0, 1, 2, 3, 4, 5]
    assert (
        codes.confidentiality_rank("X") == 6
    )  # above everything that can be permitted


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("consent-action", codes.CONSENT_ACTIONS),
        ("consent-scope", codes.CONSENT_SCOPES),
        ("consent-data-meaning", codes.DATA_MEANINGS),
        ("consent-state-codes", fhir_r4.STATUSES),
    ],
)
def test_the_short_lists_are_complete(name: str, found: frozenset[str]) -> None:
    assert concepts(name).keys() == found


def test_a_rule_permits_or_denies() -> None:
    types = concepts("consent-provision-type")
    stated = {code: fhir_r4.stated_type({"type": code}, "$") for code in types}
    assert stated == {"deny": False, "permit": True}


def test_obligations_and_refrains_exist_and_are_what_they_are_called() -> None:
    parents = concepts("v3-ActCode")
    assert all("ObligationPolicy" in above(parents, it) for it in codes.OBLIGATIONS)
    assert all("RefrainPolicy" in above(parents, it) for it in codes.REFRAINS)
    refrains = {it for it in parents if "RefrainPolicy" in parents[it]}
    assert refrains - codes.REFRAINS == {"NORDSLCD"}  # retired: NORDSCLCD is current


@pytest.mark.parametrize(
    ("code", "ancestor", "expected"),
    [
        ("CLINTRL", "TREAT", True),
        ("CLINTRL", "HRESCH", False),
        ("BTG", "TREAT", True),
        ("TREAT", "BTG", False),
        ("TREAT", "TREAT", True),
        ("ETHUD", "SPI", False),
    ],
)
def test_purposes_are_followed_downwards_only(
    code: str, ancestor: str, expected: bool
) -> None:
    assert is_a(ACT_REASON, code, ancestor) is expected


@pytest.mark.parametrize(
    ("code", "ancestor", "expected"),
    [
        ("ETHUD", "SPI", True),
        ("ETHUD", "SUD", True),
        ("ETHUD", "ETH", False),
        ("PSY", "BH", False),
        ("MH", "BH", False),
        ("COGN", "SPI", True),
    ],
)
def test_sensitivity_traps(code: str, ancestor: str, expected: bool) -> None:
    assert is_a(ACT_CODE, code, ancestor) is expected


def test_four_oids_are_held_equal_to_their_uris_and_no_fifth() -> None:
    assert Coding("urn:oid:2.16.840.1.113883.5.8", "TREAT") == Coding(
        ACT_REASON, "TREAT"
    )
    assert is_a("urn:oid:2.16.840.1.113883.5.8", "BTG", "TREAT")
    assert codes.canonical_system("urn:oid:2.16.840.1.113883.4.6") == codes.NPI
    assert codes.canonical_system("urn:oid:2.16.840.1.113883.6.1") == codes.LOINC
    assert codes.canonical_system("urn:oid:2.16.840.1.113883.6.96") == codes.SNOMED_CT
    other = "urn:oid:2.16.840.1.113883.5.25"
    assert codes.canonical_system(other) == other


def test_labels_are_told_by_system_and_code() -> None:
    assert codes.is_sensitivity(Coding(ACT_CODE, "HIV"))
    assert not codes.is_sensitivity(Coding(ACT_REASON, "HIV"))
    assert not codes.is_sensitivity(Coding(ACT_CODE, "REDACT"))
    assert codes.is_handling(Coding(ACT_CODE, "REDACT"))
    assert codes.is_handling(Coding(ACT_CODE, "NOAUTH"))
    assert codes.is_handling(Coding(ACT_REASON, "HTEST"))
    assert not codes.is_handling(Coding(ACT_CODE, "HIV"))
    assert not codes.is_handling(Coding("urn:oid:2.16.840.1.113883.5.25", "R"))
    assert not codes.is_handling(Coding("https://clinic.example/labels", "NOAUTH"))
    assert codes.is_specially_protected(Coding(ACT_CODE, "SPI"))
    assert not codes.is_specially_protected(Coding(ACT_CODE, "HIV"))
    assert not codes.is_specially_protected(Coding("http://example.org", "PSY"))


def test_a_code_falls_under_what_contains_it_in_its_own_system() -> None:
    treatment = Coding(ACT_REASON, "TREAT")
    assert falls_under(Coding(ACT_REASON, "BTG"), treatment)
    assert falls_under(treatment, treatment)
    assert not falls_under(treatment, Coding(ACT_REASON, "BTG"))
    assert not falls_under(Coding(ACT_REASON, "HPAYMT"), treatment)
    assert not falls_under(Coding("urn:x", "TREAT"), treatment)


def test_what_lies_below_a_code_is_told_with_it() -> None:
    assert codes.below(ACT_CODE, "SUD") == {"SUD", "ETHUD", "OPIOIDUD"}
    assert codes.below("urn:x", "SUD") == {"SUD"}
