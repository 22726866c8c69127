"""What a payer configures before it asks about claims.

Which spelling of an address means which jurisdiction, which service asks for which
profession, which roles of a care team render a service, and who the payer is. Nothing
is built in but the codes that their systems define: a place, a service or a role that
is not listed is not known, and nothing is permitted for it.

Spec: https://hl7.org/fhir/R4/claim.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.access.consent_request import read_request
from medid.access.consent_types import Requester
from medid.core import json as strict_json
from medid.core.fields import as_object, optional_str, required_str
from medid.core.instant import Instant
from medid.core.json import JsonLimits
from medid.core.jurisdictions import check_jurisdiction
from medid.errors import ConfigurationError, MalformedValue, Refused, child
from medid.health.codes import CONSENT_ACTIONS, Coding
from medid.trust.members import (
    choice,
    items,
    known_members,
    some_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject, JsonValue
    from medid.health.fhir_claim_parties import Address

# A payer's list of services has some ten thousand codes.
LIMITS: Final = JsonLimits(max_bytes=16_777_216, max_members=1_000_000)

_CARE_TEAM: Final = "http://terminology.hl7.org/CodeSystem/claimcareteamrole"
_CARIN: Final = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBClaimCareTeamRole"
# Who did it. ``primary`` is the primary care provider, who need not have been there.
RENDERING_ROLES: Final = frozenset(
    {Coding(_CARE_TEAM, "rendering"), Coding(_CARIN, "performing")}
)
PLACE_OF_SERVICE: Final = (
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes/"
    "Place_of_Service_Code_Set"
)
_MEMBERS: Final = (
    "name",
    "countries",
    "subdivisions",
    "countryWhenAbsent",
    "renderingRoles",
    "services",
    "payer",
    "consentAction",
)
_SERVICE: Final = (
    "system",
    "codes",
    "professions",
    "action",
    "specialty",
    "schedule",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What one service asks of whoever renders it.

    Attributes:
        professions: Any one of them will do: codes, or ``system|code``.
        action: The practice, to compare with what a license prohibits.
        specialty: A code or ``system|code``; ``None`` does not ask.
        schedule: The schedule of the drug that is prescribed, if any.
    """

    professions: tuple[str, ...]
    action: str | None = None
    specialty: str | None = None
    schedule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSettings:
    """A payer's settings. Make them with ``from_json``.

    Attributes:
        countries: Spelling -> ISO 3166-1 code.
        subdivisions: Country -> spelling -> ISO 3166-2 code. An address in a country
            that stands here needs a state that stands here too.
        country_when_absent: What an address without a country is taken to be in.
        rendering_roles: The roles whose bearer rendered the service.
        services: What each product or service asks.
        payer: Who asks for the patient's data, for consents that name recipients.
        consent_action: The consentaction code of what is done with the claim.
    """

    countries: Mapping[str, str] = field(hash=False)
    subdivisions: Mapping[str, Mapping[str, str]] = field(hash=False)
    country_when_absent: str | None
    rendering_roles: frozenset[Coding]
    services: Mapping[Coding, Service] = field(hash=False, repr=False)
    payer: Requester = field(repr=False)
    consent_action: str

    @classmethod
    def from_json(cls, source: bytes | str | Mapping[str, JsonValue]) -> ClaimSettings:
        """The settings that JSON text, or an already decoded object, describes.

        Raises:
            ConfigurationError: Not JSON, or a member is unknown, missing or malformed.
        """
        try:
            if isinstance(source, bytes | str):
                return _read(strict_json.load_object(source, limits=LIMITS))
            # A read-only mapping is welcome; anything else is for the check to refuse.
            plain: object = source
            if isinstance(plain, Mapping):
                plain = dict(plain)
            return _read(strict_json.check(plain, limits=LIMITS))
        except Refused as error:
            message, path, fix = error.message, error.path, error.fix
            raise ConfigurationError(message, path=path, fix=fix) from error

    def jurisdiction(self, address: Address | None) -> str | None:
        """The ISO 3166 code of the jurisdiction; ``None`` if it is not known."""
        if address is None:
            return None
        country = self.country_when_absent
        if address.country is not None:
            country = self.countries.get(_spelled(address.country))
        if country is None or country not in self.subdivisions:
            return country
        state = address.state
        return (
            None if state is None else self.subdivisions[country].get(_spelled(state))
        )

    def service(self, codes: frozenset[Coding]) -> Service | None:
        """What the service of ``codes`` asks; ``None`` where it is not settled.

        Where several of its codes are listed, they have to ask the same.
        """
        found = {self.services[code] for code in codes if code in self.services}
        return found.pop() if len(found) == 1 else None


