"""Type metadata: what the type of an SD-JWT VC says about its claims.

Reads one document at a time, puts the types of a chain together, and holds a credential
against the rules: which claims it has to have, and which of them may, must or must not
be selectively disclosable. Rules look at the credential as it was issued. What the
holder keeps back is not missing, and an array has its withheld elements still.

Display data is checked for its form and not used. Where documents come from, and whose
word they are, is asked above.

Spec: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/#section-4
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import json as strict_json
from medid.core.fields import (
    as_object,
    optional,
    optional_str,
    required,
    required_str,
)
from medid.core.json import JsonLimits
from medid.errors import MalformedValue, SchemaValidationError, TooLarge, child
from medid.securing.sd_jwt.disclosure import DIGESTS, ELEMENT, RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.securing.sd_jwt.reading import SdJwt

MAX_METADATA_BYTES: Final = 262_144  # 256 KiB: texts in all languages of the EU
MAX_CLAIMS: Final = 200  # rules of a chain; an identity document has about 40
MAX_TYPES: Final = 8  # a type and those it extends; honest chains have two or three

_LIMITS: Final = JsonLimits(max_bytes=MAX_METADATA_BYTES)
_SVG_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ALWAYS: Final = "always"
_ALLOWED: Final = "allowed"
_NEVER: Final = "never"

# Member names, indexes, and None for every element of an array.
ClaimPath: TypeAlias = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """What a type says about one claim; ``None`` where it does not say it."""

    path: ClaimPath
    mandatory: bool | None
    sd: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMetadata:
    """One type metadata document."""

    vct: str
    extends: str | None
    extends_integrity: str | None
    claims: tuple[ClaimRule, ...]


def read_type_metadata(content: bytes, *, vct: str) -> TypeMetadata:
    """The document ``content``, which must be that of ``vct``.

    Raises:
        ParsingError: Not a strict JSON object, or too large.
        MalformedValue: Another type's, or a member that is not of its form.
    """
    document = strict_json.load_object(content, limits=_LIMITS)
    if required_str(document, "vct", "$") != vct:
        raise MalformedValue("the metadata is that of another type", path="$.vct")
    claims = optional(document, "claims", list, "$") or []
    if len(claims) > MAX_CLAIMS:
        raise TooLarge(f"a type has rules for at most {MAX_CLAIMS} claims")
    path = child("$", "claims")
    rules = tuple(
        _rule(as_object(one, place), place)
        for index, one in enumerate(claims)
        for place in (child(path, index),)
    )
    _check_svg_ids(claims, path)
    return TypeMetadata(
        vct=vct,
        extends=optional_str(document, "extends", "$"),
        extends_integrity=optional_str(document, "extends#integrity", "$"),
        claims=rules,
    )


def combined(chain: Sequence[TypeMetadata]) -> tuple[ClaimRule, ...]:
    """The rules of a type and of all that it extends.

    Args:
        chain: The type itself first, and the one that extends nothing last.

    Raises:
        MalformedValue: A type takes back what the type that it extends demands.
        TooLarge: More rules than ``MAX_CLAIMS``.
    """
    rules: dict[ClaimPath, ClaimRule] = {}
    for metadata in reversed(chain):
        for rule in metadata.claims:
            known = rules.get(rule.path)
            rules[rule.path] = rule if known is None else _narrowed(known, rule)
    if len(rules) > MAX_CLAIMS:
        raise TooLarge(f"a type has rules for at most {MAX_CLAIMS} claims")
    return tuple(rules.values())


def check_rules(rules: Iterable[ClaimRule], credential: SdJwt) -> None:
    """Return if ``credential`` was issued as ``rules`` demand, as far as it is shown.

    Raises:
        SchemaValidationError: It was not.
    """
    payload = strict_json.load_object(credential.jws.payload)
    shown = {one.digest: (one.name, one.value) for one in credential.disclosures}
    for rule in rules:
        _check(rule, payload, shown)


# Reading.


def _rule(obj: JsonObject, path: str) -> ClaimRule:
    _check_display(obj, path)
    sd = optional_str(obj, "sd", path)
    if sd not in {None, _ALWAYS, _ALLOWED, _NEVER}:
        message = "not one of always, allowed and never"
        raise MalformedValue(message, path=child(path, "sd"))
    return ClaimRule(
        path=_path(required(obj, "path", list, path), child(path, "path")),
        mandatory=optional(obj, "mandatory", bool, path),
        sd=sd,
    )


def _path(value: list[JsonValue], path: str) -> ClaimPath:
    steps: list[str | int | None] = []
    for index, step in enumerate(value):
        # type() and not isinstance(): True is an int to Python, and no index.
        if step is not None and type(step) is not str and type(step) is not int:
            raise MalformedValue("not a step of a path", path=child(path, index))
        if isinstance(step, int) and step < 0:
            raise MalformedValue("an index is not negative", path=child(path, index))
        steps.append(step)
    if not steps or len(steps) > strict_json.DOCUMENT.max_depth:
        raise MalformedValue("a path has one step or more", path=path)
    return tuple(steps)


def _check_display(obj: JsonObject, path: str) -> None:
    place = child(path, "display")
    for index, item in enumerate(optional(obj, "display", list, path) or []):
        one = as_object(item, child(place, index))
        required_str(one, "locale", child(place, index))
        required_str(one, "label", child(place, index))
        optional_str(one, "description", child(place, index))


def _check_svg_ids(claims: list[JsonValue], path: str) -> None:
    seen: set[str] = set()
    for index, item in enumerate(claims):
        place = child(path, index)
        name = optional_str(as_object(item, place), "svg_id", place)
        if name is None:
            continue
        if name in seen or not _SVG_ID.fullmatch(name):
            message = "an svg_id is a word of its own"
            raise MalformedValue(message, path=child(place, "svg_id"))
        seen.add(name)


# Putting together.


def _narrowed(base: ClaimRule, rule: ClaimRule) -> ClaimRule:
    if base.sd in {_ALWAYS, _NEVER} and rule.sd not in {None, base.sd}:
        message = "a type changes what the type it extends says about disclosure"
        raise MalformedValue(message, path=_place(rule.path))
    if base.mandatory and rule.mandatory is False:
        message = "a type leaves out what the type it extends demands"
        raise MalformedValue(message, path=_place(rule.path))
    return ClaimRule(
        path=rule.path,
        mandatory=base.mandatory if rule.mandatory is None else rule.mandatory,
        sd=base.sd if rule.sd is None else rule.sd,
    )


# Checking.

Shown: TypeAlias = "Mapping[str, tuple[str | None, JsonValue]]"


@dataclass(frozen=True, slots=True)
class _Node:
    """A claim or element: its value, if shown, and whether it is a disclosure's."""

    value: JsonValue
    selective: bool
    is_shown: bool = True


