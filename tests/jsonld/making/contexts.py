"""Small contexts with nearly every construct of JSON-LD 1.1, most of them valid.

Left out is what implementations are known to differ in: see ``peculiarities``.

Spec: https://www.w3.org/TR/json-ld11/#context-definitions
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from medid.jsonld.literals import I18N
from medid.jsonld.terms import RDF, XSD

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from medid.core.json import JsonObject, JsonValue

NS: Final = "https://ns.example/#"
PROPERTIES: Final = ("a", "b", "c", "d", "e", "name", "longer")
TYPES: Final = ("T", "U", "V")
KEY: Final = "key"  # what holds the indexes of maps
# What stands under these URLs can be imported, or named where a context belongs.
SHARED: Final[dict[str, JsonObject]] = {
    "https://shared.example/plain": {
        "@context": {"s": NS + "s", "a": NS + "shared-a", "id": "@id"}
    },
    "https://shared.example/typed": {
        "@context": {
            "@version": 1.1,
            "S": {"@id": NS + "S", "@context": {"b": NS + "shared-b"}},
            "r": {"@id": NS + "r", "@type": "@id"},
        }
    },
}

_COERCIONS: Final = (
    "@id",
    "@vocab",
    "@none",
    "@json",
    XSD + "date",
    XSD + "string",
    XSD + "boolean",
    XSD + "integer",
    XSD + "double",
    XSD + "decimal",
    RDF + "HTML",
)
_CONTAINERS: Final[tuple[Any, ...]] = (
    "@set",
    "@list",
    "@language",
    "@index",
    "@id",
    "@type",
    "@graph",
    ["@set", "@id"],
    ["@language", "@set"],
    ["@graph", "@set"],
    ["@graph", "@id"],
    ["@graph", "@index"],
    ["@index", "@set"],
)


def context(rng: random.Random, depth: int = 2) -> JsonObject:
    """A context for the names of ``PROPERTIES`` and ``TYPES``.

    Args:
        rng: What is random.
        depth: How many contexts may be scoped inside each other.
    """
    made: dict[str, Any] = {"@version": 1.1}
    if depth == 2 or rng.random() < 0.2:
        made |= _words(rng)
    made |= _settings(rng)
    for name in rng.sample(PROPERTIES, rng.randrange(1, len(PROPERTIES))):
        made[name] = _definition(rng, name, depth)
    made[KEY] = NS + "key"
    for name in rng.sample(TYPES, rng.randrange(len(TYPES) + 1)):
        made[name] = _type(rng, name, depth)
    items = list(made.items())
    rng.shuffle(items)
    return dict(items)


def mutated(rng: random.Random, context: JsonValue) -> JsonValue:
    """A copy of ``context`` in which one to four terms are defined otherwise."""
    made = copy.deepcopy(context)
    places = list(_definitions(made))
    for _ in range(rng.choice([1, 1, 2, 4])):
        if places:
            terms, name = rng.choice(places)
            _mutate(rng, terms, name)
    return made


def _definitions(context: JsonValue) -> Iterator[tuple[JsonObject, str]]:
    """Every term that a context defines, those of its scoped contexts among them."""
    for one in context if isinstance(context, list) else [context]:
        for name, value in one.items() if isinstance(one, dict) else ():
            if not name.startswith("@") and isinstance(one, dict):
                yield one, name
                if isinstance(value, dict):
                    yield from _definitions(value.get("@context"))


def _mutate(rng: random.Random, terms: JsonObject, name: str) -> None:
    stated = terms.get(name)
    definition: dict[str, Any] = stated if isinstance(stated, dict) else {"@id": stated}
    kind = rng.randrange(8)
    if kind == 0:
        terms.pop(name, None)
    elif kind == 1:
        terms[name] = {**definition, "@type": rng.choice(_COERCIONS)}
    elif kind == 2:
        terms[name] = {**definition, "@container": rng.choice(_CONTAINERS)}
    elif kind == 3:
        terms[name] = {**definition, "@language": rng.choice(["en", "DE", None])}
    elif kind == 4:
        terms[rng.choice(PROPERTIES)] = copy.deepcopy(stated)
    elif kind == 5:
        terms[name] = {**definition, "@context": _scope(rng, name, 1)}
    elif kind == 6:
        # Peers stumble over a false one.
        terms["@protected"] = rng.random() < 0.95
    else:
        terms |= _settings(rng) | {"@vocab": rng.choice([NS, NS + "more/"])}


# What a term may be beside a name: every kind of which two for one IRI could compete.
_KINDS: Final[tuple[JsonObject, ...]] = (
    {},
    {},
    {"@type": "@id"},
    {"@type": "@vocab"},
    {"@type": "@none"},
    {"@type": "@json"},
    {"@type": "@json", "@container": "@set"},
    {"@type": XSD + "date"},
    {"@type": XSD + "string"},
    {"@type": XSD + "boolean"},
    {"@type": XSD + "integer"},
    {"@type": XSD + "double"},
    {"@type": RDF + "JSON"},
    {"@type": I18N + "en_rtl"},
    {"@language": "en"},
    {"@language": "EN"},
    {"@language": None},
    {"@language": "en", "@direction": "rtl"},
    {"@container": "@set"},
    {"@container": "@list"},
    {"@container": "@list", "@type": "@id"},
    {"@container": "@language"},
    {"@container": ["@language", "@set"]},
    {"@container": "@language", "@direction": "rtl"},
    {"@container": "@id"},
    {"@container": "@type"},
    {"@container": "@index", "@index": "key"},
    {"@container": "@graph"},
    {"@container": ["@graph", "@set"]},
    {"@nest": "fold"},
    {"@nest": "wrap"},
    {"@nest": "fold", "@language": "en"},
    {"@context": None},
    {"@context": {"@language": "en"}},
    {"@context": {"@vocab": NS}},
    {"@context": {"b": NS + "p", "key": NS + "q"}},
)
_NAMES: Final = ("a", "b", "c", "d", "e", "name", "image")
_FEW: Final = ("p", "p", "p", "q", "T")
_OF_RDF: Final = ("type", "first", "rest")


def tiny(rng: random.Random) -> JsonObject:
    """A context in which few IRIs have many names, some of them names of RDF's own."""
    made: dict[str, Any] = {
        "@version": 1.1,
        "id": "@id",
        "type": "@type",
        "key": NS + "q",
    }
    words = (("none", "@none"), ("no", "@none"), ("fold", "@nest"), ("wrap", "@nest"))
    made |= {word: meaning for word, meaning in words if rng.random() < 0.6}
    if rng.random() < 0.1:
        made["fold"] = {"@id": "@nest", "@context": {"b": NS + "p", "c": None}}
    for name, value in (("@language", "en"), ("@vocab", NS), ("@protected", True)):
        if rng.random() < 0.15:
            made[name] = value
    for name in rng.sample(_NAMES, rng.randrange(2, len(_NAMES))):
        odd = rng.random() < 0.1
        iri = RDF + rng.choice(_OF_RDF) if odd else NS + rng.choice(_FEW)
        made[name] = {"@id": iri, **rng.choice(_KINDS)}
    for name in rng.sample(TYPES, 2):
        made[name] = {"@id": NS + rng.choice(["T", "U"])}
        if rng.random() < 0.4:
            inner = {
                n: {"@id": NS + rng.choice(_FEW), **rng.choice(_KINDS[:30])}
                for n in "ab"
            }
            made[name]["@context"] = inner
    return made


