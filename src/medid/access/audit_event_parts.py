"""Who and what an AuditEvent names, and what for. Marks what it reads.

A reference may give a literal, an identifier, or only words. A name that was somebody's
once is no name: another patient may have it by now. Nor is the place of a resource that
the event itself contains: whoever that is goes by its identifiers.

Spec: https://hl7.org/fhir/R4/auditevent-definitions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.audit_fhir import CLAIMED
from medid.access.audit_record import MAX_RELEASED, Named
from medid.errors import MalformedValue, TooLarge
from medid.health.codes import RESOURCE_TYPES, Coding
from medid.health.fhir_qualification import URI, in_use

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from medid.health.fhir_losses import Source

_THO: Final = "http://terminology.hl7.org/CodeSystem/"
_PERSON: Final = Coding(_THO + "audit-entity-type", "1")
_PATIENT: Final = Coding(_THO + "object-role", "1")
_CONSENTS: Final = frozenset(Coding(system, "Consent") for system in RESOURCE_TYPES)
_LITERAL: Final = re.compile(
    r"(?:https?://[^\s?#]{1,2000}/)?(?P<type>[A-Z][A-Za-z]{1,63})/[A-Za-z0-9.\-]{1,64}"
)
_VERSION: Final = "/_history/"
_INSIDE: Final = "#"  # begins a reference to what the same resource contains
_NO_CODE: Final = "a purpose without a code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The purposes that an event states.

    Attributes:
        codings: Each once, in their order.
        unclear: Whether one has no code, so that it may be any purpose.
    """

    codings: tuple[Coding, ...] = field(repr=False)
    unclear: bool


def coded(place: Source, wanted: Collection[Coding]) -> bool:
    """Whether a ``Coding`` or a ``CodeableConcept`` is one of ``wanted``; marks it."""
    found = _among(place, wanted)
    for one in found:
        one.keep("system", "code")
    return bool(found)


def agents(root: Source, kind: Coding) -> list[Source]:
    """The agents of that kind, of which nothing is marked."""
    return [
        one
        for one in root.elements("agent")
        if (concept := one.element("type")) is not None and _among(concept, {kind})
    ]


def _among(place: Source, wanted: Collection[Coding]) -> list[Source]:
    return [
        one
        for one in [place, *place.elements("coding")]
        if (system := one.text("system")) and (code := one.text("code"))
        if Coding(system, code) in wanted
    ]


def purposes(concepts: Sequence[Source]) -> Said:
    """The purposes that ``concepts`` state.

    Raises:
        MalformedValue: One is malformed.
    """
    found: list[Coding] = []
    unclear = False
    for concept in concepts:
        some = False
        for one in concept.elements("coding"):
            system, code = one.text("system"), one.text("code")
            if system and code:
                one.keep("system", "code")
                found.append(Coding(system, code))
                some = True
        if not some:
            concept.because(_NO_CODE)
            unclear = True
    return Said(codings=tuple(dict.fromkeys(found)), unclear=unclear)


class Contained:
    """What an event contains. Each is read once, however often it is referred to."""

    __slots__ = ("_names", "_places")

    def __init__(self, root: Source) -> None:
        """Find the resources in ``root``, of which nothing is read yet.

        Raises:
            MalformedValue: They are no list of resources.
        """
        self._names: dict[str, list[str]] = {}
        self._places: dict[str, list[Source]] = {}
        for one in root.elements("contained"):
            self._places.setdefault(f"{_INSIDE}{one.text('id')}", []).append(one)

    def names(self, reference: str) -> list[str]:
        """The identifiers of what ``reference`` names; none where nothing has it.

        Raises:
            MalformedValue: One is malformed.
        """
        if reference not in self._names:
            places = self._places.get(reference, [])
            found = [
                named
                for one in places
                for stated in one.elements("identifier")
                if (named := _named(stated)) is not None
            ]
            self._names[reference] = _kept(found)
        return self._names[reference]


