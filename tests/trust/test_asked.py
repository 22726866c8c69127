"""Trust registries in a trust file: strictly read, and asked in so many words."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Instant
from medid.errors import ConfigurationError
from medid.trust import LICENSE_TYPE, TrustRegistry
from medid.trust.asked import (
    MAX_AGE,
    MAX_QUESTIONS,
    MAX_REGISTRIES,
    AskedRegistry,
    recognizers,
)
from medid.trust.trqp import Question
from tests.trust.registries import COUNCIL, URL

SCOPE = {"jurisdictions": ["US-OH"], "professions": ["208D00000X"]}
BOARD = "did:web:board.example"
AT = Instant.parse("2026-06-15T12:00:00Z")


def entry(**members: Any) -> dict[str, Any]:
    stated = {"url": URL, "authorityId": COUNCIL, "mayAuthorize": [SCOPE], **members}
    return {name: value for name, value in stated.items() if value is not None}


def read(*entries: Any) -> tuple[AskedRegistry, ...]:
    trust = TrustRegistry.from_json({"trustRegistries": [*entries]})
    return trust.settings.registries


def test_a_registry_alone_makes_a_trust_file() -> None:
    (found,) = read(entry(name="The council", validFrom="2026-01-01T00:00:00Z"))
    assert (found.url, found.authority, found.name) == (URL, COUNCIL, "The council")
    assert found.max_age == MAX_AGE
    assert found.recognized_by is None
    (asking,) = found.askings
    assert (asking.action, asking.resource) == ("issue", LICENSE_TYPE)
    assert asking.conditions == {"jurisdiction": "US-OH", "profession": "208D00000X"}
    # Who only speaks for itself is asked, and admitted by nobody's word.
    trust = TrustRegistry.from_json({"trustRegistries": [entry()]})
    assert trust.settings.named == frozenset()


def test_one_question_for_each_type_place_and_profession() -> None:
    scope = {
        "credentialTypes": ["A", "B"],
        "jurisdictions": ["US-OH", "US-KY"],
        "professions": ["RN", "urn:x|MD"],
    }
    (found,) = read(entry(mayAuthorize=[scope, SCOPE]))
    assert len(found.askings) == 9
    for one in found.askings:
        # A yes to one allows exactly what was asked.
        assert one.credential_types == (one.resource,)
        assert one.jurisdictions == (one.conditions["jurisdiction"],)
        assert one.professions == (one.conditions["profession"],)
    assert len({(one.resource, *one.conditions.items()) for one in found.askings}) == 9


def test_a_registry_is_asked_in_its_own_words() -> None:
    scope = {
        "action": "license",
        "resource": "us:medicine",
        "jurisdictions": ["US-OH", "US-KY"],
        "professions": ["208D00000X"],
    }
    (found,) = read(entry(mayAuthorize=[scope]))
    (asking,) = found.askings
    assert found.query(BOARD, asking).as_json() == {
        "entity_id": BOARD,
        "authority_id": COUNCIL,
        "action": "license",
        "resource": "us:medicine",
    }
    assert asking.jurisdictions == ("US-OH", "US-KY")
    assert asking.credential_types == (LICENSE_TYPE,)


def test_each_query_has_a_name_of_its_own() -> None:
    (found,) = read(entry(url=URL + "/"))
    (asking,) = found.askings
    names = {
        found.need(found.query(who, asking, time=time), question).url
        for who in (BOARD, BOARD + "x")
        for time in (None, AT)
        for question in Question
    }
    assert len(names) == 8
    need = found.need(found.query(BOARD, asking), Question.AUTHORIZATION)
    assert need.url.startswith(f"{URL}/authorization#")
    assert need.body is not None
    assert not need.tells_past
    assert need.request().body == need.body
    assert found.need(
        found.query(BOARD, asking, time=AT), Question.RECOGNITION
    ).tells_past


OTHER = "did:web:ministry.example"


def test_registries_recognize_registries() -> None:
    upper = entry(authorityId=OTHER, mayAuthorize=None)
    third = entry(authorityId="did:web:third.example", recognizedBy=COUNCIL)
    found = read(entry(recognizedBy=OTHER), upper, third)
    assert [recognizers(one, found) for one in found] == [
        (found[1],),
        (),
        (found[0], found[1]),
    ]


@pytest.mark.parametrize(
    ("entries", "path"),
    [
        ([entry(url=None)], "$.trustRegistries[0].url"),
        ([entry(url="http://registry.example")], "$.trustRegistries[0].url"),
        ([entry(url="https://registry.example/a?b")], "$.trustRegistries[0].url"),
        ([entry(url="https://127.0.0.1/trqp")], "$.trustRegistries[0].url"),
        ([entry(authorityId="")], "$.trustRegistries[0].authorityId"),
        ([entry(authorityId="a b")], "$.trustRegistries[0].authorityId"),
        ([entry(maxAgeSeconds=0)], "$.trustRegistries[0].maxAgeSeconds"),
        ([entry(maxAgeSeconds=-1)], "$.trustRegistries[0].maxAgeSeconds"),
        ([entry(maxAgeSeconds=True)], "$.trustRegistries[0].maxAgeSeconds"),
        ([entry(mayAuthorize=None)], "$.trustRegistries[0].mayAuthorize"),
        ([entry(mayAuthorize=[])], "$.trustRegistries[0].mayAuthorize"),
        ([entry(mayAuthorize={})], "$.trustRegistries[0].mayAuthorize"),
        ([entry(mayAuthorise=[])], "$.trustRegistries[0].mayAuthorise"),
        ([entry(), entry()], "$.trustRegistries"),
        ([entry(recognizedBy=OTHER)], "$.trustRegistries[0].recognizedBy"),
        ([entry(recognizedBy=COUNCIL)], "$.trustRegistries[0].recognizedBy"),
        (
            [entry(recognizedBy=OTHER), entry(authorityId=OTHER, recognizedBy=COUNCIL)],
            "$.trustRegistries[0].recognizedBy",
        ),
        (
            [entry(authorityId=f"urn:x:{i}") for i in range(MAX_REGISTRIES + 1)],
            "$.trustRegistries",
        ),
    ],
)
def test_an_entry_that_is_not_of_its_form_is_refused(entries: Any, path: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(*entries)
    assert refused.value.path == path


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"jurisdictions": []}, "jurisdictions"),
        ({"jurisdictions": ["Ohio"]}, "jurisdictions[0]"),
        ({"professions": []}, "professions"),
        ({"professions": ["*"]}, "professions[0]"),
        ({"credentialTypes": []}, "credentialTypes"),
        ({"credentialTypes": ["a b"]}, "credentialTypes"),
        ({"resource": ""}, "resource"),
        ({"resource": "a b"}, "resource"),
        ({"action": ""}, "action"),
        ({"action": "a b"}, "action"),
        ({"context": {}}, "context"),
    ],
)
def test_a_scope_is_spelled_out(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(entry(mayAuthorize=[{**SCOPE, **changes}]))
    assert refused.value.path == f"$.trustRegistries[0].mayAuthorize[0].{name}"


def test_there_are_only_so_many_questions() -> None:
    many = [f"code-{number}" for number in range(MAX_QUESTIONS)]
    assert len(read(entry(mayAuthorize=[{**SCOPE, "professions": many}]))[0].askings)
    with pytest.raises(ConfigurationError, match="questions"):
        read(entry(mayAuthorize=[{**SCOPE, "professions": [*many, "one"]}]))
