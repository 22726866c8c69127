"""The practitioners of a Bundle, each with the roles that are known to be theirs.

A role belongs to the Practitioner that its reference means in the Bundle, or else to
the only one that has the identifier by which it names them. A role that names nobody
so belongs to nobody, and is left out: whose specialty it is must not be guessed.

Spec: https://hl7.org/fhir/R4/practitionerrole.html, https://hl7.org/fhir/R4/references.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.records import replace
from medid.errors import located
from medid.health.fhir_bundle import PRACTITIONER, ROLE
from medid.health.fhir_losses import Source
from medid.health.fhir_practitioner import Around, license_draft
from medid.health.fhir_qualification import in_use

if TYPE_CHECKING:
    from medid.health.fhir_bundle import Bundle, Entry
    from medid.health.fhir_practitioner import Given, Imported

_NOBODYS: Final = "no Practitioner of the Bundle is known to have this role"

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A Practitioner of a Bundle, and their roles."""

    entry: Entry
    roles: tuple[Entry, ...] = field(default=(), repr=False)
    around: Around = field(repr=False)

    def draft(self, given: Given, *, qualification: int | None = None) -> Imported:
        """As ``license_draft``; paths are those of the Bundle.

        Raises:
            MalformedValue: As ``license_draft``.
            MissingFact: As ``license_draft``.
            InvalidDid: As ``license_draft``.
            ParsingError: As ``license_draft``.
        """
        with located(self.entry.path):
            found = license_draft(
                self.entry.resource,
                given,
                roles=[one.resource for one in self.roles],
                qualification=qualification,
                around=self.around,
            )
        return replace(
            found,
            losses=self.entry.inside(found.losses),
            role_losses=tuple(
                role.inside(lost)
                for role, lost in zip(self.roles, found.role_losses, strict=True)
            ),
        )


def practitioners(bundle: Bundle) -> list[Joined]:
    """Every Practitioner of ``bundle`` with their roles; others' roles are left out.

    Raises:
        MalformedValue: A reference or an identifier is malformed.
        ParsingError: A resource is larger than any document.
    """
    people = bundle.of(PRACTITIONER)
    owners = _owners(people)
    theirs: dict[int, list[tuple[Entry, str | None]]] = {}
    for role in bundle.of(ROLE):
        owner, name = _owner(bundle, role, owners)
        if owner is None:
            bundle.leave_out(role, _NOBODYS)
        else:
            bundle.keep(role)
            theirs.setdefault(owner.index, []).append((role, name))
    for one in people:
        bundle.keep(one)
    return [_joined(bundle, one, theirs.get(one.index, [])) for one in people]


def _joined(
    bundle: Bundle, entry: Entry, roles: list[tuple[Entry, str | None]]
) -> Joined:
    around = Around(
        names=frozenset(name for _, name in roles if name is not None),
        locate=bundle.locate(entry),
        role_locates=tuple(bundle.locate(role) for role, _ in roles),
    )
    return Joined(entry=entry, roles=tuple(role for role, _ in roles), around=around)


def _owner(
    bundle: Bundle, role: Entry, owners: dict[Identity, Entry | None]
) -> tuple[Entry | None, str | None]:
    """Whose ``role`` is, and the reference that says so."""
    with located(role.path):
        named = Source.of(role.resource).element("practitioner")
        if named is None:
            return None, None
        reference = named.text("reference")
        if reference is not None:
            found = bundle.resolve(role, reference)
            is_person = found is not None and found.kind == PRACTITIONER
            return (found if is_person else None), reference
        identifier = named.element("identifier")
        if identifier is None or not in_use(identifier):
            return None, None
        pair = _identity(identifier)
    return (None if pair is None else owners.get(pair)), None


def _owners(people: list[Entry]) -> dict[Identity, Entry | None]:
    """Who has which identifier; ``None`` where several have it."""
    found: dict[Identity, Entry | None] = {}
    for one in people:
        with located(one.path):
            identifiers = Source.of(one.resource).elements("identifier")
            pairs = {
                pair
                for item in identifiers
                if in_use(item) and (pair := _identity(item)) is not None
            }
        for pair in pairs:
            found[pair] = None if pair in found else one
    return found


def _identity(identifier: Source) -> Identity | None:
    system, value = identifier.text("system"), identifier.text("value")
    return None if system is None or value is None else (system, value)
