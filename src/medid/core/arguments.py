"""What a caller hands over is of the type that the signature says.

Python itself does not look: a ``datetime`` for an ``Instant``, or one credential where
a list of them is meant, would end somewhere below in an ``AttributeError``, or would be
taken for something else. What is asked stands in the annotations already, so nothing is
written twice. Whether a document is one, its reader says, with the place in it.

An annotation is read as its text. The classes that it names may live on floors above
this one, and are told by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial, wraps
from math import isfinite
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeAlias, TypeVar

from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

P = ParamSpec("P")
T = TypeVar("T")

_Test: TypeAlias = "Callable[[Any], bool]"

_WORDS: Final[Mapping[str, str]] = {
    "Callable": "a function",
    "Clock": "a function",
    "Entropy": "a function",
    "Iterable": "a list",
    "Mapping": "a mapping",
    "None": "None",
    "Path": "a path",
    "Resolver": "a function",
    "Sequence": "a list",
    "bool": "True or False",
    "bytes": "bytes",
    "float": "a number",
    "frozenset": "a set",
    "int": "a whole number",
    "str": "text",
    "tuple": "a tuple",
}
_FIXES: Final[Mapping[str, str]] = {
    "AsyncFetch": "pass HttpsFetch()",
    "AuditLog": "pass FileAuditLog(...)",
    "ContextStore": "pass ContextStore.bundled(), with the contexts that you register",
    "Controller": "pass Controller.did_key(key), or the Controller of another DID",
    "Evidence": "pass Evidence().with_answers(...)",
    "Expectations": "pass Expectations(...)",
    "Fetch": "pass HttpsFetch()",
    "Instant": "pass Instant.parse('2026-01-31T09:00:00Z'), or of a datetime "
    "Instant.from_seconds(moment.timestamp())",
    "KeyKind": "pass KeyKind.ED25519, or another member of KeyKind",
    "PublicKey": "pass the public_key of a key",
    "Sequence": "pass a list, also for a single one",
    "StatusPolicy": "pass StatusPolicy.REQUIRED, IF_PRESENT or OFF",
    "Signer": "pass a PrivateKey, or the Signer of a key store",
    "TrustRegistry": "pass TrustRegistry.from_file(...)",
}
# A port is whatever has these. Which answers it gives, is asked where it gives them.
_PORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "AsyncFetch": ("afetch_all",),
    "AuditLog": ("record",),
    "ChallengeStore": ("issue", "consume"),
    "ConsentSource": ("consents",),
    "Fetch": ("fetch_all",),
    "Signer": ("public_key",),
    "Store": ("get", "faults"),
    "TrustSource": ("standing",),
}
# Of these every value of one type is let through, or none.
_BY_TYPE: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("Callable", "Clock", "Entropy", "Resolver"), Callable),
    "Mapping": Mapping,
    "None": type(None),
    "Path": PurePath,
    "bool": bool,
    "bytes": bytes,
    "int": int,
    "str": str,
}
# Documents, and what has a check of its own.
_OF_THEIR_READERS: Final = frozenset(
    {"Any", "Document", "JsonObject", "JsonValue", "Request", "SitePolicy"}
)


def checked_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """``function``, called with nothing but what its annotations say.

    The call raises ``ConfigurationError`` where an argument is of another type; the
    path is its name.
    """
    annotated = function.__annotations__.items()
    kinds = {name: _kind(text) for name, text in annotated if name != "return"}
    code = function.__code__
    names = code.co_varnames[: code.co_argcount]

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            kind = kinds.get(name)  # self and cls have no annotation
            if kind is not None and type(value) not in kind.known:
                kind.check(name, value)
        return function(*args, **kwargs)

    return called


def check_fields(record: Any) -> None:
    """Return if every field of ``record``, a dataclass, is what its annotation says.

    Raises:
        ConfigurationError: One is not. The path is its name.
    """
    for name, kind in _fields(record.__class__):
        value = getattr(record, name)
        if type(value) not in kind.known:
            kind.check(name, value)


def check_argument(name: str, value: object, annotation: str) -> None:
    """Return if ``value``, the argument ``name``, is what ``annotation`` says.

    Raises:
        ConfigurationError: It is not. The path is its name.
    """
    kind = _kind(annotation)
    if type(value) not in kind.known:
        kind.check(name, value)


@lru_cache(maxsize=64)
def _fields(record: Any) -> tuple[tuple[str, _Kind], ...]:
    return tuple((name, _kind(text)) for name, text in record.__annotations__.items())


class _Kind:
    """What one annotation lets through."""

    __slots__ = ("_parts", "_tests", "known")

    def __init__(self, annotation: str) -> None:
        self._parts = tuple(_split(annotation, "|"))
        self._tests = tuple(_test(part) for part in self._parts)
        # Types of which every value is let through. Whoever calls a thousand times has
        # the types of the arguments looked up, and not looked at.
        self.known: set[type] = set()

    def lets(self, value: object) -> bool:
        """Whether ``value`` may be handed over."""
        if type(value) in self.known:
            return True
        for test, of_type in self._tests:
            if test(value):
                if of_type:
                    self.known.add(type(value))
                return True
        return False

    def check(self, name: str, value: object) -> None:
        """Return if ``value`` may be handed over as ``name``.

        Raises:
            ConfigurationError: It may not.
        """
        if self.lets(value):
            return
        meant = " or ".join(map(_words, self._parts))
        message = f"{name} has to be {meant}; this is of type {type(value).__name__}"
        names = [part.partition("[")[0] for part in self._parts]
        fix = next((_FIXES[one] for one in names if one in _FIXES), f"pass {meant}")
        raise ConfigurationError(message, path=f"$.{name}", fix=fix)


_kind: Final = lru_cache(maxsize=256)(_Kind)


def _words(part: str) -> str:
    name, inside = _opened(part)
    word = _WORDS.get(name, f"{'an' if name[0] in 'AEIO' else 'a'} {name}")
    if name != "Mapping" and inside and inside[0] in _WORDS:
        one = _WORDS[inside[0]]
        return f"{word} of {one[2:]}s" if one.startswith("a ") else f"{word} of {one}"
    if name in _PORTS:
        return f"{word} (with {', '.join(_PORTS[name])})"
    return word


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts of ``text`` between each ``separator`` that stands in no brackets."""
    depth = start = 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == separator and not depth:
            yield text[start:place].strip()
            start = place + 1
    yield text[start:].strip()


