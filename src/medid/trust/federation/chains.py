"""Trust chains: from an entity up to an anchor, statement by statement.

A chain begins with what the entity says about itself and ends with what the anchor
says about itself; between them each superior states who is right below. It is judged as
of one instant, against the keys of the anchor that were received out of band. What
comes out is the metadata that every superior in the chain lets stand.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-validating-a-trust-chain
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from medid.core.instant import Window
from medid.errors import IssuerNotTrusted, child, located
from medid.trust.federation import constraints, policies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.keys import PublicKey
    from medid.trust.federation.statements import EntityStatement

MAX_CHAIN: Final = 10  # statements, the configurations at both ends included


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An entity that is believed, and its keys as they were received out of band.

    Attributes:
        entity: Its entity identifier, compared as exact text.
        keys: By ``kid``.
    """

    entity: str
    keys: Mapping[str, PublicKey] = field(hash=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustChain:
    """A chain that was found valid.

    Attributes:
        subject: The entity at its beginning.
        entities: All entities of it, from the subject up to the anchor.
        keys: The subject's federation keys, as its superior states them.
        metadata: The subject's metadata by entity type, as the policies let it stand.
        window: The time in which all statements hold.
        configuration: What the subject says about itself.
        anchor: What the anchor says about itself.
    """

    subject: str
    entities: tuple[str, ...]
    keys: Mapping[str, PublicKey] = field(hash=False, repr=False)
    metadata: Mapping[str, JsonObject] = field(hash=False, repr=False)
    window: Window
    configuration: EntityStatement = field(hash=False, repr=False)
    anchor: EntityStatement = field(hash=False, repr=False)


def validate(
    statements: Sequence[EntityStatement], anchor: Anchor, *, at: Instant
) -> TrustChain:
    """The chain that ``statements`` make, if they make one.

    Args:
        statements: The subject's configuration first, the anchor's configuration last.
        anchor: Whom the caller believes.
        at: The instant as of which is asked.

    Raises:
        IssuerNotTrusted: They make no chain to this anchor, one of them does not hold
            at ``at``, a constraint is broken, or the policies leave nothing valid.
        InvalidVerificationMethod: One is signed by a key that was not stated above it.
        InvalidSignature: One is not signed by the key that it names.
        MalformedValue: A policy or a constraint is not of its form.
        WeakCryptography: An algorithm does not fit its key.
    """
    _check_links(statements, anchor)
    for index, one in enumerate(statements):
        if not one.window.contains(at):
            message = "a statement of the trust chain does not hold at this time"
            raise IssuerNotTrusted(message, path=_place(index))
    _check_signatures(statements, anchor)
    between = statements[1:-1]
    for index, one in enumerate(between, start=1):
        with located(_place(index)):
            constraints.check(one, [lower.subject for lower in statements[:index]])
    return TrustChain(
        subject=statements[0].subject,
        entities=_entities(statements),
        keys=(between or statements)[0].keys,
        metadata=_resolved(statements[0], between),
        window=_common(statements),
        configuration=statements[0],
        anchor=statements[-1],
    )


def _place(index: int) -> str:
    return child("$.trustChain", index)


def _check_links(statements: Sequence[EntityStatement], anchor: Anchor) -> None:
    # An anchor alone is a chain of one; two statements would be by one entity.
    if len(statements) not in {1, *range(3, MAX_CHAIN + 1)}:
        message = f"a trust chain has one statement, or 3 to {MAX_CHAIN}"
        raise IssuerNotTrusted(message, path="$.trustChain")
    first, last = statements[0], statements[-1]
    if not (first.is_configuration and last.is_configuration):
        message = "a trust chain begins and ends with what an entity says of itself"
        raise IssuerNotTrusted(message, path="$.trustChain")
    if last.issuer != anchor.entity:
        message = "the trust chain ends with another anchor"
        raise IssuerNotTrusted(message, path=_place(len(statements) - 1))
    for index, (lower, upper) in enumerate(pairwise(statements)):
        if lower.issuer != upper.subject or (index > 0 and lower.is_configuration):
            message = "the trust chain is broken: a statement is by somebody else"
            raise IssuerNotTrusted(message, path=_place(index))
    entities = _entities(statements)
    if len({*entities}) != len(entities):
        message = "the trust chain meets an entity twice"
        raise IssuerNotTrusted(message, path="$.trustChain")
    if len(entities) > 1 and entities[1] not in first.superiors:
        message = "the entity does not name this superior"
        raise IssuerNotTrusted(message, path=_place(1))


def _entities(statements: Sequence[EntityStatement]) -> tuple[str, ...]:
    # The subject is named twice: by itself, and by its superior.
    return tuple(one.subject for one in (statements[1:] or statements))


def _check_signatures(statements: Sequence[EntityStatement], anchor: Anchor) -> None:
    last = len(statements) - 1
    for index, one in enumerate(statements):
        with located(_place(index)):
            if index == last:
                one.verify(anchor.keys)
            elif index == last - 1:
                # By the anchor itself: with the keys that are known of it, and that it
                # still states.
                one.verify(anchor.keys)
                one.verify(statements[last].keys)
            else:
                one.verify(statements[index + 1].keys)
            if one.is_configuration:
                one.verify(one.keys)


def _common(statements: Sequence[EntityStatement]) -> Window:
    window = Window()
    for one in statements:
        window = window.intersect(one.window)
    return window


def _resolved(
    subject: EntityStatement, between: Sequence[EntityStatement]
) -> Mapping[str, JsonObject]:
    """The subject's metadata, after what its superiors state, constrain and demand.

    Spec: https://openid.net/specs/openid-federation-1_0.html#name-metadata-policy-applicatio
    """
    metadata = {kind: dict(found) for kind, found in subject.metadata.items()}
    if between:
        for kind, overrides in between[0].metadata.items():
            if kind in metadata:
                metadata[kind] |= overrides
    for one in between:
        metadata = constraints.of_types(one, metadata)
    claims = [
        (one.claims["metadata_policy"], f"{_place(index)}.metadata_policy")
        for index, one in reversed([*enumerate(between, start=1)])
        if "metadata_policy" in one.claims
    ]
    return policies.apply(policies.resolve(claims), metadata)
