"""What a term of a context means, and the words that JSON-LD keeps for itself.

Data only: ``processing`` makes terms, ``active`` arranges them, ``walk`` uses them.

Spec: https://www.w3.org/TR/json-ld11-api/#dfn-term-definition
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.records import replace

if TYPE_CHECKING:
    from medid.core.json import JsonValue

KEYWORDS: Final = frozenset(
    {
        "@base",
        "@container",
        "@context",
        "@default",
        "@direction",
        "@graph",
        "@id",
        "@import",
        "@included",
        "@index",
        "@json",
        "@language",
        "@list",
        "@nest",
        "@none",
        "@prefix",
        "@preserve",
        "@propagate",
        "@protected",
        "@reverse",
        "@set",
        "@type",
        "@value",
        "@version",
        "@vocab",
    }
)

# Names of this form are kept for later keywords and mean nothing (#dfn-keyword).
KEYWORD_FORM: Final = re.compile(r"@[A-Za-z]+")
# With a scheme, at most one "#", and no character that an IRI never has (RFC 3987
# section 2.2): implementations differ in what they sign for others.
ABSOLUTE_IRI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:"
    r'[^\s#<>"{}|^`\\\x00-\x20]*(?:#[^\s#<>"{}|^`\\\x00-\x20]*)?'
)

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_NO_CONTAINER: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A context that counts inside a node or property, before it is processed.

    Attributes:
        context: As it stands in the term's definition.
        base_url: The URL of the context document, for relative references in it.
        key: The two as text, to compare by.
    """

    context: JsonValue
    base_url: str | None
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term definition.

    Attributes:
        iri: A keyword where the term is an alias of one; None where the term is
            defined to mean nothing.
        predicate: ``iri`` as an N-Quads term.
        type: What values are coerced to: an IRI or keyword.
        language: Of strings, where there is one.
        direction: Base direction of strings, where there is one.
        own_language: Whether the context's default language does not count.
        own_direction: The same for the default direction.
        index: The property that holds the index of an ``@index`` map.
        nest: The member in which the property is to stand.
        scope: The context for values of the property, or in nodes of the type.
        prefix: Whether compact IRIs may begin with it.
    """

    name: str
    iri: str | None
    predicate: str = ""
    type: str | None = None
    container: frozenset[str] = _NO_CONTAINER
    language: str | None = None
    direction: str | None = None
    own_language: bool = False
    own_direction: bool = False
    index: str | None = None
    nest: str | None = None
    scope: Scope | None = None
    prefix: bool = False
    protected: bool = False
    reverse: bool = False

    def under(self, language: str | None, direction: str | None) -> Term:
        """This term where the context has a default language or direction."""
        return replace(
            self,
            language=self.language if self.own_language else language,
            direction=self.direction if self.own_direction else direction,
        )

    def means_the_same(self, other: Term) -> bool:
        """Whether it differs from ``other`` in nothing but being protected.

        Two documents may state one scoped context; where each stands does not count,
        as it does not for the peers that sign Verifiable Credentials.
        """
        if (self.scope is None) != (other.scope is None):
            return False
        if self.scope is not None and other.scope is not None:
            other = replace(
                other, scope=replace(self.scope, context=other.scope.context)
            )
        return replace(self, protected=other.protected) == other

    @property
    def is_plain(self) -> bool:
        """Whether it is a name for its IRI and says nothing of values."""
        arranged = self.container or self.nest is not None or self.reverse
        return self.type is None and not arranged

    @property
    def order(self) -> tuple[int, str]:
        """How JSON-LD compaction chooses between terms that are equally good."""
        return (len(self.name), self.name)
