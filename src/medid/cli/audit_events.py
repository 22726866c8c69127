"""AuditEvents in a file: one, a Bundle of them, or one of these a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.access.audit_events_in import read_events
from medid.cli import files
from medid.core import json as strict_json
from medid.errors import ConfigurationError, MedidError, MissingFact
from medid.health.fhir_bundle import BUNDLE

if TYPE_CHECKING:
    from medid.access.audit_event import EventRecord
    from medid.core.json import JsonObject

MAX_EVENTS_FILE: Final = 268_435_456  # bytes; as a file of a log


def read(name: str) -> tuple[list[EventRecord], int]:
    """The decisions in a file, and how many events are none.

    Raises:
        ConfigurationError: It cannot be read, or a line of it is no AuditEvent, or a
            decision that cannot be read; or a search is not there to its last page.
    """
    raw = files.read(name, limit=MAX_EVENTS_FILE + 1)
    if len(raw) > MAX_EVENTS_FILE:
        message = f"more than {MAX_EVENTS_FILE} bytes of events"
        raise ConfigurationError(message, fix="account for them in parts")
    records: list[EventRecord] = []
    left_out, goes_on = 0, False
    with files.argument(name):
        for document in _documents(raw):
            found = read_events(document)
            records += found.records
            left_out += found.left_out
            is_page = document.get("resourceType") == "Bundle"
            goes_on = found.goes_on if is_page else goes_on
        if goes_on:
            # An accounting must not fall short without anybody knowing.
            message = "the last page of the search is not in it: there is a next one"
            fix = "add the further pages, one a line, in their order"
            raise MissingFact(message, path="$.link", fix=fix)
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
