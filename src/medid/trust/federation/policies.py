"""Metadata policies: what superiors demand of the metadata of those below them.

A policy that was set can be narrowed below and never widened: policies of a chain are
merged from the anchor down, and where two of them contradict each other, or one is
wrongly put together, the chain is worth nothing. The module asks of the operators what
the specification says of each: what it may be combined with, how it merges, what it
does.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-metadata-policy
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, cast

from medid.core import jcs
from medid.core.fields import as_object
from medid.errors import IssuerNotTrusted, child

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue

# Operators of one metadata parameter; parameters of one entity type; entity types.
Operators: TypeAlias = "dict[str, JsonValue]"
Policy: TypeAlias = "dict[str, dict[str, Operators]]"

VALUE: Final = "value"
ADD: Final = "add"
DEFAULT: Final = "default"
ONE_OF: Final = "one_of"
SUBSET_OF: Final = "subset_of"
SUPERSET_OF: Final = "superset_of"
ESSENTIAL: Final = "essential"
_ARRAYS: Final = (ADD, ONE_OF, SUBSET_OF, SUPERSET_OF)
# These hold what the parameter itself may be, and are written as it is.
_VALUES: Final = (VALUE, DEFAULT)
# In the order in which they are applied.
OPERATORS: Final = (VALUE, ADD, DEFAULT, ONE_OF, SUBSET_OF, SUPERSET_OF, ESSENTIAL)
# OAuth writes this array as a text of words.
_WORDS: Final = "scope"


class _Conflict(Exception):
    """Operators that do not go together; reported with the place of the policy."""


def resolve(claims: Iterable[tuple[JsonValue, str]]) -> Policy:
    """The policy of a chain.

    Args:
        claims: The ``metadata_policy`` claims with their paths, the anchor's first.

    Raises:
        MalformedValue: One is not of the form of a policy.
        IssuerNotTrusted: Operators contradict each other, alone or once merged.
    """
    merged: Policy = {}
    for value, path in claims:
        for kind, parameters in _read(value, path).items():
            current = merged.setdefault(kind, {})
            for name, operators in parameters.items():
                place = child(child(path, kind), name)
                current[name] = _checked(
                    _merged(current.get(name, {}), operators, place), place
                )
    return merged


def apply(policy: Policy, metadata: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
    """``metadata`` as ``policy`` lets it stand; never modified.

    A policy for an entity type that the entity is not says nothing about it.

    Raises:
        IssuerNotTrusted: The metadata does not comply with the policy.
    """
    return {
        kind: _applied(policy.get(kind, {}), parameters, child("$.metadata", kind))
        for kind, parameters in metadata.items()
    }


def _read(value: JsonValue, path: str) -> Policy:
    found: Policy = {}
    for kind, parameters in as_object(value, path).items():
        place = child(path, kind)
        for name, operators in as_object(parameters, place).items():
            here = child(place, name)
            # Operators that nobody declared critical, and that medid has not, are to be
            # passed over.
            known = {
                one: _opened(name, given) if one in _VALUES else given
                for one, given in as_object(operators, here).items()
                if one in OPERATORS
            }
            found.setdefault(kind, {})[name] = _checked(known, here)
    return found


# Whether operators go together.


def _checked(operators: Operators, path: str) -> Operators:
    try:
        _check_forms(operators)
        _check_value(operators)
        _check_sets(operators)
    except _Conflict as conflict:
        message = f"the metadata policy contradicts itself: {conflict}"
        raise IssuerNotTrusted(message, path=path, fix=_FIX) from None
    return operators


_FIX: Final = "whoever set the policy in the federation has to mend it"


def _check_forms(operators: Operators) -> None:
    for name, value in operators.items():
        if name in _ARRAYS and not _is_array(value):
            raise _Conflict(f"{name} is no array of strings, numbers or objects")
        if name == ESSENTIAL and not isinstance(value, bool):
            raise _Conflict("essential is neither true nor false")
        if name == DEFAULT and value is None:
            raise _Conflict("default is null")
    # A single value is asked for, and an array of them: nothing can be both.
    if ONE_OF in operators and any(
        name in operators for name in (ADD, SUBSET_OF, SUPERSET_OF)
    ):
        raise _Conflict("one_of stands beside an operator for arrays")


def _is_array(value: JsonValue) -> bool:
    return isinstance(value, list) and not any(
        isinstance(item, bool | list) or item is None for item in value
    )


def _check_value(operators: Operators) -> None:
    if VALUE not in operators:
        return
    value = operators[VALUE]
    if value is None:
        _check_removal(operators)
        return
    if ONE_OF in operators and _text(value) not in _texts(operators[ONE_OF]):
        raise _Conflict("value is none of one_of")
    beside = [name for name in (ADD, SUBSET_OF, SUPERSET_OF) if name in operators]
    if beside and not _is_array(value):
        raise _Conflict(f"value is no array, and stands beside {beside[0]}")
    if beside and not _fits(value, operators):
        raise _Conflict(f"value does not go together with {' and '.join(beside)}")


def _check_removal(operators: Operators) -> None:
    """``value: null`` removes the parameter; what wants one contradicts it."""
    if operators.get(ESSENTIAL) is True or any(
        name in operators for name in (*_ARRAYS, DEFAULT)
    ):
        raise _Conflict("value removes what another operator is about")


def _fits(value: JsonValue, operators: Operators) -> bool:
    texts = _texts(value)
    needed = _texts(operators.get(ADD, [])) | _texts(operators.get(SUPERSET_OF, []))
    allowed = operators.get(SUBSET_OF)
    return needed <= texts and (allowed is None or texts <= _texts(allowed))


def _check_sets(operators: Operators) -> None:
    if SUBSET_OF not in operators:
        return
    allowed = _texts(operators[SUBSET_OF])
    for name in (ADD, SUPERSET_OF):
        if not _texts(operators.get(name, [])) <= allowed:
            raise _Conflict(f"{name} has more than subset_of")


# How two policies become one.


def _merged(upper: Operators, lower: Operators, path: str) -> Operators:
    merged = dict(upper)
    for name, value in lower.items():
        if name not in upper:
            merged[name] = value
            continue
        try:
            merged[name] = _merged_value(name, upper[name], value)
        except _Conflict as conflict:
            message = f"the metadata policies of the chain disagree: {conflict}"
            raise IssuerNotTrusted(message, path=path, fix=_FIX) from None
    return merged


def _merged_value(name: str, upper: JsonValue, lower: JsonValue) -> JsonValue:
    if name == ESSENTIAL:
        return upper is True or lower is True
    if name in {VALUE, DEFAULT}:
        if _text(upper) != _text(lower):
            raise _Conflict(f"{name} has two values")
        return upper
    if name in {ADD, SUPERSET_OF}:
        return _union(_list(upper), _list(lower))
    common = _intersection(_list(upper), _list(lower))
    if name == ONE_OF and not common:
        raise _Conflict("no value is in both one_of")
    return common


# What a policy does.


def _applied(
    parameters: Mapping[str, Operators], metadata: JsonObject, path: str
) -> JsonObject:
    result = dict(metadata)
    for name, operators in parameters.items():
        try:
            value = _operated(operators, _opened(name, result.get(name)))
        except _Conflict as conflict:
            message = f"the metadata does not comply with the policy: {conflict}"
            raise IssuerNotTrusted(message, path=child(path, name)) from None
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _closed(name, value, was=metadata.get(name))
    return result


def _opened(name: str, value: JsonValue) -> JsonValue:
    if name == _WORDS and isinstance(value, str):
        return [*value.split(" ")]
    return value


def _closed(name: str, value: JsonValue, *, was: JsonValue) -> JsonValue:
    if name == _WORDS and isinstance(value, list) and not isinstance(was, list):
        return " ".join(str(item) for item in value)
    return value


def _operated(operators: Operators, value: JsonValue) -> JsonValue:
    """``value`` after all of ``operators``; ``None`` stands for an absent parameter."""
    if VALUE in operators:
        value = operators[VALUE]
    if ADD in operators:
        value = _union(
            _array(value if value is not None else []), _list(operators[ADD])
        )
    if DEFAULT in operators and value is None:
        value = operators[DEFAULT]
    if value is not None:
        value = _restricted(operators, value)
    if operators.get(ESSENTIAL) is True and value is None:
        raise _Conflict("it is missing, and essential")
    return value


def _restricted(operators: Operators, value: JsonValue) -> JsonValue:
    if ONE_OF in operators and _text(value) not in _texts(operators[ONE_OF]):
        raise _Conflict("it is none of one_of")
    if SUBSET_OF in operators:
        value = _intersection(_array(value), _list(operators[SUBSET_OF]))
    if SUPERSET_OF in operators and not _texts(operators[SUPERSET_OF]) <= _texts(
        _array(value)
    ):
        raise _Conflict("it has less than superset_of")
    return value


# Arrays as sets. Values are compared by their canonical text, in which true is not 1.


def _array(value: JsonValue) -> Sequence[JsonValue]:
    if not _is_array(value):
        raise _Conflict("it is no array of strings, numbers or objects")
    return _list(value)


def _list(value: JsonValue) -> list[JsonValue]:
    return cast("list[JsonValue]", value)


def _text(value: JsonValue) -> str:
    return jcs.text(value)


def _texts(value: JsonValue | Sequence[JsonValue]) -> frozenset[str]:
    return frozenset(_text(item) for item in cast("list[JsonValue]", value))


def _union(one: Sequence[JsonValue], other: Sequence[JsonValue]) -> list[JsonValue]:
    found = {_text(item): item for item in one}
    for item in other:
        found.setdefault(_text(item), item)
    return [*found.values()]


def _intersection(
    one: Sequence[JsonValue], other: Sequence[JsonValue]
) -> list[JsonValue]:
    common = _texts(other)
    return [item for item in one if _text(item) in common]
