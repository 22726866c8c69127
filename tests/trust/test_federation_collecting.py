"""What has to be fetched for a chain, and which chains are found in it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from medid.core.evidence import Evidence
from medid.errors import (
    EvidenceUnavailable,
    FetchFailed,
    IssuerNotTrusted,
    MedidError,
)
from medid.trust.federation.collecting import MAX_ENTITIES, find, keys_of, needs
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

PAGES = published(*LINKS)
NOTHING = Evidence()
ANCHORS = [anchor.anchor()]


def gathered(name: str, pages: dict[str, str], rounds: int = 3) -> Evidence:
    evidence = NOTHING
    for _ in range(rounds):
        wanted = needs(name, ANCHORS, evidence)
        assert not {one.url for one in wanted} & set(evidence.answers)
        answers = {one.url: pages[one.url] for one in wanted if one.url in pages}
        missing = [one.url for one in wanted if one.url not in pages]
        evidence = with_pages(evidence, answers).with_answers(
            (url, FetchFailed("not there")) for url in missing
        )
    return evidence


def test_three_rounds_find_a_chain_with_one_intermediate() -> None:
    assert {one.url for one in needs(BOARD, ANCHORS, NOTHING)} == {
        configuration_url(BOARD),
        configuration_url(ANCHOR),
    }
    for name, rounds in ((BOARD, 3), (OTHER, 2), (ANCHOR, 1)):
        evidence = gathered(name, PAGES, rounds)
        assert needs(name, ANCHORS, evidence) == []
        found = find(name, anchor.anchor(), evidence, at=NOW)
        assert (found.subject, found.entities[-1]) == (name, ANCHOR)
    keys = keys_of(STATE, anchor.anchor(), gathered(STATE, PAGES), at=NOW)
    assert dict(keys) == {state.kid: state.key.public_key}


def test_an_anchor_whose_own_statement_is_over_is_no_anchor() -> None:
    evidence = gathered(ANCHOR, PAGES)
    with pytest.raises(IssuerNotTrusted, match="does not hold"):
        find(ANCHOR, anchor.anchor(), evidence, at=NOW.plus(10**6))


def test_only_statements_are_asked_for() -> None:
    for one in needs(BOARD, ANCHORS, NOTHING):
        assert (one.kind, one.accept) == (
            "entity-statement",
            "application/entity-statement+jwt",
        )


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
    found = find(BOARD, anchor.anchor(), gathered(BOARD, stale), at=NOW)
    assert found.entities == (BOARD, STATE, ANCHOR)
    first = find(BOARD, anchor.anchor(), gathered(BOARD, pages), at=NOW)
    assert first.entities == (BOARD, expired.name, ANCHOR)
    gone = {one: page for one, page in pages.items() if one != url}
    found = find(BOARD, anchor.anchor(), gathered(BOARD, gone), at=NOW)
    assert found.entities == (BOARD, STATE, ANCHOR)


@pytest.mark.parametrize("url", sorted(published((board, state), (state, anchor))))
def test_without_any_of_its_statements_there_is_no_chain(url: str) -> None:
    pages = {one: page for one, page in PAGES.items() if one != url}
    with pytest.raises(MedidError):
        find(BOARD, anchor.anchor(), gathered(BOARD, pages), at=NOW)
    unknown = with_pages(NOTHING, pages)
    with pytest.raises(EvidenceUnavailable):
        find(BOARD, anchor.anchor(), unknown, at=NOW)
    # Nor with somebody else's in its place.
    swapped = {**PAGES, url: other.configuration()}
    with pytest.raises(MedidError):
        find(BOARD, anchor.anchor(), gathered(BOARD, swapped), at=NOW)


def test_who_names_no_superior_has_no_chain() -> None:
    lonely = entity("https://lonely.example")
    pages = {**PAGES, configuration_url(lonely.name): lonely.configuration()}
    with pytest.raises(IssuerNotTrusted, match="upwards"):
        find(lonely.name, anchor.anchor(), gathered(lonely.name, pages), at=NOW)


def test_a_superior_without_a_fetch_endpoint_has_nobody_below() -> None:
    silent = entity(STATE, ANCHOR, metadata={})
    pages = {**PAGES, configuration_url(STATE): silent.configuration()}
    with pytest.raises(EvidenceUnavailable, match="nothing about"):
        find(BOARD, anchor.anchor(), gathered(BOARD, pages), at=NOW)


def test_loops_and_crowds_end() -> None:
    one = entity("https://one.example", "https://two.example")
    two = entity("https://two.example", "https://one.example")
    pages = {**PAGES, **published((one, two), (two, one))}
    with pytest.raises(MedidError):
        find(one.name, anchor.anchor(), gathered(one.name, pages, 9), at=NOW)
    names = [f"https://e{index}.example" for index in range(40)]
    row = [entity(*pair) for pair in pairwise([*names, ANCHOR])]
    links = [*zip(row, [*row[1:], anchor], strict=True)]
    pages = published(*links)
    evidence = gathered(names[0], pages, 50)
    assert len(evidence.answers) <= 4 * MAX_ENTITIES
    with pytest.raises(MedidError):
        find(names[0], anchor.anchor(), with_pages(NOTHING, pages), at=NOW)


@pytest.mark.parametrize(
    "name", ["did:web:a.example", "http://a.example", "", "https://"]
)
def test_what_is_no_entity_is_not_fetched(name: str) -> None:
    found = needs(name, ANCHORS, NOTHING)
    assert [one.url for one in found] == [configuration_url(ANCHOR)]
    with pytest.raises(MedidError):
        find(name, anchor.anchor(), NOTHING, at=NOW)


def test_a_configuration_of_another_entity_is_not_taken_for_it() -> None:
    pages = {**PAGES, configuration_url(BOARD): other.configuration()}
    with pytest.raises(IssuerNotTrusted, match="not about this entity"):
        find(BOARD, anchor.anchor(), with_pages(NOTHING, pages), at=NOW)
