"""What a server works under: its keys, its policy, its limits. Fixed once it runs.

The ``default`` profile is for work. The ``conformance`` profile measures medid against
public test suites: it asks nobody who they are, signs for everybody, and accepts an
issuer whose key it cannot tie to it. It must never be reached by anybody else.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from medid.core.entropy import Entropy, system_entropy
from medid.core.fetch import NoFetch
from medid.core.instant import Clock, system_clock
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MethodNotSupported,
    MissingExtra,
    located,
)
from medid.health import contexts as health_contexts
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, sealing
from medid.keys.kinds import SHAPES
from medid.securing.jose import ML_DSA, can_sign
from medid.server.tokens import Tokens
from medid.trust.trqp import check_identifier
from medid.verifying.judging import Expectations

if TYPE_CHECKING:
    from pathlib import Path

    from medid.access.audit import AuditLog
    from medid.access.catalogue import Actions, Catalogue
    from medid.access.site_policy import SitePolicy
    from medid.access.sources import ConsentSource
    from medid.adapters.cache import CachedFetch
    from medid.core.fetch import Fetch
    from medid.jsonld import ContextStore
    from medid.trust import TrustRegistry, TrustSource
    from medid.verifying.challenges import ChallengeStore

MAX_BODY: Final = 1_048_576  # bytes of a request body: 1 MiB, as any document
MAX_SECONDS: Final = 30.0  # from a request's headers to the end of its answer
MAX_BODY_SECONDS: Final = 10.0  # in which a request's body has to arrive
MAX_CONCURRENT: Final = 64  # requests that are worked on or wait for it
MAX_HEADER_BYTES: Final = 65_536  # names and values of a request's headers
MAX_HEADERS: Final = 100  # headers of a request; browsers send 20
# Time in which some 10,000 resources are looked at, whatever becomes of them.
SEARCH_STEP: Final = 0.5  # seconds
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
WORKERS: Final = 4  # threads; verification is work of the processor, not of the network


class Profile(StrEnum):
    """What the server is for."""

    DEFAULT = "default"
    CONFORMANCE = "conformance"


class Reasons(StrEnum):
    """Who is told why a document does not verify."""

    TOKENS = "tokens"  # callers with a token that allows to verify
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a caller's work is taken on.

    Attributes:
        body_bytes: Bytes of a request body.
        body_seconds: In which a body has to arrive.
        seconds: For a request in all.
        concurrent: Requests at once; more are told to come back.
        workers: Threads that work on them.
        search_step: Seconds; the answer of a search leaves after a whole number of
            them, so that its time does not tell how much was withheld.
    """

    body_bytes: int = MAX_BODY
    body_seconds: float = MAX_BODY_SECONDS
    seconds: float = MAX_SECONDS
    concurrent: int = MAX_CONCURRENT
    workers: int = WORKERS
    search_step: float = SEARCH_STEP

    def __post_init__(self) -> None:
        """Refuse a limit that nothing could keep.

        Raises:
            ConfigurationError: A limit that is not positive.
        """
        for name in (one.name for one in fields(self)):
            if not 0 < getattr(self, name) < float("inf"):
                message = "a limit is a positive number"
                raise ConfigurationError(message, path=f"$.{name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a server knows before the first request.

    Attributes:
        profile: What it is for.
        controllers: Under which DIDs, and with which keys, it can sign.
        tokens: Who may ask it to.
        trust: Who may issue what; ``None`` reports issuers as not asked, and decides
            about no access.
        audience: The domain that presentations must be made for where access is
            decided; ``None`` is the base URL.
        challenges: Issues their challenges and accepts each once; ``None`` keeps them
            in this process.
        consents: The custodian's consents, read beside what is presented.
        policy: The site's own policy, which may narrow what would be permitted.
        audit: Where each decision is recorded before it is given; ``None`` records
            none.
        catalogue: Which resources there are, for the resource search; ``None`` has
            none.
        actions: Among which the action search finds those that are permitted; ``None``
            has none.
        page_key: 32 bytes that seal the tokens of pages, for servers that take each
            other's; ``None`` draws them at the start.
        metadata_did: Which of the controllers attests the AuthZEN metadata, by its
            DID; ``None`` leaves it unsigned.
        trqp_authority: The authority for which the trust registry answers queries by
            TRQP, of whoever asks; ``None`` answers none.
        contexts: The only JSON-LD contexts that may be used.
        fetch: Where documents of others come from; by default, nowhere.
        cache: The cache among what ``fetch`` asks, for the metrics; ``None`` tells of
            none.
        expect: What is expected of every document; requests can only add to it.
        reasons: Who is told why a document does not verify.
        base_url: Where the outside reaches this server, without a slash at its end.
        status_lists: The folder of hosted status lists; ``None`` hosts none.
        status_history: The folder that keeps every version of them; ``None`` keeps
            none, and nobody is told what a list said earlier.
        clock: Read once for each request.
        entropy: Where ids and indexes come from.
        limits: How much work is taken on.
    """

    profile: Profile = Profile.DEFAULT
    controllers: tuple[Controller, ...] = ()
    tokens: Tokens = field(default_factory=Tokens)
    trust: TrustRegistry | TrustSource | None = None
    audience: str | None = None
    challenges: ChallengeStore | None = None
    consents: ConsentSource | None = None
    policy: SitePolicy | None = None
    audit: AuditLog | None = None
    catalogue: Catalogue | None = None
    actions: Actions | None = None
    page_key: bytes | None = field(default=None, repr=False)
    metadata_did: str | None = None
    trqp_authority: str | None = None
    contexts: ContextStore = field(default_factory=health_contexts)
    fetch: Fetch = field(default_factory=NoFetch)
    cache: CachedFetch | None = None
    expect: Expectations = field(default_factory=Expectations)
    reasons: Reasons = Reasons.TOKENS
    base_url: str = "http://127.0.0.1:8080"
    status_lists: Path | None = None
    status_history: Path | None = None
    clock: Clock = system_clock
    entropy: Entropy = system_entropy
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Refuse what would make the default profile as open as the other one.

        Raises:
            ConfigurationError: An expectation that is for measuring only, a base URL
                that cannot stand before a path, a history of no lists, an empty
                audience, a key for pages of another length, a step of searches that is
                longer than a request may take, a DID for the metadata that signs no
                JWT here, or an authority that is none or has nothing to say.
        """
        weak = not self.expect.issuer_signs or self.expect.unsigned_presentations
        if weak and self.profile is not Profile.CONFORMANCE:
            message = "this expectation is for the conformance profile only"
            raise ConfigurationError(message, path="$.expect")
        if self.status_history is not None and self.status_lists is None:
            message = "there are no lists whose versions could be kept"
            fix = "host lists of a folder, or keep no history"
            raise ConfigurationError(message, path="$.status_history", fix=fix)
        scheme, _, host = self.base_url.partition("://")
        plain = host and not any(letter in host for letter in "/?# ")
        if scheme not in {"http", "https"} or not plain:
            message = "the base URL is a scheme and a host, without a path"
            raise ConfigurationError(message, path="$.base_url")
        if self.audience == "":
            message = "an audience that is empty would be anybody's"
            raise ConfigurationError(message, path="$.audience")
        searched = self.catalogue is not None or self.actions is not None
        if searched and self.limits.search_step >= self.limits.seconds:
            message = "a search would never be answered in time"
            raise ConfigurationError(message, path="$.limits.search_step")
        if self.page_key is not None:
            with located("$.page_key"):
                sealing.check_key(self.page_key)
        if self.metadata_did is not None and self.metadata_controller is None:
            message = "no key that signs JWTs is here for this DID"
            raise ConfigurationError(message, path="$.metadata_did")
        if self.trqp_authority is not None:
            self._check_authority(self.trqp_authority)

    def _check_authority(self, name: str) -> None:
        """Refuse to speak for nobody, or without anything to say."""
        place = "$.trqp_authority"
        if self.trust is None:
            message = "without a trust registry there is nothing to answer"
            raise ConfigurationError(message, path=place)
        scheme = name.partition(":")[0]
        if _SCHEME.fullmatch(scheme) is None or scheme == name:
            message = "an authority is named by a DID or by another URI"
            raise ConfigurationError(message, path=place)
        try:
            check_identifier(name, path=place)
        except MalformedValue as error:
            raise ConfigurationError(error.message, path=place) from None

    @property
    def metadata_controller(self) -> Controller | None:
        """Who attests the AuthZEN metadata."""
        for one in self.controllers:
            kind = one.signer.public_key.kind
            if one.did == self.metadata_did and can_sign(kind) and kind not in ML_DSA:
                return one
        return None

    @property
    def measuring(self) -> bool:
        """Whether this is the conformance profile."""
        return self.profile is Profile.CONFORMANCE

    @property
    def deciding(self) -> bool:
        """Whether access is decided: it takes a registry, and callers with tokens."""
        return self.trust is not None and not self.measuring

    def at(self, base_url: str) -> Settings:
        """These settings, for a server that the outside reaches at ``base_url``."""
        return replace(self, base_url=base_url)


def conformance(
    *,
    base_url: str,
    seed: bytes | None = None,
    fetch: Fetch | None = None,
    clock: Clock = system_clock,
    limits: Limits | None = None,
) -> Settings:
    """The settings under which the public test suites measure medid.

    Args:
        base_url: Where the suites reach the server.
        seed: Makes the keys the same at every start; by default they are new.
        fetch: Where documents of others come from; by default, nowhere.
        clock: Read once for each request.
        limits: How much work is taken on.
    """
    return Settings(
        profile=Profile.CONFORMANCE,
        controllers=tuple(_controllers(seed)),
        contexts=health_contexts().with_inline_contexts(),
        fetch=fetch if fetch is not None else NoFetch(),
        expect=Expectations(issuer_signs=False, unsigned_presentations=True),
        reasons=Reasons.EVERYONE,
        base_url=base_url,
        clock=clock,
        limits=limits if limits is not None else Limits(),
    )


def _controllers(seed: bytes | None) -> list[Controller]:
    """A did:key for each kind of key that can vouch for a credential."""
    found = []
    for kind, shape in SHAPES.items():
        if shape.vouches and shape.secret_size:
            # Without the extra of a kind of key, its suites are not measured.
            with suppress(MissingExtra, MethodNotSupported):
                key = PrivateKey.generate(kind, entropy=_stream(seed, kind))
                found.append(Controller.did_key(key))
    return found


def _stream(seed: bytes | None, kind: KeyKind) -> Entropy:
    """Bytes that depend on nothing but ``seed`` and ``kind``."""
    if seed is None:
        return system_entropy
    state = hashlib.sha256(kind.value.encode() + b"\x00" + seed).digest()
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(state + drawn.to_bytes(8, "big")).digest(size)

    return draw
