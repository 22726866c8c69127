"""medid's own part: the whole of ``verify`` and ``decide``, nothing left out.

Evidence is at hand, as in a gateway that has fetched the status list before; every
proof, the status list's included, is verified in every call.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from benchmarks.peers import INTEROP
from benchmarks.work import CHALLENGE, DOMAIN, NOW
from medid import AccessVerifier, Evidence, TrustRegistry, Verifier
from medid.core.fetch import Fetched

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.work import Work


def evidence(made: Work) -> Evidence:
    """The status list of the license."""
    url = made.status_list["id"]
    content = json.dumps(made.status_list).encode()
    fetched = Fetched.of(
        url=url, content=content, media_type="application/vc", fetched_at=NOW
    )
    return Evidence().with_answers([(url, fetched)])


def verify_work(made: Work) -> Callable[[], None]:
    """Verify the license from its bytes, with its status."""
    verifier, known = Verifier(), evidence(made)
    document = json.dumps(made.license).encode()

    def work() -> None:
        verifier.verify(document, at=NOW, evidence=known).raise_for_errors()

    return work


def filled(name: str, made: Work) -> str:
    """A document of the interoperation tests, about the parties of this run."""
    text = (INTEROP / "documents" / f"{name}.json").read_text("utf-8")
    for mark in ("board", "practitioner", "patient"):
        text = text.replace(f"{{{mark.upper()}}}", getattr(made, mark))
    return text


def decide_work(made: Work) -> Callable[[], None]:
    """Decide on the presentation from its bytes: proofs, status, rules, everything."""
    verifier = AccessVerifier(
        trust=TrustRegistry.from_json(filled("trust", made)), audience=DOMAIN
    )
    known = evidence(made)
    presentation = json.dumps(made.presentation).encode()
    request = json.loads(filled("request", made))

    def work() -> None:
        decision = verifier.decide(
            presentation, request, at=NOW, evidence=known, challenge=CHALLENGE
        )
        if not decision:
            raise RuntimeError(json.dumps(decision.as_json(), indent=1))

    return work
