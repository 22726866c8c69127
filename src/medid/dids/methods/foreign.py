"""Methods that medid does not know itself: resolved by helpers that a site configures.

A helper, such as a Universal Resolver, answers with a DID Resolution result, and the
DID itself is its name in the evidence. Nothing of such a method is checked here: what
the document says is the helper's word. A DID that no helper serves is answered as
one of an unknown method.

Spec: https://www.w3.org/TR/did-resolution/#did-resolution-result
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json
from medid.core.evidence import Need
from medid.core.fields import as_object, optional, optional_str
from medid.core.instant import Instant
from medid.core.json import JsonLimits
from medid.dids.document import MAX_BYTES, DidDocument
from medid.dids.resolution import Resolution
from medid.errors import (
    DidDeactivated,
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    HistoryUnknown,
    InvalidDid,
    InvalidDidDocument,
    MalformedValue,
    MethodNotSupported,
    ParsingError,
    TooLarge,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.evidence import Evidence
    from medid.core.fetch import Fetched
    from medid.core.json import JsonObject
    from medid.dids.resolution import ResolutionOptions
    from medid.dids.syntax import Did
    from medid.errors import MedidError


class NotServed(MethodNotSupported):
    """No helper serves the method of the DID."""


KIND: Final = "did-resolution"
ACCEPT: Final = "application/did-resolution"
MAX_RESULT: Final = MAX_BYTES + 65_536  # bytes: a document, and what is said about it
LIMITS: Final = JsonLimits(max_bytes=MAX_RESULT)

# Results are told by their content; this keeps login pages and bare documents out.
_MEDIA_TYPE: Final = re.compile(r"|application/(?:did-resolution|json|ld\+json)")

_DOCUMENT: Final = "didDocument"
_DOCUMENT_METADATA: Final = "didDocumentMetadata"
_RESOLUTION_METADATA: Final = "didResolutionMetadata"

# What a helper says about a DID, without the underscores and the case in which the
# versions of the specification differ. Anything else is a failure of the helper's.
_SAID: Final[Mapping[str, type[MedidError]]] = MappingProxyType(
    {
        "notfound": DidNotFound,
        "invaliddid": InvalidDid,
        "invaliddiddocument": InvalidDidDocument,
        "methodnotsupported": MethodNotSupported,
    }
)


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """The result of resolving ``did``, by whoever serves its method."""
    del evidence
    return (Need(kind=KIND, url=str(did), accept=ACCEPT, max_bytes=MAX_RESULT),)


def resolve(did: Did, evidence: Evidence, options: ResolutionOptions) -> Resolution:
    """The document of ``did`` by the result that ``evidence`` holds.

    1. Take the result; that there is none means that no helper serves the method.
    2. Raise what the result reports in place of a document.
    3. A DID that was given up has metadata, and may have no document.
    4. Hold the metadata to the version that is asked for.
    5. Read the document, which must be this DID's.

    Raises:
        MethodNotSupported: No helper serves the method.
        HistoryUnknown: What is at hand tells of another version, or of a later time.
        DidNotFound: The helper says that there is no such DID.
        InvalidDid: The helper says that this is no DID of the method.
        InvalidDidDocument: Not a result with a document of exactly this DID.
        TooLarge: Longer or deeper than the limits.
        EvidenceUnavailable: The helper could not resolve the DID.
        MedidError: What the fetch reported instead.
    """
    try:
        fetched = _answer(did, evidence, options.version_time)  # 1
    except DidDeactivated:
        return _given_up(did, {})
    result = _read(fetched)
    _raise_reported(result)  # 2
    metadata = _member(result, _DOCUMENT_METADATA)
    if metadata.get("deactivated", False) is not False:  # 3
        return _given_up(did, metadata)
    _check_version(metadata, options)  # 4
    document = _member(result, _DOCUMENT)
    if not document:
        raise InvalidDidDocument("the result has no document", path=f"$.{_DOCUMENT}")
    return Resolution(  # 5
        document=DidDocument.parse(document, expected=did),
        metadata=MappingProxyType(metadata),
    )


def _answer(did: Did, evidence: Evidence, at: Instant | None) -> Fetched:
    try:
        return evidence.get(str(did), at=at)
    except HistoryUnknown:
        raise
    except (EvidenceUnavailable, FetchBlocked):
        raise NotServed("no helper for this DID method is configured") from None


def _read(fetched: Fetched) -> JsonObject:
    if _MEDIA_TYPE.fullmatch(fetched.media_type) is None:
        message = "the helper answered with something else than a resolution result"
        raise InvalidDidDocument(message)
    try:
        result = json.load_object(fetched.content, limits=LIMITS)
    except TooLarge:
        raise
    except ParsingError as error:
        message = f"the resolution result cannot be read: {error.message}"
        raise InvalidDidDocument(message, path=error.path) from None
    if _RESOLUTION_METADATA not in result and _DOCUMENT not in result:
        raise InvalidDidDocument("not a DID resolution result")
    return result


def _member(result: JsonObject, name: str) -> JsonObject:
    """The object ``name`` of the result; empty where it is absent or null."""
    if result.get(name) is None:
        return {}
    try:
        return as_object(result[name], f"$.{name}")
    except MalformedValue as error:
        raise InvalidDidDocument(error.message, path=error.path) from None


def _raise_reported(result: JsonObject) -> None:
    """Return if the result reports no error.

    Raises:
        MedidError: It does; in words of our own, because the helper's may quote.
    """
    error = _member(result, _RESOLUTION_METADATA).get("error")
    if error is None:
        return
    # It was a word once, and is a problem with a type (RFC 9457) now.
    kind = error.get("type") if isinstance(error, dict) else error
    word = str(kind).rpartition("#")[2].replace("_", "").lower()
    said = _SAID.get(word, EvidenceUnavailable)
    message = "the helper for this DID method says that it cannot resolve the DID"
    raise said(message, path=f"$.{_RESOLUTION_METADATA}.error")


def _given_up(did: Did, metadata: JsonObject) -> Resolution:
    # A version that another one followed was in use, and which one a helper's answer
    # is of cannot be seen: given up is given up.
    kept = {name: metadata[name] for name in metadata if not name.startswith("next")}
    return Resolution(
        document=DidDocument.made({"id": str(did)}, expected=did),
        metadata=MappingProxyType({**kept, "deactivated": True}),
    )


def _check_version(metadata: JsonObject, options: ResolutionOptions) -> None:
    try:
        named = optional_str(metadata, "versionId", f"$.{_DOCUMENT_METADATA}")
        begins = [_time(metadata, name) for name in ("created", "updated")]
        ends = _time(metadata, "nextUpdate")
    except MalformedValue as error:
        raise InvalidDidDocument(error.message, path=error.path) from None
    if options.version_number is not None or options.version_id not in {None, named}:
        message = "what the helper answered is not shown to be this version"
        raise HistoryUnknown(message, fix="leave versionId and versionNumber out")
    at = options.version_time
    if at is None:
        return
    later = any(begin is not None and begin > at for begin in begins)
    if later or (ends is not None and ends <= at):
        raise HistoryUnknown("what the helper answered tells of another time")


def _time(metadata: JsonObject, name: str) -> Instant | None:
    path = f"$.{_DOCUMENT_METADATA}"
    stated = optional(metadata, name, str, path)
    return None if stated is None else Instant.parse(stated, path=f"{path}.{name}")
