"""A real PostgreSQL server of the tests' own, on a free port of the loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.adapters.redis_server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTING = 30.0  # seconds that it may take to start or to stop
_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def program(name: str) -> str | None:
    """Where a program of PostgreSQL is; Debian keeps them out of the path."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, _PLACES)])
    return shutil.which(name, path=path)


@dataclass
class Server:
    """A cluster in a folder, which can be stopped and started again."""

    folder: Path
    port: int
    user: dict[str, Any]
    _process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql://medid@127.0.0.1:{self.port}/{database}"

    def admin(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="medid",
            dbname="postgres",
            autocommit=True,
        )

    def start(self) -> None:
        server = program("postgres")
        assert server is not None
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            # Nothing here outlives a power failure.
            "fsync": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
        }
        argv = [server, "-D", str(self.folder / "data")]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                argv, stdout=log, stderr=log, cwd="/", **self.user
            )
        end = time.monotonic() + STARTING
        while True:
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < end
            try:
                self.admin().close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Cut everybody off, and end."""
        if self._process is None:
            return
        # SIGINT: a fast shutdown, in which no client is waited for.
        self._process.send_signal(2)
        try:
            self._process.wait(STARTING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STARTING)
        self._process = None


@contextmanager
def running() -> Iterator[Server]:
    """A server that ends with the block, and whose data go with it."""
    initdb = program("initdb")
    if initdb is None or program("postgres") is None:
        pytest.skip("PostgreSQL is not installed")
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    # The folders of pytest are closed to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="medid-pg-"))
    try:
        if user:
            shutil.chown(folder, "postgres", "postgres")
        options = ["-A", "trust", "-U", "medid", "-E", "UTF8", "--no-sync"]
        subprocess.run(
            [initdb, "-D", str(folder / "data"), *options],
            check=True,
            capture_output=True,
            timeout=120,
            cwd="/",
            **user,
        )
        server = Server(folder, free_port(), user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
