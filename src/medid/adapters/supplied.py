"""A fetch that has some documents at hand, and asks another one for the rest.

Spec: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.evidence import Evidence
    from medid.core.fetch import AsyncFetch, Fetch, Fetched, FetchRequest
    from medid.errors import MedidError


class SuppliedFetch:
    """Another fetch, and documents that whoever deploys it hands in.

    A document that was handed in counts as of when it was: it gets older like others.

    Args:
        fetch: Where everything else comes from.
        supplied: The documents, by URL.
    """

    def __init__(self, fetch: Fetch | AsyncFetch, supplied: Evidence) -> None:
        self._fetch: Final = fetch
        self._supplied: Final = supplied

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As of the other fetch, for what was not handed in."""
        rest = self._rest(requests)
        found = self._fetch.fetch_all(rest, seconds=seconds) if rest else ()  # type: ignore[union-attr]
        return self._answers(requests, found)

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``, without blocking an event loop while it waits."""
        rest = self._rest(requests)
        found = await self._fetch.afetch_all(rest, seconds=seconds) if rest else ()  # type: ignore[union-attr]
        return self._answers(requests, found)

    def _rest(self, requests: Sequence[FetchRequest]) -> list[FetchRequest]:
        return [one for one in requests if one.url not in self._supplied]

    def _answers(
        self,
        requests: Sequence[FetchRequest],
        found: Sequence[Fetched | MedidError],
    ) -> list[Fetched | MedidError]:
        others = iter(found)
        known = self._supplied.answers
        # Where the other fetch lost an answer, the list gets shorter, which is noticed
        # where answers are taken.
        answers = (
            known[one.url] if one.url in known else next(others, None)
            for one in requests
        )
        return [answer for answer in answers if answer is not None]
