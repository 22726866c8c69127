"""Real servers on the loopback interface, and a client that sends what it is given."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from tests.adapters.guards.support import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adapters.guards.support import Sent

HOST = "127.0.0.1"


@contextmanager
def serving(app: Any) -> Iterator[int]:
    """Serve an ASGI application; gives the port, and stops at the end."""
    config = uvicorn.Config(app, port=0, log_config=None, http="h11", lifespan="off")
    server = uvicorn.Server(config)
    listening = socket.create_server((HOST, 0))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
        assert not thread.is_alive()


def ask(port: int, method: str, target: str, headers: Sent = ()) -> Reply:
    """Send one request byte for byte: a library would tidy it up."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
    names = {name.lower() for name, _ in headers}
    if "connection" not in names:
        lines.append("Connection: close")
    lines += [f"{name}: {value}" for name, value in headers]
    with socket.create_connection((HOST, port), timeout=5) as peer:
        peer.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        with peer.makefile("rb") as file:
            head, _, body = file.read().partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in rest]
    return Reply(int(first.split(" ")[1]), {k.lower(): v for k, v in pairs}, body)
