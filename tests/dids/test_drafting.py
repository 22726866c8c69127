from __future__ import annotations

from typing import Any

import pytest

from medid.dids import drafting
from medid.dids.syntax import Did
from medid.errors import ConfigurationError
from tests.dids.builders import BOARD, ED25519, P256, P384, X25519

DID = Did.parse(BOARD)


def fragments(document: Any, name: str = "verificationMethod") -> list[str]:
    return [
        (one["id"] if isinstance(one, dict) else one).partition("#")[2]
        for one in document.get(name, [])
    ]


def test_keys_are_numbered_and_listed_for_what_they_can_do() -> None:
    made = drafting.document(BOARD, drafting.numbered([ED25519, X25519, P256]))

    assert fragments(made) == ["key-1", "key-2", "key-3"]
    assert fragments(made, "assertionMethod") == ["key-1", "key-3"]
    assert fragments(made, "keyAgreement") == ["key-2"]
    drafting.check(DID, made)


def test_a_document_without_keys_is_none() -> None:
    with pytest.raises(ConfigurationError, match="without keys"):
        drafting.document(BOARD, [])


def test_what_medid_would_not_read_is_told_with_its_place() -> None:
    with pytest.raises(ConfigurationError, match="no usable document") as caught:
        drafting.check(DID, {"id": BOARD, "alsoKnownAs": [1]})
    assert caught.value.path == "$.alsoKnownAs[0]"


def test_a_key_is_added_once_under_a_number_that_nobody_had() -> None:
    made = drafting.document(BOARD, drafting.numbered([ED25519]))
    used = drafting.highest_number([made])
    more = drafting.with_keys(made, BOARD, [P256, ED25519], used=used)
    gone = drafting.with_keys_only(more, BOARD, [ED25519], used=2)
    again = drafting.with_keys(
        gone, BOARD, [P384], used=drafting.highest_number([more, gone])
    )

    assert fragments(more) == ["key-1", "key-2"]
    assert fragments(gone) == ["key-1"]
    assert fragments(again) == ["key-1", "key-3"]


def test_other_keys_are_taken_out_wherever_they_stand() -> None:
    listed = drafting.document(BOARD, drafting.numbered([ED25519, P256]))
    embedded: Any = {
        "id": "#embedded",
        "type": "Multikey",
        "controller": BOARD,
        "publicKeyMultibase": P384.to_multikey(),
    }
    unknown = {"id": f"{BOARD}#odd", "type": "Odd", "controller": BOARD}
    methods = listed["verificationMethod"]
    assert isinstance(methods, list)
    draft: Any = {
        **listed,
        "verificationMethod": [*methods, unknown],
        "authentication": ["#key-2", embedded, f"{BOARD}#odd"],
        "capabilityInvocation": ["#key-1"],
        "service": [],
    }
    made = drafting.with_keys_only(draft, BOARD, [ED25519], used=2)

    assert fragments(made) == ["key-1"]
    assert fragments(made, "assertionMethod") == ["key-1"]
    assert "authentication" not in made
    assert made["capabilityInvocation"] == ["#key-1"]
    assert made["service"] == []
    assert fragments(drafting.with_keys(draft, BOARD, [P384], used=2)) == [
        "key-1",
        "key-2",
        "odd",
    ]


@pytest.mark.parametrize(
    ("ids", "highest"),
    [
        ([], 0),
        (["#key-1", "#key-7", "#key-3"], 7),
        (["#key-0", "#key-01", "#key-", "#key-x", "#keys-5", "#key-1234567"], 0),
    ],
)
def test_the_highest_number_is_found(ids: list[str], highest: int) -> None:
    document: Any = {"verificationMethod": [{"id": one} for one in ids]}

    assert drafting.highest_number([{}, document]) == highest


def test_an_alias_is_there_once() -> None:
    once = drafting.with_alias({"id": BOARD}, "did:web:a.example")
    twice = drafting.with_alias(once, "did:web:a.example")

    assert once == twice == {"id": BOARD, "alsoKnownAs": ["did:web:a.example"]}


def test_only_the_did_itself_is_renamed() -> None:
    value: Any = {
        "a": [BOARD, f"{BOARD}#x", f"{BOARD}/p", f"{BOARD}?q", f"{BOARD}:more", 1],
        "b": {"c": f"see {BOARD}", "d": f"{BOARD}s"},
    }
    new = "did:web:new.example"

    assert drafting.renamed(value, BOARD, new) == {
        "a": [new, f"{new}#x", f"{new}/p", f"{new}?q", f"{BOARD}:more", 1],
        "b": {"c": f"see {BOARD}", "d": f"{BOARD}s"},
    }
