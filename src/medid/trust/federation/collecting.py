"""Collecting a trust chain: what has to be fetched, and the chains that it makes.

From the entity upwards by its authority hints, in at most three rounds of fetching: so
an entity with one intermediate between itself and the anchor is found, and a deeper one
where statements are at hand already. What was met once is not asked for again, and no
more entities are looked at than a bound allows.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-fetching-entity-statements-
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.evidence import Need
from medid.errors import EvidenceUnavailable, IssuerNotTrusted, MedidError
from medid.trust.federation import chains
from medid.trust.federation.statements import (
    MAX_STATEMENT,
    configuration_url,
    fetch_url,
    read_statement,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.core.evidence import Evidence
    from medid.core.instant import Instant
    from medid.keys import PublicKey
    from medid.trust.federation.chains import Anchor, TrustChain
    from medid.trust.federation.statements import EntityStatement

MAX_ENTITIES: Final = 16  # that are looked at between an entity and its anchors
_ACCEPT: Final = "application/entity-statement+jwt"


def needs(entity: str, anchors: Sequence[Anchor], evidence: Evidence) -> list[Need]:
    """What finding a chain of ``entity`` takes, with the evidence so far."""
    found: dict[str, Need] = {}

    def want(url: str | None) -> None:
        if url is not None and url not in evidence:
            found.setdefault(url, need_of(url))

    for anchor in anchors:
        want(_configuration_url(anchor.entity))
    for lower in _upwards(entity, anchors, evidence):
        want(_configuration_url(lower))
        for upper in _superiors(lower, evidence):
            want(_configuration_url(upper))
            want(statement_url(upper, lower, evidence))
            # Whether an anchor stands above a superior is worth asking at once: it
            # spares a round.
            for anchor in anchors:
                if upper != anchor.entity:
                    want(statement_url(anchor.entity, upper, evidence))
    return [*found.values()]


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


def keys_of(
    entity: str, anchor: Anchor, evidence: Evidence, *, at: Instant
) -> Mapping[str, PublicKey]:
    """The federation keys of ``entity``, if it has a valid chain to ``anchor``.

    Raises:
        MedidError: As ``find`` says.
    """
    return find(entity, anchor, evidence, at=at).keys


def need_of(url: str) -> Need:
    """What reading the statement at ``url`` takes."""
    return Need(
        kind="entity-statement", url=url, accept=_ACCEPT, max_bytes=MAX_STATEMENT
    )


def _upwards(
    entity: str, anchors: Sequence[Anchor], evidence: Evidence
) -> Iterator[str]:
    """``entity`` and those above it, as far as they are known, below the anchors."""
    believed = {anchor.entity for anchor in anchors}
    met, queue = {entity}, [entity]
    while queue and len(met) <= MAX_ENTITIES:
        lower = queue.pop(0)
        yield lower
        for upper in _superiors(lower, evidence):
            if upper not in met and upper not in believed:
                met.add(upper)
                queue.append(upper)


def _superiors(entity: str, evidence: Evidence) -> tuple[str, ...]:
    try:
        return configuration_of(entity, evidence).superiors
    except MedidError:
        return ()


def _configuration_url(entity: str) -> str | None:
    try:
        return configuration_url(entity)
    except MedidError:
        return None


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
    found = read_statement(evidence.get(configuration_url(entity)).content)
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
        for name in lower.superiors:
            try:
                upper = (
                    top if name == anchor.entity else configuration_of(name, evidence)
                )
                longer = [*way, statement_about(lower.subject, upper, evidence)]
            except MedidError as error:
                missing = error
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
    found = read_statement(evidence.get(url).content)
    if (found.issuer, found.subject) != (superior.subject, subject):
        message = "what a superior publishes is about another entity"
        raise IssuerNotTrusted(message)
    return found
