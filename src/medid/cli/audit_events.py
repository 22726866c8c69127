"""AuditEvents in a file: one, a Bundle of them, or one of these a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.audit_events_in import read_events
from medid.cli import files
from medid.core import json as strict_json
from medid.errors import ConfigurationError, MedidError
from medid.health.fhir_bundle import BUNDLE

if TYPE_CHECKING:
    from medid.access.audit_event import EventRecord
    from medid.core.json import JsonObject

MAX_EVENTS_FILE: Final = 268_435_456  # bytes; as a file of a log


def read(name: str) -> tuple[list[EventRecord], int]:
    """The decisions in a file, and how many events are none.

    Raises:
        ConfigurationError: It cannot be read, or a line of it is no AuditEvent, or a
            decision that cannot be read.
    """
    raw = files.read(name, limit=MAX_EVENTS_FILE + 1)
    if len(raw) > MAX_EVENTS_FILE:
        message = f"more than {MAX_EVENTS_FILE} bytes of events"
        raise ConfigurationError(message, fix="account for them in parts")
    records: list[EventRecord] = []
    left_out = 0
    with files.argument(name):
        for document in _documents(raw):
            found = read_events(document)
            records += found.records
            left_out += found.left_out
    return records, left_out


def _documents(raw: bytes) -> list[JsonObject]:
    """The JSON objects of ``raw``: one on each line, or one on all of them."""
    lines = [line for line in raw.splitlines() if line.strip()]
    if not lines:
        raise ConfigurationError("there is no event in it", fix="name another file")
    try:
        first = strict_json.load_object(lines[0], limits=BUNDLE)
    except MedidError:
        return [strict_json.load_object(raw, limits=BUNDLE)]
    rest = (strict_json.load_object(line, limits=BUNDLE) for line in lines[1:])
    return [first, *rest]
