"""Grants are read strictly: what is not understood is refused, nothing is implied."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from fhir import resources
from fhir.resources import R4B
from hypothesis import given
from hypothesis import strategies as st

from medid.core.instant import Instant
from medid.errors import InvalidDid, MalformedValue, MedidError, TooLarge
from medid.health import grant_words
from medid.health.address_book import MAX_NAME, MAX_NAMES, read_address_book
from medid.health.codes import (
    ACT_CODE,
    ACT_REASON,
    CONFIDENTIALITY_ORDER,
    CONSENT_ACTIONS,
    Coding,
    is_a,
    is_sensitivity,
)
from medid.health.fhir_types import RESOURCES
from medid.health.grant_reading import MAX_RECIPIENTS, MAX_VALUES, read_grant
from medid.health.grants import Data, Days, Grant, Recipient
from tests.health.grants import (
    BOOK,
    CARDIOLOGIST,
    NAMES,
    NPI,
    PATIENT,
    PSYCHIATRIST,
    documents,
    grants,
)

if TYPE_CHECKING:
    from types import ModuleType

FULL: dict[str, Any] = {
    "who": [{"did": CARDIOLOGIST}, {"reference": "Organization/example"}],
    "actions": ["access", "use"],
    "what": {
        "types": ["Observation"],
        "labels": ["HIV"],
        "codes": [{"system": "http://loinc.org", "code": "2339-0"}],
        "dated": {"from": "2020-01-01", "until": "2026-01-01"},
    },
    "butNot": [{"labels": ["MH"]}, {"confidentiality": "R"}],
    "purposes": ["TREAT"],
    "from": "2026-12-01",
    "until": "2027-06-30",
    "representation": {
        "of": PATIENT,
        "kind": "guardian",
        "credential": "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11",
        "from": "2026-01-01",
        "until": "2030-01-01",
        "majority": "2029-05-04",
    },
}


def full(**members: Any) -> Any:
    return {**copy.deepcopy(FULL), **members}


def test_words_and_codes_say_the_same() -> None:
    words = read_grant(
        {
            "who": "My Cardiologist",
            "actions": "see",
            "what": {"types": "medications", "labels": "Mental  Health"},
            "butNot": {"confidentiality": "restricted"},
            "purposes": "treatment",
            "until": "2027-06-30",
        },
        names=NAMES,
    )
    codes = read_grant(words.as_json())
    assert words == codes
    assert words.what.labels == ("BH", "MH", "PSY", "PSYTHPN")
    assert words.who == (Recipient(reference=CARDIOLOGIST),)


def test_what_is_not_said_is_access_for_treatment() -> None:
    grant = read_grant({"who": {"did": CARDIOLOGIST}, "what": "everything"})
    assert grant.actions == ("access",)
    assert grant.purposes == ("TREAT",)
    assert grant.last_day == ""


@given(grants())
def test_a_grant_is_read_as_it_was_written(grant: Grant) -> None:
    assert read_grant(grant.as_json()) == grant


def test_a_grant_with_everything_is_read_as_it_was_written() -> None:
    grant = read_grant(full())
    assert read_grant(grant.as_json()) == grant
    assert grant.last_day == "2027-06-30"


@pytest.mark.parametrize(
    ("members", "last"),
    [
        ({}, "2029-05-03"),
        ({"majority": None}, "2030-01-01"),
        ({"until": "2028-01-01"}, "2028-01-01"),
        ({"majority": "2028-03-01"}, "2028-02-29"),
    ],
)
def test_a_mandate_ends_the_grant(members: dict[str, Any], last: str) -> None:
    stated = {**FULL["representation"], **members}
    stated = {name: value for name, value in stated.items() if value is not None}
    document = full(representation=stated)
    del document["until"]
    assert read_grant(document).last_day == last


@pytest.mark.parametrize("name", ["who", "what"])
def test_whom_and_what_are_never_implied(name: str) -> None:
    document = full()
    del document[name]
    with pytest.raises(MalformedValue) as refused:
        read_grant(document)
    assert refused.value.path == f"$.{name}"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"who": []}, "$.who"),
        ({"who": "nobody I know"}, "$.who"),
        ({"who": [{"did": CARDIOLOGIST}, 7]}, "$.who[1]"),
        ({"who": {}}, "$.who"),
        ({"who": {"did": CARDIOLOGIST, "reference": "Practitioner/1"}}, "$.who"),
        ({"who": {"system": NPI}}, "$.who"),
        ({"who": {"system": "npi", "value": "1"}}, "$.who.system"),
        ({"who": {"system": NPI, "value": "a b"}}, "$.who.value"),
        ({"who": {"reference": "Patient/1"}}, "$.who.reference"),
        ({"who": {"reference": "Practitioner/1/_history/2"}}, "$.who.reference"),
        ({"who": {"reference": "#inside"}}, "$.who.reference"),
        ({"who": {"reference": "urn:uuid:0"}}, "$.who.reference"),
        ({"who": {"name": "x"}}, "$.who.name"),
        ({"actions": []}, "$.actions"),
        ({"actions": ["read"]}, "$.actions[0]"),
        ({"purposes": []}, "$.purposes"),
        ({"purposes": ["TREAT", "FooBar"]}, "$.purposes[1]"),
        ({"what": {}}, "$.what"),
        ({"what": "all"}, "$.what"),
        ({"what": {"types": []}}, "$.what.types"),
        ({"what": {"types": ["observation"]}}, "$.what.types[0]"),
        ({"what": {"labels": ["N"]}}, "$.what.labels[0]"),
        ({"what": {"labels": ["_InformationSensitivityPolicy"]}}, "$.what.labels[0]"),
        ({"what": {"confidentiality": "X"}}, "$.what.confidentiality"),
        (
            {"what": {"labels": ["HIV"], "confidentiality": "N"}},
            "$.what.confidentiality",
        ),
        ({"what": {"kinds": ["Observation"]}}, "$.what.kinds"),
        ({"what": {"codes": []}}, "$.what.codes"),
        ({"what": {"codes": [{"code": "1"}]}}, "$.what.codes[0].system"),
        ({"what": {"codes": {"system": NPI, "code": "a|b"}}}, "$.what.codes.code"),
        ({"what": {"dated": {}}}, "$.what.dated"),
        ({"what": {"dated": {"since": "2020-01-01"}}}, "$.what.dated.since"),
        (
            {"what": {"dated": {"from": "2026-01-02", "until": "2026-01-01"}}},
            "$.what.dated.until",
        ),
        ({"butNot": []}, "$.butNot"),
        ({"butNot": ["everything"]}, "$.butNot[0]"),
        ({"butNot": [{}]}, "$.butNot[0]"),
        ({"from": "2026-02-30"}, "$.from"),
        ({"from": "June"}, "$.from"),
        ({"from": "2027-07-01"}, "$.until"),
        ({"until": 2027}, "$.until"),
        ({"unitl": "2027-06-30"}, "$.unitl"),
        ({"representation": {"kind": "guardian"}}, "$.representation.of"),
        ({"representation": {"of": PATIENT}}, "$.representation.kind"),
        (
            {"representation": {"of": PATIENT, "kind": "g", "credential": "no iri"}},
            "$.representation.credential",
        ),
        (
            {"representation": {"of": PATIENT, "kind": "g", "majority": "2020-01-01"}},
            "$.until",
        ),
        (
            {"representation": {"of": PATIENT, "kind": "g", "from": "2028-01-01"}},
            "$.until",
        ),
    ],
)
def test_what_is_not_understood_is_refused(members: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedValue) as refused:
        read_grant(full(**members))
    assert refused.value.path == path


@pytest.mark.parametrize(
    "members",
    [
        {"who": {"did": "did:"}},
        {"who": "did:key:z6Mk#fragment"},
        {"who": {"reference": "did:KEY:z"}},
        {"representation": {"of": "Patient/1", "kind": "guardian"}},
    ],
)
def test_a_did_must_be_one(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidDid):
        read_grant(full(**members))


def test_there_are_limits() -> None:
    many = [{"reference": f"Practitioner/{n}"} for n in range(MAX_RECIPIENTS)]
    assert len(read_grant(full(who=many)).who) == MAX_RECIPIENTS
    with pytest.raises(TooLarge):
        read_grant(full(who=[*many, {"reference": "Practitioner/x"}]))
    with pytest.raises(TooLarge):
        read_grant(full(who=[{"did": CARDIOLOGIST}] * (MAX_VALUES + 1)))
    with pytest.raises(TooLarge):
        read_grant(full(what={"types": ["Task"] * (MAX_VALUES + 1)}))


ABSTRACT = {"Resource", "DomainResource", "CanonicalResource", "MetadataResource"}


_CLASS: Final = re.compile(r"^class (\w+)\((?:\w+\.)?(\w+)\):", re.MULTILINE)


@pytest.mark.parametrize("package", [resources, R4B], ids=["R5", "R4B"])
def test_every_type_of_fhir_can_be_named(package: ModuleType) -> None:
    """The package's text says it: to load all of its models takes seconds."""
    (folder,) = map(Path, package.__path__)
    bases: dict[str, str] = {}
    for file in folder.glob("*.py"):
        bases |= dict(_CLASS.findall(file.read_text("utf-8")))
    found = {"Resource"}
    while new := {name for name in bases if bases[name] in found} - found:
        found |= new
    assert len(found) > 100
    assert found - ABSTRACT <= RESOURCES
    assert not ABSTRACT & RESOURCES


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(""), st.just([]), st.just({})
)