def _words(rng: random.Random) -> JsonObject:
    """Words for keywords, a prefix, and sometimes more of them."""
    words: JsonObject = {"id": "@id", "type": "@type", "ns": NS}
    more: JsonObject = {
        "none": "@none",
        "fold": "@nest",
        "kind": "@type",
        "ident": "@id",
        "val": "@value",
        "graph": "@graph",
        "within": "@included",
        "back": "@reverse",
        "@type": {"@container": "@set"},
    }
    for word in ("none", "fold"):
        if rng.random() < 0.4:
            words[word] = more[word]
    for word, meaning in more.items():
        if rng.random() < 0.06:
            words[word] = meaning
    if rng.random() < 0.05:
        del words[rng.choice(["id", "type"])]
    return words


def _settings(rng: random.Random) -> JsonObject:
    made: JsonObject = {}
    choices: tuple[tuple[float, str, tuple[JsonValue, ...]], ...] = (
        (0.15, "@vocab", (NS, NS + "more/")),
        (0.08, "@language", ("en", "de")),
        (0.01, "@vocab", (None,)),
        (0.01, "@language", (None,)),
        (0.05, "@base", (None,)),
        (0.12, "@protected", (True,)),
    )
    for probability, name, values in choices:
        if rng.random() < probability:
            made[name] = rng.choice(values)
    return made


