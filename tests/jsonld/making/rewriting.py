"""Other documents near a document: re-spelt, moved, wrapped, split, repeated.

Many of them have the same RDF, by intention or by chance, and those are the ones that
count: a signature over RDF would not tell them from the first.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from medid.errors import MedidError

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.jsonld import ContextStore
    from medid.jsonld.active import ActiveContext
    from medid.jsonld.terms import Scope

Path: TypeAlias = tuple[str | int, ...]


def synonyms(contexts: ContextStore, stated: JsonValue) -> dict[str, list[str]]:
    """By each name of the contexts of a document: all names and IRIs for the same."""
    by_iri: dict[str, set[str]] = {}
    pending = [contexts.initial.local(stated)]
    seen: set[str] = set()
    while pending:
        active = pending.pop()
        for term in active.terms.values():
            if term.iri is None:
                continue
            by_iri.setdefault(term.iri, {term.iri}).update(_names(term.name, active))
            if term.scope is not None and term.scope.key not in seen and len(seen) < 40:
                seen.add(term.scope.key)
                pending += _scoped(active, term.scope)
    return {name: sorted(names - {name}) for names in by_iri.values() for name in names}


def _names(name: str, active: ActiveContext) -> Iterator[str]:
    yield name
    iri = active.terms[name].iri or ""
    for prefix in active.prefixes:
        start = active.terms[prefix].iri or " "
        if iri.startswith(start):
            yield f"{prefix}:{iri.removeprefix(start)}"


def _scoped(active: ActiveContext, scope: Scope) -> Iterator[ActiveContext]:
    for enter in (active.property_scope, lambda one: active.type_scope([one])):
        try:
            yield enter(scope)
        except MedidError:
            continue


class Rewriter:
    """Rewrites documents; one for each stream of random numbers."""

    def __init__(self, rng: random.Random, names: Mapping[str, list[str]]) -> None:
        """Re-spell names by ``names``."""
        self.rng = rng
        self.names = names
        self.known = list(names) or ["x"]

    def rewritten(self, document: JsonObject, edits: int) -> JsonObject:
        """``document`` after so many edits; it stays as it was."""
        made = copy.deepcopy(document)
        for _ in range(edits):
            path = self.rng.choice(list(_places(made)))
            edit = self.rng.choice(EDITS)
            found = edit(self, _at(made, path), path)
            made = _with(made, path, copy.deepcopy(found))
            if not isinstance(made, dict):
                return document
        return _move(self, made, ()) if self.rng.random() < 0.4 else made


def _places(value: JsonValue, path: Path = ()) -> Iterator[Path]:
    """Every place of a document but its contexts."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "@context":
                yield from _places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _with(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    _at(document, path[:-1])[path[-1]] = value
    return document


# Edits of one value. Each gives what is to stand in its place.


def _rename(by: Rewriter, value: Any, path: Path) -> Any:
    """A member gets another name, in its place among the others."""
    if not isinstance(value, dict) or not value:
        return _respell(by, value, path)
    old = by.rng.choice([n for n in value if n in by.names] or list(value))
    others = [n for n in by.names.get(old, []) if ":" not in n]
    if not others or by.rng.random() < 0.2:
        others = [*by.names.get(old, []), f"@{old}"]
    new = by.rng.choice(others)
    return {new if name == old else name: inner for name, inner in value.items()}


def _rename_and_respell(by: Rewriter, value: Any, path: Path) -> Any:
    """A member gets another name, and its value another form for it."""
    if not isinstance(value, dict) or not value:
        return _respell(by, value, path)
    old = by.rng.choice(list(value))
    new = by.rng.choice(by.names.get(old) or [old])
    form = by.rng.choice([_respell, _wrap, _map])
    changed = form(by, value[old], path)
    if by.rng.random() < 0.2:
        return {**_without(value, old), by.rng.choice(["fold", "wrap"]): {new: changed}}
    return {**_without(value, old), new: changed}


def _without(value: JsonObject, *names: str) -> JsonObject:
    return {name: inner for name, inner in value.items() if name not in names}


def _respell(by: Rewriter, value: Any, path: Path) -> Any:
    """A scalar in another spelling of the same."""
    if isinstance(value, bool):
        return by.rng.choice(
            ["true" if value else "false", {"@value": value}, int(value)]
        )
    if isinstance(value, int | float):
        return by.rng.choice(
            [str(value), {"@value": value}, float(value), int(value), f"{value:.1E}"]
        )
    if isinstance(value, str):
        kind = by.rng.choice(["urn:datatype", "@id", "@json", *by.known[:4]])
        options: list[Any] = [
            *by.names.get(value, []),
            {"@value": value},
            {"@value": value, "@language": by.rng.choice(["en", "EN", "de"])},
            {"@value": value, by.rng.choice(["@type", "type"]): kind},
            {"@id": value},
            {"id": by.rng.choice([value, *by.names.get(value, [])])},
            {by.rng.choice(["en", "EN", "de"]): value},
            {"@set": [value]},
            value.upper(),
            {"none": value},
            {"@none": value},
            {value: {}},
        ]
        return by.rng.choice(options)
    if isinstance(value, dict):
        inner = [*value.values()]
        return by.rng.choice(inner) if inner else {"@graph": value}
    return value


def _wrap(by: Rewriter, value: Any, path: Path) -> Any:
    """An array around it, or none; an object of a keyword, or none."""
    if isinstance(value, list) and len(value) == 1 and by.rng.random() < 0.5:
        return value[0]
    keyword = by.rng.choice(["@set", "@list", "@graph", "@value", "@included", "none"])
    return by.rng.choice([[value], [value], {keyword: value}, [[value]]])


def _shuffle(by: Rewriter, value: Any, path: Path) -> Any:
    """Members or elements in another order, one of them twice, or one more."""
    if isinstance(value, list):
        items = [*value]
        by.rng.shuffle(items)
        more = [items[0]] if items and by.rng.random() < 0.3 else []
        return items + more
    if isinstance(value, dict):
        items = list(value.items())
        by.rng.shuffle(items)
        made = dict(items)
        if by.rng.random() < 0.3:
            made[by.rng.choice(by.known)] = []
        return made
    return [value, value] if by.rng.random() < 0.5 else value


def _fold(by: Rewriter, value: Any, path: Path) -> Any:
    """Members go into a nested block, or come out of one."""
    if not isinstance(value, dict):
        return value
    for name, inner in value.items():
        if name in {"fold", "wrap", "@nest"} and isinstance(inner, dict):
            return {**_without(value, name), **inner}
    moved = {n: v for n, v in value.items() if by.rng.random() < 0.4}
    return {**_without(value, *moved), by.rng.choice(["fold", "wrap", "@nest"]): moved}


def _map(by: Rewriter, value: Any, path: Path) -> Any:
    """Nodes become a map by one of their members, or the other way."""
    if isinstance(value, dict) and all(
        isinstance(v, dict | list) for v in value.values()
    ):
        name = by.rng.choice(["id", "type", "key", "@id", "@type", "q"])
        return [
            {name: key, **node} if isinstance(node, dict) else node
            for key, nodes in value.items()
            for node in (nodes if isinstance(nodes, list) else [nodes])
        ]
    nodes = value if isinstance(value, list) else [value]
    made_map: dict[str, Any] = {}
    for node in nodes:
        if not isinstance(node, dict) or not node:
            return value
        name = by.rng.choice(list(node))
        made_map.setdefault(str(node[name]), []).append(_without(node, name))
    return made_map


def _split(by: Rewriter, value: Any, path: Path) -> Any:
    """A node becomes two that have one id."""
    if not isinstance(value, dict) or len(value) < 2:
        return value
    ids = {n: v for n, v in value.items() if n in {"id", "@id"}}
    one = {n: v for n, v in value.items() if by.rng.random() < 0.5}
    return [{**ids, **one}, {**ids, **_without(value, *one)}]


def _drop(by: Rewriter, value: Any, path: Path) -> Any:
    """A member or element less, or a context more."""
    if isinstance(value, dict) and value:
        if by.rng.random() < 0.2:
            return {**value, "@context": by.rng.choice([None, [], {}])}
        name = by.rng.choice(list(value))
        return _without(value, name)
    if isinstance(value, list) and value:
        index = by.rng.randrange(len(value))
        return value[:index] + value[index + 1 :]
    return value


def _swap(by: Rewriter, value: Any, path: Path) -> Any:
    """Two members, or a member of each of two nodes, change places."""
    if isinstance(value, dict) and len(value) > 1:
        one, other = by.rng.sample(list(value), 2)
        return {**value, one: value[other], other: value[one]}
    if isinstance(value, list) and len(value) > 1:
        one, other = by.rng.sample(range(len(value)), 2)
        if isinstance(value[one], dict) and isinstance(value[other], dict):
            shared = sorted(value[one].keys() & value[other].keys())
            if shared:
                name = by.rng.choice(shared)
                made = [*value]
                made[one] = {**value[one], name: value[other][name]}
                made[other] = {**value[other], name: value[one][name]}
                return made
    return value


def _move(by: Rewriter, value: Any, path: Path) -> Any:
    """What is said of a resource at one place is said at another that names it."""
    found: dict[str, list[Path]] = {}
    for place in _places(value):
        inner = _at(value, place)
        if isinstance(inner, dict):
            inner = inner.get("id", inner.get("@id"))
        if isinstance(inner, str) and ":" in inner and place[-1:] != ("id",):
            found.setdefault(inner, []).append(place)
    several = [(name, places) for name, places in found.items() if len(places) > 1]
    if not several:
        return value
    name, places = by.rng.choice(several)
    one, other = by.rng.sample(places, 2)
    if one[: len(other)] == other or other[: len(one)] == one:
        return _turned(value, name, one, other)
    said, there = _at(value, one), _at(value, other)
    if not isinstance(said, dict):
        return value
    part = {
        n: v for n, v in said.items() if n in {"id", "@id"} or by.rng.random() < 0.7
    }
    rest = _without(said, *part)
    there = there if isinstance(there, dict) else {"id": there}
    reference: Any = {"id": name, **rest}
    value = _with(value, other, {**there, **part})
    return _with(value, one, reference if rest or by.rng.random() < 0.5 else name)


def _turned(value: Any, name: str, one: Path, other: Path) -> Any:
    """A circle of links begins at another of its nodes."""
    outer, inner = sorted((one, other), key=len)
    root, last = _at(value, outer), inner
    if outer or not isinstance(root, dict):
        return value
    # The nodes on the way down, the last of which names the root again.
    for cut in range(1, len(last)):
        middle = _at(value, last[:cut])
        if isinstance(middle, dict) and "id" in middle:
            rest = copy.deepcopy(root)
            _with(rest, last[:cut], {"id": middle["id"]})
            stated = rest.pop("@context", None)
            turned = _with(copy.deepcopy(middle), last[cut:], rest)
            return {"@context": stated, **turned}
    return value


EDITS: Final[tuple[Any, ...]] = (
    _rename,
    _rename,
    _rename,
    _rename_and_respell,
    _rename_and_respell,
    _respell,
    _respell,
    _wrap,
    _wrap,
    _shuffle,
    _fold,
    _map,
    _split,
    _drop,
    _swap,
)
