"""Whose key signed a bundle: the one that its DID had when the bundle was signed.

A key that has been replaced since shows nothing by itself: whoever stole it later could
sign today and write down an earlier time. So it counts where something else shows that
the bundle existed while the key was in force: a time-stamp, or the word of who asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from medid.cli.sources import Sources
from medid.core.evidence import NO_EVIDENCE, Evidence
from medid.dids import resolver
from medid.dids.resolution import LATEST, ResolutionOptions
from medid.dids.syntax import DidUrl
from medid.errors import HistoryUnknown, InvalidVerificationMethod, Refused
from medid.verifying.gathering import gather

if TYPE_CHECKING:
    from medid.access.bundle import Bundle
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.dids.syntax import Did
    from medid.keys import PublicKey

_PATH = "$.signature.kid"
_ASSERTION = "assertionMethod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Existed:
    """Since when a bundle exists at the latest.

    Attributes:
        at: That time.
        shown_by: By what that is known.
    """

    at: Instant
    shown_by: Literal["time-stamp", "your word"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBy:
    """The key that a bundle is to be checked with.

    Attributes:
        key: The key.
        at: As of when the DID had it; ``None`` for the present, or where the DID is
            its own key.
        shown_by: By what that time is known; ``None`` without one.
        latest: Whether all that is known are the keys that the DID has today.
    """

    key: PublicKey
    at: Instant | None = None
    shown_by: Literal["time-stamp", "your word", "the bundle itself"] | None = None
    latest: bool = False

    def as_json(self) -> JsonObject:
        """As the command line prints it; nothing where the DID is its own key."""
        if self.latest:
            return {"keyOf": "today"}
        if self.at is None:
            return {}
        return {"keyOf": str(self.at), "shownBy": self.shown_by}

    def told(self) -> str | None:
        """The same for people."""
        if self.latest:
            return "by a key that the DID has today; of then it tells nothing"
        if self.at is None:
            return None
        return f"by a key that the DID had at {self.at}, by {self.shown_by}"


def signed_by(
    bundle: Bundle,
    did: str,
    known: Evidence,
    *,
    existed: Existed | None,
    now: Instant,
    archive: str | None = None,
) -> SignedBy:
    """The key of ``did`` that is said to have signed ``bundle``.

    Args:
        bundle: As it was read.
        did: Whose signature counts.
        known: What the user gave; never what is in the bundle.
        existed: Since when the bundle exists at the latest, if that is known.
        now: The present.
        archive: A file that tells which documents were published earlier.

    Raises:
        InvalidVerificationMethod: Another DID is said to have signed, or it had no such
            key.
        HistoryUnknown: The key was replaced since, or nothing is known of that time.
        MedidError: The DID does not resolve.
    """
    signer = DidUrl.parse(bundle.kid, path=_PATH).did
    if str(signer) != did:
        message = "another DID is said to have signed this"
        raise InvalidVerificationMethod(message, path=_PATH)
    needed = resolver.needs(signer, known)
    if not needed:
        return SignedBy(key=_key(signer, bundle.kid, known, now))
    if all(one.tells_past for one in needed):
        return _of_log(bundle, signer, known, existed, now)
    if archive is not None and existed is not None:
        return _of_archive(bundle, signer, existed, archive)
    at = now if existed is None else existed.at
    return SignedBy(key=_key(signer, bundle.kid, known, at), latest=True)


def _of_log(
    bundle: Bundle, signer: Did, known: Evidence, existed: Existed | None, now: Instant
) -> SignedBy:
    """By a log, which tells of the past itself."""
    if existed is not None:
        key = _key(signer, bundle.kid, known, existed.at, versions=True)
        return SignedBy(key=key, at=existed.at, shown_by=existed.shown_by)
    stated = min(bundle.signed_at, now)
    key = _key(signer, bundle.kid, known, stated, versions=True)
    try:
        still = _key(signer, bundle.kid, known, now)
    except Refused:
        still = None
    if still != key:
        message = (
            "the key that signed has been replaced since, and nothing shows that the"
            " bundle is older than that"
        )
        fix = "give --timestamp-anchors, or --existed-at where you know it otherwise"
        raise HistoryUnknown(message, path=_PATH, fix=fix)
    return SignedBy(key=key, at=stated, shown_by="the bundle itself")


def _of_archive(
    bundle: Bundle, signer: Did, existed: Existed, archive: str
) -> SignedBy:
    """By what somebody saw published at that time."""
    seen = gather(
        NO_EVIDENCE,
        lambda found: resolver.needs(signer, found),
        Sources(offline=True, archive=archive).fetch(),
        at=existed.at,
    )
    key = _key(signer, bundle.kid, seen, existed.at, versions=True)
    return SignedBy(key=key, at=existed.at, shown_by=existed.shown_by)


def _key(
    signer: Did, kid: str, known: Evidence, at: Instant, *, versions: bool = False
) -> PublicKey:
    """The key ``kid`` by what is known: the latest, or the one of ``at``."""
    options = ResolutionOptions(version_time=at) if versions else LATEST
    found = resolver.resolve(signer, known, options)
    return found.method_for(kid, _ASSERTION, at=at, path=_PATH).key