def _target(rng: random.Random, name: str) -> str:
    """The IRI of a property; some have several names."""
    iri = "p" if rng.random() < 0.2 else name
    prefix = "ns:" if rng.random() < 0.3 else NS
    return prefix + iri


def _definition(rng: random.Random, name: str, depth: int) -> JsonValue:
    kind = rng.random()
    if kind < 0.03:
        return None
    if kind < 0.25:
        return _target(rng, name)
    if kind < 0.29:
        return {"@reverse": _target(rng, name)}
    made: dict[str, Any] = {"@id": _target(rng, name), **_values(rng)}
    if rng.random() < 0.08:
        made["@nest"] = rng.choice(["fold", "fold", "@nest"])
    if rng.random() < 0.08:
        made["@protected"] = rng.random() < 0.5
    # Peers read the keys of maps in the context that is scoped to their property.
    if rng.random() < 0.15 and not _is_map(made.get("@container", [])):
        made["@context"] = _scope(rng, name, depth)
    return made


def _values(rng: random.Random) -> dict[str, Any]:
    """What the values of a property are, and how they are arranged."""
    made: dict[str, Any] = {}
    if rng.random() < 0.5:
        made["@type"] = rng.choice(_COERCIONS)
    elif rng.random() < 0.2:
        made["@language"] = rng.choice(["en", "EN", "de", None])
    if "@type" not in made and rng.random() < 0.1:
        made["@direction"] = rng.choice(["ltr", "rtl", None])
    if made.get("@type") == "@json":
        made |= {"@container": "@set"} if rng.random() < 0.2 else {}
    elif rng.random() < 0.4:
        _arrange(rng, made)
    return made


def _is_map(container: str | list[str]) -> bool:
    return any(kind in container for kind in ("@index", "@id", "@language", "@type"))


def _arrange(rng: random.Random, made: dict[str, Any]) -> None:
    container = rng.choice(_CONTAINERS)
    made["@container"] = container
    if "@type" in container and made.get("@type", "@id") not in {"@id", "@vocab"}:
        del made["@type"]
    if "@index" in container and "@graph" not in container and rng.random() < 0.7:
        made["@index"] = KEY


def _type(rng: random.Random, name: str, depth: int) -> JsonValue:
    iri = NS + ("T" if rng.random() < 0.1 else name)
    if rng.random() < 0.5:
        return iri
    return {"@id": iri, "@context": _scope(rng, name, depth) or {}}


def _scope(rng: random.Random, name: str, depth: int) -> JsonValue:
    """A context that is scoped to ``name``, and does not define it again."""
    kind = rng.random()
    if kind < 0.1 or not depth:
        return None
    if kind < 0.2:
        return rng.choice(
            [url for url, made in SHARED.items() if not _defines(made, name)]
        )
    made = context(rng, depth - 1)
    made.pop(name, None)
    if kind < 0.3:
        return [made]
    if rng.random() < 0.2:
        made["@propagate"] = rng.random() < 0.5
    return made


def _defines(document: JsonObject, name: str) -> bool:
    context = document["@context"]
    return isinstance(context, dict) and name in context
