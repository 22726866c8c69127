"""What the attack tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import one_command_tree

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def _commands() -> Iterator[None]:
    with one_command_tree():
        yield
