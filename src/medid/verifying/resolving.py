"""``medid.resolve``: a DID in, its DID document out; and a document held to its DID.

Spec: https://www.w3.org/TR/did-resolution/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.evidence import Evidence
from medid.core.fetch import NoFetch
from medid.dids import resolver
from medid.dids.document import RELATIONSHIPS, DidDocument
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import FetchBlocked, InvalidDidDocument, Unchecked
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from medid.core.fetch import Fetch
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.keys import PublicKey
    from medid.verifying.judging import Judgement


def resolve(
    did: str,
    *,
    fetch: Fetch | None = None,
    evidence: Evidence | None = None,
    at: Instant | None = None,
) -> DidDocument:
    """The DID document of ``did``.

    Args:
        did: A DID of a method that medid knows.
        fetch: Where what is published comes from; by default, nowhere.
        evidence: Documents that are already at hand.
        at: The instant as of which to answer; the latest state by default.

    Raises:
        InvalidDid: Not a DID.
        MethodNotSupported: Another method.
        InvalidDidDocument: The document does not describe this DID.
        DidNotFound: There is no such DID.
        DidDeactivated: It was given up.
        Unchecked: The document could not be obtained, or not as of ``at``.
    """
    parsed = Did.parse(did)
    known = gather(
        evidence if evidence is not None else Evidence(),
        lambda known: resolver.needs(parsed, known),
        fetch if fetch is not None else NoFetch(),
        at=at,
    )
    options = LATEST if at is None else ResolutionOptions(version_time=at)
    return resolver.resolve(parsed, known, options)


def check_did_document(document: JsonObject, judgement: Judgement) -> None:
    """Return if ``document`` is a DID document that its DID does not contradict.

    Where the DID itself tells the document, or the evidence holds the published one,
    no key may stand in it that is not there, nor for another purpose. A document of
    another method, or whose published form is not at hand, is held to its form only.

    Raises:
        InvalidDidDocument: It is malformed, or says more than its DID stands for.
        DidNotFound: The host answered that it publishes no such document.
        MedidError: Its DID or a key in it is malformed.
    """
    read = DidDocument.parse(document)
    try:
        known = resolver.resolve(read.id, judgement.evidence, judgement.versions())
    except (Unchecked, FetchBlocked):
        return  # what is published could not be had
    for relationship in RELATIONSHIPS:
        allowed = _keys(known, relationship, judgement)
        if not _keys(read, relationship, judgement) <= allowed:
            message = "the document lists a key that its DID does not stand for"
            raise InvalidDidDocument(message, path=f"$.{relationship}")


def _keys(
    document: DidDocument, relationship: str, judgement: Judgement
) -> frozenset[PublicKey]:
    return frozenset(
        document.method_for(one, relationship, at=judgement.at).key
        for one in document.ids_for(relationship)
    )
