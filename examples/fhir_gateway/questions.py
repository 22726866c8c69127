"""From a request of HTTP to the question that it is, or to none; it reads by ``read``.

What is not listed here is not offered, which is most of FHIR: ``_history``, ``_search``
by POST, ``$everything``, Binary, and every parameter that could probe for content.
"""

import re
from collections.abc import Callable, Mapping

from describing import NAME, described, patient_of
from withholding import SUBJECTS

from medid.core.json import JsonObject

INCLUDES = {
    "_include": frozenset({"DiagnosticReport:result"}),
    "_revinclude": frozenset({"Provenance:target", "AuditEvent:entity"}),
}
NUMBER = re.compile(r"[0-9]{1,4}")

Query = Mapping[str, tuple[str, ...]]
Read = Callable[[str], JsonObject | None]


def asked_first(method: str, path: str, query: Query, read: Read) -> JsonObject | None:
    """What a request asks for first: a resource, or for a search the patient's own.

    None for what is not offered and for what is not there.
    """
    kind, _, identifier = path.removeprefix("/").partition("/")
    if method != "GET" or kind not in SUBJECTS or path.endswith("/"):
        return None
    name = f"{kind}/{identifier}" if not query else ""
    if not identifier and kind != "Patient" and _is_search(query):
        name = f"Patient/{query['patient'][0].removeprefix('Patient/')}"
    return read(name) if NAME.fullmatch(name) else None


def _is_search(query: Query) -> bool:
    if any(len(values) != 1 for values in query.values()):
        return False
    numbers = [*query.get("_count", ()), *query.get("_offset", ())]
    return (
        {"patient"} <= query.keys() <= {"patient", "_count", "_offset", *INCLUDES}
        and all(map(NUMBER.fullmatch, numbers))
        and all(query[name][0] in INCLUDES[name] for name in INCLUDES if name in query)
    )


def request_for(resource: JsonObject | None, purpose: str | None) -> JsonObject | None:
    """The AuthZEN request for a resource; who asks is whoever presents."""
    patient = patient_of(resource) if resource else None
    if resource is None or patient is None or purpose is None:
        return None
    system = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    coded: JsonObject = {"system": system, "code": purpose}
    return {
        "subject": {"type": "practitioner", "properties": {"profession": "208D00000X"}},
        "action": {"name": "access", "properties": {"purposeOfUse": [coded]}},
        "resource": described(resource, patient),
        # Where the two are is for the hospital to know, and not the caller's word.
        "context": {
            "mode": "in-person",
            "patientLocation": "US-OH",
            "practitionerLocation": "US-OH",
        },
    }
