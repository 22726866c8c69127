"""Whether a rule names the very data that is asked for, or what it belongs to.

A permit must be shown to name it, and a denial to name something else: what one server
calls ``Observation/7`` may have another name on the next, and a ``urn:uuid`` can be
anything at all (E15). Only their types tell such names apart.

Spec: https://w3id.org/medid/consent-evaluation/1#matching
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.health.references import named_type, namespace, split_version, unversioned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from medid.access.consent_types import Resource
    from medid.health.consent_tree import DataReference

# What these hold is found from either side: a visit's data refer to the visit (A7).
_CONTAINERS: Final = ("Encounter", "CarePlan", "EpisodeOfCare")
_ANY: Final = "*"  # every resource type at once; none has this name


def data_matches(
    named: Sequence[DataReference], resource: Resource, *, permit: bool
) -> bool:
    """Whether any of what a rule names is this resource, or stands to it as it says."""
    shown = _name_of(resource)
    if any(_is_meant(it, resource, shown, permit=permit) for it in named):
        return True
    return not permit and _may_be_meant(named, resource, shown)


def _name_of(resource: Resource) -> str | None:
    """The resource as references name it; AuthZEN has its type beside the id."""
    shown = resource.id
    if shown is None or "/" in shown or ":" in shown:
        return shown
    return f"{resource.type}/{shown}"


def _is_meant(
    wanted: DataReference, resource: Resource, shown: str | None, *, permit: bool
) -> bool:
    by_itself = wanted.meaning != "authoredby"
    if by_itself and _is_instance(wanted.reference, shown, permit=permit):
        return True
    if permit and by_itself and wanted.about != wanted.reference:
        return False  # what one version of it referred to is not known
    return any(wanted.about in names for names in _connected(wanted, resource))


def _connected(wanted: DataReference, resource: Resource) -> tuple[frozenset[str], ...]:
    """Where the name is found, if the resource stands to it as the rule says."""
    if wanted.meaning == "authoredby":
        return (resource.authors,)
    if wanted.meaning == "dependents":
        return (resource.refers_to,)
    if wanted.meaning != "related":
        return ()
    if any(f"/{kind}/" in f"/{wanted.about}" for kind in _CONTAINERS):
        return (resource.referenced_by, resource.refers_to)
    return (resource.referenced_by,)


def _is_instance(wanted: str, shown: str | None, *, permit: bool) -> bool:
    if shown is None or wanted == shown:
        return wanted == shown
    named, version = split_version(wanted)
    resource, shown_version = split_version(shown)
    if named != resource:
        return False
    # Every version of what is named; and what is shown may be the version named.
    return not version or not (permit or shown_version)


# What a denial names, and nothing tells apart from what is shown.


def _may_be_meant(
    named: Iterable[DataReference], resource: Resource, shown: str | None
) -> bool:
    space = None if shown is None else namespace(unversioned(shown))
    spaces: dict[frozenset[str], dict[str, set[str]]] = {}
    for it in named:
        by_itself = space is not None and it.meaning != "authoredby"
        if by_itself and it.space != space and it.kind in {"", resource.type}:
            return True
        # What this server calls so it calls so within its data, too.
        for names in _connected(it, resource) if it.space else ():
            if names not in spaces:
                spaces[names] = _spaces(names)
            if _holds_another(spaces[names], it):
                return True
    return False


def _spaces(names: Iterable[str]) -> dict[str, set[str]]:
    """Where names of each type have their meaning: two places at most.

    Two are enough to know of one that is not this one. Consents and data may name
    thousands, and are not compared each with each.
    """
    found: dict[str, set[str]] = {}
    for name in names:
        for kind in {named_type(name), _ANY}:
            places = found.setdefault(kind, set())
            if len(places) < 2:
                places.add(namespace(name))
    return found


def _holds_another(spaces: dict[str, set[str]], wanted: DataReference) -> bool:
    """Whether something that may be of its type is named in another place."""
    kinds = (wanted.kind, "") if wanted.kind else (_ANY,)
    return any(spaces.get(kind, set()) - {wanted.space} for kind in kinds)
