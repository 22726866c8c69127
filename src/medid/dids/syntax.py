"""What a DID and a DID URL look like, and what they consist of.

A value holds the exact text it was parsed from. Two values are equal when their
texts are equal, character by character: no case folding, no percent-decoding, no
removal of a trailing slash, and no prefix comparison anywhere. Whoever spells an
issuer in another way names another issuer.

Knows no method and no document, and resolves nothing.

Spec: https://www.w3.org/TR/did-core/#identifier
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from medid.errors import InvalidDid

MAX_LENGTH: Final = 6_144  # characters; the longest DID or DID URL that is read
"""Longer identifiers are refused unread. A did:jwk of P-384 takes 220 characters, and
the DID URL of an ML-DSA-65 did:key, which names its key twice, 5,349."""

_KEPT: Final = 1_024  # parsed texts; those of a day's issuers and practitioners

# The quantifiers are possessive and their alternatives exclude each other, so a
# match takes time linear in the length whatever the text is.
_METHOD: Final = re.compile(r"[a-z0-9]++")
_ID: Final = re.compile(r"(?:[A-Za-z0-9._:\-]++|%[0-9A-Fa-f]{2})++")
_PCHAR: Final = r"[A-Za-z0-9\-._~!$&'()*+,;=:@]++|%[0-9A-Fa-f]{2}"
_PATH: Final = re.compile(rf"(?:/(?:{_PCHAR})*+)*+")
_QUERY_OR_FRAGMENT: Final = re.compile(rf"(?:{_PCHAR}|[/?]++)*+")

_RELATIVE: Final = ("#", "/", "?")  # what begins behind a DID, and leaves it out


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """A decentralized identifier: ``did:`` method ``:`` id.

    Raises:
        InvalidDid: A part is not of the form that DID Core section 3.1 gives it.
    """

    method: str
    id: str

    def __post_init__(self) -> None:
        """Refuse what the grammar does not allow, however the value is made."""
        if len(self.method) + len(self.id) > MAX_LENGTH - len("did::"):
            raise InvalidDid(f"a DID has at most {MAX_LENGTH} characters")
        if _METHOD.fullmatch(self.method) is None:
            raise InvalidDid("the method name must be lower-case letters and digits")
        if _ID.fullmatch(self.id) is None or self.id.endswith(":"):
            raise InvalidDid("the method-specific id has a character out of place")

    @classmethod
    def parse(cls, text: str, *, path: str = "$") -> Self:
        """The DID that ``text`` is, with nothing before or after it.

        Args:
            text: A DID. A DID URL with a path, query or fragment is none.
            path: Where the text stands in its document.

        Raises:
            InvalidDid: Not a DID, or longer than ``MAX_LENGTH``.
        """
        try:
            return cls._parsed(text)
        except InvalidDid as error:
            error.path = path
            raise

    @classmethod
    @lru_cache(maxsize=_KEPT)
    def _parsed(cls, text: str) -> Self:
        # The length comes first, so that a huge text is not even split.
        if len(text) > MAX_LENGTH:
            raise InvalidDid(f"a DID has at most {MAX_LENGTH} characters")
        scheme, _, rest = text.partition(":")
        method, colon, identifier = rest.partition(":")
        if scheme != "did" or not colon:
            raise InvalidDid('a DID starts with "did:", a method and ":"')
        return cls(method=method, id=identifier)

    def __str__(self) -> str:
        """The exact text."""
        return f"did:{self.method}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DidUrl:
    """A DID, and the resource it leads to: path, query, fragment.

    A part that is absent is ``None`` (the path: empty), a part that is present and
    empty is ``""``: ``did:a:b#`` and ``did:a:b`` are different texts.

    Raises:
        InvalidDid: A part is not of the form that DID Core section 3.2 gives it.
    """

    did: Did
    path: str = ""
    query: str | None = None
    fragment: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the grammar does not allow, however the value is made."""
        if _PATH.fullmatch(self.path) is None:
            raise InvalidDid("the path of the DID URL has a character out of place")
        if _QUERY_OR_FRAGMENT.fullmatch(self.query or "") is None:
            raise InvalidDid("the query of the DID URL has a character out of place")
        if _QUERY_OR_FRAGMENT.fullmatch(self.fragment or "") is None:
            raise InvalidDid("the fragment of the DID URL has a character out of place")
        if len(str(self)) > MAX_LENGTH:
            raise InvalidDid(f"a DID URL has at most {MAX_LENGTH} characters")

    @classmethod
    def parse(cls, text: str, *, path: str = "$") -> Self:
        """The DID URL that ``text`` is; a bare DID is one too.

        Args:
            text: An absolute DID URL.
            path: Where the text stands in its document.

        Raises:
            InvalidDid: Not a DID URL, relative, or longer than ``MAX_LENGTH``.
        """
        try:
            return cls._parsed(text)
        except InvalidDid as error:
            error.path = path
            raise

    @classmethod
    @lru_cache(maxsize=_KEPT)
    def _parsed(cls, text: str) -> Self:
        if len(text) > MAX_LENGTH:
            raise InvalidDid(f"a DID URL has at most {MAX_LENGTH} characters")
        head, hash_mark, fragment = text.partition("#")
        head, question_mark, query = head.partition("?")
        head, slash, tail = head.partition("/")
        return cls(
            did=Did.parse(head),
            path=slash + tail,
            query=query if question_mark else None,
            fragment=fragment if hash_mark else None,
        )

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The query's names and values in their order, percent-encoding kept."""
        if not self.query:
            return ()
        pairs = (pair.partition("=") for pair in self.query.split("&"))
        return tuple((name, value) for name, _, value in pairs)

    def __str__(self) -> str:
        """The exact text."""
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.did}{self.path}{query}{fragment}"


def absolute(reference: str, did: Did | str) -> str:
    """``reference`` as it stands alone: behind ``did``, where it is relative to it.

    Spec: https://www.w3.org/TR/did-core/#relative-did-urls
    """
    return f"{did}{reference}" if reference.startswith(_RELATIVE) else reference
