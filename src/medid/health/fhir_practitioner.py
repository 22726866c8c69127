"""FHIR Practitioner and PractitionerRole -> the draft of a license credential.

Only what the resources state and the caller gives gets into the draft. A number that
is not in use any more, and a specialty of a role that has an end, are left out: a
license credential could only state them as if they held now.

Reads R4 and R5, which say the same in the elements that are read. Signs nothing.

Spec: https://hl7.org/fhir/R4/practitioner.html, https://hl7.org/fhir/R5/practitioner.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.instant import Window
from medid.dids.syntax import Did
from medid.errors import MalformedValue, MissingFact, child
from medid.health.drafts import Frame, license_credential
from medid.health.fhir_losses import Loss, Source
from medid.health.fhir_ndh import contained
from medid.health.fhir_qualification import (
    IRI,
    URI,
    Qualification,
    codes,
    did_of,
    in_use,
    issuer_of,
    license_facts,
    of_role,
)
from medid.health.identifiers import check_identifier
from medid.health.vocabulary import node_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_ndh import Locate

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
        holder: The DID of the practitioner, one of those among the identifiers where
            there are any; else the only one of these.
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


def _nowhere(_reference: str) -> JsonObject | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What surrounds the resources, where they come in a Bundle.

    Attributes:
        names: Every reference by which a role may name the Practitioner.
        locate: The resource that a reference of the Practitioner means.
        role_locates: The same for each role.
    """

    names: frozenset[str] = frozenset()
    locate: Locate = _nowhere
    role_locates: tuple[Locate, ...] = ()


_ALONE: Final = Around()


