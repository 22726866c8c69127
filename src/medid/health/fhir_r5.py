"""FHIR R5 Consent JSON -> the rule tree.

The base decision is ``decision`` and stands below all provisions; each level of
provisions is the opposite of what it excepts from. A rule written as an expression
cannot be read, and neither can a consent with provisions but without a decision.

Spec: https://hl7.org/fhir/R5/consent.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, as_str, no_others
from medid.core.records import replace
from medid.errors import MalformedValue
from medid.health.consent_tree import Criteria, Header, Rule
from medid.health.fhir_provision import Dialect, RuleReader
from medid.health.fhir_values import elements, moment, period, reference

if TYPE_CHECKING:
    from datetime import tzinfo

    from medid.core.json import JsonObject

STATUSES: Final = frozenset(
    {"draft", "active", "inactive", "not-done", "entered-in-error", "unknown"}
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
        "category",
        "subject",
        "date",
        "period",
        "grantor",
        "grantee",
        "manager",
        "controller",
        "sourceAttachment",
        "sourceReference",
        "regulatoryBasis",
        "policyBasis",
        "policyText",
        "verification",
        "decision",
        "provision",
    ]
)
_PROVISION: Final = frozenset(
    [
        "id",
        "extension",
        "period",
        "actor",
        "action",
        "securityLabel",
        "purpose",
        "documentType",
        "resourceType",
        "code",
        "dataPeriod",
        "data",
        "provision",
    ]
)


def patient(resource: JsonObject) -> str | None:
    """Whom the consent is about; ``None`` where it names nobody.

    Raises:
        MalformedValue: ``subject`` is not a FHIR reference.
    """
    if "subject" not in resource:
        return None
    return reference(as_object(resource["subject"], "$.subject"), "$.subject")[0]


def header(resource: JsonObject, zone: tzinfo) -> Header:
    """What decides whether an active consent is in force.

    Raises:
        MalformedValue: A malformed time.
    """
    signed = span = None
    if "date" in resource:
        signed = moment(resource["date"], "$.date", zone)
    if "period" in resource:
        stated = as_object(resource["period"], "$.period")
        span = period(stated, "$.period", zone)
    # R5 has no scope: every consent of it may be about disclosure.
    return Header(disclosing=True, signed=signed, period=span)


def rule(resource: JsonObject, zone: tzinfo) -> Rule | None:
    """The consent's rules; ``None`` where it states none.

    Raises:
        MalformedValue: Something in it cannot be read, understood or computed.
        TooLarge: Deeper nested, or of more rules, than any real consent.
    """
    no_others(resource, MEMBERS, "$")
    if "decision" not in resource:
        if "provision" in resource:
            raise MalformedValue("provisions without a decision", path="$.decision")
        return None
    permit = _decision(resource)
    base = Rule(path="decision", permit=permit, criteria=Criteria(), base=True)
    if "provision" not in resource:
        return base
    reader = RuleReader(_DIALECT, zone, resource)
    return replace(
        base,
        exceptions=tuple(
            reader.read(item, path.removeprefix("$."), permit=not permit)
            for item, path in elements(resource, "provision", "$")
        ),
    )


def _decision(resource: JsonObject) -> bool:
    match as_str(resource["decision"], "$.decision"):
        case "permit":
            return True
        case "deny":
            return False
    raise MalformedValue("neither permit nor deny", path="$.decision")


def _no_type(_obj: JsonObject, _path: str) -> bool | None:
    return None


_DIALECT: Final = Dialect(
    members=_PROVISION,
    classes="resourceType",
    stated_type=_no_type,
    roleless="recipient",
)
