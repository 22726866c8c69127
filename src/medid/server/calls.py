"""What the service is given of a request, and what it gives back.

Spec: https://w3c-ccg.github.io/vc-api/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject
    from medid.keys import KeyKind
    from medid.server.tokens import Token

JSON: Final = "application/json"

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as far as the service looks at it.

    Attributes:
        body: The request body.
        token: Whose token came with it; ``None`` where none did.
        securing: The mechanism that the path names.
        kind: The kind of key that the path names.
        name: The DID or the name of the list that the path ends in.
        accept: The Accept header.
        if_none_match: The If-None-Match header.
        query: The names and values in the query string, decoded.
    """

    body: bytes = b""
    token: Token | None = None
    securing: str | None = None
    kind: KeyKind | None = None
    name: str = ""
    accept: str | None = None
    if_none_match: str | None = None
    query: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back. ``code`` is the outcome for the log and the metrics."""

    status: int
    content: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    code: str = "OK"

    @classmethod
    def json(cls, status: int, body: JsonObject, *, code: str = "OK") -> Answer:
        """The answer whose content is ``body``."""
        return cls(status=status, content=strict_json.dumps(body).encode(), code=code)
