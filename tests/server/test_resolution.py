"""The DID resolver over HTTP: forms, statuses and what is not supported."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from medid.core.evidence import Evidence
from medid.core.records import replace
from medid.dids import resolver
from medid.dids.syntax import Did
from tests.server.support import Pages, client
from tests.verifying import world
from tests.verifying.world import BOARD, WEB, WEB_URL

RESULT = "application/did-resolution"
DEREFERENCED = "application/did-url-dereferencing"


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
    found = resolver.resolution(Did.parse(BOARD.did), Evidence())
    gone = replace(found, metadata={"deactivated": True})
    monkeypatch.setattr(resolver, "resolution", lambda *_asked: gone)
    for accept, name in ((None, "didDocument"), (DEREFERENCED, "contentStream")):
        answer = resolved(BOARD.did, accept)
        assert (answer.status_code, answer.json()[name]) == (410, None)
        metadata = "didDocumentMetadata" if accept is None else "contentMetadata"
        assert answer.json()[metadata] == {"deactivated": True}


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("?noCache=true", 501, "FEATURE_NOT_SUPPORTED"),
        ("?x", 501, "FEATURE_NOT_SUPPORTED"),
        ("?versionId=1", 404, "NOT_FOUND"),
        ("?versionId=", 400, "INVALID_OPTIONS"),
        ("?versionTime=2026-01-01", 400, "INVALID_OPTIONS"),
        ("?expandRelativeUrls=1", 400, "INVALID_OPTIONS"),
        ("?versionId=1&versionId=1", 400, "INVALID_OPTIONS"),
    ],
)
def test_options_are_honoured_or_refused(query: str, status: int, error: str) -> None:
    answer = resolved(BOARD.did + query)
    assert (answer.status_code, error_of(answer)) == (status, error)


@pytest.mark.parametrize(
    "query", ["?service=files", "?verificationRelationship=assertionMethod"]
)
def test_what_belongs_to_a_did_url_is_no_option_of_a_resolution(query: str) -> None:
    answer = resolved(BOARD.did + query)
    assert (answer.status_code, error_of(answer)) == (501, "FEATURE_NOT_SUPPORTED")


def test_what_is_no_did_is_not_resolved() -> None:
    for name in (f"{BOARD.did}#key", f"{BOARD.did}/path", f"{BOARD.did}?service=a"):
        answer = resolved(quote(name, safe=""))
        assert (answer.status_code, error_of(answer)) == (400, "INVALID_DID")


def test_a_document_is_asked_for_as_of_a_time() -> None:
    pages = Pages({WEB_URL: json.dumps(world.web_document(WEB)).encode()})
    now = resolved(f"{WEB.did}?versionTime=2100-01-01T00:00:00Z", fetch=pages)
    assert now.status_code == 200
    then = resolved(f"{WEB.did}?versionTime=2001-01-01T00:00:00Z", fetch=pages)
    assert (then.status_code, error_of(then)) == (500, "INTERNAL_ERROR")
    error = then.json()["didResolutionMetadata"]["error"]
    assert error["title"] == "HISTORY_UNKNOWN"


def with_services(did: str, *services: dict[str, Any]) -> bytes:
    return json.dumps({"id": did, "service": [*services]}).encode()


def test_a_did_may_be_encoded_as_a_whole_and_keeps_its_own_encoding() -> None:
    did = "did:web:localhost%3A8443"
    url = "https://localhost:8443/.well-known/did.json"
    for spelled in (did, quote(did, safe="")):
        pages = Pages({url: with_services(did)})
        answer = resolved(spelled, fetch=pages)
        assert (answer.status_code, pages.asked) == (200, [url])
        assert answer.json()["didDocument"]["id"] == did


# DID URLs.

FILES = {"id": "#files", "type": "Files", "serviceEndpoint": "https://a.example/x/"}
MIRROR = {**FILES, "id": "#mirror", "serviceEndpoint": "https://b.example/y"}
KEY = f"{BOARD.did}#{BOARD.did[8:]}"
MAP = {"id": "#map", "type": "Map", "serviceEndpoint": {"uri": "https://c.example"}}


def dereferenced(did_url: str, accept: str = DEREFERENCED, query: str = "") -> Any:
    pages = Pages({WEB_URL: with_services(WEB.did, FILES, MIRROR, MAP)})
    path = f"/1.0/identifiers/{quote(did_url, safe='')}{query}"
    headers = {"Accept": accept}
    return client(fetch=pages).get(path, headers=headers, follow_redirects=False)


def refusal(answer: Any) -> tuple[int, str]:
    result = answer.json()
    assert answer.headers["content-type"] == DEREFERENCED
    assert (result["contentStream"], result["contentMetadata"]) == (None, {})
    kind: str = result["dereferencingMetadata"]["error"]["type"]
    return answer.status_code, kind.removeprefix("https://www.w3.org/ns/did#")


def test_a_key_is_named_by_its_did_url() -> None:
    name = f"{BOARD.did}#{BOARD.did[8:]}"
    answer = dereferenced(name)
    result = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (200, DEREFERENCED)
    assert result["dereferencingMetadata"] == {"contentType": "application/did"}
    assert result["contentStream"]["id"] == name
    assert result["contentMetadata"] == {}
    assert dereferenced(name, "application/json").json() == result["contentStream"]
    alone = dereferenced(name, "application/did")
    assert alone.headers["content-type"] == "application/did"
    query = "?verificationRelationship=assertionMethod"
    assert dereferenced(name, query=query).json() == result
    query = "?verificationRelationship=keyAgreement"
    expected = (500, "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD")
    assert refusal(dereferenced(name, query=query)) == expected
    query = "?verificationRelationship=assertionMethod"
    expected = (500, "INVALID_VERIFICATION_METHOD")
    assert refusal(dereferenced(f"{BOARD.did}#other", query=query)) == expected


def test_a_service_may_be_selected_in_the_url_or_beside_it() -> None:
    inside = dereferenced(f"{WEB.did}?service=files")
    beside = dereferenced(WEB.did, query="?service=files")
    assert inside.json() == beside.json()
    assert inside.json()["contentStream"]["service"] == [FILES]


def test_the_place_of_a_single_service_is_where_to_go() -> None:
    answer = dereferenced(f"{WEB.did}?service=files&relativeRef=a%3Fb", "text/uri-list")
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"] == "https://a.example/x/a?b"
    both = dereferenced(f"{WEB.did}?serviceType=Files", "text/uri-list")
    assert both.headers["content-type"].startswith("text/uri-list")
    assert both.text == "https://a.example/x/\r\nhttps://b.example/y\r\n"


@pytest.mark.parametrize(
    ("did_url", "accept", "expected"),
    [
        (f"{WEB.did}?service=none", DEREFERENCED, (404, "NOT_FOUND")),
        (f"{WEB.did}?service=map", "text/uri-list", (404, "NOT_FOUND")),
        (f"{WEB.did}?service=a&service=b", DEREFERENCED, (400, "INVALID_DID_URL")),
        (f"{WEB.did}?relativeRef=/a", DEREFERENCED, (404, "NOT_FOUND")),
        (f"{WEB.did}?hl=zabc", DEREFERENCED, (501, "FEATURE_NOT_SUPPORTED")),
        (f"{WEB.did}/path", DEREFERENCED, (501, "FEATURE_NOT_SUPPORTED")),
        (
            f"{WEB.did}?service=files&resource=true",
            "application/did",
            (501, "FEATURE_NOT_SUPPORTED"),
        ),
        (f"{WEB.did}#files", "text/uri-list", (406, "REPRESENTATION_NOT_SUPPORTED")),
        (f"{WEB.did}#none", DEREFERENCED, (404, "NOT_FOUND")),
        ("did:web:board.example.gov?a^b", DEREFERENCED, (400, "INVALID_DID_URL")),
        ("did:web:BOARD.example?service=a", DEREFERENCED, (400, "INVALID_DID_URL")),
        ("did:none:1?service=a", DEREFERENCED, (501, "METHOD_NOT_SUPPORTED")),
        ("did:none#a", DEREFERENCED, (400, "INVALID_DID_URL")),
        ("did:key:z6Mk#a", DEREFERENCED, (400, "INVALID_DID_URL")),
    ],
)
def test_what_a_did_url_does_not_name_is_said_so(
    did_url: str, accept: str, expected: tuple[int, str]
) -> None:
    assert refusal(dereferenced(did_url, accept)) == expected


def test_a_place_that_no_header_may_hold_is_listed() -> None:
    odd = {**FILES, "serviceEndpoint": "http://a.example/"}
    pages = Pages({WEB_URL: with_services(WEB.did, odd)})
    path = f"/1.0/identifiers/{WEB.did}%3Fservice=files"
    answer = client(fetch=pages).get(
        path.replace("did:web", "did%3Aweb"), headers={"Accept": "text/uri-list"}
    )
    assert (answer.status_code, answer.text) == (200, "http://a.example/\r\n")


def test_relative_urls_are_made_absolute_where_that_is_asked_for() -> None:
    pages = Pages({WEB_URL: with_services(WEB.did, FILES)})
    answer = resolved(f"{WEB.did}?expandRelativeUrls=true", fetch=pages)
    (service,) = answer.json()["didDocument"]["service"]
    assert service["id"] == f"{WEB.did}#files"


@pytest.mark.parametrize(
    ("did_url", "accept", "query", "status"),
    [
        (WEB.did, RESULT, "?expandRelativeUrls=true", 200),
        (WEB.did, DEREFERENCED, "", 200),
        (KEY, "application/json", "", 200),
        (WEB.did, "application/did", "?serviceType=Files", 200),
        (WEB.did, "text/uri-list", "?service=files&relativeRef=a", 303),
        (WEB.did, "text/uri-list", "?serviceType=Files", 200),
        (WEB.did, DEREFERENCED, "?service=absent", 404),
        (WEB.did, DEREFERENCED, "?resource=true&service=files", 501),
        (KEY, DEREFERENCED, "?verificationRelationship=x", 400),
        (WEB.did, RESULT, "?versionId=1&versionTime=2026-01-01T00:00:00Z", 404),
    ],
)
def test_what_is_answered_is_described(
    did_url: str, accept: str, query: str, status: int
) -> None:
    paths = client().get("/openapi.json").json()["paths"]
    described = paths["/1.0/identifiers/{did}"]["get"]
    answer = dereferenced(did_url, accept, query)
    assert answer.status_code == status
    found = described["responses"][str(status)]
    if answer.content:
        assert answer.headers["content-type"].partition(";")[0] in found["content"]
    options = {one["name"] for one in described["parameters"] if one["in"] == "query"}
    assert {part.partition("=")[0] for part in query[1:].split("&") if part} <= options
