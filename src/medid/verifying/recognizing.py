"""Whom do the configured authorities recognize? Links, from documents that hold.

Recognitions come beside what they are about, in the same presentation, or from the
addresses that the trust file names. Each is verified like any credential: its proof,
its dates and its status as of the time asked. Only what an authority, or one whom it
recognizes, has signed is looked at; so a forged document leads to no address.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#credential-based-discovery
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.evidence import Need
from medid.core.instant import Window
from medid.core.json import DOCUMENT
from medid.core.records import replace
from medid.credentials import check_digests
from medid.credentials.schema import MAX_SCHEMA
from medid.errors import (
    EvidenceUnavailable,
    IssuerNotAuthorized,
    MalformedValue,
    MedidError,
    Revoked,
    Suspended,
    Unchecked,
)
from medid.trust.chains import Paths
from medid.trust.recognized import RECOGNITIONS, read_links
from medid.trust.unanswered import Unanswered, nothing_learnt
from medid.verifying import asking, certifying, federating
from medid.verifying.credential import judge_credential, validity_of
from medid.verifying.judging import StatusPolicy
from medid.verifying.opening import CREDENTIAL, Secured, open_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from medid.core.json import JsonObject
    from medid.trust import AcceptedBoard, Settings, TrustRegistry
    from medid.trust.chains import RecognitionLink
    from medid.verifying.judging import Judgement

# Schemas that are fetched for one verification because a recognition names them.
MAX_SCHEMAS: Final = 16
_LIST_MEDIA_TYPES: Final = (
    "application/vc, application/vc+jwt, application/vc+sd-jwt, application/vc+cose,"
    " application/ld+json, application/json;q=0.5"
)
_SCHEMA_MEDIA_TYPES: Final = "application/schema+json, application/json;q=0.5"


def is_recognition(secured: Secured) -> bool:
    """Whether it says whom its issuer recognizes, and nothing about a holder."""
    credential = secured.credential
    if credential is None:
        return False
    # What is of another type too may be about a holder.
    types = frozenset(credential.types) - {CREDENTIAL}
    return bool(types) and types <= RECOGNITIONS


def recognizing(parts: Iterable[Secured], judgement: Judgement) -> Judgement:
    """The judgement of ``parts``, with whom its authorities recognize for them.

    1. The recognitions at hand that an authority, or whom it recognizes, issued.
    2. Each is verified; what it says becomes links.
    3. For each document the chains by which its issuer may have issued it.
    4. And the trust marks by which a federation accredits its issuer, and the
       certificates by which a root of the trust file speaks for it.
    5. And the answers of the trust registries that are asked about it.

    Never raises: what does not hold is as if it were not there.
    """
    trust = judgement.trust
    if trust is None or not _has_others(trust.settings):
        return judgement
    documents = [part for one in parts for part in (one, *one.children)]
    found = _recognized(documents, trust, judgement)
    accredited, unsaid = federating.answers(documents, judgement)
    authorized, unanswered = asking.answers(asking.issued(documents), judgement)
    known = trust.recognizing(
        (
            *found.boards,
            *accredited,
            *certifying.entries(documents, judgement),
            *authorized,
        ),
        otherwise=found.otherwise,
        unanswered=(*found.unanswered, *unsaid, *unanswered),
    )
    return replace(judgement, trust=known)


def _has_others(settings: Settings) -> bool:
    """Whether the trust file names anybody on whose word further issuers count."""
    others = (settings.federations, settings.roots, settings.registries)
    return bool(settings.authorities) or any(others)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recognized:
    """What recognitions amount to for some documents.

    Attributes:
        boards: Entries, each for one document.
        otherwise: Who is recognized, and not for these documents.
        unanswered: What they were to say, and did not.
    """

    boards: Sequence[AcceptedBoard] = ()
    otherwise: Iterable[str] = ()
    unanswered: Sequence[Unanswered] = ()


def _recognized(
    documents: Sequence[Secured], trust: TrustRegistry, judgement: Judgement
) -> _Recognized:
    if not trust.settings.authorities:
        return _Recognized()
    read = _read(documents, trust, judgement)
    asked = (*documents, *(one for one, _ in read.candidates))
    return _boards(asked, read, trust, judgement)


def lists_needed(
    parts: Sequence[Secured], judgement: Judgement
) -> tuple[tuple[Need, ...], tuple[Secured, ...]]:
    """The lists and schemas that recognitions need, and the lists at hand.

    Nothing is asked for where the trust file itself names every issuer.
    """
    trust = judgement.trust
    if trust is None or not trust.settings.authorities:
        return (), ()
    named = trust.settings.named
    if all(part.issuer is None or part.issuer in named for part in parts):
        return (), ()
    return every_list(parts, trust, judgement)


def every_list(
    parts: Sequence[Secured], trust: TrustRegistry, judgement: Judgement
) -> tuple[tuple[Need, ...], tuple[Secured, ...]]:
    """As ``lists_needed``, whoever issued ``parts``."""
    read = _read(parts, trust, judgement)
    at_hand = tuple(
        one
        for one, url in read.candidates
        if url is not None and _known(one, read.links, trust)
    )
    needs = (*_list_needs(trust), *_schema_needs(read.links))
    return needs, at_hand


def plain(judgement: Judgement) -> Judgement:
    """How a recognition is judged: by itself, with its status if it has any."""
    expect = replace(judgement.expect, status=StatusPolicy.IF_PRESENT)
    return replace(judgement, trust=None, expect=expect)


def _list_needs(trust: TrustRegistry) -> Iterator[Need]:
    for url in trust.settings.lists:
        yield Need(
            kind="trust-list",
            url=url,
            accept=_LIST_MEDIA_TYPES,
            max_bytes=DOCUMENT.max_bytes,
            path="$.issuer",
        )


def _schema_needs(links: Iterable[RecognitionLink]) -> tuple[Need, ...]:
    found: dict[str, Need] = {}
    for link in links:
        for reference in link.validation:
            found[reference.id] = Need(
                kind="schema",
                url=reference.id,
                accept=_SCHEMA_MEDIA_TYPES,
                max_bytes=MAX_SCHEMA.max_bytes,
                path="$.issuer",
            )
    return tuple(found.values())[:MAX_SCHEMAS]


# The recognitions at hand.


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The recognitions at hand.

    Attributes:
        candidates: Each once, with where it was published; of what was presented
            nowhere.
        links: Of all that an authority, or one whom it recognizes, has signed.
        silent: Why a list says nothing, of each that does not.
    """

    candidates: Sequence[tuple[Secured, str | None]]
    links: Sequence[RecognitionLink]
    silent: Sequence[Unchecked]


