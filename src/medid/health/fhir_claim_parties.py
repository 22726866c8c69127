"""Who and where the references of a claim mean.

A reference may name its target by a DID, by an identifier, or by a resource that stands
inside the claim or was handed in beside it. Nothing is fetched, and a reference that
cannot be followed names nobody and no place.

Spec: https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import as_object, optional_str, required, required_str
from medid.errors import MalformedValue, MedidError, TooLarge, child, located
from medid.health.codes import canonical_system
from medid.health.fhir_values import elements
from medid.health.identifiers import check_identifier

if TYPE_CHECKING:
    from medid.core.json import JsonObject, JsonValue

_URI: Final = "urn:ietf:rfc:3986"  # the system of identifiers that are URIs
_DID: Final = "did:"
_ORGANIZATION: Final = "Organization"
MAX_RESOURCES: Final = 10_000  # handed in beside one claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody, as far as a claim names them.

    Attributes:
        dids: The DIDs by which they are named.
        identifiers: System and value, in the one spelling that medid compares.
        malformed: Whether an identifier cannot be one of its register's.
        organization: Whether it is known to be no person.
    """

    dids: frozenset[str] = field(default=frozenset(), repr=False)
    identifiers: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    malformed: bool = False
    organization: bool = False

    @property
    def known(self) -> bool:
        """Whether anything tells who this is."""
        return bool(self.dids or self.identifiers) and not self.organization

    def joined(self, other: Party) -> Party:
        """What both say of the same party."""
        return Party(
            dids=self.dids | other.dids,
            identifiers=self.identifiers | other.identifiers,
            malformed=self.malformed or other.malformed,
            organization=self.organization or other.organization,
        )


_NOBODY: Final = Party()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where something is, as text; what it means a configured table says."""

    country: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, obj: JsonObject, path: str) -> Address:
        """The address that a FHIR ``Address`` states.

        Raises:
            MalformedValue: The country or the state is no string.
        """
        return cls(
            country=optional_str(obj, "country", path),
            state=optional_str(obj, "state", path),
        )


@dataclass(frozen=True, slots=True)
class Directory:
    """The resources that can be referred to, by reference."""

    resources: Mapping[str, JsonObject] = field(repr=False)

    @classmethod
    def of(
        cls, claim: JsonObject, resources: Mapping[str, Mapping[str, JsonValue]]
    ) -> Directory:
        """What stands in ``claim``, by ``#id``, and what was handed in beside it.

        Raises:
            MalformedValue: A resource is no object, or two inside have one id.
            TooLarge: Too many were handed in, or one is larger than any document.
        """
        if len(resources) > MAX_RESOURCES:
            message = f"more than {MAX_RESOURCES} resources beside one claim"
            raise TooLarge(message, path="$.resources")
        found: dict[str, JsonObject] = {}
        for name, resource in resources.items():
            with located(child("$.resources", name)):
                found[name] = _copied(resource)
        if "contained" in claim:
            for item, path in elements(claim, "contained", "$"):
                name = "#" + required_str(item, "id", path)
                if name in found:
                    message = "two resources inside the claim have one id"
                    raise MalformedValue(message, path=child(path, "id"))
                found[name] = item
        return cls(MappingProxyType(found))

    def party(self, reference: JsonObject, path: str) -> Party:
        """Who ``reference`` means, by all that is said of them.

        Raises:
            MalformedValue: The reference, or the resource it names, is malformed.
        """
        found = self._named(reference, path)
        resource, place = self._target(reference, path)
        if resource is None:
            return found
        kind = resource.get("resourceType")
        if kind == "PractitionerRole":
            if "practitioner" not in resource:
                return _NOBODY
            inner = required(resource, "practitioner", dict, place)
            at = child(place, "practitioner")
            # A role has numbers of its own, which are not the person's.
            return self._named(inner, at).joined(self._person(inner, at))
        return found.joined(_described(resource, place))

    def _person(self, reference: JsonObject, path: str) -> Party:
        resource, place = self._target(reference, path)
        return _NOBODY if resource is None else _described(resource, place)

    def _named(self, reference: JsonObject, path: str) -> Party:
        """Who the reference itself names, without the resource behind it."""
        name = optional_str(reference, "reference", path) or ""
        party = Party(
            dids=frozenset({name} if name.startswith(_DID) else ()),
            organization=_is_organization(reference, name, path),
        )
        if "identifier" not in reference:
            return party
        place = child(path, "identifier")
        return party.joined(
            _identified(as_object(reference["identifier"], place), place)
        )

    def _target(
        self, reference: JsonObject, path: str
    ) -> tuple[JsonObject | None, str]:
        name = optional_str(reference, "reference", path)
        place = child(path, "reference")
        return (None if name is None else self.resources.get(name)), place

    def address(self, reference: JsonObject, path: str) -> Address | None:
        """Where the Location is that ``reference`` names; ``None`` if unknown.

        Raises:
            MalformedValue: The reference, or the resource it names, is malformed.
        """
        resource, place = self._target(reference, path)
        if resource is None or resource.get("resourceType") != "Location":
            return None
        if "address" not in resource:
            return None
        stated = required(resource, "address", dict, place)
        found = Address.read(stated, child(place, "address"))
        return found if _is_a_place(stated) else None

    def home(self, reference: JsonObject, path: str) -> Address | None:
        """Where the patient lives: the only home, or the only address of no other use.

        Raises:
            MalformedValue: The reference, or the resource it names, is malformed.
        """
        resource, place = self._target(reference, path)
        if resource is None or resource.get("resourceType") != "Patient":
            return None
        if "address" not in resource:
            return None
        stated = elements(resource, "address", place)
        found = [one for one in stated if _is_a_place(one[0])]
        homes = [one for one in found if one[0].get("use") == "home"]
        homes = homes or [one for one in found if "use" not in one[0]]
        # Of two homes nobody said which one the patient was in.
        return Address.read(*homes[0]) if len(homes) == 1 else None


def _is_a_place(address: JsonObject) -> bool:
    """Whether an address says where something is, not where letters or bills go."""
    former = address.get("use") in {"old", "billing"}
    return not former and address.get("type") != "postal"


def _copied(resource: object) -> JsonObject:
    plain = dict(resource) if isinstance(resource, Mapping) else resource
    return as_object(strict_json.check(plain), "$")


def _is_organization(reference: JsonObject, name: str, path: str) -> bool:
    kind = optional_str(reference, "type", path)
    # A reference may be absolute, and may name a version after the id.
    return kind == _ORGANIZATION or _ORGANIZATION in name.split("/")[:-1]


def _described(resource: JsonObject, path: str) -> Party:
    """Who a resource describes, by its identifiers."""
    party = Party(organization=resource.get("resourceType") != "Practitioner")
    if "identifier" in resource:
        for item, place in elements(resource, "identifier", path):
            party = party.joined(_identified(item, place))
    return party


def _identified(item: JsonObject, path: str) -> Party:
    """What one identifier says; one that is no longer used says nothing."""
    if item.get("use") == "old":
        return _NOBODY
    system = optional_str(item, "system", path)
    value = optional_str(item, "value", path)
    if system is None or value is None:
        return _NOBODY
    system = canonical_system(system)
    if system == _URI:
        return Party(dids=frozenset({value} if value.startswith(_DID) else ()))
    return Party(
        identifiers=frozenset({(system, value)}), malformed=not _fits(system, value)
    )


def _fits(system: str, value: str) -> bool:
    try:
        check_identifier(system, value)
    except MedidError:
        return False
    return True
