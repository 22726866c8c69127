"""What R4 and R5 provisions have in common: their criteria and their nesting.

Each release says which members a provision may have and how a nested rule gets its
type. Paths of rules are those of the consent, ``provision.provision[0]``; paths of
errors are JSONPaths.

Spec: https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision,
https://hl7.org/fhir/R5/consent-definitions.html#Consent.provision
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from medid.core.fields import (
    as_object,
    no_others,
    optional_str,
    required,
    required_str,
)
from medid.errors import MalformedValue, TooLarge, child
from medid.health.codes import (
    CONFIDENTIALITY,
    CONFIDENTIALITY_ORDER,
    DATA_MEANINGS,
    PARTICIPATION_TYPE,
    Coding,
    is_a,
)
from medid.health.consent_tree import Actor, Criteria, DataReference, Rule, Span
from medid.health.fhir_values import (
    coding,
    concept,
    elements,
    identifier,
    period,
    reference,
)
from medid.health.references import unversioned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo
    from typing import Literal

    from medid.core.json import JsonObject

MAX_DEPTH: Final = 8  # nested rules; IHE PCF allows two levels, HL7's examples use two
MAX_RULES: Final = 500  # of one consent, root included

_ACTOR: Final = frozenset({"id", "extension", "role", "reference"})
# What of its use cannot be read may say that the number was given up.
_IDENTIFIER: Final = frozenset(
    {"id", "extension", "use", "_use", "type", "system", "value", "period", "assigner"}
)
_DATA: Final = frozenset({"id", "extension", "meaning", "reference"})
_RECIPIENT: Final = "IRCP"  # with its kinds: PRCP, NOT, REFB, REFT, TRC
_CUSTODIAN: Final = "CST"
_KEPT: Final = (None, "usual", "official", "secondary")  # uses of an identifier
# Whose identifiers are their own; those of others tell nothing of their members.
_INDIVIDUALS: Final = frozenset(
    {"Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Device"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one FHIR release writes a provision.

    Attributes:
        members: Every member that a provision may have.
        classes: The member that names resource types and profiles, in R4 also
            document types.
        stated_type: Whether a provision says that it permits; ``None`` where it does
            not say, and is the opposite of what it excepts from (A4).
        roleless: What an actor without a role is. R5 lets it have none: it then is
            who the provision controls, the recipient. R4 does not: it is unknown.
    """

    members: frozenset[str]
    classes: str
    stated_type: Callable[[JsonObject, str], bool | None]
    roleless: Literal["recipient", "other"]


class RuleReader:
    """Reads one consent's provisions, counting them."""

    def __init__(self, dialect: Dialect, zone: tzinfo, resource: JsonObject) -> None:
        self._dialect = dialect
        self._zone = zone
        self._inside = _contained(resource)
        self._count = 0

    def read(self, obj: JsonObject, path: str, *, permit: bool, depth: int = 1) -> Rule:
        """The rule at ``path`` and the rules below it.

        Raises:
            MalformedValue: Something in it cannot be read or understood.
            TooLarge: Too deep, or too many rules.
        """
        self._count += 1
        place = f"$.{path}"
        if depth > MAX_DEPTH or self._count > MAX_RULES:
            raise TooLarge(
                "more rules, or deeper nested ones, than allowed", path=place
            )
        no_others(obj, self._dialect.members, place)
        if not obj.keys() - {"id"}:
            # FHIR has no empty elements; what was lost here may be a restriction.
            raise MalformedValue("a provision that says nothing", path=place)
        return Rule(
            path=path,
            permit=permit,
            criteria=self._criteria(obj, place),
            exceptions=self._exceptions(obj, path, permit=permit, depth=depth),
        )

    def _exceptions(
        self, obj: JsonObject, path: str, *, permit: bool, depth: int
    ) -> tuple[Rule, ...]:
        if "provision" not in obj:
            return ()
        return tuple(
            self.read(
                nested,
                place.removeprefix("$."),
                permit=self._nested_type(nested, place, parent=permit),
                depth=depth + 1,
            )
            for nested, place in elements(obj, "provision", f"$.{path}")
        )

    def _criteria(self, obj: JsonObject, path: str) -> Criteria:
        actors = self._actors(obj, path)
        return Criteria(
            period=self._period(obj, "period", path),
            recipients=actors.get("recipient"),
            custodians=actors.get("custodian"),
            other_actors=actors.get("other"),
            actions=_codings(obj, "action", path, concept),
            labels=_labels(obj, path),
            purposes=_codings(obj, "purpose", path, _single),
            classes=_codings(obj, self._dialect.classes, path, _single),
            document_types=_codings(obj, "documentType", path, _single),
            codes=_codings(obj, "code", path, concept),
            data=_data(obj, path),
            data_period=self._period(obj, "dataPeriod", path),
        )

    def _nested_type(self, obj: JsonObject, path: str, *, parent: bool) -> bool:
        stated = self._dialect.stated_type(obj, path)
        return not parent if stated is None else stated

    def _actors(self, obj: JsonObject, path: str) -> dict[str, tuple[Actor, ...]]:
        if "actor" not in obj:
            return {}
        found: dict[str, tuple[Actor, ...]] = {}
        for item, place in elements(obj, "actor", path):
            no_others(item, _ACTOR, place)
            roleless = self._dialect.roleless
            group = _group(item, place) if "role" in item else roleless
            actor = _actor(item, place, self._inside)
            found[group] = (*found.get(group, ()), actor)
        return found

    def _period(self, obj: JsonObject, name: str, path: str) -> Span | None:
        if name not in obj:
            return None
        place = child(path, name)
        return period(as_object(obj[name], place), place, self._zone)