def _opened(part: str) -> tuple[str, tuple[str, ...]]:
    """The name of an annotation, and those in its brackets."""
    name, _, inside = part.partition("[")
    return name, tuple(
        one for one in _split(inside[:-1], ",") if one not in {"", "..."}
    )


def _test(part: str) -> tuple[_Test, bool]:
    """What lets a value through, and whether by its type alone."""
    name, inside = _opened(part)
    if name in _OF_THEIR_READERS or part == "Mapping[str, JsonValue]":
        return lambda _: True, True
    if inside and name in _CONTAINERS:
        kinds = tuple(map(_kind, inside))
        return partial(_CONTAINERS[name], kinds), False
    if name in _BY_TYPE:
        return partial(_is_a, _BY_TYPE[name]), True
    if name in _PORTS:
        return partial(_is_a_port, _PORTS[name]), True
    return _BY_VALUE.get(name) or partial(_is_of_medid, name), name not in _BY_VALUE


def _is_a(kind: Any, value: object) -> bool:
    """Whether ``value`` is of ``kind``; a truth is no number."""
    return isinstance(value, kind) and (kind is not int or type(value) is not bool)


def _is_a_number(value: Any) -> bool:
    """Whether ``value`` is a number, and neither infinite nor NaN."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and (isinstance(value, int) or isfinite(value))


def _holds(kind: Any, elements: tuple[_Kind, ...], value: Any) -> bool:
    """Whether ``value`` is a collection of ``elements``, and no text or mapping."""
    if not isinstance(value, kind) or isinstance(value, str | bytes | Mapping):
        return False
    return kind is Iterable or all(map(elements[0].lets, value))


def _maps(kinds: tuple[_Kind, ...], value: Any) -> bool:
    names, values = kinds
    return isinstance(value, Mapping) and all(
        names.lets(name) and values.lets(one) for name, one in value.items()
    )


def _is_a_port(members: tuple[str, ...], value: object) -> bool:
    """Whether ``value`` has ``members``, and is not a class of what would have them."""
    return not isinstance(value, type) and all(hasattr(value, one) for one in members)


def _is_of_medid(name: str, value: object) -> bool:
    """Whether ``value`` is of the class of medid that is called ``name``."""
    return any(
        kind.__name__ == name and kind.__module__.startswith("medid.")
        for kind in type(value).__mro__
    )


_CONTAINERS: Final[Mapping[str, Callable[[tuple[_Kind, ...], Any], bool]]] = {
    "Iterable": partial(_holds, Iterable),
    "Mapping": _maps,
    "Sequence": partial(_holds, Collection),
    "frozenset": partial(_holds, AbstractSet),
    "tuple": partial(_holds, Collection),
}
_BY_VALUE: Final[Mapping[str, _Test]] = {"float": _is_a_number}
