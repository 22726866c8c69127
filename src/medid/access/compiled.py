"""A decision that waits for data: verified once, asked for each resource of a search.

``check`` is pure and synchronous: it fetches nothing, writes nothing and reads no
clock. Whoever keeps one over time says what time it is, and records what is released.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-resource
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from medid.access.consent_request import MEMBERS, read_member
from medid.access.consent_types import Resource
from medid.access.decision import Decision, Outcome
from medid.access.facts import consent_settings
from medid.access.judge import Prejudged, error_finding
from medid.access.request import read_resource_part, stated_patient
from medid.access.site_policy import SitePolicy, narrowed, question
from medid.core import json as strict_json
from medid.core.fields import as_object, required
from medid.core.json import JsonLimits
from medid.core.memory import Known
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
    from collections.abc import Sequence
    from datetime import tzinfo

    from medid.access.audit import Recorder
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue


_PARTS: Final = frozenset({"type", "id", "properties"})
_PROPERTIES: Final = frozenset({"patient", *MEMBERS}) - {"id"}
# Bytes of a fingerprint: far fewer members than a resource may have.
_LARGEST_MEMBER: Final = 2_048
_MOST_MEMBERS: Final = 1_024  # of all resources; the dates of a search are many
# Seconds that the clocks of those who share one, or one clock by itself, may differ.
MAX_BACK: Final = 60.0
# As deep as a member may be where it stands.
_IN_PROPERTIES: Final = JsonLimits(max_depth=strict_json.DOCUMENT.max_depth - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledDecision:
    """A verified presentation and request that wait for resources.

    Attributes:
        expires: From when it must not be used any more.
        policy: The site's own policy, which is asked about each resource.
        recorder: Records what is released.
        id: Names the compilation in audit records; ``None`` where none are kept.
        members: What members of resources were read as.
    """

    prejudged: Prejudged = field(repr=False)
    expires: Instant
    policy: SitePolicy | None = field(default=None, repr=False)
    recorder: Recorder | None = field(default=None, compare=False, repr=False)
    id: str | None = None
    members: Known = field(
        default_factory=partial(Known, _MOST_MEMBERS), compare=False, repr=False
    )

    @property
    def permits_nothing(self) -> bool:
        """Whether no resource at all can be permitted, by what is known already."""
        license_ = self.prejudged.license
        unlicensed = license_ is None or license_.decision != "permit"
        return self.prejudged.refused is not None or unlicensed

    def check(
        self, resource: Mapping[str, JsonValue], *, at: Instant | None = None
    ) -> Decision:
        """The decision about one more resource. Pure, synchronous, and fast.

        Args:
            resource: The ``resource`` of an AuthZEN request, about the same patient,
                whom it must name.
            at: The present; where given, an expired compilation denies, and one from
                later than that: its end is not known by this clock.
        """
        case = self.prejudged.case
        try:
            if at is not None:
                self._check_time(at)
            zone = consent_settings(case.trust).zone
            read = self._read_again(resource, zone)
            if read is None:
                part = _resource_part(resource, case.request.patient)
                read = read_resource_part(part, zone)
            return self._narrowed(self.prejudged.check(read), resource)
        except MedidError as error:
            return unjudged(error, case.at)

    def _check_time(self, at: Instant) -> None:
        if at >= self.expires:
            message = "the compiled decision has expired: compile it again"
            raise ConfigurationError(message)
        if at < self.prejudged.case.at.plus(-MAX_BACK):
            message = "the compiled decision is from later than now: compile it again"
            raise ConfigurationError(message)

    def record(
        self,
        resources: Sequence[Mapping[str, JsonValue]],
        *,
        at: Instant | None = None,
    ) -> str:
        """Record what is about to be released, and return once that is durable.

        ``check`` leaves no record, so whoever releases what it permits calls this
        before, with exactly the resources that leave; of a search, once a page.

        Args:
            resources: As ``check`` takes them. Each is checked again.
            at: The present; by default the verifier's clock says it.

        Returns:
            The id of the record.

        Raises:
            AuditUnavailable: It was not written: release nothing.
            ConfigurationError: One is not permitted (any more), there are more than
                1,000, or the verifier has no audit log.
        """
        recorder = self.recorder
        if recorder is None or self.id is None:
            message = "there is no audit log to record a release in"
            fix = "give the verifier audit=..."
            raise ConfigurationError(message, path="$.audit", fix=fix)
        now = at if at is not None else recorder.clock()
        found = [(one, self.check(one, at=now)) for one in resources]
        return recorder.released(self.prejudged, found, compilation=self.id)

    def record_denial(
        self, resources: Sequence[Mapping[str, JsonValue]], decision: Decision
    ) -> str | None:
        """Record that resources were asked for and denied.

        For an answer about a resource that somebody named. What a search passes over
        is no answer.

        Args:
            resources: At most 1,000, with the same answer.
            decision: That answer.

        Returns:
            The id of the record; of the compilation itself, where it denies all and is
            on record. ``None`` without an audit log.

        Raises:
            AuditUnavailable: It was not written; it stays a denial.
            ConfigurationError: It is a permit, or there are too many.
        """
        if self.recorder is None or self.id is None:
            return None
        return self.recorder.withheld(
            self.prejudged, resources, decision, compilation=self.id
        )

    def _narrowed(
        self, decision: Decision, resource: Mapping[str, JsonValue]
    ) -> Decision:
        policy = self.policy
        if policy is None or not decision:
            return decision
        asked = question(self.prejudged, decision, dict(resource))
        return narrowed(decision, lambda: policy.narrow(asked))

    def _read_again(self, resource: Any, zone: tzinfo) -> Resource | None:
        """The resource, with what its members were read as in others.

        The resources of one search have most of their members in common, and each
        member is read by itself. None for whatever is not as it usually is: the other
        reading, which knows the paths, decides.
        """
        if not _is_usual(resource, self.prejudged.case.request.patient):
            return None
        stated: dict[str, Any] = {"type": resource["type"], "id": resource["id"]}
        for name, value in resource["properties"].items():
            if name == "patient":
                continue
            plain = type(value) is str and value.isascii()
            written = value if plain else strict_json.fingerprint(value)
            if written is None or len(written) > _LARGEST_MEMBER:
                return None
            try:
                attribute, found = self.members.once(
                    (name, written), _plain if plain else _member, name, value, zone
                )
            except MedidError:
                return None
            stated[attribute] = found
        return Resource(**stated)


def _is_usual(resource: Any, patient: str) -> object:
    """Whether (by its truth) it has a resource's members and is the patient's."""
    if type(resource) is not dict or resource.keys() != _PARTS:
        return False
    kind, identifier = resource["type"], resource["id"]
    properties = resource["properties"]
    return (
        type(kind) is type(identifier) is str
        and (kind and identifier and kind.isascii() and identifier.isascii())
        and type(properties) is dict
        and _PROPERTIES.issuperset(properties)
        and properties.get("patient") == patient
    )


def _member(name: str, value: JsonValue, zone: tzinfo) -> tuple[str, object]:
    checked = strict_json.check({name: value}, limits=_IN_PROPERTIES)
    return read_member(as_object(checked, "$"), name, "$", zone)


def _plain(name: str, value: JsonValue, zone: tzinfo) -> tuple[str, object]:
    # A short string of ASCII is JSON as it is.
    return read_member({name: value}, name, "$", zone)


def _resource_part(value: object, patient: str) -> JsonObject:
    if not isinstance(value, Mapping):
        raise MalformedValue("the resource is not a JSON object", path="$.resource")
    with located("$.resource"):
        part = as_object(strict_json.check(dict(value)), "$")
        properties = required(part, "properties", dict, "$")
        if stated_patient(properties, "$.properties") != patient:
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
