"""Active contexts: what each term means at one place of a document.

pyld processes the contexts; this module turns its result into flat tables, once for
each combination of contexts that occurs, and keeps them. Tables are only ever added,
under a lock, so threads share them freely.

Knows contexts, not documents.

Spec: https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm
"""

from __future__ import annotations

import copy
import json
import re
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from medid.errors import CanonicalizationError, MedidError
from medid.jsonld import nquads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue

# Processed contexts kept for each active context; a document can ask for many
# combinations of types, and those beyond the bound are processed each time.
_MAX_SCOPES: Final = 256

# pyld's active context before any context was processed.
_INITIAL: Final[Mapping[str, Any]] = {
    "_uuid": "initial",
    "processingMode": "json-ld-1.1",
    "mappings": {},
}

# JSON-LD calls absolute what has a scheme and no white space; peers do the same.
ABSOLUTE_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s]*")

_UNSUPPORTED_CONTAINERS: Final = frozenset({"@id", "@index", "@type"})
_XSD_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"


class _Load(Protocol):
    def __call__(self, url: str) -> JsonObject: ...


class Loader:
    """pyld's document loader and context processor, over one store's contexts."""

    def __init__(self, load: _Load) -> None:
        """Read context documents with ``load`` and from nowhere else."""
        self._load = load
        self.lock = threading.RLock()

    def __call__(self, url: str, _options: object) -> dict[str, Any]:
        """One trusted context, as a copy, because pyld rewrites what it is given."""
        document = copy.deepcopy(self._load(url))
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": document,
        }

    def options(self) -> dict[str, Any]:
        """Options for pyld: no base to resolve against, and caches of its own.

        pyld's shared caches are keyed by URL for the whole process and are not
        thread-safe; a resolver for each call keeps stores and threads apart.
        """
        from pyld.context_resolver import ContextResolver

        return {
            "base": "",
            "processingMode": "json-ld-1.1",
            "documentLoader": self,
            "contextResolver": ContextResolver({}, self),
        }

    def process(
        self, active: Mapping[str, Any], local: JsonValue, **flags: bool
    ) -> Mapping[str, Any]:
        """The active context after ``local`` was applied to ``active``.

        Raises:
            ContextNotTrusted: ``local`` needs a context that is not in the store.
            CanonicalizationError: ``local`` breaks a rule of JSON-LD 1.1, such as
                redefining a protected term.
        """
        from pyld.jsonld import JsonLdProcessor

        processor = JsonLdProcessor()
        options = self.options()
        with _translated():
            # The public method does not know scoped contexts.
            result: Mapping[str, Any] = processor._process_context(  # noqa: SLF001
                active, copy.deepcopy(local), options, **flags
            )
        return result

    def expand(self, document: Mapping[str, JsonValue]) -> list[Any]:
        """The expanded form of ``document``, as pyld makes it.

        Raises:
            ContextNotTrusted: A context is not in the store.
            CanonicalizationError: The document breaks a rule of JSON-LD 1.1.
        """
        from pyld.jsonld import JsonLdProcessor

        with _translated():
            expanded = JsonLdProcessor().expand(dict(document), self.options())
        return list(expanded)


@contextmanager
def _translated() -> Iterator[None]:
    from pyld.jsonld import JsonLdError

    try:
        yield
    except (
        JsonLdError,
        AttributeError,
        KeyError,
        RecursionError,
        TypeError,
        ValueError,
        Warning,
    ) as error:
        raise _reason(error) from None


