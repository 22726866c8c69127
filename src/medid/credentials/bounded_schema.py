"""Running a JSON Schema of somebody else within bounds.

``jsonschema`` has no limit on work, so every keyword it evaluates is counted here,
its pattern matching is replaced, and it gets a registry that can fetch nothing.

Spec: https://json-schema.org/draft/2020-12/json-schema-core#section-13
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from medid.core import json
from medid.credentials.patterns import (
    MAX_WORK,
    Pattern,
    UnsafePattern,
    read_pattern,
)
from medid.errors import MissingExtra, SchemaValidationError, child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.core.json import JsonObject, JsonValue

MAX_STEPS: Final = 50_000  # keywords evaluated, a second as a rule
# Patterns of member names. Python keeps 512 compiled ones, and compiling one takes
# longer than any name may cost.
MAX_NAME_PATTERNS: Final = 256
_ITEMS_PER_STEP: Final = 20  # members or elements looked at for the price of a step
_PATHS_PER_STEP: Final = 10_000  # of a pattern; also what one member name may cost
# These compare each member with each pattern.
_SEARCHING: Final = (
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
)
# About such names Python and ECMAScript agree, whatever the pattern.
_PLAIN: Final = re.compile(r"[ -~]*")
_UNEVALUATED: Final = "unevaluatedProperties"
_DRAFT_2019_09: Final = "Draft201909Validator"  # its class in jsonschema
_COMPARING: Final = ("const", "enum")  # these compare all that is inside of a value
# They look again, without paying, at what the keywords beside them have looked at.
_LOOKING_BACK: Final = (
    "additionalItems",
    "additionalProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
)
# jsonschema writes the instance into each error, also into those that "anyOf" drops.
_CHARACTERS_PER_STEP: Final = 1_000
_MAX_SHOWN_DEPTH: Final = 64  # steps of a path
# That it is a schema is asked by another schema, for each value in it.
_STEPS_PER_VALUE: Final = 10
# Keywords that say nothing about an array, and those that say nothing but about one.
_OF_ONE: Final = frozenset(
    {
        *("properties", "patternProperties", "additionalProperties", "required"),
        *("unevaluatedProperties", "propertyNames", "minProperties", "maxProperties"),
        *("dependentRequired", "dependentSchemas", "dependencies"),
        *("pattern", "minLength", "maxLength", "format"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
_OF_MANY: Final = frozenset(
    {
        *("items", "prefixItems", "additionalItems", "unevaluatedItems"),
        *("contains", "minItems", "maxItems", "uniqueItems"),
    }
)
# What evaluation stumbles over where a reference leads to what is no schema. The
# metaschema looks at keywords alone, and a reference may lead to a part of the schema
# that stands at no keyword, or at one whose value is data, such as "const".
_NO_SCHEMA: Final = (ArithmeticError, AttributeError, LookupError, TypeError, re.error)


class _Exhausted(Exception):
    """The schema asked for more work than is allowed."""


class Work:
    """The steps that are left to several validations together. For one thread."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def pay(self, steps: int) -> None:
        """Take ``steps`` off what is left.

        Raises:
            _Exhausted: There are not so many.
        """
        self._left -= steps
        if self._left < 0:
            raise _Exhausted


