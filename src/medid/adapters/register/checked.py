"""What the database gives, held against what medid writes.

SQLite keeps a value of any kind in any column, for whoever may write to the file. What
is of another kind is told as altered, and not met as an error somewhere further on. So
is what acts in the file by itself: a trigger can drop what is recorded later.

Spec: https://www.sqlite.org/datatype3.html#type_affinity,
https://www.sqlite.org/lang_createtrigger.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from medid.adapters.register.tables import APPEND_ONLY
from medid.errors import RegisterAltered
from medid.status.compressed import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

MAX_SIZE: Final = 8 * MAX_BYTES  # positions of a list: more than that no verifier reads

#: The triggers of a register in SQLite, as its migrations write them.
TRIGGERS: Final = frozenset(
    {
        (
            "CREATE TRIGGER event_unsealed AFTER INSERT ON event BEGIN"
            " INSERT INTO unsealed (board_id, event_id) VALUES (NEW.board_id, NEW.id);"
            " END"
        ),
        *(
            f"CREATE TRIGGER {table.name}_{verb.lower()} BEFORE {verb} ON {table.name}"
            " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            for table in APPEND_ONLY
            for verb in ("UPDATE", "DELETE")
        ),
    }
)
_ACTS: Final = text("SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'view')")

# What making a value of what is in a column gives where it is of another kind.
_NO_VALUE: Final = (TypeError, ValueError, MemoryError)


def asked(
    connection: Connection,
    statement: Select[*tuple[Any, ...]],
    values: dict[str, object],
) -> Sequence[Row[Any]]:
    """The rows that answer ``statement``.

    Raises:
        RegisterAltered: One has a value of another kind than its column.
    """
    answer = connection.execute(statement, values)
    if connection.dialect.name != "sqlite":
        return answer.all()
    try:
        found = answer.all()
    except _NO_VALUE:
        raise altered() from None
    kinds = _kinds(statement)
    for row in found:
        for value, kind in zip(row, kinds, strict=True):
            # What may be empty the schema says.
            if type(value) is not kind and value is not None:
                raise altered()
    return found


def check_acts(connection: Connection) -> None:
    """Return if nothing acts in the database but what medid has made.

    Whoever could write to the file once may have left a trigger, by which a suspension
    is told as recorded and never reaches the status lists.

    Raises:
        RegisterAltered: Something else does.
    """
    if connection.dialect.name != "sqlite":
        return
    if not TRIGGERS.issuperset(connection.execute(_ACTS).scalars()):
        message = "the register has a trigger or a view that medid did not make"
        raise RegisterAltered(message)


def a_list(row: Row[Any]) -> Row[Any]:
    """``row``, which is that of a status list.

    Raises:
        RegisterAltered: No list has so many positions.
    """
    if not 0 <= row.room <= row.size <= MAX_SIZE:
        raise altered()
    return row


def altered() -> RegisterAltered:
    """What is told of a row that medid does not write, to be raised."""
    return RegisterAltered("a row of the register is not what medid writes")


@lru_cache(maxsize=256)  # statements are made once; there are some fifty
def _kinds(statement: Select[*tuple[Any, ...]]) -> tuple[type, ...]:
    return tuple(one.type.python_type for one in statement.selected_columns)
