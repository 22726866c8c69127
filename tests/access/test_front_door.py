"""``import medid``: the names that stay, and nothing loaded before it is used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import medid


@pytest.mark.parametrize("name", medid.__all__)
def test_every_public_name_is_there(name: str) -> None:
    found = medid.__getattr__(name)

    assert getattr(medid, name) == found
    assert name in dir(medid)
    if name != "__version__":
        assert found is getattr(import_module(medid._HOMES[name]), name)


def test_the_list_of_names_and_their_homes_agree() -> None:
    assert {*medid._HOMES, "__version__"} == set(medid.__all__)


def test_there_are_no_other_names() -> None:
    with pytest.raises(AttributeError):
        medid.__getattr__("AcessVerifier")


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, medid; "
        "print([n for n in ('pyld', 'httpx', 'cryptography', 'medid.access') "
        "if n in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, timeout=60
    )

    assert told.stdout.strip() == b"[]"
