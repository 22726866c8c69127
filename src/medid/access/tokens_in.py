"""From the claims of an access-token request to an access request.

What is read, beside claims that say nothing of what is asked for::

    scope                       SMART scopes, handed on as they are
    extensions.hl7-b2b          UDAP: organization, purposes, consents
    extensions.ihe_iua          IHE IUA: organization, purposes, provider, patient
    extensions.ihe_pcf, .ihe_bppc   the patient, the consents, their policies
    authorization_details       RFC 9396: one object of medid's own type

medid authenticates no client here: the claims are those of a request that the
authorization server verified. They are claims all the same. None of them is a proof of
a license, none adds an identifier or a membership to the subject, and none is a
consent; each has to agree with what the server states itself. A claim that nobody knows
might restrict, so it is refused.

Spec: https://profiles.ihe.net/ITI/IUA/index.html#371-get-access-token-iti-71,
https://hl7.org/fhir/us/udap-security/b2b.html,
https://www.rfc-editor.org/rfc/rfc9396.html#section-5
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.access.consent_request import codings
from medid.access.request import AccessRequest, read_document
from medid.core.fields import (
    as_object,
    no_others,
    optional,
    optional_str,
    required,
    required_str,
    strings,
)
from medid.errors import MalformedValue, child
from medid.health.codes import ACT_REASON, NPI, Coding, below, canonical_system

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from medid.core.json import JsonObject, JsonValue

#: The type of medid's authorization details: data of one patient, under a consent.
CONSENTED_ACCESS: Final = "https://w3id.org/medid/consented-access/1"

_B2B: Final = frozenset(
    [
        "version",
        "subject_name",
        "subject_id",
        "subject_role",
        "organization_name",
        "organization_id",
        "purpose_of_use",
        "consent_policy",
        "consent_reference",
    ]
)
_IUA: Final = frozenset(
    [
        "subject_name",
        "subject_organization",
        "subject_organization_id",
        "subject_role",
        "purpose_of_use",
        "home_community_id",
        "national_provider_identifier",
        "person_id",
    ]
)
_PRIVACY: Final = frozenset({"patient_id", "doc_id", "acp"})
_DETAILS: Final = frozenset(
    {"type", "actions", "datatypes", "identifier", "patient", "purpose_of_use"}
)
_PURPOSES: Final = below(ACT_REASON, "PurposeOfUse") - {"PurposeOfUse"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What a token request asks for, and what it claims beside.

    Attributes:
        request: What is asked; of its subject it has what the server stated.
        scope: The SMART scopes that are asked for.
        organizations: Identifiers of the organization, as claimed.
        persons: Identifiers of the person who asks, as claimed.
        provider: The national provider identifier, as claimed.
        documents: The consents that are named; where they are fetched from is the
            server's affair, and each is judged as any other.
        policies: The policies that those are said to follow.
        datatypes: The resource types to which authorization details limit the access.
        identifiers: The resources to which they limit it.
    """

    request: AccessRequest
    scope: str | None = None
    organizations: tuple[str, ...] = field(default=(), repr=False)
    persons: tuple[str, ...] = field(default=(), repr=False)
    provider: str | None = field(default=None, repr=False)
    documents: tuple[str, ...] = field(default=(), repr=False)
    policies: tuple[str, ...] = field(default=(), repr=False)
    datatypes: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = field(default=(), repr=False)


def token_request(
    claims: Mapping[str, JsonValue],
    stated: Mapping[str, JsonValue],
    *,
    base: str | None = None,
    patient_identifiers: Collection[str] = (),
) -> TokenRequest:
    """What the claims of a verified token request ask for.

    Args:
        claims: Of the request: of a client assertion, or its parameters as JSON.
        stated: An AuthZEN request with what the authorization server knows itself: who
            asks and, where it knows, for what. Its purposes, patient, action and
            resource may be left to the claims.
        base: The URL of the custodian's FHIR server: a reference there is local.
        patient_identifiers: How the server knows this patient to be called elsewhere,
            as text to compare exactly: IUA's ``person_id`` has to be one of them, or
            the patient's reference.

    Raises:
        MalformedValue: A claim is unknown, missing or of another form, or contradicts
            another or what the server stated.
        ParsingError: ``claims`` or ``stated`` is no JSON object.
    """
    read = _Reading(read_document(claims), base)
    document = read_document(stated)
    subject = _properties(_part(document, "subject"), "$.subject")
    read.check_subject(subject)
    action, resource = _part(document, "action"), _part(document, "resource")
    read.fill(action, "name", read.actions)
    read.fill(resource, "type", read.types)
    read.fill(resource, "id", read.ids)
    patient = _properties(resource, "$.resource")
    read.fill(patient, "patient", read.patients)
    read.check_called(patient, frozenset(patient_identifiers))
    read.fill_purposes(_properties(action, "$.action"))
    return TokenRequest(
        request=AccessRequest.from_json(document),
        scope=read.scope,
        organizations=_once(read.organizations),
        persons=_once(read.persons),
        provider=read.provider,
        documents=_once(read.documents),
        policies=_once(read.policies),
        datatypes=_once(read.types),
        identifiers=_once(read.ids),
    )


