"""What a recognition says, read strictly."""

from __future__ import annotations

from typing import Any

import pytest

from medid.core.instant import Window
from medid.credentials import parse_credential
from medid.errors import MalformedValue
from medid.trust.recognized import read_links

STATE = "did:web:state.example"
OUTPUT = {
    "id": "https://state.example/license.json",
    "type": "JsonSchema",
    "digestMultibase": "uEiDjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ",
}


def links(output: Any) -> Any:
    action = {"type": "RecognizedAction", "action": "issue", "outputValidation": output}
    subject = {
        "id": "did:web:board.example",
        "type": "RecognizedEntity",
        "recognizedTo": action,
    }
    document: Any = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "RecognizedEntityCredential"],
        "issuer": STATE,
        "credentialSubject": subject,
    }
    return read_links(parse_credential(document), span=Window(), digest="00")


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
