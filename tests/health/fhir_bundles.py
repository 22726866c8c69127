"""Bundles that the tests of this room start from."""

from __future__ import annotations

from typing import Any

from tests.health.documents import consent_resource
from tests.health.fhir_documents import practitioner, role

BASE = "https://directory.example/fhir"
URN = "urn:uuid:5f0a6c2e-6f0b-4a55-9f0e-0d6a1d0b7c22"


def entry(resource: Any, url: str | None = None, /, **members: Any) -> dict[str, Any]:
    """One entry; its ``fullUrl`` is that of a server where none is given."""
    name = f"{BASE}/{resource['resourceType']}/{resource.get('id')}"
    return {"fullUrl": name if url is None else url, "resource": resource, **members}


def bundle(*entries: Any, kind: str = "collection", **members: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, **members, "entry": [*entries]}


def directory() -> dict[str, Any]:
    """A practitioner with a role, a consent, and an organization."""
    return bundle(
        entry(practitioner()),
        entry({**role(), "id": "r1"}),
        entry({**consent_resource(), "id": "c1"}),
        entry({"resourceType": "Organization", "id": "o1", "name": "x"}),
        id="b1",
    )
