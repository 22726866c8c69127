"""``medid.resolve`` and ``medid.dereference``; and a document held to its DID.

Spec: https://www.w3.org/TR/did-resolution/
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from medid.core import jcs
from medid.core.arguments import checked_arguments
from medid.core.evidence import NO_EVIDENCE
from medid.core.fetch import NoFetch
from medid.dids import dereferencing, material, resolver
from medid.dids.document import RELATIONSHIPS, DidDocument
from medid.dids.resolution import ResolutionOptions
from medid.dids.syntax import Did
from medid.errors import (
    FetchBlocked,
    InvalidDidDocument,
    InvalidVerificationMethod,
    MedidError,
    Unchecked,
)
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from medid.core.evidence import Evidence
    from medid.core.fetch import Fetch
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.dids.dereferencing import Dereferenced
    from medid.keys import PublicKey
    from medid.verifying.judging import Judgement


@checked_arguments
def resolve(
    did: str,
    *,
    fetch: Fetch | None = None,
    evidence: Evidence | None = None,
    at: Instant | None = None,
    x509_chain: tuple[bytes, ...] = (),
) -> DidDocument:
    """The DID document of ``did``.

    Args:
        did: A DID of a method that medid knows.
        fetch: Where what is published comes from; by default, nowhere.
        evidence: Documents that are already at hand.
        at: The instant as of which to answer; the latest state by default. A did:x509
            has no latest state.
        x509_chain: The certificates (DER, the signer's first) that came with a
            did:x509.

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
        evidence if evidence is not None else NO_EVIDENCE,
        partial(resolver.needs, parsed),
        fetch if fetch is not None else NoFetch(),
        at=at,
    )
    if at is None and not x509_chain:
        return resolver.resolve(parsed, known)
    options = ResolutionOptions(version_time=at, x509_chain=x509_chain)
    return resolver.resolve(parsed, known, options)


@checked_arguments
def dereference(
    did_url: str,
    *,
    fetch: Fetch | None = None,
    evidence: Evidence | None = None,
    at: Instant | None = None,
    uri_list: bool = False,
) -> Dereferenced:
    """What ``did_url`` names: a DID document, a part of it, or a resource.

    Args:
        did_url: With a fragment, or parameters that select a service.
        fetch: Where what is published comes from; by default, nowhere.
        evidence: Documents that are already at hand.
        at: The instant as of which to answer; the latest state by default. A
            ``versionTime`` in the DID URL is refused beside it.
        uri_list: Whether the URLs of the selected services are wanted.

    Raises:
        InvalidDid: Not a DID URL.
        MalformedValue: A parameter is given twice, or is not of its form.
        MedidError: As ``medid.dids.dereferencing.dereference`` says.
    """
    options = () if at is None else (("versionTime", str(at)),)
    asked = dereferencing.read(did_url, options)
    known = gather(
        evidence if evidence is not None else NO_EVIDENCE,
        partial(dereferencing.needs, asked),
        fetch if fetch is not None else NoFetch(),
        at=asked.parameters.version_time,
    )
    return dereferencing.dereference(asked, known, uri_list=uri_list)


def check_did_document(document: JsonObject, judgement: Judgement) -> None:
    """Return if ``document`` is a DID document that its DID does not contradict.

    Where the DID itself tells the document, or the evidence holds the published one,
    no key may stand in it that is not there, nor for another purpose, and no method of
    another document may be named under a purpose under which it is not named there. A
    method that medid cannot use has to stand there as it does here. A document of
    another method, or whose published form is not at hand, is held to its form only.

    Raises:
        InvalidDidDocument: It is malformed, or says more than its DID stands for.
        DidNotFound: The host answered that it publishes no such document.
        WeakCryptography: A key in it proves nothing.
        MedidError: Its DID is malformed.
    """
    read = DidDocument.parse(document)
    try:
        known = resolver.resolve(read.id, judgement.evidence, judgement.versions())
    except (Unchecked, FetchBlocked):
        return  # what is published could not be had
    for relationship in RELATIONSHIPS:
        allowed = _keys(known, relationship, judgement)
        named = known.elsewhere(relationship).union(known.ids_for(relationship))
        if not (
            _keys(read, relationship, judgement) <= allowed
            and read.elsewhere(relationship) <= named
        ):
            message = "the document lists a key that its DID does not stand for"
            raise InvalidDidDocument(message, path=f"$.{relationship}")
    if not _all_keys(read) <= _all_keys(known):
        message = "the document shows a key that its DID does not stand for"
        raise InvalidDidDocument(message, path="$.verificationMethod")


def _all_keys(document: DidDocument) -> frozenset[PublicKey | str]:
    """The keys that are shown, for some purpose or none; of others, their texts."""
    return frozenset(_shown(document.stated(one)) for one in document.ids)


def _shown(method: JsonObject) -> PublicKey | str:
    try:
        return material.public_key(method, path="$.verificationMethod")
    except MedidError:
        return jcs.text(method)


def _keys(
    document: DidDocument, relationship: str, judgement: Judgement
) -> frozenset[PublicKey | str]:
    """The keys that are listed; of a method that cannot be used, its text.

    One whose key medid has not, or whose time is over, is no fault of a document.
    """
    found: set[PublicKey | str] = set()
    for one in document.ids_for(relationship):
        try:
            found.add(document.method_for(one, relationship, at=judgement.at).key)
        except InvalidVerificationMethod:
            found.add(jcs.text(document.stated(one)))
    return frozenset(found)
