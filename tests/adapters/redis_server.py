"""A real redis-server of the tests' own: on a socket, and over TLS on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.adapters.hosts import Authority

PROGRAM = shutil.which("redis-server")
STARTING = 10.0  # seconds that it may take to start or to stop


@dataclass(frozen=True)
class Server:
    socket: Path
    port: int

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def tls_url(self, name: str = "localhost") -> str:
        return f"rediss://{name}:{self.port}"


@contextmanager
def running(folder: Path, authority: Authority) -> Iterator[Server]:
    """A server that keeps nothing on disk, and ends with the block."""
    if PROGRAM is None:
        pytest.skip("redis-server is not installed")
    before = set(authority.folder.glob("*.pem"))
    authority.server("localhost")
    (pem,) = set(authority.folder.glob("*.pem")) - before
    server = Server(folder / "socket", free_port())
    settings = {
        "port": "0",
        "unixsocket": server.socket,
        "unixsocketperm": "600",
        "dir": folder,
        "save": "",
        "appendonly": "no",
        "maxmemory": "64mb",
        "bind": "127.0.0.1",
        "tls-port": server.port,
        "tls-cert-file": pem,
        "tls-key-file": pem,
        "tls-ca-cert-file": authority.file,
        "tls-auth-clients": "no",
    }
    argv = [PROGRAM]
    for name, value in settings.items():
        argv += [f"--{name}", str(value)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        end = time.monotonic() + STARTING
        while not _answers(server.socket):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end
            time.sleep(0.01)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STARTING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STARTING)


def _answers(path: Path) -> bool:
    """Whether it is listened to: a socket is in the folder a moment before it is."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
