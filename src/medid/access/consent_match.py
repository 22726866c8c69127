"""Whether one rule of a consent matches one request.

The attributes of a rule are AND-ed, the values of an attribute OR-ed, and an absent
attribute does not restrict (E6). A permit must be shown to match and a deny must be
shown not to, so the two treat what cannot be resolved differently (E15). Knows
nothing of other rules, other consents and default policies.

Spec: https://w3id.org/medid/consent-evaluation/1#matching
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.access.consent_data import data_matches
from medid.core.records import replace
from medid.health.codes import (
    ACT_REASON,
    CONFIDENTIALITY,
    CONSENT_ACTION,
    CONSENT_ACTIONS,
    RESOURCE_TYPES,
    Coding,
    ancestors,
    confidentiality_rank,
    falls_under,
    is_handling,
    is_purpose,
    is_sensitivity,
    is_specially_protected,
)
from medid.health.references import (
    names_person,
    names_role,
    namespace,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.access.consent_types import (
        ConsentRequest,
        ConsentSettings,
        Requester,
        Resource,
    )
    from medid.health.consent_tree import Actor, Criteria, Span

ANY_TYPE: Final = "*"  # every resource type at once; none has this name

_PROFILES: Final = "/StructureDefinition/"  # after the address of whoever has them
_FEW_LABELS: Final = 16  # of a rule; those of real consents have one or two
_VERY_RESTRICTED: Final = confidentiality_rank("V")


#: The parts of a rule that are about the data; all others are about the request.
ABOUT_DATA: Final = (
    "custodians",
    "classes",
    "document_types",
    "codes",
    "data",
    "data_period",
    "labels",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request with one of its purposes, and how to read it."""

    request: ConsentRequest
    purpose: Coding | None
    settings: ConsentSettings
    bindings: frozenset[tuple[str, str]] = frozenset()


def request_matches(criteria: Criteria, asked: Asked, *, permit: bool) -> bool:
    """Whether the part of a rule that is about the request matches."""
    request = asked.request
    return (
        (criteria.period is None or criteria.period.contains(request.time))
        and _action_matches(criteria.actions, request.action, permit=permit)
        and _purpose_matches(criteria.purposes, asked.purpose, permit=permit)
        and _recipients_match(criteria.recipients, asked, permit=permit)
        # A role that cannot be compared shows no permit and excludes no deny.
        and (criteria.other_actors is None or not permit)
    )


def resource_matches(
    criteria: Criteria, resource: Resource | None, asked: Asked, *, permit: bool
) -> bool:
    """Whether the part of a rule that is about the data matches."""
    if resource is None:
        return not about_data(criteria)
    return (
        (
            criteria.custodians is None
            or _custodians_match(criteria.custodians, resource, asked, permit=permit)
        )
        and (
            criteria.classes is None
            or _class_matches(criteria.classes, resource, permit=permit)
        )
        and (
            criteria.document_types is None
            or _class_matches(criteria.document_types, resource, permit=permit)
        )
        and (criteria.codes is None or not resource.codes.isdisjoint(criteria.codes))
        and (
            criteria.data is None
            or data_matches(criteria.data, resource, permit=permit)
        )
        and (
            criteria.data_period is None
            or _dated(criteria.data_period, resource, permit=permit)
        )
        and (
            criteria.labels is None
            or _labels_match(criteria.labels, resource, asked.settings, permit=permit)
        )
    )


def type_matches(criteria: Criteria, resource: Resource, *, permit: bool) -> bool:
    """Whether a permit matches some resource of this type, or a deny all of them."""
    types = [it for it in criteria.classes or () if it.system in RESOURCE_TYPES]
    named = criteria.classes is None or any(it.code == resource.type for it in types)
    if permit:
        # A profile or document type may be of any one type, but is never all types.
        other = len(types) < len(criteria.classes or ())
        if criteria.document_types is not None and resource.type == ANY_TYPE:
            return False
        return named or (other and resource.type != ANY_TYPE)
    return named and not about_data(replace(criteria, classes=None))


