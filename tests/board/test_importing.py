"""An import is a row of acts, and each of them happens or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from medid.adapters.tables.seen_numbers import seen_numbers
from medid.board import importing
from medid.board.mapping import Mapping
from medid.board.records import Reason
from medid.board.sources import SourceRow
from medid.errors import RegisterUnavailable
from medid.health.days import time_zone
from tests.board.test_mapping import ROW, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.board.world import Board


HOW: Final = importing.Import(
    mapping=Mapping.from_json(WHOLE),
    zone=time_zone("UTC"),
    reason=Reason(actor="clerk"),
)


class Nothing:
    def add(self, _number: str, _line: int) -> None:
        return None


def test_an_import_that_was_broken_off_is_run_again(sqlite_board: Board) -> None:
    def rows(stop: int) -> Iterator[SourceRow]:
        for at in range(2_500):
            if at == stop:
                raise RegisterUnavailable("gone")
            cells = {**ROW, "No": str(at), "NPI": ""}
            yield SourceRow(line=at, cells=cells)

    office = sqlite_board.office
    with pytest.raises(RegisterUnavailable):
        list(HOW.run(office, rows(2_100), Nothing()))
    total = importing.Progress()
    for done in HOW.run(office, rows(-1), Nothing()):
        total.counts += done.counts
    assert total.counts == {"entered": 500, "unchanged": 2_000}
    office.verify()


def taken(board: Board, rows: Sequence[SourceRow]) -> importing.Progress:
    """What became of a few rows."""
    with seen_numbers() as seen:
        (found,) = HOW.run(board.office, rows, seen)
    return found


def test_two_rows_of_one_line_are_not_one_license(sqlite_board: Board) -> None:
    rows = [
        SourceRow(line=1, cells={**ROW, "St": status, "NPI": ""})
        for status in ("S", "A")
    ]
    found = taken(sqlite_board, rows)
    assert found.counts == {"entered": 1, "rejected": 1}
    (reject,) = found.rejects
    assert (reject.error.code, reject.row.cells["St"]) == ("ALREADY_IN_REGISTER", "A")
    assert sqlite_board.office.license("35.1").latest.status == "suspended"
