"""What once broke a reader is read, or refused, as any other input."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.table import TARGETS
from tests.fuzz.target import hold

FOUND = sorted((Path(__file__).parent / "found").glob("*.txt"))


def content(file: Path) -> bytes:
    lines = file.read_text("ascii").splitlines()
    assert lines[0].startswith("# "), "a file says what was wrong"
    return bytes.fromhex("".join(one for one in lines if not one.startswith("#")))


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.stem)
def test_what_once_broke_is_mended(file: Path) -> None:
    name = file.stem.partition("--")[0]
    data = content(file)
    assert data
    hold(TARGETS[name], data)
