"""A record with some of its values changed: ``dataclasses.replace``, but quick.

Every judgement makes dozens of them, and the standard library looks at each field in
turn.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from operator import attrgetter
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    places, read, writers = _fields(kind)
    values = list(read(record))
    try:
        for name, value in changes.items():
            values[places[name]] = value
    except KeyError as error:
        raise TypeError(f"{kind.__name__} has no field {error}") from None
    if writers is None:
        return cast("_Record", kind(**dict(zip(places, values, strict=True))))
    made = _new(kind)
    for write, value in zip(writers, values, strict=True):
        write(made, value)
    return cast("_Record", made)


_new: Final = object.__new__

_Reader: TypeAlias = "Callable[[object], tuple[object, ...]]"
_Writer: TypeAlias = "Callable[[object, object], None]"


@cache
def _fields(
    kind: type[Any],
) -> tuple[Mapping[str, int], _Reader, tuple[_Writer, ...] | None]:
    """The place of each field, what reads them all, and what writes each.

    A record with slots, of whose values nothing else is made and which nobody checks,
    is written slot by slot: its ``__init__`` does the same, and takes longer.
    """
    stated = fields(kind)
    names = tuple(field.name for field in stated if field.init)
    places = {name: place for place, name in enumerate(names)}
    # With a single name, attrgetter returns no tuple.
    single = attrgetter(*names)
    read = single if len(names) > 1 else lambda record: (single(record),)
    slots = [getattr(kind, name, None) for name in names]
    plain = len(names) == len(stated) and not hasattr(kind, "__post_init__")
    if not plain or not all(isinstance(one, MemberDescriptorType) for one in slots):
        return places, read, None
    return places, read, tuple(one.__set__ for one in slots if one is not None)