def about_data(criteria: Criteria) -> bool:
    """Whether ``criteria`` restrict which data a rule is about."""
    return any(getattr(criteria, part) is not None for part in ABOUT_DATA)


# About the request.


def _action_matches(
    actions: tuple[Coding, ...] | None, action: str | None, *, permit: bool
) -> bool:
    if actions is None:
        return True
    if action is None:
        return False
    # There are five. Another one may be any of them, misspelt.
    unknown = not permit and any(
        it.system == CONSENT_ACTION and it.code not in CONSENT_ACTIONS for it in actions
    )
    return unknown or Coding(CONSENT_ACTION, action) in actions


def _purpose_matches(
    purposes: tuple[Coding, ...] | None, asked: Coding | None, *, permit: bool
) -> bool:
    if purposes is None:
        return True
    if asked is None:
        return False
    if any(falls_under(asked, it) for it in purposes):
        return True
    return not permit and any(_may_be_purpose(asked, it) for it in purposes)


def _may_be_purpose(asked: Coding, denied: Coding) -> bool:
    # What HL7 does not define there may be misspelt, or lie below what is denied.
    return asked.system == denied.system == ACT_REASON and not (
        is_purpose(asked) and is_purpose(denied)
    )


def _recipients_match(
    actors: tuple[Actor, ...] | None, asked: Asked, *, permit: bool
) -> bool:
    if actors is None:
        return True
    if any(_is_requester(actor, asked, permit=permit) for actor in actors):
        return True
    return not permit and any(_unresolved(actor, asked) for actor in actors)


def _is_requester(actor: Actor, asked: Asked, *, permit: bool) -> bool:
    requester = asked.request.requester
    if not requester.identifiers.isdisjoint(actor.identifiers):
        return True
    # A number that was given up may be somebody else's by now.
    if not permit and not requester.identifiers.isdisjoint(actor.former):
        return True
    if actor.reference is None:
        return False
    bound = requester.did is not None and (
        (actor.reference, requester.did) in asked.bindings
    )
    return bound or actor.reference in requester.names


def _unresolved(actor: Actor, asked: Asked) -> bool:
    """Whether nothing that is known of the requester shows them to be somebody else.

    Who is known by a DID only may be any practitioner, and who shows no NPI may have
    any NPI: it would be for the excluded to keep back what excludes them.
    """
    requester = asked.request.requester
    if actor.reference is not None:
        if actor.reference in requester.unresolvable:
            return True
        spaces = {namespace(name) for name in _telling(actor.reference, requester)}
        bound = any(reference == actor.reference for reference, _ in asked.bindings)
        if namespace(actor.reference) in spaces or (bound and requester.did):
            return False
    shown = {system for system, _ in requester.identifiers}
    numbers = (*actor.identifiers, *actor.former)
    return actor.collective or all(it not in shown for it, _ in numbers)


def _telling(reference: str, requester: Requester) -> frozenset[str]:
    """The names of the requester that can show that ``reference`` is somebody else.

    What somebody belongs to, or works as, says nothing of who they are: whoever is
    known by an organisation alone may be any practitioner, and work as anything.
    """
    own = {*requester.references, requester.did or ""}
    if names_person(reference):
        return frozenset(name for name in own if names_person(name))
    if names_role(reference):
        return frozenset(name for name in own if names_person(name) or names_role(name))
    return requester.names


# About the data.


def _custodians_match(
    actors: tuple[Actor, ...], resource: Resource, asked: Asked, *, permit: bool
) -> bool:
    custodian = resource.custodian
    if custodian is not None and any(it.reference == custodian for it in actors):
        return True
    unresolvable = asked.request.requester.unresolvable
    return not permit and any(
        actor.reference is None
        or actor.reference in unresolvable
        or (custodian and namespace(actor.reference) != namespace(custodian))
        for actor in actors
    )


def _class_matches(
    classes: tuple[Coding, ...], resource: Resource, *, permit: bool
) -> bool:
    return any(_is_class(it, resource, permit=permit) for it in classes)


def _is_class(wanted: Coding, resource: Resource, *, permit: bool) -> bool:
    if wanted.system in RESOURCE_TYPES:
        return wanted.code == resource.type
    return wanted in resource.codes or any(
        _is_profile(wanted, profile, permit=permit) for profile in resource.profiles
    )


