"""What fills a large register for a benchmark writes what the office writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.board import Change
from medid.core.json import load_object
from tests.board import many
from tests.board.world import WHY

if TYPE_CHECKING:
    import pytest

    from tests.board.world import Board


def test_a_register_that_was_filled_is_whole(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "BATCH", 10)
    many.fill(board, 25)
    head, _ = board.office.head(board.issuing)
    found = board.office.verify()
    assert (found.licenses, found.credentials, head.sequence) == (25, 25, 50)
    first, last = (board.office.history(many.number(one)) for one in (0, 24))
    assert [one.kind for one in first[1]] == [one.kind for one in last[1]]
    content = load_object(last[2][0].content)
    assert content.keys() == load_object(first[2][0].content).keys()
    assert content["id"] == last[2][0].id
    subject = content["credentialSubject"]
    assert isinstance(subject, dict)
    assert str(subject["license"]).count(many.number(24)) == 1
    # It goes on as a register of the office's own.
    changes = [Change(number=many.number(one), status="suspended") for one in range(25)]
    for outcome in board.office.change(changes, reason=WHY):
        outcome.done()
    board.active("another")
    board.issue("another")
    assert board.office.verify().unsealed == 25 + 3
