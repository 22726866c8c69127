"""Hosted status lists for this server's own verifications, without a way through HTTP.

What goes wrong with one is an answer, as from any other host: it could not be checked.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from medid.core.fetch import Fetched
from medid.errors import EvidenceUnavailable, SignerError
from medid.server.lists import MEDIA_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import Fetch, FetchRequest
    from medid.core.instant import Instant
    from medid.errors import MedidError
    from medid.server.lists import Lists

_LOG: Final = logging.getLogger("medid.server")


class OwnLists:
    """A ``Fetch`` that answers from the hosted lists, and asks another for the rest."""

    def __init__(self, lists: Lists, others: Fetch, at: Instant) -> None:
        self._lists = lists
        self._others = others
        self._at = at

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """One answer for each request, in their order, within ``seconds`` in all."""
        own = [self._answered(request.url) for request in requests]
        rest = [
            request for request, found in zip(requests, own, strict=True) if not found
        ]
        answers = iter(self._others.fetch_all(rest, seconds=seconds) if rest else ())
        return [found or next(answers) for found in own]

    def _answered(self, url: str) -> Fetched | MedidError | None:
        try:
            return self._own(url)
        except (OSError, SignerError) as error:
            # Why its own disk or key store fails is told to nobody outside.
            _LOG.error("%s", type(error).__name__)
            message = "a status list that is hosted here cannot be signed anew"
            return EvidenceUnavailable(message)

    def _own(self, url: str) -> Fetched | None:
        listed = self._lists.at_url(url)
        hosted = self._lists.get(listed.name, at=self._at) if listed else None
        if hosted is None:
            return None
        return Fetched.of(
            url, hosted.content, fetched_at=self._at, media_type=MEDIA_TYPE
        )
