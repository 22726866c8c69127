"""FHIR Practitioner and PractitionerRole -> the draft of a license credential.

Only what the resources state and the caller gives gets into the draft. A number that
is not in use any more, and a specialty of a role that has an end, are left out: a
license credential could only state them as if they held now.

Reads R4 and R5, which say the same in the elements that are read. Signs nothing.

Spec: https://hl7.org/fhir/R4/practitioner.html, https://hl7.org/fhir/R5/practitioner.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.instant import Window
from medid.dids.syntax import Did
from medid.errors import MalformedValue, MissingFact, child
from medid.health.drafts import Frame, license_credential
from medid.health.fhir_extensions import read_license
from medid.health.fhir_losses import Loss, Source
from medid.health.identifiers import check_identifier
from medid.health.vocabulary import node_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue

URI: Final = "urn:ietf:rfc:3986"  # the system of identifiers that are URIs
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_USES: Final = frozenset({None, "usual", "official", "secondary"})
_CODE: Final = ("system", "code", "display", "version")

_REASONS: Final = MappingProxyType(
    {
        "id": "the draft names its holder by a DID",
        "active": "a license has its own status, which the board states",
        "text": "a narrative for people",
        "meta": "about the resource on its server",
        "qualification.identifier.system": "a license number has no system",
        "qualification.issuer": "the draft names its issuer by a DID",
        "qualification.period": "not a day, so not the first day of a license",
        "qualification.code.text": "a profession is stated by codes",
        "practitioner": "the draft names its holder by a DID",
        "specialty.text": "a specialty is stated by codes",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the caller states because FHIR does not.

    Attributes:
        id: A new random ``urn:uuid:`` for the credential.
        holder: The DID of the practitioner; else the only one among the identifiers.
        issuer: The DID of the board; else the one that identifies the issuer.
        window: When the credential holds.
        status: The entries of its status lists.
        license: Members of ``PractitionerLicense``. The resource may state the same,
            and nothing else.
    """

    id: str
    holder: str | None = None
    issuer: str | None = None
    window: Window = field(default=Window(None, None))
    status: Sequence[JsonObject] = ()
    license: Mapping[str, JsonValue] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A draft, and what of the resources is not in it.

    Attributes:
        draft: An unsigned credential, checked.
        losses: Of the Practitioner, or of the Consent.
        role_losses: Of each PractitionerRole.
    """

    draft: JsonObject = field(repr=False)
    losses: tuple[Loss, ...]
    role_losses: tuple[tuple[Loss, ...], ...] = ()


def license_draft(
    practitioner: JsonObject,
    given: Given,
    *,
    roles: Sequence[JsonObject] = (),
    qualification: int | None = None,
) -> Imported:
    """The draft of a license credential from one qualification of a Practitioner.

    Args:
        practitioner: A FHIR R4 or R5 ``Practitioner``.
        given: What the resource does not state.
        roles: Their ``PractitionerRole`` resources, for specialties.
        qualification: Which one, from 0; may be left out where there are not several.

    Raises:
        MalformedValue: Malformed or ambiguous in what is read, at odds with what is
            given, or with a modifier that medid does not know.
        MissingFact: A license needs what is neither stated nor given.
        InvalidDid: The holder or the issuer is not a DID.
        ParsingError: Not JSON within medid's limits.
    """
    root = _resource(practitioner, "Practitioner")
    root.keep("resourceType")
    identifiers = [item for item in root.elements("identifier") if _in_use(item)]
    holder = _holder(identifiers, given.holder)
    numbers = _numbers(identifiers, holder)
    chosen = _chosen(root, qualification)
    stated = {} if chosen is None else _license(chosen, given.license)
    issuer = _issuer(chosen, given.issuer)
    others = [_resource(role, "PractitionerRole") for role in roles]
    specialties = [code for role in others for code in _specialties(role, root, holder)]
    if specialties:
        stated["specialty"] = [*specialties]
    for source in (root, *others):
        source.refuse_modifiers()
    license_members = _merged(stated, given.license, root if chosen is None else chosen)
    draft = license_credential(
        Frame(id=given.id, issuer=issuer, window=given.window, status=given.status),
        holder=holder,
        license=license_members,
        identifiers=numbers,
    )
    return Imported(
        draft=draft,
        losses=root.losses(_REASONS),
        role_losses=tuple(role.losses(_REASONS) for role in others),
    )


def _resource(document: JsonObject, kind: str) -> Source:
    root = Source.of(document)
    if root.text("resourceType") != kind:
        raise MalformedValue(f"not a FHIR {kind}", path="$.resourceType")
    return root


def _in_use(identifier: Source) -> bool:
    """Whether a number is one that its owner has now; says why where it is not."""
    if identifier.text("use") not in _USES or identifier.has("_use"):
        identifier.because("a number that is not known to be in use")
        return False
    if identifier.has("period"):
        identifier.because("a number that has a period; a credential has none for it")
        return False
    return True


def _holder(identifiers: list[Source], given: str | None) -> str:
    dids = [item for item in identifiers if _did(item) is not None]
    if given is None:
        if len(dids) != 1:
            message = "the identifiers do not have exactly one DID"
            fix = "state which DID the license is about"
            raise MissingFact(message, path="$.identifier", fix=fix)
        given = _did(dids[0]) or ""
    Did.parse(given)
    for item in dids:
        if _did(item) == given:
            item.keep("system", "value")
            break
    return given


def _did(identifier: Source) -> str | None:
    value = identifier.text("value")
    named = identifier.text("system") == URI and value is not None
    return value if named and value is not None and value.startswith("did:") else None


def _numbers(identifiers: list[Source], holder: str) -> list[JsonObject]:
    found: list[JsonObject] = []
    seen: set[tuple[str, str]] = set()
    for item in identifiers:
        system, value = item.text("system"), item.text("value")
        if _did(item) == holder:
            continue
        if system is None or value is None or not _IRI.fullmatch(system):
            item.because("a number needs a system, which is a URI, and a value")
        elif (system, value) in seen:
            item.because("stated twice")
        else:
            check_identifier(system, value, path=child(item.path, "value"))
            item.keep("system", "value")
            seen.add((system, value))
            found.append({"system": system, "value": value})
    return found


def _chosen(root: Source, index: int | None) -> Source | None:
    found = root.elements("qualification")
    if index is None and len(found) > 1:
        message = "there are several qualifications, and a credential is about one"
        fix = "name one by its number, from 0"
        raise MalformedValue(message, path="$.qualification", fix=fix)
    if index is None:
        return found[0] if found else None
    if not 0 <= index < len(found):
        raise MalformedValue("there is no such qualification", path="$.qualification")
    for number, item in enumerate(found):
        if number != index:
            item.leave_out("another qualification: make a credential of its own")
    return found[index]


def _license(chosen: Source, given: Mapping[str, JsonValue]) -> JsonObject:
    found = read_license(chosen)
    number = _license_number(chosen, given.get("licenseNumber"))
    if number is not None:
        found["licenseNumber"] = number
    code = chosen.element("code")
    professions = [] if code is None else codes(code)
    if professions:
        found["profession"] = [*professions]
    period = chosen.element("period")
    if period is not None:
        found.update(_days(period))
    return found


def _license_number(chosen: Source, wanted: JsonValue) -> str | None:
    found = [
        item
        for item in chosen.elements("identifier")
        if _in_use(item) and item.text("value") is not None
    ]
    path = child(chosen.path, "identifier")
    if wanted is not None and found:
        found = [item for item in found if item.text("value") == wanted]
        if not found:
            raise MalformedValue("states another license number", path=path)
        del found[1:]
    if len(found) > 1:
        fix = "state which of them is the license number"
        raise MalformedValue("there are several identifiers", path=path, fix=fix)
    return found[0].take_text("value") if found else None


def codes(concept: Source) -> list[JsonObject]:
    """The codings of a ``CodeableConcept`` that have a system and a code."""
    found: list[JsonObject] = []
    for item in concept.elements("coding"):
        system, code = item.text("system"), item.text("code")
        if system is None or code is None or not _IRI.fullmatch(system):
            item.because("a code needs a system, which is a URI, and a code")
            continue
        found.append({name: item.take_text(name) for name in _CODE if item.has(name)})
    return found


def _days(period: Source) -> JsonObject:
    start, end = period.text("start"), period.text("end")
    found: JsonObject = {}
    if start is not None and _DAY.fullmatch(start):
        found["issuedOn"] = period.take_text("start")
    if end is not None or period.has("_end"):
        if end is None or not _DAY.fullmatch(end):
            # A license without this end would hold for longer than was said.
            path = child(period.path, "end")
            fix = "write the last day as YYYY-MM-DD"
            raise MalformedValue("the end is not a day", path=path, fix=fix)
        found["expiresOn"] = period.take_text("end")
    return found


def _issuer(chosen: Source | None, given: str | None) -> str | JsonObject:
    issuer = None if chosen is None else chosen.element("issuer")
    identifier = None if issuer is None else issuer.element("identifier")
    if issuer is not None and identifier is not None and _in_use(identifier):
        stated = _did(identifier)
        if stated is not None:
            if given not in {None, stated}:
                raise MalformedValue("names another issuer", path=identifier.path)
            Did.parse(stated)
            identifier.keep("system", "value")
            # Only here do the resource's words belong to this DID.
            name = issuer.take_text("display")
            return stated if name is None else {"id": stated, "name": name}
    if given is None:
        message = "the issuer is not identified by a DID"
        fix = "state the DID of the issuer"
        raise MissingFact(message, path="$.qualification", fix=fix)
    Did.parse(given)
    return given


def _specialties(role: Source, practitioner: Source, holder: str) -> list[JsonObject]:
    _check_same(role, practitioner)
    for name in ("active", "_active", "period"):
        if role.has(name) and role.value_of(name) is not True:
            reason = "the role is not active, or has a period that a license has not"
            role.because(reason, "specialty")
            return []
    found = [code for item in role.elements("specialty") for code in codes(item)]
    if found:
        role.keep("resourceType")
        named = role.element("practitioner")
        identifier = None if named is None else named.element("identifier")
        if named and identifier and _did(identifier) == holder:
            identifier.keep("system", "value")
            named.keep_if("type", "Practitioner")
    return found


def _check_same(role: Source, practitioner: Source) -> None:
    """Return if ``role`` is the practitioner's own.

    Raises:
        MalformedValue: It is somebody else's, or names nobody by what they have.
    """
    named = role.element("practitioner")
    if named is not None and _names(named, practitioner):
        return
    message = "the role is not known to be this practitioner's"
    raise MalformedValue(message, path="$.practitioner")


def _names(reference: Source, practitioner: Source) -> bool:
    literal, own = reference.text("reference"), practitioner.text("id")
    if literal is not None:
        parts = literal.partition("/_history/")[0].split("/")
        return parts[-2:] == ["Practitioner", own]
    identifier = reference.element("identifier")
    if identifier is None or not _in_use(identifier):
        return False
    pair = identifier.text("system"), identifier.text("value")
    known = [
        (item.text("system"), item.text("value"))
        for item in practitioner.elements("identifier")
        if _in_use(item)
    ]
    return None not in pair and pair in known


def _merged(
    stated: JsonObject, given: Mapping[str, JsonValue], place: Source
) -> JsonObject:
    for name in stated.keys() & given.keys():
        if not _agree(stated[name], given[name]):
            raise MalformedValue(
                f"states another {name} than is given", path=place.path
            )
    merged = {**given, **stated}
    missing = [
        term.name
        for term in node_type("PractitionerLicense").terms
        if term.required and not merged.get(term.name)
    ]
    if missing:
        message = f"a license needs what is not stated here: {', '.join(missing)}"
        fix = "state it: nothing is made up"
        raise MissingFact(message, path=place.path, fix=fix)
    return merged


def _agree(stated: JsonValue, given: JsonValue) -> bool:
    if not isinstance(stated, list) or not isinstance(given, list):
        return stated == given
    known = [_identity(item) for item in stated]
    return all(_identity(item) in known for item in given)


def _identity(value: JsonValue) -> JsonValue:
    """A code without the words that describe it; anything else as it is."""
    if isinstance(value, dict) and {"system", "code"} <= value.keys():
        return [value["system"], value["code"]]
    return value
