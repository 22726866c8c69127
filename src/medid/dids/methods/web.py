"""did:web: the identifier is a place on the web where its document is published.

Which hosts there may be, ``dids.places`` says; that the document that was brought is
this DID's, ``resolve`` checks. did:web keeps no history: what was published at a time
is known to those who saw it then, and to nobody else.

Spec: https://w3c-ccg.github.io/did-method-web/#read-resolve
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core.evidence import Need
from medid.dids import drafting
from medid.dids.document import MAX_BYTES, DidDocument
from medid.dids.places import folder_url
from medid.dids.resolution import Resolution, ResolutionOptions, refuse_versions
from medid.dids.syntax import Did
from medid.errors import (
    DidNotFound,
    FetchFailed,
    InvalidDid,
    InvalidDidDocument,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence
    from medid.core.json import JsonObject

NAME: Final = "web"
ACCEPT: Final = "application/did, application/did+json, application/json;q=0.9"
WELL_KNOWN: Final = "/.well-known/did.json"

# Documents are told by their content; this keeps login pages and images out early.
# Evidence that was supplied by hand states no media type.
_MEDIA_TYPE: Final = re.compile(r"|application/(?:did|json|[a-z0-9.+\-]+\+json)")

NamedKey = drafting.NamedKey

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


def document(did: Did, keys: Sequence[NamedKey]) -> JsonObject:
    """The document to publish at ``document_url(did)``.

    Raises:
        InvalidDid: Not a did:web.
        ConfigurationError: No keys, a fragment that is none or is given twice, or a
            key that could not be used for a relationship it is listed under.
    """
    document_url(did)
    result = drafting.document(str(did), keys)
    drafting.check_own(did, result, keys)
    return result


@lru_cache(maxsize=_KEPT_PLACES)
def document_url(did: Did) -> str:
    """Where the document of ``did`` is published.

    Raises:
        InvalidDid: Not a did:web of a DNS name, an optional port, and a plain path.
    """
    if did.method != NAME:
        raise InvalidDid("not a did:web")
    authority, *segments = did.id.split(":")
    folder = folder_url(authority, segments)
    return f"{folder}/did.json" if segments else f"{folder}{WELL_KNOWN}"


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
    return _read(fetched.content, did)


def settled(error: FetchFailed) -> DidNotFound | FetchFailed:
    """What a failed fetch says about the DID: a host that says 404 has answered."""
    if getattr(error, "status", None) in _ABSENT:
        return DidNotFound("the host publishes no such document", path=error.path)
    return error


@lru_cache(maxsize=_KEPT)
def _read(content: bytes, did: Did) -> Resolution:
    """The same bytes are read once. Which bytes count today is the evidence's word."""
    return Resolution(document=DidDocument.from_bytes(content, expected=did))