def _check(rule: ClaimRule, payload: JsonObject, shown: Shown) -> None:
    nodes, may_hide = [_Node(payload, selective=False)], False
    for position, step in enumerate(rule.path, start=1):
        is_last = position == len(rule.path)
        nodes, hides = _select(nodes, step, shown, _place(rule.path))
        # A claim that must not be hidden is not hidden: it is missing.
        may_hide |= hides and not (is_last and rule.sd == _NEVER)
    if rule.mandatory and not nodes and not may_hide:
        message = "the type demands this claim, and it is missing"
        raise SchemaValidationError(message, path=_place(rule.path))
    wanted = {_ALWAYS: True, _NEVER: False}.get(rule.sd or _ALLOWED)
    if wanted is not None and any(node.selective is not wanted for node in nodes):
        word = "must" if wanted else "must not"
        message = f"by its type this claim {word} be selectively disclosable"
        raise SchemaValidationError(message, path=_place(rule.path))


def _select(
    nodes: list[_Node], step: str | int | None, shown: Shown, path: str
) -> tuple[list[_Node], bool]:
    """What ``step`` leads to, and whether some of it may be kept back."""
    found: list[_Node] = []
    may_hide = False
    for node in nodes:
        if not node.is_shown:
            may_hide = True
        elif isinstance(step, str):
            members = _member(node.value, step, shown, path)
            found += members[:1]
            may_hide |= not members and _withholds(node.value, shown)
        else:
            elements = _elements(node.value, shown, path)
            found += elements if step is None else elements[step : step + 1]
    return found, may_hide


def _member(value: JsonValue, name: str, shown: Shown, path: str) -> list[_Node]:
    if not isinstance(value, dict):
        message = "the type expects an object where the credential has none"
        raise SchemaValidationError(message, path=path)
    if name in value and name not in RESERVED:
        return [_Node(value[name], selective=False)]
    return [
        _Node(shown[digest][1], selective=True)
        for digest in _digests(value)
        if digest in shown and shown[digest][0] == name
    ]


def _elements(value: JsonValue, shown: Shown, path: str) -> list[_Node]:
    if not isinstance(value, list):
        message = "the type expects an array where the credential has none"
        raise SchemaValidationError(message, path=path)
    return [_element(one, shown) for one in value]


def _element(value: JsonValue, shown: Shown) -> _Node:
    if not isinstance(value, dict) or ELEMENT not in value:
        return _Node(value, selective=False)
    _name, disclosed = shown.get(str(value[ELEMENT]), (None, None))
    is_shown = str(value[ELEMENT]) in shown
    return _Node(disclosed, selective=True, is_shown=is_shown)


def _withholds(value: JsonValue, shown: Shown) -> bool:
    return any(digest not in shown for digest in _digests(value))


def _digests(value: JsonValue) -> list[str]:
    found = value.get(DIGESTS) if isinstance(value, dict) else None
    return [str(one) for one in found] if isinstance(found, list) else []


def _place(path: ClaimPath) -> str:
    text = "$"
    for step in path:
        text = f"{text}[*]" if step is None else child(text, step)
    return text
