"""Conditions of a visa: it counts only beside other visas of the same person.

An OR of ANDs. Each clause is met by one single visa that has no conditions itself. What
is not understood to the last member is refused as a whole: half a condition would be a
weaker one. Patterns are matched in one pass over the value, whatever they look like.

Spec: https://ga4gh.github.io/data-security/ga4gh-passport#conditions
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str, required_str
from medid.errors import MalformedValue, TooLarge, child

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.access.visa_types import Visa
    from medid.core.json import JsonObject, JsonValue

MAX_CLAUSES: Final = 64  # of one visa; honest ones have two or three
MAX_PATTERN: Final = 512  # characters; twice a URL claim
# Characters of values that patterns are held against, for one passport: a third of a
# second. 64 clauses against 64 grants of a URL each take 16 times less.
MAX_WORK: Final = 1_000_000

_CLAIMS: Final = ("value", "source", "by")  # of a visa object, with string values
_CONST, _PATTERN, _SPLIT = "const", "pattern", "split_pattern"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What one claim of a visa has to be.

    Attributes:
        claim: Its name.
        kind: ``const``, ``pattern`` or ``split_pattern``.
        text: What it is compared with.
    """

    claim: str
    kind: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What one visa has to be: of this type, and each claim as it says."""

    type: str
    matches: tuple[Match, ...]


# Any of them; of each, all.
Conditions = tuple[tuple[Clause, ...], ...]


@dataclass(slots=True)
class Work:
    """How much may still be compared: patterns come from others."""

    left: int = MAX_WORK

    def spend(self, characters: int) -> None:
        """Return if so many characters may still be looked at.

        Raises:
            TooLarge: They may not.
        """
        self.left -= characters + 1
        if self.left < 0:
            raise TooLarge(f"conditions that compare more than {MAX_WORK} characters")


def read_conditions(value: JsonValue, path: str) -> Conditions:
    """The conditions that a visa object states.

    Raises:
        MalformedValue: Not two nested arrays of clauses, an empty one, or a clause with
            anything that is not understood.
        TooLarge: Too many clauses, or a pattern that is too long.
    """
    found: list[tuple[Clause, ...]] = []
    for item, place in _items(value, path):
        found.append(tuple(_clause(one, here) for one, here in _items(item, place)))
        if sum(map(len, found)) > MAX_CLAUSES:
            raise TooLarge(f"more than {MAX_CLAUSES} clauses", path=path)
    return tuple(found)


def _items(value: JsonValue, path: str) -> Iterable[tuple[JsonValue, str]]:
    if not isinstance(value, list):
        raise MalformedValue("expected an array", path=path)
    if not value:
        # No alternatives would be met by nothing, and no clauses by everything.
        raise MalformedValue("an empty condition says nothing", path=path)
    return [(item, child(path, index)) for index, item in enumerate(value)]


def _clause(value: JsonValue, path: str) -> Clause:
    stated = as_object(value, path)
    kind = required_str(stated, "type", path)
    matches = tuple(
        _match(stated, name, path) for name in sorted(stated) if name != "type"
    )
    if not matches:
        message = "a clause names a claim beside the type"
        raise MalformedValue(message, path=path)
    return Clause(type=kind, matches=matches)


def _match(stated: JsonObject, name: str, path: str) -> Match:
    place = child(path, name)
    if name not in _CLAIMS:
        raise MalformedValue("no claim that conditions may compare", path=place)
    kind, colon, text = as_str(stated[name], place).partition(":")
    if not colon or kind not in {_CONST, _PATTERN, _SPLIT}:
        message = "begins with none of const:, pattern: and split_pattern:"
        raise MalformedValue(message, path=place)
    if len(text) > MAX_PATTERN:
        raise TooLarge(f"a pattern of more than {MAX_PATTERN} characters", path=place)
    return Match(claim=name, kind=kind, text=text)


def met(conditions: Conditions, visas: Iterable[Visa], work: Work) -> bool:
    """Whether ``visas``, of which none has conditions, meet ``conditions``.

    Args:
        conditions: Of a visa of the same person.
        visas: The others that count.
        work: What may still be compared. Modified.

    Raises:
        TooLarge: There is more to compare than ``work`` allows.
    """
    others = tuple(visas)
    return any(
        all(any(_meets(visa, clause, work) for visa in others) for clause in clauses)
        for clauses in conditions
    )


def _meets(visa: Visa, clause: Clause, work: Work) -> bool:
    if visa.type != clause.type:
        return False
    claims = {"value": visa.value, "source": visa.source, "by": visa.by}
    return all(_agrees(claims[one.claim], one, work) for one in clause.matches)


def _agrees(claim: str | None, match: Match, work: Work) -> bool:
    if claim is None:
        return False
    work.spend(len(claim))
    if match.kind == _CONST:
        return claim == match.text
    parts = claim.split(";") if match.kind == _SPLIT else [claim]
    return any(glob(match.text, part) for part in parts)


def glob(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` matches: ``?`` is a character, ``*`` any number.

    There is no escape. Each character of ``text`` is looked at once, with all places
    in the pattern that can have been reached by then as the bits of one number.
    """
    plain = [one for one in pattern if one != "*"]
    stars, place = 0, 0
    fits: dict[str, int] = {}
    for one in pattern:
        if one == "*":
            stars |= 1 << place
        else:
            fits[one] = fits.get(one, 0) | 1 << place
            place += 1
    any_one = fits.get("?", 0)
    reached = 1
    for one in text:
        # A question mark in the text is a character like any other.
        moved = reached & (any_one if one == "?" else fits.get(one, 0) | any_one)
        reached = moved << 1 | reached & stars
        if not reached:
            return False
    return bool(reached >> len(plain) & 1)