def _spelled(text: str) -> str:
    """``text`` without what people leave to taste: case, and blanks around it."""
    return text.strip().casefold()


def _read(value: JsonValue) -> ClaimSettings:
    obj = known_members(value, _MEMBERS, "$")
    optional_str(obj, "name", "$")
    countries = _countries(obj)
    subdivisions = _subdivisions(obj)
    return ClaimSettings(
        countries=countries,
        subdivisions=subdivisions,
        country_when_absent=_country_when_absent(obj, countries),
        rendering_roles=_roles(obj),
        services=_services(obj),
        payer=_payer(obj),
        consent_action=choice(obj, "consentAction", "$", allowed=CONSENT_ACTIONS)
        or "disclose",
    )


def _countries(obj: JsonObject) -> Mapping[str, str]:
    path = child("$", "countries")
    table = as_object(obj.get("countries", {}), path)
    for code in table:
        check_jurisdiction(code, child(path, code))
        if "-" in code:
            message = "a country has two letters; its parts are subdivisions"
            raise MalformedValue(message, path=child(path, code))
    return MappingProxyType(dict(_spellings(table, path)))


def _spellings(table: JsonObject, path: str) -> Iterator[tuple[str, str]]:
    """Each spelling of each code, none of which may mean two of them."""
    seen: dict[str, str] = {}
    for code in table:
        for text in some_words(table, code, path):
            if seen.setdefault(_spelled(text), code) != code:
                message = "one spelling stands for two places"
                raise MalformedValue(message, path=child(path, code))
            yield _spelled(text), code


def _subdivisions(obj: JsonObject) -> Mapping[str, Mapping[str, str]]:
    path = child("$", "subdivisions")
    by_country: dict[str, JsonObject] = {}
    for code, spellings in as_object(obj.get("subdivisions", {}), path).items():
        check_jurisdiction(code, child(path, code))
        country, _, part = code.partition("-")
        if not part:
            message = "a subdivision has a code of ISO 3166-2"
            raise MalformedValue(message, path=child(path, code))
        by_country.setdefault(country, {})[code] = spellings
    return MappingProxyType(
        {
            country: MappingProxyType(dict(_spellings(table, path)))
            for country, table in by_country.items()
        }
    )


def _country_when_absent(obj: JsonObject, countries: Mapping[str, str]) -> str | None:
    code = optional_str(obj, "countryWhenAbsent", "$")
    if code is not None and code not in countries.values():
        message = "not one of the countries that are configured"
        raise MalformedValue(message, path="$.countryWhenAbsent")
    return code


def _coding(text: str, path: str) -> Coding:
    system, _, code = text.rpartition("|")
    if not system or not code:
        fix = "write it like http://terminology.hl7.org/CodeSystem/x|code"
        raise MalformedValue("not a code with its system", path=path, fix=fix)
    return Coding(system, code)


def _roles(obj: JsonObject) -> frozenset[Coding]:
    if "renderingRoles" not in obj:
        return RENDERING_ROLES
    path = child("$", "renderingRoles")
    found = some_words(obj, "renderingRoles", "$")
    return frozenset(_coding(text, path) for text in found)


def _services(obj: JsonObject) -> Mapping[Coding, Service]:
    found: dict[Coding, Service] = {}
    for value, path in items(obj, "services", "$"):
        entry = known_members(value, _SERVICE, path)
        system = required_str(entry, "system", path)
        service = Service(
            professions=some_words(entry, "professions", path),
            action=optional_str(entry, "action", path),
            specialty=optional_str(entry, "specialty", path),
            schedule=optional_str(entry, "schedule", path),
        )
        for code in some_words(entry, "codes", path):
            if found.setdefault(Coding(system, code), service) != service:
                message = "one service is listed twice, and asks different things"
                raise MalformedValue(message, path=child(path, "codes"))
    return MappingProxyType(found)


def _payer(obj: JsonObject) -> Requester:
    """The payer, in the form in which a consent scenario names the actor."""
    if "payer" not in obj:
        return Requester()
    actor = as_object(obj["payer"], "$.payer")
    plain: JsonObject = {"actor": actor, "patient": "-", "time": str(Instant(0))}
    try:
        return read_request(plain, UTC, path="$").requester
    except Refused as error:
        error.path = error.path.replace("$.actor", "$.payer", 1)
        raise
