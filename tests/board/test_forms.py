"""What is checked as a form is what the whole check allows, to the byte."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.board import licensing
from medid.board.acts import Issuing, as_bytes
from medid.board.forms import MAX_FORMS, Forms
from medid.board.licensing import Statement
from medid.board.records import BoardRecord
from medid.board.workshop import Bench
from medid.core import json as strict_json
from medid.core.instant import Instant
from medid.errors import ConfigurationError, MedidError, ProofGenerationError
from medid.health import contexts
from medid.issuing import Controller, issue
from medid.issuing.credential import checked
from medid.keys import KeyKind, PrivateKey
from tests.board.world import HOLDER, PROFESSION

if TYPE_CHECKING:
    from medid.core.json import JsonObject

WHO = Controller.did_key(PrivateKey(KeyKind.ED25519, bytes(32)))
BOARD = BoardRecord(
    did=WHO.did, name="Board", site="https://board.example", jurisdiction="US-OH"
)
NPI = "http://hl7.org/fhir/sid/us-npi"
OTHER = "https://n.example"
ID = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c11"
CLAIMS = strict_json.dumps({"profession": [dict(PROFESSION)]})
GOOD = Statement(
    number="35.1",
    jurisdiction="US-OH",
    status="active",
    since="2014-07-15T00:00:00Z",
    claims=CLAIMS,
    issued_on="2014-07-01",
    expires_on="2030-06-30",
    holder=HOLDER,
    identifiers=((NPI, "1234567893"), (OTHER, "A-1")),
    id=ID,
    valid_from="2026-03-02T12:00:00.5Z",
    valid_until="2030-07-01T00:00:00Z",
    list_number=1,
    position=7,
)
_DAYS = ["2014-07-01", "2030-06-30", "2030-02-30", "2023-02-29", "x", "", "9999-12-31"]
_TIMES = [f"{day}T{at}" for day in _DAYS for at in ("00:00:00Z", "12:00:00.000001Z")]
_TIMES += ["2026-01-01T24:00:00Z", "2026-01-01T00:00:00+01:00", "2026-01-01"]
_ODD = ["", " ", "a b", "=1+1", "é", "\n", '"', "\\", "\ud800", "x" * 70, "\u202e"]
# For each blank: what it may hold, right or wrong.
BLANKS: dict[str, list[Any]] = {
    "number": ["7", "A/9-b.c", "-1", "1-", *_ODD],
    "since": _TIMES,
    "issued_on": [None, *_DAYS],
    "expires_on": [None, *_DAYS],
    "holder": [
        *("did:key:z6Mk", "did:web:a.example", "did:web:a.example:u", "did:KEY:x"),
        *("did:key:", "did:key:a#b", "urn:x", WHO.did, *_ODD),
    ],
    "identifiers": [
        (),
        ((NPI, "1234567892"), (OTHER, "A-1")),
        *(((NPI, "1234567893"), (OTHER, one)) for one in ("1", *_ODD)),
    ],
    "id": [ID.replace("5", "6"), "urn:uuid:x", "x", ""],
    "valid_from": _TIMES,
    "valid_until": [None, *_TIMES],
    "position": [0, 131_071],
}


def full(one: Statement) -> JsonObject | str:
    """What the whole check makes of it, without a form."""
    try:
        made = licensing.unchecked(BOARD, one)
        return checked(made, WHO.did, contexts()).document
    except MedidError as error:
        return error.code


def by_form(one: Statement, forms: Forms) -> JsonObject | str:
    try:
        return forms.draft(BOARD, one)
    except MedidError as error:
        return error.code


def forms() -> Forms:
    made = Forms(partial(checked, issuer=WHO.did, contexts=contexts()))
    assert not isinstance(by_form(GOOD, made), str)
    return made


def test_each_blank_alone_is_judged_as_the_whole_draft_is() -> None:
    for name, values in BLANKS.items():
        for value in values:
            one = GOOD._replace(**{name: value})
            # The first of its form is checked in full, and the second by its blanks.
            known = forms()
            first = by_form(one._replace(number="35.2"), known)
            assert by_form(one, known) == full(one), (name, value, first)


@given(
    st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(values) for name, values in BLANKS.items()}
    )
)
def test_all_blanks_together_are_judged_as_the_whole_draft_is(
    changed: dict[str, Any],
) -> None:
    one = GOOD._replace(**changed)
    assert by_form(one, forms()) == full(one)


def test_a_form_fills_what_is_plain_and_checks_nothing_of_it_again() -> None:
    asked: list[JsonObject] = []
    counting = Forms(asked.append)
    for number in ("35.1", "35.2", "35.3"):
        one = GOOD._replace(number=number)
        assert counting.draft(BOARD, one) == licensing.unchecked(BOARD, one)
    assert len(asked) == 1
    # Whose blanks are not plain is checked itself, and is no form for others.
    for odd in ("a b", "a b"):
        counting.draft(BOARD, GOOD._replace(number=odd))
    assert len(asked) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "probation"},
        {"jurisdiction": "US-KY"},
        {"list_number": 2},
        {"claims": CLAIMS.replace("208D", "207Q")},
        {"issued_on": None},
        {"identifiers": ((OTHER, "A-1"),)},
    ],
)
def test_what_is_no_blank_is_another_form(changed: dict[str, Any]) -> None:
    asked: list[JsonObject] = []
    counting = Forms(asked.append)
    counting.draft(BOARD, GOOD)
    counting.draft(BOARD, GOOD._replace(**changed))
    assert len(asked) == 2


def test_what_claims_name_is_never_taken_for_a_blank() -> None:
    asked: list[JsonObject] = []
    counting = Forms(asked.append)
    for named in (HOLDER, ID, BOARD.site):
        claims = strict_json.dumps({"profession": [dict(PROFESSION)], "x": named})
        for _ in range(2):
            counting.draft(BOARD, GOOD._replace(claims=claims))
    for holder in (HOLDER, BOARD.did, BOARD.did):
        counting.draft(BOARD, GOOD._replace(holder=holder))
    assert len(asked) == 9


def test_forms_are_kept_up_to_a_bound() -> None:
    asked: list[JsonObject] = []
    counting = Forms(asked.append)
    for number in range(MAX_FORMS + 1):
        counting.draft(BOARD, GOOD._replace(list_number=1 + number))
    counting.draft(BOARD, GOOD)
    counting.draft(BOARD, GOOD._replace(list_number=1 + MAX_FORMS))
    assert len(asked) == MAX_FORMS + 2


@pytest.mark.parametrize("securing", ["eddsa-jcs-2022", "eddsa-rdfc-2022", "vc+jwt"])
def test_a_bench_signs_what_issue_signs(securing: str) -> None:
    bench = Bench(BOARD, Issuing(controller=WHO, securing=securing))
    some = [GOOD._replace(number=f"35.{one}") for one in range(3)]
    wrong = GOOD._replace(identifiers=((NPI, "1234567892"),))
    *signed, refused = bench.begin([*some, wrong])()
    for one, content in zip(some, signed, strict=True):
        draft = licensing.unchecked(BOARD, one)
        at = Instant.parse(str(one.valid_from))
        assert content == as_bytes(issue(draft, WHO, securing=securing, at=at))
    assert isinstance(refused, ProofGenerationError)
    assert "MALFORMED_VALUE_ERROR" in refused.message


def test_a_bench_signs_what_is_for_the_holder_alone() -> None:
    who = Controller.did_key(PrivateKey.generate(KeyKind.P256))
    board = BoardRecord(
        did=who.did, name="B", site="https://b.example", jurisdiction="US-OH"
    )
    bench = Bench(board, Issuing(controller=who, securing="ecdsa-sd-2023"))
    (content,) = bench.begin([GOOD])()
    assert isinstance(content, bytes)
    assert b"ecdsa-sd-2023" in content


def test_a_bench_is_for_the_boards_own_key_and_one_that_fits() -> None:
    other = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    with pytest.raises(ConfigurationError):
        Bench(BOARD, Issuing(controller=other))
    with pytest.raises(ConfigurationError):
        Bench(BOARD, Issuing(controller=WHO, securing="ecdsa-jcs-2019"))
