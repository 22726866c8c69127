"""How long the texts of a register may be, and of what: checked before they are kept.

What a database could not hold, or would hold otherwise than it was written, is refused
here, so that every database keeps the same. Nothing else of a text is judged: it is
stored as it is, and means nothing to a database.

Spec: https://www.postgresql.org/docs/15/datatype-character.html,
https://www.unicode.org/reports/tr15/
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from medid.core.shown import is_printable
from medid.errors import MalformedValue, TooLarge, child

if TYPE_CHECKING:
    from medid.board.records import Reason

MAX_NUMBER: Final = 64  # characters of a license number
MAX_JURISDICTION: Final = 16  # characters; an ISO 3166-2 code has 6 at most
MAX_NAME: Final = 512  # characters of a name
MAX_DID: Final = 2_048  # characters; a did:jwk of a large key takes most of them
MAX_ACTOR: Final = 256  # characters
MAX_ORDER: Final = 256  # characters of an order's reference
MAX_REASON: Final = 4_096  # characters
MAX_IDENTIFIER: Final = 512  # characters of a number elsewhere, and of its system
MAX_IDENTIFIERS: Final = 16  # numbers of one person
MAX_CLAIMS: Final = 65_536  # bytes of JSON; a license with conditions takes 3 kB


def check_line(text: object, most: int, path: str, *, empty: bool = False) -> str:
    """``text``, if it is one line of at most ``most`` characters.

    Raises:
        MalformedValue: Not a text, empty, or with characters that cannot be printed.
        TooLarge: It is longer.
    """
    found = _text(text, most, path, empty=empty)
    if not found.isprintable():
        raise _unprintable(path)
    return found


def check_name(text: object, path: str, *, most: int = MAX_NAME) -> str:
    """``text``, if it is a name on one line, in whatever script.

    Raises:
        MalformedValue: Not a text, empty, or with characters that cannot be printed and
            that no spelling has.
        TooLarge: It is longer than ``most`` characters.
    """
    found = _text(text, most, path, empty=False)
    if not is_printable(found):
        raise _unprintable(path)
    return found


def canonical(text: str) -> str:
    """``text`` as it is compared: a letter and its mark are one character (NFC)."""
    return unicodedata.normalize("NFC", text)


def check_number(text: str) -> None:
    """Return if ``text`` can be the number of a new license.

    Two numbers that are one to every reader would be two licenses, of which the one is
    suspended and the other is not.

    Raises:
        MalformedValue: Not one line, a blank at an end of it, or a mark in it stands
            beside its letter.
        TooLarge: It is too long.
    """
    check_line(text, MAX_NUMBER, "$.number")
    if text != text.strip():
        message = "the number has a blank at its beginning or at its end"
        raise MalformedValue(message, path="$.number", fix="leave it out")
    if text != canonical(text):
        message = "the number has a letter and its mark as two characters"
        fix = "write them as one: normalize the text to NFC"
        raise MalformedValue(message, path="$.number", fix=fix)


def check_reason(reason: Reason) -> None:
    """Return if ``reason`` can be kept.

    Raises:
        MalformedValue: Nobody answers for it, or its texts cannot be kept.
        TooLarge: One of its texts is too long.
    """
    check_name(reason.actor, "$.actor", most=MAX_ACTOR)
    check_line(reason.order_reference, MAX_ORDER, "$.orderReference", empty=True)
    text = _text(reason.text, MAX_REASON, "$.reason", empty=True)
    if not is_printable(text.replace("\n", "").replace("\t", "")):
        message = "the text has characters that cannot be printed"
        raise MalformedValue(message, path="$.reason")


def check_identifiers(identifiers: Mapping[str, str]) -> None:
    """Return if the numbers in other registers can be kept.

    Raises:
        MalformedValue: One of their texts cannot be kept.
        TooLarge: There are too many, or one is too long.
    """
    if not isinstance(identifiers, Mapping):
        raise MalformedValue("expected numbers by system", path="$.identifiers")
    if len(identifiers) > MAX_IDENTIFIERS:
        message = f"a person has at most {MAX_IDENTIFIERS} identifiers"
        raise TooLarge(message, path="$.identifiers")
    for index, (system, value) in enumerate(identifiers.items()):
        path = child("$.identifiers", index)
        check_line(system, MAX_IDENTIFIER, child(path, "system"))
        check_line(value, MAX_IDENTIFIER, child(path, "value"))


def askable(text: object) -> bool:
    """Whether there can be such a text in a register at all.

    What cannot be there is not asked for: a database might not understand it.
    """
    return isinstance(text, str) and text.isprintable()


def _unprintable(path: str) -> MalformedValue:
    message = "the text has characters that cannot be printed"
    return MalformedValue(message, path=path, fix="write it on one line")


def _text(text: object, most: int, path: str, *, empty: bool) -> str:
    if not isinstance(text, str) or not (text or empty):
        raise MalformedValue("expected a text that is not empty", path=path)
    if len(text) > most:
        raise TooLarge(f"the text has more than {most} characters", path=path)
    return text
