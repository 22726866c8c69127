"""The general road: pyld, for what the one pass over a document does not cover.

Nothing that is signed takes it: pyld drops what it cannot express. It is there for
documents that are only to be converted.

Spec: https://www.w3.org/TR/json-ld11-api/
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from medid.errors import CanonicalizationError, MedidError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonValue
    from medid.jsonld.contexts import ContextStore


def expand(
    document: Mapping[str, JsonValue], contexts: ContextStore
) -> list[JsonValue]:
    """The expanded form of ``document``.

    Raises:
        ContextNotTrusted: A context is not in the store.
        CanonicalizationError: The document breaks a rule of JSON-LD 1.1.
    """
    from pyld.jsonld import JsonLdProcessor

    with _translated():
        return list(JsonLdProcessor().expand(dict(document), _options(contexts)))


def _options(contexts: ContextStore) -> dict[str, Any]:
    """Options for pyld: no base to resolve against, and caches of its own.

    pyld's shared caches are keyed by URL for the whole process and are not
    thread-safe; a resolver for each call keeps stores and threads apart.
    """
    from pyld.context_resolver import ContextResolver

    def load(url: str, _options: object) -> dict[str, Any]:
        # A copy, because pyld rewrites what it is given.
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": copy.deepcopy(dict(contexts.get(url))),
        }

    return {
        "base": "",
        "processingMode": "json-ld-1.1",
        "documentLoader": load,
        "contextResolver": ContextResolver({}, load),
    }


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
