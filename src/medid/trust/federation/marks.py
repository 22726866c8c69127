"""Trust marks: what an accreditation authority attests about an entity.

A mark counts where the anchor of the chain lists its issuer for its type. An empty
list, which the specification reads as "anyone may issue it", counts for nobody here:
what a mark allows in this field is never left to anyone.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-trust-marks
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import as_object, as_str, optional_str, required, required_str
from medid.core.json import JsonLimits
from medid.errors import IssuerNotTrusted, MalformedValue, child, located
from medid.trust.federation.statements import (
    check_entity,
    member,
    read_jwt,
    read_keys,
    read_window,
    verify_with,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from medid.core.instant import Instant, Window
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import PublicKey
    from medid.securing.jose import Jws
    from medid.trust.federation.chains import TrustChain
    from medid.trust.federation.statements import EntityStatement

MARK_TYPE: Final = "trust-mark+jwt"
DELEGATION_TYPE: Final = "trust-mark-delegation+jwt"
MAX_MARKS: Final = 64  # of an entity

_LIMITS: Final = JsonLimits(max_bytes=65_536)  # 64 KiB: a mark has ten short claims


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustMark:
    """One mark, of which nothing has been verified.

    Attributes:
        envelope: The signature and what it covers.
        issuer: Who attests.
        subject: About which entity.
        type: What: an identifier that the federation gives a meaning to.
        window: From ``iat``, or a later ``nbf``, to ``exp``; endless without one.
        delegation: The owner's word that the issuer may, as a JWT.
    """

    envelope: Jws = field(repr=False)
    issuer: str
    subject: str
    type: str
    window: Window
    delegation: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMark:
    """A mark as an entity lists it: its type, and a token that was not read.

    Attributes:
        type: As it is said beside the token.
        token: The mark, as a JWT.
        path: Where the entry stands.
    """

    type: str
    token: str = field(repr=False)
    path: str

    def read(self) -> TrustMark:
        """The mark in the token.

        Raises:
            MalformedValue: It is of another type than is said beside it.
            MedidError: As ``read_mark`` says.
        """
        mark = read_mark(self.token, path=self.path)
        if mark.type != self.type:
            message = "the mark is of another type than is said beside it"
            raise MalformedValue(message, path=child(self.path, "trust_mark_type"))
        return mark


def marks_of(statement: EntityStatement) -> tuple[ListedMark, ...]:
    """The marks that an entity configuration lists.

    None is read: those of other federations may be written as medid reads none, which
    says nothing about this one's.

    Raises:
        MalformedValue: The list is not of its form, or has too many.
    """
    path = "$.trust_marks"
    if "trust_marks" not in statement.claims:
        return ()
    listed = required(statement.claims, "trust_marks", list, "$")
    if len(listed) > MAX_MARKS:
        raise MalformedValue(f"an entity has at most {MAX_MARKS} marks", path=path)
    return tuple(_listed(item, child(path, index)) for index, item in enumerate(listed))


def _listed(item: JsonValue, path: str) -> ListedMark:
    entry = as_object(item, path)
    return ListedMark(
        type=required_str(entry, "trust_mark_type", path),
        token=required_str(entry, "trust_mark", path),
        path=path,
    )


def read_mark(token: str, *, path: str = "$") -> TrustMark:
    """The mark in a JWT.

    Raises:
        ParsingError: Not a JWT.
        MalformedProof: A JWT of another type.
        MalformedValue: A claim is missing or not of its form.
    """
    envelope, claims = _read(token, MARK_TYPE, path)
    with located(path):
        return TrustMark(
            envelope=envelope,
            issuer=check_entity(required_str(claims, "iss", "$"), path="$.iss"),
            subject=check_entity(required_str(claims, "sub", "$"), path="$.sub"),
            type=required_str(claims, "trust_mark_type", "$"),
            window=read_window(claims, "$", endless=True),
            delegation=optional_str(claims, "delegation", "$"),
        )


def _read(token: str, kind: str, path: str) -> tuple[Jws, JsonObject]:
    envelope = read_jwt(token, kind, path=path)
    with located(path):
        return envelope, strict_json.load_object(envelope.payload, limits=_LIMITS)


def validate(
    mark: TrustMark,
    chain: TrustChain,
    keys_of: Callable[[str], Mapping[str, PublicKey]],
    *,
    at: Instant,
) -> Window:
    """The time in which ``mark`` counts for the subject of ``chain``, ``at`` within.

    Args:
        mark: As it was read.
        chain: The subject's.
        keys_of: The federation keys of an entity that has a chain to the same anchor;
            it raises for any other. Asked about issuers alone whom the anchor lists.
        at: The instant as of which is asked.

    Raises:
        IssuerNotTrusted: The mark is about somebody else, does not hold at ``at``, or
            its issuer may not issue marks of its type.
        MedidError: Its signature does not hold, or its issuer has no valid chain.
    """
    if mark.subject != chain.subject:
        raise IssuerNotTrusted("the mark is about another entity", path="$.sub")
    if not mark.window.contains(at):
        raise IssuerNotTrusted("the mark does not hold at this time", path="$.exp")
    if mark.issuer not in issuers_of(chain.anchor, mark.type):
        message = "the anchor does not list this issuer for marks of this type"
        raise IssuerNotTrusted(message, path="$.iss")
    verify_with(mark.envelope, keys_of(mark.issuer))
    owners = member(chain.anchor.claims, "trust_mark_owners", "$")
    if mark.type in owners or mark.delegation is not None:
        return mark.window.intersect(_delegated(mark, owners, at))
    return mark.window


def issuers_of(anchor: EntityStatement, kind: str) -> Sequence[str]:
    """Who may issue marks of the type ``kind``, as the anchor's configuration says.

    Raises:
        MalformedValue: It is not said in the form that it has.
    """
    issuers = member(anchor.claims, "trust_mark_issuers", "$")
    path = child("$.trust_mark_issuers", kind)
    listed = (
        required(issuers, kind, list, "$.trust_mark_issuers")
        if (kind in issuers)
        else []
    )
    return [as_str(item, path) for item in listed]


def _delegated(mark: TrustMark, owners: JsonObject, at: Instant) -> Window:
    """The time in which the owner of the type of ``mark`` lets its issuer issue it."""
    path = "$.delegation"
    if mark.delegation is None:
        message = "marks of this type need the word of their owner"
        raise IssuerNotTrusted(message, path=path)
    place = child("$.trust_mark_owners", mark.type)
    if mark.type not in owners:
        message = "the anchor names no owner of marks of this type"
        raise IssuerNotTrusted(message, path=place)
    owner = as_object(owners[mark.type], place)
    envelope, claims = _read(mark.delegation, DELEGATION_TYPE, path)
    expected = {
        "iss": required_str(owner, "sub", place),
        "sub": mark.issuer,
        "trust_mark_type": mark.type,
    }
    for name, value in expected.items():
        if claims.get(name) != value:
            message = "the delegation is for something else"
            raise IssuerNotTrusted(message, path=child(path, name))
    window = read_window(claims, path, endless=True)
    if not window.contains(at):
        raise IssuerNotTrusted("the delegation does not hold at this time", path=path)
    keys = read_keys(required(owner, "jwks", dict, place), child(place, "jwks"))
    with located(path):
        verify_with(envelope, keys)
    return window
