"""A Universal Resolver on loopback, asked about the methods it is trusted with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import medid
from medid.adapters.routes import RoutedFetch
from medid.adapters.universal_resolver import UniversalResolverFetch
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, FetchRequest, NoFetch
from medid.core.instant import Instant
from medid.dids import resolver as dids
from medid.dids.document import DidDocument
from medid.dids.methods import foreign
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    DidDeactivated,
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    HistoryUnknown,
    InvalidDidDocument,
    MedidError,
    MethodNotSupported,
    TooLarge,
)
from medid.verifying.gathering import gather
from tests.adapters.hosts import HOST, Authority, Script, answer, listening, saying
from tests.dids.builders import ED25519

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

pytestmark = pytest.mark.loopback

NOON = Instant.parse("2026-06-01T12:00:00Z")
DID = "did:ebsi:a%2Fb"
OTHER = "did:other:1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    return authority.server(HOST)


def resolver_at(
    authority: Authority,
    base: str,
    *,
    address: str = "127.0.0.1",
    loopback: bool = True,
) -> UniversalResolverFetch:
    return UniversalResolverFetch(
        base,
        ["ebsi", "tz"],
        allow_loopback=loopback,
        ca_file=authority.file,
        resolver=lambda _host, _port: [address],
        clock=lambda: NOON,
    )


def result(**members: Any) -> bytes:
    method = {
        "id": f"{DID}#k",
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": ED25519.to_multikey(),
    }
    document = {
        "id": DID,
        "verificationMethod": [method],
        "assertionMethod": [f"{DID}#k"],
    }
    return json.dumps(
        {
            "didDocument": document,
            "didResolutionMetadata": {},
            "didDocumentMetadata": {},
            **members,
        }
    ).encode()


RESULT = "Content-Type: application/did-resolution"
SOUND = saying(answer(result(), fields=(RESULT,)))


def resolved(
    authority: Authority,
    tls: ssl.SSLContext,
    script: Script,
    *,
    did: str = DID,
    path: str = "/resolver/",
    at: Instant | None = None,
) -> tuple[DidDocument | MedidError, list[bytes]]:
    with listening(script, tls) as host:
        fetch = resolver_at(authority, host.url(path))
        try:
            return medid.resolve(did, fetch=fetch, at=at), host.requests
        except MedidError as error:
            return error, host.requests


def test_the_resolver_is_asked_for_the_whole_did(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    found, asked = resolved(authority, tls, SOUND)
    assert isinstance(found, DidDocument)
    assert found.method_for(f"{DID}#k", "assertionMethod").key == ED25519
    (head,) = asked
    line, *fields = head.decode().split("\r\n")
    assert line == "GET /resolver/1.0/identifiers/did%3Aebsi%3Aa%252Fb HTTP/1.1"
    assert "Accept: application/did-resolution" in fields


@pytest.mark.parametrize("did", [OTHER, "did:ebs:1", "did:ebsis:1"])
def test_about_another_method_it_is_never_asked(
    authority: Authority, tls: ssl.SSLContext, did: str
) -> None:
    found, asked = resolved(authority, tls, SOUND, did=did)
    assert isinstance(found, MethodNotSupported)
    assert asked == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("404 Not Found", DidNotFound),
        ("410 Gone", DidDeactivated),
        ("400 Bad Request", FetchFailed),
        ("500 Internal Server Error", FetchFailed),
        ("501 Not Implemented", FetchFailed),
        # Refused by the fetcher: nobody has resolved it.
        ("302 Found", MethodNotSupported),
    ],
)
def test_a_status_is_an_answer_or_a_failure(
    authority: Authority, tls: ssl.SSLContext, status: str, kind: type[MedidError]
) -> None:
    found, _ = resolved(authority, tls, saying(answer(result(), status=status)))
    assert isinstance(found, kind)


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_what_it_says_of_now_it_does_not_say_of_then(
    authority: Authority, tls: ssl.SSLContext, status: str
) -> None:
    script = saying(answer(result(), status=status))
    found, _ = resolved(authority, tls, script, at=NOON.plus(-86_400))
    assert isinstance(found, HistoryUnknown)


def test_sealed_evidence_tells_the_same_later(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    did = Did.parse(DID)
    for script in (SOUND, saying(answer(status="410 Gone")), saying(answer(b"{}"))):
        with listening(script, tls) as host:
            known = gather(
                Evidence(),
                lambda known: foreign.needs(did, known),
                resolver_at(authority, host.url("")),
            )
        replayed = Evidence.from_json(known.as_json())
        assert replayed.digest() == known.digest()
        assert _said(replayed) == _said(known)


def _said(evidence: Evidence) -> object:
    return dids.resolution_result(DID, evidence)


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"{}", result(didDocument={"id": "did:ebsi:b"})],
)
def test_what_is_no_result_for_the_did_is_refused(
    authority: Authority, tls: ssl.SSLContext, body: bytes
) -> None:
    found, _ = resolved(authority, tls, saying(answer(body, fields=(RESULT,))))
    assert isinstance(found, InvalidDidDocument)


def test_an_endless_answer_is_cut(authority: Authority, tls: ssl.SSLContext) -> None:
    body = result().ljust(foreign.MAX_RESULT + 1)
    found, _ = resolved(authority, tls, saying(answer(body, fields=(RESULT,))))
    assert isinstance(found, TooLarge)


def test_of_the_past_it_tells_nothing(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    found, _ = resolved(authority, tls, SOUND, at=NOON.plus(-3_600))
    assert isinstance(found, HistoryUnknown)
    found, _ = resolved(authority, tls, SOUND, at=NOON)
    assert isinstance(found, DidDocument)


def test_its_certificate_must_be_valid(authority: Authority) -> None:
    found, asked = resolved(authority, authority.server("evil.example"), SOUND)
    assert isinstance(found, FetchFailed)
    assert asked == []


def _asked(url: str) -> FetchRequest:
    return FetchRequest(url=url, accept="application/json", max_bytes=1_000)


def _fetch(fetch: UniversalResolverFetch, url: str) -> Fetched | MedidError:
    (found,) = fetch.fetch_all([_asked(url)], seconds=5)
    return found


def test_documents_on_the_web_are_still_guarded(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    # The resolver may stand at any address; what documents name may not.
    with listening(saying(answer()), tls) as host:
        closed = resolver_at(authority, host.url(""), loopback=False)
        assert isinstance(_fetch(closed, host.url()), FetchBlocked)
        assert host.connections == 0
        assert isinstance(_fetch(closed, DID), Fetched)
        assert isinstance(
            _fetch(resolver_at(authority, host.url("")), host.url()), Fetched
        )


@pytest.mark.parametrize("url", ["did:", "did:ebsi", "did:ebsi:a b", "did:ebsi:a#k"])
def test_what_is_no_did_is_not_asked_for(authority: Authority, url: str) -> None:
    fetch = resolver_at(authority, "https://resolver.example")
    assert isinstance(_fetch(fetch, url), FetchBlocked)


def test_a_did_that_is_too_long_for_a_url_is_not_asked_for(
    authority: Authority,
) -> None:
    fetch = resolver_at(authority, "https://resolver.example")
    assert isinstance(_fetch(fetch, "did:ebsi:" + "a" * 3_000), FetchBlocked)


@pytest.mark.parametrize("address", ["not an address", "127.0.0.1"])
def test_a_resolver_that_cannot_be_reached_says_nothing(
    authority: Authority, address: str
) -> None:
    fetch = resolver_at(authority, "https://resolver.example:1", address=address)
    assert isinstance(_fetch(fetch, DID), FetchFailed)


@pytest.mark.parametrize(
    "methods",
    [
        [],
        (),
        "ebsi",
        ["EBSI"],
        [""],
        ["a:b"],
        ["ebsi", "web"],
        ["key"],
        ["webvh"],
    ],
)
def test_it_is_trusted_with_methods_that_medid_does_not_know(
    methods: Sequence[str],
) -> None:
    with pytest.raises(ConfigurationError, match=r"\$\.methods"):
        UniversalResolverFetch("https://resolver.example", methods)


@pytest.mark.parametrize(
    "base",
    [
        "http://resolver.example",
        "https://127.0.0.1",
        "https://localhost",
        "https://user@resolver.example",
        "https://resolver.example/#a",
        "resolver.example",
        "",
    ],
)
def test_it_is_asked_over_https_by_name(base: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\$\.base"):
        UniversalResolverFetch(base, ["ebsi"])


def test_on_a_route_of_its_own_it_is_asked_for_its_methods_alone(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    with listening(SOUND, tls) as host:
        helper = resolver_at(authority, host.url(""))
        fetch = RoutedFetch({"did:ebsi": helper}, otherwise=NoFetch())
        found = fetch.fetch_all([_asked(OTHER), _asked(DID)], seconds=5)
    assert isinstance(found[0], EvidenceUnavailable)
    assert isinstance(found[1], Fetched)
    assert found[1].url == DID
