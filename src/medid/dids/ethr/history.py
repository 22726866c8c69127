"""The history of an identity: everything the registry logged of it, found whole.

An adapter writes down what a node answered, raw; ``read`` believes none of it that can
be checked. The chain, the registry and the identity are the ones asked for. Each log
names the block of the one before it, so a log that is missing, repeated or out of its
order breaks the chain, from the block that the registry states as the last change to
the first one. What cannot be checked here is whether the node tells of the chain at
all: whoever verifies trusts the node that was configured.

Spec: https://eips.ethereum.org/EIPS/eip-1056#finding-the-latest-state
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core import json
from medid.core.fields import as_object, as_str, no_others, required, required_str
from medid.core.json import JsonLimits
from medid.dids.ethr import abi, events
from medid.dids.ethr import address as addresses
from medid.dids.ethr.events import Block, Event
from medid.errors import (
    InvalidDidDocument,
    MalformedValue,
    ParsingError,
    TooLarge,
    child,
)

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue
    from medid.dids.ethr.identifier import Identifier

FORMAT: Final = "medid ERC-1056 history 1"
MAX_BYTES: Final = 1_048_576  # 1 MiB: a change takes 700 bytes
MAX_LOGS: Final = 1_000  # changes of one identity; a board makes a few a year
LIMITS: Final = JsonLimits(
    max_bytes=MAX_BYTES,
    max_depth=4,  # the object, its logs, a log, its topics
    max_members=10 * MAX_LOGS,
)
MAX_NUMBER: Final = 2**53 - 1  # of a block, and seconds: what JSON readers agree about

_MEMBERS: Final = frozenset(
    {"format", "chainId", "registry", "identity", "latest", "changed", "logs"}
)
_LOG: Final = frozenset(
    {"address", "topics", "data", "blockNumber", "logIndex", "timestamp"}
)
_BLOCK: Final = frozenset({"number", "timestamp"})
_KEPT: Final = 16  # histories of at most MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All changes of an identity in their order, and the block up to which they go."""

    latest: Block
    events: tuple[Event, ...]


@lru_cache(maxsize=_KEPT)
def read(content: bytes, identifier: Identifier) -> History:
    """The history that ``content`` tells, if it is that of ``identifier``, and whole.

    Raises:
        InvalidDidDocument: Of another chain, registry or identity, or not whole.
        TooLarge: More than ``MAX_BYTES``, or more logs than ``MAX_LOGS``.
    """
    try:
        return _read(json.load_object(content, limits=LIMITS), identifier)
    except TooLarge:
        raise
    except (ParsingError, MalformedValue) as error:
        message = f"not the history of this did:ethr: {error.message}"
        raise InvalidDidDocument(message, path=error.path) from None


def _read(document: JsonObject, identifier: Identifier) -> History:
    no_others(document, _MEMBERS, "$")
    registry = _check_named(document, identifier)
    latest = _block(as_object(document.get("latest"), "$.latest"), "$.latest")
    logs = required(document, "logs", list, "$")
    if len(logs) > MAX_LOGS:
        message = f"an identity of more than {MAX_LOGS} changes is not read"
        raise TooLarge(message, path="$.logs")
    reader = _Reader(registry, identifier.address)
    for index, entry in enumerate(logs):
        path = child("$.logs", index)
        reader.take(as_object(entry, path), path)
    _check_ends(reader, latest, _number(document, "changed", "$"))
    return History(latest=latest, events=tuple(reader.events))


def _check_named(document: JsonObject, identifier: Identifier) -> str:
    """Steps before any log: is this about the identity that was asked for?"""
    if required_str(document, "format", "$") != FORMAT:
        raise MalformedValue(f"the format is not {FORMAT!r}", path="$.format")
    if _number(document, "chainId", "$") != identifier.chain_id:
        raise MalformedValue("it is of another chain", path="$.chainId")
    registry = required_str(document, "registry", "$")
    if registry != addresses.plain(addresses.parse(registry, path="$.registry")):
        raise MalformedValue("the address is not in lower case", path="$.registry")
    if identifier.registry not in {None, registry}:
        raise MalformedValue("it is of another registry", path="$.registry")
    if required_str(document, "identity", "$") != addresses.plain(identifier.address):
        raise MalformedValue("it is of another identity", path="$.identity")
    return registry


def _check_ends(reader: _Reader, latest: Block, changed: int) -> None:
    """The chain of changes begins where the registry says, and is told to the end."""
    if reader.block.number != changed:
        message = "the last change is not the one that the registry states"
        raise MalformedValue(message, path="$.changed")
    last = reader.block
    if last.number > latest.number or last.timestamp > latest.timestamp:
        raise MalformedValue("a change is later than the latest block", path="$.latest")


class _Reader:
    """Takes the logs in their order; each has to follow from the one before it."""

    def __init__(self, registry: str, identity: bytes) -> None:
        self._registry = registry
        self._identity = "0x" + abi.left_padded(identity).hex()
        self._index = -1
        self.block = Block(number=0, timestamp=0)  # of the last log; none: 0
        self.events: list[Event] = []

    def take(self, log: JsonObject, path: str) -> None:
        no_others(log, _LOG, path)
        if log.get("address") != self._registry:
            place = child(path, "address")
            raise MalformedValue("a log of another contract", path=place)
        block = Block(
            number=_number(log, "blockNumber", path),
            timestamp=_number(log, "timestamp", path),
        )
        self._check_order(block, _number(log, "logIndex", path), path)
        event, previous = events.decode(
            self._topic(log, path),
            abi.from_hex(required(log, "data", str, path), child(path, "data")),
            block,
            path=path,
        )
        if previous != self.block.number:
            message = "the change before this one is missing, or another"
            raise MalformedValue(message, path=path)
        self.block = block
        if event is not None:
            self.events.append(event)

    def _topic(self, log: JsonObject, path: str) -> str:
        place = child(path, "topics")
        topics: list[JsonValue] = required(log, "topics", list, path)
        if len(topics) != 2 or topics[1] != self._identity:
            raise MalformedValue("a log of another identity", path=place)
        return as_str(topics[0], child(place, 0))

    def _check_order(self, block: Block, index: int, path: str) -> None:
        last = self.block
        same = block.number == last.number
        if (
            (block.number, index) <= (last.number, self._index)
            or block.timestamp < last.timestamp
            or (same and block.timestamp != last.timestamp)
        ):
            raise MalformedValue("the logs are out of their order", path=path)
        self._index = index


def _block(obj: JsonObject, path: str) -> Block:
    no_others(obj, _BLOCK, path)
    return Block(
        number=_number(obj, "number", path), timestamp=_number(obj, "timestamp", path)
    )


def _number(obj: JsonObject, name: str, path: str) -> int:
    number = required(obj, name, int, path)
    if not 0 <= number <= MAX_NUMBER:
        raise MalformedValue("the number is out of range", path=child(path, name))
    return number