def _single(obj: JsonObject, path: str) -> tuple[Coding, ...]:
    return (coding(obj, path),)


def _codings(
    obj: JsonObject,
    name: str,
    path: str,
    read: Callable[[JsonObject, str], tuple[Coding, ...]],
) -> tuple[Coding, ...] | None:
    if name not in obj:
        return None
    return tuple(
        found
        for item, place in elements(obj, name, path)
        for found in read(item, place)
    )


def _labels(obj: JsonObject, path: str) -> tuple[Coding, ...] | None:
    labels = _codings(obj, "securityLabel", path, _single)
    for label in labels or ():
        if label.system == CONFIDENTIALITY and label.code not in CONFIDENTIALITY_ORDER:
            raise MalformedValue(
                "not a confidentiality code", path=child(path, "securityLabel")
            )
    return labels


def _group(obj: JsonObject, path: str) -> str:
    place = child(path, "role")
    roles = concept(as_object(obj["role"], place), place)
    codes = [role.code for role in roles if role.system == PARTICIPATION_TYPE]
    if any(is_a(PARTICIPATION_TYPE, code, _RECIPIENT) for code in codes):
        return "recipient"
    return "custodian" if _CUSTODIAN in codes else "other"


def _actor(obj: JsonObject, path: str, inside: Mapping[str, Actor]) -> Actor:
    if "reference" not in obj:
        return Actor()
    place = child(path, "reference")
    stated = as_object(obj["reference"], place)
    literal, logical = reference(stated, place)
    # What is contained has no name outside, but may have identifiers.
    contained = inside.get(literal or "", Actor())
    if "identifier" in stated:
        number = child(place, "identifier")
        no_others(as_object(stated["identifier"], number), _IDENTIFIER, number)
    own = () if logical is None else (logical,)
    kept = not own or _is_kept(as_object(stated["identifier"], place))
    kind = optional_str(stated, "type", place)
    return Actor(
        reference=None if literal is None else unversioned(literal),
        identifiers=(*(own if kept else ()), *contained.identifiers),
        former=(*(() if kept else own), *contained.former),
        collective=contained.collective or _is_collective(kind),
    )


def _contained(resource: JsonObject) -> Mapping[str, Actor]:
    """Each contained resource that has identifiers, by how it is referred to.

    Raises:
        MalformedValue: One is malformed, or two have one id: either could be meant.
    """
    found: dict[str, Actor] = {}
    if "contained" not in resource:
        return found
    taken: set[str] = set()
    for item, place in elements(resource, "contained", "$"):
        if "id" not in item:
            continue
        name = "#" + required_str(item, "id", place)
        if name in taken:
            message = "two resources inside the consent have one id"
            raise MalformedValue(message, path=child(place, "id"))
        taken.add(name)
        if "identifier" in item:
            found[name] = _inside(item, place)
    return found


def _inside(item: JsonObject, path: str) -> Actor:
    known = [
        (found, _is_kept(stated))
        for stated, at in elements(item, "identifier", path)
        if (found := identifier(stated, at)) is not None
    ]
    kind = required_str(item, "resourceType", path)
    return Actor(
        identifiers=tuple(found for found, kept in known if kept),
        former=tuple(found for found, kept in known if not kept),
        collective=_is_collective(kind),
    )


def _is_kept(stated: JsonObject) -> bool:
    """Whether an identifier is one that is not given up, nor only lent.

    ``use`` is a modifier element: it can say that this is no identifier any more.
    """
    span = stated.get("period", {})
    ends = not isinstance(span, dict) or not span.keys() <= {"start"}
    return not ends and "_use" not in stated and stated.get("use") in _KEPT


def _is_collective(kind: str | None) -> bool:
    return kind is not None and kind.rpartition("/")[2] not in _INDIVIDUALS


def _data(obj: JsonObject, path: str) -> tuple[DataReference, ...] | None:
    if "data" not in obj:
        return None
    return tuple(_datum(item, place) for item, place in elements(obj, "data", path))


def _datum(obj: JsonObject, path: str) -> DataReference:
    no_others(obj, _DATA, path)
    meaning = required_str(obj, "meaning", path)
    if meaning not in DATA_MEANINGS:
        raise MalformedValue("not a data meaning", path=child(path, "meaning"))
    place = child(path, "reference")
    literal, _ = reference(required(obj, "reference", dict, path), place)
    if literal is None or literal.startswith("#"):
        raise MalformedValue("data without a literal reference", path=place)
    kind = cast("Literal['instance', 'related', 'dependents', 'authoredby']", meaning)
    return DataReference(meaning=kind, reference=literal)
