"""Step 3 of the path: list what a document refers to, before anything is fetched.

A verification may refer to few documents only, and each of them is named here: DID
documents of those who signed, status lists, schemas and related resources. Nothing is
fetched that is not on this list. Who signed is told apart from all else, because what
else a document names is its signer's word, once it is known to be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.evidence import NO_EVIDENCE, Evidence, Need, once_each
from medid.dids import resolver as dids
from medid.dids.syntax import Did, DidUrl
from medid.errors import MedidError, TooLarge
from medid.status.check import MAX_LIST_DOCUMENT
from medid.status.list_token import list_media_types
from medid.verifying.status import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.credentials import Credential, StatusEntry
    from medid.jsonld import ContextStore
    from medid.verifying.opening import Secured

# A presentation of 32 credentials, each with two status lists, a schema and an issuer.
MAX_NEEDS: Final = 128
# The same, where each is named twice: whatever is named is judged each time.
MAX_REFERENCES: Final = 256

# A schema may be in a credential of its own.
_SCHEMA_MEDIA_TYPES: Final = (
    "application/schema+json, application/vc, application/vc+jwt,"
    " application/vc+sd-jwt, application/ld+json, application/json;q=0.5"
)
_SCHEMA_BYTES: Final = 262_144  # 256 KiB
_RESOURCE_BYTES: Final = 1_048_576  # 1 MiB


def needs_of(
    secured: Secured, *, contexts: ContextStore, status: bool = True
) -> tuple[Need, ...]:
    """What ``secured`` and its children refer to, each document once.

    Args:
        secured: An opened document.
        contexts: Related resources among these need not be fetched.
        status: Whether status lists will be asked for.

    Raises:
        TooLarge: More than ``MAX_NEEDS`` documents, or than ``MAX_REFERENCES`` times.
    """
    return secured.known.once(
        ("all-needs", contexts, status),
        lambda: _all_needs(secured, contexts, status=status),
    )


def _all_needs(
    secured: Secured, contexts: ContextStore, *, status: bool
) -> tuple[Need, ...]:
    references = [
        need
        for part in (secured, *secured.children)
        for need in (*key_needs(part), *other_needs(part, contexts, status=status))
    ]
    found = once_each(references)
    if len(found) > MAX_NEEDS:
        raise TooLarge(f"it refers to more than {MAX_NEEDS} other documents")
    if len(references) > MAX_REFERENCES:
        message = f"it refers more than {MAX_REFERENCES} times to other documents"
        raise TooLarge(message)
    return found


def key_needs(secured: Secured) -> tuple[Need, ...]:
    """The DID documents of those who are said to have signed ``secured`` itself."""
    made_of = ("key-needs", secured.path)
    return secured.known.once(made_of, lambda: tuple(_key_needs(secured)))


def _key_needs(secured: Secured) -> Iterator[Need]:
    for did, path in signers_of(secured):
        yield from did_needs(did, NO_EVIDENCE, path)


def other_needs(
    secured: Secured, contexts: ContextStore, *, status: bool
) -> tuple[Need, ...]:
    """What ``secured`` itself refers to beside keys, without its children."""
    return secured.known.once(
        ("other-needs", secured.path, contexts, status),
        lambda: tuple(_other_needs(secured, contexts, status=status)),
    )


def _other_needs(
    secured: Secured, contexts: ContextStore, *, status: bool
) -> Iterator[Need]:
    if status:
        yield from _list_needs(secured)
    if secured.credential is not None:
        yield from _credential_needs(secured.credential, contexts)


def did_needs(did: str, evidence: Evidence, path: str) -> Sequence[Need]:
    """What resolving ``did`` takes, with the evidence so far."""
    # What cannot be resolved is refused when its signature is judged, with its reason.
    try:
        return dids.needs(Did.parse(did, path=path), evidence)
    except MedidError:
        return ()


def signers_of(secured: Secured) -> tuple[tuple[str, str], ...]:
    """The DIDs whose keys are said to secure it, each with its path.

    A document whose proofs cannot be read names none: judging says what is wrong.
    """
    made_of = ("signers", secured.path)
    return secured.known.once(made_of, lambda: tuple(_signers(secured)))


def _signers(secured: Secured) -> Iterator[tuple[str, str]]:
    if secured.carries_proofs:
        yield from _proof_signers(secured)
    if secured.envelope is not None:
        yield from _envelope_signers(secured)


def _proof_signers(secured: Secured) -> Iterator[tuple[str, str]]:
    try:
        for proof in secured.proofs:
            did_url = DidUrl.parse(proof.verification_method, path=proof.path)
            yield str(did_url.did), proof.path
    except MedidError:
        return


def _envelope_signers(secured: Secured) -> Iterator[tuple[str, str]]:
    kid = secured.envelope.kid if secured.envelope else None
    if kid is not None and kid.startswith("did:"):
        yield kid.partition("#")[0], secured.path
    elif secured.owner is not None:
        yield secured.owner, secured.path


def _credential_needs(credential: Credential, contexts: ContextStore) -> Iterator[Need]:
    for schema in credential.schemas:
        yield Need(
            kind="schema",
            url=schema.id,
            accept=_SCHEMA_MEDIA_TYPES,
            max_bytes=_SCHEMA_BYTES,
            path=schema.path,
        )
    for resource in credential.related_resources:
        if resource.id not in contexts:
            yield Need(
                kind="related-resource",
                url=resource.id,
                accept="*/*",
                max_bytes=_RESOURCE_BYTES,
                path=resource.path,
            )


def _list_needs(secured: Secured) -> Iterator[Need]:
    for entry in readable_entries(secured):
        if entry.list_url is not None:
            yield Need(
                kind="status-list",
                url=entry.list_url,
                accept=list_media_types(entry),
                max_bytes=MAX_LIST_DOCUMENT,
                path=entry.path,
            )


def readable_entries(secured: Secured) -> tuple[StatusEntry, ...]:
    """The status entries of ``secured``; what is wrong with others judging says."""
    try:
        return entries_of(secured)
    except MedidError:
        return ()
