"""Open the database of a register, make it, or bring it to the form of this medid.

A database that is another program's, or that a newer medid has changed, is refused and
left as it is.

Spec: https://alembic.sqlalchemy.org/en/latest/api/commands.html,
https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Engine,
    String,
    column,
    create_engine,
    event,
    exc,
    inspect,
    select,
    table,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import QueuePool

from medid.adapters.register.checked import check_acts
from medid.board.texts import canonical
from medid.core.instant import stopwatch
from medid.errors import ConfigurationError, MissingExtra, RegisterUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alembic.config import Config
    from sqlalchemy import Connection

BUSY_SECONDS: Final = 10.0  # how long a writer waits for another

#: The execution option of a connection that will write: it waits for other writers.
WRITING: Final = "medid_writing"

#: Where the form of the register is noted: another program's is called otherwise.
VERSION_TABLE: Final = "medid_register"

_GONE: Final = "gone"
_PRIMARY: Final = 0xFF  # what SQLite's extended result codes have in common
#: What a person can do something about.
_PROBLEMS: Final[Mapping[object, str]] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: "is locked by another writer",
        "55P03": "is locked by another writer",
        sqlite3.SQLITE_FULL: "has no room on its disk",
        "53100": "has no room on its disk",
        sqlite3.SQLITE_READONLY: "can only be read",
        "25006": "can only be read",
        sqlite3.SQLITE_CORRUPT: "is damaged: take the last backup of it",
        sqlite3.SQLITE_CANTOPEN: "is not there, or may not be opened",
        _GONE: "does not answer any more",
    }
)

_SCRIPTS: Final = Path(__file__).with_name("migrations")
_PRIVATE: Final = 0o600
_LOOKING: Final = 0.002  # seconds between two looks at SQLite's lock
_SQLITE: Final = "sqlite"
_POSTGRESQL: Final = "postgresql+psycopg"


def open_engine(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """The engine of the database at ``url``; nothing is made and nothing is asked.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://USER@HOST/DATABASE``.
        busy_seconds: How long a writer waits for another.

    Raises:
        ConfigurationError: Not a URL of one of these.
        MissingExtra: The driver of PostgreSQL is not installed.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == _SQLITE:
        return _sqlite(parsed, busy_seconds)
    try:
        return _postgresql(parsed, busy_seconds)
    except ImportError:
        message = "a register in PostgreSQL needs psycopg"
        raise MissingExtra(message, fix="pip install 'medid[postgresql]'") from None


def _postgresql(url: URL, busy_seconds: float) -> Engine:
    timeout = round(busy_seconds * 1_000)
    return create_engine(
        url.set(drivername=_POSTGRESQL),
        # A writer that has waited for another sees what that one wrote.
        isolation_level="READ COMMITTED",
        # The server may have been restarted since.
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": max(1, round(busy_seconds)),
            "options": f"-c lock_timeout={timeout}",
        },
    )


@contextmanager
def transaction(engine: Engine, *, writing: bool) -> Iterator[Connection]:
    """A transaction, which is committed unless something is raised.

    One for reading sees one state of the database from its first question to its last.
    """
    options: dict[str, Any] = {WRITING: writing}
    if not writing and engine.dialect.name != _SQLITE:
        options["isolation_level"] = "REPEATABLE READ"
    with (
        engine.connect().execution_options(**options) as connection,
        connection.begin(),
    ):
        yield connection


def make(engine: Engine, *, new: bool = True) -> None:
    """Make the tables in an empty database, or bring older ones to the newest form.

    Args:
        engine: From ``open_engine``.
        new: Whether a register is made where there is none.

    Raises:
        ConfigurationError: It is another program's, or of a newer medid, or there is no
            register and none is to be made.
        RegisterAltered: Something in it acts by itself that medid did not make.
        RegisterUnavailable: It cannot be used.
    """
    if new:
        _create(engine.url)
    with available():
        found = _revision(engine)
        if found is None and {*inspect(engine).get_table_names()} - {VERSION_TABLE}:
            raise _foreign()
        _check_known(found)
        if found is None and not new:
            raise _absent()
        _check_acts(engine)
        _keep_private(engine.url)
        if engine.dialect.name == _SQLITE:
            with engine.connect() as connection:
                # Readers and a writer do not wait for each other. The file remembers.
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                connection.exec_driver_sql("BEGIN")
        if found != _forms()[-1]:
            from alembic import command

            with transaction(engine, writing=True) as connection:
                command.upgrade(_config(connection), "head")


def check(engine: Engine) -> None:
    """Return if the database has the tables of this medid.

    Raises:
        ConfigurationError: It is another program's, of another medid, or has none.
        RegisterAltered: Something in it acts by itself that medid did not make.
        RegisterUnavailable: It cannot be used.
    """
    with available():
        found = _revision(engine)
    _check_known(found)
    if found is None:
        raise _absent()
    if found != _forms()[-1]:
        message = "the register is of an older medid"
        fix = "back it up, then: medid board upgrade"
        raise ConfigurationError(message, fix=fix)
    with available():
        _check_acts(engine)
    _keep_private(engine.url)