def _read(
    documents: Iterable[Secured], trust: TrustRegistry, judgement: Judgement
) -> _Read:
    # Whoever presents one many times does not get it judged many times.
    presented = {part.digest: part for part in documents if is_recognition(part)}
    candidates: list[tuple[Secured, str | None]] = [
        (part, None) for part in presented.values()
    ]
    silent: list[Unchecked | None] = []
    for place in trust.settings.lists:
        try:
            candidates.append((published(place, judgement), place))
        except MedidError as error:
            silent.append(silence(error))
    links: list[RecognitionLink] = []
    over = trust.over(at=judgement.at)
    waiting = list(candidates)
    while ready := [one for one in waiting if _known(one[0], links, trust)]:
        waiting = [one for one in waiting if one not in ready]
        for secured, url in ready:
            try:
                found = links_of(secured, url, trust, judgement)
                # What the file says of a board prevails, also that its time is over.
                links += [one for one in found if one.entity not in over]
            except MedidError as error:
                # What is presented is no source, and may be made by anybody.
                if url is not None:
                    silent.append(silence(error))
    return _Read(
        candidates=candidates,
        links=links,
        silent=[one for one in silent if one is not None],
    )


def silence(error: MedidError) -> Unchecked | None:
    """Why a list says nothing; ``None`` where its authority has taken it back."""
    if isinstance(error, Revoked | Suspended):
        return None
    return nothing_learnt(error, by="a list of recognitions")


def published(url: str, judgement: Judgement) -> Secured:
    """The recognition that is published at ``url``; it is still to be verified.

    Raises:
        MalformedValue: What is published is no recognition.
        MedidError: It is not at hand, or cannot be opened.
    """
    fetched = judgement.evidence.get(url, at=judgement.at)
    opened = open_document(fetched.content, memory=judgement.memory)
    if not is_recognition(opened):
        raise MalformedValue("what is published says nothing of recognitions")
    return opened


def _known(
    secured: Secured, links: Iterable[RecognitionLink], trust: TrustRegistry
) -> bool:
    issuers = {one.did for one in trust.settings.authorities}
    issuers.update(link.entity for link in links)
    return secured.issuer in issuers


def links_published(
    trust: TrustRegistry, judgement: Judgement
) -> Sequence[RecognitionLink]:
    """The links of all that is published and at hand."""
    return _read((), trust, judgement).links


