"""Active contexts: what each term means at one place of a document.

Each combination of contexts is processed once, compiled into flat tables, and kept as
long as there is room. What is in a table never changes, so threads share them freely.

Knows contexts, not documents.

Spec: https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm
"""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from medid.jsonld.processing import process
from medid.jsonld.state import Load, Rules, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.core.json import JsonValue
    from medid.jsonld.terms import Scope, Term

# Entries of one table: processed contexts, shapes of nodes, types or words. A document
# can ask for very many that no other will, so a full table is emptied.
MAX_KEPT: Final = 256
# Of all tables of a store, as estimated, before all of them are emptied: some 500
# contexts of 122 terms, which VCDM 2.0 and the health context have; a license that is
# presented takes 12.
MAX_KEPT_BYTES: Final = 67_108_864  # 64 MiB
# Bytes of one term in the tables of a context; those that it shares take less.
TERM_WEIGHT: Final = 1_100


@dataclass(slots=True, eq=False)
class Loader:
    """What all active contexts of one store share.

    Attributes:
        load: Where context documents come from.
        lock: Guards what is kept.
        initial: The context before any other, to which all others are kept.
        kept: How many bytes that takes, as estimated.
    """

    load: Load
    lock: threading.RLock = field(default_factory=threading.RLock)
    initial: ActiveContext | None = None
    kept: int = 0

    def forget(self) -> None:
        """Empty all tables: what is asked for again will be worked out again.

        Each by itself, because whoever still holds one context is not to hold them all.
        """
        pending = [] if self.initial is None else [self.initial]
        while pending:
            pending += pending.pop().emptied()
        self.kept = 0


