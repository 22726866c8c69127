"""The board's status lists, derived from what is effective when they are published.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstringstatuslistcredential
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.board.licensing import PURPOSES, list_url
from medid.core.instant import Window
from medid.issuing.credential import check_whole, issue
from medid.issuing.status_token import LIST_LIFETIME
from medid.status import StatusList, bitstring, list_credential

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.board.acts import Issuing
    from medid.board.register import Session
    from medid.core.instant import Instant
    from medid.issuing.credential import Issued


def signed(
    session: Session, issuing: Issuing, *, at: Instant
) -> Iterator[tuple[str, Issued]]:
    """Each status list of the session's board as of ``at``, with its URL.

    Raises:
        ConfigurationError: The key or the securing mechanism cannot secure a list.
        SignerError: The key store refused.
        RegisterUnavailable: The register cannot be used.
    """
    check_whole(issuing.securing)
    for one in session.lists():
        empty = bitstring.create(max(one.size, bitstring.MIN_ENTRIES))
        for purpose in PURPOSES:
            found = session.set_positions(one.number, purpose, at=at)
            statuses = StatusList(purpose=purpose, bits=empty)
            url = list_url(session.board, one.number, purpose)
            document = list_credential(
                statuses.with_statuses(dict.fromkeys(found, 1)),
                url=url,
                issuer=session.board.did,
                validity=Window(at, at.plus(LIST_LIFETIME)),
            )
            controller, securing = issuing.controller, issuing.securing
            yield url, issue(document, controller, securing=securing, at=at)
