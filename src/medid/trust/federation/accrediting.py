"""Whom a federation accredits, asked from above: needs, and the entries they amount to.

An issuer is asked about at the anchor, and at the intermediates that the trust file
names, before anything is fetched from its own host. So a forged credential makes nobody
reach out to an address that it chose:

::

    1  the configurations of the anchor and of those intermediates
    2  what they state about the issuer, and about those who issue marks
    3  the configurations of those about whom a statement holds

Spec: https://openid.net/specs/openid-federation-1_0.html#name-resolving-the-trust-chain-a
"""

from __future__ import annotations

import hashlib
from functools import cache, partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final

from medid.core import base64url
from medid.core.instant import Window
from medid.core.records import replace
from medid.errors import (
    EvidenceUnavailable,
    HistoryUnknown,
    IssuerNotTrusted,
    MedidError,
    Unchecked,
)
from medid.trust.boards import AcceptedBoard
from medid.trust.federation import collecting, marks
from medid.trust.federation.statements import (
    configuration_url,
    fetch_url,
    is_entity,
)
from medid.trust.told import ToldChain, ToldLink, ToldMark
from medid.trust.unanswered import nothing_learnt, rather

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.evidence import Evidence, Need
    from medid.core.instant import Instant
    from medid.keys import PublicKey
    from medid.trust.federation.chains import TrustChain
    from medid.trust.federation.marks import TrustMark
    from medid.trust.federation.settings import Federation, MarkMeaning

# Issuers of marks that are asked about for one federation; it has one or two.
MAX_MARK_ISSUERS: Final = 4


def needs(
    issuer: str, federation: Federation, evidence: Evidence, *, at: Instant
) -> Iterator[Need]:
    """What it takes to know whether ``federation`` accredits ``issuer``."""
    anchor, others = federation.anchor.entity, federation.intermediates
    asked = dict.fromkeys((issuer, *_mark_issuers(federation, evidence)))
    pairs = [(top, one) for top in (anchor, *others) for one in asked if one != top]
    pairs += [(anchor, one) for one in others]
    urls: list[str | None] = [configuration_url(top) for top in (anchor, *others)]
    urls += [collecting.statement_url(top, one, evidence) for top, one in pairs]
    urls += [
        configuration_url(one)
        for one in asked
        if is_confirmed(one, federation, evidence, at=at)
    ]
    for url in dict.fromkeys(urls):
        if url is not None:
            yield collecting.need_of(url)


def is_confirmed(
    entity: str, federation: Federation, evidence: Evidence, *, at: Instant
) -> bool:
    """Whether the anchor, or an intermediate, says at ``at`` that ``entity`` is below.

    Only then is anything fetched from the entity's own host. It is no chain yet.
    """
    if not federation.window.contains(at):
        return False
    for superior in (None, *federation.intermediates):
        try:
            _confirm(entity, superior, federation, evidence, at=at)
        except MedidError:
            continue
        return True
    return False


def silence(
    issuer: str,
    federation: Federation,
    evidence: Evidence,
    *,
    at: Instant,
    error: MedidError,
) -> Unchecked | None:
    """Why ``federation`` has not answered about ``issuer``; ``None`` if it said no.

    Asked above all: an issuer whom no superior knows has not been accredited, whatever
    his own host would say.

    Args:
        issuer: Whom it does not accredit, as far as can be told.
        federation: By which anchor.
        evidence: The statements at hand.
        at: The instant as of which is asked.
        error: Why not, as ``accredited`` says.
    """
    if not federation.window.contains(at):
        return None
    outstanding = _outstanding(issuer, federation, evidence, at=at, error=error)
    return outstanding or _of_later(issuer, federation, evidence, at=at)