def license_draft(
    practitioner: JsonObject,
    given: Given,
    *,
    roles: Sequence[JsonObject] = (),
    qualification: int | None = None,
    around: Around = _ALONE,
) -> Imported:
    """The draft of a license credential from one qualification of a Practitioner.

    Args:
        practitioner: A FHIR R4 or R5 ``Practitioner``.
        given: What the resource does not state.
        roles: Their ``PractitionerRole`` resources, for specialties. Qualifications
            that US directories keep there are counted after the Practitioner's own.
        qualification: Which one, from 0; may be left out where there are not several.
        around: What surrounds the resources.

    Raises:
        MalformedValue: Malformed or ambiguous in what is read, at odds with what is
            given, or with a modifier that medid does not know.
        MissingFact: A license needs what is neither stated nor given.
        InvalidDid: The holder or the issuer is not a DID.
        ParsingError: Not JSON within medid's limits.
    """
    root = _resource(practitioner, "Practitioner")
    root.keep("resourceType")
    identifiers = [item for item in root.elements("identifier") if in_use(item)]
    holder = _holder(identifiers, given.holder)
    numbers = _numbers(identifiers, holder)
    others = [_resource(role, "PractitionerRole") for role in roles]
    for role in others:
        _check_same(role, root, around.names)
    current = [_is_current(role) for role in others]
    found = _chosen(
        _candidates(root, others, current=current, around=around), qualification
    )
    stated: JsonObject = {}
    if found is not None:
        chosen, locate = found
        since = given.window.start
        stated = license_facts(chosen, given.license, locate=locate, since=since)
    issuer = issuer_of(None if found is None else found[0], given.issuer)
    specialties = [
        code
        for role, holds in zip(others, current, strict=True)
        if holds
        for code in _specialties(role, holder)
    ]
    if specialties:
        stated["specialty"] = [*specialties]
    for source in (root, *others):
        source.refuse_modifiers()
    place = root if found is None else found[0].place
    license_ = _merged(stated, given.license, place)
    _check_alive(root, license_)
    draft = license_credential(
        Frame(id=given.id, issuer=issuer, window=given.window, status=given.status),
        holder=holder,
        license=license_,
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


def _check_alive(root: Source, license_: Mapping[str, JsonValue]) -> None:
    """Return if nobody who died is said to hold anything but the license of a deceased.

    Raises:
        MalformedValue: R5's ``deceased[x]`` contradicts the status.
    """
    for name in ("deceasedBoolean", "deceasedDateTime"):
        told = root.has(name) and root.value_of(name) is not False
        if told and license_.get("licenseStatus") != "deceased":
            message = "the practitioner died, and the license has another status"
            fix = "state the status deceased, or correct the resource"
            raise MalformedValue(message, path=child("$", name), fix=fix)


def _holder(identifiers: list[Source], given: str | None) -> str:
    dids = [item for item in identifiers if did_of(item) is not None]
    if given is None:
        if len(dids) != 1:
            message = "the identifiers do not have exactly one DID"
            fix = "state which DID the license is about"
            raise MissingFact(message, path="$.identifier", fix=fix)
        given = did_of(dids[0]) or ""
    Did.parse(given)
    for item in dids:
        if did_of(item) == given:
            item.keep("system", "value")
            break
    else:
        if dids:
            message = "the practitioner has another DID than is given"
            fix = "look whose resource it is, or correct it"
            raise MalformedValue(message, path=dids[0].path, fix=fix)
    return given


def _numbers(identifiers: list[Source], holder: str) -> list[JsonObject]:
    found: list[JsonObject] = []
    seen: set[tuple[str, str]] = set()
    for item in identifiers:
        system, value = item.text("system"), item.text("value")
        if did_of(item) == holder:
            continue
        if system is None or value is None or not IRI.fullmatch(system):
            item.because("a number needs a system, which is a URI, and a value")
        elif (system, value) in seen:
            item.because("stated twice")
        else:
            check_identifier(system, value, path=child(item.path, "value"))
            item.keep("system", "value")
            seen.add((system, value))
            found.append({"system": system, "value": value})
    return found


def _candidates(
    root: Source, roles: Sequence[Source], *, current: Sequence[bool], around: Around
) -> list[tuple[Qualification, Locate]]:
    """Every qualification, with what finds the resources that it refers to."""
    locate = _either(contained(root), around.locate)
    found = [
        (Qualification.of_element(item), locate)
        for item in root.elements("qualification")
    ]
    locates = around.role_locates or (_nowhere,) * len(roles)
    for role, holds, outside in zip(roles, current, locates, strict=True):
        if holds:
            inside = _either(contained(role), outside)
            found += [
                (Qualification.of_extension(one), inside) for one in of_role(role)
            ]
    return found


def _either(first: Locate, second: Locate) -> Locate:
    def locate(reference: str) -> JsonObject | None:
        return first(reference) or second(reference)

    return locate


def _chosen(
    found: list[tuple[Qualification, Locate]], index: int | None
) -> tuple[Qualification, Locate] | None:
    if index is None and len(found) > 1:
        message = "there are several qualifications, and a credential is about one"
        fix = "name one by its number, from 0"
        raise MalformedValue(message, path="$.qualification", fix=fix)
    if index is None:
        return found[0] if found else None
    if not 0 <= index < len(found):
        raise MalformedValue("there is no such qualification", path="$.qualification")
    for number, (one, _) in enumerate(found):
        if number != index:
            one.place.leave_out("another qualification: make a credential of its own")
    return found[index]


def _is_current(role: Source) -> bool:
    """Whether a role holds now; says why what it states is lost where it does not."""
    for name in ("active", "_active", "period"):
        if role.has(name) and role.value_of(name) is not True:
            reason = "the role is not active, or has a period that a license has not"
            role.because(reason)
            for one in of_role(role):
                one.leave_out(reason)
            return False
    return True


def _specialties(role: Source, holder: str) -> list[JsonObject]:
    found = [code for item in role.elements("specialty") for code in codes(item)]
    if found:
        role.keep("resourceType")
        named = role.element("practitioner")
        identifier = None if named is None else named.element("identifier")
        if named and identifier and did_of(identifier) == holder:
            identifier.keep("system", "value")
            named.keep_if("type", "Practitioner")
    return found


def _check_same(role: Source, practitioner: Source, names: frozenset[str]) -> None:
    """Return if ``role`` is the practitioner's own.

    Raises:
        MalformedValue: It is somebody else's, or names nobody by what they have.
    """
    named = role.element("practitioner")
    if named is not None and (
        named.text("reference") in names or _names(named, practitioner)
    ):
        return
    message = "the role is not known to be this practitioner's"
    raise MalformedValue(message, path="$.practitioner")


def _names(reference: Source, practitioner: Source) -> bool:
    literal, own = reference.text("reference"), practitioner.text("id")
    if literal is not None:
        parts = literal.partition("/_history/")[0].split("/")
        return parts[-2:] == ["Practitioner", own]
    identifier = reference.element("identifier")
    if identifier is None or not in_use(identifier):
        return False
    pair = identifier.text("system"), identifier.text("value")
    known = [
        (item.text("system"), item.text("value"))
        for item in practitioner.elements("identifier")
        if in_use(item)
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


__all__ = ["URI", "Around", "Given", "Imported", "license_draft"]
