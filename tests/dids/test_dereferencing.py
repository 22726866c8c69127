"""DID URLs: documents, parts of them, services and resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.exchange import Gone, NotFound
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.records import replace
from medid.dids import dereferencing, resolver
from medid.dids.dereferencing import (
    MAX_RESOURCE,
    Dereferenced,
    dereference,
    needs,
    read,
)
from medid.dids.document import DidDocument
from medid.dids.methods import web
from medid.dids.resolution import LATEST
from medid.dids.syntax import Did
from medid.dids.webvh.services import services
from medid.errors import (
    DidDeactivated,
    DidNotFound,
    EvidenceUnavailable,
    FetchFailed,
    HistoryUnknown,
    InvalidDid,
    InvalidRelationship,
    InvalidVerificationMethod,
    MedidError,
)
from tests.dids.builders import BOARD, NOON, board, published
from tests.dids.webvh import logs

if TYPE_CHECKING:
    from medid.core.json import JsonObject

FILES: JsonObject = {
    "id": "#files",
    "type": ["Files", "Other"],
    "serviceEndpoint": "https://files.example/a/",
}
TWO: JsonObject = {
    "id": f"{BOARD}#two",
    "type": "Files",
    "serviceEndpoint": ["https://one.example/x", "https://two.example/y", {"a": "b"}],
}
ANCHORED: JsonObject = {
    "id": "#anchored",
    "type": "Page",
    "serviceEndpoint": "https://a.example/#top",
}
DOCUMENT = board(service=[FILES, TWO, ANCHORED])
METHOD: Any = DOCUMENT["verificationMethod"][0]  # type: ignore[index]
KNOWN = published(DOCUMENT)


def found(text: str, evidence: Evidence = KNOWN, **options: Any) -> Dereferenced:
    return dereference(read(BOARD + text), evidence, **options)


def part(text: str) -> Any:
    return found(text).content


def uris(text: str) -> Any:
    answer = found(text, uri_list=True)
    assert answer.content_type == "text/uri-list"
    return answer.content


def test_a_bare_did_names_its_document() -> None:
    answer = found("")
    assert answer.content == DOCUMENT
    assert answer.content_type == "application/did"


def test_the_versions_asked_for_reach_the_resolution() -> None:
    with pytest.raises(DidNotFound, match="no versions"):
        found("?versionId=1")
    with pytest.raises(HistoryUnknown):
        found("?versionTime=2001-01-01T00:00:00Z")
    assert found("?versionTime=2126-01-01T00:00:00Z").content == DOCUMENT


def test_a_fragment_names_a_method_or_a_service() -> None:
    name = METHOD["id"].partition("#")[2]
    context = {"@context": DOCUMENT["@context"]} if "@context" in DOCUMENT else {}
    assert part(f"#{name}") == {**context, **METHOD}
    assert part("#files") == {**context, **FILES}
    assert part("#two") == {**context, **TWO}
    for absent in ("#", "#none", "#Files"):
        with pytest.raises(DidNotFound, match="this name"):
            found(absent)


def test_an_embedded_method_is_found_under_its_relationship() -> None:
    method: JsonObject = {
        "id": "#inside",
        "type": "Multikey",
        "controller": BOARD,
        "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    }
    known = published({"id": BOARD, "keyAgreement": [method, "#other"]})
    assert found("#inside", known).content == method


@pytest.mark.parametrize(
    "text",
    [
        "?service=files#key-1",
        "?serviceType=Files#key-1",
        "?service=files",
        "?resource=true&service=files#key-1",
        "/a#key-1",
    ],
)
@pytest.mark.parametrize("name", ["assertionMethod", "keyAgreement"])
def test_a_relationship_is_asked_of_no_service(text: str, name: str) -> None:
    # Whoever asks for it takes the answer for a key that is allowed for it.
    asked = read(BOARD + text, [("verificationRelationship", name)])
    for uri_list in (False, True):
        with pytest.raises(InvalidVerificationMethod, match="no verification method"):
            dereference(asked, KNOWN, uri_list=uri_list)


def test_a_relationship_is_asked_of_a_method() -> None:
    (allowed,) = DidDocument.parse(DOCUMENT).ids_for("assertionMethod")
    fragment = "#" + allowed.partition("#")[2]
    option = [("verificationRelationship", "assertionMethod")]
    asked = read(BOARD + fragment, option)
    content = dereference(asked, KNOWN).content
    assert isinstance(content, dict)
    assert content["id"] in {allowed, fragment}
    other = read(BOARD + fragment, [("verificationRelationship", "keyAgreement")])
    with pytest.raises(InvalidRelationship, match="keyAgreement"):
        dereference(other, KNOWN)
    for text in ("#none", "#files", ""):
        with pytest.raises(InvalidVerificationMethod):
            dereference(read(BOARD + text, option), KNOWN)


def test_services_are_selected_by_id_and_type() -> None:
    for text in ("?service=files", "?service=%23files", f"?service={BOARD}%23files"):
        assert part(text)["service"] == [FILES]
    assert part("?serviceType=Files")["service"] == [FILES, TWO]
    assert part("?serviceType=Files&service=two")["service"] == [TWO]
    assert part("?service=files")["id"] == BOARD
    for text in ("?service=none", "?serviceType=None", "?service=files&serviceType=X"):
        with pytest.raises(DidNotFound, match="no such service"):
            found(text)


def test_a_fragment_is_looked_for_beside_the_selected_services() -> None:
    name = METHOD["id"].partition("#")[2]
    assert part("?service=files#files")["serviceEndpoint"] == FILES["serviceEndpoint"]
    assert part("?serviceType=Files#two")["id"] == TWO["id"]
    assert part(f"?service=files#{name}")["id"] == METHOD["id"]
    # What was not selected is not there, nor is what never was.
    for absent in ("#two", "#anchored", "#none", "#"):
        with pytest.raises(DidNotFound, match="this name"):
            found(f"?service=files{absent}")


def test_selected_services_are_expanded_where_that_is_asked_for() -> None:
    content = part("?serviceType=Files&expandRelativeUrls=true")
    assert [one["id"] for one in content["service"]] == [f"{BOARD}#files", TWO["id"]]
    method = content["verificationMethod"][0]["id"]
    assert method.startswith(f"{BOARD}#")
    answer = part("?service=files&expandRelativeUrls=true#files")
    assert answer["id"] == f"{BOARD}#files"


def test_endpoints_are_listed_and_followed() -> None:
    assert uris("?service=files") == ["https://files.example/a/"]
    assert uris("?service=two") == ["https://one.example/x", "https://two.example/y"]
    assert uris("?service=files&relativeRef=b%3Fc") == ["https://files.example/a/b?c"]
    assert uris("?service=files&relativeRef=%2Fb#d") == ["https://files.example/b#d"]
    assert uris("?serviceType=Page") == ["https://a.example/#top"]
    with pytest.raises(DidNotFound, match="fragment of its own"):
        uris("?serviceType=Page#other")
    only_map = published(board(service=[{**FILES, "serviceEndpoint": {"a": "b"}}]))
    with pytest.raises(DidNotFound, match="endpoint that is a URL"):
        found("?service=files", only_map, uri_list=True)


def test_a_relative_reference_needs_a_service() -> None:
    with pytest.raises(DidNotFound, match="leads nowhere"):
        found("?relativeRef=%2Fa")
    # Where it leads to is no part of the document with that service.
    assert part("?service=files&relativeRef=%2Fa")["service"] == [FILES]


def test_no_endpoint_is_fetched_unless_what_is_there_is_wanted() -> None:
    for text in ("?service=files", "?service=files&relativeRef=a", "#files"):
        (need,) = needs(read(BOARD + text), KNOWN)
        assert need.kind == "did-document"


def test_a_resource_is_asked_for_once_its_place_is_known() -> None:
    asked = read(f"{BOARD}?service=files&relativeRef=a.pdf&resource=true")
    (document,) = needs(asked, Evidence())
    assert document.kind == "did-document"
    place = "https://files.example/a/a.pdf"
    (_, resource) = needs(asked, KNOWN)
    assert (resource.kind, resource.url) == ("did-resource", place)
    assert resource.max_bytes == MAX_RESOURCE
    with pytest.raises(EvidenceUnavailable):
        dereference(asked, KNOWN)
    fetched = Fetched.of(place, b"%PDF", fetched_at=NOON, media_type="application/pdf")
    answer = dereference(asked, KNOWN.with_answers([(place, fetched)]))
    assert (answer.content, answer.content_type) == (b"%PDF", "application/pdf")
    untyped = Fetched.of(place, b"x", fetched_at=NOON)
    answer = dereference(asked, KNOWN.with_answers([(place, untyped)]))
    assert answer.content_type == "application/octet-stream"
    failed = KNOWN.with_answers([(place, FetchFailed("failed"))])
    with pytest.raises(FetchFailed):
        dereference(asked, failed)
    for answered in (NotFound("404"), Gone("410")):
        absent = KNOWN.with_answers([(place, answered)])
        with pytest.raises(DidNotFound, match="no such document"):
            dereference(asked, absent)


@pytest.mark.parametrize(
    "text", ["?service=two", "?service=none", "?serviceType=Page#x"]
)
def test_nothing_is_fetched_for_a_resource_without_one_place(text: str) -> None:
    text = text.replace("?", "?resource=true&", 1)
    assert len(needs(read(BOARD + text), KNOWN)) == 1
    with pytest.raises(DidNotFound):
        found(text)


def test_methods_without_paths_have_none() -> None:
    assert len(needs(read(f"{BOARD}/a"), KNOWN)) == 1
    with pytest.raises(DidNotFound, match="no paths"):
        found("/a")


def test_what_was_given_up_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = replace(
        web.resolve(read(BOARD).url.did, KNOWN, LATEST),
        metadata={"deactivated": True},
    )
    monkeypatch.setattr(resolver, "resolution", lambda *_asked: gone)
    with pytest.raises(DidDeactivated):
        found("#files")


def test_relative_urls_are_made_absolute() -> None:
    raw: JsonObject = {
        "id": BOARD,
        "verificationMethod": [{"id": "#k"}, {"id": f"{BOARD}#l"}, {"type": "none"}],
        "authentication": ["#k", f"{BOARD}#l", {"id": "#m"}],
        "service": [{"id": "#s"}],
        "alsoKnownAs": ["#a"],
        "keyAgreement": "none",
    }
    assert dereferencing.expanded(raw) == {
        "id": BOARD,
        "verificationMethod": [
            {"id": f"{BOARD}#k"},
            {"id": f"{BOARD}#l"},
            {"type": "none", "id": None},
        ],
        "authentication": [f"{BOARD}#k", f"{BOARD}#l", {"id": f"{BOARD}#m"}],
        "service": [{"id": f"{BOARD}#s"}],
        "alsoKnownAs": ["#a"],
        "keyAgreement": "none",
    }
    expanded = found("?expandRelativeUrls=true").content
    assert isinstance(expanded, dict)
    services = expanded["service"]
    assert isinstance(services, list)
    assert services[0] == {**FILES, "id": f"{BOARD}#files"}


def test_what_is_no_did_url_is_refused() -> None:
    with pytest.raises(InvalidDid):
        read("did:web:a?^")
    with pytest.raises(MedidError):
        read(f"{BOARD}?a=1")


def test_a_did_names_what_its_absolute_id_says() -> None:
    absolute: JsonObject = {"id": f"{BOARD}#far", "type": "X", "serviceEndpoint": "a:b"}
    assert found("#far", published({"id": BOARD, "service": [absolute]})).content == {
        **absolute
    }


# Paths of did:webvh.


def logged(**members: Any) -> tuple[str, Evidence]:
    entry = logs.first(document={**logs.state(), **members})
    return str(logs.did_of([entry])), logs.published([entry])


def places(text: str, **members: Any) -> Any:
    did, known = logged(**members)
    return dereference(read(f"{did}{text}"), known, uri_list=True).content


def test_every_did_webvh_has_files_and_whois() -> None:
    did, known = logged()
    for path, place in (
        ("/a/b.pdf", "https://board.example/a/b.pdf"),
        ("/whois", "https://board.example/whois.vp"),
        ("/whois/x", "https://board.example/whois/x"),
    ):
        asked = read(f"{did}{path}")
        assert [one.url for one in needs(asked, known)][-1] == place
        fetched = Fetched.of(place, b"content", fetched_at=NOON)
        found = dereference(asked, known.with_answers([(place, fetched)]))
        assert found.content == b"content"
    assert places("?service=whois") == ["https://board.example/whois.vp"]
    beside = places("?service=files&relativeRef=%2Fa")
    assert beside == ["https://board.example/a"]
    content = dereference(read(f"{did}#files"), known).content
    assert isinstance(content, dict)
    assert content["serviceEndpoint"] == "https://board.example/"
    assert "service" not in dereference(read(did), known).content  # type: ignore[operator]


def test_a_version_of_a_did_webvh_may_be_asked_for_by_its_number() -> None:
    entries = logs.several(2)
    did, known = str(logs.did_of(entries)), logs.published(entries)
    for number, entry in enumerate(entries, start=1):
        answer = dereference(read(f"{did}?versionNumber={number}"), known)
        assert answer.metadata["versionId"] == entry["versionId"]
    with pytest.raises(DidNotFound):
        dereference(read(f"{did}?versionNumber=3"), known)
    with pytest.raises(DidNotFound, match="no versions"):
        found("?versionNumber=1")


def test_a_document_may_say_otherwise() -> None:
    files = {
        "id": "#files",
        "type": "relativeRef",
        "serviceEndpoint": "https://c.example/d/",
    }
    did, known = logged(service=[files])
    (_, resource) = needs(read(f"{did}/a"), known)
    assert resource.url == "https://c.example/d/a"
    odd = {**files, "serviceEndpoint": {"uri": "https://c.example/"}}
    did, known = logged(service=[odd])
    with pytest.raises(DidNotFound, match="endpoint that is a URL"):
        dereference(read(f"{did}/a"), known)


def test_a_service_of_another_did_stands_for_none_of_this_one() -> None:
    for name in ("did:web:other.example#files", "https://other.example/#files"):
        files = {"id": name, "type": "x", "serviceEndpoint": "https://o.example/"}
        did, known = logged(service=[files])
        (_, resource) = needs(read(f"{did}/a"), known)
        assert resource.url == "https://board.example/a"


def test_a_service_of_a_did_that_moved_is_its_own_under_either_name() -> None:
    one = logs.first("a", portable=True)
    old = str(logs.did_of([one]))
    new = old.replace("board.example", "new.example")
    stated: Any = [
        {"id": f"{new}#files", "type": "x", "serviceEndpoint": "https://f.example/"},
        {"id": "#whois", "type": "y", "serviceEndpoint": "https://w.example/"},
    ]
    moved = {**logs.state(new), "alsoKnownAs": [old], "service": stated}
    for did in (old, new):
        assert services(Did.parse(did), moved) == stated
    named_so = {**stated[0], "id": f"{old}#files"}
    found = services(Did.parse(old), {**moved, "service": [named_so]})
    assert [one["id"] for one in found[1:]] == [f"{old}#whois"]  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    "path",
    ["/", "/a/", "//b.example/a", "/../a", "/a/./b", "/%2e%2e/a", "/a%2Fb", "/%61"],
)
def test_a_path_that_leads_elsewhere_leads_nowhere(path: str) -> None:
    did, known = logged()
    asked = read(f"{did}{path}")
    assert [one.kind for one in needs(asked, known)] == ["did-document"]
    with pytest.raises(InvalidDid):
        dereference(asked, known)
