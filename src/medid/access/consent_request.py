"""JSON -> a consent request, strictly: a misspelt restriction must not vanish.

The members are those of the scenario format's ``request`` and ``resource``. Reads and
refuses; decides nothing.

Spec: https://w3id.org/medid/consent-evaluation/1#request
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from medid.access.consent_types import (
    BreakGlass,
    ConsentRequest,
    Requester,
    ResearchPurpose,
    Resource,
)
from medid.core.fields import (
    as_list,
    as_object,
    no_others,
    optional,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.core.instant import Instant
from medid.errors import MalformedValue, child
from medid.health.codes import CONSENT_ACTIONS, Coding, canonical_system
from medid.health.fhir_values import moment, period
from medid.health.references import unversioned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from medid.core.json import JsonObject
    from medid.health.consent_tree import Span

MAX_CANDIDATES: Final = 1000  # resources of one filtered search

REQUEST: Final = frozenset(
    [
        "actor",
        "patient",
        "action",
        "purpose",
        "resource",
        "time",
        "scope",
        "breakGlass",
        "researchPurpose",
        "context_unresolvable",
    ]
)
_ACTOR: Final = frozenset({"did", "references", "identifiers", "memberOf"})
_CODING: Final = frozenset({"system", "code", "display", "version"})
_BREAK_GLASS: Final = frozenset({"declared", "authorised", "reason"})
_RESEARCH: Final = frozenset(
    {"duo", "disease", "commercial", "notForProfit", "ethicsApproval"}
)


def read_request(
    obj: JsonObject,
    zone: tzinfo,
    *,
    path: str = "$.request",
    unresolvable: frozenset[str] = frozenset(),
) -> ConsentRequest:
    """The request that ``obj`` spells; its ``resource`` only where it is a single one.

    Args:
        obj: The scenario format's ``request``. Never modified.
        zone: Where a date without a time begins and ends.
        path: Where it stands.
        unresolvable: References whose membership could not be resolved.

    Raises:
        MalformedValue: A member is unknown, missing or of another form.
    """
    no_others(obj, REQUEST, path)
    more = _names(obj, "context_unresolvable", path)
    action = optional_str(obj, "action", path)
    if action is not None and action not in CONSENT_ACTIONS:
        raise MalformedValue("not a consent action", path=child(path, "action"))
    return ConsentRequest(
        requester=_requester(obj, path, unresolvable | more),
        patient=unversioned(required_str(obj, "patient", path)),
        purposes=codings(obj, "purpose", path),
        time=Instant.parse(required_str(obj, "time", path), path=child(path, "time")),
        action=action,
        resource=_single(obj, zone, path),
        break_glass=_break_glass(obj, path),
        research=_research(obj, path),
    )


def _requester(obj: JsonObject, path: str, unresolvable: frozenset[str]) -> Requester:
    place = child(path, "actor")
    actor = required(obj, "actor", dict, path)
    no_others(actor, _ACTOR, place)
    return Requester(
        did=optional_str(actor, "did", place),
        references=_names(actor, "references", place),
        identifiers=frozenset(_identifiers(actor, place)),
        member_of=_names(actor, "memberOf", place),
        unresolvable=unresolvable,
    )


def _identifiers(actor: JsonObject, path: str) -> Iterator[tuple[str, str]]:
    for item, place in _objects(actor, "identifiers", path):
        no_others(item, {"system", "value"}, place)
        system = canonical_system(required_str(item, "system", place))
        yield system, required_str(item, "value", place)


def _break_glass(obj: JsonObject, path: str) -> BreakGlass:
    if "breakGlass" not in obj:
        return BreakGlass()
    place = child(path, "breakGlass")
    stated = required(obj, "breakGlass", dict, path)
    no_others(stated, _BREAK_GLASS, place)
    return BreakGlass(
        declared=optional(stated, "declared", bool, place) is True,
        authorised=optional(stated, "authorised", bool, place) is True,
        reason=optional(stated, "reason", str, place) or "",
    )


def _research(obj: JsonObject, path: str) -> ResearchPurpose | None:
    if "researchPurpose" not in obj:
        return None
    place = child(path, "researchPurpose")
    stated = required(obj, "researchPurpose", dict, path)
    no_others(stated, _RESEARCH, place)
    return ResearchPurpose(
        duo=optional_str(stated, "duo", place),
        disease=optional_str(stated, "disease", place),
        commercial=optional(stated, "commercial", bool, place),
        not_for_profit=optional(stated, "notForProfit", bool, place),
        ethics_approval=optional(stated, "ethicsApproval", bool, place),
    )


def _single(obj: JsonObject, zone: tzinfo, path: str) -> Resource | None:
    if "resource" not in obj:
        return None
    resource = required(obj, "resource", dict, path)
    if "candidates" in resource:
        return None
    return read_resource(resource, zone, path=child(path, "resource"))


def read_resource(obj: JsonObject, zone: tzinfo, *, path: str) -> Resource:
    """One resource as its custodian describes it.

    Raises:
        MalformedValue: A member is unknown, missing or of another form.
    """
    no_others(obj, {"type", *MEMBERS}, path)
    kind = required_str(obj, "type", path)
    found = [read_member(obj, name, path, zone) for name in MEMBERS if name in obj]
    stated: dict[str, Any] = dict(found)
    return Resource(type=kind, **stated)


def read_member(
    obj: JsonObject, name: str, path: str, zone: tzinfo
) -> tuple[str, object]:
    """What the member ``name`` says: an attribute of ``Resource``, and its value.

    Raises:
        MalformedValue: It is of another form than its kind requires.
    """
    attribute, read = MEMBERS[name]
    return attribute, read(obj, name, path, zone)


def read_candidates(obj: JsonObject, zone: tzinfo, *, path: str) -> list[Resource]:
    """The resources of a search that is to be filtered; each with an id of its own.

    Raises:
        MalformedValue: Not a Bundle, no candidates, too many, or one without an id.
    """
    no_others(obj, {"type", "id", "candidates"}, path)
    if required_str(obj, "type", path) != "Bundle":
        raise MalformedValue("only a Bundle has candidates", path=child(path, "type"))
    place = child(path, "candidates")
    found = [
        read_resource(item, zone, path=at)
        for item, at in _objects(obj, "candidates", path)
    ]
    if not 0 < len(found) <= MAX_CANDIDATES:
        raise MalformedValue(f"must have 1 to {MAX_CANDIDATES} elements", path=place)
    ids = {resource.id for resource in found}
    if None in ids or len(ids) != len(found):
        raise MalformedValue("each candidate needs an id of its own", path=place)
    return found


def codings(obj: JsonObject, name: str, path: str) -> frozenset[Coding]:
    """The codings of a member: an array of Coding or CodeableConcept; may be absent.

    Raises:
        MalformedValue: A member is unknown, missing or of another form, or a concept
            has no coding: what it says would be dropped.
    """
    found: set[Coding] = set()
    for item, place in _objects(obj, name, path):
        if "coding" not in item:
            found.add(_coding(item, place))
            continue
        no_others(item, {"coding", "text"}, place)
        stated = [_coding(one, at) for one, at in _objects(item, "coding", place)]
        if not stated:
            message = "text without a coding cannot be compared"
            raise MalformedValue(message, path=child(place, "coding"))
        found.update(stated)
    return frozenset(found)


def _coding(obj: JsonObject, path: str) -> Coding:
    no_others(obj, _CODING, path)
    return Coding(required_str(obj, "system", path), required_str(obj, "code", path))


def _objects(obj: JsonObject, name: str, path: str) -> Iterator[tuple[JsonObject, str]]:
    place = child(path, name)
    for index, item in enumerate(as_list(obj[name]) if name in obj else ()):
        at = child(place, index)
        yield as_object(item, at), at


def _names(obj: JsonObject, name: str, path: str) -> frozenset[str]:
    if name not in obj or obj[name] == []:
        return frozenset()
    return frozenset(map(unversioned, strings(obj[name], child(path, name))))


def _dated(obj: JsonObject, name: str, path: str, zone: tzinfo) -> Span:
    value, place = obj[name], child(path, name)
    if isinstance(value, dict):
        return period(value, place, zone)
    return moment(value, place, zone)


def _text(obj: JsonObject, name: str, path: str, _zone: tzinfo) -> str | None:
    return optional_str(obj, name, path)


def _referred(obj: JsonObject, name: str, path: str, _zone: tzinfo) -> str | None:
    stated = optional_str(obj, name, path)
    return None if stated is None else unversioned(stated)


def _coded(obj: JsonObject, name: str, path: str, _zone: tzinfo) -> frozenset[Coding]:
    return codings(obj, name, path)


def _named(obj: JsonObject, name: str, path: str, _zone: tzinfo) -> frozenset[str]:
    return _names(obj, name, path)


# Each member of a resource but its type: the attribute of ``Resource`` that it becomes.
MEMBERS: Final[
    Mapping[str, tuple[str, Callable[[JsonObject, str, str, tzinfo], object]]]
] = MappingProxyType(
    {
        "id": ("id", _text),
        "securityLabel": ("labels", _coded),
        "code": ("codes", _coded),
        "profile": ("profiles", _named),
        "clinicalDate": ("clinical", _dated),
        "authoredDate": ("authored", _dated),
        "author": ("authors", _named),
        "refersTo": ("refers_to", _named),
        "referencedBy": ("referenced_by", _named),
        "custodian": ("custodian", _referred),
    }
)
