"""An empty register in each kind of database, for each test its own."""

from __future__ import annotations

import itertools
import shutil
from typing import TYPE_CHECKING, TypeAlias

import pytest

from medid.adapters.register import open_engine
from medid.adapters.register.opening import make
from tests.board import postgres
from tests.board.world import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

Opened: TypeAlias = "Callable[..., Engine]"
KINDS = ("sqlite", "postgresql")
_COUNT = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    with postgres.running() as running:
        engine = open_engine(_created(running, "empty"))
        make(engine)
        engine.dispose()
        yield running


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register without a board, to be copied."""
    file = tmp_path_factory.mktemp("empty") / "register.db"
    engine = open_engine(f"sqlite:///{file}")
    make(engine)
    engine.dispose()
    return file


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty register is that nobody else uses."""
    if request.param == "sqlite":
        empty: Path = request.getfixturevalue("empty_file")
        shutil.copy(empty, tmp_path / "register.db")
        return f"sqlite:///{tmp_path / 'register.db'}"
    return _created(request.getfixturevalue("server"), f"test{next(_COUNT)}", "empty")


@pytest.fixture
def sqlite_url(empty_file: Path, tmp_path: Path) -> str:
    shutil.copy(empty_file, tmp_path / "register.db")
    return f"sqlite:///{tmp_path / 'register.db'}"


@pytest.fixture
def postgres_url(server: postgres.Server) -> str:
    return _created(server, f"test{next(_COUNT)}", "empty")


@pytest.fixture(params=KINDS)
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table; of SQLite, the name of a file that is not there."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    return _created(request.getfixturevalue("server"), f"test{next(_COUNT)}")


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens engines, and closes them after the test."""
    engines = []

    def opens(url: str, **settings: float) -> Engine:
        # Many writers share a machine that may be busy with other tests.
        engines.append(open_engine(url, **{"busy_seconds": 120.0, **settings}))
        return engines[-1]

    yield opens
    for engine in engines:
        engine.dispose()


@pytest.fixture
def engine(url: str, opened: Opened) -> Engine:
    return opened(url)


@pytest.fixture
def board(engine: Engine) -> Board:
    return Board.new(engine)


@pytest.fixture
def sqlite_board(sqlite_url: str, opened: Opened) -> Board:
    """Where what is asked does not depend on the database."""
    return Board.new(opened(sqlite_url))


def _created(server: postgres.Server, name: str, template: str = "template0") -> str:
    with server.admin() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.url(name)
