"""Federations made by the tests: entities with keys, and what they state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medid.core.fetch import Fetched
from medid.core.instant import Instant
from medid.core.json import dumps
from medid.keys import KeyKind, PrivateKey
from medid.securing import jose
from medid.trust.federation.chains import Anchor
from medid.trust.federation.statements import (
    EntityStatement,
    configuration_url,
    fetch_url,
    read_statement,
)

if TYPE_CHECKING:
    from medid.core.evidence import Evidence

NOW = Instant.parse("2026-06-15T12:00:00Z")
MADE = NOW.seconds - 3_600
ENDS = NOW.seconds + 86_400

ANCHOR = "https://federation.example"
STATE = "https://state.example/health"
BOARD = "https://board.example"
OTHER = "https://other.example"
TYPE = "https://federation.example/marks/board"


@dataclass
class Entity:
    """One entity of a federation, and what it can state."""

    name: str
    key: PrivateKey
    hints: tuple[str, ...] = ()
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def kid(self) -> str:
        """The name of its key."""
        return f"{self.name}#1"

    @property
    def jwks(self) -> dict[str, Any]:
        """Its key as it is stated."""
        return {"keys": [{**self.key.public_key.to_jwk(), "kid": self.kid}]}

    @property
    def fetch(self) -> str:
        """Where it states things about others."""
        return f"{self.name}/fetch"

    def anchor(self) -> Anchor:
        """This entity as one that is believed."""
        return Anchor(entity=self.name, keys={self.kid: self.key.public_key})

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A statement with these claims; ``None`` leaves one out."""
        stated = {name: value for name, value in claims.items() if value is not None}
        head = {"typ": "entity-statement+jwt", "kid": self.kid, **header}
        kept = {name: value for name, value in head.items() if value is not None}
        return jose.sign_compact(dumps(stated).encode(), self.key, kept)

    def configuration(self, **changes: Any) -> str:
        """What it says about itself."""
        claims = {
            "iss": self.name,
            "sub": self.name,
            "iat": MADE,
            "exp": ENDS,
            "jwks": self.jwks,
            "authority_hints": [*self.hints] or None,
            "metadata": {
                "federation_entity": {"federation_fetch_endpoint": self.fetch},
            },
        }
        return self.sign({**claims, **self.claims, **changes})

    def about(self, other: Entity, **changes: Any) -> str:
        """What it says about an entity below it."""
        claims = {
            "iss": self.name,
            "sub": other.name,
            "iat": MADE,
            "exp": ENDS,
            "jwks": other.jwks,
        }
        return self.sign({**claims, **changes})

    def mark(
        self, subject: str, header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """A trust mark about ``subject``."""
        claims = {
            "iss": self.name,
            "sub": subject,
            "trust_mark_type": TYPE,
            "iat": MADE,
            "exp": ENDS,
        }
        head = {"typ": "trust-mark+jwt", **(header or {})}
        return self.sign({**claims, **changes}, **head)


def entity(
    name: str, *hints: str, kind: KeyKind = KeyKind.ED25519, **claims: Any
) -> Entity:
    """An entity with a key of its own."""
    return Entity(name=name, key=PrivateKey.generate(kind), hints=hints, claims=claims)


anchor = entity(ANCHOR)
state = entity(STATE, ANCHOR)
board = entity(BOARD, STATE)
other = entity(OTHER, ANCHOR)


def read(*tokens: str) -> list[EntityStatement]:
    """The statements in tokens."""
    return [read_statement(token) for token in tokens]


def chain_of(**changes: Any) -> list[str]:
    """A chain from the board over the state to the anchor, with some other parts."""
    parts = {
        "board": board.configuration(),
        "state": state.about(board),
        "anchor": anchor.about(state),
        "top": anchor.configuration(),
    }
    return [changes.get(name, part) for name, part in parts.items()]


def with_pages(evidence: Evidence, pages: dict[str, str]) -> Evidence:
    """``evidence`` and some pages."""
    return evidence.with_answers(
        (url, Fetched.of(url, text.encode(), fetched_at=NOW))
        for url, text in pages.items()
    )


def published(*links: tuple[Entity, Entity], **changes: str) -> dict[str, str]:
    """The pages of a federation in which the first of each link is below the second."""
    pages: dict[str, str] = {}
    for lower, upper in links:
        for one in (lower, upper):
            pages[configuration_url(one.name)] = one.configuration()
        url = fetch_url(read_statement(upper.configuration()), lower.name)
        assert url is not None
        pages[url] = upper.about(lower)
    return {**pages, **changes}


LINKS = ((board, state), (state, anchor), (other, anchor))