class ActiveContext:
    """The meaning of every term at one place, and what scoped contexts lead to.

    Attributes:
        terms: By name.
        rivals: Terms of each IRI or keyword, the one to prefer first.
        prefixes: Words that begin compact IRIs.
        id_alias: What this context calls ``@id``; None where it has no word for it.
        type_alias: The same for ``@type``.
        none_alias: What this context calls ``@none``, the keyword itself by default.
        value_aliases: Every word for ``@value``.
        previous: The context to return to where another node begins.
        plans: What is known of the members of a node, by their names (``plan``).
        typings: What is known of the types of a node, by their names (``walk``).
        words: The IRIs of words of the vocabulary (``iris``).
    """

    __slots__ = (
        "_loader",
        "_scopes",
        "base",
        "direction",
        "id_alias",
        "language",
        "none_alias",
        "plans",
        "prefixes",
        "previous",
        "rivals",
        "state",
        "terms",
        "type_alias",
        "typings",
        "value_aliases",
        "vocab",
        "words",
    )

    def __init__(
        self, state: State, loader: Loader, previous: ActiveContext | None
    ) -> None:
        """Compile a processed context."""
        self.state = state
        self._loader = loader
        self._scopes: dict[object, ActiveContext] = {}
        self.plans: dict[tuple[str, ...], Any] = {}
        self.typings: dict[object, Any] = {}
        self.words: dict[str, str] = {}
        self.previous = previous
        self.vocab = state.vocab
        self.base = state.base
        self.language = state.language
        self.direction = state.direction
        self.terms: Mapping[str, Term] = _effective(state)
        by_iri: defaultdict[str, list[Term]] = defaultdict(list)
        for term in self.terms.values():
            if term.iri is not None:
                by_iri[term.iri].append(term)
        self.rivals = {
            iri: tuple(sorted(terms, key=lambda term: term.order))
            for iri, terms in by_iri.items()
        }
        self.prefixes = frozenset(
            name for name, term in self.terms.items() if term.prefix
        )
        self.id_alias = self._alias("@id")
        self.type_alias = self._alias("@type")
        self.none_alias = self._alias("@none") or "@none"
        self.value_aliases = frozenset(
            term.name for term in self.rivals.get("@value", ())
        )

    @classmethod
    def initial(cls, load: Load) -> ActiveContext:
        """The context of a document before its ``@context`` is read."""
        loader = Loader(load)
        loader.initial = found = cls(State(), loader, None)
        return found

    def based(self, base: str | None) -> ActiveContext:
        """This context, before any other, in a document that has a base."""
        if base is None:
            return self
        return ActiveContext(State(base=base, original_base=base), self._loader, None)

    @property
    def defaults(self) -> tuple[str | None, ...]:
        """What it says beside its terms."""
        return (self.vocab, self.base, self.language, self.direction)

    def _alias(self, keyword: str) -> str | None:
        # Of several aliases, the one without "@" is what code reads; compaction's
        # choice decides where a context has only others.
        names = [term.name for term in self.rivals.get(keyword, ())]
        usual = keyword.removeprefix("@")
        return usual if usual in names else next(iter(names), None)

    def keep(
        self, kept: dict[Any, Any], key: object, value: object, *, weight: int
    ) -> None:
        """Keep ``value`` under ``key``; where there is no room, forget what was kept.

        Args:
            kept: One of the tables of this context.
            key: What it is asked for by.
            value: What it is.
            weight: An estimate of the bytes that both take.
        """
        loader = self._loader
        with loader.lock:
            if len(kept) >= MAX_KEPT:
                kept.clear()
            if loader.kept + weight > MAX_KEPT_BYTES:
                loader.forget()
            kept[key] = value
            loader.kept += weight

    def emptied(self) -> list[ActiveContext]:
        """The contexts that were kept here, once the tables are empty."""
        found = list(self._scopes.values())
        for table in (self._scopes, self.plans, self.typings, self.words):
            table.clear()
        return found

    def kept_local(self, context: JsonValue) -> ActiveContext | None:
        """What ``local`` once gave for this context, where it was kept."""
        entries = context if type(context) is list else [context]
        try:
            return self._scopes.get(("@context", *entries))
        except TypeError:
            return None  # an inline context is nobody's name

    def local(
        self, context: JsonValue, *, base_url: str | None = None
    ) -> ActiveContext:
        """The context inside a node that has ``@context``.

        Kept where all entries are URLs, which name their content. An array of none is
        not kept, so that what is kept need not be checked again.

        Args:
            context: Its value; the caller has checked that each entry is trusted.
            base_url: What relative references in it are relative to.
        """
        entries = context if type(context) is list else [context]
        named = base_url is None and all(type(entry) is str for entry in entries or [0])
        key = ("@context", *entries) if named else None
        return self._derived(key, context, base_url=base_url)

    def property_scope(self, scope: Scope) -> ActiveContext:
        """The context for the values of a term that has a scoped context."""
        key = ("@property", scope.key)
        return self._derived(
            key, scope.context, base_url=scope.base_url, override_protected=True
        )

    def type_scope(self, scopes: Sequence[Scope]) -> ActiveContext:
        """The context in a node whose types have scoped contexts, in type order."""
        active = self
        for scope in scopes:
            key = ("@type", scope.key)
            active = active._derived(
                key, scope.context, base_url=scope.base_url, propagate=False
            )
        return active

    def _derived(
        self, key: tuple[object, ...] | None, local: JsonValue, **rules: Any
    ) -> ActiveContext:
        found = self._scopes.get(key)
        if found is not None:
            return found
        with self._loader.lock:
            state = process(self.state, local, Rules(load=self._loader.load, **rules))
            found = self._of(state)
            if key is not None:
                weight = TERM_WEIGHT * len(found.terms) + weight_of(key)
                self.keep(self._scopes, key, found, weight=weight)
        return found

    def _of(self, state: State) -> ActiveContext:
        initial = self._loader.initial
        if initial is not None and state == initial.state:
            # A scope of null leads back to where every document begins, so that what
            # stands under it means what it would mean alone.
            return initial
        return ActiveContext(state, self._loader, self._previous_of(state))

    def _previous_of(self, state: State) -> ActiveContext | None:
        # A previous context is handed on, or the present one becomes the previous.
        if state.previous is None:
            return None
        return self if state.previous is self.state else self.previous


def weight_of(texts: Iterable[object]) -> int:
    """The bytes that ``texts`` take."""
    return sum(map(sys.getsizeof, texts))


def _effective(state: State) -> dict[str, Term]:
    """The terms, with the defaults of the context where they state no own."""
    if (state.language, state.direction) == (None, None):
        return state.definitions
    return {
        name: term.under(state.language, state.direction)
        for name, term in state.definitions.items()
    }
