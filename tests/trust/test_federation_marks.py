"""Trust marks: by whom, about whom, until when, and on whose behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from medid.errors import (
    InvalidSignature,
    IssuerNotTrusted,
    MalformedProof,
    MalformedValue,
    MedidError,
)
from medid.trust.federation.chains import TrustChain, validate
from medid.trust.federation.marks import MAX_MARKS, marks_of, read_mark
from medid.trust.federation.marks import validate as validate_mark
from medid.trust.federation.statements import read_statement
from tests.trust.federations import (
    BOARD,
    ENDS,
    MADE,
    NOW,
    OTHER,
    STATE,
    TYPE,
    anchor,
    board,
    chain_of,
    entity,
    other,
    read,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Window
    from medid.keys import PublicKey

ISSUERS = {TYPE: [STATE]}
owner = entity("https://owner.example")


def chain(**top: Any) -> TrustChain:
    stated = {"trust_mark_issuers": ISSUERS, **top}
    tokens = chain_of(top=anchor.configuration(**stated))
    return validate(read(*tokens), anchor.anchor(), at=NOW)


def keys_of(name: str) -> Mapping[str, PublicKey]:
    known = {STATE: state, OTHER: other}
    if name not in known:
        raise IssuerNotTrusted("no chain")
    return {known[name].kid: known[name].key.public_key}


def check(token: str, found: TrustChain | None = None) -> Window:
    return validate_mark(read_mark(token), found or chain(), keys_of, at=NOW)


def test_a_mark_of_a_listed_issuer_counts() -> None:
    mark = read_mark(state.mark(BOARD))
    assert (mark.issuer, mark.subject, mark.type) == (STATE, BOARD, TYPE)
    assert check(state.mark(BOARD)) == mark.window
    assert check(state.mark(BOARD, exp=None)).end is None


@pytest.mark.parametrize(
    "token",
    [
        state.mark(OTHER),
        state.mark(BOARD, exp=NOW.seconds),
        state.mark(BOARD, iat=NOW.seconds + 1),
        state.mark(BOARD, nbf=NOW.seconds + 1),
        state.mark(BOARD, trust_mark_type="https://other.example/mark"),
        other.mark(BOARD),
        board.mark(BOARD),
    ],
    ids=lambda _token: "token",
)
def test_another_mark_does_not(token: str) -> None:
    with pytest.raises(IssuerNotTrusted):
        check(token)


@pytest.mark.parametrize("issuers", [None, {}, {TYPE: []}, {TYPE: [OTHER]}])
def test_an_issuer_whom_the_anchor_does_not_list_counts_for_nobody(
    issuers: Any,
) -> None:
    with pytest.raises(IssuerNotTrusted, match="does not list"):
        check(state.mark(BOARD), chain(trust_mark_issuers=issuers))


def test_a_listed_issuer_without_a_chain_of_its_own_counts_for_nobody() -> None:
    stranger = entity("https://stranger.example")
    listed = chain(trust_mark_issuers={TYPE: [stranger.name]})
    with pytest.raises(IssuerNotTrusted, match="no chain"):
        check(stranger.mark(BOARD), listed)


def test_a_forged_mark_is_refused() -> None:
    impostor = entity(STATE)
    with pytest.raises(InvalidSignature):
        check(impostor.mark(BOARD))


@pytest.mark.parametrize("header", [{"typ": "entity-statement+jwt"}, {"typ": None}])
def test_a_mark_says_that_it_is_one(header: dict[str, Any]) -> None:
    with pytest.raises(MalformedProof):
        read_mark(state.mark(BOARD, header))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"sub": "board"},
        {"trust_mark_type": None},
        {"iat": None},
        {"exp": MADE},
        {"delegation": 1},
    ],
)
def test_a_mark_that_is_not_of_its_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedValue):
        read_mark(state.mark(BOARD, **changes))


# On behalf of an owner.

OWNERS = {TYPE: {"sub": owner.name, "jwks": owner.jwks}}


def delegation(header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {
        "iss": owner.name,
        "sub": STATE,
        "trust_mark_type": TYPE,
        "iat": MADE,
        "exp": ENDS,
    }
    head = {"typ": "trust-mark-delegation+jwt", **(header or {})}
    return owner.sign({**claims, **changes}, **head)


def test_a_mark_that_somebody_owns_needs_the_owners_word() -> None:
    owned = chain(trust_mark_owners=OWNERS)
    check(state.mark(BOARD, delegation=delegation()), owned)
    check(state.mark(BOARD, delegation=delegation(exp=None)), owned)
    with pytest.raises(IssuerNotTrusted, match="word of their owner"):
        check(state.mark(BOARD), owned)
    with pytest.raises(IssuerNotTrusted, match="names no owner"):
        check(state.mark(BOARD, delegation=delegation()))


@pytest.mark.parametrize(("ends", "until"), [(60, 60), (None, 3_600), (7_200, 3_600)])
def test_a_mark_counts_no_longer_than_its_owner_lets_it(
    ends: int | None, until: int
) -> None:
    word = delegation(exp=None if ends is None else NOW.seconds + ends)
    mark = state.mark(BOARD, delegation=word, exp=NOW.seconds + 3_600)
    assert check(mark, chain(trust_mark_owners=OWNERS)).end == NOW.plus(until)


@pytest.mark.parametrize(
    "token",
    [
        delegation({"typ": "trust-mark+jwt"}),
        delegation(iss=STATE),
        delegation(sub=OTHER),
        delegation(trust_mark_type="other"),
        delegation(exp=NOW.seconds),
        delegation(iat=NOW.seconds + 1),
        delegation({"kid": "other"}),
        "none",
    ],
    ids=lambda _token: "token",
)
def test_a_delegation_for_something_else_is_refused(token: str) -> None:
    with pytest.raises(MedidError):
        check(state.mark(BOARD, delegation=token), chain(trust_mark_owners=OWNERS))


# In the configuration of the entity.


def listed(*marks: Any) -> Any:
    return read_statement(board.configuration(trust_marks=[*marks]))


def test_the_marks_of_an_entity_are_read() -> None:
    entry = {"trust_mark_type": TYPE, "trust_mark": state.mark(BOARD)}
    (found,) = marks_of(listed(entry))
    assert found.type == found.read().type == TYPE
    assert marks_of(read_statement(board.configuration())) == ()


@pytest.mark.parametrize(
    "marks",
    [
        ["none"],
        [{"trust_mark_type": "other", "trust_mark": state.mark(BOARD)}],
        [{"trust_mark": state.mark(BOARD)}],
        [{"trust_mark_type": TYPE}],
    ],
)
def test_marks_that_are_not_of_their_form_are_refused(marks: Any) -> None:
    with pytest.raises(MalformedValue):
        [one.read() for one in marks_of(listed(*marks))]


def test_an_entity_has_so_many_marks_and_no_more() -> None:
    entry = {"trust_mark_type": TYPE, "trust_mark": state.mark(BOARD)}
    assert len(marks_of(listed(*[entry] * MAX_MARKS))) == MAX_MARKS
    with pytest.raises(MalformedValue, match="at most"):
        marks_of(listed(*[entry] * (MAX_MARKS + 1)))
