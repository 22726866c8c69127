"""The invariants of every target hold for its seeds and for changes of them.

The same changes in every run, and no search for new ones: ``make fuzz`` does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzz.table import TARGETS, mutants
from tests.fuzz.target import hold
from tests.support import examples

if TYPE_CHECKING:
    from tests.fuzz.target import Target

EACH = [pytest.param(target, id=name) for name, target in TARGETS.items()]


@pytest.mark.parametrize("target", EACH)
def test_every_seed_is_accepted(target: Target) -> None:
    """What is refused from the start would never get past the first gate."""
    seeds = target.seeds()
    assert seeds
    for number, seed in enumerate(seeds):
        target.read(seed)
        assert hold(target, seed), number


@pytest.mark.parametrize("target", EACH)
def test_whatever_is_changed_the_invariants_hold(target: Target) -> None:
    found = [hold(target, data) for data in mutants(target, examples(60))]
    assert not all(found), "no change reached a refusal"
