"""Logs that fail in every way, and what the audit tests ask a verifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medid.adapters.audit import MemoryAuditLog
from medid.errors import AuditUnavailable, ConfigurationError, Refused
from tests.access.world import AT

if TYPE_CHECKING:
    from collections.abc import Callable

    from medid.access.audit_record import DecisionRecord
    from tests.access.world import Doc, World

EMERGENCY = {"declared": True, "authorised": True, "reason": "unconscious"}


class FailingLog:
    """A log that does ``what`` in place of writing; it remembers what it was given."""

    def __init__(self, what: Callable[[], object]) -> None:
        self.what = what
        self.given: list[DecisionRecord] = []

    def record(self, record: DecisionRecord) -> None:
        self.given.append(record)
        self.what()


def _raise(error: BaseException) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


FAILURES: dict[str, Callable[[], object]] = {
    "unavailable": _raise(AuditUnavailable("the disk is full")),
    "misuse": _raise(ConfigurationError("another key")),
    "refused": _raise(Refused("no")),
    "os-error": _raise(OSError(28, "CANARY no space")),
    "bug": _raise(ZeroDivisionError("CANARY")),
    "memory": _raise(MemoryError()),
}


class Unfinished:
    """A log that answers something, as one does that should have been awaited."""

    def record(self, record: DecisionRecord) -> object:
        return object()


def break_glass(world: World) -> Doc:
    """A request in an emergency."""
    wanted: Any = {
        "purpose": "BTG",
        "resource": "Observation/hiv-test",
        "breakGlass": EMERGENCY,
    }
    return world.request(wanted, AT)


def recorded(
    world: World, request: Doc | None = None, **members: Any
) -> DecisionRecord:
    """The one record of one decision."""
    log = MemoryAuditLog()
    shown = members.pop("shown", None) or world.shown()
    world.verifier(audit=log, **members).decide(shown, request or world.asks())
    (record,) = log.records
    return record
