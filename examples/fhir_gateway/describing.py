"""A FHIR resource as the rules are told of it: what a consent may decide by. Pure."""

import re

from medid.core.json import JsonObject, JsonValue

NAME = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}")
CUSTODIAN = "Organization/hospital"  # of all that the server behind the gateway holds


def name_of(resource: JsonObject) -> str:
    """Its type and id."""
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def named(value: JsonValue) -> set[str]:
    """Every ``Type/id`` in any string of a value: references, links, and narrative."""
    if isinstance(value, str):
        return set(NAME.findall(value))
    if isinstance(value, list):
        return set().union(*map(named, value))
    if isinstance(value, dict):
        # The name of a code system has the same form, and names no record.
        return set().union(
            *(named(one) for key, one in value.items() if key != "system")
        )
    return set()


def coded(value: JsonValue) -> set[tuple[str, str]]:
    """Every system and code in a value: a consent's rule is about what has its code.

    An Observation may bear it as a component, a category or its value. Labels are not
    meant, and what is contained is asked about by itself.
    """
    if isinstance(value, list):
        return set().union(*map(coded, value))
    if not isinstance(value, dict):
        return set()
    inner = (one for key, one in value.items() if key not in {"meta", "contained"})
    found = set[tuple[str, str]]().union(*map(coded, inner))
    match value:
        case {"system": str(system), "code": str(code)} if system and code:
            found.add((system, code))
    return found


def patient_of(resource: JsonObject) -> str | None:
    """Whose it is, by its own word."""
    if resource.get("resourceType") == "Patient":
        return name_of(resource)
    subject = resource.get("subject")
    stated = subject.get("reference") if isinstance(subject, dict) else None
    return stated if isinstance(stated, str) else None


def meta_of(resource: JsonObject, within: JsonObject) -> JsonObject:
    """The ``meta`` of a contained resource, with the labels of what contains it too."""
    stated = resource.get("meta")
    own = stated if isinstance(stated, dict) else {}
    labels: list[JsonValue] = []
    for meta in (own, within.get("meta")):
        security = meta.get("security", []) if isinstance(meta, dict) else []
        # What is no array is no label that medid reads, and withholds.
        labels += security if isinstance(security, list) else [security]
    return {**own, "security": labels}


def described(resource: JsonObject, patient: str) -> JsonObject:
    """The resource as an AuthZEN request speaks of it."""
    meta = resource.get("meta")
    properties: JsonObject = {"patient": patient, "custodian": CUSTODIAN}
    if isinstance(meta, dict) and "security" in meta:
        properties["securityLabel"] = meta["security"]
    if isinstance(meta, dict) and "profile" in meta:
        properties["profile"] = meta["profile"]
    properties["code"] = [
        {"system": system, "code": code} for system, code in sorted(coded(resource))
    ]
    # What a consent may decide by has to be there: what is left out is not heeded. A
    # time that medid cannot read, such as effectiveTiming, withholds the resource.
    for name, value in resource.items():
        if name.startswith("effective"):
            properties["clinicalDate"] = value
    if "issued" in resource:
        properties["authoredDate"] = resource["issued"]
    properties["author"] = [*sorted(named(resource.get("performer")))]
    others = named(resource) - {patient, name_of(resource)}
    properties["refersTo"] = [*sorted(others)]
    kind = str(resource.get("resourceType"))
    return {"type": kind, "id": name_of(resource), "properties": properties}
