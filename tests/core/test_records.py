"""A record with some of its values changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest

from medid.core.records import replace


@dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: str = "r"


@dataclass(frozen=True)
class Single:
    only: int


@dataclass(frozen=True, kw_only=True)
class Counted:
    words: tuple[str, ...]
    count: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", len(self.words))


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (Pair(1), {}),
        (Pair(1), {"left": 2}),
        (Pair(1), {"left": 2, "right": "s"}),
        (Single(1), {"only": 2}),
        (Counted(words=("a",)), {"words": ("a", "b")}),
    ],
)
def test_it_is_what_the_standard_library_makes(
    record: Any, changes: dict[str, object]
) -> None:
    before = dataclasses.asdict(record)
    found = replace(record, **changes)
    assert found == dataclasses.replace(record, **changes)
    assert type(found) is type(record)
    assert dataclasses.asdict(record) == before


@pytest.mark.parametrize("record", [Pair(1), Counted(words=())])
def test_there_has_to_be_such_a_field(record: Pair | Counted) -> None:
    with pytest.raises(TypeError):
        replace(record, other=1)
    with pytest.raises(TypeError):
        replace(record, count=1)
