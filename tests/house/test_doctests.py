"""What a docstring shows is what happens."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import medid

ROOT = Path(medid.__file__).parent


def name(file: Path) -> str:
    parts = ("medid", *file.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


EVERY = sorted(ROOT.rglob("*.py"))
# Where no prompt is written nothing is shown: looking for it takes longer than this.
MODULES = [name(file) for file in EVERY if ">>>" in file.read_text("utf-8")]


def test_every_module_loads() -> None:
    assert [importlib.import_module(name(file)).__name__ for file in EVERY] == [
        name(file) for file in EVERY
    ]


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_hold(module: str) -> None:
    result = doctest.testmod(
        importlib.import_module(module), optionflags=doctest.ELLIPSIS, report=False
    )
    assert result.failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    shown = [
        test
        for module in MODULES
        for test in finder.find(importlib.import_module(module))
        if test.examples
    ]
    assert len(shown) >= 5
