"""Histories of did:ethr identities, from the nodes that a site configures.

For each history, in this order:

1. The chain is one that a node is configured for; what a DID says leads nowhere else.
2. The node states the number of its chain, which must be that one, and its latest
   block, which must not be older than the site allows.
3. As of that block, the registry states in which block the identity changed last. From
   there each block's logs name the block before, down to the first. A step that does
   not lead down ends the walk, and so does the deadline.
4. What the node answered goes into one document, raw. ``medid.dids.ethr.history``
   believes none of it that can be checked.

Where a node fails, the next one of its chain is begun with anew, in the time that is
left: no history is of two nodes. One that is refused, because it is of another chain or
leads in a circle, has no other in its place: somebody has to look at it.

A node is spoken to over TLS with a valid certificate, at any address: it may well be
the site's own. ``allow_loopback`` is for tests: it accepts ``http://localhost`` too.
Whoever runs the node can tell anything of the chain, so it should be the site's own, or
that of somebody the site would believe as to whom a key belongs.

Spec: https://ethereum.github.io/execution-apis/,
https://eips.ethereum.org/EIPS/eip-1056#finding-the-latest-state
"""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from medid.adapters import addresses, urls
from medid.adapters.evm_walk import Walk
from medid.adapters.exchange import Answer, Deadline, Request, dial, exchange
from medid.adapters.https import MAX_ADDRESSES, HttpsFetch, system_resolver
from medid.core import json
from medid.core.instant import system_clock
from medid.core.json import JsonLimits
from medid.dids.ethr import address as accounts
from medid.dids.ethr.history import MAX_BYTES
from medid.dids.ethr.identifier import CONFIGURED, MAX_CHAIN_ID, REGISTRIES
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    FetchBlocked,
    FetchFailed,
    MalformedValue,
    ParsingError,
    TooLarge,
    child,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from medid.adapters.addresses import Address
    from medid.adapters.https import Resolver
    from medid.core.fetch import FetchRequest
    from medid.core.instant import Clock, Instant
    from medid.core.json import JsonObject, JsonValue

MAX_NODES: Final = 4  # of one chain, which share the time that there is for one
MAX_LAG: Final = 3_600.0  # seconds; public chains have a block every few of them
ANSWER: Final = JsonLimits(
    max_bytes=MAX_BYTES,  # a block names its transactions: 20 to 200 kB
    max_depth=8,
    max_members=50_000,
)

