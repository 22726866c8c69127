"""Running a JSON Schema of somebody else within bounds.

``jsonschema`` has no limit on work, so every keyword it evaluates is counted here,
its pattern matching is replaced, and it gets a registry that can fetch nothing.

Spec: https://json-schema.org/draft/2020-12/json-schema-core#section-13
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from medid.core import json
from medid.credentials.patterns import MAX_WORK, UnsafePattern, read_pattern
from medid.errors import MissingExtra, SchemaValidationError, child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from medid.core.json import JsonObject, JsonValue

MAX_STEPS: Final = 50_000  # keywords evaluated, about a second
_ITEMS_PER_STEP: Final = 20  # members or elements looked at for the price of a step
_PATHS_PER_STEP: Final = 10_000  # of a pattern; also what one member name may cost
# These compare each member with each pattern.
_SEARCHING: Final = (
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
)
# jsonschema writes the instance into each error, also into those that "anyOf" drops.
_CHARACTERS_PER_STEP: Final = 1_000
_MAX_SHOWN_DEPTH: Final = 64  # steps of a path
# What evaluation stumbles over where a reference leads to what is no schema. The
# metaschema looks at keywords alone, and a reference may lead to a part of the schema
# that stands at no keyword, or at one whose value is data, such as "const".
_NO_SCHEMA: Final = (ArithmeticError, AttributeError, LookupError, TypeError, re.error)


class _Exhausted(Exception):
    """The schema asked for more work than is allowed."""


class _Budget:
    """The steps that are left to one validation."""

    def __init__(self, document: JsonObject) -> None:
        self._left = MAX_STEPS
        self._error = 1 + len(json.dumps(document)) // _CHARACTERS_PER_STEP

    def counted(self, name: str, keyword: Callable[..., Any]) -> Callable[..., Any]:
        """``keyword``, paying for what it looks at and for each error it finds."""

        def paying(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
            self._pay(1 + _items(name, value, instance))
            for error in keyword(validator, value, instance, schema) or ():
                self._pay(self._error)
                yield error

        return paying

    def pattern(self, _: Any, text: str, instance: JsonValue, __: Any) -> Iterator[Any]:
        """The keyword ``pattern``, paying for the paths that the matcher may try."""
        from jsonschema import ValidationError

        if isinstance(instance, str):
            pattern = read_pattern(text)
            work = pattern.work(len(instance))
            if work > MAX_WORK:
                raise UnsafePattern("too much work on a text of this length")
            self._pay(work // _PATHS_PER_STEP)
            if not pattern.regex.search(instance):
                yield ValidationError("the pattern does not match")

    def _pay(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise _Exhausted


def _items(keyword: str, value: object, instance: object) -> int:
    if keyword == "uniqueItems":
        # It compares each element with each other one where it cannot sort them.
        return _length(instance) ** 2 // 5
    items = _length(value) * _length(instance)
    return items if keyword in _SEARCHING else items // _ITEMS_PER_STEP


def _length(value: object) -> int:
    return len(value) if isinstance(value, list | dict) else 1


def first_error(
    document: JsonObject, rules: JsonObject, *, kind: str, path: str
) -> tuple[str, str] | None:
    """The path and keyword of the first place where ``document`` breaks ``rules``.

    Args:
        document: What is judged.
        rules: A schema without ``$schema``, and with references within itself only.
        kind: The name of the dialect's class in ``jsonschema``.
        path: Where the schema is named, for errors of the schema itself.

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
    budget = _Budget(document)
    keywords = {**base.VALIDATORS, "pattern": budget.pattern}
    extend: Any = jsonschema.validators.extend
    bounded = extend(
        base, {name: budget.counted(name, run) for name, run in keywords.items()}
    )
    try:
        if next(base(base.META_SCHEMA).iter_errors(rules), None) is not None:
            raise SchemaValidationError("not a schema of its dialect", path=path)
        _check_member_patterns(rules, _longest_name(document))
        error = next(bounded(rules, registry=registry).iter_errors(document), None)
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


def _check_member_patterns(rules: JsonObject, length: int) -> None:
    """Return if each ``patternProperties`` is bounded on names of ``length``."""
    pending: list[JsonValue] = [rules]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()
            patterns = value.get("patternProperties")
            for text in patterns if isinstance(patterns, dict) else ():
                if read_pattern(text).work(length) > _PATHS_PER_STEP:
                    raise UnsafePattern("too much work on a name of this length")


def _longest_name(document: JsonObject) -> int:
    longest = 0
    pending: list[JsonValue] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()
            longest = max(longest, *(len(name) for name in value), 0)
    return longest
