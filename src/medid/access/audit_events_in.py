"""The decisions in AuditEvents of others, for an accounting: one event, or a Bundle.

What is no decision is left out and counted. A decision that cannot be read is refused,
and all with it: an accounting must not fall short without anybody knowing.

Spec: https://profiles.ihe.net/ITI/BALP/content.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from medid.access.audit_fhir_in import read_event
from medid.errors import NotADecision, located
from medid.health.fhir_bundle import AUDIT_EVENT, Bundle

if TYPE_CHECKING:
    from medid.access.audit_event import EventRecord
    from medid.core.json import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """The decisions that were read.

    Attributes:
        records: What each says.
        left_out: How many events are no decisions.
        goes_on: Whether they are of a page of a search that has a next one, so that
            these are not all.
    """

    records: tuple[EventRecord, ...] = field(repr=False)
    left_out: int
    goes_on: bool = False


def read_events(document: JsonObject) -> ReadEvents:
    """The decisions of an ``AuditEvent``, or of those in a ``Bundle``.

    Raises:
        MalformedValue: Neither, or a decision that cannot be read.
        MissingFact: A decision without an id, or a Bundle without anything to read.
        TooLarge: A Bundle with too many entries.
        ParsingError: Not JSON within medid's limits.
    """
    if document.get("resourceType") != "Bundle":
        return _counted([_read(document, None)])
    found: list[EventRecord | None] = []
    bundle = Bundle.read(document)
    for entry in bundle.of(AUDIT_EVENT):
        with located(entry.path):
            found.append(_read(entry.resource, entry.full_url))
    return _counted(found, goes_on=bundle.goes_on)


def _read(event: JsonObject, name: str | None) -> EventRecord | None:
    try:
        return read_event(event, name=name).record
    except NotADecision:
        return None


def _counted(found: list[EventRecord | None], *, goes_on: bool = False) -> ReadEvents:
    records = tuple(one for one in found if one is not None)
    left_out = len(found) - len(records)
    return ReadEvents(records=records, left_out=left_out, goes_on=goes_on)
