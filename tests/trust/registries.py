"""Trust registries made by the tests, behind the Fetch port."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medid.core import json as strict_json
from medid.core.fetch import Fetched
from medid.errors import FetchFailed, MedidError
from medid.trust.answering import answer
from medid.trust.trqp import Question, read_query, response
from tests.verifying.world import Web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from medid.core.fetch import FetchRequest
    from medid.trust import TrustRegistry

URL = "https://registry.example/trqp"
COUNCIL = "did:web:council.example"


@dataclass
class Registries(Web):
    """A web in which some addresses answer queries, each by a trust file of its own.

    Attributes:
        registries: By the address of their service.
        changed: What becomes of a response on its way.
        asked_of: Where each query went, and what it was.
    """

    registries: Mapping[str, TrustRegistry] = field(default_factory=dict)
    changed: Callable[[dict[str, Any]], Any] = lambda said: said
    asked_of: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> list[Fetched | MedidError]:
        """The page of each URL, or the response to each query."""
        self.batches.append([request.url for request in requests])
        self.seconds.append(seconds)
        return [self._said(request) for request in requests]

    def _said(self, request: FetchRequest) -> Fetched | MedidError:
        if request.body is None:
            return self._answer(request.url)
        address, _, fragment = request.url.partition("#")
        assert fragment == hashlib.sha256(request.body).hexdigest()
        url, _, name = address.rpartition("/")
        sent: Any = strict_json.load_object(request.body)
        self.asked_of.append((address, sent))
        if url not in self.registries:
            return FetchFailed("there is no connection to the host")
        asked, question = read_query(sent), Question(name)
        found = answer(asked, question, self.registries[url], at=self.at)
        body: Any = response(
            asked, question, answer=found.answer, message="-", at=self.at
        )
        said = self.changed(dict(body))
        if isinstance(said, MedidError):
            return said
        content = said if isinstance(said, bytes) else strict_json.dumps(said).encode()
        return Fetched.of(request.url, content, fetched_at=self.at)
