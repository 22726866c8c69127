"""Leaves and losses: whether nothing of a document got lost unseen, or was made up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from medid.errors import child

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from medid.health.fhir_losses import Loss

Leaf = tuple[str, tuple[str, ...], Any]


def leaves(value: Any, path: str = "$", names: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Every scalar and every empty container: its path, its names, and itself."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, child(path, name), (*names, name))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, child(path, index), names)
    else:
        yield path, names, repr(value)


def is_lost(path: str, losses: Iterable[Loss]) -> bool:
    return any(
        path == loss.path or path.startswith((f"{loss.path}.", f"{loss.path}["))
        for loss in losses
    )


def assert_accounted(
    before: Any, after: Iterable[Any], losses: tuple[Loss, ...]
) -> None:
    """Every leaf of ``before`` is in one of ``after``, or in the losses."""
    held = Counter((names, leaf) for one in after for _, names, leaf in leaves(one))
    kept = Counter(
        (names, leaf)
        for path, names, leaf in leaves(before)
        if not is_lost(path, losses)
    )
    assert not kept - held
    for loss in losses:
        assert any(is_lost(path, [loss]) for path, _, _ in leaves(before))
        assert loss.reason


def assert_nothing_invented(before: Any, after: Iterable[Any], given: set[Any]) -> None:
    """Every value of ``after`` was in ``before``, or was given."""
    known = {leaf for _, _, leaf in leaves(before)} | {repr(one) for one in given}
    made = {leaf for one in after for _, _, leaf in leaves(one)}
    assert made <= known


def containers(value: Any) -> Iterator[Any]:
    """Every object and array of ``value`` that holds something."""
    if isinstance(value, dict | list) and value:
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from containers(item)
