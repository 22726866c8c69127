"""Credentials whose holder shows a part, and P-256, beside @digitalbazaar's suites."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from benchmarks.goals import at_least
from benchmarks.node import digitalbazaar
from benchmarks.own import AGAIN, NEW, SEEN, rechecking, verifying
from benchmarks.rounds import Here, Race
from benchmarks.work import NOW, as_bytes, draft, new_controller, pool
from medid import Expectations, KeyKind, StatusPolicy, derive, issue
from medid.core.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.goals import Report
    from benchmarks.work import Document
    from medid import Controller

MEDID: Final = "medid, what it made verified as well"
NODE: Final = "@digitalbazaar's suite (node)"
MANDATORY: Final = ("/issuer", "/validUntil")
SHOWN: Final = ("/credentialSubject/license/jurisdiction",)
ASKED: Final = Expectations(status=StatusPolicy.OFF)


class Suite:
    """An issuer who signs licenses with one suite."""

    def __init__(self, name: str, kind: KeyKind) -> None:
        """With a key of this run."""
        self.name: Final = name
        self.board: Final = new_controller(kind)
        self._selective: Final = name.endswith("2023")
        self.draft: Final = draft("license", self.board.did, new_controller().did)

    def issue(self, number: int = 0) -> Document:
        """A license, by medid."""
        made = issue(
            {**self.draft, "id": f"urn:uuid:00000000-0000-4000-8000-{number:012d}"},
            self.board,
            securing=self.name,
            mandatory_pointers=MANDATORY if self._selective else (),
            at=NOW,
        )
        return as_document(made)

    def show(self, base: Document) -> Document:
        """What the holder shows of it, by medid."""
        return as_document(derive(base, SHOWN))

    def peer(self, what: str, document: Document) -> Callable[[], Any]:
        """@digitalbazaar's suite doing ``what``."""
        return digitalbazaar(
            what,
            self.name,
            document=document,
            key=multikey(self.board),
            mandatory=list(MANDATORY),
            disclose=list(SHOWN),
        )


def as_document(made: object) -> Document:
    """What was made, which is no token."""
    if not isinstance(made, dict):
        raise TypeError("not a document")
    return made


def multikey(board: Controller) -> Document:
    """The board's key pair as @digitalbazaar reads it."""
    secret: Any = board.signer
    return {
        "type": "Multikey",
        "id": board.verification_method,
        "controller": board.did,
        "publicKeyMultibase": board.signer.public_key.to_multikey(),
        "secretKeyMultibase": secret.to_multikey(),
    }


def ecdsa_rdfc(report: Report) -> None:
    """ecdsa-rdfc-2019 with P-256, for which there is no goal."""
    suite = Suite("ecdsa-rdfc-2019", KeyKind.P256)
    _verify(report, suite, pool(lambda n: as_bytes(suite.issue(n))), times=None)


def ecdsa_sd(report: Report) -> None:
    """ecdsa-sd-2023."""
    suite = Suite("ecdsa-sd-2023", KeyKind.P256)
    _make(report, suite, issue=4, derive=4)
    shown = pool(lambda number: as_bytes(suite.show(suite.issue(number))))
    _verify(report, suite, shown, times=2.5)


def bbs(report: Report) -> None:
    """bbs-2023."""
    suite = Suite("bbs-2023", KeyKind.BLS12381_G2)
    _make(report, suite, issue=None, derive=20)
    base = suite.issue()
    # A pool of them would take long to make, so the verifier of new ones forgets.
    _verify(report, suite, [as_bytes(suite.show(base))], times=20)


def _make(report: Report, suite: Suite, *, issue: float | None, derive: float) -> None:
    base = suite.issue()
    shown: Callable[[], Document] = lambda: suite.show(base)  # noqa: E731
    _beside(report, suite, ("issue", suite.draft), work=suite.issue, times=issue)
    _beside(report, suite, ("derive", base), work=shown, times=derive)


def _beside(
    report: Report,
    suite: Suite,
    peers_work: tuple[str, Document],
    *,
    work: Callable[[], Document],
    times: float | None,
) -> None:
    what, given = peers_work
    race = Race(f"{suite.name}: {what}")
    race.enter(NODE, suite.peer(what, given))
    race.enter(MEDID, lambda: Here(work))
    _judge(report, race, f"{suite.name} {what}", who=MEDID, times=times)


def _verify(
    report: Report, suite: Suite, documents: list[bytes], *, times: float | None
) -> None:
    race = Race(f"{suite.name}: verify, without the status")
    forgetful = Memory(max_bytes=0) if len(documents) == 1 else None
    race.enter(NODE, suite.peer("credential", json.loads(documents[0])))
    race.enter(NEW, verifying(documents, expect=ASKED, memory=forgetful))
    race.enter(AGAIN, verifying(documents[:1], expect=ASKED, memory=rechecking()))
    race.enter(SEEN, verifying(documents[:1], expect=ASKED))
    _judge(report, race, f"{suite.name} verify", who=NEW, times=times)


def _judge(
    report: Report, race: Race, what: str, *, who: str, times: float | None
) -> None:
    race.run()
    report.say(race.table())
    if times is not None:
        goal = at_least(times, f"{what}, faster than {NODE}")
        report.faster(race, goal, who=who, than=NODE)
