"""Constraints of a trust chain: how long, which names, which types of entities.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-trust-chain-constraints
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_str, optional, required
from medid.errors import IssuerNotTrusted, MalformedValue, child
from medid.trust.federation.statements import FEDERATION_ENTITY, host_of, member

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from medid.core.json import JsonObject
    from medid.trust.federation.statements import EntityStatement

_PATH = "$.constraints"
# A host by name, or with a leading period all hosts below a name.
_NAME: Final = re.compile(r"\.?[a-z0-9_\-]{1,63}(?:\.[a-z0-9_\-]{1,63})*")


def check(statement: EntityStatement, below: Sequence[str]) -> None:
    """Return if the entities below fulfil what ``statement`` demands of them.

    Args:
        statement: A subordinate statement of a chain.
        below: The subjects of the statements below it, the chain's subject twice:
            as its own configuration and its superior's statement name it.

    Raises:
        MalformedValue: A constraint is not of its form.
        IssuerNotTrusted: A constraint is broken.
    """
    stated = member(statement.claims, "constraints", "$")
    _check_length(stated, intermediates=len(below) - 1)
    _check_names(stated, {host_of(entity) for entity in (statement.subject, *below)})
    _allowed(stated)


def _check_length(stated: JsonObject, *, intermediates: int) -> None:
    most = optional(stated, "max_path_length", int, _PATH)
    if most is None:
        return
    place = child(_PATH, "max_path_length")
    if most < 0:
        raise MalformedValue("the number is negative", path=place)
    if intermediates > most:
        message = "there are more intermediates than a superior allows"
        raise IssuerNotTrusted(message, path=place)


def _check_names(stated: JsonObject, hosts: Collection[str]) -> None:
    names = member(stated, "naming_constraints", _PATH)
    place = child(_PATH, "naming_constraints")
    excluded = _hosts(names, "excluded", place)
    permitted = _hosts(names, "permitted", place)
    for host in hosts:
        if _is_in(host, excluded or ()) or (
            permitted is not None and not _is_in(host, permitted)
        ):
            message = "an entity's name lies outside what a superior allows"
            raise IssuerNotTrusted(message, path=place)


def _is_in(host: str, names: Iterable[str]) -> bool:
    return any(_matches(host, name) for name in names)


def _hosts(names: JsonObject, which: str, path: str) -> list[str] | None:
    """As ``_names``, in lower case: each a host's name, or what all below it end with.

    What is neither could never match, and would exclude nobody.
    """
    found = _names(names, which, path)
    if found is None:
        return None
    hosts = [name.lower() for name in found]
    for index, host in enumerate(hosts):
        if not _NAME.fullmatch(host):
            message = "not the name of a host or of a domain"
            raise MalformedValue(message, path=child(child(path, which), index))
    return hosts


def _names(names: JsonObject, which: str, path: str) -> list[str] | None:
    if which not in names:
        return None
    place = child(path, which)
    listed = required(names, which, list, path)
    return [as_str(item, child(place, index)) for index, item in enumerate(listed)]


def _matches(host: str, name: str) -> bool:
    # RFC 5280 section 4.2.1.10: a name with a leading period stands for all below it,
    # and not for itself; one without for that host alone.
    return host.endswith(name) if name.startswith(".") else host == name


def of_types(
    statement: EntityStatement, metadata: Mapping[str, JsonObject]
) -> dict[str, JsonObject]:
    """The metadata of those types of entities that ``statement`` allows.

    Raises:
        MalformedValue: The constraint is not of its form.
    """
    allowed = _allowed(member(statement.claims, "constraints", "$"))
    return {
        kind: found
        for kind, found in metadata.items()
        if allowed is None or kind == FEDERATION_ENTITY or kind in allowed
    }


def _allowed(stated: JsonObject) -> frozenset[str] | None:
    """The types that ``allowed_entity_types`` lists; ``None`` where all are allowed."""
    allowed = _names(stated, "allowed_entity_types", _PATH)
    if allowed is not None and FEDERATION_ENTITY in allowed:
        message = f"{FEDERATION_ENTITY} is always allowed, and never listed"
        raise MalformedValue(message, path=child(_PATH, "allowed_entity_types"))
    return None if allowed is None else frozenset(allowed)
