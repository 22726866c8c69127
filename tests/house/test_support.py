"""What checks many cases in one test hides none of them."""

from __future__ import annotations

import pytest

from tests.support import each


def test_every_case_is_checked_and_every_wrong_one_is_told_by_its_name() -> None:
    checked = []

    def check(case: int) -> None:
        checked.append(case)
        assert case % 2 == 0
        if case == 2:
            raise KeyError(case)
        if case == 4:
            with pytest.raises(ValueError):
                pass

    with pytest.raises(BaseExceptionGroup, match="4 of 5 cases") as caught:
        each({f"number {case}": case for case in (1, 2, 3, 4, 6)}, check)
    assert checked == [1, 2, 3, 4, 6]
    told = [(type(one), *one.__notes__) for one in caught.value.exceptions]
    assert told == [
        (AssertionError, "case: number 1"),
        (KeyError, "case: number 2"),
        (AssertionError, "case: number 3"),
        (pytest.fail.Exception, "case: number 4"),
    ]


def test_no_case_is_no_success() -> None:
    with pytest.raises(AssertionError, match="no case"):
        each({}, print)


def test_an_absent_set_of_vectors_is_left_out() -> None:
    with pytest.raises(pytest.skip.Exception):
        each({"one": 1}, lambda _case: pytest.skip("absent"))
