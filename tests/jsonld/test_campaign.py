"""Generated documents, byte for byte: medid and pyld, and pyoxigraph as a third.

An ordinary run compares some hundred documents; a soak compares a hundred thousand.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.jsonld import campaign, differences, peers


@pytest.mark.hypothesis  # `make soak` runs what has this mark
@pytest.mark.parametrize(("family", "seeds"), campaign.parts(200))
def test_all_say_the_same(family: str, seeds: range) -> None:
    size = len(seeds)
    checked: Counter[str] = Counter()
    loose: Counter[str] = Counter()
    third: Counter[str] = Counter()
    for made in campaign.documents(family, seeds):
        peer = peers.pyld(made.document)
        found = differences.verdicts(made, peer, differences.PYLD)
        assert differences.DIFFERENT not in found, made
        checked[found.checked] += 1
        loose[found.loose] += 1
        mine = campaign.checked(made)
        if mine.nquads is not None:
            third[differences.third(mine, peer)] += 1
            assert not third[differences.DIFFERENT], made
    equal = differences.EQUAL
    assert checked.total() == loose.total() == size > 0
    assert third.total() >= 0.85 * size, "most documents are accepted"
    assert checked[equal] >= 0.8 * size
    assert loose[equal] >= 0.9 * size
    assert third[equal] >= 0.9 * third.total()
