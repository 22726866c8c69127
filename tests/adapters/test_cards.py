"""Cards on paper: drawn as PDF, and read again by others' readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
import zxingcpp

from medid.adapters import cards
from medid.board import Issuing
from medid.board.cards import MAX_CARDS, Card, card
from medid.core.records import replace
from medid.errors import ConfigurationError, MissingExtra, NotInRegister
from medid.verifying.verifier import Verifier
from tests.board.conftest import empty_file, opened, sqlite_board, sqlite_url
from tests.board.world import DAY, WHY, Board

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["empty_file", "opened", "sqlite_board", "sqlite_url"]

# Of Debian; where it is not, the letters it has are not tried.
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
CARD = Card(
    board="State Medical Board",
    number="35.123456",
    name="Ada Rowe",
    jurisdiction="US-OH",
    status="active",
    ends="2027-06-30",
    url="https://board.example/index.html#35.123456",
)


_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read(content: bytes) -> list[tuple[str, list[str]]]:
    """The text of each page, and what its codes say, as a scan of paper has them."""
    document = pypdfium2.PdfDocument(content)
    try:
        found = []
        for page in document:
            scan = page.render(scale=200 / 72).to_pil().convert("L")
            # Else the noise of a code is read as a bar code of another kind, at times.
            codes = zxingcpp.read_barcodes(scan, formats=_QR)
            text = page.get_textpage().get_text_range()
            found.append((text, sorted((one.text for one in codes), key=len)))
        return found
    finally:
        document.close()


def test_a_card_can_be_read_again() -> None:
    ((text, codes),) = read(cards.pdf([CARD]))
    for words in (CARD.board, CARD.name, "License 35.123456", "US-OH, active"):
        assert words in text
    assert "until 2027-06-30" in text
    assert "comes as a file" in text
    assert codes == [CARD.url]
    endless = replace(CARD, ends=None, credential="x" * 2_072)
    long = replace(CARD, name="Ada " * 40)
    (one, other) = read(cards.pdf([endless, long]))
    assert "without an end" in one[0]
    assert "comes as a file" in one[0]
    assert (one[1], other[1]) == ([CARD.url], [CARD.url])


def test_the_largest_code_is_read_and_none_larger_is_drawn() -> None:
    largest = "Aé" * 685
    ((_, codes),) = read(cards.pdf([replace(CARD, credential=largest)]))
    assert codes == [CARD.url, largest]
    made = cards._large(largest)
    assert made is not None
    assert made.version == cards.MAX_VERSION
    ((text, codes),) = read(cards.pdf([replace(CARD, credential="x" * 4_000)]))
    assert ("comes as a file" in text, codes) == (True, [CARD.url])


def test_a_credential_is_verified_as_it_was_scanned(sqlite_board: Board) -> None:
    board = sqlite_board
    board.active()
    board.active("35 2/3", holder=None)

    def printed(number: str) -> Card:
        found, _, issued = board.office.history(number)
        return card(board.record, found, issued, at=board.now[0])

    assert printed("35.1").credential is None
    assert printed("35 2/3").url == f"{board.record.site}/index.html#35%202%2F3"
    how: Sequence[str] = ("eddsa-jcs-2022", "vc+jwt", "vc+cose")
    for securing in how:
        issuing = Issuing(controller=board.controller, securing=securing)
        board.office.issue(["35.1"], issuing, reason=WHY)
        board.wait(1)
        made = printed("35.1")
        assert (made.credential is None) is (securing == "vc+cose")
        ((text, codes),) = read(cards.pdf([made]))
        assert "Ada Rowe" in text
        assert codes[0] == made.url
        if made.credential is not None:
            assert codes[1] == made.credential
            lists = Verifier().verify(codes[1], at=board.now[0])
            proofs = [one for one in lists.checks if one.check == "proof"]
            assert [one.result.value for one in proofs] == ["pass"]
    # What was taken back, or is over, is not printed.
    issued = board.issue()
    board.wait(1)
    board.change("35.1", "suspended")
    with pytest.raises(NotInRegister):
        printed("35.1")
    board.wait(1)
    board.change("35.1", "active")
    assert printed("35.1").credential == issued.content.decode()
    board.wait(1)
    board.change("35.1", "restricted")
    assert printed("35.1").credential is None
    assert printed("35.1").status == "restricted"


def test_what_is_over_is_not_printed(sqlite_board: Board) -> None:
    board = sqlite_board
    board.active(expires_on="2026-03-03")
    board.issue()
    found, _, issued = board.office.history("35.1")
    later = board.now[0].plus(3 * DAY)
    assert card(board.record, found, issued, at=board.now[0]).credential is not None
    for at in (later, board.now[0].plus(-DAY)):
        with pytest.raises(NotInRegister):
            card(board.record, found, issued, at=at)


def test_no_card_is_printed_before_the_first_day(sqlite_board: Board) -> None:
    board = sqlite_board
    board.active(issued_on="2026-03-04")
    found, _, issued = board.office.history("35.1")
    # In the first zone on earth that day begins 14 hours before it does in UTC.
    begins = board.now[0].plus(22 * 3_600)
    with pytest.raises(NotInRegister):
        card(board.record, found, issued, at=begins.plus(-1))
    assert card(board.record, found, issued, at=begins).status == "active"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_letters_that_a_font_has_not_are_told(tmp_path: Path) -> None:
    names = {"Zoë Ångström": True, "Łukasz Żak": False, "王小明": False}
    for name, is_latin in names.items():
        made = replace(CARD, name=name)
        if is_latin:
            assert name in read(cards.pdf([made]))[0][0]
        else:
            with pytest.raises(ConfigurationError, match="letters"):
                cards.pdf([made])
    wrong: dict[Path, Any] = {
        tmp_path / "absent.ttf": None,
        tmp_path / "no.ttf": b"no font",
        tmp_path / "cut.ttf": b"\0\1\0\0",
        tmp_path: None,
    }
    for path, content in wrong.items():
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigurationError) as refused:
            cards.pdf([CARD], font=path)
        assert refused.value.path == "$.font"
    large = tmp_path / "large.ttf"
    with large.open("wb") as file:
        file.truncate(cards.MAX_FONT + 1)
        file.write(b"\0\1\0\0")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        cards.pdf([CARD], font=large)
    if FONT.exists():
        made = replace(CARD, name="Łukasz Żak")
        # Marks alone have no width, by which a line could be made to fit.
        marks = replace(CARD, name="\u0301\u0302")
        ((text, codes), _) = read(cards.pdf([made, marks], font=FONT))
        assert "Łukasz Żak" in text
        assert codes == [CARD.url]
        with pytest.raises(ConfigurationError, match="letters"):
            cards.pdf([replace(CARD, name="王小明")], font=str(FONT))


def test_no_cards_and_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (0, MAX_CARDS + 1):
        with pytest.raises(ConfigurationError, match="1 to 1000"):
            cards.pdf([CARD] * count)
    monkeypatch.setattr(cards, "_PACKAGES", ("fpdf", "no_such_package"))
    with pytest.raises(MissingExtra):
        cards.pdf([CARD])
