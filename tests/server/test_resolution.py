"""The DID resolver over HTTP: forms, statuses and what is not supported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from medid.dids import resolver
from medid.errors import DidDeactivated
from tests.server.support import Pages, client
from tests.verifying import world
from tests.verifying.world import BOARD, WEB, WEB_URL

RESULT = "application/did-resolution"


def resolved(did: str, accept: str | None = None, **changes: Any) -> Any:
    headers = {"Accept": accept} if accept is not None else {"Accept": "*/*"}
    return client(**changes).get(f"/1.0/identifiers/{did}", headers=headers)


def error_of(answer: Any) -> str:
    result = answer.json()
    assert result["didDocument"] is None
    kind: str = result["didResolutionMetadata"]["error"]["type"]
    return kind.removeprefix("https://www.w3.org/ns/did#")


def test_a_resolution_result_is_the_first_choice() -> None:
    answer = resolved(BOARD.did)
    result = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, RESULT)
    assert result["didDocument"]["id"] == BOARD.did
    assert result["didResolutionMetadata"] == {"contentType": "application/did"}
    assert result["didDocumentMetadata"] == {}


@pytest.mark.parametrize(
    "form", ["application/did", "application/did+ld+json", "application/did+json"]
)
def test_the_document_alone_may_be_asked_for(form: str) -> None:
    answer = resolved(BOARD.did, form)
    assert (answer.status_code, answer.headers["content-type"]) == (200, form)
    assert answer.json()["id"] == BOARD.did
    assert answer.headers["vary"] == "Accept"


def test_plain_json_is_the_result_as_well() -> None:
    answer = resolved(BOARD.did, "application/json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["didDocument"]["id"] == BOARD.did


def test_a_form_that_nobody_has_is_not_acceptable() -> None:
    answer = resolved(BOARD.did, "application/cbor")
    assert answer.status_code == 406
    assert error_of(answer) == "REPRESENTATION_NOT_SUPPORTED"


@pytest.mark.parametrize(
    ("did", "status", "error"),
    [
        ("did:key:zabc", 400, "INVALID_DID"),
        ("nodid", 400, "INVALID_DID"),
        ("did:key", 400, "INVALID_DID"),
        (f"{BOARD.did}%23key", 400, "INVALID_DID"),
        (f"{BOARD.did}/path", 400, "INVALID_DID"),
        ("did:example:unknown", 501, "METHOD_NOT_SUPPORTED"),
        ("did:web:board.example", 500, "INTERNAL_ERROR"),
    ],
)
@pytest.mark.parametrize("accept", [None, "application/did"])
def test_an_error_has_its_status_and_comes_as_a_result(
    did: str, status: int, error: str, accept: str | None
) -> None:
    answer = resolved(did, accept)
    assert (answer.status_code, error_of(answer)) == (status, error)
    assert answer.headers["content-type"] == RESULT


def test_a_did_web_is_fetched_where_fetching_is_allowed() -> None:
    document = world.web_document(WEB)
    pages = Pages({WEB_URL: json.dumps(document).encode()})
    answer = resolved(WEB.did, fetch=pages)
    assert (answer.status_code, answer.json()["didDocument"]) == (200, document)
    wrong = Pages({WEB_URL: json.dumps({**document, "id": BOARD.did}).encode()})
    answer = resolved(WEB.did, fetch=wrong)
    assert (answer.status_code, error_of(answer)) == (500, "INVALID_DID_DOCUMENT")


def test_a_did_that_was_switched_off_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def switched_off(*_asked: Any) -> Any:
        raise DidDeactivated("the DID was deactivated")

    monkeypatch.setattr(resolver, "resolution", switched_off)
    answer = resolved(BOARD.did)
    assert answer.status_code == 410
    assert answer.json()["didDocumentMetadata"] == {"deactivated": True}


@pytest.mark.parametrize("query", ["?versionId=1", "?noCache=true", "?x"])
def test_options_are_not_supported_and_not_ignored(query: str) -> None:
    answer = resolved(BOARD.did + query)
    assert (answer.status_code, error_of(answer)) == (400, "INVALID_OPTIONS")
