"""How hard the campaigns look, what of the tests is measured, and what is kept.

Campaigns and property tests look quickly in every run and for long in a soak. A test
marked ``campaign`` runs without coverage, which would double its time: it looks for
escapes, and the gates are held by the tests that name what they test. The cases of
official vectors that a passing test noted become properties of its report.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support import AGREED, SOAK

if TYPE_CHECKING:
    from collections.abc import Generator

# The machine that runs the tests is shared: a deadline would judge its neighbours.
settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak",
    settings.get_profile("ci"),
    derandomize=False,
    max_examples=SOAK * settings.get_profile("ci").max_examples,
)
settings.load_profile("soak" if os.environ.get("MEDID_SOAK") else "ci")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Hand what the test noted to its report, unless it fails."""
    AGREED.clear()
    yield
    item.user_properties.extend(AGREED)
