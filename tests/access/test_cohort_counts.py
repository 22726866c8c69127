"""Nothing that is published tells a small count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medid.access.cohort_counts import check_least, published
from medid.errors import ConfigurationError
from tests.support import examples

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from medid.access.cohort_counts import CohortCounts

Table = tuple[int, ...]  # permitted, then each reason


def publish(table: Table, least: int) -> CohortCounts:
    names = "abcd"[: len(table) - 1]
    reasons = dict(zip(names, table[1:], strict=True))
    return published(table[0], reasons, least=least)


def shown(table: Table, least: int) -> Hashable:
    found = publish(table, least)
    reasons = tuple(found.reasons.values())
    return (found.total, found.permitted, found.refused, reasons)


def small(table: Table, least: int) -> list[int]:
    return [index for index, count in enumerate(table) if 0 < count < least]


def unprotected(tables: Iterable[Table], least: int, *, inside: bool) -> list[Table]:
    """The tables of which some small count follows from what is published.

    Args:
        tables: All that there can be.
        least: The smallest count that is published.
        inside: Whether the reader knows the total and who is permitted, too.
    """
    alike: dict[Hashable, list[Table]] = {}
    for table in tables:
        known = (table[0], sum(table)) if inside else ()
        alike.setdefault((shown(table, least), known), []).append(table)
    # Who is permitted, and so how many are not, is known to whoever has the names.
    found: list[Table] = []
    for group in alike.values():
        rows = [one[1:] if inside else (*one, sum(one[1:])) for one in group]
        alone = [len(set(column)) < 2 for column in zip(*rows, strict=True)]
        found += [row for row in rows if any(alone[it] for it in small(row, least))]
    return found


def tables_of(total: int, cells: int) -> Iterator[Table]:
    """Every way to put so many patients into so many cells."""
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in tables_of(total - first, cells - 1):
            yield (first, *rest)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("least", "reasons", "most"), [(3, 2, 24), (3, 3, 18), (3, 4, 10), (4, 3, 14)]
)
def test_no_small_count_follows_from_all_that_is_published(
    least: int, reasons: int, most: int, inside: bool
) -> None:
    # Every table that there can be, so that a reader who knows the rules gains nothing.
    tables = [
        table for total in range(most + 1) for table in tables_of(total, reasons + 1)
    ]
    assert unprotected(tables, least, inside=inside) == []


counts = st.integers(0, 30)


@given(counts, st.lists(counts, min_size=4, max_size=4))
@settings(max_examples=examples(60))
def test_every_small_count_has_another_that_looks_alike(
    permitted: int, reasons: list[int]
) -> None:
    least, table = 11, (permitted, *reasons)
    for index in small(table, least):
        if index:
            assert _another(table, index, least)


def _another(table: Table, index: int, least: int) -> bool:
    """Whether an exchange or a shift of one patient publishes the same."""
    for other in range(1, len(table)):
        swapped, shifted = list(table), list(table)
        swapped[index], swapped[other] = table[other], table[index]
        shifted[index], shifted[other] = table[index] - 1, table[other] + 1
        for one in (tuple(swapped), tuple(shifted)):
            alike = shown(one, least) == shown(table, least)
            if alike and one[index] != table[index]:
                return True
    return False


@given(counts, st.lists(counts, min_size=4, max_size=4))
@settings(max_examples=examples(60))
def test_what_is_published_is_true_and_never_small(
    permitted: int, reasons: list[int]
) -> None:
    least, table = 11, (permitted, *reasons)
    found = publish(table, least)
    assert found.total in {None, sum(table)}
    assert found.permitted in {None, permitted}
    assert found.refused in {None, sum(reasons)}
    for (_, told), count in zip(found.reasons.items(), reasons, strict=True):
        assert told is None or (told == count and count >= least)
    for told in (found.total, found.permitted, found.refused):
        assert told is None or told == 0 or told >= least


@given(counts, st.lists(counts, min_size=4, max_size=4), st.permutations(range(4)))
@settings(max_examples=examples(30))
def test_the_names_of_the_reasons_never_matter(
    permitted: int, reasons: list[int], order: list[int]
) -> None:
    told = list(publish((permitted, *reasons), 11).reasons.values())
    moved = [reasons[index] for index in order]
    assert list(publish((permitted, *moved), 11).reasons.values()) == [
        told[index] for index in order
    ]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ((50, 20, 30, 40, 50), (190, 50, 140, [20, 30, 40, 50])),
        ((50, 3, 30, 40, 50), (173, 50, 123, [None, None, 40, 50])),
        ((50, 3, 30, 30, 50), (163, 50, 113, [None, None, None, 50])),
        ((50, 0, 30, 40, 50), (170, 50, 120, [None, None, 40, 50])),
        ((50, 3, 11, 40, 50), (154, 50, 104, [None, None, 40, 50])),
        ((0, 11, 0, 0, 0), (11, 0, 11, [None] * 4)),
        ((3, 8, 0, 0, 0), (11, None, None, [None] * 4)),
        ((3, 7, 0, 0, 0), (None, None, None, [None] * 4)),
        ((50, 3, 4, 5, 0), (62, 50, 12, [None] * 4)),
        ((50, 3, 0, 0, 0), (53, None, None, [None] * 4)),
        ((3, 50, 60, 70, 80), (263, None, None, [None] * 4)),
        ((3, 3, 0, 0, 0), (None, None, None, [None] * 4)),
        ((0, 0, 0, 0, 0), (None, None, None, [None] * 4)),
        ((0, 20, 30, 40, 50), (140, 0, 140, [20, 30, 40, 50])),
        ((20, 0, 0, 0, 0), (20, 20, 0, [None] * 4)),
    ],
)
def test_what_is_hidden(table: Table, expected: tuple[Any, ...]) -> None:
    found = publish(table, 11)
    told = (found.total, found.permitted, found.refused, list(found.reasons.values()))
    assert told == expected


def test_what_is_hidden_is_told_as_such() -> None:
    assert publish((50, 3, 30, 40), 11).as_json() == {
        "total": 123,
        "permitted": 50,
        "refused": 73,
        "reasons": {"a": "suppressed", "b": "suppressed", "c": 40},
        "least": 11,
    }
    hidden = publish((1, 0, 0), 11).as_json()
    assert hidden["total"] == hidden["permitted"] == hidden["refused"] == "suppressed"


@pytest.mark.parametrize("least", [2, 1, 0, -3, True, 11.0, None, "11"])
def test_a_least_count_that_protects_nobody_is_refused(least: Any) -> None:
    with pytest.raises(ConfigurationError):
        check_least(least)


def test_a_single_reason_cannot_be_hidden() -> None:
    with pytest.raises(ConfigurationError):
        published(50, {"a": 3}, least=11)
    with pytest.raises(ConfigurationError):
        published(50, {"a": 3, "b": 4}, least=2)
