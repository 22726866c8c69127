"""The board's status lists, derived from what is effective when they are published.

Each list number has three forms of the same positions: a bitstring for revocations, one
for suspensions, and a token status list that says both.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.board.licensing import PURPOSES, REVOCATION, SUSPENSION, list_url
from medid.core.instant import Window
from medid.issuing.credential import issue
from medid.issuing.mechanisms import check_whole
from medid.issuing.status_token import LIST_LIFETIME, sign_token
from medid.status import StatusList, bitstring, list_credential
from medid.status.list_token import JWT
from medid.status.token_list import INVALID, SUSPENDED, TokenStatusList

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.board.acts import Issuing
    from medid.board.records import ListRecord
    from medid.board.register import Session
    from medid.core.instant import Instant
    from medid.issuing.credential import Issued

#: The last part of the URL of a token status list, which is for both purposes.
BOTH: Final = "token"
_TOKEN_BITS: Final = 2  # valid, revoked or suspended


def signed(
    session: Session, issuing: Issuing, *, at: Instant
) -> Iterator[tuple[str, Issued]]:
    """Each bitstring list of the session's board as of ``at``, with its URL.

    Raises:
        ConfigurationError: The key or the securing mechanism cannot secure a list.
        SignerError: The key store refused.
        RegisterUnavailable: The register cannot be used.
    """
    for one in session.lists():
        shown = with_decoys(session, one, in_force(session, one, at=at))
        yield from sign_bitstrings(session, one, shown, issuing, at=at)


def in_force(
    session: Session, one: ListRecord, *, at: Instant
) -> dict[str, Sequence[int]]:
    """The positions that are set at ``at`` because of a license, by purpose."""
    return {
        purpose: session.set_positions(one.number, purpose, at=at)
        for purpose in PURPOSES
    }


def with_decoys(
    session: Session, one: ListRecord, found: Mapping[str, Sequence[int]]
) -> dict[str, Sequence[int]]:
    """``found`` and the decoys of the list, by purpose."""
    decoys = session.decoys(one.number)
    return {
        REVOCATION: [*found[REVOCATION], *decoys.revocation],
        SUSPENSION: [*found[SUSPENSION], *decoys.suspension],
    }


def sign_bitstrings(
    session: Session,
    one: ListRecord,
    shown: Mapping[str, Sequence[int]],
    issuing: Issuing,
    *,
    at: Instant,
) -> Iterator[tuple[str, Issued]]:
    """The bitstring lists in which ``shown`` is set, with their URLs.

    Raises:
        ConfigurationError: The key or the securing mechanism cannot secure a list.
        SignerError: The key store refused.
    """
    check_whole(issuing.securing)
    empty = bitstring.create(_entries(one))
    for purpose in PURPOSES:
        statuses = StatusList(purpose=purpose, bits=empty)
        url = list_url(session.board, one.number, purpose)
        document = list_credential(
            statuses.with_statuses(dict.fromkeys(shown[purpose], 1)),
            url=url,
            issuer=session.board.did,
            validity=Window(at, at.plus(LIST_LIFETIME)),
        )
        controller, securing = issuing.controller, issuing.securing
        yield url, issue(document, controller, securing=securing, at=at)


def sign_token_list(
    session: Session,
    one: ListRecord,
    shown: Mapping[str, Sequence[int]],
    issuing: Issuing,
    *,
    at: Instant,
) -> tuple[str, Issued]:
    """The token status list in which ``shown`` is set, with its URL.

    What is both revoked and suspended is revoked.

    Raises:
        ConfigurationError: The key cannot sign a token.
        SignerError: The key store refused.
    """
    values = dict.fromkeys(shown[SUSPENSION], SUSPENDED)
    values |= dict.fromkeys(shown[REVOCATION], INVALID)
    empty = TokenStatusList.create(_entries(one), bits=_TOKEN_BITS)
    url = list_url(session.board, one.number, BOTH)
    statuses = empty.with_statuses(values)
    return url, sign_token(statuses, url, issuing.controller, at=at, securing=JWT)


def _entries(one: ListRecord) -> int:
    return max(one.size, bitstring.MIN_ENTRIES)
