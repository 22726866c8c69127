"""The pages of a search: where the next one goes on, sealed into a token.

::

    token  the request, but for the token   bound to it, with who asks
           when the first page was asked for   it ends ``SEARCH_LIFETIME`` later
           the limit
           the last resource that was looked at, and whether a result was seen after

That last one may be withheld, so a token is encrypted, and all have one length. It also
stands for what the first page found out once and for all: that the challenge of the
presentation was given out here and not used before.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-pagination
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.authzen_request import parts
from medid.access.catalogue import MAX_ID
from medid.core import base64url, jcs
from medid.core.entropy import Entropy, system_entropy
from medid.core.fields import optional
from medid.core.instant import Instant
from medid.errors import MalformedValue
from medid.keys import sealing

if TYPE_CHECKING:
    from medid.core.json import JsonObject

MAX_RESULTS: Final = 1_000  # of one page, and of one record of what was released
SEARCH_LIFETIME: Final = 300  # seconds from the first page to the last, as a challenge

# A version, nanoseconds, the limit, whether a result was seen, and the length of an id
# that is filled up with 0.
_FORM: Final = struct.Struct(f">BqH?h{MAX_ID}s")
_VERSION: Final = 1
_BEGINNING: Final = -1
_PATH: Final = "$.page.token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins.

    Attributes:
        started: When the first page was asked for.
        limit: Results of a page, at most.
        after: The id of the last resource that was looked at; ``None`` at the first.
        resumed: Whether there was a page before.
        promised: Whether that one saw a result for this one.
    """

    started: Instant
    limit: int
    after: str | None = field(default=None, repr=False)
    resumed: bool = False
    promised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Gives out the tokens of one decision point, and takes them back.

    Attributes:
        key: 32 random bytes. Servers that share it take each other's tokens.
        caller: Who asks. A token is of no use to anybody else.
        entropy: Where nonces come from.
    """

    key: bytes = field(repr=False)
    caller: str = ""
    entropy: Entropy = field(default=system_entropy, repr=False)

    def __post_init__(self) -> None:
        """Refuse a key that seals nothing.

        Raises:
            ConfigurationError: It has another length.
        """
        sealing.check_key(self.key)

    def place(self, document: JsonObject, *, at: Instant) -> Place:
        """Where the page begins that ``document`` asks for.

        Raises:
            MalformedValue: ``page`` is of another form; or its token was given to
                somebody else, for another request, too long ago, or not here.
        """
        page = optional(document, "page", dict, "$") or {}
        asked = optional(page, "limit", int, "$.page")
        if asked is not None and asked < 0:
            raise MalformedValue("a limit is not negative", path="$.page.limit")
        limit = None if asked is None else min(asked, MAX_RESULTS)
        token = optional(page, "token", str, "$.page")
        if token is None:
            return Place(started=at, limit=MAX_RESULTS if limit is None else limit)
        try:
            found = self._opened(token, document)
        except MalformedValue:
            raise token_refused() from None
        if not 0 <= at.since(found.started) < SEARCH_LIFETIME:
            raise token_refused()
        if limit not in (None, found.limit):
            raise token_refused()
        return found

    def token(self, document: JsonObject, place: Place) -> str:
        """The token with which ``document`` goes on at ``place``."""
        after = (place.after or "").encode("utf-8", "surrogatepass")
        length = _BEGINNING if place.after is None else len(after)
        started = place.started.nanoseconds
        plain = _FORM.pack(
            _VERSION, started, place.limit, place.promised, length, after
        )
        sealed = sealing.seal(
            plain, self.key, bound=self._bound(document), entropy=self.entropy
        )
        return base64url.encode(sealed)

    def _opened(self, token: str, document: JsonObject) -> Place:
        plain = sealing.unseal(
            base64url.decode(token), self.key, bound=self._bound(document)
        )
        _, started, limit, promised, length, after = _FORM.unpack(plain)
        known = None
        if length != _BEGINNING:
            known = after[:length].decode("utf-8", "surrogatepass")
        return Place(
            started=Instant(started),
            limit=limit,
            after=known,
            resumed=True,
            promised=promised,
        )

    def _bound(self, document: JsonObject) -> bytes:
        """What a token goes with: whatever else stands in the request, and who asks.

        The limit stands in the token itself, because a request may leave it out that
        goes on.
        """
        page = optional(document, "page", dict, "$") or {}
        others = {n: value for n, value in page.items() if n not in {"token", "limit"}}
        request: JsonObject = {
            "version": _VERSION,
            "caller": self.caller,
            "page": others,
            **parts(document),
        }
        return hashlib.sha256(jcs.canonicalize(request)).digest()


def token_refused() -> MalformedValue:
    """One error, to be raised for whatever is wrong with a token: it says nothing."""
    message = "the token does not go with this request, or not any more"
    fix = "change nothing but the token from page to page, or begin without one"
    return MalformedValue(message, path=_PATH, fix=fix)
