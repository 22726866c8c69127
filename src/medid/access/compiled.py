"""A decision that waits for data: verified once, asked for each resource of a search.

Pure and synchronous: it fetches nothing and reads no clock. Whoever keeps one over
time says what time it is.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-resource
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.decision import Decision, Outcome
from medid.access.facts import consent_settings
from medid.access.judge import Prejudged, error_finding
from medid.access.request import read_resource_part
from medid.core import json as strict_json
from medid.core.fields import as_object, required, required_str
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    MalformedValue,
    MedidError,
    Misuse,
    Unchecked,
    located,
)

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledDecision:
    """A verified presentation and request that wait for resources.

    Attributes:
        expires: From when it must not be used any more.
    """

    prejudged: Prejudged = field(repr=False)
    expires: Instant

    def check(
        self, resource: Mapping[str, JsonValue], *, at: Instant | None = None
    ) -> Decision:
        """The decision about one more resource. Pure, synchronous, and fast.

        Args:
            resource: The ``resource`` of an AuthZEN request, about the same patient,
                whom it must name.
            at: The present; where given, an expired compilation denies.
        """
        case = self.prejudged.case
        try:
            if at is not None and at >= self.expires:
                message = "the compiled decision has expired: compile it again"
                raise ConfigurationError(message)
            part = _resource_part(resource, case.request.patient)
            zone = consent_settings(case.trust).zone
            return self.prejudged.check(read_resource_part(part, zone))
        except MedidError as error:
            return unjudged(error, case.at)


def _resource_part(value: object, patient: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise MalformedValue("the resource is not a JSON object", path="$.resource")
    with located("$.resource"):
        part = as_object(strict_json.check(dict(value)), "$")
        properties = required(part, "properties", dict, "$")
        if required_str(properties, "patient", "$.properties") != patient:
            message = "the resource is another patient's"
            raise ConfigurationError(message, path="$.properties.patient")
    return part


# What was read, by where its paths begin.
_ABOUT: Final = {
    "$.consents": "consent",
    "$.request": "request",
    "$.resource": "request",
}


def unjudged(error: MedidError, at: Instant) -> Decision:
    """The decision when there is nothing to judge."""
    about = "presentation"
    for place, name in _ABOUT.items():
        about = name if error.path.startswith(place) else about
    unchecked = isinstance(error, Unchecked | Misuse)
    return Decision(
        outcome=Outcome.INDETERMINATE if unchecked else Outcome.DENY,
        at=at,
        findings=(replace(error_finding(error), about=about),),
    )
