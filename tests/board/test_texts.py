"""What cannot be kept is refused before a database sees it; all else means nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.board import BoardRecord, Reason, found_board, texts
from medid.errors import ConfigurationError, MedidError
from tests.board.world import HOLDER, NOON, WHY, Board, application, claims

if TYPE_CHECKING:
    from medid.board import Outcome

LITERAL = [
    "'; DROP TABLE license; --",
    '" OR 1=1',
    "100%",
    "a_b",
    "a/b\\c",
    "=cmd|' /C calc'!A0",
    "Zoë 山田 \U0001f9d1",
    "%s %(x)s {0} :board ?",
    "\\'; SELECT pg_sleep(9); --",
]
SYSTEM = "https://elsewhere.example/id"


@pytest.mark.parametrize("text", LITERAL)
def test_a_text_is_kept_as_it_is_and_found_by_itself_only(
    board: Board, text: str
) -> None:
    given = text[:64]
    board.apply("35.1", name="Ada Rowe")
    board.apply(given, name=text, identifiers={SYSTEM: text})
    reason = Reason(actor=text, text=text, order_reference=text)
    made = board.change(given, "active", reason=reason)
    assert (made.number, made.latest.name) == (given, text)
    assert made.practitioner.identifiers == {SYSTEM: text}
    license_, events, _ = board.office.history(given)
    assert license_ == made
    assert events[-1].reason == reason
    assert [one.number for one in board.office.find(text)] == [given]
    assert [one.number for one in board.office.find("")] == sorted({"35.1", given})


@pytest.mark.parametrize("pattern", ["%", "_", "3_.1", "%5.1", "a%w", "ada_rowe", "/"])
def test_what_is_special_to_like_is_nothing_special(board: Board, pattern: str) -> None:
    board.apply("35.1")
    assert board.office.find(pattern) == []


def test_what_is_longer_than_any_name_is_not_found(board: Board) -> None:
    board.apply("35.1", name="x" * texts.MAX_NAME)
    assert len(board.office.find("x" * texts.MAX_NAME)) == 1
    for longer in ("x" * (texts.MAX_NAME + 1), "x" * 100_000):
        assert list(board.office.find(longer)) == []


def test_a_search_looks_at_numbers_from_their_start_and_at_names(board: Board) -> None:
    board.apply("35.1", name="Ada Rowe")
    board.apply("36.2", name="Bert Adams")
    board.change("35.1", name="Ada King")

    def numbers(text: str) -> list[str]:
        return [one.number for one in board.office.find(text)]

    assert numbers("35") == numbers("rowe") == numbers("KING") == ["35.1"]
    assert numbers("ada") == ["35.1", "36.2"]
    assert numbers("5.1") == numbers("\0") == numbers("\ud800") == []
    assert len(board.office.find("", limit=1)) == 1


# In Persian, Sinhala and Malayalam; each has a joiner that belongs to its spelling.
SPELLED = (
    "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    "\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d",
)


@pytest.mark.parametrize("name", SPELLED)
def test_a_name_in_any_script_is_kept_and_found(board: Board, name: str) -> None:
    assert board.apply("35.1", name=name).latest.name == name
    board.change("35.1", "active", reason=Reason(actor=name, text=name))
    board.apply("35.2")
    assert board.change("35.2", name=name).latest.name == name
    assert [one.number for one in board.office.find(name)] == ["35.1", "35.2"]
    # A number has none: two numbers would be one to every reader.
    refused = _refused_number(board, "35\u200d.1")
    assert refused.error is not None
    assert refused.error.path == "$.number"


def _refused_number(board: Board, number: str) -> Outcome:
    (outcome,) = board.office.apply([application(number)], reason=WHY)
    return outcome


@pytest.mark.parametrize(
    "text", ["\xf6zt\xfcrk", "\xd6ZT\xdcRK", "o\u0308ztu\u0308rk", "\u0431\u043e\u0433"]
)
def test_a_search_knows_small_and_capital_letters_of_all_scripts(
    sqlite_board: Board, text: str
) -> None:
    sqlite_board.apply("35.1", name="Ay\u015fe \xd6ZT\xdcRK \u0411\u043e\u0433")
    assert [one.number for one in sqlite_board.office.find(text)] == ["35.1"]


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_search_is_bounded(sqlite_board: Board, limit: int) -> None:
    with pytest.raises(ConfigurationError):
        sqlite_board.office.find("35", limit=limit)


UNKEPT = [
    pytest.param(text, id=name)
    for name, text in {
        "empty": "",
        "nul": "\0",
        "nul inside": "a\0b",
        "surrogate": "\ud800",
        "two lines": "a\nb",
        "terminal": "\x1b[2J",
        "right to left": "\u202eab",
        "1 MB": "x" * 1_000_000,
    }.items()
]


def _refused(board: Board, **wrong: Any) -> Outcome:
    given = application("35.1", name="Ada Rowe")
    (outcome,) = board.office.apply([replace(given, **wrong)], reason=WHY)
    assert outcome.license is None
    assert board.office.find("") == []
    return outcome


@pytest.mark.parametrize("text", UNKEPT)
@pytest.mark.parametrize("member", ["number", "name", "holder", "jurisdiction"])
def test_a_text_that_cannot_be_kept_is_refused(
    sqlite_board: Board, member: str, text: str
) -> None:
    if (member, text) == ("jurisdiction", ""):
        return  # the board's own
    error = _refused(sqlite_board, **{member: text}).error
    assert error is not None
    assert error.code in {"MALFORMED_VALUE_ERROR", "TOO_LARGE", "INVALID_DID"}
    assert "x" * 100 not in str(error)


@pytest.mark.parametrize("text", UNKEPT)
def test_an_identifier_that_cannot_be_kept_is_refused(board: Board, text: str) -> None:
    for wrong in ({text: "1"}, {SYSTEM: text}):
        error = _refused(board, identifiers=wrong).error
        assert error is not None
        assert error.code in {"MALFORMED_VALUE_ERROR", "TOO_LARGE"}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"identifiers": [SYSTEM]}, "MALFORMED_VALUE_ERROR"),
        ({"identifiers": {str(one): "1" for one in range(17)}}, "TOO_LARGE"),
        ({"identifiers": {"http://hl7.org/fhir/sid/us-npi": "1234567890"}}, None),
        ({"claims": {}}, None),
        ({"claims": []}, "MALFORMED_VALUE_ERROR"),
        ({"claims": claims(unknown=1)}, None),
        ({"claims": {"profession": "x" * 70_000}}, "TOO_LARGE"),
        ({"claims": claims(scope=float("nan"))}, None),
        ({"number": 35}, "MALFORMED_VALUE_ERROR"),
        ({"number": ["35"]}, "MALFORMED_VALUE_ERROR"),
        ({"number": " 35.1"}, "MALFORMED_VALUE_ERROR"),
        ({"number": "35.1 "}, "MALFORMED_VALUE_ERROR"),
        ({"name": None}, "MALFORMED_VALUE_ERROR"),
        ({"holder": 1}, "MALFORMED_VALUE_ERROR"),
        ({"issued_on": "1.7.2014"}, "MALFORMED_VALUE_ERROR"),
        ({"expires_on": "2013-01-01"}, "MALFORMED_VALUE_ERROR"),
        ({"expires_on": "2026-02-30"}, "MALFORMED_VALUE_ERROR"),
        ({"effective": NOON.plus(1)}, "CHANGE_NOT_ALLOWED"),
    ],
)
def test_an_application_that_could_not_be_issued_is_refused(
    sqlite_board: Board, wrong: Any, code: str | None
) -> None:
    error = _refused(sqlite_board, **wrong).error
    assert isinstance(error, MedidError)
    assert code in {None, error.code}


@pytest.mark.parametrize("text", UNKEPT)
def test_a_reason_that_cannot_be_kept_is_refused(
    sqlite_board: Board, text: str
) -> None:
    reasons = [Reason(actor=text)]
    if text:
        reasons.append(Reason(actor="a", order_reference=text))
    if text not in {"", "a\nb"}:
        reasons.append(Reason(actor="a", text=text))
    for reason in reasons:
        with pytest.raises(MedidError) as caught:
            sqlite_board.office.apply([application()], reason=reason)
        assert caught.value.code in {"MALFORMED_VALUE_ERROR", "TOO_LARGE"}


@pytest.mark.parametrize("text", [*UNKEPT, 35, None, ["35"]])
def test_a_change_of_what_cannot_be_kept_is_refused(
    sqlite_board: Board, text: Any
) -> None:
    sqlite_board.apply()
    assert sqlite_board.changed(text, "active").error is not None
    for outcome in sqlite_board.office.issue([text], sqlite_board.issuing, reason=WHY):
        assert outcome.error is not None
    if text is None:
        return
    for member in ("name", "holder"):
        outcome = sqlite_board.changed("35.1", "active", **{member: text})
        assert outcome.error is not None
    assert sqlite_board.office.license("35.1").latest.status == "pending"


def test_the_limits_of_texts_are_the_last_that_are_kept(board: Board) -> None:
    longest = {"number": "9" * 64, "name": "n" * 512}
    system = f"https://s.example/{'s' * 494}"
    made = board.apply(**longest, identifiers={system: "v" * 512})
    assert made.latest.name == longest["name"]
    reason = Reason(actor="a" * 256, text="t" * 4_096, order_reference="o" * 256)
    assert board.change(longest["number"], "active", reason=reason) is not None
    long: dict[str, Any]
    for name, most in (("number", 64), ("name", 512)):
        long = {name: "x" * (most + 1)}
        (outcome,) = board.office.apply([replace(application("1"), **long)], reason=WHY)
        assert outcome.error is not None
        assert outcome.error.code == "TOO_LARGE"


@given(st.text())
def test_what_is_asked_for_is_what_could_be_kept(text: str) -> None:
    try:
        texts.check_line(text, 10**9, "$")
    except MedidError:
        assert not text or not texts.askable(text)
    else:
        assert texts.askable(text)
        text.encode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"site": "http://board.example"},
        {"site": "https://board.example/"},
        {"site": "https://board.example/?q"},
        {"site": "https://board.example/#f"},
        {"site": ""},
        # From these no verifier fetches a list, and the site stands in all credentials.
        {"site": "https://127.0.0.1"},
        {"site": "https://board"},
        {"site": "https://clerk@board.example"},
        {"site": "https://board.example:99999"},
        {"site": "https://board.example/a\\b"},
        {"did": "board"},
        {"did": "did:x"},
        {"did": "\0"},
        {"name": ""},
        {"name": "a\nb"},
        {"jurisdiction": "\0"},
        {"jurisdiction": ""},
        {"jurisdiction": "Ohio"},
        {"jurisdiction": "us-oh"},
    ],
)
def test_a_board_that_could_not_sign_or_publish_is_refused(
    sqlite_board: Board, wrong: dict[str, str]
) -> None:
    given = {"did": HOLDER, "name": "B", "site": "https://b.example", **wrong}
    record = BoardRecord(**{"jurisdiction": "US-OH", **given})
    with pytest.raises(MedidError) as caught:
        found_board(sqlite_board.register, record)
    assert caught.value.code != "REGISTER_UNAVAILABLE"