_JSON: Final = "application/json"
_SCHEME: Final = "eip155:"
_ADDRESS: Final = r"0x[0-9a-f]{40}"
_URL: Final = re.compile(
    rf"eip155:(?P<chain>[1-9][0-9]{{0,15}})/(?P<registry>{_ADDRESS}|{CONFIGURED})"
    rf"/(?P<identity>{_ADDRESS})"
)
_CLEAR: Final = "http://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The nodes of one chain.

    Attributes:
        url: Of a node's JSON-RPC endpoint, https.
        others: Of nodes that are asked, in this order, where those before fail.
        registry: Where the registry stands; needed only where that is not known.
        max_lag: How many seconds old the latest block of a node may be; ``None`` for
            chains that make no blocks while nothing happens.
    """

    url: str
    others: Sequence[str] = ()
    registry: str | None = None
    max_lag: float | None = MAX_LAG


class EvmFetch(HttpsFetch):
    """Fetches histories of did:ethr, and public https documents as ``HttpsFetch`` does.

    Safe to share between threads.
    """

    def __init__(
        self,
        networks: Mapping[int, str | Network],
        *,
        allow_loopback: bool = False,
        ca_file: str | Path | None = None,
        resolver: Resolver = system_resolver,
        clock: Clock = system_clock,
    ) -> None:
        """Prepare a fetcher; nothing is opened yet.

        Args:
            networks: By the chain's number of EIP-155, its node: a URL, or a
                ``Network`` where there is more to say, such as further nodes.
            allow_loopback: Accept this machine's own addresses, and nodes at
                ``http://localhost``. For tests.
            ca_file: Trust the certificates in this PEM file instead of the system's.
            resolver: Looks names up.
            clock: Says when something was fetched.

        Raises:
            ConfigurationError: There is no such chain, it has too many nodes, a URL is
                not https, a registry is not known, or another than the known one, a lag
                is no number of seconds, or ``ca_file`` cannot be read.
        """
        super().__init__(
            allow_loopback=allow_loopback,
            ca_file=ca_file,
            resolver=resolver,
            clock=clock,
        )
        self._nodes: Final = MappingProxyType(
            {
                chain_id: _nodes(chain_id, network, allow_clear=allow_loopback)
                for chain_id, network in networks.items()
            }
        )

    def _fetch(self, request: FetchRequest, deadline: Deadline) -> Answer:
        if not request.url.startswith(_SCHEME):
            return super()._fetch(request, deadline)
        named = _URL.fullmatch(request.url)
        if named is None:
            raise FetchBlocked("not the name of a history on an EVM chain")
        nodes = self._nodes.get(int(named["chain"]))
        if nodes is None:
            message = "no node of the chain is configured"
            fix = "give EvmFetch a node of this chain"
            raise EvidenceUnavailable(message, fix=fix)
        if named["registry"] not in {CONFIGURED, nodes[0].registry}:
            raise FetchBlocked("another registry than the one of the chain")
        content = self._collect_from(nodes, named["identity"], request, deadline)
        return Answer(content=content, media_type=_JSON)

    def _collect_from(
        self,
        nodes: Sequence[_Node],
        identity: str,
        request: FetchRequest,
        deadline: Deadline,
    ) -> bytes:
        """The history, from the first of ``nodes`` that does not fail."""
        *before, last = nodes
        for waiting, node in zip(range(len(nodes), 1, -1), before, strict=True):
            # One that hangs must leave time for those that wait.
            share = Deadline.after(deadline.seconds_left() / waiting)
            with suppress(FetchFailed):
                return self._collect(node, identity, request, share)
        return self._collect(last, identity, request, deadline)

    def _collect(
        self, node: _Node, identity: str, request: FetchRequest, deadline: Deadline
    ) -> bytes:
        found = self._look_up_node(node)

        def ask(method: str, parameters: list[JsonValue]) -> JsonValue:
            return self._ask(node, found, (method, parameters), deadline)

        walk = Walk(
            ask, chain_id=node.chain_id, registry=node.registry, identity=identity
        )
        try:
            document = walk.document(self._oldest(node, request))
        except (ParsingError, MalformedValue) as error:
            if isinstance(error, TooLarge):
                raise
            raise FetchFailed("the node's answer makes no sense") from None
        content = json.dumps(document).encode()
        if len(content) > request.max_bytes:
            raise TooLarge("the history is longer than what is read of one")
        return content

    def _oldest(self, node: _Node, request: FetchRequest) -> Instant | None:
        """How old the latest block may be: of the past, only what was asked about."""
        if node.max_lag is None:
            return None
        oldest = self._clock().plus(-node.max_lag)
        return oldest if request.at is None else min(oldest, request.at)

    def _look_up_node(self, node: _Node) -> list[Address]:
        try:
            found = self._resolver(node.place.host, node.place.port)
        except (OSError, UnicodeError):
            raise FetchFailed("the node's name cannot be looked up") from None
        if node.clear:
            checked = [addresses.check(one, allow_loopback=True) for one in found]
            if not all(one.is_loopback for one in checked):
                raise FetchBlocked("the name leads away from this machine")
            return checked[:MAX_ADDRESSES]
        return [ip_address(one) for one in found][:MAX_ADDRESSES]

    def _ask(
        self,
        node: _Node,
        found: list[Address],
        call: tuple[str, list[JsonValue]],
        deadline: Deadline,
    ) -> JsonValue:
        method, parameters = call
        question: JsonObject = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": method,
            "params": parameters,
        }
        asked = Request(
            place=node.place,
            accept=_JSON,
            max_bytes=ANSWER.max_bytes,
            body=json.dumps(question).encode(),
        )
        connection = dial(found, node.place.port, deadline)
        tls = _InTheClear(ssl.PROTOCOL_TLS_CLIENT) if node.clear else self._tls
        try:
            answer = exchange(asked, connection, tls, deadline)
        except FetchFailed as error:
            # A node that answers 404 says nothing about the DID.
            raise FetchFailed(error.message) from None
        return _result(json.load_object(answer.content, limits=ANSWER))


def _result(answer: JsonObject) -> JsonValue:
    if "error" in answer:
        message = "the node answered with an error"
        fix = "ask whoever runs it; it has to keep the logs of the whole chain"
        raise FetchFailed(message, fix=fix)
    if answer.get("jsonrpc") != "2.0" or answer.get("id") != 1:
        raise MalformedValue("not an answer to what was asked")
    if "result" not in answer:
        raise MalformedValue("there is no result", path="$.result")
    return answer["result"]


class _InTheClear(ssl.SSLContext):
    """No TLS: for nodes on this machine, where there is nobody in between."""

    def wrap_socket(self, sock: socket.socket, *_args: Any, **_named: Any) -> Any:
        return sock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A ``Network`` whose settings were read."""

    chain_id: int
    place: urls.Place
    registry: str
    max_lag: float | None
    clear: bool


def _nodes(
    chain_id: int, network: str | Network, *, allow_clear: bool
) -> tuple[_Node, ...]:
    path = child("$.networks", str(chain_id))
    if not 0 < chain_id <= MAX_CHAIN_ID:
        raise ConfigurationError("there is no such chain", path=path)
    given = Network(url=network) if isinstance(network, str) else network
    if len(given.others) >= MAX_NODES:
        message = f"a chain has at most {MAX_NODES} nodes"
        raise ConfigurationError(message, path=path)
    if given.max_lag is not None and not 0 <= given.max_lag < float("inf"):
        message = "a lag is a number of seconds, 0 or more"
        raise ConfigurationError(message, path=path)
    registry = _registry(chain_id, given.registry, path)
    return tuple(
        _Node(
            chain_id=chain_id,
            place=_place(url, path, allow_clear=allow_clear),
            registry=registry,
            max_lag=given.max_lag,
            clear=allow_clear and url.startswith(_CLEAR),
        )
        for url in (given.url, *given.others)
    )


def _place(url: str, path: str, *, allow_clear: bool) -> urls.Place:
    clear = allow_clear and url.startswith(_CLEAR)
    named = "https://" + url.removeprefix(_CLEAR) if clear else url
    try:
        place = urls.parse(named, allow_localhost=True)
    except FetchBlocked as error:
        raise ConfigurationError(error.message, path=path) from None
    if clear and place.host != urls.LOCALHOST:
        message = "only a node at localhost is spoken to without TLS"
        raise ConfigurationError(message, path=path)
    return place


def _registry(chain_id: int, given: str | None, path: str) -> str:
    known = REGISTRIES.get(chain_id)
    if given is None:
        if known is None:
            message = "where this chain has its registry is not known"
            fix = "give a Network with the registry's address"
            raise ConfigurationError(message, path=path, fix=fix)
        return known
    try:
        registry = accounts.plain(accounts.parse(given))
    except MalformedValue as error:
        raise ConfigurationError(error.message, path=path) from None
    if known not in {None, registry}:
        message = "the registry of this chain stands elsewhere"
        raise ConfigurationError(message, path=path, fix="leave the registry out")
    return registry
