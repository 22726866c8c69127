"""Many at once, and processes that are killed: nothing lost, nothing dealt twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from medid.adapters.register import SqlRegister
from medid.board import Change, Office
from tests.board.world import NOON, WHY, Board, application

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.board.conftest import Opened

WRITERS = 8


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each of ``acts`` gives, begun in the same moment."""
    gate = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        gate.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


def numbers_of(office: Office) -> Sequence[str]:
    with office._register.session(office._board, writing=False) as session:
        return session.numbers(limit=100_000)


def positions(office: Office) -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    for number in numbers_of(office):
        for issued in office.history(number)[2]:
            found[issued.position.list_number, issued.position.index] += 1
    return found


def test_the_same_license_suspended_by_many_at_once_keeps_every_order(
    board: Board,
) -> None:
    board.active()
    issued = board.issue()
    done = at_once([lambda: board.changed("35.1", "suspended") for _ in range(WRITERS)])
    assert [one.error for one in done] == [None] * WRITERS
    found, events, _ = board.office.history("35.1")
    assert len(found.versions) == 2 + WRITERS
    assert Counter(one.kind for one in events)["suspended"] == WRITERS
    assert board.codes(issued, NOON) == {"SUSPENDED"}
    board.office.verify()


def test_different_licenses_are_suspended_at_once(board: Board) -> None:
    numbers = [str(one) for one in range(WRITERS * 4)]
    board.office.apply([application(one) for one in numbers], reason=WHY)
    approve = [Change(number=one, status="active") for one in numbers]
    board.office.change(approve, reason=WHY, issuing=board.issuing)

    def suspend(part: list[str]) -> None:
        for one in part:
            board.change(one, "suspended")

    # Each license by two of them, in opposite orders.
    parts = [numbers[at::4] for at in range(4)]
    parts += [part[::-1] for part in parts]
    at_once([lambda part=part: suspend(part) for part in parts])  # type: ignore[misc]
    for number in numbers:
        assert len(board.office.license(number).versions) == 4
    board.office.verify()


def test_whole_acts_about_the_same_licenses_do_not_wait_for_each_other_for_ever(
    board: Board,
) -> None:
    numbers = [str(one) for one in range(20)]
    board.office.apply([application(one) for one in numbers], reason=WHY)
    board.office.change(
        [Change(number=one, status="active") for one in numbers], reason=WHY
    )

    def renew(order: int) -> Any:
        changes = [Change(number=one, status="suspended") for one in numbers[::order]]
        return board.office.change(changes, reason=WHY)

    def issue() -> Any:
        return board.office.issue(numbers, board.issuing, reason=WHY)

    acts: list[Callable[[], Any]] = [lambda: renew(1), lambda: renew(-1), issue, issue]
    for done in at_once(acts):
        assert len(done) == len(numbers)
    assert set(positions(board.office).values()) <= {1}
    board.office.verify()


def test_no_position_is_dealt_twice_by_many_writers(url: str, opened: Opened) -> None:
    board = Board.new(opened(url), list_size=64)
    numbers = [str(one) for one in range(WRITERS)]
    board.office.apply([application(one) for one in numbers], reason=WHY)
    approve = [Change(number=one, status="active") for one in numbers]
    board.office.change(approve, reason=WHY)
    # Each writer as if in a process of its own.
    offices = [
        Office(
            SqlRegister(opened(url), list_size=64), board.record.did, clock=lambda: NOON
        )
        for _ in range(WRITERS)
    ]

    def issue(office: Office, number: str) -> None:
        for _ in range(12):
            office.issue([number], board.issuing, reason=WHY)[0].done()

    at_once(
        [
            lambda office=office, number=number: issue(office, number)  # type: ignore[misc]
            for office, number in zip(offices, numbers, strict=True)
        ]
    )
    dealt = positions(board.office)
    assert sum(dealt.values()) == len(dealt) == WRITERS * 12
    # Of 64 positions 8 are decoys: no list is opened before the one before is full.
    assert Counter(number for number, _ in dealt) == {1: 56, 2: 40}
    board.office.verify()


def test_whoever_writes_without_a_pause_does_not_keep_others_out(
    sqlite_url: str, opened: Opened
) -> None:
    """SQLite's own waiting met a busy writer between two acts once in ten seconds."""
    busy = Board.new(opened(sqlite_url))
    other = SqlRegister(opened(sqlite_url, busy_seconds=20.0))
    office = Office(other, busy.record.did, clock=lambda: NOON)
    stop = threading.Event()

    def write() -> int:
        count = 0
        while not stop.is_set():
            busy.apply(f"busy-{count}")
            count += 1
        return count

    waits = []
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(write)
        for one in range(10):
            start = time.monotonic()
            office.apply([application(f"other-{one}")], reason=WHY)[0].done()
            waits.append(time.monotonic() - start)
        stop.set()
        assert written.result(30) > 0
    assert sorted(waits)[5] < 2.0


def test_a_number_is_given_to_one_of_many_who_apply_for_it(board: Board) -> None:
    done = at_once(
        [
            lambda: board.office.apply([application("35.1")], reason=WHY)[0]
            for _ in range(WRITERS)
        ]
    )
    assert sum(one.error is None for one in done) == 1
    assert {one.error.code for one in done if one.error} == {"ALREADY_IN_REGISTER"}


def test_sealing_and_writing_do_not_disturb_each_other(board: Board) -> None:
    board.active()
    writers: list[Callable[[], Any]] = [
        lambda: [board.changed("35.1", "suspended") for _ in range(5)] for _ in range(4)
    ]
    sealers: list[Callable[[], Any]] = [
        lambda: [board.office.head(board.issuing) for _ in range(3)] for _ in range(3)
    ]
    at_once(writers + sealers)
    board.office.head(board.issuing)
    assert board.office.verify().events == 2 + 20