class _Budget:
    """The steps that are left to one validation."""

    def __init__(self, document: JsonObject, together: Work | None) -> None:
        self._own = Work(MAX_STEPS)
        self._together = together
        self._error = 1 + len(json.dumps(document)) // _CHARACTERS_PER_STEP
        self._patterns: dict[str, Pattern] = {}
        self._works: dict[tuple[str, int], int] = {}
        self._weights: dict[int, int] = {}  # by identity; the schema outlives them

    def counted(self, name: str, keyword: Callable[..., Any]) -> Callable[..., Any]:
        """``keyword``, paying for what it looks at and for each error it finds."""

        def paying(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
            compared = self._weight(value) if name in _COMPARING else 0
            self.pay(1 + compared + _items(name, value, instance))
            for error in keyword(validator, value, instance, schema) or ():
                self.pay(self._error)
                yield error

        return paying

    def pattern(self, _: Any, text: str, instance: JsonValue, __: Any) -> Iterator[Any]:
        """The keyword ``pattern``, paying for the paths that the matcher may try."""
        from jsonschema import ValidationError

        if isinstance(instance, str):
            pattern = self._patterns.get(text) or read_pattern(text)
            self._patterns[text] = pattern
            self.pay(self._work(text, len(instance)) // _PATHS_PER_STEP)
            if not pattern.regex.search(instance):
                yield ValidationError("the pattern does not match")

    def _work(self, text: str, length: int) -> int:
        work = self._works.get((text, length))
        if work is None:
            work = self._patterns[text].work(length)
            self._works[text, length] = work
        if work > MAX_WORK:
            raise UnsafePattern("too much work on a text of this length")
        return work

    def _weight(self, value: JsonValue) -> int:
        """The steps that comparing with ``value``, and showing it, is worth."""
        known = self._weights.get(id(value))
        if known is None:
            characters = len(json.dumps(value)) // _CHARACTERS_PER_STEP
            known = characters + sum(1 for _ in _parts(value)) // _ITEMS_PER_STEP
            self._weights[id(value)] = known
        return known

    def pay(self, steps: int) -> None:
        """Take ``steps`` off what is left.

        Raises:
            _Exhausted: There are not so many.
        """
        self._own.pay(steps)
        if self._together is not None:
            self._together.pay(steps)


def _alike(name: str, keyword: Callable[..., Any]) -> Callable[..., Any]:
    """``keyword``, for which a value and an array of it are the same."""

    def speaking(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if name in _OF_ONE and isinstance(instance, list):
            for one in instance:
                yield from speaking(validator, value, one, schema)
            return
        if name in _OF_MANY and not isinstance(instance, list):
            instance = [instance]
        yield from keyword(validator, value, instance, schema)

    return speaking


def _unevaluated(keyword: Callable[..., Any]) -> Callable[..., Any]:
    """``unevaluatedProperties`` of 2019-09, which jsonschema reads with a mistake.

    It takes the keywords inside of ``unevaluatedProperties`` and of what stands in
    ``additionalProperties`` beside it for names of members that were evaluated. The
    one evaluates nothing before it is asked itself, and the other all that is left.
    """

    def asked(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if "additionalProperties" not in schema:
            others = {name: schema[name] for name in schema if name != _UNEVALUATED}
            yield from keyword(validator, value, instance, others)

    return asked


def _items(keyword: str, value: object, instance: object) -> int:
    if keyword == "uniqueItems":
        # It compares each element with each other one where it cannot sort them.
        return _length(instance) ** 2 // 5
    items = _length(value) * _length(instance)
    return items if keyword in _SEARCHING else items // _ITEMS_PER_STEP


def _length(value: object) -> int:
    return len(value) if isinstance(value, list | dict) else 1


def _parts(value: JsonValue) -> Iterator[JsonValue]:
    """``value`` and all that is inside of it."""
    pending: list[JsonValue] = [value]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, list):
            pending += part
        elif isinstance(part, dict):
            pending += part.values()


def _ordered(value: JsonValue) -> JsonValue:
    """``value`` with the keywords that look back behind those that they look at.

    Their order says nothing in JSON, and jsonschema evaluates them in it. What they
    look at has then been paid for, or nothing comes to them any more.
    """
    if isinstance(value, list):
        return [_ordered(part) for part in value]
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name in _LOOKING_BACK)
        return {name: _ordered(value[name]) for name in names}
    return value


def first_error(
    document: JsonObject,
    rules: JsonObject,
    *,
    kind: str,
    path: str,
    alike: bool = False,
    work: Work | None = None,
) -> tuple[str, str] | None:
    """The path and keyword of the first place where ``document`` breaks ``rules``.

    Args:
        document: What is judged.
        rules: A schema without ``$schema``, and with references within itself only.
        kind: The name of the dialect's class in ``jsonschema``.
        path: Where the schema is named, for errors of the schema itself.
        alike: Whether keywords speak of a value and of an array of it alike; that
            ``rules`` are a schema was asked without that.
        work: What is left to this and to other validations together.

    Raises:
        SchemaValidationError: Not a schema, too much work, a pattern whose work
            cannot be bounded, or a reference that leads nowhere.
        MissingExtra: ``medid[schema]`` is not installed.
    """
    try:
        import jsonschema
        from referencing import Registry
        from referencing.exceptions import Unresolvable
    except ImportError:
        message = "schemas are checked by medid[schema]"
        raise MissingExtra(message, path=path) from None
    base: Any = getattr(jsonschema, kind)
    registry: Registry[Any] = Registry()
    budget = _Budget(document, work)
    keywords = {**base.VALIDATORS, "pattern": budget.pattern}
    if kind == _DRAFT_2019_09:
        keywords[_UNEVALUATED] = _unevaluated(keywords[_UNEVALUATED])
    extend: Any = jsonschema.validators.extend
    counted = {name: budget.counted(name, run) for name, run in keywords.items()}
    if alike:
        counted = {name: _alike(name, run) for name, run in counted.items()}
    bounded = extend(base, counted)
    try:
        if work is not None:
            work.pay(_STEPS_PER_VALUE * sum(1 for _ in _parts(rules)))
        wrong = None if alike else base(base.META_SCHEMA).iter_errors(rules)
        if wrong is not None and next(wrong, None) is not None:
            raise SchemaValidationError("not a schema of its dialect", path=path)
        _check_member_patterns(rules, document, path, budget)
        ordered = _ordered(rules)
        error = next(bounded(ordered, registry=registry).iter_errors(document), None)
    except (_Exhausted, RecursionError, UnsafePattern):
        message = "the schema asks for more work than is allowed"
        raise SchemaValidationError(message, path=path) from None
    except (Unresolvable, ValueError):
        message = "a reference leads nowhere within the schema"
        raise SchemaValidationError(message, path=path) from None
    except (*_NO_SCHEMA, jsonschema.exceptions.UnknownType):
        message = "a part of the schema is no schema of its dialect"
        raise SchemaValidationError(message, path=path) from None
    return None if error is None else (_place(error), str(error.validator))


def _place(error: Any) -> str:
    where = "$"
    for part in list(error.absolute_path)[:_MAX_SHOWN_DEPTH]:
        where = child(where, part)
    return where


def _check_member_patterns(
    rules: JsonValue, document: JsonObject, path: str, budget: _Budget
) -> None:
    """Return if each ``patternProperties`` is bounded on the names in ``document``."""
    found: set[str] = set()
    for part in _parts(rules):
        patterns = part.get("patternProperties") if isinstance(part, dict) else None
        found.update(patterns if isinstance(patterns, dict) else ())
    if len(found) > MAX_NAME_PATTERNS:
        raise UnsafePattern("too many patterns of names")
    objects = (part for part in _parts(document) if isinstance(part, dict))
    names = [name for part in objects for name in part]
    length = max(map(len, names), default=0)
    read = {text: read_pattern(text) for text in found}
    if any(one.work(length) > _PATHS_PER_STEP for one in read.values()):
        raise UnsafePattern("too much work on a name of this length")
    if any(one.may_have_sets() for one in read.values()):
        message = "a pattern of names has a class that could be read as sets"
        raise SchemaValidationError(message, path=path)
    if found and any(name.endswith("\n") for name in names):
        # Python's "$" stands before the end of a last line as well, and ECMAScript's
        # does not: what the pattern says of such a name is not asked here.
        message = "patterns of names cannot be asked about a name that ends a line"
        raise SchemaValidationError(message, path=path)
    odd = {name for name in names if not _PLAIN.fullmatch(name)}
    budget.pay(2 * len(odd) * len(read))
    if not all(_agrees(text, pattern, odd) for text, pattern in read.items()):
        message = "patterns of names cannot be asked about a name with such characters"
        raise SchemaValidationError(message, path=path)


def _agrees(text: str, pattern: Pattern, names: set[str]) -> bool:
    """Whether ``text`` says of each of ``names`` what it means in ECMAScript.

    jsonschema asks Python as it is, whose letters, digits and white space are those of
    Unicode, and whose dot stops at one end of a line.
    """
    found = (bool(re.search(text, name)) for name in names)
    return all(
        one == bool(pattern.regex.search(name))
        for one, name in zip(found, names, strict=True)
    )
