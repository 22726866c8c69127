"""Bitstring status lists, honest and broken."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.documents import BOARD, plain
from tests.attacks.honest import Party, b64, signed
from tests.attacks.worlds import V2

if TYPE_CHECKING:
    from tests.attacks.case import Doc

LIST: Final = "https://board.example/status/1"
SECOND_LIST: Final = "https://board.example/status/2"
INDEX: Final = 94_567
SIZE: Final = 131_072


def bits(*ones: int, size: int = SIZE) -> bytes:
    """A bitstring of ``size`` bits with ``ones`` set, the first bit leftmost."""
    content = bytearray((size + 7) // 8)
    for index in ones:
        content[index // 8] |= 0x80 >> index % 8
    return bytes(content)


def packed(content: bytes) -> bytes:
    """GZIP with a fixed time stamp."""
    return gzip.compress(content, mtime=0)


def encoded(content: bytes) -> str:
    """The ``encodedList`` of a bitstring."""
    return "u" + b64(packed(content))


def entry(
    index: Any = str(INDEX), *, purpose: Any = "revocation", **members: Any
) -> Doc:
    """A status entry; ``None`` removes a member."""
    draft = {
        "id": f"{LIST}#{INDEX}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": index,
        "statusListCredential": LIST,
        **members,
    }
    return {name: value for name, value in draft.items() if value is not None}


def draft_list(*ones: int, purpose: Any = "revocation", **subject: Any) -> Doc:
    """An unsigned list; ``subject`` replaces members of its subject."""
    members = {
        "id": f"{LIST}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": encoded(bits(*ones)),
        **subject,
    }
    return plain(
        **{
            "@context": [V2],
            "id": LIST,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "validFrom": "2026-06-15T00:00:00Z",
            "validUntil": "2026-06-16T00:00:00Z",
            "credentialSubject": {k: v for k, v in members.items() if v is not None},
        }
    )


def status_list(*ones: int, party: Party = BOARD, **options: Any) -> Doc:
    """A signed list of the board."""
    return signed(draft_list(*ones, **options), party)


def with_status(*entries: Any, **members: Any) -> Doc:
    """A credential of the board with these status entries."""
    status = entries[0] if len(entries) == 1 else list(entries)
    return signed(plain(credentialStatus=status, **members), BOARD)