@contextmanager
def available() -> Iterator[None]:
    """What a database reports, as medid says it; never with what it was asked."""
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError) as error:
        found = _problem(getattr(error, "orig", None))
        if found == sqlite3.SQLITE_NOTADB:
            raise _foreign() from None
        # What the database itself says of it may quote a row.
        message = f"the register's database {_PROBLEMS.get(found, 'cannot be used')}"
        raise RegisterUnavailable(message) from None


def _problem(error: object) -> object:
    """By what a driver tells what is wrong: SQLite by a number, PostgreSQL by a text.

    Spec: https://www.sqlite.org/rescode.html,
    https://www.postgresql.org/docs/15/errcodes-appendix.html
    """
    number = getattr(error, "sqlite_errorcode", None)
    if number is not None:
        return number & _PRIMARY
    state = getattr(error, "sqlstate", "")
    # A connection that was cut tells nothing more, or that the server shuts down.
    return _GONE if state is None or state.startswith("57P") else state


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (exc.ArgumentError, ValueError):
        raise _no_url() from None
    if backend not in {_SQLITE, "postgresql"}:
        raise _no_url()
    if backend == _SQLITE and parsed.database in {None, "", ":memory:"}:
        raise _no_url()
    return parsed


def _no_url() -> ConfigurationError:
    fix = "write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
    return ConfigurationError("not the URL of a database", path="$.url", fix=fix)


def _sqlite(url: URL, busy_seconds: float) -> Engine:
    path = Path(str(url.database)).absolute()

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            # No file is made here: one that has gone is a failure, not a new register.
            f"{path.as_uri()}?mode=rw",
            uri=True,
            timeout=busy_seconds,
            # The driver's own transactions begin too late for a writer to be alone.
            isolation_level=None,
            # The pool hands a connection to one thread at a time.
            check_same_thread=False,
        )

    engine = create_engine(
        url, creator=connect, poolclass=QueuePool, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        # What was committed must be there, even if the power fails.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
        # That of SQLite knows the letters of ASCII only.
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        if connection.get_execution_options().get(WRITING, False):
            _begin_writing(connection, busy_seconds)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _lower(value: object) -> object:
    """A name as it is compared; what is no text stays, and is told when it is read."""
    return canonical(value).casefold() if isinstance(value, str) else value


def _begin_writing(connection: Connection, busy_seconds: float) -> None:
    """Be the only writer, in a turn that comes soon.

    SQLite itself looks again ten times a second, and whoever writes without a pause is
    never met between two transactions.
    """
    end = stopwatch() + busy_seconds
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except exc.OperationalError as error:
            code = getattr(error.orig, "sqlite_errorcode", None)
            if code != sqlite3.SQLITE_BUSY or stopwatch() > end:
                raise
            sleep(_LOOKING)
        else:
            break
    waiting = round(busy_seconds * 1_000)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {waiting}")


def _create(url: URL) -> None:
    """Make the file of a register that is not there yet."""
    if url.get_backend_name() != _SQLITE:
        return
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with _file(), suppress(FileExistsError):
        os.close(os.open(str(url.database), flags, _PRIVATE))


def _keep_private(url: URL) -> None:
    """Let nobody but its owner read the file of a register.

    SQLite gives its side files the mode of the file itself.
    """
    if url.get_backend_name() == _SQLITE:
        with _file():
            Path(str(url.database)).chmod(_PRIVATE)


@contextmanager
def _file() -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError):
        raise RegisterUnavailable("the register's file cannot be made") from None


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = VERSION_TABLE
    return config


def _forms() -> Sequence[str]:
    """The forms that the tables have had, oldest first: as the migrations are called.

    Alembic would say it too, and takes longer to load than a look-up in the register.
    """
    scripts = (_SCRIPTS / "versions").glob("v*.py")
    return sorted(one.name[1:].partition("_")[0] for one in scripts)


def _revision(engine: Engine) -> str | None:
    """The form that the tables have; ``None`` where there are none."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        noted = select(column("version_num", String)).select_from(table(VERSION_TABLE))
        found = connection.execute(noted).scalars().all()
    # Nothing that was brought here in two ways has a form of this medid.
    return " ".join(map(str, found)) or None


def _check_acts(engine: Engine) -> None:
    with engine.connect() as connection:
        check_acts(connection)


def _check_known(found: str | None) -> None:
    if found is not None and found not in _forms():
        raise _foreign()


def _absent() -> ConfigurationError:
    message = "there is no register in this database"
    return ConfigurationError(message, fix="make one: medid board init")


def _foreign() -> ConfigurationError:
    message = "the database is another program's, or of a newer medid"
    return ConfigurationError(message, fix="name a database of its own, or update")
