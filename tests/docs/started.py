"""Starts ``medid`` quickly, for pages that start it two hundred times.

Most of what a short command costs is the loading of modules. Here those below the
command line are loaded once, by a server; each command then runs in a fork of it, with
the caller's folder, environment and streams. The files of the command line are loaded
anew by each, and the tests of the command line start some in processes of their own.

In such a command a password costs as little to try as may be: what the cost of a new
key file is, the tests of keys hold.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import marshal
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOADED: Final = (
    "alembic.command",
    "jwcrypto.jwe",
    "medid.access.verifier",
    "medid.adapters.https",
    "medid.adapters.register",
    "medid.adapters.signers.naming",
    "medid.board.site",
    "medid.dids.webvh.writing",
    "medid.health.fhir_export",
    "medid.issuing",
    "sqlalchemy.dialects.sqlite",
    "typer._adapters",
    "yaml",
)
_ROOT: Final = Path(__file__).resolve().parents[2]
# What a shell finds on its path: it hands everything over, and ends as the command did.
_CALLER: Final = """\
#!{python} -IS
import marshal, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    socket.send_fds(server, [b"."], [0, 1, 2])
    server.sendall(marshal.dumps((sys.argv, os.getcwd(), dict(os.environ))))
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.recv(4)))
"""


@contextmanager
def started() -> Iterator[Path]:
    """A folder for the path of a shell, with ``medid`` in it.

    It is empty where a process that has loaded so much cannot be forked safely: the
    shell then finds the command that is installed.
    """
    with tempfile.TemporaryDirectory(prefix="medid-") as made:
        folder = Path(made)
        if sys.platform != "linux":
            yield folder
            return
        address = str(folder / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen()
            caller = folder / "medid"
            text = _CALLER.format(python=sys.executable, address=address)
            caller.write_text(text, "utf-8")
            caller.chmod(0o755)
            with _serving(listening):
                yield folder


@contextmanager
def _serving(listening: socket.socket) -> Iterator[None]:
    number = listening.fileno()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.docs.started", str(number)],
        cwd=_ROOT,
        pass_fds=[number],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


# The server.


def serve(number: int) -> None:
    """Run each command that is asked for; returns in its process only."""
    for name in _LOADED:
        importlib.import_module(name)
    # What is shared with every fork stays where it is.
    gc.freeze()
    answering: list[int] = []
    with socket.socket(fileno=number) as listening:
        while True:
            caller, _ = listening.accept()
            # Those that have ended are let go; nobody waits for one that has not.
            answering = [
                one for one in answering if os.waitpid(one, os.WNOHANG)[0] == 0
            ]
            answering.append(os.fork())
            if answering[-1] == 0:
                break
            caller.close()
    _answer(caller)


def _answer(caller: socket.socket) -> None:
    """Run what ``caller`` asks for, and tell it how that ended."""
    _, streams, _, _ = socket.recv_fds(caller, 1, 3)
    with caller.makefile("rb") as asked:
        argv, folder, environment = marshal.loads(asked.read())
    command = os.fork()
    if command == 0:
        caller.close()
        _become(argv, folder, environment, streams)
        return
    _, status = os.waitpid(command, 0)
    caller.sendall(b"%d" % (os.waitstatus_to_exitcode(status) % 256))
    os._exit(0)


def _become(
    argv: list[str], folder: str, environment: dict[str, str], streams: list[int]
) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = argv
    _protect_cheaply()
    from medid.cli.main import main

    try:
        main()
    except SystemExit as done:
        # As an interpreter ends, without taking apart what was loaded.
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(done.code if isinstance(done.code, int) else 1)


def _protect_cheaply() -> None:
    from medid.keys import keyfile

    cheap = partial(keyfile.Protection, cost=keyfile.MIN_COST)
    keyfile.Protection = cheap  # type: ignore[assignment, misc]


if __name__ == "__main__":
    serve(int(sys.argv[1]))
