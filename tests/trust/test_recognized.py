"""What a recognition says, read strictly."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import ALWAYS, Instant, Window
from medid.credentials import parse_credential
from medid.errors import MalformedValue
from medid.trust.recognized import RECOGNIZED_TYPE, REGISTRY_TYPE, read_links

AT = Instant.parse("2026-06-15T12:00:00Z")
BOARD = "did:web:board.example"
STATE = "did:web:state.example"
OUTPUT = {
    "id": "https://state.example/license.json",
    "type": "JsonSchema",
    "digestMultibase": "uEiDjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ",
}


def links(output: Any, **members: Any) -> Any:
    action = {"type": "RecognizedAction", "action": "issue", "outputValidation": output}
    subject = {"id": BOARD, "type": "RecognizedEntity", "recognizedTo": action}
    return read(RECOGNIZED_TYPE, {**subject, **members})


def read(kind: str, subject: dict[str, Any], span: Window = ALWAYS) -> Any:
    document: Any = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", kind],
        "issuer": STATE,
        "credentialSubject": {
            name: value for name, value in subject.items() if value is not None
        },
    }
    return read_links(parse_credential(document), span=span, digest="00")


def test_a_schema_is_named_with_its_digest() -> None:
    (found,) = links(OUTPUT)
    assert (found.entity, found.recognized_by) == ("did:web:board.example", STATE)
    assert [one.id for one in found.validation] == [OUTPUT["id"]]
    assert found.schemas == ()
    (several,) = links([OUTPUT, {**OUTPUT, "id": "https://state.example/2"}])
    assert len(several.validation) == 2


@pytest.mark.parametrize(
    "output",
    [
        [],
        "https://state.example/license.json",
        {name: one for name, one in OUTPUT.items() if name != "digestMultibase"},
        {**OUTPUT, "id": "http://state.example/license.json"},
        {**OUTPUT, "type": "Other"},
        {**OUTPUT, "type": ["JsonSchema", "Other"]},
    ],
)
def test_a_schema_that_is_not_pinned_or_not_known_is_refused(output: Any) -> None:
    with pytest.raises(MalformedValue):
        links(output)


def test_a_recognition_that_names_no_schema_narrows_nothing_by_one() -> None:
    action = {"type": "RecognizedAction", "action": "issue"}
    (found,) = links(None, recognizedTo=action)
    assert (found.entity, found.validation, found.says_what) == (BOARD, (), False)


@pytest.mark.parametrize(
    "members",
    [
        {"id": None},
        {"type": "RecognizedIssuer"},
        {"recognizedTo": None},
        {"recognizedTo": []},
    ],
)
def test_who_has_no_name_or_no_action_is_recognized_by_nobody(members: Any) -> None:
    assert links(OUTPUT, **members) == ()


DATES = (
    (None, None),
    (AT.plus(-60), AT.plus(60)),
    (AT.plus(60), None),
    (None, AT.plus(-60)),
)


@pytest.mark.parametrize("own", DATES)
@pytest.mark.parametrize("span", DATES)
def test_a_recognition_is_in_force_while_all_that_states_it_is(
    own: Any, span: Any
) -> None:
    """The credential, and the action or the entry of the board in it."""
    dates = zip(("validFrom", "validUntil"), own, strict=True)
    stated = {name: str(time) for name, time in dates if time is not None}
    board = {"did": BOARD, "jurisdictions": ["US-OH"], "professions": ["RN"]}
    registry = {"acceptedBoards": [{**board, **stated}]}
    action = {"type": "RecognizedAction", "action": "issue", **stated}
    entity = {"id": BOARD, "type": "RecognizedEntity", "recognizedTo": action}
    both = Window(*own).intersect(Window(*span))
    for kind, subject in (
        (REGISTRY_TYPE, {"trustRegistry": registry}),
        (RECOGNIZED_TYPE, entity),
    ):
        (found,) = read(kind, subject, Window(*span))
        assert found.window == both
