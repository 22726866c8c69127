"""DIDs of other methods, resolved by a Universal Resolver that a site configures.

For each DID of a method in the settings, the resolver is asked over TLS with a valid
certificate, at any address: it may well be the site's own. Whoever runs it can tell
anything about these methods, and medid believes it; so it should be the site's own, or
that of somebody the site would believe as to whom a key belongs. About a method that
is not in the settings, or that medid knows itself, it is never asked.

Spec: https://www.w3.org/TR/did-resolution/#bindings-https
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from medid.adapters import freshness, urls
from medid.adapters.exchange import (
    Deadline,
    Gone,
    NotFound,
    Request,
    dial,
    exchange,
)
from medid.adapters.https import MAX_ADDRESSES, HttpsFetch, system_resolver
from medid.core.instant import system_clock
from medid.dids.methods import foreign
from medid.dids.resolver import SUPPORTED
from medid.dids.syntax import Did
from medid.errors import (
    ConfigurationError,
    DidDeactivated,
    DidNotFound,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    InvalidDid,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from medid.adapters.addresses import Address
    from medid.adapters.exchange import Answer
    from medid.adapters.https import Resolver
    from medid.core.fetch import FetchRequest
    from medid.core.instant import Clock

_SCHEME: Final = "did:"
_IDENTIFIERS: Final = "/1.0/identifiers/"


class UniversalResolverFetch(HttpsFetch):
    """Fetches results of DID Resolution, and https documents as ``HttpsFetch`` does.

    Safe to share between threads.
    """

    def __init__(
        self,
        base: str,
        methods: Collection[str],
        *,
        allow_loopback: bool = False,
        ca_file: str | Path | None = None,
        resolver: Resolver = system_resolver,
        clock: Clock = system_clock,
    ) -> None:
        """Prepare a fetcher; nothing is opened yet.

        Args:
            base: The resolver's https URL, without ``/1.0/identifiers``.
            methods: Names of the methods, such as ``ebsi``, on which its word counts.
            allow_loopback: Accept this machine's own addresses for documents too, and
                a resolver at ``localhost``. For tests.
            ca_file: Trust the certificates in this PEM file instead of the system's.
            resolver: Looks names up.
            clock: Says when something was fetched.

        Raises:
            ConfigurationError: ``base`` is no plain https URL, there are no methods,
                one of them is none or is one that medid knows itself, or ``ca_file``
                cannot be read.
        """
        super().__init__(
            allow_loopback=allow_loopback,
            ca_file=ca_file,
            resolver=resolver,
            clock=clock,
        )
        self._base: Final = base.rstrip("/")
        self._methods: Final = checked_methods(methods)
        try:
            self._place("did:a:a")
        except FetchBlocked as error:
            raise ConfigurationError(error.message, path="$.base") from None

    def _fetch(self, request: FetchRequest, deadline: Deadline) -> Answer:
        if not request.url.startswith(_SCHEME):
            return super()._fetch(request, deadline)
        try:
            did = Did.parse(request.url)
        except InvalidDid:
            raise FetchBlocked("not the name of a DID's resolution") from None
        if did.method not in self._methods:
            message = "the resolver is not trusted with this DID method"
            fix = "list the method in the settings, or use another one"
            raise EvidenceUnavailable(message, fix=fix)
        return self._resolved(request, deadline)

    def _resolved(self, request: FetchRequest, deadline: Deadline) -> Answer:
        asked = Request(
            place=self._place(request.url),
            accept=foreign.ACCEPT,
            max_bytes=request.max_bytes,
            known=freshness.checked(request.known),
        )
        deadline.seconds_left()
        connection = dial(
            self._look_up_resolver(asked.place), asked.place.port, deadline
        )
        # These two statuses are answers about the DID, not failures of the resolver.
        try:
            return exchange(asked, connection, self._tls, deadline)
        except NotFound:
            raise DidNotFound("the resolver knows of no such DID") from None
        except Gone:
            raise DidDeactivated("the resolver says that it was given up") from None

    def _place(self, did: str) -> urls.Place:
        url = f"{self._base}{_IDENTIFIERS}{quote(did, safe='')}"
        return urls.parse(url, allow_localhost=self._allow_loopback)

    def _look_up_resolver(self, place: urls.Place) -> list[Address]:
        try:
            found = self._resolver(place.host, place.port)
            return [ip_address(text) for text in found][:MAX_ADDRESSES]
        except (OSError, ValueError):
            raise FetchFailed("the resolver's name cannot be looked up") from None


def checked_methods(methods: Collection[str]) -> frozenset[str]:
    """``methods``, of which none may be one that medid knows itself.

    Raises:
        ConfigurationError: One is, is no name of a method, or there are none.
    """
    if isinstance(methods, str) or not methods:
        message = "a helper serves the methods that are listed, and none is"
        raise ConfigurationError(message, path="$.methods")
    for name in methods:
        try:
            Did(method=name, id="a")
        except InvalidDid:
            message = "not the name of a DID method"
            raise ConfigurationError(message, path="$.methods") from None
        if name in SUPPORTED:
            message = (
                "medid resolves this method itself, and takes nobody's word for it"
            )
            raise ConfigurationError(message, path="$.methods")
    return frozenset(methods)
