"""An import is a row of acts, and each of them happens or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from medid.board import importing
from medid.board.mapping import Mapping
from medid.board.records import Reason
from medid.board.sources import SourceRow
from medid.errors import RegisterUnavailable
from medid.health.days import time_zone
from tests.board.test_mapping import ROW, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.board.world import Board


class Nothing:
    def add(self, number: str, line: int) -> int:
        return line


def test_an_import_that_was_broken_off_is_run_again(sqlite_board: Board) -> None:
    how = importing.Import(
        mapping=Mapping.from_json(WHOLE),
        zone=time_zone("UTC"),
        reason=Reason(actor="clerk"),
    )

    def rows(stop: int) -> Iterator[SourceRow]:
        for at in range(2_500):
            if at == stop:
                raise RegisterUnavailable("gone")
            cells = {**ROW, "No": str(at), "NPI": ""}
            yield SourceRow(line=at, cells=cells)

    office = sqlite_board.office
    with pytest.raises(RegisterUnavailable):
        list(how.run(office, rows(2_100), Nothing()))
    total = importing.Progress()
    for done in how.run(office, rows(-1), Nothing()):
        total.counts += done.counts
    assert total.counts == {"entered": 500, "unchanged": 2_000}
    office.verify()