def _reason(error: BaseException) -> MedidError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MedidError):
            return cause
        cause = cause.__cause__
    message = "these contexts cannot be used together, or not here"
    return CanonicalizationError(message, path="$.@context")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term definition.

    Attributes:
        iri: A keyword where the term is an alias of one.
        predicate: ``iri`` as an N-Quads term.
        scope_key: The scoped context as text, to compare by; None for none.
        plain: Whether the term is a property that medid's profile covers.
        simple: Whether a string under it is a literal without more ado.
    """

    name: str
    iri: str
    predicate: str
    type: str | None = None
    container: frozenset[str] = frozenset()
    language: str | None = None
    direction: str | None = None
    scope: JsonValue = None
    scope_key: str | None = None
    prefix: bool = False
    plain: bool = True
    simple: bool = False

    @property
    def literal_kind(self) -> tuple[object, ...]:
        """What decides which literal a plain value becomes."""
        plain = self.type in (None, "@none")
        kind = None if plain or self.type == _XSD_STRING else self.type
        tags = (self.language, self.direction) if plain else (None, None)
        return (kind, *tags, *self.shape)

    @property
    def shape(self) -> tuple[bool, ...]:
        """Whether the term makes lists, graphs or language maps."""
        return tuple(
            name in self.container for name in ("@list", "@graph", "@language")
        )

    @property
    def order(self) -> tuple[int, str]:
        """How JSON-LD compaction chooses between terms that are equally good."""
        return (len(self.name), self.name)


class ActiveContext:
    """The meaning of every term at one place, and what scoped contexts lead to."""

    __slots__ = (
        "_loader",
        "_raw",
        "_scopes",
        "direction",
        "id_alias",
        "language",
        "previous",
        "rivals",
        "terms",
        "type_alias",
        "value_aliases",
        "vocab",
    )

    def __init__(
        self, raw: Mapping[str, Any], loader: Loader, previous: ActiveContext | None
    ) -> None:
        """Compile what pyld processed."""
        self._raw = raw
        self._loader = loader
        self._scopes: dict[object, ActiveContext] = {}
        self.previous = previous
        self.vocab: str | None = raw.get("@vocab")
        self.language: str | None = raw.get("@language")
        self.direction: str | None = raw.get("@direction")
        self.terms: dict[str, Term | None] = {
            name: _term(name, mapping, raw) if mapping and mapping["@id"] else None
            for name, mapping in raw["mappings"].items()
        }
        by_iri: defaultdict[str, list[Term]] = defaultdict(list)
        for term in self.terms.values():
            if term is not None:
                by_iri[term.iri].append(term)
        self.rivals = {
            iri: tuple(sorted(terms, key=lambda term: term.order))
            for iri, terms in by_iri.items()
        }
        self.id_alias = self._alias("@id")
        self.type_alias = self._alias("@type")
        self.value_aliases = frozenset(
            term.name for term in self.rivals.get("@value", ())
        )

    def expand(self, document: Mapping[str, JsonValue]) -> list[Any]:
        """The expanded form of a whole document, with the same trusted contexts."""
        return self._loader.expand(document)

    @classmethod
    def initial(cls, loader: Loader) -> ActiveContext:
        """The context of a document before its ``@context`` is read."""
        return cls(_INITIAL, loader, None)

    def _alias(self, keyword: str) -> str | None:
        # Of several aliases, the one without "@" is what code reads; compaction's
        # choice decides where a context has only others.
        names = [term.name for term in self.rivals.get(keyword, ())]
        usual = keyword.removeprefix("@")
        return usual if usual in names else next(iter(names), None)

    def local(self, context: Sequence[JsonValue], *, cached: bool) -> ActiveContext:
        """The context inside a node that has ``@context``.

        Args:
            context: The entries; the caller has checked that each is trusted.
            cached: Whether all entries are URLs, so that they name their content.
        """
        key = ("@context", *context) if cached else None
        return self._derived(key, list(context))

    def property_scope(self, term: Term) -> ActiveContext:
        """The context for the values of ``term``, which has a scoped context."""
        key = ("@property", term.scope_key)
        return self._derived(key, term.scope, override_protected=True)

    def type_scope(self, terms: Sequence[Term]) -> ActiveContext:
        """The context in a node whose types have scoped contexts, in type order."""
        active = self
        for term in terms:
            key = ("@type", term.scope_key)
            active = active._derived(key, term.scope, propagate=False)
        return active

    def _derived(
        self, key: object | None, local: JsonValue, **flags: bool
    ) -> ActiveContext:
        found = self._scopes.get(key)
        if found is not None:
            return found
        with self._loader.lock:
            raw = self._loader.process(self._raw, local, **flags)
            found = ActiveContext(raw, self._loader, self._previous_of(raw))
            if key is not None and len(self._scopes) < _MAX_SCOPES:
                self._scopes[key] = found
        return found

    def _previous_of(self, raw: Mapping[str, Any]) -> ActiveContext | None:
        # pyld hands the previous context on, or makes the present one the previous.
        previous = raw.get("previousContext")
        if previous is None:
            return None
        return self if previous is self._raw else self.previous


def plain_term(name: str, iri: str, active: ActiveContext) -> Term:
    """The definition of a member that ``@vocab`` defines."""
    return Term(
        name=name,
        iri=iri,
        predicate=nquads.iri(iri),
        language=active.language,
        direction=active.direction,
    )


def _term(name: str, mapping: Mapping[str, Any], raw: Mapping[str, Any]) -> Term:
    scope = mapping.get("@context")
    iri = mapping["@id"]
    container = frozenset(mapping.get("@container", ()))
    language = mapping.get("@language", raw.get("@language"))
    direction = mapping.get("@direction", raw.get("@direction"))
    return Term(
        name=name,
        iri=iri,
        predicate=nquads.iri(iri),
        type=mapping.get("@type"),
        container=container,
        language=language,
        direction=direction,
        # pyld writes a null scoped context as False.
        scope=None if scope is False else scope,
        scope_key=None if scope is None else json.dumps(scope, sort_keys=True),
        prefix=bool(mapping.get("_prefix")),
        plain=not mapping["reverse"]
        and container.isdisjoint(_UNSUPPORTED_CONTAINERS)
        and ABSOLUTE_IRI.fullmatch(iri) is not None,
        simple=not container - {"@set"}
        and scope is None
        and "@type" not in mapping
        and (language, direction) == (None, None),
    )