def requester(user: Source, inside: Contained) -> tuple[str, str | None]:
    """One name of the agent, and the words beside it; an empty one for nobody.

    Raises:
        MalformedValue: The reference is malformed.
    """
    who = user.element("who")
    if who is None:
        return "", None
    display = who.text("display")
    identifier, literal = _identifier(who), who.text("reference")
    if literal is not None and literal.startswith(_INSIDE):
        names = inside.names(literal)
        if identifier is None and names:
            return names[0], display
        literal = None
    if identifier is not None and (literal is None or identifier[0].startswith("did:")):
        identifier[1].keep("system", "value")
        if display == CLAIMED:
            who.keep("display")
        return identifier[0], display
    if literal is not None:
        who.keep("reference")
        return literal.partition(_VERSION)[0], display
    return who.take_text("display") or "", display


def patients(root: Source, inside: Contained) -> tuple[str, ...]:
    """Every name of the patient that the event is about.

    Raises:
        MalformedValue: It is about two, or malformed.
    """
    found = [
        _names(what, inside)
        for entity in root.elements("entity")
        if _is_patient(entity) and (what := entity.element("what")) is not None
    ]
    stated = root.element("patient")  # of R5
    if stated is not None:
        found.append(_names(stated, inside))
    for one in found[1:]:
        if not set(one) & set(found[0]):
            message = "the event is about several patients, and a decision about one"
            raise MalformedValue(message, path="$.entity")
    return tuple(dict.fromkeys(name for one in found for name in one))


def consents(root: Source, inside: Contained) -> tuple[str, ...]:
    """The consents that were looked at, each by one name.

    Raises:
        MalformedValue: A reference is malformed.
    """
    found: list[str] = []
    for entity in root.elements("entity"):
        what = entity.element("what")
        if what is None or not _is_consent(entity, what):
            continue
        what.keep_if("type", "Consent")
        names = _names(what, inside) or [what.take_text("display") or ""]
        found += [names[0]] if names[0] else []
    return tuple(found)


def resources(root: Source) -> tuple[Named, ...]:
    """What was asked for, where the event names it by type and id.

    Raises:
        MalformedValue: A reference is malformed.
        TooLarge: More than one record has.
    """
    found: list[Named] = []
    for entity in root.elements("entity"):
        what = entity.element("what")
        if what is None or _is_patient(entity) or _is_consent(entity, what):
            continue
        literal = (what.text("reference") or "").partition(_VERSION)[0]
        match = _LITERAL.fullmatch(literal)
        if match is not None:
            what.keep("reference")
            found.append(Named(type=match["type"], id=literal))
    if len(found) > MAX_RELEASED:
        message = f"more than {MAX_RELEASED} resources in one record"
        raise TooLarge(message, path="$.entity")
    return tuple(dict.fromkeys(found))


def _is_patient(entity: Source) -> bool:
    role, kind = entity.element("role"), entity.element("type")
    if kind is not None and not coded(kind, {_PERSON}):
        return False
    return role is not None and coded(role, {_PATIENT})


def _is_consent(entity: Source, what: Source) -> bool:
    kind = entity.element("type")
    if kind is not None and coded(kind, _CONSENTS):
        return True
    literal = (what.text("reference") or "").partition(_VERSION)[0]
    match = _LITERAL.fullmatch(literal)
    return what.text("type") == "Consent" or (
        match is not None and match["type"] == "Consent"
    )


def _names(reference: Source, inside: Contained) -> list[str]:
    """Every name that a reference gives: its literal, then its identifiers."""
    reference.keep_if("type", "Patient")
    literal, identifier = reference.text("reference"), _identifier(reference)
    own = _kept([] if identifier is None else [identifier])
    if literal is None:
        return own
    if literal.startswith(_INSIDE):
        return [*own, *inside.names(literal)]
    reference.keep("reference")
    return [literal.partition(_VERSION)[0], *own]


def _kept(found: Sequence[tuple[str, Source]]) -> list[str]:
    for _, stated in found:
        stated.keep("system", "value")
    return [name for name, _ in found]


def _identifier(reference: Source) -> tuple[str, Source] | None:
    stated = reference.element("identifier")
    return None if stated is None else _named(stated)


def _named(stated: Source) -> tuple[str, Source] | None:
    """The identifier as one string: a URI, a bare value, or ``system|value``."""
    if not in_use(stated):
        return None
    system, value = stated.text("system"), stated.text("value")
    if value is None:
        return None
    return value if system in {None, URI} else f"{system}|{value}", stated
