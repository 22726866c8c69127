"""What a context says, while contexts are processed: the active context as data.

Spec: https://www.w3.org/TR/json-ld11-api/#dfn-active-context
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from medid.core.records import replace
from medid.jsonld.references import resolve
from medid.jsonld.terms import ABSOLUTE_IRI, KEYWORD_FORM, KEYWORDS, Term

if TYPE_CHECKING:
    from medid.core.json import JsonObject


class Load(Protocol):
    """Gives the context document of a URL, or refuses."""

    def __call__(self, url: str) -> JsonObject:
        """The whole document, with its ``@context``."""


@dataclass(slots=True, kw_only=True)
class State:
    """An active context while it is being made.

    Attributes:
        original_base: The document's own, to which clearing the context returns.
        previous: The context to return to where another node begins.
    """

    definitions: dict[str, Term] = field(default_factory=dict)
    vocab: str | None = None
    base: str | None = None
    original_base: str | None = None
    language: str | None = None
    direction: str | None = None
    previous: State | None = None

    def copy(self) -> State:
        """A copy of which the definitions can be changed."""
        return replace(self, definitions=dict(self.definitions))

    @property
    def has_protected(self) -> bool:
        """Whether any term must not be redefined."""
        return any(term.protected for term in self.definitions.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for one context that is processed.

    Attributes:
        load: Where contexts that are named come from.
        base_url: The URL of the document that the context stands in.
        override_protected: Whether protected terms may be redefined.
        propagate: Whether the context counts in nodes below.
        remote: The contexts whose processing led here.
        validate: Whether scoped contexts are tried where they are defined.
    """

    load: Load
    base_url: str | None = None
    override_protected: bool = False
    propagate: bool = True
    remote: tuple[str, ...] = ()
    validate: bool = True


def expand_iri(  # noqa: PLR0911 - one return for each step of the algorithm
    value: str, state: State, *, vocab: bool = False, relative: bool = False
) -> str | None:
    """The IRI or keyword of ``value``; None where it has none.

    Spec: https://www.w3.org/TR/json-ld11-api/#iri-expansion

    Args:
        value: A term, compact IRI, IRI, keyword or relative reference.
        state: The active context.
        vocab: Whether terms and the vocabulary count.
        relative: Whether it is resolved against the base of the document.
    """
    if value in KEYWORDS:
        return value
    if KEYWORD_FORM.fullmatch(value):
        return None
    term = state.definitions.get(value)
    if term is not None and (vocab or term.iri in KEYWORDS):
        return term.iri
    if ":" in value[1:]:
        prefix, _, suffix = value.partition(":")
        if prefix == "_" or suffix.startswith("//"):
            return value
        term = state.definitions.get(prefix)
        if term is not None and term.iri is not None and term.prefix:
            return term.iri + suffix
        if is_iri(value):
            return value
    if vocab and state.vocab is not None:
        return state.vocab + value
    if relative and state.base is not None:
        return resolve(state.base, value)
    return value


def is_iri(value: str) -> bool:
    """Whether ``value`` is an absolute IRI."""
    return ABSOLUTE_IRI.fullmatch(value) is not None
