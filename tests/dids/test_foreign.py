"""Methods of others: what a helper says is believed in its own field only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.core.evidence import SEEN_LATER, Evidence
from medid.core.fetch import Fetched
from medid.dids import resolver
from medid.dids.methods import foreign
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import (
    DidDeactivated,
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    HistoryUnknown,
    InvalidDid,
    InvalidDidDocument,
    MedidError,
    MethodNotSupported,
    TooLarge,
)
from tests.dids.builders import ED25519, NOON

if TYPE_CHECKING:
    from medid.core.json import JsonObject

DID = "did:ebsi:zfEmvX5twhXjQJiCWsukvQA"
PARSED = Did.parse(DID)
EARLIER = NOON.plus(-86_400)


def document(**members: Any) -> JsonObject:
    method = {
        "id": f"{DID}#k",
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": ED25519.to_multikey(),
    }
    return {
        "id": DID,
        "verificationMethod": [method],
        "assertionMethod": [f"{DID}#k"],
        **members,
    }


def result(**members: Any) -> JsonObject:
    return {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": document(),
        "didResolutionMetadata": {"contentType": "application/did"},
        "didDocumentMetadata": {},
        **members,
    }


def said(answer: object, *, media_type: str = "application/did-resolution") -> Evidence:
    if isinstance(answer, MedidError):
        return Evidence({DID: answer})
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    fetched = Fetched.of(DID, content, fetched_at=NOON, media_type=media_type)
    return Evidence({DID: fetched})


@pytest.mark.parametrize("name", ["didResolutionMetadata", "didDocumentMetadata"])
def test_metadata_may_be_left_out(name: str) -> None:
    bare = {key: value for key, value in result().items() if key != name}
    for answer in (bare, {**bare, name: None}):
        found = resolver.resolution(PARSED, said(answer))
        assert (found.document.raw, dict(found.metadata)) == (document(), {})


def test_the_result_is_asked_for_by_the_did_itself() -> None:
    (need,) = resolver.needs(PARSED, Evidence())
    assert (need.url, need.kind, need.accept, need.max_bytes) == (
        DID,
        "did-resolution",
        "application/did-resolution",
        foreign.MAX_RESULT,
    )


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "application/did-resolution",
        "application/json",
        "application/ld+json",
    ],
)
def test_the_document_of_the_result_is_the_document(media_type: str) -> None:
    metadata = {"created": "2020-01-01T00:00:00Z", "versionId": "4"}
    known = said(result(didDocumentMetadata=metadata), media_type=media_type)
    found = resolver.resolution(PARSED, known)
    assert found.document.raw == document()
    assert found.metadata == metadata
    assert found.document.method_for(f"{DID}#k", "assertionMethod").key == ED25519
    assert resolver.resolution_result(DID, known)["didDocument"] == document()


@pytest.mark.parametrize(
    "answer", [None, EvidenceUnavailable("no network"), FetchBlocked("not https")]
)
def test_without_a_helper_the_method_is_unknown(answer: MedidError | None) -> None:
    known = Evidence() if answer is None else said(answer)
    with pytest.raises(MethodNotSupported, match="did:jwk, did:key, ") as caught:
        resolver.resolve(PARSED, known)
    assert caught.value.code == "METHOD_NOT_SUPPORTED"
    with pytest.raises(MethodNotSupported, match="no helper"):
        foreign.resolve(PARSED, known, LATEST)


def test_a_helper_that_is_down_says_nothing() -> None:
    with pytest.raises(FetchFailed):
        resolver.resolve(PARSED, said(FetchFailed("no connection")))
    with pytest.raises(DidNotFound):
        resolver.resolve(PARSED, said(DidNotFound("no such DID")))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("notFound", DidNotFound),
        ({"type": "https://www.w3.org/ns/did#NOT_FOUND"}, DidNotFound),
        ({"type": "NOT_FOUND", "title": "x"}, DidNotFound),
        ("invalidDid", InvalidDid),
        ({"type": "https://www.w3.org/ns/did#INVALID_DID"}, InvalidDid),
        ("invalidDidDocument", InvalidDidDocument),
        ("methodNotSupported", MethodNotSupported),
        ("internalError", EvidenceUnavailable),
        ({"type": "https://www.w3.org/ns/did#INTERNAL_ERROR"}, EvidenceUnavailable),
        ({}, EvidenceUnavailable),
        ("", EvidenceUnavailable),
        (False, EvidenceUnavailable),
        (["notFound"], EvidenceUnavailable),
    ],
)
def test_an_error_counts_before_any_document(
    error: object, kind: type[MedidError]
) -> None:
    known = said(result(didResolutionMetadata={"error": error}))
    with pytest.raises(kind) as caught:
        resolver.resolve(PARSED, known)
    assert type(caught.value) is kind
    assert caught.value.path == "$.didResolutionMetadata.error"


@pytest.mark.parametrize("shown", [document(), None, {"id": "did:ebsi:other"}])
@pytest.mark.parametrize("flag", [True, "true", 1, None])
def test_a_did_that_was_given_up_has_no_keys(shown: object, flag: object) -> None:
    metadata = {"deactivated": flag, "nextVersionId": "9", "updated": str(NOON)}
    known = said(result(didDocument=shown, didDocumentMetadata=metadata))
    found = resolver.resolution(PARSED, known)
    assert found.deactivated
    assert found.document.raw == {"id": DID}
    assert found.metadata == {"deactivated": True, "updated": str(NOON)}
    with pytest.raises(DidDeactivated):
        resolver.resolve(PARSED, known)


def test_a_helper_may_answer_that_a_did_was_given_up() -> None:
    found = resolver.resolution(PARSED, said(DidDeactivated("410")))
    assert (found.deactivated, found.document.raw) == (True, {"id": DID})


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"[]",
        {},
        document(),
        result(didDocument=None),
        result(didDocument={}),
        result(didDocument=[document()]),
        result(didDocument="x"),
        result(didDocumentMetadata=[]),
        result(didResolutionMetadata="x"),
        result(didDocument=document(id="did:ebsi:other")),
        result(didDocument=document(id=DID.upper())),
        result(didDocument=document(id="did:web:board.example")),
        result(didDocumentMetadata={"updated": "yesterday"}),
        result(didDocumentMetadata={"created": 1}),
        result(didDocumentMetadata={"nextUpdate": None}),
        result(didDocumentMetadata={"versionId": 1}),
    ],
)
def test_anything_else_is_no_result(answer: object) -> None:
    with pytest.raises(InvalidDidDocument):
        resolver.resolve(PARSED, said(answer))


@pytest.mark.parametrize("media_type", ["text/html", "application/did", "application/"])
def test_a_login_page_is_no_result(media_type: str) -> None:
    with pytest.raises(InvalidDidDocument, match="something else"):
        resolver.resolve(PARSED, said(result(), media_type=media_type))


def test_a_result_is_bounded() -> None:
    long = json.dumps(result()).encode().ljust(foreign.MAX_RESULT)
    assert resolver.resolve(PARSED, said(long)).raw == document()
    with pytest.raises(TooLarge):
        resolver.resolve(PARSED, said(long + b" "))


def test_a_version_must_be_the_one_at_hand() -> None:
    known = said(result(didDocumentMetadata={"versionId": "4"}))
    asked = ResolutionOptions(version_id="4")
    assert resolver.resolve(PARSED, known, asked).raw == document()
    for options in (
        ResolutionOptions(version_id="3"),
        ResolutionOptions(version_number=4),
    ):
        with pytest.raises(HistoryUnknown):
            resolver.resolve(PARSED, known, options)
    with pytest.raises(HistoryUnknown):
        resolver.resolve(PARSED, said(result()), asked)


def test_a_document_tells_nothing_of_a_time_before_it_was_seen() -> None:
    known = said(result())
    near = ResolutionOptions(version_time=NOON.plus(-SEEN_LATER))
    assert resolver.resolve(PARSED, known, near).raw == document()
    earlier = ResolutionOptions(version_time=NOON.plus(-SEEN_LATER - 1))
    with pytest.raises(HistoryUnknown):
        resolver.resolve(PARSED, known, earlier)


@pytest.mark.parametrize(
    ("metadata", "tells"),
    [
        ({"created": str(EARLIER), "updated": str(NOON.plus(-1))}, True),
        ({"created": str(NOON), "updated": str(NOON)}, True),
        ({"created": str(NOON.plus(1))}, False),
        ({"created": str(EARLIER), "updated": str(NOON.plus(1))}, False),
        ({"nextUpdate": str(NOON.plus(1))}, True),
        ({"nextUpdate": str(NOON)}, False),
    ],
)
def test_the_metadata_say_from_when_to_when(metadata: JsonObject, tells: bool) -> None:
    known = said(result(didDocumentMetadata=metadata))
    options = ResolutionOptions(version_time=NOON)
    if tells:
        assert resolver.resolve(PARSED, known, options).raw == document()
    else:
        with pytest.raises(HistoryUnknown):
            resolver.resolve(PARSED, known, options)
    assert resolver.resolve(PARSED, known).raw == document()


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(
    st.sampled_from(["didDocument", "didResolutionMetadata", "didDocumentMetadata"]),
    _VALUES,
)
def test_whatever_a_helper_says_no_other_document_comes_out(
    member: str, value: object
) -> None:
    try:
        found = resolver.resolve(PARSED, said(result(**{member: value})))
    except MedidError:
        pass
    else:
        assert found.raw == document()
