"""What supports a license, as facts: an authorisation, or a declaration of services.

Reads and refuses; decides nothing. That the credential's signature, dates, status and
issuer are in order is for others to show first, and that there is a license too.

Spec: https://w3id.org/medid/health/support/v1
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedValue, MissingFact, child
from medid.health.claims import check_vct, claimed_window, only_subject
from medid.health.nodes import Reader
from medid.health.support_vocabulary import (
    AUTHORISATION_CREDENTIAL,
    DECLARATION_CREDENTIAL,
)
from medid.health.vocabulary import node_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.instant import Window
    from medid.core.json import JsonObject
    from medid.credentials import Credential
    from medid.health.nodes import Node
    from medid.health.words import CredentialType


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """The right to practise under a compact, beside a license of the home state.

    Attributes:
        kind: Which authorisation of the compact, such as ``APIT`` or ``TAP``.
        home_state: Where the license is from that it goes with.
        days_used: The days of practice this year, for each state that had any.
    """

    compact: str
    kind: str
    home_state: str
    days_used: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({}), hash=False, repr=False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration to provide services in one state under a license of another."""

    home_state: str
    host_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A credential that supports a license, and never stands for one.

    Attributes:
        type: The name of its type.
        holder: The DID that it is about.
        issuer: Who says so.
        window: When it is valid, by what it states itself.
        states: What it says.
        credential_id: The credential's own id, where it has one.
    """

    type: str
    holder: str
    issuer: str
    window: Window
    states: Authorisation | Declaration
    credential_id: str | None

    @classmethod
    def from_credential(cls, credential: Credential, kind: CredentialType) -> Support:
        """What a verified ``credential`` of ``kind`` states.

        Raises:
            MissingFact: Something that this needs is not stated.
            MalformedValue: Another type, or not of the vocabulary.
        """
        claims, path = only_subject(credential, kind)
        _check_nothing_beside(claims, kind, path)
        subject = Reader().node(claims, kind.subject, path)
        if subject.id is None:
            raise _unnamed(child(path, "id"))
        return cls(
            type=kind.name,
            holder=subject.id,
            issuer=credential.issuer.id,
            window=credential.validity,
            states=_stated(Reader(), subject, kind),
            credential_id=credential.id,
        )

    @classmethod
    def from_claims(cls, claims: JsonObject, kind: CredentialType) -> Support:
        """What the claims of a verified SD-JWT VC of ``kind`` state.

        The members of the subject stand beside the registered claims; nodes need not
        name their types. What a holder kept back is not seen here: see
        ``medid.health.claims.check_nothing_withheld``.

        Raises:
            MissingFact: Something that this needs is not stated.
            MalformedValue: Another ``vct``, or not of the vocabulary.
        """
        check_vct(claims, kind)
        _check_nothing_beside(claims, kind, "$")
        reader = Reader(typed=False)
        members = {name: value for name, value in claims.items() if name != "id"}
        identifier = claims.get("jti")
        return cls(
            type=kind.name,
            holder=_name(claims, "sub"),
            issuer=_name(claims, "iss"),
            window=claimed_window(claims),
            states=_stated(reader, reader.node(members, kind.subject, "$"), kind),
            credential_id=identifier if isinstance(identifier, str) else None,
        )


def _name(claims: JsonObject, member: str) -> str:
    found = claims.get(member)
    if not isinstance(found, str) or not found:
        raise _unnamed(child("$", member))
    return found


def _unnamed(path: str) -> MissingFact:
    message = "a supporting credential must name its holder and its issuer"
    return MissingFact(message, path=path)


def _check_nothing_beside(claims: JsonObject, kind: CredentialType, path: str) -> None:
    """Return unless what belongs into the node stands beside it, where nobody reads it.

    Raises:
        MalformedValue: It does.
    """
    (held,) = node_type(kind.subject).terms
    for term in node_type(held.node).terms:
        if term.name in claims:
            message = "this stands beside what it belongs to"
            fix = f"state it in {held.name}"
            raise MalformedValue(message, path=child(path, term.name), fix=fix)


def _stated(
    reader: Reader, subject: Node, kind: CredentialType
) -> Authorisation | Declaration:
    (held,) = node_type(kind.subject).terms
    (node,) = reader.nodes(subject, held.name, held.node)
    return _READERS[kind.name](reader, node)


def _authorisation(reader: Reader, node: Node) -> Authorisation:
    return Authorisation(
        compact=node.needed("compact"),
        kind=node.needed("kind"),
        home_state=node.jurisdiction("homeState"),
        days_used=MappingProxyType(_days_used(reader, node)),
    )


def _days_used(reader: Reader, node: Node) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in reader.nodes(node, "daysUsedThisYear", "DaysUsed"):
        state = one.jurisdiction("state")
        if state in found:
            message = "a state is named twice, so nobody can tell its days"
            raise MalformedValue(message, path=child(one.path, "state"))
        found[state] = one.number("days")
    return found


def _declaration(_: Reader, node: Node) -> Declaration:
    return Declaration(
        home_state=node.jurisdiction("homeState"),
        host_state=node.jurisdiction("hostState"),
    )


_READERS: Final[Mapping[str, Callable[[Reader, Node], Authorisation | Declaration]]] = (
    MappingProxyType(
        {
            AUTHORISATION_CREDENTIAL.name: _authorisation,
            DECLARATION_CREDENTIAL.name: _declaration,
        }
    )
)
