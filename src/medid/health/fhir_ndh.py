"""The status of a qualification and where it is valid, as US directories write them.

FHIR's qualification has neither. HL7's National Directory (NDH) and Plan-Net add both
by an extension of ``Practitioner.qualification``, and whole qualifications by another
one of ``PractitionerRole``. Both profiles fix the status to ``active``, so that nothing
else can be written; what others write in its place is read all the same.

A directory's word is not the board's: a status that is not understood is never taken
for ``active``, nor may it be stated beside one that is not.

Spec: https://hl7.org/fhir/us/ndh/STU1/StructureDefinition-base-ext-practitioner-qualification.html,
https://terminology.hl7.org/CodeSystem-professional-credential-status.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, optional_str
from medid.errors import MalformedValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_losses import Source

    #: The resource that a reference means; ``None`` where that cannot be told.
    Locate = Callable[[str], JsonObject | None]

_NDH: Final = "http://hl7.org/fhir/us/ndh/StructureDefinition/base-ext-"
_PLAN_NET: Final = "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/"
SCOPE: Final = _NDH + "practitioner-qualification"
# The next version of NDH gives the same extension another name.
SCOPES: Final = frozenset(
    {SCOPE, SCOPE + "-scope", _PLAN_NET + "practitioner-qualification"}
)
# Read and never written: it requires a code and a status of the qualifications that it
# is for, which a license does not state. The next version of NDH leaves it out.
ROLE_QUALIFICATIONS: Final = frozenset(
    {_NDH + "qualification", _PLAN_NET + "qualification"}
)

USPS: Final = "https://www.usps.com/"
_ISO_COUNTRY: Final = "urn:iso:std:iso:3166"
_ISO_PART: Final = "urn:iso:std:iso:3166:-2"
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_PART: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
_US: Final = frozenset({"US", "USA"})
# The states and the district. A territory has two ISO codes (PR and US-PR), and the
# codes of the armed forces and of the associated states are no part of the US in ISO.
_STATE: Final = re.compile(
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]"
    "|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
# ``inactive`` may be a lapse or a suspension, and ``provisional`` a kind of
# registration; the others say that nobody knows.
_STATUSES: Final = frozenset({"active", "expired", "pending", "revoked"})

_NOT_UNDERSTOOD: Final = "a status that has no certain twin among those of a license"
_NOT_A_PLACE: Final = "not a place that one ISO 3166 code says without doubt"
_ELSEWHERE: Final = "another place: make a credential of its own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a directory adds to one qualification.

    Attributes:
        status: One of a license, where it is certain.
        doubtful: Whether a status is stated that is not certain.
        places: Where it is valid, each by its ISO 3166 code and with what says so.
        path: Where it stands.
    """

    status: str | None
    doubtful: bool
    places: tuple[tuple[str, Source], ...] = field(repr=False)
    path: str

    def merge(
        self, found: JsonObject, given: JsonValue, *, place: JsonValue
    ) -> JsonObject:
        """``found``, the facts of the license, with what is said here.

        Args:
            found: What medid's own extensions say.
            given: The status that the caller states, if any.
            place: The jurisdiction that the caller states, if any.

        Raises:
            MalformedValue: At odds with ``found`` or with what is stated, or valid in
                several places of which none is stated.
        """
        merged = dict(found)
        told = found.get("licenseStatus", given)
        if self.doubtful and told == "active":
            message = "states a status that is not known to be active"
            fix = "ask the board, and state the status that it gives"
            raise MalformedValue(message, path=self.path, fix=fix)
        if self.status is not None:
            if told not in {None, self.status}:
                raise MalformedValue("states another licenseStatus", path=self.path)
            merged["licenseStatus"] = self.status
        code = self._place(found.get("jurisdiction", place))
        if code is not None:
            merged["jurisdiction"] = code
        return merged

    def _place(self, stated: JsonValue) -> str | None:
        codes = list(dict.fromkeys(code for code, _ in self.places))
        if not codes:
            return None
        if stated is None and len(codes) > 1:
            message = (
                "it is valid in several places, and a license has one jurisdiction"
            )
            fix = "state which of them is meant"
            raise MalformedValue(message, path=self.path, fix=fix)
        chosen = codes[0] if stated is None else stated
        if chosen not in codes:
            raise MalformedValue("states another jurisdiction", path=self.path)
        for code, source in self.places:
            if code == chosen:
                _take(source)
            else:
                source.because(_ELSEWHERE)
        return str(chosen)


