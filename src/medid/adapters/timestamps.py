"""Time-stamps from an authority on the network, by RFC 3161 over https.

The digest goes out and nothing else: the authority learns neither what is stamped nor
for whom. What comes back is verified before it is given out, so a token that is kept
is one that will still be believed when the authority is gone.

The address is held to the rules of the guarded fetcher: public unicast addresses, a
valid certificate, no redirect, bounds in time and size.

Spec: https://www.rfc-editor.org/rfc/rfc3161#section-3.4
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from medid.adapters import addresses, urls
from medid.adapters.exchange import Deadline, Request, dial, exchange
from medid.adapters.https import MAX_ADDRESSES, system_resolver, tls_context
from medid.core.entropy import Entropy, system_entropy
from medid.core.instant import Clock, system_clock
from medid.errors import ConfigurationError, FetchBlocked, FetchFailed
from medid.keys.timestamps import (
    MAX_TOKEN_BYTES,
    new_nonce,
    read_timestamp_response,
    timestamp_request,
    verify_timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from medid.adapters.addresses import Address
    from medid.adapters.https import Resolver

SECONDS: Final = 10.0  # for one time-stamp, connection and all; they take under one
SKEW: Final = 60.0  # seconds by which the authority's clock may be ahead of ours
QUERY: Final = "application/timestamp-query"
REPLY: Final = "application/timestamp-reply"


class TimestampAuthority:
    """An authority that is asked for time-stamps. Safe to share between threads.

    Args:
        url: Where it answers, https.
        anchors: DER, of the authorities whose word on it counts.
        allow_loopback: Accept this machine's own addresses too. For tests.
        ca_file: Trust the certificates in this PEM file for the connection instead of
            the system's.
        resolver: Looks its name up.
        entropy: Makes the nonces.
        clock: Says when an answer came.

    Raises:
        ConfigurationError: One of them is not of its form, or there are no anchors.
    """

    def __init__(  # noqa: PLR0913 - what it stands on, each by name
        self,
        url: str,
        *,
        anchors: Sequence[bytes],
        allow_loopback: bool = False,
        ca_file: str | Path | None = None,
        resolver: Resolver = system_resolver,
        entropy: Entropy = system_entropy,
        clock: Clock = system_clock,
    ) -> None:
        if not anchors:
            message = "without trust anchors no time-stamp can be believed"
            raise ConfigurationError(message, path="$.anchors")
        try:
            self._place: Final = urls.parse(url, allow_localhost=allow_loopback)
        except FetchBlocked as error:
            raise ConfigurationError(error.message, path="$.url") from None
        self._anchors: Final = tuple(anchors)
        self._allow_loopback: Final = allow_loopback
        self._tls: Final = tls_context(ca_file)
        self._resolver: Final = resolver
        self._entropy: Final = entropy
        self._clock: Final = clock

    def stamp(self, digest: bytes) -> bytes:
        """A token for ``digest``, a SHA-256 digest, that was verified.

        Raises:
            ConfigurationError: Not a digest of SHA-256.
            FetchBlocked: An address that is not public, a redirect or a coding.
            FetchFailed: There is no answer in time, or it is no time-stamp.
            MedidError: As ``verify_timestamp`` says.
        """
        nonce = new_nonce(self._entropy)
        token = read_timestamp_response(
            self._ask(timestamp_request(digest, nonce=nonce))
        )
        verify_timestamp(
            token,
            digest,
            anchors=self._anchors,
            at=self._clock().plus(SKEW),
            nonce=nonce,
        )
        return token

    async def astamp(self, digest: bytes) -> bytes:
        """As ``stamp``, in a thread of the event loop's pool."""
        return await asyncio.to_thread(self.stamp, digest)

    def _ask(self, query: bytes) -> bytes:
        deadline = Deadline.after(SECONDS)
        request = Request(
            place=self._place,
            accept=REPLY,
            max_bytes=MAX_TOKEN_BYTES,
            body=query,
            body_type=QUERY,
        )
        connection = dial(self._addresses(), self._place.port, deadline)
        answer = exchange(request, connection, self._tls, deadline)
        if answer.media_type != REPLY:
            raise FetchFailed("the answer is no time-stamp")
        return answer.content

    def _addresses(self) -> list[Address]:
        try:
            found = self._resolver(self._place.host, self._place.port)
        except (OSError, UnicodeError):
            raise FetchFailed("the host's name cannot be looked up") from None
        checked = [
            addresses.check(text, allow_loopback=self._allow_loopback) for text in found
        ]
        return checked[:MAX_ADDRESSES]
