"""A record with some of its values changed: ``dataclasses.replace``, but quick.

Every judgement makes dozens of them, and the standard library looks at each field in
turn.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_Record = TypeVar("_Record")


def replace(record: _Record, /, **changes: Any) -> _Record:
    """A copy of ``record`` in which ``changes`` stand.

    Args:
        record: Of a dataclass; what its ``__init__`` does not take is made anew.
        changes: The new values, by field.

    Raises:
        TypeError: There is no such field.
    """
    kind: Any = type(record)
    names, read = _reader(kind)
    values = dict(zip(names, read(record), strict=True)) | changes
    return cast("_Record", kind(**values))


@cache
def _reader(
    kind: type[Any],
) -> tuple[tuple[str, ...], Callable[[object], tuple[object, ...]]]:
    names = tuple(field.name for field in fields(kind) if field.init)
    # With a single name, attrgetter returns no tuple.
    single = attrgetter(*names)
    return names, single if len(names) > 1 else lambda record: (single(record),)
