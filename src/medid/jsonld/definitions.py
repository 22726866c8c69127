"""Term definitions: from one entry of a context to what a term means.

Reads as the algorithms do: create a term definition, expand an IRI. Knows nothing of
where contexts come from, and no documents.

Spec: https://www.w3.org/TR/json-ld11-api/#create-term-definition
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NoReturn

from medid.core.records import replace
from medid.errors import CanonicalizationError
from medid.jsonld import nquads
from medid.jsonld.state import Rules, State, expand_iri, is_iri
from medid.jsonld.terms import KEYWORD_FORM, KEYWORDS, Scope, Term

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonObject, JsonValue

SETTINGS: Final = frozenset(
    {
        "@base",
        "@direction",
        "@import",
        "@language",
        "@propagate",
        "@protected",
        "@version",
        "@vocab",
    }
)
_DEFINITION: Final = frozenset(
    {
        "@id",
        "@reverse",
        "@container",
        "@context",
        "@direction",
        "@index",
        "@language",
        "@nest",
        "@prefix",
        "@protected",
        "@type",
    }
)
_COERCIONS: Final = frozenset({"@id", "@vocab", "@json", "@none"})
_GEN_DELIMS: Final = (":", "/", "?", "#", "[", "]", "@")
_ONE_CONTAINER: Final = frozenset(
    {"@graph", "@id", "@index", "@language", "@list", "@set", "@type"}
)
_GRAPHS: Final = frozenset({"@graph", "@id", "@index", "@set"})


class Definitions:
    """Creates the term definitions of one context, each once, in any order."""

    def __init__(
        self,
        result: State,
        context: JsonObject,
        rules: Rules,
        process: Callable[[State, JsonValue, Rules], State],
    ) -> None:
        """Define the terms of ``context`` in ``result``; ``process`` tries scopes."""
        self._process = process
        self._result = result
        self._context = context
        self._rules = rules
        self._protected = context.get("@protected") is True
        # False while a definition is being made, to see circles.
        self._defined: dict[str, bool] = {}

    def define(self, name: str) -> None:
        """https://www.w3.org/TR/json-ld11-api/#create-term-definition."""
        if self._defined.get(name):
            return
        if name in self._defined:
            refuse("terms are defined by each other in a circle")
        if name == "":
            refuse("a term has a name")
        self._defined[name] = False
        value = self._context[name]
        if _reserved(name, value):
            self._defined[name] = True
            return
        previous = self._result.definitions.pop(name, None)
        term = self._term(name, value)
        if term is not None:
            self._keep(term, previous)
        self._defined[name] = True

    def _keep(self, term: Term, previous: Term | None) -> None:
        guarded = previous is not None and previous.protected
        if guarded and not self._rules.override_protected:
            # A protected term may be defined again only to mean the same.
            if previous is None or not term.means_the_same(previous):
                refuse("a protected term is redefined")
            term = replace(term, protected=True)
        self._result.definitions[term.name] = term

    def _term(self, name: str, value: JsonValue) -> Term | None:
        simple = type(value) is str
        if value is None or simple:
            value = {"@id": value}
        if type(value) is not dict or not value.keys() <= _DEFINITION:
            refuse("not the definition of a term")
        protected = self._protected
        if "@protected" in value:
            protected = boolean(value["@protected"], "@protected")
        kind = self._type(value)
        if "@reverse" in value:
            return self._reverse(name, value, kind, protected=protected)
        found = self._mapping(name, value)
        if found is _IGNORED:
            return None
        iri = found if type(found) is str else None
        container, kind = self._container(value, kind)
        self._check_mapping(name, value, iri, container)
        tags = _tags(value)
        return Term(
            name=name,
            iri=iri,
            predicate="" if iri is None else nquads.iri(iri),
            type=kind,
            container=container,
            index=self._index(value),
            nest=_nest(value),
            scope=self._scope(value),
            prefix=self._prefix(name, value, iri, simple=simple),
            protected=protected,
            **tags,
        )

    def _type(self, value: JsonObject) -> str | None:
        if "@type" not in value:
            return None
        kind = value["@type"]
        if type(kind) is str:
            found = self.expand(kind, vocab=True)
            if found in _COERCIONS or (found is not None and is_iri(found)):
                return found
        return refuse("the @type of a term is an IRI, @id, @vocab, @json or @none")

    def _reverse(
        self, name: str, value: JsonObject, kind: str | None, *, protected: bool
    ) -> Term | None:
        if "@id" in value or "@nest" in value:
            refuse("a reverse property has neither @id nor @nest")
        target = value["@reverse"]
        if type(target) is not str:
            refuse("@reverse names a property")
        if KEYWORD_FORM.fullmatch(target):
            return None
        iri = self.expand(target, vocab=True)
        if iri is None or ":" not in iri:
            refuse("@reverse names a property")
        container = value.get("@container")
        if container not in (None, "@set", "@index"):
            refuse("the values of a reverse property are a set or an index map")
        return Term(
            name=name,
            iri=iri,
            predicate=nquads.iri(iri),
            type=kind,
            container=frozenset() if container is None else frozenset({str(container)}),
            index=self._index(value),
            protected=protected,
            reverse=True,
        )

    def _mapping(self, name: str, value: JsonObject) -> object:
        """Steps 14 to 18: what the term stands for; None for nothing."""
        if "@id" in value and value["@id"] != name:
            return self._stated(name, value["@id"])
        if ":" in name[1:]:
            return self._from_compact(name)
        if "/" in name:
            iri = expand_iri(name, self._result, vocab=True)
            if iri is None or not is_iri(iri):
                refuse("a term with a slash is an IRI")
            return iri
        if name == "@type":
            return "@type"
        if self._result.vocab is None:
            refuse("a term has an IRI")
        return self._result.vocab + name

    def _stated(self, name: str, target: JsonValue) -> object:
        if target is None:
            return None
        if type(target) is not str:
            refuse("the @id of a term is an IRI, a keyword or null")
        if target not in KEYWORDS and KEYWORD_FORM.fullmatch(target):
            return _IGNORED
        iri = self.expand(target, vocab=True)
        if iri is None or iri == "@context" or not (iri in KEYWORDS or ":" in iri):
            refuse("the @id of a term is an IRI, a keyword or null")
        if ":" in name[1:-1] or "/" in name:
            self._defined[name] = True
            if self.expand(name, vocab=True) != iri:
                refuse("a term in the form of an IRI stands for another")
        return iri

    def _from_compact(self, name: str) -> str:
        prefix, _, suffix = name.partition(":")
        if prefix in self._context and not self._defined.get(prefix):
            self.define(prefix)
        term = self._result.definitions.get(prefix)
        return name if term is None or term.iri is None else term.iri + suffix

    def _container(
        self, value: JsonObject, kind: str | None
    ) -> tuple[frozenset[str], str | None]:
        if "@container" not in value:
            return frozenset(), kind
        stated = value["@container"]
        items = stated if type(stated) is list else [stated]
        if not all(type(item) is str for item in items):
            refuse("not a container")
        found = frozenset(str(item) for item in items)
        if not _is_container(found) or len(found) != len(items):
            refuse("not a container, or not one that can be combined")
        if "@type" in found:
            kind = kind or "@id"
            if kind not in ("@id", "@vocab"):
                refuse("a map by type holds nodes")
        return found, kind

    def _check_mapping(
        self, name: str, value: JsonObject, iri: str | None, container: frozenset[str]
    ) -> None:
        if "@index" in value and "@index" not in container:
            refuse("only a map by index names the property of its index")
        if "@prefix" in value and (":" in name or "/" in name):
            refuse("a prefix is a plain word")
        if value.get("@prefix") is True and iri is not None and iri in KEYWORDS:
            refuse("a keyword is no prefix")

    def _index(self, value: JsonObject) -> str | None:
        if "@index" not in value:
            return None
        stated = value["@index"]
        if type(stated) is str and not stated.startswith("@"):
            iri = self.expand(stated, vocab=True)
            if iri is not None and is_iri(iri):
                return stated
        return refuse("the index of a map is held by a property")

    def _scope(self, value: JsonObject) -> Scope | None:
        if "@context" not in value:
            return None
        context = value["@context"]
        if self._rules.validate:
            # What could never be used is refused where it stands.
            rules = replace(self._rules, override_protected=True, validate=False)
            self._process(self._result, context, rules)
        base_url = self._rules.base_url
        key = json.dumps([context, base_url], sort_keys=True)
        return Scope(context=context, base_url=base_url, key=key)

    def _prefix(
        self, name: str, value: JsonObject, iri: str | None, *, simple: bool
    ) -> bool:
        if "@prefix" in value:
            return boolean(value["@prefix"], "@prefix")
        if not simple or iri is None or ":" in name or "/" in name:
            return False
        return iri.endswith(_GEN_DELIMS) or iri.startswith("_:")

    def expand(
        self, value: str, *, vocab: bool = False, relative: bool = False
    ) -> str | None:
        """https://www.w3.org/TR/json-ld11-api/#iri-expansion, inside a context."""
        if value in KEYWORDS:
            return value
        if KEYWORD_FORM.fullmatch(value):
            return None
        self._need(value)
        if vocab and value in self._result.definitions:
            return self._result.definitions[value].iri
        if ":" in value[1:]:
            prefix = value.partition(":")[0]
            if prefix != "_" and not value.startswith("//", len(prefix) + 1):
                self._need(prefix)
        return expand_iri(value, self._result, vocab=vocab, relative=relative)

    def _need(self, name: str) -> None:
        wanted = name in self._context and name not in SETTINGS
        if wanted and not self._defined.get(name):
            self.define(name)