def recognizing_any(issuer: str, judgement: Judgement) -> Judgement:
    """As ``recognizing``, where ``issuer`` has issued nothing that is at hand.

    Whom published lists recognize, or registries authorize, counts for something. It
    is worked out for ``federating.governs``: where no federation is asked about the
    issuer, nobody asks.
    """
    trust = judgement.trust
    if trust is None or not trust.federations(issuer):
        return judgement
    links = links_published(trust, judgement)
    authorities = trust.settings.authorities
    paths = Paths(links, authorities, covers=trust.covers, at=judgement.at)
    boards = [chain.as_board((asking.ANY,)) for chain in paths.to_any(issuer)]
    authorized, _ = asking.answers(asking.whatever(issuer, judgement), judgement)
    return replace(judgement, trust=trust.recognizing((*boards, *authorized)))


def links_of(
    secured: Secured, url: str | None, trust: TrustRegistry, judgement: Judgement
) -> tuple[RecognitionLink, ...]:
    """What ``secured`` says, each link with its schemas if they are at hand.

    Raises:
        MalformedValue: It is not of its form.
        EvidenceUnavailable: What is at hand of it is older than may be relied on.
        IssuerNotAuthorized: Its holder may have kept back what narrows it.
        MedidError: Why it does not verify.
    """
    verdict = judge_credential(secured, plain(judgement))
    if not verdict.verified:
        wrong = (one.error for one in verdict.checks if not one.advisory)
        raise next(filter(None, wrong), Unchecked("nothing vouches for it"))
    credential = secured.credential
    if credential is None or secured.is_withheld:
        raise IssuerNotAuthorized("shown in part, so that what narrows it may lack")
    # In force no longer than what is known of it may be relied on.
    span = validity_of(secured).intersect(Window(None, verdict.fresh_until))
    if url is not None:
        fetched = judgement.evidence.get(url).fetched_at
        latest = fetched.plus(trust.settings.status_max_age)
        if latest <= judgement.at:
            message = "the list at hand is older than may be relied on"
            raise EvidenceUnavailable(message)
        span = span.intersect(Window(None, latest))
    found = read_links(credential, span=span, digest=secured.digest, url=url)
    return tuple(_with_schemas(link, judgement) for link in found)


def _with_schemas(link: RecognitionLink, judgement: Judgement) -> RecognitionLink:
    """The link with its schemas; without all of them it leads nowhere."""
    found: list[JsonObject] = []
    for reference in link.validation:
        try:
            content = judgement.evidence.get(reference.id).content
            check_digests(reference.digests, content, path=reference.path)
            found.append(_schema(content))
        except MedidError:
            return link
    return replace(link, schemas=tuple(found))


@lru_cache(maxsize=MAX_SCHEMAS)
def _schema(content: bytes) -> JsonObject:
    """The schema, the same object for the same bytes; whoever reads it changes it not.

    Raises:
        ParsingError: Not an object in strict JSON.
    """
    return strict_json.load_object(content, limits=MAX_SCHEMA)


# What they amount to for the documents at hand.


def _boards(
    documents: Iterable[Secured],
    read: _Read,
    trust: TrustRegistry,
    judgement: Judgement,
) -> _Recognized:
    """The entries for these documents, and who is recognized for others alone."""
    authorities = trust.settings.authorities
    paths = Paths(read.links, authorities, covers=trust.covers, at=judgement.at)
    boards: list[AcceptedBoard] = []
    otherwise: set[str] = set()
    unanswered: list[Unanswered] = []
    for secured in {one.digest: one for one in documents}.values():
        issuer = secured.issuer
        if issuer is None:
            continue
        chains = paths.to(issuer, secured.document)
        silent = (*read.silent, *((NO_SCHEMA,) if paths.is_open else ()))
        boards += [chain.as_board((secured.digest,)) for chain in chains]
        if not chains and any(True for _ in paths.to_any(issuer)):
            otherwise.add(issuer)
        if silent:
            unanswered += unanswered_about(issuer, secured.digest, silent[0], judgement)
    return _Recognized(boards=boards, otherwise=otherwise, unanswered=unanswered)


NO_SCHEMA: Final = EvidenceUnavailable(
    "a schema that says what its issuer may issue is not at hand",
    fix="supply the schema of the digest that the recognition names",
)


def unanswered_about(
    issuer: str, document: str, error: Unchecked, judgement: Judgement
) -> Iterator[Unanswered]:
    """What the authorities in force may have said about who issued ``document``.

    Nothing about whom the trust file names: they are not asked about those.
    """
    trust = judgement.trust
    if trust is None or issuer in trust.settings.named:
        return
    for authority in trust.settings.authorities:
        if authority.window.contains(judgement.at):
            passing = RECOGNITIONS if authority.delegable else ()
            yield Unanswered(
                issuer=issuer,
                credential_types=(*authority.credential_types, *passing),
                jurisdictions=authority.jurisdictions,
                professions=authority.professions,
                documents=frozenset({document}),
                error=error,
            )
