"""Where a did:webvh is published: its SCID, and the files beside each other on the web.

Spec: https://identity.foundation/didwebvh/v1.0/#the-did-to-https-transformation
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from medid.dids.places import folder_url
from medid.dids.syntax import Did
from medid.dids.webvh import hashing
from medid.errors import InvalidDid

NAME: Final = "webvh"
LOG: Final = "did.jsonl"
WITNESS_PROOFS: Final = "did-witness.json"

_KEPT: Final = 1_024  # places; those of a day's issuers


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a did:webvh says about itself.

    Attributes:
        scid: The hash of its first entry.
        base_url: What paths of its DID URLs are appended to; ends without ``/``.
        folder_url: Where its files are; ends without ``/``.
        web: The did:web of the same place.
    """

    scid: str
    base_url: str
    folder_url: str
    web: Did

    @property
    def log_url(self) -> str:
        """Where the log is."""
        return f"{self.folder_url}/{LOG}"

    @property
    def witness_url(self) -> str:
        """Where the proofs of witnesses are."""
        return f"{self.folder_url}/{WITNESS_PROOFS}"


@lru_cache(maxsize=_KEPT)
def locate(did: Did) -> Place:
    """What ``did`` says about itself.

    Raises:
        InvalidDid: Not a did:webvh of an SCID, a DNS name of two labels or more, an
            optional port, and a plain path.
    """
    scid, _, rest = did.id.partition(":")
    if did.method != NAME or not hashing.is_hash(scid) or not rest:
        message = "a did:webvh is an SCID and a place on the web"
        raise InvalidDid(message, fix="write it as did:webvh:SCID:host")
    authority, *segments = rest.split(":")
    if "." not in authority:
        raise InvalidDid("the host of a did:webvh has a domain")
    base = folder_url(authority, segments)
    return Place(
        scid=scid,
        base_url=base,
        folder_url=base if segments else f"{base}/.well-known",
        web=Did(method="web", id=rest),
    )
