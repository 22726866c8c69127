"""The export of a legacy register, with what is wrong in such exports.

``python examples/board_import/make_register.py`` writes ``register.csv`` beside it, the
same file each time. Nobody in it lives: names are put together by chance.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from medid.keys import KeyKind, PrivateKey

GOOD = 10_000
ENCODING = "cp1252"
HEADER = "LIC_NO;LAST_NAME;FIRST_NAME;STATUS;STATUS_DT;ISSUED;EXPIRES;TYPE;NPI;DID"
FIRST = ("Ada", "Bo", "Cy", "Dé", "Eve", "Finn", "Gül", "Hugo", "Ida", "Jón", "Kai")
LAST = ("Rowe", "Lind", "Marsh", "O'Neil", "Núñez", "Ng", "Þór", "de la Cruz", "Öz")
TYPES = ("MD", "DO", "PA")
STATUSES = "A" * 90 + "P" * 2 + "R" * 2 + "S" * 3 + "X" * 3
#: One of so many practitioners has told the board a DID.
WITH_DID = 100


def drawn(among: Sequence[str], *of: object) -> str:
    """One of several: always the same one of the same person and column."""
    digest = hashlib.sha256(repr(of).encode()).digest()
    return among[int.from_bytes(digest[:8], "big") % len(among)]


def npi(at: int) -> str:
    """The NPI of a person, with its check digit (Luhn, behind 80840)."""
    digits = f"{100_000_000 + at * 7}"
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(f"80840{digits}"))]
    total = sum(one - 9 if one > 9 else one for one in doubled)
    return f"{digits}{-total % 10}"


def did(at: int) -> str:
    """A DID whose key nobody has kept."""
    key = PrivateKey(KeyKind.ED25519, at.to_bytes(32, "big")).public_key
    return f"did:key:{key.to_multikey()}"


def row(at: int) -> list[str]:
    """One practitioner, as the old program wrote them."""
    last, first = drawn(LAST, at, "last"), drawn(FIRST, at, "first")
    day = f"{1 + at % 28:02}.{1 + at % 12:02}."
    return [
        f"35.{at:06}",
        f"{last} " if at % 9 == 0 else last,  # spaces that somebody typed
        first if at % 13 else f'"{first} ""{first[0]}."""',
        drawn(STATUSES, at, "status"),
        day + drawn([str(one) for one in range(2020, 2025)], at, "since"),
        day + drawn([str(one) for one in range(1990, 2020)], at, "issued"),
        "" if at % 50 == 0 else "31.12.2099",
        drawn(TYPES, at, "type"),
        npi(at),
        did(at) if at % WITH_DID == 1 else "",
    ]


def bad_rows() -> list[str]:
    """Rows that are wrong, each in its own way."""

    def but(at: int, column: int, text: str) -> str:
        cells = row(at)
        cells[column] = text
        return ";".join(cells)

    return [
        but(20_001, 3, "Q"),  # a status that nobody remembers
        but(20_002, 5, "31.02.2001"),
        but(20_003, 5, "2001-02-03"),
        but(20_004, 8, "1234567890"),  # its check digit is wrong
        but(20_005, 8, npi(17)),  # somebody else's
        but(20_006, 0, "35.000017"),  # a number for the second time
        but(20_007, 0, ""),
        but(20_008, 7, "md"),
        but(20_009, 4, "01.01.2199"),  # a status that lies ahead
        but(20_010, 9, "did key z6Mk"),
        but(20_011, 1, '"never closed'),
        but(20_012, 1, "a; b"),  # one field too many
        but(20_013, 0, "=HYPERLINK(0)") + ";;",
        "-- end of page 214 --",
    ]


def lines() -> list[str]:
    """The whole file."""
    found = [";".join(row(at)) for at in range(1, GOOD + 1)]
    for at, one in enumerate(bad_rows()):
        found.insert(137 + at * 701, one)
    found.insert(5_000, "")  # where two exports were put together
    return [HEADER, *found]


def content() -> bytes:
    """The bytes of the file."""
    return "".join(f"{one}\r\n" for one in lines()).encode(ENCODING, "replace")


if __name__ == "__main__":
    (Path(__file__).parent / "register.csv").write_bytes(content())
