"""The contexts that may be used: bundled or registered, never fetched.

A store is immutable: registering gives a new one. It holds bytes and their meaning;
it knows no documents, and nothing in it can reach the network.

Spec: https://www.w3.org/TR/vc-data-integrity/#context-validation
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json
from medid.core.arguments import check_argument, checked_arguments
from medid.core.records import replace
from medid.errors import ConfigurationError, ContextNotTrusted, MalformedValue
from medid.jsonld import bundle
from medid.jsonld.active import ActiveContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20<>\"{}|^`\\]+")


@lru_cache(maxsize=64)
def _parsed(content: bytes) -> JsonObject:
    return json.load_object(content)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContextStore:
    """An immutable set of trusted contexts.

    Attributes:
        registered: URL to bytes of the contexts beside the bundled ones.
        allow_inline: Whether a document may define terms itself.
    """

    registered: Mapping[str, bytes] = field(
        default_factory=lambda: MappingProxyType({})
    )
    allow_inline: bool = False
    initial: ActiveContext = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Give the store its own, empty cache of processed contexts."""
        check_argument("registered", self.registered, "Mapping[str, bytes]")
        check_argument("allow_inline", self.allow_inline, "bool")
        object.__setattr__(self, "initial", ActiveContext.initial(self._load))

    @classmethod
    def bundled(cls) -> ContextStore:
        """The public contexts that travel with medid."""
        return _bundled_store()

    @checked_arguments
    def register_context(
        self,
        url: str,
        document: bytes | Mapping[str, JsonValue],
        *,
        digest: str | None = None,
    ) -> ContextStore:
        """A new store that also trusts ``document`` under ``url``.

        Args:
            url: Absolute; what documents write in their ``@context``.
            document: A JSON object with ``@context``.
            digest: SHA-256 of the bytes, hexadecimal; checked where given.

        Raises:
            ConfigurationError: ``url`` is not absolute, is taken by other bytes, or the
                digest differs.
            ParsingError: The document is not JSON within the limits.
            MalformedValue: The document has no ``@context``.
        """
        if not _ABSOLUTE.fullmatch(url):
            raise ConfigurationError("a context needs an absolute URL")
        if isinstance(document, bytes):
            content = document
        else:
            content = json.dumps(json.check_object(document)).encode()
        if digest is not None:
            bundle.pinned(content, digest)
        if "@context" not in _parsed(content):
            raise MalformedValue("a context document has a member '@context'")
        if url in self and self.content(url) != content:
            message = "another context is already trusted under this URL"
            raise ConfigurationError(message, fix="publish it under a new URL")
        registered = MappingProxyType({**self.registered, url: content})
        return replace(self, registered=registered)

    def with_inline_contexts(self) -> ContextStore:
        """A new store for which documents may define terms of their own.

        Such a document decides what its words mean. Never use it for an access
        decision.
        """
        return replace(self, allow_inline=True)

    def __contains__(self, url: object) -> bool:
        """Whether ``url``, compared exactly, is trusted."""
        return url in bundle.BUNDLED or url in self.registered

    @checked_arguments
    def content(self, url: str, *, path: str = "$") -> bytes:
        """The bytes of the context document, for digests stated over it.

        Raises:
            ContextNotTrusted: It is neither bundled nor registered.
        """
        if url in bundle.BUNDLED:
            return bundle.content(url)
        if url in self.registered:
            return self.registered[url]
        message = "this context is neither bundled nor registered"
        raise ContextNotTrusted(message, path=path)

    def published_sha256(self, url: str) -> bytes | None:
        """The digest of the published bytes, where the bundled ones are not those.

        ``None`` where ``content`` gives the bytes as they are published.
        """
        return None if url in self.registered else bundle.PUBLISHED.get(url)

    @checked_arguments
    def get(self, url: str, *, path: str = "$") -> Mapping[str, JsonValue]:
        """The context document, read-only at its top.

        Raises:
            ContextNotTrusted: It is neither bundled nor registered.
        """
        return MappingProxyType(self._load(url, path=path))

    def _load(self, url: str, *, path: str = "$") -> JsonObject:
        return _parsed(self.content(url, path=path))


@lru_cache(maxsize=1)
def _bundled_store() -> ContextStore:
    return ContextStore()
