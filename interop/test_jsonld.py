"""npm's jsonld says the same of generated documents, byte for byte.

The documents are those of ``tests.jsonld.campaign``: some hundred in an ordinary run,
a hundred thousand in a soak.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from interop.peers import lines
from medid.jsonld.bundle import BUNDLED
from tests.jsonld import campaign, differences

if TYPE_CHECKING:
    from collections.abc import Iterable


def _answers(documents: Iterable[campaign.Made]) -> list[campaign.Answer]:
    store = campaign.contexts_store()
    contexts = {url: dict(store.get(url)) for url in [*BUNDLED, *store.registered]}
    settings = {"base": campaign.BASE, "contexts": contexts}
    stated = [json.dumps(made.document) for made in documents]
    found = lines("jsonld-oracle.mjs", [json.dumps(settings), *stated])
    return [campaign.Answer(one.get("nquads"), one.get("error", "")) for one in found]


@pytest.mark.parametrize(("family", "seeds"), campaign.parts(1200))
def test_all_say_the_same(family: str, seeds: range) -> None:
    documents = list(campaign.documents(family, seeds))
    checked: Counter[str] = Counter()
    loose: Counter[str] = Counter()
    for made, peer in zip(documents, _answers(documents), strict=True):
        found = differences.verdicts(made, peer, differences.JSONLD_JS)
        assert differences.DIFFERENT not in found, (made, peer)
        checked[found.checked] += 1
        loose[found.loose] += 1
    assert checked.total() == len(seeds) > 0
    assert checked[differences.EQUAL] >= 0.85 * len(seeds), "most are accepted"
    assert loose[differences.EQUAL] >= 0.95 * len(seeds)


def test_the_oracle_itself_sees_a_difference() -> None:
    made = next(campaign.documents("credentials", range(1)))
    changed = made._replace(document={**made.document, "id": "urn:another"})
    one, other = _answers([made, changed])
    assert one.nquads is not None
    assert one != other
