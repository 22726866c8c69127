"""How hard the property tests look: quickly in every run, for long in a soak."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.support import SOAK

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
