"""FHIR R4 Consent JSON -> the rule tree.

The base decision is the root's own type, or ``OPTIN``/``OPTOUT`` of the policy rule
(A1); a nested rule without a type is the opposite of its parent (A4). A consent that
cannot be read in full is refused: it may be a refusal of access itself (E15).

Spec: https://hl7.org/fhir/R4/consent.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str, no_others
from medid.errors import MalformedValue, child
from medid.health.codes import ACT_CODE, CONSENT_SCOPE, CONSENT_SCOPES, Coding
from medid.health.consent_tree import Criteria, Header, Rule
from medid.health.fhir_provision import Dialect, RuleReader
from medid.health.fhir_values import concept, moment, period, reference

if TYPE_CHECKING:
    from datetime import tzinfo

    from medid.core.json import JsonObject
    from medid.health.consent_tree import Span

STATUSES: Final = frozenset(
    {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}
)
MEMBERS: Final = frozenset(
    [
        "resourceType",
        "id",
        "meta",
        "language",
        "text",
        "contained",
        "extension",
        "identifier",
        "status",
        "scope",
        "category",
        "patient",
        "dateTime",
        "performer",
        "organization",
        "sourceAttachment",
        "sourceReference",
        "policy",
        "policyRule",
        "verification",
        "provision",
    ]
)
_PROVISION: Final = frozenset(
    [
        "id",
        "extension",
        "type",
        "period",
        "actor",
        "action",
        "securityLabel",
        "purpose",
        "class",
        "code",
        "dataPeriod",
        "data",
        "provision",
    ]
)
_DISCLOSING: Final = frozenset(
    {Coding(CONSENT_SCOPE, "patient-privacy"), Coding(CONSENT_SCOPE, "research")}
)
_KNOWN_SCOPES: Final = frozenset(Coding(CONSENT_SCOPE, code) for code in CONSENT_SCOPES)
_OPT_IN: Final = Coding(ACT_CODE, "OPTIN")
_OPT_OUT: Final = Coding(ACT_CODE, "OPTOUT")


def patient(resource: JsonObject) -> str | None:
    """Whom the consent is about; ``None`` where it names nobody.

    Raises:
        MalformedValue: ``patient`` is not a FHIR reference.
    """
    if "patient" not in resource:
        return None
    path = child("$", "patient")
    return reference(as_object(resource["patient"], path), path)[0]


def header(resource: JsonObject, zone: tzinfo) -> Header:
    """What decides whether an active consent is in force.

    Raises:
        MalformedValue: No known scope, or a malformed time.
    """
    signed = "dateTime" in resource
    return Header(
        disclosing=_discloses(resource),
        signed=moment(resource["dateTime"], "$.dateTime", zone) if signed else None,
        period=_root_period(resource, zone),
    )


def _discloses(resource: JsonObject) -> bool:
    if "scope" not in resource:
        raise MalformedValue("the member 'scope' is missing", path="$.scope")
    found = set(concept(as_object(resource["scope"], "$.scope"), "$.scope"))
    # The scope is a modifier element: one that is not known could mean anything.
    if not found & _KNOWN_SCOPES:
        raise MalformedValue("not a scope that medid knows", path="$.scope")
    return bool(found & _DISCLOSING)


def _root_period(resource: JsonObject, zone: tzinfo) -> Span | None:
    if "provision" not in resource:
        return None
    root = as_object(resource["provision"], "$.provision")
    if "period" not in root:
        return None
    place = "$.provision.period"
    return period(as_object(root["period"], place), place, zone)


def rule(resource: JsonObject, zone: tzinfo) -> Rule | None:
    """The consent's rules; ``None`` where it states none.

    Raises:
        MalformedValue: Something in it cannot be read, understood or computed.
        TooLarge: Deeper nested, or of more rules, than any real consent.
    """
    no_others(resource, MEMBERS, "$")
    policy = _policy(resource)
    if "provision" not in resource:
        return _without_provision(policy)
    root = as_object(resource["provision"], "$.provision")
    return RuleReader(_DIALECT, zone, resource).read(
        root, "provision", permit=_base(root, policy)
    )


def _without_provision(policy: set[Coding]) -> Rule | None:
    if policy == {_OPT_IN, _OPT_OUT}:
        raise MalformedValue("no determinable base decision", path="$.policyRule")
    if _OPT_OUT not in policy:
        return None
    # An opt-out without exceptions is a refusal, whole and readable.
    return Rule(path="policyRule", permit=False, criteria=Criteria())


def _policy(resource: JsonObject) -> set[Coding]:
    if "policyRule" not in resource:
        return set()
    stated = as_object(resource["policyRule"], "$.policyRule")
    if "coding" not in stated:
        return set()
    return set(concept(stated, "$.policyRule")) & {_OPT_IN, _OPT_OUT}


def _base(root: JsonObject, policy: set[Coding]) -> bool:
    stated = stated_type(root, "$.provision")
    if stated is False:
        return False
    if stated is None and len(policy) != 1:
        raise MalformedValue("no determinable base decision", path="$.provision.type")
    if stated is True and _OPT_OUT in policy:
        raise MalformedValue("permit beside OPTOUT", path="$.provision.type")
    return stated is True or policy == {_OPT_IN}


def stated_type(obj: JsonObject, path: str) -> bool | None:
    """Whether a rule says permit or deny; ``None`` where it says neither."""
    if "type" not in obj:
        return None
    place = child(path, "type")
    match as_str(obj["type"], place):
        case "permit":
            return True
        case "deny":
            return False
    raise MalformedValue("neither permit nor deny", path=place)


_DIALECT: Final = Dialect(
    members=_PROVISION,
    classes="class",
    stated_type=stated_type,
    roleless="other",
)
