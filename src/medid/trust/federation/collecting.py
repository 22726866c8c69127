"""Collecting a trust chain from the statements at hand.

From the entity upwards by its authority hints. No entity stands twice on a way, and no
more of them are looked at than a bound allows. What is fetched, ``accrediting`` says.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-fetching-entity-statements-
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core.evidence import Need
from medid.errors import EvidenceUnavailable, IssuerNotTrusted, MedidError
from medid.trust.federation import chains
from medid.trust.federation.statements import (
    MAX_STATEMENT,
    WELL_KNOWN,
    configuration_url,
    fetch_url,
    read_statement,
)
from medid.trust.unanswered import rather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.evidence import Evidence
    from medid.core.instant import Instant
    from medid.errors import FetchFailed
    from medid.trust.federation.chains import Anchor, TrustChain
    from medid.trust.federation.statements import EntityStatement

MAX_ENTITIES: Final = 16  # that are looked at between an entity and its anchors
_KEPT: Final = 32  # statements; those of a few issuers and of all above them
_ABSENT: Final = frozenset({404, 410})  # RFC 9110: Not Found, Gone
STATEMENT: Final = "entity-statement"
_ACCEPT: Final = "application/entity-statement+jwt"


def find(entity: str, anchor: Anchor, evidence: Evidence, *, at: Instant) -> TrustChain:
    """The shortest valid chain from ``entity`` to ``anchor``.

    Raises:
        EvidenceUnavailable: A statement on the way is not at hand, and no other way is
            valid.
        IssuerNotTrusted: No way leads to the anchor.
        MedidError: Why the last way that was looked at is not valid.
    """
    reason: MedidError = IssuerNotTrusted("no statement leads from the entity upwards")
    try:
        first = configuration_of(entity, evidence)
        for path in _paths(first, anchor, evidence):
            try:
                return chains.validate(path, anchor, at=at)
            except MedidError as error:
                reason = error
    except MedidError as error:
        reason = error
    raise reason


def need_of(url: str) -> Need:
    """What reading the statement at ``url`` takes."""
    return Need(kind=STATEMENT, url=url, accept=_ACCEPT, max_bytes=MAX_STATEMENT)


def settled(url: str, error: FetchFailed) -> MedidError:
    """What a failed fetch of a statement says: a superior that says 404 has answered.

    That it has no such subordinate. Of a configuration that is missing nobody knows
    why.
    """
    absent = getattr(error, "status", None) in _ABSENT
    if absent and not url.endswith(WELL_KNOWN):
        message = "a superior states nothing about this entity"
        return IssuerNotTrusted(message, path=error.path)
    return error


def statement_url(superior: str, subject: str, evidence: Evidence) -> str | None:
    """Where ``superior`` states something about ``subject``, as far as it is known."""
    try:
        return fetch_url(configuration_of(superior, evidence), subject)
    except MedidError:
        return None


def configuration_of(entity: str, evidence: Evidence) -> EntityStatement:
    """What ``entity`` says about itself; its signature is still to be verified.

    Raises:
        IssuerNotTrusted: What is published is about another entity.
        MedidError: It is not at hand, or no statement.
    """
    found = _read(evidence.get(configuration_url(entity)).content)
    if not (found.is_configuration and found.subject == entity):
        message = "what is published is not about this entity"
        raise IssuerNotTrusted(message)
    return found


def _paths(
    first: EntityStatement, anchor: Anchor, evidence: Evidence
) -> Iterator[list[EntityStatement]]:
    """Ways from ``first`` to the anchor, the shortest first, no entity twice."""
    if first.subject == anchor.entity:
        yield [first]
        return
    top = configuration_of(anchor.entity, evidence)
    missing: MedidError | None = None
    looked_at = 0
    # Each way: the statements so far, and the configurations of those who may go on.
    ways: list[tuple[list[EntityStatement], EntityStatement]] = [([first], first)]
    while ways and looked_at < MAX_ENTITIES:
        way, lower = ways.pop(0)
        looked_at += 1
        for name in dict.fromkeys(lower.superiors):
            try:
                upper = (
                    top if name == anchor.entity else configuration_of(name, evidence)
                )
                longer = [*way, statement_about(lower.subject, upper, evidence)]
            except MedidError as error:
                missing = rather(missing, error)
                continue
            if name == anchor.entity:
                yield [*longer, top]
            elif len(longer) < chains.MAX_CHAIN - 1 and all(
                name != one.subject for one in way
            ):
                ways.append((longer, upper))
    if missing is not None:
        raise missing


def statement_about(
    subject: str, superior: EntityStatement, evidence: Evidence
) -> EntityStatement:
    """What ``superior`` says about ``subject``; still to be verified.

    Raises:
        EvidenceUnavailable: It is not at hand, or published nowhere.
        IssuerNotTrusted: What is published is about another entity.
        MedidError: It is no statement.
    """
    url = fetch_url(superior, subject)
    if url is None:
        message = "a superior publishes nothing about those below it"
        raise EvidenceUnavailable(message)
    found = _read(evidence.get(url).content)
    if (found.issuer, found.subject) != (superior.subject, subject):
        message = "what a superior publishes is about another entity"
        raise IssuerNotTrusted(message)
    return found


@lru_cache(maxsize=_KEPT)
def _read(content: bytes) -> EntityStatement:
    """The statement, the same object for the same bytes, which nobody may change.

    One is met on many ways, in each round of fetching and in the judgement. That it was
    read says nothing about its signature, which is verified each time.

    Raises:
        MedidError: It is no statement.
    """
    return read_statement(content)