@given(documents(), st.data())
def test_only_medids_errors_escape(
    document: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(FULL)))
    document[name] = data.draw(ODD)
    with pytest.raises(MedidError):
        read_grant(document)


def test_exceptions_of_one_kind_become_one() -> None:
    grant = read_grant(
        full(
            butNot=[
                {"labels": ["MH"]},
                {"types": ["Task"]},
                {"labels": ["HIV"]},
                {"types": ["Condition"]},
                {"types": ["Task"], "labels": ["HIV"]},
            ]
        )
    )
    assert set(grant.but_not) == {
        Data(types=("Condition", "Task")),
        Data(labels=("HIV", "MH")),
        Data(types=("Task",), labels=("HIV",)),
    }


@pytest.mark.parametrize("name", ["who", "actions", "purposes"])
def test_an_empty_part_is_no_grant(name: str) -> None:
    parts: dict[str, Any] = {"who": (Recipient(reference=CARDIOLOGIST),), name: ()}
    with pytest.raises(MalformedValue) as refused:
        Grant(**parts)
    assert refused.value.path == f"$.{name}"


def test_a_grant_keeps_names_out_of_its_repr() -> None:
    shown = repr(read_grant(full()))
    assert CARDIOLOGIST not in shown
    assert PATIENT not in shown


