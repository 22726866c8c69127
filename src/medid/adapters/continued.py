"""A fetch that notices where a log of did:webvh does not continue what was seen of it.

Whoever controls a web server can publish a log without its last entries, and undo a
deactivation or a change of keys; whoever holds the keys can publish two logs. Neither
shows in the log. Each log that comes in is held against the newest version that was
seen; one that is shorter or another is answered with ``DidLogAltered`` in its place.
What is noted as seen was verified whole, its witnesses included.

Spec: https://identity.foundation/didwebvh/v1.0/#did-watchers
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from medid.core import json
from medid.core.evidence import NO_EVIDENCE, SEEN_LATER
from medid.core.fetch import Fetched
from medid.core.fields import as_object, required_str
from medid.core.instant import system_clock
from medid.dids.methods import web as did_web
from medid.dids.methods import webvh
from medid.dids.syntax import Did
from medid.dids.webvh.location import LOG, WITNESS_PROOFS, locate
from medid.errors import DidLogAltered, EvidenceUnavailable, FetchFailed, MedidError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.fetch import AsyncFetch, Fetch, FetchRequest
    from medid.core.instant import Clock
    from medid.dids.webvh.seen import SeenVersions

MAX_WAITING: Final = 64  # logs whose witnesses' proofs have not come yet


class ContinuedFetch:
    """Another fetch, whose logs of did:webvh continue what was seen of them.

    Questions about the past are left alone: a log of then is shorter, and that is what
    it should be.

    Args:
        fetch: Where everything comes from.
        versions: Remembers the newest version of each DID.
        clock: Tells the past from now.
    """

    def __init__(
        self,
        fetch: Fetch | AsyncFetch,
        versions: SeenVersions,
        *,
        clock: Clock = system_clock,
    ) -> None:
        self._fetch: Final = fetch
        self._versions: Final = versions
        self._clock: Final = clock
        self._waiting: Final = OrderedDict[str, tuple[Did, Fetched]]()
        self._lock: Final = Lock()

    def fetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As of the other fetch, logs that do not continue refused."""
        answers = self._fetch.fetch_all(requests, seconds=seconds)  # type: ignore[union-attr]
        return self._checked(requests, answers)

    async def afetch_all(
        self, requests: Sequence[FetchRequest], *, seconds: float
    ) -> Sequence[Fetched | MedidError]:
        """As ``fetch_all``, without blocking an event loop while it waits."""
        answers = await self._fetch.afetch_all(requests, seconds=seconds)  # type: ignore[union-attr]
        return self._checked(requests, answers)

    def _checked(
        self,
        requests: Sequence[FetchRequest],
        answers: Sequence[Fetched | MedidError],
    ) -> list[Fetched | MedidError]:
        # A fetch that loses an answer is noticed where its answers are taken.
        pairs = zip(requests, answers, strict=False)
        return [self._one(request, answer) for request, answer in pairs]

    def _one(
        self, request: FetchRequest, answer: Fetched | MedidError
    ) -> Fetched | MedidError:
        now = self._clock()
        if request.at is not None and request.at < now.plus(-SEEN_LATER):
            return answer
        try:
            if request.url.endswith(f"/{LOG}") and isinstance(answer, Fetched):
                self._log(answer)
            elif request.url.endswith(f"/{WITNESS_PROOFS}"):
                self._proofs(request.url, answer)
        except (DidLogAltered, EvidenceUnavailable) as error:
            return error  # what is remembered cannot be asked: nothing is known then
        except MedidError:
            return answer  # resolving says what is wrong with it
        return answer

    def _log(self, log: Fetched) -> None:
        did = _did(log)
        if did is None:
            return  # of another place: resolving says so
        place = locate(did)
        known = NO_EVIDENCE.with_answers([(place.log_url, log)])
        if place.witness_url in {one.url for one in webvh.needs(did, known)}:
            # Witnesses have to be heard first; that it is too short shows already.
            webvh.check_continues(did, known, self._versions)
            self._wait(place.witness_url, did, log)
        else:
            webvh.check_seen(did, known, self._versions)

    def _wait(self, url: str, did: Did, log: Fetched) -> None:
        with self._lock:
            self._waiting[url] = (did, log)
            if len(self._waiting) > MAX_WAITING:
                self._waiting.popitem(last=False)

    def _proofs(self, url: str, answer: Fetched | MedidError) -> None:
        with self._lock:
            did, log = self._waiting.pop(url, (None, None))
        if did is None or log is None:
            return
        settled = did_web.settled(answer) if isinstance(answer, FetchFailed) else answer
        answers = [(locate(did).log_url, log), (url, settled)]
        webvh.check_seen(did, NO_EVIDENCE.with_answers(answers), self._versions)


def _did(log: Fetched) -> Did | None:
    """The DID that is published where ``log`` came from; ``None`` where none is."""
    try:
        last = log.content.rstrip().rpartition(b"\n")[2]
        state = as_object(json.load_object(last).get("state"), "$.state")
        did = Did.parse(required_str(state, "id", "$.state"))
        if locate(did).log_url == log.url:
            return did
        # A DID that moved goes by another name since, and may be published here still.
        return webvh.earlier(did, log)
    except MedidError:
        return None
