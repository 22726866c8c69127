"""How long each kind of document may be used again, and what a cache has counted.

A host can ask for less than the bound of a kind, and never gets more. So a key that a
host took out of its DID document, or a license that a board suspended, is used no
longer than the bound after, whatever the host, or whoever stands before it, said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.fetch import Freshness

KEYS_SECONDS: Final = 300  # documents with keys: a removed key is out within 5 minutes
STATUS_SECONDS: Final = 60  # status lists and registries: it counts within a minute
TEXTS_SECONDS: Final = 3_600  # schemas and the like, which hardly ever change
# Heads of change feeds: a suspension counts a second after it was published. Pages are
# asked for only where a head names what is not on them yet.
FEED_SECONDS: Final = 1
OTHER_SECONDS: Final = 60  # where nobody said what the document is
NEGATIVE_SECONDS: Final = 5  # failures: long enough to spare a host that is down
# Beyond its lifetime a document is kept to ask its host whether it has changed.
VALIDATION_SECONDS: Final = 86_400

_LIFETIMES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "did-document": KEYS_SECONDS,
        "issuer-metadata": KEYS_SECONDS,
        "key-set": KEYS_SECONDS,
        "status-list": STATUS_SECONDS,
        "crl": STATUS_SECONDS,
        "schema": TEXTS_SECONDS,
        "type-metadata": TEXTS_SECONDS,
        "related-resource": TEXTS_SECONDS,
        "registry-answer": STATUS_SECONDS,
        "feed-head": FEED_SECONDS,
        "feed-page": 0,
        # Only asked for where those at hand are too old.
        "witness-proofs": 0,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachePolicy:
    """For how many seconds an answer may be used again.

    Attributes:
        lifetimes: By kind, in the words of ``Need.kind``.
        otherwise: Of every other kind.
        negative: Of a failure.
    """

    lifetimes: Mapping[str, float] = field(default_factory=lambda: _LIFETIMES)
    otherwise: float = OTHER_SECONDS
    negative: float = NEGATIVE_SECONDS

    def __post_init__(self) -> None:
        """Refuse what is no time.

        Raises:
            ConfigurationError: A number of seconds that is negative or endless.
        """
        stated = {**self.lifetimes, "otherwise": self.otherwise}
        for name, seconds in {**stated, "negative": self.negative}.items():
            if not (isfinite(seconds) and seconds >= 0):
                message = "a lifetime is a number of seconds, 0 or more"
                raise ConfigurationError(message, path=f"$.{name}")

    def lifetime(self, kind: str, freshness: Freshness) -> float:
        """For how long a document may be used, by policy and by its host."""
        bound = self.lifetimes.get(kind, self.otherwise)
        stated = freshness.seconds
        return bound if stated is None else min(bound, stated)

    def keeping(self, kind: str, freshness: Freshness) -> float:
        """For how long it is worth keeping."""
        lifetime = self.lifetime(kind, freshness)
        if freshness.validators:
            return max(lifetime, VALIDATION_SECONDS)
        return lifetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheCounts:
    """What a cache has done since it was made. Nothing in it names anybody.

    Attributes:
        negative_hits: Failures that were at hand.
        hits: Documents that were at hand.
        shared_hits: Of these, what another process had left in the shared store.
        misses: Requests for which a host was asked.
        validated: Of these, documents of which the host said that they had not changed.
        joined: Requests that waited for another's fetch of the same document.
        evictions: Answers that made room for others.
        store_faults: How often the shared store could not be used or believed.
    """

    hits: int
    negative_hits: int
    shared_hits: int
    misses: int
    validated: int
    joined: int
    evictions: int
    store_faults: int
