"""By whose word an issuer may issue a document: told to whoever asks why.

It decides nothing. What may not be issued, the registry's ``authorize`` has refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.errors import Refused
from medid.trust.recognized import RECOGNITIONS
from medid.trust.told import MAX_TOLD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.core.instant import Instant
    from medid.trust.boards import AcceptedBoard
    from medid.trust.registry import TrustRegistry
    from medid.trust.told import ToldChain


def chains_to(
    trust: TrustRegistry,
    issuer: str,
    credential_types: Iterable[str],
    *,
    at: Instant,
    document: str | None,
) -> tuple[ToldChain, ...]:
    """The chains by which ``issuer`` may issue ``document``, at most ``MAX_TOLD``.

    None where the trust file itself names the issuer for all of the types.

    Args:
        trust: With whom its authorities recognize for the documents at hand.
        issuer: Compared as exact text.
        credential_types: The types as the credential spells them.
        at: The instant as of which is asked.
        document: The digest of what was issued.
    """
    if not trust.recognized:
        return ()
    asked = [
        name for name in credential_types if not is_named(trust, issuer, name, at=at)
    ]
    return told_of(
        board
        for board in trust.recognized
        if board.did == issuer
        and board.counts_for(document)
        and board.window.contains(at)
        and any(
            name in board.credential_types or name in RECOGNITIONS for name in asked
        )
    )


def told_of(entries: Iterable[AcceptedBoard]) -> tuple[ToldChain, ...]:
    """The chains that made ``entries``, each once, and at most ``MAX_TOLD``."""
    found = dict.fromkeys(entry.told for entry in entries)
    return tuple(one for one in found if one is not None)[:MAX_TOLD]


def is_named(
    trust: TrustRegistry, issuer: str, credential_type: str, *, at: Instant
) -> bool:
    """Whether an entry of the trust file itself lets ``issuer`` issue this type."""
    try:
        trust.recognizing(()).authorize(issuer, credential_type, at=at)
    except Refused:
        return False
    return True
