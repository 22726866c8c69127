"""The walk over the logs of an ERC-1056 registry, as a node of the chain tells them.

Knows the methods of JSON-RPC that the walk takes, and no connection: it is given a
function that asks. What comes out is the document that ``medid.dids.ethr.history``
reads, with everything as the node said it. A step that does not lead down ends it.

Spec: https://ethereum.github.io/execution-apis/,
https://eips.ethereum.org/EIPS/eip-1056#finding-the-latest-state
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core.fields import as_object, as_str, required, required_str
from medid.core.instant import Instant
from medid.dids.ethr import abi, events
from medid.dids.ethr.events import Block
from medid.dids.ethr.history import FORMAT, MAX_LOGS, MAX_NUMBER
from medid.errors import FetchBlocked, FetchFailed, MalformedValue, TooLarge

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-f][0-9a-f]{0,13})")
_CHANGED: Final = "0xf96d0f9f"  # of changed(address)

# Asks the node: a method and its parameters in, the result out.
Ask: TypeAlias = Callable[[str, "list[JsonValue]"], "JsonValue"]


class Walk:
    """From the last change of an identity down to the first."""

    def __init__(
        self, ask: Ask, *, chain_id: int, registry: str, identity: str
    ) -> None:
        self._ask = ask
        self._chain_id = chain_id
        self._registry = registry
        self._identity = identity
        self._topic = "0x" + abi.left_padded(bytes.fromhex(identity[2:])).hex()

    def document(self, oldest: Instant | None) -> JsonObject:
        """What ``medid.dids.ethr.history`` reads."""
        if _quantity(self._ask("eth_chainId", []), "$") != self._chain_id:
            message = "the node is of another chain than it is configured for"
            raise FetchBlocked(message, fix="correct the URL of the chain's node")
        latest = self._block("latest")
        if oldest is not None and Instant.from_seconds(latest.timestamp) < oldest:
            message = "the node is behind its chain"
            raise FetchFailed(
                message, fix="wait until it has caught up, or ask another"
            )
        changed = self._changed(latest)
        return {
            "format": FORMAT,
            "chainId": self._chain_id,
            "registry": self._registry,
            "identity": self._identity,
            "latest": {"number": latest.number, "timestamp": latest.timestamp},
            "changed": changed,
            "logs": self._logs(changed),
        }

    def _changed(self, latest: Block) -> int:
        call: JsonObject = {
            "to": self._registry,
            "data": _CHANGED + self._topic.removeprefix("0x"),
        }
        answer = as_str(self._ask("eth_call", [call, hex(latest.number)]), "$")
        word = abi.from_hex(answer, "$")
        if len(word) != abi.WORD:
            message = "there is no registry at its address"
            raise FetchFailed(message, fix="correct the registry of the chain")
        return abi.uint(word, 0)

    def _logs(self, changed: int) -> list[JsonValue]:
        blocks: list[list[JsonValue]] = []
        number = changed
        count = 0
        while number:
            logs, previous = self._logs_of(number)
            count += len(logs)
            if count > MAX_LOGS:
                raise TooLarge(f"an identity of more than {MAX_LOGS} changes")
            if previous >= number:
                # A loop, or a way up: the registry never writes either.
                raise FetchBlocked("the changes of the identity lead in a circle")
            blocks.append(logs)
            number = previous
        return [log for logs in reversed(blocks) for log in logs]

    def _logs_of(self, number: int) -> tuple[list[JsonValue], int]:
        """The logs of one block in their order, and the block of the change before."""
        answer = self._ask(
            "eth_getLogs",
            [
                {
                    "address": self._registry,
                    "topics": [[*events.TOPICS], self._topic],
                    "fromBlock": hex(number),
                    "toBlock": hex(number),
                }
            ],
        )
        if not isinstance(answer, list) or not answer:
            message = "the node has no logs of a block in which the identity changed"
            fix = "use a node that keeps the logs of the whole chain"
            raise FetchFailed(message, fix=fix)
        raw = [as_object(entry, "$[?]") for entry in answer]
        time = self._time(raw[0], number)
        logs = [_log(entry, time) for entry in raw]
        logs.sort(key=lambda log: log["logIndex"])  # type: ignore[arg-type,return-value]
        return [*logs], _previous(logs[0])

    def _time(self, log: JsonObject, number: int) -> int:
        # Newer nodes say it beside the log; others have to be asked for the block.
        if "blockTimestamp" in log:
            return _quantity(log["blockTimestamp"], "$[?].blockTimestamp")
        return self._block(hex(number)).timestamp

    def _block(self, number: str) -> Block:
        block = as_object(self._ask("eth_getBlockByNumber", [number, False]), "$")
        return Block(
            number=_quantity(block.get("number"), "$.number"),
            timestamp=_quantity(block.get("timestamp"), "$.timestamp"),
        )


def _log(entry: JsonObject, timestamp: int) -> JsonObject:
    """A log as the history holds it: the same, its numbers as numbers."""
    path = "$[?]"
    topics = required(entry, "topics", list, path)
    return {
        "address": required_str(entry, "address", path).lower(),
        "topics": [as_str(topic, path) for topic in topics],
        "data": required_str(entry, "data", path),
        "blockNumber": _quantity(entry.get("blockNumber"), path),
        "logIndex": _quantity(entry.get("logIndex"), path),
        "timestamp": timestamp,
    }


def _previous(log: JsonObject) -> int:
    topics, data = required(log, "topics", list, "$[?]"), log["data"]
    if not topics:
        raise MalformedValue("a log without its event", path="$[?].topics")
    _, previous = events.decode(
        as_str(topics[0], "$[?].topics[0]"),
        abi.from_hex(as_str(data, "$[?].data"), "$[?].data"),
        Block(number=0, timestamp=0),
        path="$[?]",
    )
    return previous


def _quantity(value: JsonValue, path: str) -> int:
    """A number of JSON-RPC: hexadecimal behind 0x, without zeros in front."""
    text = as_str(value, path)
    if _QUANTITY.fullmatch(text) is None or int(text, 16) > MAX_NUMBER:
        raise MalformedValue("not a number of JSON-RPC", path=path)
    return int(text, 16)
