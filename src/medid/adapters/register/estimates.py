"""PostgreSQL knows how large the register is: it plans each question by that.

The server counts the rows of a table about once a minute, and not at all where that is
switched off. A board that takes over its register has thousands of licenses long
before: until then the server believes that a board has some twenty, and reads all of
them for every act. So whoever writes has them counted, each time there may be twice as
many events as were counted last. SQLite plans without it.

Spec: https://www.postgresql.org/docs/15/sql-analyze.html
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy import exc, text

from medid.adapters.register.tables import EVENT, METADATA

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: Events of a register that is read whole without harm.
FEW: Final = 1_000

# What was counted before a crash or a restore does not show, and is counted again.
_COUNTED: Final = text(
    """
    SELECT COALESCE(MAX(pg_class.reltuples), 0)
    FROM pg_class JOIN pg_stat_user_tables ON relid = pg_class.oid
    WHERE relid = to_regclass(:table)
    AND COALESCE(last_analyze, last_autoanalyze) IS NOT NULL
    """
)
# Where another process is at it, that one does it for both.
_COUNT: Final = text(f"ANALYZE (SKIP_LOCKED) {', '.join(sorted(METADATA.tables))}")


class Estimates:
    """What the server of one register knows of its size, as far as this process saw."""

    def __init__(self, engine: Engine) -> None:
        """Look after the database of ``engine``; nothing is asked yet."""
        self._engine = engine
        self._planned = engine.dialect.name == "postgresql"
        self._counted = 0

    def grown(self, events: int) -> None:
        """Have the tables counted, where that was done for less than half of this.

        Args:
            events: The number of the event that was recorded last; of all boards.
        """
        if not self._planned or events < max(FEW, 2 * self._counted):
            return
        # What was decided is recorded: where the server fails now, the next one asks.
        with (
            suppress(exc.SQLAlchemyError),
            self._engine.connect() as connection,
            connection.begin(),
        ):
            counted = connection.execute(_COUNTED, {"table": EVENT.name}).scalar_one()
            if events >= 2 * counted:
                connection.execute(_COUNT)
                counted = events
            self._counted = int(counted)