_Place = tuple[str, str]  # a value, and where it stands


class _Reading:
    """One reading of the claims: what was found so far, and where."""

    def __init__(self, claims: JsonObject, base: str | None) -> None:
        self._base = None if base is None else f"{base}/"
        self.actions: list[_Place] = []
        self.types: list[_Place] = []
        self.ids: list[_Place] = []
        self.patients: list[_Place] = []
        self.called: list[_Place] = []  # the patient, in words of somebody else's
        self.purposes: list[tuple[frozenset[Coding], str]] = []
        self.organizations: list[_Place] = []
        self.persons: list[_Place] = []
        self.documents: list[_Place] = []
        self.policies: list[_Place] = []
        self.provider: str | None = None
        self.scope = optional_str(claims, "scope", "$")
        stated = optional(claims, "extensions", dict, "$") or {}
        readers = {
            "hl7-b2b": self._take_b2b,
            "ihe_iua": self._take_iua,
            "ihe_pcf": self._take_privacy,
            "ihe_bppc": self._take_privacy,
        }
        no_others(stated, readers, _EXTENSIONS)
        for name, read in readers.items():
            if name in stated:
                read(
                    required(stated, name, dict, _EXTENSIONS), child(_EXTENSIONS, name)
                )
        if "authorization_details" in claims:
            self._take_details(claims)

    def _take_b2b(self, stated: JsonObject, path: str) -> None:
        no_others(stated, _B2B, path)
        if required_str(stated, "version", path) != "1":
            message = "not a version of this extension that medid knows"
            raise MalformedValue(message, path=child(path, "version"))
        for name in ("subject_name", "subject_role", "organization_name"):
            optional_str(stated, name, path)
        place = child(path, "purpose_of_use")
        names = strings(required(stated, "purpose_of_use", list, path), place)
        found = [_split(name, child(place, index)) for index, name in enumerate(names)]
        self._take_purposes(found, place)
        if ":" not in required_str(stated, "organization_id", path):
            message = "the organization is named by a URI"
            raise MalformedValue(message, path=child(path, "organization_id"))
        self._take(stated, "organization_id", path, self.organizations)
        self._take(stated, "subject_id", path, self.persons)
        self._take_all(stated, "consent_policy", path, self.policies)
        self._take_all(stated, "consent_reference", path, self.documents)

    def _take_iua(self, stated: JsonObject, path: str) -> None:
        no_others(stated, _IUA, path)
        for name in ("subject_name", "home_community_id"):
            optional_str(stated, name, path)
        if "subject_organization" in stated:
            strings(stated["subject_organization"], child(path, "subject_organization"))
        if "subject_role" in stated:
            _coded(stated, "subject_role", path)
        if "purpose_of_use" in stated:
            found = _coded(stated, "purpose_of_use", path)
            self._take_purposes(found, child(path, "purpose_of_use"))
        if "subject_organization_id" in stated:
            place = child(path, "subject_organization_id")
            names = strings(stated["subject_organization_id"], place)
            self.organizations += [(self._local(name), place) for name in names]
        # Not who asks: it is what XUA calls the resource-id, and so the patient.
        self._take(stated, "person_id", path, self.called)
        name = "national_provider_identifier"
        self.provider = optional_str(stated, name, path)

    def _take_privacy(self, stated: JsonObject, path: str) -> None:
        no_others(stated, _PRIVACY, path)
        required_str(stated, "patient_id", path)
        self._take(stated, "patient_id", path, self.patients)
        place = child(path, "doc_id")
        if "doc_id" not in stated:
            raise MalformedValue("the member 'doc_id' is missing", path=place)
        names = strings(stated["doc_id"], place)
        self.documents += [(self._local(name), place) for name in names]
        self._take_all(stated, "acp", path, self.policies)

    def _take_details(self, claims: JsonObject) -> None:
        place = "$.authorization_details"
        items = required(claims, "authorization_details", list, "$")
        if len(items) != 1:
            # Two would be two requests, and nobody may be told yes to half of them.
            raise MalformedValue("must have exactly one element", path=place)
        path = child(place, 0)
        stated = as_object(items[0], path)
        if required_str(stated, "type", path) != CONSENTED_ACCESS:
            message = "not a type of authorization details that medid knows"
            raise MalformedValue(message, path=child(path, "type"))
        no_others(stated, _DETAILS, path)
        for name, found in (("actions", self.actions), ("datatypes", self.types)):
            if name in stated:
                found.append(_single(stated, name, path))
        self._take(stated, "identifier", path, self.ids)
        self._take(stated, "patient", path, self.patients)
        if "purpose_of_use" in stated:
            coded = _coded(stated, "purpose_of_use", path)
            self._take_purposes(coded, child(path, "purpose_of_use"))

    def _take(
        self, stated: JsonObject, name: str, path: str, found: list[_Place]
    ) -> None:
        if (text := optional_str(stated, name, path)) is not None:
            found.append((self._local(text), child(path, name)))

    def _take_all(
        self, stated: JsonObject, name: str, path: str, found: list[_Place]
    ) -> None:
        if name in stated:
            place = child(path, name)
            names = strings(required(stated, name, list, path), place)
            found += [(self._local(text), place) for text in names]

    def _take_purposes(self, found: Iterable[Coding], path: str) -> None:
        coded = frozenset(found)
        if any(one.system == ACT_REASON and one.code not in _PURPOSES for one in coded):
            raise MalformedValue("not a purpose of use that HL7 defines", path=path)
        self.purposes.append((coded, path))

    def _local(self, text: str) -> str:
        return text if self._base is None else text.removeprefix(self._base)

    def check_subject(self, properties: JsonObject) -> None:
        """Return if the claims name nobody but whom the server states.

        Raises:
            MalformedValue: A claimed identifier is not among the stated ones.
        """
        path = "$.subject.properties"
        if "memberOf" in properties:
            stated, place = properties["memberOf"], child(path, "memberOf")
            known = [] if stated == [] else strings(stated, place)
            for name, place in self.organizations:
                if name not in known:
                    raise _contradiction(place)
        items = optional(properties, "identifiers", list, path) or []
        place = child(path, "identifiers")
        found = [as_object(one, child(place, at)) for at, one in enumerate(items)]
        values = {
            one.get("value")
            for one in found
            if isinstance(system := one.get("system"), str)
            and canonical_system(system) == NPI
        }
        if self.provider is not None and values and self.provider not in values:
            raise _contradiction(_PROVIDER)

    def fill(self, part: JsonObject, name: str, found: list[_Place]) -> None:
        """Put what the claims say where the server left it out.

        Raises:
            MalformedValue: The claims contradict each other, or the server.
        """
        for text, place in found:
            if part.setdefault(name, text) != text:
                raise _contradiction(place)

    def check_called(self, properties: JsonObject, known: frozenset[str]) -> None:
        """Return if whatever else the claims call the patient is the patient.

        Raises:
            MalformedValue: It is a name that neither the request nor the server has.
        """
        for text, place in self.called:
            if text != properties.get("patient") and text not in known:
                raise _contradiction(place)

    def fill_purposes(self, properties: JsonObject) -> None:
        """As ``fill``: the same purposes, all of them, wherever they are stated.

        Raises:
            MalformedValue: The claims contradict each other, or the server.
        """
        path = "$.action.properties"
        known: frozenset[Coding] | None = None
        if "purposeOfUse" in properties:
            known = codings(properties, "purposeOfUse", path)
        for found, place in self.purposes:
            if known is not None and found != known:
                raise _contradiction(place)
            known = found
        if known is not None:
            properties["purposeOfUse"] = [
                {"system": one.system, "code": one.code} for one in sorted(known)
            ]


