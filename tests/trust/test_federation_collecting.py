"""Which chains are found in the statements at hand."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import pytest

from medid.core.evidence import Evidence
from medid.errors import (
    EvidenceUnavailable,
    IssuerNotTrusted,
    MedidError,
)
from medid.trust.federation import collecting
from medid.trust.federation.chains import MAX_CHAIN
from medid.trust.federation.collecting import configuration_of, find, need_of
from medid.trust.federation.statements import configuration_url
from tests.trust.federations import (
    ANCHOR,
    BOARD,
    LINKS,
    NOW,
    OTHER,
    STATE,
    anchor,
    board,
    entity,
    other,
    published,
    state,
    with_pages,
)

if TYPE_CHECKING:
    from medid.trust.federation.statements import EntityStatement

PAGES = published(*LINKS)
NOTHING = Evidence()


def at_hand(pages: dict[str, str]) -> Evidence:
    return with_pages(NOTHING, pages)


def test_a_chain_is_found_upwards_from_each_entity() -> None:
    evidence = at_hand(PAGES)
    for name, between in ((BOARD, (STATE,)), (OTHER, ()), (STATE, ())):
        found = find(name, anchor.anchor(), evidence, at=NOW)
        assert found.entities == (name, *between, ANCHOR)
    assert find(ANCHOR, anchor.anchor(), evidence, at=NOW).entities == (ANCHOR,)
    keys = find(STATE, anchor.anchor(), evidence, at=NOW).keys
    assert dict(keys) == {state.kid: state.key.public_key}


def test_a_statement_is_read_once_and_verified_each_time() -> None:
    evidence = at_hand(PAGES)
    assert configuration_of(BOARD, evidence) is configuration_of(BOARD, evidence)
    forger = entity(ANCHOR)  # another key under the same name
    for _ in range(2):
        assert find(BOARD, anchor.anchor(), evidence, at=NOW).subject == BOARD
        with pytest.raises(MedidError):
            find(BOARD, forger.anchor(), evidence, at=NOW)


def test_an_anchor_whose_own_statement_is_over_is_no_anchor() -> None:
    evidence = at_hand(PAGES)
    with pytest.raises(IssuerNotTrusted, match="does not hold"):
        find(ANCHOR, anchor.anchor(), evidence, at=NOW.plus(10**6))


def test_only_statements_are_asked_for() -> None:
    need = need_of(configuration_url(BOARD))
    assert need.kind == "entity-statement"
    assert need.accept == "application/entity-statement+jwt"


def test_of_two_ways_the_one_that_holds_is_found() -> None:
    expired = entity("https://expired.example", ANCHOR)
    both = entity(BOARD, expired.name, STATE)
    pages = published(
        (both, expired), (both, state), (expired, anchor), (state, anchor)
    )
    (url,) = (
        one for one in pages if "expired" in one and "sub=" in one and "board" in one
    )
    stale = {**pages, url: expired.about(both, exp=NOW.seconds)}
    found = find(BOARD, anchor.anchor(), at_hand(stale), at=NOW)
    assert found.entities == (BOARD, STATE, ANCHOR)
    first = find(BOARD, anchor.anchor(), at_hand(pages), at=NOW)
    assert first.entities == (BOARD, expired.name, ANCHOR)
    gone = {one: page for one, page in pages.items() if one != url}
    found = find(BOARD, anchor.anchor(), at_hand(gone), at=NOW)
    assert found.entities == (BOARD, STATE, ANCHOR)


@pytest.mark.parametrize("url", sorted(published((board, state), (state, anchor))))
def test_without_any_of_its_statements_there_is_no_chain(url: str) -> None:
    pages = {one: page for one, page in PAGES.items() if one != url}
    with pytest.raises(EvidenceUnavailable):
        find(BOARD, anchor.anchor(), at_hand(pages), at=NOW)
    # Nor with somebody else's in its place.
    swapped = {**PAGES, url: other.configuration()}
    with pytest.raises(MedidError):
        find(BOARD, anchor.anchor(), at_hand(swapped), at=NOW)


def test_who_names_no_superior_has_no_chain() -> None:
    lonely = entity("https://lonely.example")
    pages = {**PAGES, configuration_url(lonely.name): lonely.configuration()}
    with pytest.raises(IssuerNotTrusted, match="upwards"):
        find(lonely.name, anchor.anchor(), at_hand(pages), at=NOW)


def test_a_superior_without_a_fetch_endpoint_has_nobody_below() -> None:
    silent = entity(STATE, ANCHOR, metadata={})
    pages = {**PAGES, configuration_url(STATE): silent.configuration()}
    with pytest.raises(EvidenceUnavailable, match="nothing about"):
        find(BOARD, anchor.anchor(), at_hand(pages), at=NOW)


def test_loops_and_crowds_end() -> None:
    one = entity("https://one.example", "https://two.example")
    two = entity("https://two.example", "https://one.example")
    pages = {**PAGES, **published((one, two), (two, one))}
    with pytest.raises(MedidError):
        find(one.name, anchor.anchor(), at_hand(pages), at=NOW)
    names = [f"https://e{index}.example" for index in range(40)]
    row = [entity(*pair) for pair in pairwise([*names, ANCHOR])]
    links = [*zip(row, [*row[1:], anchor], strict=True)]
    pages = published(*links)
    with pytest.raises(MedidError):
        find(names[0], anchor.anchor(), at_hand(pages), at=NOW)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose configurations are looked at."""
    found: list[str] = []

    def counted(name: str, evidence: Evidence) -> EntityStatement:
        found.append(name)
        return configuration_of(name, evidence)

    monkeypatch.setattr(collecting, "configuration_of", counted)
    return found