def _outstanding(
    issuer: str,
    federation: Federation,
    evidence: Evidence,
    *,
    at: Instant,
    error: MedidError,
) -> Unchecked | None:
    """What was not to be had of what the answer takes; ``None`` if all was."""
    if is_confirmed(issuer, federation, evidence, at=at):
        return error if isinstance(error, Unchecked) else None
    for superior in (None, *federation.intermediates):
        try:
            _confirm(issuer, superior, federation, evidence, at=at)
        except IssuerNotTrusted:
            continue
        except MedidError as reason:
            return nothing_learnt(reason, by="a federation")
    return None


def _of_later(
    issuer: str, federation: Federation, evidence: Evidence, *, at: Instant
) -> HistoryUnknown | None:
    """Why a no says nothing about ``at``: it was read from what was seen later."""
    tops = (federation.anchor.entity, *federation.intermediates)
    urls = [configuration_url(one) for one in (*tops, issuer)]
    urls += [collecting.statement_url(one, issuer, evidence) or "" for one in tops]
    for url in urls:
        try:
            evidence.get(url, at=at)
        except HistoryUnknown as late:
            return late
        except MedidError:
            continue
    return None


def _confirm(
    entity: str,
    superior: str | None,
    federation: Federation,
    evidence: Evidence,
    *,
    at: Instant,
) -> None:
    """Return if ``superior``, or the anchor where it is ``None``, knows ``entity``.

    Raises:
        IssuerNotTrusted: It does not, or not yet at ``at``.
        MedidError: What it says is not at hand, or does not hold.
    """
    anchor = federation.anchor
    stated = partial(_stated, evidence=evidence, at=at)
    if superior is None:
        stated(anchor.entity, entity, keys=anchor.keys)
    else:
        keys = stated(anchor.entity, superior, keys=anchor.keys)
        stated(superior, entity, keys=keys)


def _stated(
    superior: str,
    subject: str,
    *,
    keys: Mapping[str, PublicKey],
    evidence: Evidence,
    at: Instant,
) -> Mapping[str, PublicKey]:
    """The keys of ``subject``, in what ``superior`` signed with one of ``keys``."""
    top = collecting.configuration_of(superior, evidence)
    found = collecting.statement_about(subject, top, evidence)
    found.verify(keys)
    end = found.window.end
    if end is not None and end <= at:
        # As of a list that has expired, nothing is learnt from it.
        raise EvidenceUnavailable("the statement at hand has expired")
    if not found.window.contains(at):
        raise IssuerNotTrusted("the statement does not hold at this time")
    return found.keys


def _mark_issuers(federation: Federation, evidence: Evidence) -> tuple[str, ...]:
    """Who may issue the marks that have a meaning, as the anchor itself says."""
    anchor = federation.anchor
    try:
        top = collecting.configuration_of(anchor.entity, evidence)
        top.verify(anchor.keys)
        found = [
            name
            for meaning in federation.meanings
            for name in marks.issuers_of(top, meaning.type)
        ]
    except MedidError:
        return ()
    others = (name for name in dict.fromkeys(found) if name != anchor.entity)
    # Of one by a name that medid cannot ask for, nothing would be learnt.
    return tuple(islice(filter(is_entity, others), MAX_MARK_ISSUERS))


