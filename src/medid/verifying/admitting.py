"""Steps 3 and 4 of the path: what is still to be fetched, and for whom.

With a trust registry, nothing is fetched for a document of an unknown issuer, and of
what another refers to only keys until its signature holds: a forged credential must not
make this host reach out. What a fetched document refers to in turn
(the keys of a status list's issuer, of a schema's; the type that a type extends) is
asked for in the next round, and only where that document may count at all. Where the
trust file names federations, their anchors are asked about an issuer that it does not
name; from that issuer's own host nothing is fetched until one of them has confirmed it.
Trust registries that the file names are asked in the same way, and nothing is fetched
for the issuer until one of them has authorized it; they are not asked about a license
whose issuer is believed for all of it already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.core.evidence import once_each
from medid.credentials.schema import JSON_SCHEMA_CREDENTIAL
from medid.credentials.status_entry import STATUS_LIST_CLAIM
from medid.errors import MedidError
from medid.status.list_token import read_token
from medid.verifying import (
    asking,
    certified,
    chained,
    federating,
    issuer_keys,
    licensed,
    recognizing,
    type_metadata,
)
from medid.verifying.credential import types_of
from medid.verifying.judging import StatusPolicy
from medid.verifying.needs import (
    did_needs,
    needs_of,
    other_needs,
    readable_entries,
    signers_of,
)
from medid.verifying.opening import Kind, Secured, open_document
from medid.verifying.proofs import check_contexts, owner_signed, verify_proofs
from medid.verifying.status import list_issuers, token_owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from medid.core.evidence import Need
    from medid.core.instant import Instant
    from medid.credentials import StatusEntry
    from medid.trust import TrustRegistry
    from medid.verifying.judging import Judgement


def asks_status(judgement: Judgement) -> bool:
    """Whether status lists are asked for."""
    return judgement.expect.status is not StatusPolicy.OFF


def needs(opened: Secured, judgement: Judgement) -> Sequence[Need]:
    """What is still to be fetched for ``opened``, with the evidence so far.

    Raises:
        TooLarge: It refers to more documents than one verification fetches.
    """
    return needs_together((opened,), judgement)


def needs_together(
    documents: Sequence[Secured], judgement: Judgement, *, at_any_time: bool = False
) -> Sequence[Need]:
    """What is still to be fetched for ``documents``, which are judged together.

    What one of them says of whom its issuer recognizes counts for all of them.

    Args:
        documents: Opened.
        judgement: The time, the trust registry, and what is at hand.
        at_any_time: Whether they are judged as of other times, too. What is enough at
            one of them may not be at another.

    Raises:
        TooLarge: One refers to more documents than one verification fetches.
    """
    for opened in documents:
        needs_of(opened, contexts=judgement.contexts, status=asks_status(judgement))
    parts = [part for one in documents for part in (one, *one.children)]
    judgement = recognizing.recognizing(documents, judgement)
    return once_each(_together(parts, judgement, at_any_time=at_any_time))


def _together(
    parts: Sequence[Secured], judgement: Judgement, *, at_any_time: bool
) -> Iterator[Need]:
    yield from _of_recognitions(parts, judgement)
    yield from _of_sources(parts, judgement, at_any_time=at_any_time)
    for part in parts:
        yield from _about(part, judgement)


def _of_sources(
    parts: Sequence[Secured], judgement: Judgement, *, at_any_time: bool
) -> Iterator[Need]:
    """What the trust registries are asked about those who issued ``parts``."""
    trust = judgement.trust
    if trust is not None and trust.settings.registries:
        open_ = parts if at_any_time else _unsettled(parts, trust, judgement.at)
        yield from asking.needs(asking.issued(open_), judgement)


def _about(part: Secured, judgement: Judgement) -> Iterator[Need]:
    """Whether the issuer of ``part`` may count, and what it refers to where it may."""
    issuer, trust = part.issuer, judgement.trust
    if trust is not None:
        yield from federating.needs(issuer, judgement)
    if _admitted(issuer, trust) or federating.is_confirmed(issuer, judgement):
        yield from all_of(part, judgement)


def _unsettled(
    parts: Sequence[Secured], trust: TrustRegistry, at: Instant
) -> Sequence[Secured]:
    """Those about whose issuers a trust registry could still say what counts.

    A registry only ever adds. A federation says whose keys the issuer's are, too, so it
    is asked about each, and so is a list, which is the same for every issuer.
    """
    if not trust.recognized:
        return parts
    return [
        part
        for part in parts
        if not licensed.is_settled(part, types_of(part), trust, at)
    ]


def needs_about(
    issuer: str,
    credential_type: str,
    judgement: Judgement,
    *,
    chain: tuple[bytes, ...] = (),
) -> Sequence[Need]:
    """As ``needs``, about an issuer of whom no document is at hand.

    Args:
        issuer: Compared as exact text.
        credential_type: What it would issue.
        judgement: The time, the trust registry, and what is at hand.
        chain: The certificates (DER, its own first) that it would sign with, if any.
    """
    trust = judgement.trust
    found = [*chained.needs(issuer, chain, judgement)]
    if trust is None or issuer in trust.settings.named:
        return once_each(found)
    judgement = recognizing.recognizing((), judgement)
    if trust.settings.authorities:
        found += every_recognition(trust, judgement)
    found += federating.needs(issuer, judgement)
    found += asking.needs(asking.imagined(issuer, credential_type), judgement)
    return once_each(found)


def _of_recognitions(parts: Sequence[Secured], judgement: Judgement) -> Iterator[Need]:
    """What it takes to know whom the authorities recognize, where that is asked.

    The keys of the authorities are asked for with their lists, to save a round.
    """
    needs, lists = recognizing.lists_needed(parts, judgement)
    yield from needs
    if judgement.trust is not None and needs:
        for authority in judgement.trust.settings.authorities:
            yield from did_needs(authority.did, judgement.evidence, "$.issuer")
    for part in (*lists, *filter(recognizing.is_recognition, parts)):
        if _admitted(part.issuer, judgement.trust):
            yield from all_of(part, recognizing.plain(judgement))


def every_recognition(trust: TrustRegistry, judgement: Judgement) -> Iterator[Need]:
    """What it takes to know whom the authorities recognize, whoever is asked about."""
    for authority in trust.settings.authorities:
        yield from keys_of(authority.did, judgement, path="$.issuer")
    wanted, lists = recognizing.every_list((), trust, judgement)
    yield from wanted
    alone = recognizing.plain(judgement)
    for part in lists:
        yield from all_of(part, alone)


def keys_of(issuer: str, judgement: Judgement, *, path: str) -> Iterator[Need]:
    """What finding the keys of ``issuer`` takes."""
    yield from did_needs(issuer, judgement.evidence, path)
    yield from issuer_keys.needs(issuer, judgement, path=path)


def all_of(part: Secured, judgement: Judgement) -> Iterator[Need]:
    """What ``part`` refers to, and what that refers to in turn."""
    yield from _versions(part, judgement)
    yield from _keys(part, judgement)
    others = [*_others(part, judgement)]
    # Who is asked for what is at hand learns nothing, and needs no proof.
    if all(need.url in judgement.evidence for need in others) or _holds(
        part, judgement
    ):
        yield from others
        yield from _referred(part, judgement)


def _others(part: Secured, judgement: Judgement) -> Iterator[Need]:
    """What ``part`` itself refers to, beside keys."""
    yield from other_needs(part, judgement.contexts, status=asks_status(judgement))
    if part.kind is Kind.SD_JWT:
        yield from type_metadata.needs(part.document, judgement.evidence)


def _holds(part: Secured, judgement: Judgement) -> bool:
    """Whether what ``part`` says is its issuer's word, by the keys at hand.

    Anybody can name an issuer that counts. What such a document refers to beside the
    issuer's keys would be fetched from wherever its author likes.
    """
    if judgement.trust is None:
        return True
    try:
        check_contexts(part, judgement)
        verify_proofs(part, judgement)
    except MedidError:
        return False
    return True


def _versions(part: Secured, judgement: Judgement) -> Iterator[Need]:
    """The documents of those who signed ``part``, and what they refer to in turn.

    Others may sign beside the issuer. Who they are is the author's word until a proof
    of the issuer's own holds.
    """
    owner = part.owner
    alone = judgement.trust is not None and owner is not None
    for did, path in signers_of(part):
        if not alone or did == owner or owner_signed(part, judgement):
            yield from did_needs(did, judgement.evidence, path)


def _keys(part: Secured, judgement: Judgement) -> Iterator[Need]:
    if part.envelope is not None and part.owner is not None:
        yield from certified.needs(part.envelope, judgement)
        if not certified.is_vouched_for(part.owner, part.envelope, judgement):
            yield from issuer_keys.needs(part.owner, judgement, path=part.path)


def _admitted(issuer: str | None, trust: TrustRegistry | None) -> bool:
    if trust is None or issuer is None:
        return True
    try:
        trust.admit(issuer)
    except MedidError:
        return False
    return True


# What the documents that it refers to refer to in turn.


def _referred(part: Secured, judgement: Judgement) -> Iterator[Need]:
    for entry in readable_entries(part) if asks_status(judgement) else ():
        yield from _list_signers(entry, part, judgement)
    credential = part.credential
    if credential is None:
        return
    # Without a trust registry only an issuer's own schemas count.
    own = (credential.issuer.id,) if judgement.trust is None else None
    for schema in credential.schemas:
        if JSON_SCHEMA_CREDENTIAL in schema.types:
            yield from signers(schema.id, own, judgement)


def _list_signers(
    entry: StatusEntry, part: Secured, judgement: Judgement
) -> Iterator[Need]:
    """What verifying the list that ``entry`` names takes, if it may count at all."""
    issuers = list_issuers(part, judgement)
    if entry.type != STATUS_LIST_CLAIM:
        yield from signers(entry.list_url or "", issuers, judgement)
        return
    try:
        fetched = judgement.evidence.get(entry.list_url or "")
        token = read_token(fetched.content)
        owner = token_owner(token, part)
    except MedidError:
        return
    if owner is None or owner not in issuers:
        return
    yield from did_needs(owner, judgement.evidence, entry.path)
    yield from certified.needs(token.envelope, judgement)
    yield from issuer_keys.needs(owner, judgement, path=entry.path)


def signers(
    url: str, issuers: tuple[str, ...] | None, judgement: Judgement
) -> Iterator[Need]:
    """What verifying the credential at ``url`` takes, if it may count at all."""
    try:
        content = judgement.evidence.get(url).content
        found = open_document(content, memory=judgement.memory)
    except MedidError:
        return
    if found.credential is None or not _admitted(found.issuer, judgement.trust):
        return
    if issuers is None or found.issuer in issuers:
        yield from needs_of(found, contexts=judgement.contexts, status=False)
        yield from _versions(found, judgement)
        yield from _keys(found, judgement)
