"""Files of a small world, and the command as a function."""

from __future__ import annotations

import io
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from medid.cli.main import run
from medid.core.json import dumps
from medid.keys import KeyKind, PrivateKey, keyfile
from medid.keys.keyfile import MIN_COST, Protection
from tests.access.world import AT, World
from tests.support import one_command_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "correct horse battery staple"
# As cheap as a key file may be: each command opens one.
CHEAP = Protection(cost=MIN_COST)


@dataclass(frozen=True)
class Told:
    """What one run said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON value on standard output."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """The JSON value on each line of standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


class Command:
    """Runs ``medid`` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *argv: object) -> Told:
        self._capsys.readouterr()
        code = run([str(one) for one in argv])
        out, err = self._capsys.readouterr()
        return Told(code, out, err)


@pytest.fixture(scope="module", autouse=True)
def _commands() -> Iterator[None]:
    with one_command_tree():
        yield


@pytest.fixture
def medid(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts bytes on standard input."""

    def put(content: bytes) -> None:
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8")
        monkeypatch.setattr("sys.stdin", text)

    return put


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whatever touches the network."""

    def refused(*_args: object, **_named: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything of the world as files, with sealed evidence."""
    place = tmp_path_factory.mktemp("world")
    case = world.verifier().prepare(world.shown(), world.asks(), at=AT)
    documents: dict[str, Any] = {
        "license.json": world.license,
        "consent.json": world.consent,
        "presentation.json": world.shown(),
        "request.json": world.asks(),
        "trust.json": world.trust(),
        "evidence.json": case.judgement.evidence.as_json(),
    }
    for url, document in world.web.documents.items():
        documents[url.rpartition("/")[2]] = document
    for name, document in documents.items():
        (place / name).write_text(dumps(document))
    token = world.license_of(securing="vc+jwt")
    (place / "license.jwt").write_text(token + "\n")
    return place


@pytest.fixture(scope="session")
def web(world: World, folder: Path) -> list[str]:
    """``--document`` arguments for everything that the world publishes."""
    found: list[str] = []
    for url in world.web.documents:
        found += ["--document", f"{url}={folder / url.rpartition('/')[2]}"]
    return found


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a board's key, a holder's key, and the file of their password."""
    place = tmp_path_factory.mktemp("keys")
    (place / "password").write_text(f"{PASSWORD}\nsecond line\n")
    for name in ("board.key", "holder.key"):
        key = PrivateKey.generate(KeyKind.ED25519)
        keyfile.save(place / name, key, password=PASSWORD.encode(), protection=CHEAP)
    return place
