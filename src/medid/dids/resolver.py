"""From a DID to its document, by the method the DID names.

Resolving is two questions: ``needs`` says which documents would have to be fetched,
and ``resolution`` reads them from evidence. So the same evidence gives the same
document years later, and nothing here waits for a network.

Spec: https://www.w3.org/TR/did-resolution/#resolving
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from medid.dids.methods import foreign, web
from medid.dids.resolution import LATEST, Resolution, ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import (
    DidDeactivated,
    DidNotFound,
    InvalidDid,
    InvalidDidDocument,
    InvalidKey,
    MedidError,
    MethodNotSupported,
    ParsingError,
    WeakCryptography,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence, Need
    from medid.core.json import JsonObject
    from medid.dids.document import DidDocument

RESULT_CONTEXT: Final = "https://w3id.org/did-resolution/v1"
CONTENT_TYPE: Final = "application/did"

document_url = web.document_url


class Resolving(Protocol):
    """What resolves DIDs, of one method or of many."""

    def needs(self, did: Did, evidence: Evidence) -> Sequence[Need]:
        """What has to be fetched, with the evidence so far; empty where nothing has.

        Asked again with what came in, it may name what that refers to in turn.
        """

    def resolve(
        self, did: Did, evidence: Evidence, options: ResolutionOptions
    ) -> Resolution:
        """The document of ``did`` as of the version that ``options`` ask for."""


class Method(Resolving, Protocol):
    """What each module in ``medid.dids.methods`` offers that is of one method."""

    NAME: str


# The modules of ``medid.dids.methods``. Each is loaded when it is first asked for: what
# did:webvh and did:x509 stand on takes longer to load than everything else here.
SUPPORTED: Final = ("ethr", "jwk", "key", "peer", "pkh", "web", "webvh", "x509")
_KEPT: Final = 64  # names of methods; whoever writes a DID may make one up

# The first class that an error is of decides.
_ERROR_TYPES: Final = (
    (InvalidDidDocument, "INVALID_DID_DOCUMENT"),
    (DidNotFound, "NOT_FOUND"),
    (MethodNotSupported, "METHOD_NOT_SUPPORTED"),
    (InvalidDid, "INVALID_DID"),
    # A did:key or did:jwk of no usable key identifies nothing.
    (InvalidKey, "INVALID_DID"),
    (WeakCryptography, "INVALID_DID"),
    (ParsingError, "INVALID_DID_DOCUMENT"),
)


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """What has to be fetched to resolve ``did``, with the evidence so far.

    A DID of a method that is not known here is asked for itself: helpers may serve it.

    Raises:
        InvalidDid: The method does not allow this identifier.
    """
    return _method(did.method).needs(did, evidence)


def resolve(
    did: Did, evidence: Evidence, options: ResolutionOptions = LATEST
) -> DidDocument:
    """The document of ``did``, from the DID itself or from ``evidence``, to be used.

    Raises:
        DidDeactivated: The DID was given up: none of its keys may be used.
        MedidError: As ``resolution`` says.
    """
    found = resolution(did, evidence, options)
    if found.deactivated:
        raise DidDeactivated("the DID was deactivated", fix="ask its controller why")
    return found.document


def resolution(
    did: Did, evidence: Evidence, options: ResolutionOptions = LATEST
) -> Resolution:
    """What ``did`` resolves to, deactivated or not, as of the version asked for.

    Raises:
        MethodNotSupported: No such method here, and no helper serves it.
        InvalidDid: The method does not allow this identifier.
        InvalidKey: The identifier's key is not one medid accepts.
        WeakCryptography: The identifier's key proves nothing.
        DidNotFound: There is no such DID.
        InvalidDidDocument: The document found is not this DID's.
        TooLarge: The document found is beyond the limits.
        EvidenceUnavailable: The document was neither supplied nor fetched.
        HistoryUnknown: Only a document of a later time is at hand.
        FetchBlocked: The fetcher refused the address.
        FetchFailed: The host did not answer as https requires.
    """
    try:
        return _method(did.method).resolve(did, evidence, options)
    except foreign.NotServed:
        raise _unknown() from None


def resolution_result(
    text: str, evidence: Evidence, options: ResolutionOptions = LATEST
) -> JsonObject:
    """The DID Resolution result for ``text``, errors included.

    Of a DID that was deactivated there is metadata, and no document.
    """
    try:
        found = resolution(Did.parse(text), evidence, options)
    except MedidError as error:
        return failed_result(problem(error_type(error), error))
    if found.deactivated:
        return _result(None, {}, metadata=dict(found.metadata))
    return _result(
        found.document.raw,
        {"contentType": CONTENT_TYPE},
        metadata=dict(found.metadata),
    )


def failed_result(error: JsonObject) -> JsonObject:
    """The DID Resolution result that says ``error``, and nothing else."""
    return _result(None, {"error": error}, metadata={})


@lru_cache(maxsize=_KEPT)
def _method(name: str) -> Resolving:
    if name not in SUPPORTED:
        return foreign
    return cast("Method", import_module(f"medid.dids.methods.{name}"))


def _unknown() -> MethodNotSupported:
    known = ", ".join(f"did:{name}" for name in SUPPORTED)
    return MethodNotSupported(f"this DID method is not one of {known}")


def _result(
    document: JsonObject | None, resolution: JsonObject, *, metadata: JsonObject
) -> JsonObject:
    return {
        "@context": RESULT_CONTEXT,
        "didDocument": document,
        "didResolutionMetadata": resolution,
        "didDocumentMetadata": metadata,
    }


def error_type(error: MedidError) -> str:
    """What DID Resolution calls ``error``: the last part of its error type."""
    names = (name for kind, name in _ERROR_TYPES if isinstance(error, kind))
    return next(names, "INTERNAL_ERROR")


def problem(kind: str, error: MedidError) -> JsonObject:
    """``error`` as DID Resolution writes it down.

    Its ``title`` is medid's stable code and its ``detail`` is for people.

    Args:
        kind: The last part of the error type, such as ``NOT_FOUND``.
        error: What was raised.

    Spec: https://www.w3.org/TR/did-resolution/#errors
    """
    return {
        "type": f"https://www.w3.org/ns/did#{kind}",
        "title": error.code,
        "detail": error.message,
    }
