"""What a board prints for a practitioner: what a card says, and which credential.

A card is for a license in force. Its code leads to the board's own page, where whoever
scans it sees what holds then: the card itself proves nothing, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from medid.board import licensing, standing
from medid.errors import NotInRegister

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.board.records import BoardRecord, IssuedCredential, License
    from medid.core.instant import Instant

MAX_CARDS: Final = 1_000  # of one document, a page each


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is printed for one license.

    Attributes:
        board: The name of the board.
        url: Where the board's page looks the license up.
        ends: Its last day, ``YYYY-MM-DD``; ``None`` where it has none.
        credential: The newest one that holds, as it was handed out; ``None`` where
            there is none, or it is not text.
    """

    board: str
    number: str
    name: str = field(repr=False)
    jurisdiction: str
    status: str
    ends: str | None
    url: str
    credential: str | None = field(default=None, repr=False)


def card(
    board: BoardRecord,
    license: License,  # noqa: A002 - the vocabulary's word
    issued: Sequence[IssuedCredential],
    *,
    at: Instant,
) -> Card:
    """The card of ``license`` as of ``at``.

    Args:
        board: Who prints it.
        license: Whose card it is.
        issued: What was ever issued on it, oldest first.
        at: The present.

    Raises:
        NotInRegister: The license is not in force, its last day is over, or its first
            day lies ahead.
    """
    version = license.as_of(at)
    if (
        version is None
        or version.status not in standing.ISSUED
        or licensing.is_over(version, at=at)
        or licensing.is_ahead(version, at=at)
    ):
        message = "a card is for a license in force, and this one is not"
        fix = "see what holds: medid board status"
        raise NotInRegister(message, path="$.number", fix=fix)
    holding = [one for one in issued if licensing.holds(one, license, at=at)]
    return Card(
        board=board.name,
        number=license.number,
        name=version.name,
        jurisdiction=license.jurisdiction,
        status=version.status,
        ends=version.expires_on,
        url=f"{board.site}/index.html#{quote(license.number, safe='')}",
        credential=_text(holding[-1].content) if holding else None,
    )


def _text(content: bytes) -> str | None:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None  # a COSE message: it goes as a file
