"""Small changes to a signed document: each one must cost it its verification."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.attacks.case import Doc

Step = str | int
Path = tuple[Step, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar of ``value`` with the way to it."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from leaves(element, (*path, index))
    else:
        yield path, value


def members(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to every member of every object in ``value``."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from members(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from members(element, (*path, index))


def objects(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to every object in ``value``, the root included."""
    if isinstance(value, dict):
        yield path
    steps: Any = ()
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    for step, member in steps:
        yield from objects(member, (*path, step))


def at(value: Any, path: Path) -> Any:
    """What lies at ``path``."""
    for step in path:
        value = value[step]
    return value


def replaced(document: Doc, path: Path, value: Any) -> Doc:
    """A copy with ``value`` at ``path``."""
    result = copy.deepcopy(document)
    at(result, path[:-1])[path[-1]] = value
    return result


def removed(document: Doc, path: Path) -> Doc:
    """A copy without the member or element at ``path``."""
    result = copy.deepcopy(document)
    del at(result, path[:-1])[path[-1]]
    return result


def renamed(document: Doc, path: Path, name: str) -> Doc:
    """A copy whose member at ``path`` has another name, its place kept."""
    result = copy.deepcopy(document)
    node = at(result, path[:-1])
    content = {name if key == path[-1] else key: node[key] for key in list(node)}
    node.clear()
    node.update(content)
    return result


def added(document: Doc, path: Path, name: str, value: Any) -> Doc:
    """A copy with one more member in the object at ``path``."""
    result = copy.deepcopy(document)
    at(result, path)[name] = value
    return result


def changed(value: Any) -> Any:
    """Another value of the same kind as this scalar."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return _next_character(value)
    return "x"


def _next_character(text: str) -> str:
    for index in range(len(text) - 1, -1, -1):
        if text[index].isdigit():
            return text[:index] + str((int(text[index]) + 1) % 10) + text[index + 1 :]
    return text[:-1] + ("y" if text[-1:] == "x" else "x")


def respelled(text: str) -> Iterator[tuple[str, str]]:
    """The same text to a careless reader: case, spaces, marks that are not seen."""
    if text.swapcase() != text:
        yield "case", text.swapcase()
    yield "space-after", text + " "
    yield "space-before", " " + text
    yield "newline-after", text + "\n"
    yield "zero-width", text[:1] + "\u200b" + text[1:]
    yield "nul-after", text + "\x00"
    if "a" in text:
        yield "homoglyph", text.replace("a", "\u0430", 1)


def label(path: Path) -> str:
    """A name for a case about ``path``."""
    return ".".join(str(step).lstrip("@") for step in path) or "root"


def mutations(document: Doc) -> Iterator[tuple[str, Doc]]:
    """Every single change of ``document`` that this module knows, named.

    Contexts are left alone: what happens to a context is a class of its own.
    """
    body = {name: value for name, value in document.items() if name != "@context"}
    for path, value in leaves(body):
        if "@context" not in path:
            yield f"leaf-{label(path)}", replaced(document, path, changed(value))
    for path in members(body):
        if "@context" not in path:
            yield f"removed-{label(path)}", removed(document, path)
            yield (
                f"renamed-{label(path)}",
                renamed(document, path, f"{path[-1]}X"),
            )
    for path in objects(body):
        if "@context" not in path:
            yield f"added-{label(path)}", added(document, path, "extra", "x")


def respellings(document: Doc) -> Iterator[tuple[str, Doc]]:
    """Every string of ``document`` spelled in another way, one at a time."""
    body = {name: value for name, value in document.items() if name != "@context"}
    for path, value in leaves(body):
        if isinstance(value, str) and "@context" not in path:
            for kind, text in respelled(value):
                yield f"{kind}-{label(path)}", replaced(document, path, text)