def scope_of(qualification: Source, locate: Locate) -> Scope | None:
    """What an extension of ``Practitioner.qualification`` adds; ``None`` for none.

    Raises:
        MalformedValue: Malformed, or two statuses that differ.
    """
    found = [
        one for one in qualification.elements("extension") if one.text("url") in SCOPES
    ]
    for one in found:
        one.keep("url")
    parts = [part for one in found for part in one.elements("extension")]
    return read_scope(parts, locate, path=found[0].path) if found else None


def read_scope(parts: Sequence[Source], locate: Locate, *, path: str) -> Scope:
    """What the sub-extensions ``status`` and ``whereValid`` say.

    Raises:
        MalformedValue: Malformed, or two statuses that differ.
    """
    stated = [part for part in parts if part.text("url") == "status"]
    codes = {part.text("valueCode") for part in stated}
    if len(codes) > 1:
        raise MalformedValue("states two statuses", path=path)
    known = codes <= _STATUSES
    for part in stated:
        if known:
            part.keep("url", "valueCode")
        else:
            part.because(_NOT_UNDERSTOOD)
    places = [
        (code, part)
        for part in parts
        if part.text("url") == "whereValid"
        if (code := _code_of(part, locate)) is not None
    ]
    return Scope(
        status=next(iter(codes)) if codes and known else None,
        doubtful=not known,
        places=tuple(places),
        path=path,
    )


def _code_of(part: Source, locate: Locate) -> str | None:
    """The one ISO 3166 code that a ``whereValid`` says without doubt."""
    reference = part.element("valueReference")
    concept = part.element("valueCodeableConcept")
    found: set[str] = set()
    if concept is not None:
        codings = concept.elements("coding")
        found = {code for one in codings if (code := _of_coding(one)) is not None}
    literal = None if reference is None else reference.text("reference")
    if literal is not None and (place := locate(literal)) is not None:
        code = _of_location(place, part.path)
        found |= set() if code is None else {code}
    if len(found) == 1:
        return found.pop()
    part.because(_NOT_A_PLACE)
    return None


def _of_coding(coding: Source) -> str | None:
    system, code = coding.text("system"), coding.text("code") or ""
    if system == USPS:
        return f"US-{code}" if _STATE.fullmatch(code) else None
    form = {_ISO_COUNTRY: _COUNTRY, _ISO_PART: _PART}.get(system or "")
    return code if form is not None and form.fullmatch(code) else None


def _of_location(place: JsonObject, path: str) -> str | None:
    if place.get("resourceType") != "Location" or "address" not in place:
        return None
    address = as_object(place["address"], path)
    country = optional_str(address, "country", path)
    state = optional_str(address, "state", path) or ""
    return f"US-{state}" if country in _US and _STATE.fullmatch(state) else None


def _take(part: Source) -> None:
    part.keep("url")
    concept, reference = (
        part.element("valueCodeableConcept"),
        part.element("valueReference"),
    )
    if reference is not None:
        reference.keep("reference")
    for one in () if concept is None else concept.elements("coding"):
        if _of_coding(one) is not None:
            one.keep("system", "code")


def write_scope(status: JsonValue, jurisdiction: JsonValue) -> JsonObject | None:
    """The extension of NDH; ``None`` where it cannot say what the license says.

    It can say ``active`` and a state of the US, and nothing else.
    """
    country, _, state = str(jurisdiction).partition("-")
    if status != "active" or country != "US" or not _STATE.fullmatch(state):
        return None
    where: JsonValue = {"coding": [{"system": USPS, "code": state}]}
    parts: list[JsonValue] = [
        {"url": "status", "valueCode": "active"},
        {"url": "whereValid", "valueCodeableConcept": where},
    ]
    return {"url": SCOPE, "extension": parts}


def contained(root: Source) -> Locate:
    """Finds what stands inside ``root``, by ``#id``; two of one id are nothing."""
    items = root.elements("contained")
    inside = [(f"#{one.text('id')}", as_object(one.value, one.path)) for one in items]

    def locate(reference: str) -> JsonObject | None:
        found = [resource for name, resource in inside if name == reference]
        return found[0] if len(found) == 1 else None

    return locate
