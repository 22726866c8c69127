"""What can be searched: the resources of a patient, and the actions that there are.

medid holds no records. Whoever does says which resources there are, with what the
consent rules look at, and medid says which of them may be seen. Nothing of what a
catalogue holds leaves medid but the type and the id of what is permitted.

Spec: https://openid.net/specs/authorization-api-1_0.html#name-search-apis
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final, Protocol

from medid.access.request import AccessRequest, read_resource_part
from medid.core import json as strict_json
from medid.core.fields import as_object, no_others, object_list, required, required_str
from medid.errors import ConfigurationError, MalformedValue, TooLarge, child, located

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from medid.core.json import JsonObject, JsonValue

MAX_RESOURCES: Final = 1_000_000  # of a catalogue in memory; each takes about 1 kB
MAX_ACTIONS: Final = 50  # of an action search; each is a verification of its own
MAX_ID: Final = 256  # bytes of a resource's id; those of FHIR have 64 and a type


class Catalogue(Protocol):
    """Says which resources there are. Called from any thread."""

    def resources(
        self, patient: str, kind: str, *, after: str | None
    ) -> Iterable[JsonObject]:
        """The resources of one type that are about ``patient``, one after another.

        They come in an order that stays: that of their ids, say. What is taken of them
        is taken now; what is not taken need never be read.

        Args:
            patient: The local reference of the request, such as ``Patient/p-9``.
            kind: The type, such as ``Observation``.
            after: The id of the last one that was taken before, where a search goes
                on; it may be gone. ``None`` begins at the first.

        Returns:
            Each as the ``resource`` of an AuthZEN request, with everything that is
            known of it: a label that is missing here is missing in the decision.
            Nothing at all for a patient or a type that is not known.

        Raises:
            Unchecked: It cannot be read now.
        """


class MemoryCatalogue:
    """A catalogue in memory, ordered by the ids of the resources.

    Args:
        resources: Each as the ``resource`` of an AuthZEN request.

    Raises:
        TooLarge: There are more than ``MAX_RESOURCES``.
        MalformedValue: One is not a resource of a patient, or two are the same.
    """

    def __init__(self, resources: Iterable[Mapping[str, JsonValue]] = ()) -> None:
        found: dict[tuple[str, str], dict[str, JsonObject]] = {}
        for number, value in enumerate(resources):
            if number >= MAX_RESOURCES:
                raise TooLarge(f"more than {MAX_RESOURCES} resources in a catalogue")
            with located(child("$", number)):
                _add(found, value)
        self._ordered = {
            key: (sorted(of_patient), of_patient) for key, of_patient in found.items()
        }

    def resources(
        self, patient: str, kind: str, *, after: str | None
    ) -> Iterator[JsonObject]:
        """As ``Catalogue`` says."""
        names, resources = self._ordered.get((patient, kind), ([], {}))
        first = 0 if after is None else bisect_right(names, after)
        return (resources[names[place]] for place in range(first, len(names)))


def _add(
    found: dict[tuple[str, str], dict[str, JsonObject]], value: Mapping[str, JsonValue]
) -> None:
    resource, patient = _resource(value)
    kind, name = str(resource["type"]), str(resource["id"])
    of_patient = found.setdefault((patient, kind), {})
    if name in of_patient:
        raise MalformedValue("the same resource again", path="$.resource.id")
    of_patient[name] = resource


def _resource(value: Mapping[str, JsonValue]) -> tuple[JsonObject, str]:
    with located("$.resource"):
        resource = as_object(strict_json.check(dict(value)), "$")
        properties = required(resource, "properties", dict, "$")
        patient = required_str(properties, "patient", "$.properties")
        if len(required_str(resource, "id", "$").encode()) > MAX_ID:
            raise TooLarge(f"an id has at most {MAX_ID} bytes", path="$.id")
    # A label that nobody can read would only show in what is withheld.
    read_resource_part(resource, UTC)
    return resource, patient


# A request that has nothing but its action to be wrong about.
_PROBE: Final[dict[str, JsonValue]] = {
    "subject": {"type": "practitioner", "id": "did:example:nobody"},
    "resource": {
        "type": "Patient",
        "id": "Patient/nobody",
        "properties": {"patient": "Patient/nobody"},
    },
}


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions among which an action search finds those that are permitted.

    Attributes:
        entries: Each as the ``action`` of an AuthZEN request, with its purposes.
    """

    entries: tuple[JsonObject, ...] = field(hash=False)

    def __post_init__(self) -> None:
        """Refuse what no request could ask for.

        Raises:
            ConfigurationError: There is none, or there are more than ``MAX_ACTIONS``.
            MalformedValue: One is not an action, or states no purpose of use.
        """
        if not 0 < len(self.entries) <= MAX_ACTIONS:
            message = f"an action search has 1 to {MAX_ACTIONS} actions"
            raise ConfigurationError(message, path="$.actions")
        for number, entry in enumerate(self.entries):
            try:
                AccessRequest.from_json({**_PROBE, "action": entry})
            except MalformedValue as error:
                place = child("$.actions", number)
                error.path = error.path.replace("$.action", place, 1)
                raise

    @classmethod
    def from_json(cls, obj: JsonObject) -> Actions:
        """The actions of ``{"actions": [...]}``.

        Raises:
            ConfigurationError: There is none, or there are more than ``MAX_ACTIONS``.
            MalformedValue: A member is missing, unknown or of another form.
        """
        no_others(obj, {"actions"}, "$")
        found = object_list(obj.get("actions"), "$.actions")
        return cls(tuple(found))
