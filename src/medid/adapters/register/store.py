"""``medid.board.Register`` in a database of SQL.

A writing session is alone with what it reads: on SQLite it is the only writer, on
PostgreSQL it locks the licenses that it is about, in the order of their numbers, then
the list that it deals from, and then the board where it adds to it. Always in that
order, so that no two wait for each other.

Spec: https://www.postgresql.org/docs/15/explicit-locking.html#LOCKING-ROWS
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import exc

from medid.adapters.register import checked, opening, rows, statements
from medid.adapters.register.estimates import Estimates
from medid.adapters.register.session import SqlSession
from medid.adapters.urls import parse
from medid.core.entropy import Entropy, system_entropy
from medid.errors import (
    AlreadyInRegister,
    ConfigurationError,
    FetchBlocked,
    NotInRegister,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from medid.board.records import BoardRecord
    from medid.core.instant import Instant

#: Positions of a new list: what herd privacy asks for, and no more than a verifier must
#: fetch.
LIST_SIZE: Final = 131_072


class SqlRegister:
    """A register that any number of threads and processes may share.

    A process that was forked opens an engine of its own.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        list_size: int = LIST_SIZE,
        entropy: Entropy = system_entropy,
    ) -> None:
        """Use the register in the database of ``engine``.

        Args:
            engine: From ``open_engine``.
            list_size: Positions of a new status list.
            entropy: Where the keys of new lists come from.

        Raises:
            ConfigurationError: There is none of this medid in it.
            RegisterAltered: Something in it acts by itself that medid did not make.
            RegisterUnavailable: It cannot be used.
        """
        opening.check(engine)
        self._engine = engine
        self._list_size = list_size
        self._entropy = entropy
        self._estimates = Estimates(engine)

    def found(self, board: BoardRecord, *, recorded: Instant) -> None:
        """Add a board.

        Raises:
            ConfigurationError: No verifier fetches anything from its site.
            AlreadyInRegister: There is one of this DID, or on this site.
            RegisterUnavailable: The register cannot be used.
        """
        _check_fetched(board.site)
        row = {
            "did": board.did,
            "name": board.name,
            "site": board.site,
            "jurisdiction": board.jurisdiction,
            "recorded": rows.stored(recorded),
        }
        with self._transaction(writing=True) as connection:
            try:
                connection.execute(statements.ADD_BOARD, row)
            except exc.IntegrityError:
                message = "there is a board of this DID or site"
                raise AlreadyInRegister(message, path="$.did") from None

    @contextmanager
    def session(self, board: str, *, writing: bool) -> Iterator[SqlSession]:
        """One transaction of the board with the DID ``board``.

        Raises:
            NotInRegister: There is no such board.
            RegisterUnavailable: The register cannot be used.
        """
        with self._transaction(writing=writing) as connection:
            found = checked.asked(connection, statements.BOARD_OF, {"did": board})
            if not found:
                fix = "name the board by the DID that it was founded under"
                message = "there is no such board"
                raise NotInRegister(message, path="$.board", fix=fix)
            session = SqlSession(
                connection,
                found[0],
                writing=writing,
                list_size=self._list_size,
                entropy=self._entropy,
            )
            yield session
        self._estimates.grown(session.recorded)

    @contextmanager
    def _transaction(self, *, writing: bool) -> Iterator[Connection]:
        with (
            opening.available(),
            opening.transaction(self._engine, writing=writing) as connection,
        ):
            yield connection


def _check_fetched(site: str) -> None:
    """Return if verifiers would fetch what lies below ``site``.

    Every credential of the board names it, and what is signed is not changed any more.
    """
    try:
        parse(f"{site}/", allow_localhost=True)
    except FetchBlocked as error:
        message = f"nobody would fetch the board's lists from its site: {error.message}"
        fix = "name a host by its DNS name, as in https://board.example"
        raise ConfigurationError(message, path="$.site", fix=fix) from None
