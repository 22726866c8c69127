"""From a signed payload and its disclosures to the claims they disclose.

Follows RFC 9901 section 7.1, steps 3 to 5:

1. identify every digest, in ``_sd`` arrays and ``{"...": digest}`` elements, also
   inside of disclosed values;
2. put each disclosure in the place of its digest; nothing is ever overwritten;
3. remove the digests that no disclosure answers (withheld claims and decoys);
4. refuse a digest that occurs twice anywhere, and a disclosure that occurs nowhere.

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-7.1
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import json as strict_json
from medid.errors import MalformedProof, TooLarge, child
from medid.securing.sd_jwt.disclosure import (
    ALGORITHM,
    DEFAULT_HASH,
    DIGESTS,
    ELEMENT,
    Disclosure,
    check_hash,
    read_disclosure,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue

MAX_DISCLOSURES: Final = 1_000  # an eIDAS PID has about 40
# Of the claims once disclosed, as of any document.
MAX_DEPTH: Final = strict_json.DOCUMENT.max_depth
_MAX_MEMBERS: Final = strict_json.DOCUMENT.max_members

_NO_CLAIMS: Final = frozenset({DIGESTS, ALGORITHM})

# Where a value stands: member names and array indexes from the payload's root.
Trail: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What a payload says with its disclosures.

    Attributes:
        claims: The payload with every disclosure in its place, and no digests.
        disclosures: As they were given.
        trails: Where each disclosure went, by its digest.
        withheld: The objects and array elements with a digest that no disclosure
            answers: something was kept back there, or never was (a decoy).
        hash_alg: ``_sd_alg``, or its default.
    """

    claims: JsonObject
    disclosures: tuple[Disclosure, ...]
    trails: Mapping[str, Trail]
    withheld: frozenset[Trail]
    hash_alg: str


def process(payload: JsonObject, given: Sequence[str | Disclosure]) -> Processed:
    """The claims of ``payload`` with the disclosures ``given``.

    Args:
        payload: What the issuer signs.
        given: As they travel, or as whoever makes them has them.

    Raises:
        TooLarge: Too many disclosures, or claims deeper or larger than a document.
        WeakCryptography: ``_sd_alg`` is not on the list.
        MalformedProof: Anything that RFC 9901 section 7.1 refuses.
    """
    if len(given) > MAX_DISCLOSURES:
        raise TooLarge(f"more than {MAX_DISCLOSURES} disclosures")
    hash_alg = check_hash(payload.get(ALGORITHM, DEFAULT_HASH))
    disclosures = tuple(
        read_disclosure(one, hash_alg) if isinstance(one, str) else one for one in given
    )
    walk = _Walk(disclosures)
    claims = walk.object(payload, ())
    walk.check_all_used()
    return Processed(
        claims=claims,
        disclosures=disclosures,
        trails=walk.trails,
        withheld=frozenset(walk.withheld),
        hash_alg=hash_alg,
    )


def path_of(trail: Trail) -> str:
    """The JSONPath of a trail, for errors."""
    return reduce(child, trail, "$")


class _Walk:
    """One pass over a payload; remembers every digest that it meets.

    Payload and disclosures are strict JSON, each of them. What they come to together is
    counted here.
    """

    def __init__(self, disclosures: Sequence[Disclosure]) -> None:
        self._open = {disclosure.digest: disclosure for disclosure in disclosures}
        self._seen: set[str] = set()
        self._given = len(disclosures)
        self._members = 0
        self.trails: dict[str, Trail] = {}
        self.withheld: set[Trail] = set()

    def object(self, source: JsonObject, trail: Trail) -> JsonObject:
        """``source`` with its disclosed claims and without its digests."""
        claims: JsonObject = {}
        for name, value in source.items():
            if name == ELEMENT or (name == ALGORITHM and trail):
                message = f"{name!r} does not belong here"
                raise MalformedProof(message, path=path_of(trail))
            if name not in _NO_CLAIMS:
                plain = type(value) is str
                claims[name] = value if plain else self._value(value, (*trail, name))
        for digest in self._digests(source, trail):
            if disclosure := self._find(digest, trail):
                self._disclose(disclosure, claims, trail)
        self._count(claims)
        return claims

    def check_all_used(self) -> None:
        """Return if each disclosure was met exactly once.

        Raises:
            MalformedProof: A disclosure that no digest stands for, or given twice.
        """
        if len(self.trails) != self._given:
            raise MalformedProof("a disclosure that the issuer did not sign for")

    def _count(self, made: JsonObject | list[JsonValue]) -> None:
        self._members += len(made)
        if self._members > _MAX_MEMBERS:
            raise TooLarge(f"the claims have more than {_MAX_MEMBERS} members")

    def _value(self, value: JsonValue, trail: Trail) -> JsonValue:
        if not isinstance(value, dict | list):
            return value
        if len(trail) >= MAX_DEPTH:
            raise TooLarge(f"claims nested deeper than {MAX_DEPTH}")
        if isinstance(value, dict):
            return self.object(value, trail)
        return self._array(value, trail)

    def _array(self, source: list[JsonValue], trail: Trail) -> list[JsonValue]:
        elements: list[JsonValue] = []
        for index, element in enumerate(source):
            place = (*trail, index)
            if not isinstance(element, dict) or ELEMENT not in element:
                elements.append(self._value(element, place))
            elif disclosure := self._find(_element_digest(element, place), place):
                if disclosure.name is not None:
                    message = "a claim's disclosure stands for an array element"
                    raise MalformedProof(message, path=path_of(place))
                self.trails[disclosure.digest] = place
                elements.append(self._value(disclosure.value, place))
        self._count(elements)
        return elements

    def _disclose(
        self, disclosure: Disclosure, claims: JsonObject, trail: Trail
    ) -> None:
        _, digest, name, value = disclosure
        if name is None:
            message = "an array element's disclosure stands for a claim"
            raise MalformedProof(message, path=path_of(trail))
        if name in claims:
            message = "a disclosure would overwrite a claim"
            raise MalformedProof(message, path=path_of(trail))
        self.trails[digest] = place = (*trail, name)
        claims[name] = value if type(value) is str else self._value(value, place)

    def _find(self, digest: str, trail: Trail) -> Disclosure | None:
        if digest in self._seen:
            raise MalformedProof("a digest occurs twice", path=path_of(trail))
        self._seen.add(digest)
        found = self._open.get(digest)
        if found is None:
            self.withheld.add(trail)
        return found

    @staticmethod
    def _digests(source: JsonObject, trail: Trail) -> list[str]:
        value = source.get(DIGESTS, [])
        if isinstance(value, list):
            digests = [digest for digest in value if isinstance(digest, str)]
            if len(digests) == len(value):
                return digests
        message = f"{DIGESTS!r} is an array of strings"
        raise MalformedProof(message, path=path_of(trail))


def _element_digest(element: JsonObject, trail: Trail) -> str:
    digest = element[ELEMENT]
    if len(element) != 1 or not isinstance(digest, str):
        message = f"{ELEMENT!r} stands alone in its object, with a string"
        raise MalformedProof(message, path=path_of(trail))
    return digest