def accredited(
    issuer: str,
    federation: Federation,
    evidence: Evidence,
    *,
    at: Instant,
    max_age: float,
) -> tuple[AcceptedBoard, ...]:
    """The entries to which the marks of ``issuer`` amount, at least one.

    Each is for one mark, in force while the mark, its owner's word where it needs one,
    its issuer's chain and the issuer's own chain hold, and no longer than what was
    fetched may be relied on.

    Args:
        issuer: Compared as exact text.
        federation: By which anchor, and with which meanings.
        evidence: The statements at hand.
        at: The instant as of which is asked.
        max_age: Seconds since a statement was fetched, at most.

    Raises:
        IssuerNotTrusted: No chain leads to the anchor, or no mark with a meaning holds.
        HistoryUnknown: Only what was published later is at hand.
        EvidenceUnavailable: A statement is not at hand, or too old.
        MedidError: Why a chain is not valid.
    """
    if not federation.window.contains(at):
        raise IssuerNotTrusted("the federation's entry is not in force")
    # One issuer may have issued many of the marks: its chain is looked for once.
    held = cache(
        partial(_held, federation=federation, evidence=evidence, at=at, max_age=max_age)
    )
    chain, span = held(issuer)
    reason: MedidError = IssuerNotTrusted("no trust mark that has a meaning here")
    found = []
    for listed in marks.marks_of(chain.configuration):
        meaning = federation.meaning(listed.type)
        if meaning is None:
            continue
        try:
            mark = listed.read()
            counts = marks.validate(mark, chain, lambda name: held(name)[0].keys, at=at)
            _, known = held(mark.issuer)
        except MedidError as error:
            reason = rather(reason, error)
            continue
        window = span.intersect(known).intersect(counts)
        entry = _entry(chain, mark, meaning, window)
        found.append(replace(entry, told=_told(entry, mark, chain, evidence)))
    if not found:
        raise reason
    return tuple(found)


def _held(
    entity: str,
    *,
    federation: Federation,
    evidence: Evidence,
    at: Instant,
    max_age: float,
) -> tuple[TrustChain, Window]:
    """The chain of ``entity``, and how long it may be relied on."""
    chain = collecting.find(entity, federation.anchor, evidence, at=at)
    span = chain.window.intersect(federation.window)
    for url in _urls(chain, evidence):
        # What was first seen later says nothing about then.
        latest = evidence.get(url, at=at).fetched_at.plus(max_age)
        if latest <= at:
            message = "a statement at hand is older than may be relied on"
            raise EvidenceUnavailable(message)
        span = span.intersect(Window(None, latest))
    return chain, span


def _urls(chain: TrustChain, evidence: Evidence) -> Iterator[str]:
    yield from map(configuration_url, chain.entities)
    for lower, upper in pairwise(chain.entities):
        top = collecting.configuration_of(upper, evidence)
        yield fetch_url(top, lower) or ""  # a chain has been found in these


def _entry(
    chain: TrustChain, mark: TrustMark, meaning: MarkMeaning, window: Window
) -> AcceptedBoard:
    return AcceptedBoard(
        did=chain.subject,
        x509_anchors=(),
        name=None,
        jurisdictions=meaning.jurisdictions,
        professions=meaning.professions,
        credential_types=meaning.credential_types,
        require_registration=None,
        require_hybrid_proofs=False,
        window=window,
        recognized_by=mark.issuer,
        status_list_issuers=(),
        federation=chain,
    )


def _told(
    entry: AcceptedBoard, mark: TrustMark, chain: TrustChain, evidence: Evidence
) -> ToldChain:
    return ToldChain(
        authority=chain.entities[-1],
        links=tuple(_told_links(chain, evidence)),
        credential_types=entry.credential_types,
        jurisdictions=entry.jurisdictions,
        professions=entry.professions,
        window=entry.window,
        mark=ToldMark(
            type=mark.type,
            issuer=mark.issuer,
            digest=_digest(mark),
            window=mark.window,
        ),
    )


def _told_links(chain: TrustChain, evidence: Evidence) -> Iterator[ToldLink]:
    """What each superior states about the one right below, from the anchor down."""
    for lower, upper in reversed([*pairwise(chain.entities)]):
        top = collecting.configuration_of(upper, evidence)
        url = fetch_url(top, lower) or ""  # a chain has been found in these
        yield ToldLink(
            entity=lower,
            recognized_by=upper,
            digest=evidence.get(url).digest,
            url=url,
            window=collecting.statement_about(lower, top, evidence).window,
        )


def _digest(mark: TrustMark) -> str:
    """Of the JWT as it stands in the configuration: its encoding is the only one."""
    signature = base64url.encode(mark.envelope.signature).encode()
    return hashlib.sha256(mark.envelope.signing_input + b"." + signature).hexdigest()
