"""What the marks of an entity amount to, and what only could not be checked."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.evidence import Evidence
from medid.core.instant import Window
from medid.errors import EvidenceUnavailable, IssuerNotTrusted, MedidError
from medid.trust.federation import chains
from medid.trust.federation.accrediting import accredited
from medid.trust.federation.settings import Federation, MarkMeaning
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
    board: Entity, *, upper: Entity = TOP, without: str = "nothing"
) -> tuple[AcceptedBoard, ...]:
    """The entries of ``board``; what contains ``without`` is not at hand."""
    pages = published((board, upper), (MARKER, upper), (state, upper), (board, state))
    known = {url: page for url, page in pages.items() if without not in url}
    evidence = with_pages(Evidence(), known)
    return accredited(BOARD, FEDERATION, evidence, at=NOW, max_age=DAY)


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