def _is_profile(wanted: Coding, shown: str, *, permit: bool) -> bool:
    named, _, version = wanted.code.partition("|")
    profile, _, shown_version = shown.partition("|")
    # As with data: every version, or the one named, which what is shown may be.
    if version and version != shown_version and (permit or shown_version):
        return False
    full = f"{wanted.system}/{named}"
    if profile in {named, full}:
        return True
    # One of the two may be the other's short name; two full names must be equal. A
    # code beside the address of its profiles has a full name too: a permit is of that.
    if "/" in profile and ("/" in named or (permit and _PROFILES in full)):
        return False
    return profile.rpartition("/")[2] == named.rpartition("/")[2]


def _dated(period: Span, resource: Resource, *, permit: bool) -> bool:
    # The clinically relevant time; when it was written stands in where there is none.
    dated = resource.clinical or resource.authored
    if dated is None:
        return False
    return period.covers(dated) if permit else period.overlaps(dated)


def _labels_match(
    rule: tuple[Coding, ...],
    resource: Resource,
    settings: ConsentSettings,
    *,
    permit: bool,
) -> bool:
    labels = _effective_labels(resource, settings, permit=permit)
    if len(rule) > _FEW_LABELS:
        rule = _about(labels, rule)
    if not permit:
        return any(_denied(label, it) for label in labels for it in rule)
    must = _must_be_covered(labels, settings)
    return any(_permitted(label, rule) for label in labels) and all(
        _permitted(label, rule) for label in must
    )


def _about(labels: frozenset[Coding], rule: tuple[Coding, ...]) -> tuple[Coding, ...]:
    """Those labels of a rule that can have to do with ``labels``: a few, found at once.

    Whoever wrote the consent chose how many it names, and each label of the data would
    be compared with every one of them.
    """
    above = {
        Coding(label.system, code)
        for label in labels
        for code in ancestors(label.system, label.code)
    }
    return tuple({it for it in rule if it in above or it.system == CONFIDENTIALITY})


def _effective_labels(
    resource: Resource, settings: ConsentSettings, *, permit: bool
) -> frozenset[Coding]:
    """The labels; the highest confidentiality stands for all (high-water mark).

    Data without any label is taken for what the verifier configured. A sensitive label
    without a confidentiality, or one that medid does not know, is not "unlabelled" to a
    permit, but it is to a deny.
    """
    levels = [it for it in resource.labels if it.system == CONFIDENTIALITY]
    others = resource.labels.difference(levels)
    if levels:
        return others | {max(levels, key=lambda it: confidentiality_rank(it.code))}
    assumed = settings.unlabelled_confidentiality
    labelled = not all(is_handling(label) for label in others)
    if assumed is None or (permit and labelled):
        return others
    return others | {Coding(CONFIDENTIALITY, assumed)}


def _permitted(label: Coding, rule: tuple[Coding, ...]) -> bool:
    return any(_covers(it, label) for it in rule)


def _covers(rule: Coding, label: Coding) -> bool:
    if rule.system == label.system == CONFIDENTIALITY:
        return confidentiality_rank(label.code) <= confidentiality_rank(rule.code)
    return falls_under(label, rule)


def _denied(label: Coding, rule: Coding) -> bool:
    if rule.system == label.system == CONFIDENTIALITY:
        return confidentiality_rank(label.code) >= confidentiality_rank(rule.code)
    return falls_under(label, rule)


def _must_be_covered(
    labels: frozenset[Coding], settings: ConsentSettings
) -> Iterator[Coding]:
    """The labels that a permit has to name each, beside the one that it matched."""
    asked = settings.all_labels_covered
    if asked is False:
        return
    very = {it for it in labels if it.system == CONFIDENTIALITY and _is_very(it)}
    yield from very
    every = asked is True or bool(very)
    for label in labels:
        if is_specially_protected(label) or (every and is_sensitivity(label)):
            yield label


def _is_very(level: Coding) -> bool:
    return confidentiality_rank(level.code) >= _VERY_RESTRICTED
