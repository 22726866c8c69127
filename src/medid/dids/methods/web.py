"""did:web: the identifier is a place on the web where its document is published.

The host is a DNS name in lower-case letters, digits and hyphens, never an address in
any spelling. That the name leads to a public address, over TLS and without redirects,
is the fetcher's to check; that the document it brought is this DID's, ``resolve``
checks. did:web keeps no history: what was published at a time is known to those who
saw it then, and to nobody else.

Spec: https://w3c-ccg.github.io/did-method-web/#read-resolve
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from medid.core.evidence import Need
from medid.dids.document import MAX_BYTES, SIGNING, DidDocument
from medid.dids.resolution import Resolution, ResolutionOptions, refuse_versions
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    DidNotFound,
    FetchFailed,
    InvalidDid,
    InvalidDidDocument,
    MedidError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence
    from medid.core.json import JsonObject
    from medid.keys import PublicKey

NAME: Final = "web"
ACCEPT: Final = "application/did, application/did+json, application/json;q=0.9"
WELL_KNOWN: Final = "/.well-known/did.json"

# RFC 1123 section 2.1. The last label begins with a letter, which no spelling of an
# IP address does: not 127.0.0.1, not 0x7f.1, not 017700000001, not 2130706433.
_LABEL: Final = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_LAST_LABEL: Final = r"[a-z](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+{_LAST_LABEL}|localhost")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_MAX_HOST: Final = 253  # characters, RFC 1035 section 2.3.4
_MAX_PORT: Final = 65_535

# What a path segment may not stand for once its percent-encoding is taken off.
_HIDDEN: Final = re.compile(rb"[/\\?#%\x00-\x20\x7f]")

# Documents are told by their content; this keeps login pages and images out early.
# Evidence that was supplied by hand states no media type.
_MEDIA_TYPE: Final = re.compile(r"|application/(?:did|json|[a-z0-9.+\-]+\+json)")

_KEPT: Final = 64  # documents of at most MAX_BYTES
_KEPT_PLACES: Final = 1_024  # of documents; as many as parsed DIDs are kept

_ABSENT: Final = frozenset({404, 410})  # RFC 9110: Not Found, Gone


def create(host: str, *segments: str, port: int | None = None) -> Did:
    """The did:web of a host and a path on it.

    Args:
        host: A DNS name in lower case.
        segments: The path, already percent-encoded where that is needed.
        port: Where it is not 443.

    Raises:
        InvalidDid: The host, port or a segment cannot be part of a did:web.
    """
    authority = host if port is None else f"{host}%3A{port}"
    did = Did(method=NAME, id=":".join((authority, *segments)))
    document_url(did)
    return did


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedKey:
    """A key as it will be listed: its fragment, and what it may be used for."""

    fragment: str
    key: PublicKey
    relationships: Sequence[str] = SIGNING[:1]


def document(did: Did, keys: Sequence[NamedKey]) -> JsonObject:
    """The document to publish at ``document_url(did)``.

    Raises:
        InvalidDid: Not a did:web.
        ConfigurationError: No keys, a fragment that is none or is given twice, or a
            key that could not be used for a relationship it is listed under.
    """
    document_url(did)
    if not keys:
        raise ConfigurationError("a document without keys says nothing")
    result: JsonObject = {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": str(did),
        "verificationMethod": [
            {
                "id": f"{did}#{named.fragment}",
                "type": "Multikey",
                "controller": str(did),
                "publicKeyMultibase": named.key.to_multikey(),
            }
            for named in keys
        ],
    }
    for named in keys:
        for name in named.relationships:
            listed = result.setdefault(name, [])
            if isinstance(listed, list):
                listed.append(f"{did}#{named.fragment}")
    _check_own(did, result, keys)
    return result


def _check_own(did: Did, result: JsonObject, keys: Sequence[NamedKey]) -> None:
    """What medid would refuse to use, medid does not publish."""
    try:
        parsed = DidDocument.parse(result, expected=did)
        for named in keys:
            for name in named.relationships:
                parsed.method_for(f"{did}#{named.fragment}", name)
    except MedidError as error:
        message = f"these keys make no usable document: {error.message}"
        raise ConfigurationError(message) from None


@lru_cache(maxsize=_KEPT_PLACES)
def document_url(did: Did) -> str:
    """Where the document of ``did`` is published.

    Raises:
        InvalidDid: Not a did:web of a DNS name, an optional port, and a plain path.
    """
    if did.method != NAME:
        raise InvalidDid("not a did:web")
    authority, *segments = did.id.split(":")
    for segment in segments:
        _check_segment(segment)
    path = "/".join(["", *segments, "did.json"]) if segments else WELL_KNOWN
    return f"https://{_authority(authority)}{path}"


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """The document that resolving ``did`` takes.

    Raises:
        InvalidDid: As ``document_url`` says.
    """
    del evidence
    return _needs(did)


@lru_cache(maxsize=_KEPT_PLACES)
def _needs(did: Did) -> tuple[Need]:
    need = Need(
        kind="did-document",
        url=document_url(did),
        accept=ACCEPT,
        max_bytes=MAX_BYTES,
    )
    return (need,)


def resolve(did: Did, evidence: Evidence, options: ResolutionOptions) -> Resolution:
    """The document of ``did`` that ``evidence`` holds.

    Raises:
        DidNotFound: A version is asked for by name, and did:web names none.
        HistoryUnknown: The document is of a later time than the one asked about.
        InvalidDid: As ``document_url`` says.
        DidNotFound: The host answered that there is no such document.
        EvidenceUnavailable: It was neither supplied nor fetched.
        FetchBlocked: The fetcher refused the address.
        FetchFailed: The host did not answer as https requires.
        InvalidDidDocument: Not a document of exactly this DID.
        TooLarge: Longer than 256 KiB, or nested too deep.
    """
    refuse_versions(options)
    try:
        fetched = evidence.get(document_url(did), at=options.version_time)
    except FetchFailed as error:
        raise settled(error) from None
    if _MEDIA_TYPE.fullmatch(fetched.media_type) is None:
        raise InvalidDidDocument(
            "the host answered with something else than a DID document",
            fix="publish it as application/did or application/json",
        )
    return Resolution(document=_parsed(fetched.content, did))


def settled(error: FetchFailed) -> DidNotFound | FetchFailed:
    """What a failed fetch says about the DID: a host that says 404 has answered."""
    if getattr(error, "status", None) in _ABSENT:
        return DidNotFound("the host publishes no such document", path=error.path)
    return error


@lru_cache(maxsize=_KEPT)
def _parsed(content: bytes, did: Did) -> DidDocument:
    """The same bytes are read once. Which bytes count today is the evidence's word."""
    return DidDocument.from_bytes(content, expected=did)


def _authority(text: str) -> str:
    # The one percent-encoding in an authority is the colon before the port.
    host, encoded, port = text.partition("%3A" if "%3A" in text else "%3a")
    if len(host) > _MAX_HOST or _HOST.fullmatch(host) is None:
        raise InvalidDid("the host of a did:web is a DNS name in lower case")
    if not encoded:
        return host
    if _PORT.fullmatch(port) is None or int(port) > _MAX_PORT:
        raise InvalidDid("the port of a did:web is a number from 1 to 65535")
    return f"{host}:{port}"


def _check_segment(segment: str) -> None:
    decoded = unquote_to_bytes(segment)
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidDid("the path of the did:web is not UTF-8") from None
    if decoded in {b"", b".", b".."} or _HIDDEN.search(decoded):
        raise InvalidDid("the path of the did:web has a misleading segment")
