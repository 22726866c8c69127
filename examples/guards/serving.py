"""Serves an example on the loopback interface; ``--once`` asks it and stops."""

import http.client
import re
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import uvicorn
from hospital import BLOOD, NOTE, presentation

HOST, PORT = "127.0.0.1", 8000
Visit = Callable[[int], None]  # asks the server on a port


def ask(
    port: int, target: str, *, method: str = "GET", body: str | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request; where a challenge comes back, once more with its answer."""
    headers: dict[str, str] = {}
    while True:
        connection = http.client.HTTPConnection(HOST, port, timeout=10)
        connection.request(method, target, body=body, headers=headers)
        reply = connection.getresponse()
        found = reply.status, reply.headers, reply.read()
        connection.close()
        if headers or reply.status != 401:
            return found
        challenge = re.search('challenge="([^"]+)"', reply.headers["WWW-Authenticate"])
        assert challenge
        headers = {"Authorization": f"Presentation {presentation(challenge[1])}"}


def read_two(port: int) -> None:
    """What the consent permits, and what it does not."""
    for target, expected in ((BLOOD, 200), (NOTE, 403)):
        status, _, body = ask(port, target)
        print(target, status, body.decode())
        assert status == expected


def serve_asgi(app: Any, visit: Visit = read_two) -> None:
    """Serve an ASGI application."""
    once = "--once" in sys.argv[1:]
    listening = socket.create_server((HOST, 0 if once else PORT))
    # The access log would hold paths, and paths name patients.
    level = "warning" if once else "info"
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level=level))
    if not once:
        server.run([listening])
        return
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    visit(listening.getsockname()[1])
    server.should_exit = True
    thread.join()
    listening.close()


class Quiet(WSGIRequestHandler):
    """Without a log of paths, which name patients."""

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


def serve_wsgi(app: Any, visit: Visit = read_two) -> None:
    """Serve a WSGI application."""
    once = "--once" in sys.argv
    with make_server(HOST, 0 if once else PORT, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.1], daemon=True)
        thread.start()
        if once:
            visit(server.server_port)
            server.shutdown()
        thread.join()
