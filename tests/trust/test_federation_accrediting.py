"""What the marks of an entity amount to, and what only could not be checked."""

from __future__ import annotations

from itertools import permutations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.evidence import Evidence
from medid.core.fetch import Fetched
from medid.core.instant import Window
from medid.core.records import replace
from medid.errors import (
    EvidenceUnavailable,
    HistoryUnknown,
    IssuerNotTrusted,
    MedidError,
)
from medid.trust.federation import chains
from medid.trust.federation.accrediting import (
    MAX_MARK_ISSUERS,
    accredited,
    is_confirmed,
    needs,
    silence,
)
from medid.trust.federation.settings import Federation, MarkMeaning
from medid.trust.federation.statements import (
    configuration_url,
    fetch_url,
    read_statement,
)
from tests.trust.federations import (
    ANCHOR,
    BOARD,
    ENDS,
    MADE,
    NOW,
    OTHER,
    STATE,
    TYPE,
    Entity,
    anchor,
    entity,
    published,
    state,
    with_pages,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.trust.boards import AcceptedBoard

MARKER = entity("https://marks.example", ANCHOR)
OWNER = entity("https://owner.example")
DAY = 86_400


def top(**claims: Any) -> Entity:
    """The anchor, which lists whose marks count."""
    found = entity(ANCHOR, trust_mark_issuers={TYPE: [ANCHOR, MARKER.name]}, **claims)
    found.key = anchor.key
    return found


TOP = top()
MEANING = MarkMeaning(
    type=TYPE, credential_types=("A",), jurisdictions=("US-OH",), professions=("RN",)
)
FEDERATION = Federation(
    anchor=TOP.anchor(),
    intermediates=(STATE,),
    entity_type="openid_credential_issuer",
    meanings=(MEANING,),
    window=Window(),
)


def board_of(*marks: str, **claims: Any) -> Entity:
    listed = [{"trust_mark_type": TYPE, "trust_mark": one} for one in marks]
    return entity(BOARD, ANCHOR, trust_marks=listed, **claims)


def judged(
    board: Entity,
    *,
    upper: Entity = TOP,
    without: str = "nothing",
    federation: Federation = FEDERATION,
    max_age: int = DAY,
    changed: Mapping[str, str] = MappingProxyType({}),
) -> tuple[AcceptedBoard, ...]:
    """The entries of ``board``; what contains ``without`` is not at hand."""
    pages = published((board, upper), (MARKER, upper), (state, upper), (board, state))
    pages.update(changed)
    known = {url: page for url, page in pages.items() if without not in url}
    evidence = with_pages(Evidence(), known)
    return accredited(BOARD, federation, evidence, at=NOW, max_age=max_age)


def stated(upper: Entity, lower: Entity) -> str:
    found = fetch_url(read_statement(upper.configuration()), lower.name)
    assert found is not None
    return found


def test_an_entry_ends_with_the_word_of_the_owner_of_the_mark() -> None:
    word = OWNER.sign(
        {
            "iss": OWNER.name,
            "sub": MARKER.name,
            "trust_mark_type": TYPE,
            "iat": MADE,
            "exp": NOW.seconds + 60,
        },
        typ="trust-mark-delegation+jwt",
    )
    owned = top(trust_mark_owners={TYPE: {"sub": OWNER.name, "jwks": OWNER.jwks}})
    mark = MARKER.mark(BOARD, delegation=word)
    (found,) = judged(board_of(mark), upper=owned)
    assert found.window.end == NOW.plus(60)
    (plain,) = judged(board_of(MARKER.mark(BOARD)))
    assert plain.window.end == NOW.plus(ENDS - NOW.seconds)


def test_an_entry_ends_with_the_first_of_what_it_stands_on() -> None:
    soon = NOW.seconds + 60
    board = board_of(MARKER.mark(BOARD))
    closing = replace(FEDERATION, window=Window(None, NOW.plus(60)))
    shorter = {
        stated(TOP, board): TOP.about(board, exp=soon),
        stated(TOP, MARKER): TOP.about(MARKER, exp=soon),
        configuration_url(ANCHOR): TOP.configuration(exp=soon),
        configuration_url(MARKER.name): MARKER.configuration(exp=soon),
    }
    cases = [
        judged(board_of(MARKER.mark(BOARD, exp=soon))),
        judged(board_of(MARKER.mark(BOARD), exp=soon)),
        *(judged(board, changed={url: page}) for url, page in shorter.items()),
        judged(board, federation=closing),
        judged(board, max_age=60),
    ]
    assert [[one.window.end for one in found] for found in cases] == [
        [NOW.plus(60)]
    ] * len(cases)


@pytest.mark.parametrize("window", [Window(None, NOW), Window(NOW.plus(1), None)])
def test_a_federation_that_is_not_in_force_accredits_nobody(window: Window) -> None:
    out = replace(FEDERATION, window=window)
    with pytest.raises(IssuerNotTrusted, match="entry is not in force"):
        judged(board_of(MARKER.mark(BOARD)), federation=out)


def test_an_issuer_of_marks_that_cannot_be_asked_for_keeps_out_no_other() -> None:
    listed = [
        "https://192.0.2.1",
        MARKER.name,
        *(f"https://m{n}.example" for n in range(9)),
    ]
    many = top()
    many.claims["trust_mark_issuers"] = {TYPE: listed}
    board = board_of(MARKER.mark(BOARD))
    assert judged(board, upper=many)
    evidence = with_pages(Evidence(), published((board, many)))
    wanted = {one.url for one in needs(BOARD, FEDERATION, evidence, at=NOW)}
    about = [one for one in wanted if one.startswith(f"{many.fetch}?")]
    assert stated(many, MARKER) in about
    assert len(about) == len([BOARD, STATE]) + MAX_MARK_ISSUERS
    assert not [one for one in wanted if "192.0.2.1" in one]


NO = {
    "over": MARKER.mark(BOARD, exp=NOW.seconds),
    "unlisted": state.mark(BOARD),
    "forged": entity(ANCHOR).mark(BOARD),
}


@pytest.mark.parametrize("name", NO)
def test_a_mark_that_does_not_count_settles_no_other(name: str) -> None:
    """Its issuer's chain is out of reach: in no order is that a refusal."""
    for marks in permutations([MARKER.mark(BOARD), NO[name]]):
        with pytest.raises(EvidenceUnavailable):
            judged(board_of(*marks), without="marks.example")
        assert len(judged(board_of(*marks))) == 1
    with pytest.raises(MedidError) as refused:
        judged(board_of(NO[name]), without="marks.example")
    assert not isinstance(refused.value, EvidenceUnavailable)


def test_nobody_waits_for_who_may_not_issue_the_mark() -> None:
    unlisted = entity(OTHER, ANCHOR).mark(BOARD)
    with pytest.raises(IssuerNotTrusted, match="does not list"):
        judged(board_of(unlisted))


def test_many_marks_cost_no_more_chains_than_they_have_issuers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judgements: list[str] = []
    validate = chains.validate

    def counted(statements: Any, *args: Any, **more: Any) -> Any:
        judgements.append(statements[0].subject)
        return validate(statements, *args, **more)

    monkeypatch.setattr(chains, "validate", counted)
    marks = [MARKER.mark(BOARD), TOP.mark(BOARD)] * 16
    assert len(judged(board_of(*marks))) == 32
    assert sorted(judgements) == sorted([BOARD, MARKER.name, ANCHOR])
    judgements.clear()
    board = board_of()
    own = [board.mark(BOARD)] * 32
    board.claims["trust_marks"] = [
        {"trust_mark_type": TYPE, "trust_mark": one} for one in own
    ]
    with pytest.raises(IssuerNotTrusted):
        judged(board)
    assert judgements == [BOARD]
    judgements.clear()
    # One superior that is named many times is one way.
    over = board_of(authority_hints=[STATE] * 16, exp=NOW.seconds)
    with pytest.raises(IssuerNotTrusted):
        judged(over)
    assert judgements == [BOARD]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"iat": NOW.seconds + 1}, False),
        ({"exp": NOW.seconds}, False),
        ({"nbf": NOW.seconds + 1}, False),
        ({"sub": OTHER}, False),
    ],
)
def test_who_is_below_at_the_time_asked_is_confirmed(
    changes: dict[str, Any], expected: bool
) -> None:
    """From the host of whoever is not, nothing is fetched."""
    board = board_of()
    pages = published((board, TOP))
    pages[stated(TOP, board)] = TOP.about(board, **changes)
    evidence = with_pages(Evidence(), pages)
    assert is_confirmed(BOARD, FEDERATION, evidence, at=NOW) is expected
    wanted = {one.url for one in needs(BOARD, FEDERATION, evidence, at=NOW)}
    assert (configuration_url(BOARD) in wanted) is expected


def test_nobody_is_asked_about_himself() -> None:
    evidence = with_pages(Evidence(), published((state, TOP)))
    wanted = {one.url for one in needs(STATE, FEDERATION, evidence, at=NOW)}
    assert stated(TOP, state) in wanted
    assert stated(state, state) not in wanted


@pytest.mark.parametrize("late", ["board", "anchor", "statement", "none"])
def test_a_no_that_was_learnt_later_is_none_of_then(late: str) -> None:
    board = board_of()
    then = NOW.plus(-1_800)
    pages = {
        "board": (configuration_url(BOARD), board.configuration()),
        "anchor": (configuration_url(ANCHOR), TOP.configuration()),
        "statement": (stated(TOP, board), TOP.about(board)),
    }
    evidence = Evidence().with_answers(
        (url, Fetched.of(url, text.encode(), fetched_at=NOW if late == name else then))
        for name, (url, text) in pages.items()
    )
    refusal = IssuerNotTrusted("no trust mark")
    found = silence(BOARD, FEDERATION, evidence, at=then, error=refusal)
    assert isinstance(found, HistoryUnknown) is (late != "none")
