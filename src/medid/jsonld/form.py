"""The form every document must have, whatever its format: plain JSON names.

Code reads ``document["validUntil"]``. A document that says the same with a full IRI,
a compact IRI or a JSON-LD keyword for a name would pass a signature over RDF and be
read as if it said nothing. JSON literals are left alone: what is in them is data of
another kind, whose names are its own.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#syntactic-sugar
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core import json
from medid.errors import ContextNotTrusted, NotCompact, TooLarge, child

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from medid.core.json import JsonValue
    from medid.jsonld.contexts import ContextStore

MAX_DEPTH: Final = 64  # objects and arrays inside each other, as the JSON reader allows

VALUE_KEYWORDS: Final = frozenset({"@value", "@language", "@direction"})

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_NONE: Final[frozenset[str]] = frozenset()
# Where a context may stand: a document, a credential that it presents, their proofs.
_ROOTS: Final = re.compile(
    r"\$(\.verifiableCredential(\[[0-9]+\])?)?(\.proof(\[[0-9]+\])?)?\.@context"
)


def check_context_form(
    document: Mapping[str, JsonValue],
    contexts: ContextStore | None = None,
    *,
    plain: Container[int] = (),
) -> None:
    """Return if no member of ``document``, at any depth, is named by keyword or IRI.

    ``@context`` stands at the root of a document, of each credential in a presentation
    and of a proof, and nowhere else; elsewhere it could give words another meaning.
    ``@value``, ``@language`` and ``@direction`` are allowed in value objects.

    Args:
        document: Never modified.
        contexts: Which terms hold JSON literals, the document's own contexts say;
            without a store nothing is taken for one.
        plain: Credentials that a presentation presents, by ``id()``, of which is known
            that they are plain.

    Raises:
        NotCompact: A name begins with ``@`` or contains ``:``.
        ContextNotTrusted: ``@context`` stands where it does not belong.
        TooLarge: Nesting beyond ``MAX_DEPTH``.
    """
    if not is_plain(document, but=plain):
        _Form(contexts).check(document, "$", 0, _NONE)


def empty_arrays(
    document: Mapping[str, JsonValue], contexts: ContextStore
) -> tuple[str, ...]:
    """Where ``document`` has empty arrays, which leave no trace in RDF.

    A signature over RDF does not cover them: one can be added or taken away by
    anybody. Readers must take each for absent.
    """
    if _has_no_empty_array(document):
        return ()
    form = _Form(contexts)
    form.check(document, "$", 0, _NONE)
    return tuple(form.empty)


def is_plain(document: Mapping[str, JsonValue], *, but: Container[int] = ()) -> bool:
    """Whether there is nothing to find, whatever the contexts say: quick, no paths.

    Args:
        document: Never modified.
        but: Objects that are not looked into, by ``id()``.
    """
    names: list[str] = []
    level: list[object] = [document]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for value in level:
            if type(value) is dict:
                if id(value) not in but:
                    names += value
                    below += [one for one in value.values() if type(one) is not str]
            elif type(value) is list:
                below += value
            elif type(value) not in _SCALARS:
                return False  # it may hold names all the same
        if not below:
            return _are_plain(names, document, but)
        level = below
    return False


def _are_plain(
    names: list[str], document: Mapping[str, object], but: Container[int]
) -> bool:
    """Whether among all names there is no IRI, and no keyword but a context's."""
    together = "\n".join(names)
    if ":" in together:
        return False
    roots = sum("@context" in root for root in _roots(document, but))
    return together.count("@") == roots


def _roots(
    document: Mapping[str, object], but: Container[int]
) -> Iterator[Mapping[str, object]]:
    """Where a context may stand: ``document``, its credentials, and their proofs."""
    for part in (document, *_listed(document.get("verifiableCredential"))):
        if isinstance(part, Mapping) and id(part) not in but:
            yield part
            for proof in _listed(part.get("proof")):
                if isinstance(proof, Mapping) and id(proof) not in but:
                    yield proof


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _has_no_empty_array(document: object) -> bool:
    level = [document]
    while level:
        below: list[object] = []
        for value in level:
            if type(value) is dict:
                below += [one for one in value.values() if type(one) is not str]
            elif type(value) is list:
                if not value:
                    return False
                below += value
            elif type(value) not in _SCALARS:
                return False
        level = below
    return True


class _Form:
    """One check, with the contexts that say what a JSON literal is."""

    def __init__(self, contexts: ContextStore | None) -> None:
        self._contexts = contexts
        self.empty: list[str] = []

    def check(
        self, value: object, path: str, depth: int, literals: frozenset[str]
    ) -> None:
        """Check ``value``, in which the terms ``literals`` hold JSON literals."""
        if depth > MAX_DEPTH:
            raise TooLarge(f"nesting beyond {MAX_DEPTH} levels", path=path)
        if isinstance(value, list):
            if not value:
                self.empty.append(path)
            for index, item in enumerate(value):
                self.check(item, child(path, index), depth + 1, literals)
        elif isinstance(value, Mapping):
            self._check_members(value, path, depth, literals)

    def _check_members(
        self,
        obj: Mapping[str, object],
        path: str,
        depth: int,
        literals: frozenset[str],
    ) -> None:
        literals |= self._literals(obj.get("@context"))
        for name, item in obj.items():
            place = child(path, name)
            if name == "@context":
                self._check_place(place)
            elif name not in literals:
                _check_name(name, obj, place)
                self.check(item, place, depth + 1, literals)

    def _check_place(self, path: str) -> None:
        inline = self._contexts is not None and self._contexts.allow_inline
        if not inline and not _ROOTS.fullmatch(path):
            raise ContextNotTrusted(
                "a context inside a document could give its words another meaning",
                path=path,
                fix="state every context at the root of the document",
            )

    def _literals(self, stated: object) -> frozenset[str]:
        """The terms for JSON literals that the contexts of one object define."""
        if stated is None or self._contexts is None:
            return _NONE
        found: set[str] = set()
        for context in stated if isinstance(stated, list) else [stated]:
            if isinstance(context, str):
                found |= self._literals_of(context)
            else:
                found.update(_defined(context))
        return frozenset(found)

    def _literals_of(self, url: str) -> frozenset[str]:
        try:
            return (
                _literal_terms(self._contexts.content(url)) if self._contexts else _NONE
            )
        except ContextNotTrusted:
            return _NONE  # refused elsewhere, with the place where it stands


def _check_name(name: str, obj: Mapping[str, object], path: str) -> None:
    is_value = "@value" in obj and obj.keys() <= VALUE_KEYWORDS
    if (":" in name or name.startswith("@")) and not is_value:
        message = "a member is named by a keyword or an IRI, not by a term"
        raise NotCompact(message, path=path)


@lru_cache(maxsize=64)
def _literal_terms(content: bytes) -> frozenset[str]:
    return frozenset(_defined(json.load_object(content).get("@context")))


def _defined(context: object) -> Iterator[str]:
    """The terms of ``@type: @json`` in a context and in the contexts scoped to it."""
    if isinstance(context, list):
        for one in context:
            yield from _defined(one)
        return
    terms = context if isinstance(context, dict) else {}
    for name, definition in terms.items():
        if not isinstance(definition, dict):
            continue
        if definition.get("@type") == "@json":
            yield name
        yield from _defined(definition.get("@context"))
