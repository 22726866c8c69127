"""What several test rooms share: vectors and what came of them, patience, commands."""

from __future__ import annotations

import functools
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Case = TypeVar("Case")

# How many times as many examples a soak tries as an ordinary run.
SOAK = 10

# Of the test that runs: which cases of which set came out as the set says.
AGREED: list[tuple[str, str]] = []

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "vectors"


def vectors(name: str) -> Path:
    """The folder or file ``name`` of the official vectors; skips where there is none.

    The vectors are data of others and no part of this project. ``MEDID_VECTORS``
    names the folder that holds them. Continuous integration has them all, so a
    missing set fails there instead of skipping.
    """
    root = Path(os.environ.get("MEDID_VECTORS", _BESIDE))
    found = root / name
    if found.exists():
        return found
    reason = f"official vectors {name!r} are absent (set MEDID_VECTORS)"
    if os.environ.get("CI") and root.exists():
        pytest.fail(reason)
    pytest.skip(reason)


def agreed(name: str, *cases: object) -> None:
    """Note that these cases of the set ``name`` came out as the set says.

    Where the test passes, ``python -m tools.conformance`` counts them: each once, and
    a file of intermediate values where it was compared.
    """
    AGREED.extend((name, str(case)) for case in cases)


def examples(ordinary: int) -> int:
    """How many examples a property test tries: ``ordinary``, and more in a soak."""
    return ordinary * SOAK if os.environ.get("MEDID_SOAK") else ordinary


def each(cases: Mapping[str, Case], check: Callable[[Case], None]) -> None:
    """Check every one of ``cases``; all that are wrong are told, each by its name.

    For cases that take less time than a test does by itself.
    """
    assert cases, "there is no case"
    wrong: list[BaseException] = []
    for name, case in cases.items():
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - all
            error.add_note(f"case: {name}")
            wrong.append(error)
    if wrong:
        message = f"{len(wrong)} of {len(cases)} cases are wrong"
        raise BaseExceptionGroup(message, wrong)


def sha256(data: bytes) -> bytes:
    """The digest, in short."""
    return hashlib.sha256(data).digest()


@functools.cache
def _tree() -> Any:
    import typer

    from medid.cli import commands

    return typer.main.get_command(commands.tree())


@contextmanager
def one_command_tree() -> Iterator[None]:
    """Build the tree of commands once: typer builds it anew for each call."""
    from medid.cli import commands

    whole = _tree()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "tree", lambda _argv: whole)
        yield