_IGNORED: Final = object()  # a term that is of a keyword's form stands for nothing


def _reserved(name: str, value: JsonValue) -> bool:
    """Whether the name means nothing; refuses to redefine what it means.

    Raises:
        CanonicalizationError: A keyword is redefined.
    """
    if name == "@type":
        allowed = {"@container", "@protected"}
        if type(value) is not dict or not value or not value.keys() <= allowed:
            refuse("a keyword is redefined")
        if value.get("@container", "@set") != "@set":
            refuse("a keyword is redefined")
        return False
    if name in KEYWORDS:
        refuse("a keyword is redefined")
    return KEYWORD_FORM.fullmatch(name) is not None


def _is_container(found: frozenset[str]) -> bool:
    if len(found) == 1:
        return found <= _ONE_CONTAINER
    if "@graph" in found:
        return found <= _GRAPHS and not found >= {"@id", "@index"}
    one_more = found - {"@set"}
    return "@set" in found and len(one_more) == 1 and one_more <= _SETS


_SETS: Final = frozenset({"@id", "@index", "@language", "@type"})


def _tags(value: Mapping[str, JsonValue]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "@type" in value:
        return found
    if "@language" in value:
        found |= {"language": language(value["@language"]), "own_language": True}
    if "@direction" in value:
        found |= {"direction": direction(value["@direction"]), "own_direction": True}
    return found


def _nest(value: Mapping[str, JsonValue]) -> str | None:
    if "@nest" not in value:
        return None
    nest = value["@nest"]
    if type(nest) is not str or (nest in KEYWORDS and nest != "@nest"):
        refuse("@nest names a member")
    return nest


def language(value: JsonValue) -> str | None:
    """The value of ``@language``."""
    if value is None or type(value) is str:
        return value
    return refuse("@language is a language tag or null")


def direction(value: JsonValue) -> str | None:
    """The value of ``@direction``."""
    if value is None or value == "ltr" or value == "rtl":  # noqa: PLR1714 - narrows
        return value
    return refuse("@direction is 'ltr', 'rtl' or null")


def boolean(value: JsonValue, name: str) -> bool:
    """The value of ``name``, which is true or false."""
    if type(value) is not bool:
        refuse(f"{name} is true or false")
    return value


def refuse(message: str) -> NoReturn:
    """Refuse a context."""
    raise CanonicalizationError(message, path="$.@context")
