"""The resolver: the right method, and DID Resolution results with their errors."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.evidence import Evidence
from medid.core.multibase import to_base58btc
from medid.core.records import replace
from medid.dids import resolver
from medid.dids.methods import jwk, key, web
from medid.dids.syntax import Did
from medid.errors import (
    DidDeactivated,
    DidNotFound,
    FetchFailed,
    InvalidDid,
    MedidError,
    MethodNotSupported,
)
from tests.dids.builders import BOARD, ED25519, P256, board, published

if TYPE_CHECKING:
    from medid.core.json import JsonObject

NOTHING = Evidence()
ED448 = to_base58btc(b"\x83\x24" + bytes(57))  # a kind of key that medid has not


def error_of(text: str, evidence: Evidence = NOTHING) -> JsonObject:
    result = resolver.resolution_result(text, evidence)
    assert result["didDocument"] is None
    metadata = result["didResolutionMetadata"]
    assert isinstance(metadata, dict)
    error = metadata["error"]
    assert isinstance(error, dict)
    return error


def test_each_did_goes_to_its_method() -> None:
    for did in (key.create(ED25519), jwk.create(P256)):
        assert not resolver.needs(did, NOTHING)
        assert resolver.resolve(did, NOTHING).id == did
    did = Did.parse(BOARD)
    assert resolver.needs(did, NOTHING) == web.needs(did, NOTHING)
    assert resolver.document_url(did) == web.document_url(did)
    assert resolver.resolve(did, published(board())).raw == board()


@pytest.mark.parametrize(
    "text",
    ["did:example:1", "did:unknown:x:y.z"],
)
def test_other_methods_are_not_guessed_at(text: str) -> None:
    did = Did.parse(text)
    with pytest.raises(MethodNotSupported, match="did:jwk, did:key, "):
        resolver.resolve(did, NOTHING)


@pytest.mark.parametrize("name", resolver.SUPPORTED)
def test_every_method_that_is_named_is_there(name: str) -> None:
    module = import_module(f"medid.dids.methods.{name}")
    assert name == module.NAME
    assert resolver._method(name) is module


def test_every_method_that_is_there_is_named() -> None:
    folder = Path(web.__file__).parent
    found = {one.stem for one in folder.glob("[a-z]*.py")}
    assert found == {*resolver.SUPPORTED, "foreign"}


def test_a_result_holds_the_document() -> None:
    did = key.create(ED25519)
    assert resolver.resolution_result(str(did), NOTHING) == {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": key.expand(did).raw,
        "didResolutionMetadata": {"contentType": "application/did"},
        "didDocumentMetadata": {},
    }


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("", "INVALID_DID", "INVALID_DID"),
        ("not a did", "INVALID_DID", "INVALID_DID"),
        (f"{BOARD}#key-1", "INVALID_DID", "INVALID_DID"),
        ("did:web:127.0.0.1", "INVALID_DID", "INVALID_DID"),
        ("did:key:z0", "INVALID_DID", "INVALID_DID"),
        (
            f"did:key:{ED448}",
            "INVALID_DID",
            "INVALID_VERIFICATION_METHOD",
        ),
        (
            "did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP",
            "INVALID_DID",
            "CRYPTOGRAPHIC_SECURITY_ERROR",
        ),
        ("did:example:1", "METHOD_NOT_SUPPORTED", "METHOD_NOT_SUPPORTED"),
        (BOARD, "INTERNAL_ERROR", "EVIDENCE_UNAVAILABLE"),
    ],
)
def test_an_error_is_named_as_did_resolution_names_it(
    text: str, kind: str, code: str
) -> None:
    error = error_of(text)
    assert error["type"] == f"https://www.w3.org/ns/did#{kind}"
    assert error["title"] == code
    assert error["detail"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (DidNotFound("none"), "NOT_FOUND"),
        (FetchFailed("failed"), "INTERNAL_ERROR"),
    ],
)
def test_what_the_evidence_reports_is_named_too(answer: MedidError, kind: str) -> None:
    evidence = Evidence().with_answers([(web.document_url(Did.parse(BOARD)), answer)])
    assert error_of(BOARD, evidence)["type"] == f"https://www.w3.org/ns/did#{kind}"
    result = resolver.resolution_result(BOARD, evidence)
    assert result["didDocumentMetadata"] == {}


def test_of_a_did_that_was_given_up_there_is_metadata_and_no_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metadata: JsonObject = {"versionId": "2", "deactivated": True}
    did = key.create(ED25519)
    gone = replace(resolver.resolution(did, NOTHING), metadata=metadata)
    monkeypatch.setattr(key, "resolve", lambda *_asked: gone)
    assert resolver.resolution(did, NOTHING) is gone
    with pytest.raises(DidDeactivated):
        resolver.resolve(did, NOTHING)
    result = resolver.resolution_result(str(did), NOTHING)
    assert result["didDocument"] is None
    assert result["didDocumentMetadata"] == metadata
    assert result["didResolutionMetadata"] == {}


@pytest.mark.parametrize(
    "content", [b"<html>", b"[" * 200 + b"]" * 200, b'{"id":"did:web:evil.example"}']
)
def test_a_document_that_is_none_is_named_so(content: bytes) -> None:
    error = error_of(BOARD, published(content))
    assert error["type"] == "https://www.w3.org/ns/did#INVALID_DID_DOCUMENT"


@given(st.text(max_size=30), st.sampled_from(["", "did:key:z", "did:jwk:", "did:web:"]))
def test_whatever_the_text_a_result_comes_back(text: str, prefix: str) -> None:
    result = resolver.resolution_result(prefix + text, NOTHING)
    assert (result["didDocument"] is None) is (
        "error" in dict(result["didResolutionMetadata"])  # type: ignore[arg-type]
    )
    if result["didDocument"] is None and prefix == "":
        with pytest.raises((InvalidDid, MethodNotSupported)):
            resolver.needs(Did.parse(text), NOTHING)
