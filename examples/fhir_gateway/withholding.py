"""What of a patient's record may leave: pure, but for reading what a resource names.

A resource is given only if the permit covers it, everything that it contains, and
everything that it names: a report that names a withheld note tells that there is one.
"""

from collections.abc import Callable
from typing import Protocol

from describing import described, meta_of, name_of, named, patient_of

from medid.access.decision import Decision
from medid.core.json import JsonObject, JsonValue

# These say nothing about a patient, and need no consent.
DIRECTORY = frozenset({"Organization", "Practitioner"})
# These are about what they name, and have no patient of their own.
ABOUT_OTHERS = frozenset({"Provenance", "AuditEvent"})
SUBJECTS = frozenset({"Patient", "Observation", "DiagnosticReport"})

Read = Callable[[str], JsonObject | None]


class Permit(Protocol):
    """What decides about one more resource."""

    def check(self, resource: JsonObject) -> Decision:
        """The decision about it."""


class Sieve:
    """Sorts the resources of one answer about one patient."""

    def __init__(self, permit: Permit, patient: str, read: Read) -> None:
        self._permit, self._patient, self._read = permit, patient, read
        self.codes: set[str] = set()  # why something was withheld; for the operator

    def permitted(self, resources: list[JsonObject]) -> set[str]:
        """The names of those that may leave."""
        known = self._with_what_they_name(resources)
        kept = {name for name, one in known.items() if self._by_itself(one)}
        while True:
            # Withholding one can withhold those that name it, and so on.
            telling = {
                name for name in kept if not (named(known[name]) & known.keys()) <= kept
            }
            if not telling:
                return kept & {name_of(one) for one in resources}
            self.codes.add("NAMES_WHAT_IS_WITHHELD")
            kept -= telling

    def _with_what_they_name(
        self, resources: list[JsonObject]
    ) -> dict[str, JsonObject]:
        known: dict[str, JsonObject] = {}
        waiting = list(resources)
        while waiting:
            one = waiting.pop()
            known[name_of(one)] = one
            read = [self._read(name) for name in named(one) - known.keys()]
            # What is not there cannot be told of.
            waiting += [found for found in read if found is not None]
        return known

    def _by_itself(self, resource: JsonObject) -> bool:
        kind = resource.get("resourceType")
        contained = resource.get("contained", [])
        if not isinstance(contained, list):
            return False
        if kind in DIRECTORY:
            return not contained
        if kind in ABOUT_OTHERS:
            own = any(
                name.partition("/")[0] not in DIRECTORY for name in named(resource)
            )
        else:
            own = kind in SUBJECTS and patient_of(resource) == self._patient
        if not own:
            self.codes.add("NOT_THE_PATIENTS")
            return False
        return self._check(resource) and all(
            self._inside(one, within=resource) for one in contained
        )

    def _inside(self, contained: JsonValue, *, within: JsonObject) -> bool:
        """Whether a contained resource, which has its container's patient and labels.

        FHIR lets it have no labels of its own (dom-5); one that has some has both.
        """
        return (
            isinstance(contained, dict)
            and contained.get("resourceType") in SUBJECTS
            and "contained" not in contained
            and patient_of(contained) in {None, self._patient}
            and self._check({**contained, "meta": meta_of(contained, within)})
        )

    def _check(self, resource: JsonObject) -> bool:
        decision = self._permit.check(described(resource, self._patient))
        if not decision:
            self.codes.update({*decision.codes} - {"LICENSE_OK"})
        return bool(decision)
