"""Records for the tests of logs, and a writer that a test may kill.

``python -m tests.adapters.audit_records FILE WRITER COUNT MAX_BYTES`` writes records to
FILE and prints the id of each once it was acknowledged.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from medid.access.audit_record import Asked, DecisionRecord, Kind, Named
from medid.access.decision import Basis, Outcome
from medid.adapters.audit import FileAuditLog
from medid.core.instant import Instant
from medid.health.codes import ACT_REASON, Coding

if TYPE_CHECKING:
    from pathlib import Path

KEY: Final = bytes(range(32))
DIGEST: Final = "ab" * 32
NOON: Final = Instant.parse("2026-06-01T12:00:00Z")


def record(name: str = "r", *, patient: str = "Patient/1") -> DecisionRecord:
    """A permit that is called ``name``."""
    return DecisionRecord(
        id=name,
        kind=Kind.DECISION,
        time=NOON,
        recorded=NOON,
        outcome=Outcome.PERMIT,
        requester="did:example:dr",
        proven=True,
        sources=Basis(
            presentation=DIGEST, evidence=DIGEST, trust=DIGEST, profile="p", library="l"
        ),
        asked=Asked(
            digest=DIGEST,
            action="access",
            purposes=(Coding(ACT_REASON, "TREAT"),),
            patient=patient,
            resources=(Named(type="Observation", id="1"),),
        ),
    )


def names(log: FileAuditLog) -> list[str]:
    """The ids of the records in ``log``, in order."""
    return [one.id for one in log.records()]


def open_log(path: Path | str, *, max_bytes: int = 10**6) -> FileAuditLog:
    """The log at ``path``, under the tests' key."""
    return FileAuditLog(path, key=KEY, max_bytes=max_bytes, busy_seconds=30)


def main() -> None:
    """Write until COUNT records were acknowledged, or somebody ends this process."""
    path, writer, count, max_bytes = sys.argv[1:]
    log = open_log(path, max_bytes=int(max_bytes))
    for number in range(int(count)):
        name = f"{writer}-{number}"
        log.record(record(name))
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