def test_a_lattice_of_superiors_is_looked_at_in_part(asked: list[str]) -> None:
    """Each of four names the same four above: of ways there are ever more."""
    names = [[f"https://e{row}-{one}.example" for one in range(4)] for row in range(5)]
    rows = [[entity(name, *above) for name in row] for row, above in pairwise(names)]
    links = [
        (low, up) for lower, upper in pairwise(rows) for low in lower for up in upper
    ]
    with pytest.raises(MedidError):
        find(names[0][0], anchor.anchor(), at_hand(PAGES | published(*links)), at=NOW)
    assert len(asked) == len([names[0][0], ANCHOR]) + collecting.MAX_ENTITIES * 4


def test_nobody_is_looked_at_beyond_the_length_of_a_chain(asked: list[str]) -> None:
    names = [f"https://e{index}.example" for index in range(12)]
    row = [entity(*pair) for pair in pairwise([*names, ANCHOR])]
    pages = published(*zip(row, [*row[1:], anchor], strict=True))
    with pytest.raises(IssuerNotTrusted, match="upwards"):
        find(names[0], anchor.anchor(), at_hand(pages), at=NOW)
    # Two statements of the longest chain are configurations, at both its ends.
    assert asked == [names[0], ANCHOR, *names[1 : MAX_CHAIN - 1]]


def test_a_hint_that_leads_round_is_followed_no_further(asked: list[str]) -> None:
    one = entity("https://one.example", "https://two.example")
    two = entity("https://two.example", "https://one.example")
    pages = published((one, two), (two, one))
    with pytest.raises(IssuerNotTrusted, match="upwards"):
        find(one.name, anchor.anchor(), at_hand(PAGES | pages), at=NOW)
    assert asked == [one.name, ANCHOR, two.name, one.name]


@pytest.mark.parametrize(
    "name", ["did:web:a.example", "http://a.example", "", "https://"]
)
def test_what_is_no_entity_has_no_chain(name: str) -> None:
    with pytest.raises(MedidError):
        find(name, anchor.anchor(), NOTHING, at=NOW)


def test_a_configuration_of_another_entity_is_not_taken_for_it() -> None:
    # Nor is what somebody else says about the entity.
    for page in (other.configuration(), state.about(board)):
        evidence = at_hand({**PAGES, configuration_url(BOARD): page})
        with pytest.raises(IssuerNotTrusted, match="not about this entity"):
            configuration_of(BOARD, evidence)
        with pytest.raises(IssuerNotTrusted, match="not about this entity"):
            find(BOARD, anchor.anchor(), evidence, at=NOW)


def test_of_two_superiors_who_are_asked_the_one_that_is_silent_leaves_it_open() -> None:
    """In whatever order the entity names them."""
    away, wrong = "https://away.example", entity("https://wrong.example", ANCHOR)
    for hints in permutations((away, wrong.name)):
        lower = entity(BOARD, *hints)
        pages = published((lower, wrong), (wrong, anchor))
        (url,) = (one for one in pages if one.startswith(f"{wrong.fetch}?"))
        pages[url] = wrong.about(other)
        with pytest.raises(EvidenceUnavailable):
            find(BOARD, anchor.anchor(), at_hand(pages), at=NOW)
