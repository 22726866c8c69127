"""What the tests of the guards leave behind when they end: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.adapters.guards.support import runner

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop() -> Iterator[None]:
    yield
    runner().close()
