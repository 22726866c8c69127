"""Step 5 of the path: gather. The only step that waits for anything.

Gathering is written once, as an object that hands out batches of requests and takes
their answers. Two small drivers run it, one for each kind of caller. A batch may lead
to another (a status list names who signed it), at most ``MAX_ROUNDS`` times.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from medid.core.evidence import Evidence, once_each
from medid.core.fetch import Fetched, NoFetch
from medid.core.instant import stopwatch
from medid.dids.methods import web as did_web
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    FetchFailed,
    MedidError,
)
from medid.trust.federation import collecting

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from medid.core.evidence import Need
    from medid.core.fetch import AsyncFetch, Fetch, FetchRequest
    from medid.core.instant import Instant

MAX_ROUNDS: Final = 4
MAX_SECONDS: Final = 5.0  # of network time in all, for one verification
# Of all documents for one verification: a stranger who presents may name many logs of
# 16 MiB, each of which would be held in memory and verified.
MAX_GATHERED: Final = 67_108_864  # bytes, 64 MiB

_OF_DIDS: Final = frozenset({"did-document", "witness-proofs"})

_Found = TypeVar("_Found")

# What the evidence at hand makes necessary; empty when nothing more is.
Needs: TypeAlias = "Callable[[Evidence], Sequence[Need]]"


def gather(
    evidence: Evidence, needs: Needs, fetch: Fetch, *, at: Instant | None = None
) -> Evidence:
    """``evidence`` and whatever else ``needs`` asks for, fetched in a few rounds.

    With ``at``, what is asked for is what was published then.

    A document that cannot be fetched is recorded with the reason; it is for the
    judgement to say what its absence means.

    Raises:
        ConfigurationError: ``fetch`` serves asynchronous callers only.
    """
    gathering = _Gathering(evidence, needs, at, rounds=_rounds(fetch))
    while batch := gathering.batch():
        _require(fetch, "fetch_all")
        answers = fetch.fetch_all(batch, seconds=gathering.seconds_left())
        gathering.take(answers)
    return gathering.evidence


async def agather(
    evidence: Evidence, needs: Needs, fetch: AsyncFetch, *, at: Instant | None = None
) -> Evidence:
    """As ``gather``, without blocking an event loop.

    Raises:
        ConfigurationError: ``fetch`` serves synchronous callers only.
    """
    gathering = _Gathering(evidence, needs, at, rounds=_rounds(fetch))
    while batch := gathering.batch():
        _require(fetch, "afetch_all")
        answers = await fetch.afetch_all(batch, seconds=gathering.seconds_left())
        gathering.take(answers)
    return gathering.evidence


class Awaited(Coroutine[Any, Any, _Found]):
    """A coroutine whose truth cannot be asked for before it was awaited.

    A bare coroutine is truthy: whoever forgets ``await`` would take it for a yes.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, _Found]) -> None:
        self._coroutine = coroutine

    def __bool__(self) -> bool:
        """Refuse.

        Raises:
            ConfigurationError: Always: the answer was not awaited.
        """
        self._coroutine.close()
        raise ConfigurationError("the answer was not awaited", fix="write await")

    def __await__(self) -> Generator[Any, Any, _Found]:
        """Wait for the answer."""
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        """As of any coroutine."""
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """As of any coroutine."""
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """As of any coroutine."""
        self._coroutine.close()


def _settled(need: Need, answer: MedidError) -> MedidError:
    # Settled before it is sealed, because sealed evidence keeps the code and not the
    # answer of the host: a replay has to come out the same.
    if isinstance(answer, FetchFailed) and need.kind in _OF_DIDS:
        return did_web.settled(answer)
    if isinstance(answer, FetchFailed) and need.kind == collecting.STATEMENT:
        return collecting.settled(need.url, answer)
    return answer


def _rounds(fetch: object) -> int:
    # Where nothing is fetched, what is not at hand need not be asked for.
    return 0 if type(fetch) is NoFetch else MAX_ROUNDS


def _require(fetch: object, method: str) -> None:
    # An adapter may serve one kind of caller only.
    if not hasattr(fetch, method):
        message = f"this call needs a fetch adapter with {method}"
        raise ConfigurationError(message, path="$.fetch")


class _Gathering:
    """One gathering: what is known, what is asked for next, how long it took."""

    __slots__ = (
        "_asked",
        "_at",
        "_bytes",
        "_needs",
        "_ranks",
        "_rounds_left",
        "_started",
        "evidence",
    )

    def __init__(
        self, evidence: Evidence, needs: Needs, at: Instant | None, *, rounds: int
    ) -> None:
        self.evidence = evidence
        self._needs = needs
        self._at = at
        self._asked: list[Need] = []
        self._ranks: dict[str, int] = {}
        self._rounds_left = rounds
        self._bytes = 0
        self._started = stopwatch()

    def batch(self) -> list[FetchRequest]:
        """The next requests; empty when nothing is missing or no round is left."""
        if not self._rounds_left:
            return []
        self._rounds_left -= 1
        needs = once_each(self._needs(self.evidence))
        asked = [need for need in needs if self._is_missing(need)]
        self._asked = asked
        return [need.request(self._at) for need in asked] if asked else []

    def _is_missing(self, need: Need) -> bool:
        """Whether it is not at hand, or came as something that may be older."""
        if need.url not in self.evidence:
            return True
        return need.rank < self._ranks.get(need.url, need.rank)

    def take(self, answers: Sequence[Fetched | MedidError]) -> None:
        """Record the answers to the last batch, in its order."""
        given: object = answers  # by an adapter that anybody may have written
        if not isinstance(given, Sequence) or len(given) != len(self._asked):
            # An adapter that answers too little must not shift answers to other URLs.
            lost = FetchFailed("the fetch adapter lost an answer")
            answers = [lost for _ in self._asked]
        found: dict[str, Fetched | MedidError] = {}
        for need, answer in zip(self._asked, answers, strict=True):
            self._ranks[need.url] = need.rank
            if isinstance(answer, Fetched):
                found[need.url] = self._weighed(answer)
            else:
                found[need.url] = _settled(need, answer)
        # What came again takes the place of what came as something else.
        known = {**self.evidence.answers, **found}
        self.evidence = Evidence(MappingProxyType(known))

    def _weighed(self, answer: Fetched) -> Fetched | EvidenceUnavailable:
        """``answer``, if there is room for it beside what came before."""
        if self._bytes + len(answer.content) > MAX_GATHERED:
            message = f"more than {MAX_GATHERED} bytes for one verification"
            return EvidenceUnavailable(message)
        self._bytes += len(answer.content)
        return answer

    def seconds_left(self) -> float:
        """What remains of the time for the whole verification."""
        return max(0.0, MAX_SECONDS - (stopwatch() - self._started))