_EXTENSIONS: Final = "$.extensions"
_PROVIDER: Final = "$.extensions.ihe_iua.national_provider_identifier"


def _coded(stated: JsonObject, name: str, path: str) -> frozenset[Coding]:
    required(stated, name, list, path)
    found = codings(stated, name, path)
    if not found:
        raise MalformedValue("the array is empty", path=child(path, name))
    return found


def _split(text: str, path: str) -> Coding:
    """The coding that UDAP writes as ``system#code``."""
    system, _, code = text.rpartition("#")
    if not (system and code):
        raise MalformedValue("not a code system, # and a code", path=path)
    return Coding(system, code)


def _single(stated: JsonObject, name: str, path: str) -> _Place:
    place = child(path, name)
    names = strings(required(stated, name, list, path), place)
    if len(names) != 1:
        raise MalformedValue("must have exactly one element", path=place)
    return names[0], place


def _part(document: JsonObject, name: str) -> JsonObject:
    return as_object(document.setdefault(name, {}), child("$", name))


def _properties(part: JsonObject, path: str) -> JsonObject:
    return as_object(part.setdefault("properties", {}), child(path, "properties"))


def _once(found: Iterable[_Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text, _ in found))


def _contradiction(path: str) -> MalformedValue:
    message = "it contradicts what is stated elsewhere about this request"
    fix = "state the same in every place, or leave one of them out"
    return MalformedValue(message, path=path, fix=fix)
