"""An import is a row of acts, and each of them happens or does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from medid.adapters.tables.seen_numbers import seen_numbers
from medid.board import Office, importing
from medid.board.mapping import Mapping
from medid.board.records import Reason
from medid.board.sources import SourceRow
from medid.errors import RegisterUnavailable
from medid.health.days import time_zone
from tests.board.test_mapping import ROW, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Mapping as MappingOf

    from medid.board.records import License
    from medid.core.json import JsonObject
    from tests.board.world import Board


HOW: Final = importing.Import(
    mapping=Mapping.from_json(WHOLE),
    zone=time_zone("UTC"),
    reason=Reason(actor="clerk"),
    update=True,
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


def taken(
    board: Board, rows: Sequence[SourceRow], office: Office | None = None
) -> importing.Progress:
    """What became of a few rows."""
    with seen_numbers() as seen:
        (found,) = HOW.run(office or board.office, rows, seen)
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


def test_a_condition_that_was_decided_since_stays(sqlite_board: Board) -> None:
    site: JsonObject = {"kind": "siteOnly", "site": ["Annex"]}
    watched: JsonObject = {"kind": "monitoring"}
    row = {**ROW, "NPI": "", "Cond": "siteOnly", "Site": "Annex", "Until": ""}
    free = SourceRow(line=1, cells={**row, "Cond": ""})
    bound = SourceRow(line=1, cells=row)
    # A file takes back what came from a file.
    for one, word in ((bound, "entered"), (free, "changed")):
        assert taken(sqlite_board, [one]).counts == {word: 1}
    # And not what the board has decided; nor a part of it.
    for ordered in ([site], [watched], [site, watched]):
        claims = {**claims_of(sqlite_board), "condition": [*ordered]}
        sqlite_board.change("35.1", claims=claims)
        for one in (free, *([] if ordered == [site] else [bound])):
            (reject,) = taken(sqlite_board, [one]).rejects
            found = (reject.error.code, reject.error.path)
            assert found == ("CHANGE_NOT_ALLOWED", "$.condition")
        assert claims_of(sqlite_board)["condition"] == ordered


def claims_of(board: Board) -> JsonObject:
    return board.office.license("35.1").latest.claims


def test_what_others_record_meanwhile_is_not_undone(board: Board) -> None:
    """Between the look at the licenses and their change, a colleague adds to them."""

    class Busy(Office):
        def licenses(self, numbers: Sequence[str]) -> MappingOf[str, License]:
            found = super().licenses(numbers)
            for number, one in found.items():
                claims = {**one.latest.claims, **more[number]}
                board.change(number, claims=claims)
            return found

    first = [
        SourceRow(line=at, cells={**ROW, "No": str(at), "NPI": "", "Cond": ""})
        for at in (1, 2)
    ]
    assert taken(board, first).counts == {"entered": 2}
    annex: JsonObject = {"condition": [{"kind": "siteOnly", "site": ["Annex"]}]}
    more: dict[str, JsonObject] = {"1": {"encumbered": True}, "2": annex}
    stated = {"Cond": "siteOnly", "Site": "Annex", "Until": ""}
    then = [SourceRow(line=one.line, cells={**one.cells, **stated}) for one in first]
    busy = Busy(board.register, board.record.did, clock=lambda: board.now[0])
    assert taken(board, then, busy).counts == {"changed": 1, "unchanged": 1}
    claims = board.office.license("1").latest.claims
    assert (claims["encumbered"], claims["condition"]) == (True, annex["condition"])
    board.office.verify()
