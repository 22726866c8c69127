"""One fetcher made of several, each for what it serves.

Which one answers is said by the scheme of the URL (``https``, ``eip155``) or, of a DID,
by its method (``did:ebsi``). Whatever no route is for goes to the one that is named
for the rest. Each is asked once for all of a batch that is its own, and all of them at
once, so that a slow one takes no time from the others.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.errors import ConfigurationError, FetchFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from medid.core.fetch import AsyncFetch, Fetch, Fetched, FetchRequest
    from medid.errors import MedidError

MAX_ROUTES: Final = 32  # each may take a thread for a batch; a site has a handful
THREAD_NAME: Final = "medid-route"

# A scheme (RFC 3986 section 3.1), or did with the name of a method.
_ROUTE: Final = re.compile(r"(?!did$)[a-z][a-z0-9+.\-]{0,31}|did:[a-z0-9]{1,64}")


class RoutedFetch:
    """Hands each request to the fetcher that serves it. As safe to share as they are.

    Synchronous and asynchronous callers are served alike, those fetchers that serve
    one kind of caller only excepted.
    """

    def __init__(
        self,
        routes: Mapping[str, Fetch | AsyncFetch],
        *,
        otherwise: Fetch | AsyncFetch,
    ) -> None:
        """Set the routes.

        Args:
            routes: By scheme or DID method, such as ``eip155`` or ``did:ebsi``.
            otherwise: Serves everything else; ``NoFetch`` serves nothing.

        Raises:
            ConfigurationError: A route is neither, or there are more than 32.
        """
        if len(routes) > MAX_ROUTES:
            message = f"there are at most {MAX_ROUTES} routes"
            raise ConfigurationError(message, path="$.routes")
        for name in routes:
            if _ROUTE.fullmatch(name) is None:
                message = "a route is a scheme in lower case, or did: and a method"
                raise ConfigurationError(message, path="$.routes")
        self._routes: Final = MappingProxyType(dict(routes))
        self._otherwise: Final = otherwise

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """One answer for each request, in their order, within ``seconds`` in all.

        Raises:
            ConfigurationError: A fetcher among them serves asynchronous callers only.
        """
        shares = self._shares(requests)
        if len(shares) == 1:
            return _joined(len(requests), [(shares[0], shares[0].fetch(seconds))])
        with ThreadPoolExecutor(max(1, len(shares)), THREAD_NAME) as pool:
            answers = list(pool.map(lambda share: share.fetch(seconds), shares))
        return _joined(len(requests), zip(shares, answers, strict=True))

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``, without blocking an event loop.

        Raises:
            ConfigurationError: A fetcher among them serves synchronous callers only.
        """
        shares = self._shares(requests)
        answers = await asyncio.gather(*(share.afetch(seconds) for share in shares))
        return _joined(len(requests), zip(shares, answers, strict=True))

    def _shares(self, requests: Sequence[FetchRequest]) -> list[_Share]:
        found: dict[int, _Share] = {}
        for index, request in enumerate(requests):
            fetch = self._fetch_for(request.url)
            share = found.setdefault(id(fetch), _Share(fetch, [], []))
            share.places.append(index)
            share.requests.append(request)
        return list(found.values())

    def _fetch_for(self, url: str) -> Fetch | AsyncFetch:
        scheme, _, rest = url.partition(":")
        name = f"did:{rest.partition(':')[0]}" if scheme == "did" else scheme.lower()
        return self._routes.get(name, self._otherwise)


@dataclass(frozen=True, slots=True)
class _Share:
    """What one fetcher is asked for, and where in the batch that stands."""

    owner: Fetch | AsyncFetch
    places: list[int]
    requests: list[FetchRequest]

    def fetch(self, seconds: float) -> Sequence[Fetched | MedidError]:
        """The answers, for a synchronous caller."""
        ask = getattr(self.owner, "fetch_all", None)
        if ask is None:
            raise _of_other_callers("fetch_all")
        answers: Sequence[Fetched | MedidError] = ask(self.requests, seconds=seconds)
        return answers

    async def afetch(self, seconds: float) -> Sequence[Fetched | MedidError]:
        """The answers, for an asynchronous caller."""
        ask = getattr(self.owner, "afetch_all", None)
        if ask is None:
            raise _of_other_callers("afetch_all")
        answers: Sequence[Fetched | MedidError] = await ask(
            self.requests, seconds=seconds
        )
        return answers


def _of_other_callers(method: str) -> ConfigurationError:
    message = f"this call needs fetch adapters with {method}"
    return ConfigurationError(message, path="$.routes")


def _joined(
    size: int, answered: Iterable[tuple[_Share, Sequence[Fetched | MedidError]]]
) -> list[Fetched | MedidError]:
    joined: dict[int, Fetched | MedidError] = {}
    for share, answers in answered:
        if len(answers) != len(share.places):
            # One that answers too little must not shift answers to other URLs.
            lost = FetchFailed("the fetch adapter lost an answer")
            answers = [lost for _ in share.places]  # noqa: PLW2901 - none of them counts
        joined |= zip(share.places, answers, strict=True)
    return [joined[index] for index in range(size)]
