"""medid's own part: the whole of ``verify`` and ``decide``, nothing left out.

Evidence is at hand, as in a gateway that has fetched the status list before. A
verifier remembers documents, so each line says what it has met before: documents that
it never saw come from a pool that is larger than its memory.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from benchmarks.rounds import Here
from benchmarks.work import CHALLENGE, DOMAIN, NOW, in_turn
from medid import AccessVerifier, Verifier
from medid.core.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.work import World
    from medid import Evidence, Expectations

NEW: Final = "medid, never seen before"
AGAIN: Final = "medid, seen before, its signatures checked again"
SEEN: Final = "medid, seen before"


class _Rechecking(Memory):
    """A memory in which no signature of what is presented counts as checked.

    What else was presented is remembered, and so are status lists, with their proofs:
    a gateway has them from its cache. Where the proofs stand is looked up once, so that
    forgetting them takes little of the time that is measured.
    """

    def __init__(self) -> None:
        super().__init__()
        self._proven: dict[bytes, list[tuple[dict[Any, Any], Any]]] = {}

    def read(self, kind: str, text: bytes, make: Callable[[], Any]) -> Any:
        """What was made of ``text``, without what is known of its proofs."""
        made = super().read(kind, text, make)
        if kind == "document":
            for found, name in self._proven.get(text) or self._find(text, made):
                found.pop(name, None)
        return made

    def _find(self, text: bytes, made: Any) -> list[tuple[dict[Any, Any], Any]]:
        """Each proof of the document, and what knows of it; none before judging."""
        if b"encodedList" in text:
            return self._proven.setdefault(text, [({}, "")])
        parts = [part.known._found for part in (made, *made.children)]  # noqa: SLF001
        proven = [
            (found, name) for found in parts for name in found if name[0] in _PROVEN
        ]
        if proven:
            self._proven[text] = proven
        return proven


# What the room of verification calls a signature that held.
_PROVEN: Final = frozenset({"proof", "envelope"})


def rechecking() -> Memory:
    """A memory that leaves the signatures of what is presented to be checked again."""
    return _Rechecking()


def verifying(
    documents: list[bytes],
    *,
    expect: Expectations,
    evidence: Evidence | None = None,
    memory: Memory | None = None,
) -> Callable[[], Here]:
    """Verify ``documents`` in turn, each from its bytes."""
    verifier = Verifier(expect=expect, memory=memory or Memory())
    following = in_turn(documents)

    def work() -> None:
        found = verifier.verify(following(), at=NOW, evidence=evidence)
        found.raise_for_errors()

    return lambda: Here(work)


def access_verifier(world: World, memory: Memory | None = None) -> AccessVerifier:
    """The gateway of a hospital that trusts the board."""
    return AccessVerifier(trust=world.trust, audience=DOMAIN, memory=memory or Memory())


def deciding(
    world: World, presentations: list[bytes], *, memory: Memory | None = None
) -> Callable[[], Here]:
    """Decide on presentations in turn: proofs, status, rules, everything."""
    verifier, following = access_verifier(world, memory), in_turn(presentations)

    def work() -> None:
        decision = verifier.decide(
            following(),
            world.request,
            at=NOW,
            evidence=world.evidence,
            challenge=CHALLENGE,
        )
        if not decision:
            raise RuntimeError(json.dumps(decision.as_json(), indent=1))

    return lambda: Here(work)
