"""Whom a consent names, for finding it again; never for deciding by it.

A consent that names nobody is for everybody, and one person may be named in several
ways. So whoever is found here may be denied, and whoever is not may be permitted.

Spec: https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.actor
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from medid.health import fhir
from medid.health.codes import canonical_system

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.health.consent import ConsentRecord
    from medid.health.consent_tree import Rule


def recipients_named(record: ConsentRecord) -> frozenset[str]:
    """Every recipient of every rule: DIDs, references, and numbers as ``system|value``.

    Raises:
        MalformedValue: The rules cannot be read in full.
    """
    # Days do not matter here, so no zone does.
    rule = fhir.rule(record.resource, fhir.version(record.resource), UTC)
    return frozenset() if rule is None else frozenset(_named(rule, record))


def as_named(recipient: str) -> str:
    """``recipient`` as ``recipients_named`` writes it: its system in the one spelling.

    >>> as_named("urn:oid:2.16.840.1.113883.4.6|1234567893")
    'http://hl7.org/fhir/sid/us-npi|1234567893'
    """
    system, bar, value = recipient.partition("|")
    return f"{canonical_system(system)}{bar}{value}" if bar else recipient


def _named(rule: Rule, record: ConsentRecord) -> Iterator[str]:
    for actor in rule.criteria.recipients or ():
        numbers = (*actor.identifiers, *actor.former)
        yield from (f"{system}|{value}" for system, value in numbers)
        if actor.reference is not None:
            yield actor.reference
            yield from record.did_for(actor.reference)
    for below in rule.exceptions:
        yield from _named(below, record)