# The words.


def test_every_word_stands_for_codes_that_exist() -> None:
    for codes in grant_words.ACTIONS.values():
        assert CONSENT_ACTIONS.issuperset(codes)
    for codes in grant_words.LEVELS.values():
        assert set(CONFIDENTIALITY_ORDER).issuperset(codes)
    for codes in grant_words.PURPOSES.values():
        assert all(is_a(ACT_REASON, code, "PurposeOfUse") for code in codes)
    for codes in grant_words.TOPICS.values():
        assert all(is_sensitivity(Coding(ACT_CODE, code)) for code in codes)


def test_words_are_written_as_they_are_compared() -> None:
    for table in (grant_words.TYPES, grant_words.TOPICS, grant_words.PURPOSES):
        for word in table:
            assert word == " ".join(word.casefold().split())


@given(st.sets(st.sampled_from(["BH", "MH", "PSY", "PSYTHPN", "ETH", "SUD", "HIV"])))
def test_words_stand_for_just_what_is_meant(codes: set[str]) -> None:
    words, rest = grant_words.spelled(codes, grant_words.TOPICS)
    read = {code for word in words for code in grant_words.TOPICS[word]}
    assert read | set(rest) == codes


# The address book.


def test_my_and_the_and_capitals_count_for_nothing() -> None:
    assert NAMES["cardiologist"] == (Recipient(reference=CARDIOLOGIST),)
    assert NAMES["dr. chen"] == (Recipient(system=NPI, value="1679576722"),)
    assert {it.reference for it in NAMES["doctors"]} == {CARDIOLOGIST, PSYCHIATRIST}


@pytest.mark.parametrize(
    "book",
    [
        [],
        {"my dentist": {"did": CARDIOLOGIST}, "The Dentist": {"did": PSYCHIATRIST}},
        {"my": {"did": CARDIOLOGIST}},
        {"": {"did": CARDIOLOGIST}},
        {"Ann, Bob": {"did": CARDIOLOGIST}},
        {"Ann and Bob": {"did": CARDIOLOGIST}},
        {"whoever may": {"did": CARDIOLOGIST}},
        {"number one": {"did": CARDIOLOGIST}},
        {"did:key:x": {"did": CARDIOLOGIST}},
        {"Practitioner/7": {"did": CARDIOLOGIST}},
        {"a\u202eb": {"did": CARDIOLOGIST}},
        {"my dentist": []},
        {"my dentist": "did:key:x"},
        {"my dentist": [{"did": CARDIOLOGIST}, 7]},
        {"x" * (MAX_NAME + 1): {"did": CARDIOLOGIST}},
        {"my team": [{"did": CARDIOLOGIST}] * (MAX_RECIPIENTS + 1)},
        {f"name {n}": {"did": CARDIOLOGIST} for n in range(MAX_NAMES + 1)},
    ],
)
def test_a_name_that_could_be_misread_is_refused(book: Any) -> None:
    with pytest.raises((MalformedValue, TooLarge)):
        read_address_book(book)


def test_a_name_in_any_script_is_one_that_a_sentence_can_hold() -> None:
    name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"  # with a joiner that it needs
    assert list(read_address_book({name: {"did": CARDIOLOGIST}})) == [name]


def test_the_book_is_not_changed() -> None:
    before = copy.deepcopy(BOOK)
    read_address_book(BOOK)
    assert before == BOOK
    assert Days() == Days(start="", end="")
    assert Instant.from_date("2026-01-01") < Instant.from_date("2026-01-02")
