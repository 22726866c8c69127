"""A node of an EVM chain on the loopback interface, that tells what the test says.

It answers JSON-RPC over HTTP from a recorded history, so every test goes through the
real connection; what it is made to say wrongly, it says by ``lies``.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.dids.ethr.builders import LIFE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOGS: list[dict[str, Any]] = LIFE["history"]["logs"]
LATEST: dict[str, int] = LIFE["history"]["latest"]
MAX_CALLS = 200


@dataclass
class Node:
    """What a node tells, and what it was asked.

    Attributes:
        lies: By method, what it answers instead, from the parameters.
        whole: By method, the whole answer instead of a result.
        status: Of every answer.
        times: Whether logs carry the time of their block.
    """

    port: int = 0
    lies: dict[str, Callable[..., Any]] = field(default_factory=dict)
    whole: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    times: bool = True
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/rpc"

    def answer(self, question: dict[str, Any]) -> Any:
        method, parameters = question["method"], question["params"]
        self.asked.append(method)
        assert len(self.asked) <= MAX_CALLS
        if method in self.whole:
            return self.whole[method]
        tell = self.lies.get(method) or getattr(self, method)
        return {"jsonrpc": "2.0", "id": question["id"], "result": tell(*parameters)}

    def eth_chainId(self) -> str:  # noqa: N802
        return hex(LIFE["history"]["chainId"])

    def eth_getBlockByNumber(self, name: str, whole: bool) -> Any:  # noqa: N802
        assert not whole
        if name == "latest":
            number, timestamp = LATEST["number"], LATEST["timestamp"]
        else:
            number = int(name, 16)
            timestamp = next(
                log["timestamp"] for log in LOGS if log["blockNumber"] == number
            )
        return {"number": hex(number), "timestamp": hex(timestamp), "transactions": []}

    def eth_call(self, call: dict[str, str], block: str) -> str:
        assert call["to"] == LIFE["history"]["registry"]
        assert call["data"].startswith("0xf96d0f9f")
        assert call["data"].endswith(LIFE["history"]["identity"][2:])
        assert block == hex(LATEST["number"])
        return f"0x{LIFE['history']['changed']:064x}"

    def eth_getLogs(self, asked: dict[str, Any]) -> list[Any]:  # noqa: N802
        assert asked["fromBlock"] == asked["toBlock"]
        assert asked["address"] == LIFE["history"]["registry"]
        assert len(asked["topics"][0]) == 3
        number = int(asked["fromBlock"], 16)
        return [
            self.raw(log)
            for log in LOGS
            if log["blockNumber"] == number and log["topics"][1] == asked["topics"][1]
        ]

    def raw(self, log: dict[str, Any]) -> dict[str, Any]:
        """A log as JSON-RPC writes it."""
        told = {
            "address": log["address"],
            "topics": log["topics"],
            "data": log["data"],
            "blockNumber": hex(log["blockNumber"]),
            "logIndex": hex(log["logIndex"]),
            "removed": False,
        }
        time = {"blockTimestamp": hex(log["timestamp"])}
        return {**told, **(time if self.times else {})}


@contextmanager
def telling(**settings: Any) -> Iterator[Node]:
    """A node that listens until the block ends."""
    node = Node(**settings)

    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            answer = node.answer(json.loads(self.rfile.read(size)))
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(node.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    node.port = server.server_port
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield node
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
