"""What a docstring shows is what happens."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import medid

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(medid.__path__, "medid.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", ["medid", *MODULES])
def test_the_examples_of_a_module_hold(name: str) -> None:
    result = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.ELLIPSIS, report=False
    )
    assert result.failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    shown = [
        test
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
        if test.examples
    ]
    assert len(shown) >= 5
