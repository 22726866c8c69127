"""The form every document must have, whatever its format: plain JSON names.

Code reads ``document["validUntil"]``. A document that says the same with a full IRI,
a compact IRI or a JSON-LD keyword for a name would pass a signature over RDF and be
read as if it said nothing. Knows JSON only, no contexts.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#syntactic-sugar
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.errors import NotCompact, TooLarge, child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonValue

MAX_DEPTH: Final = 64  # objects and arrays inside each other, as the JSON reader allows

VALUE_KEYWORDS: Final = frozenset({"@value", "@language", "@direction"})


def check_context_form(document: Mapping[str, JsonValue]) -> None:
    """Return if no member of ``document``, at any depth, is named by keyword or IRI.

    ``@context`` is allowed everywhere and not looked into; ``@value``, ``@language``
    and ``@direction`` are allowed in value objects.

    Raises:
        NotCompact: A name begins with ``@`` or contains ``:``.
        TooLarge: Nesting beyond ``MAX_DEPTH``.
    """
    _check(document, "$", 0)


def _check(value: object, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise TooLarge(f"nesting beyond {MAX_DEPTH} levels", path=path)
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                _check(item, child(path, index), depth + 1)
    elif isinstance(value, dict):
        allowed = VALUE_KEYWORDS if "@value" in value else frozenset()
        for name, item in value.items():
            if name == "@context":
                continue
            if (":" in name or name.startswith("@")) and name not in allowed:
                raise NotCompact(
                    "a member is named by a keyword or an IRI, not by a term",
                    path=child(path, name),
                )
            if isinstance(item, (dict, list)):
                _check(item, child(path, name), depth + 1)
