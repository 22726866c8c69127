"""The words of licenses and consents: the one table everything else is made from.

The JSON-LD context, the JSON Schemas and the reading of verified claims all come from
``NODES`` and ``CREDENTIALS``, so what a schema allows is what a signature covers and
what a rule reads. ``python -m medid.health.generate`` writes what is made
of it.

Knows names, types and FHIR paths; knows no credential, no clock and no rule.

Spec: https://w3id.org/medid/health/v1, https://www.w3.org/TR/json-ld11/#scoped-contexts
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict, Unpack

from medid.health.receipt_vocabulary import RECEIPT_NODES
from medid.health.support_vocabulary import SUPPORT_NODES
from medid.health.words import (
    CONDITION_KINDS,
    CONSENT_STATUSES,
    NAMESPACE,
    REGISTRATION_TYPES,
    STATUSES,
    CredentialType,
    NodeType,
    Term,
)

if TYPE_CHECKING:
    from medid.health.words import Datatype

CONSENT_PROFILE: Final = "https://w3id.org/medid/consent-evaluation/1"

_HERE: Final = Path(__file__).parent
CONTEXT_FILE: Final = _HERE / "contexts" / "medid-health-v1.jsonld"

_SCHEMA_ORG: Final = "https://schema.org/"
_DPV: Final = "https://w3id.org/dpv#"


class _Facets(TypedDict, total=False):
    datatype: Datatype
    many: bool
    required: bool
    values: tuple[str, ...]
    values_iri: str
    node: str
    fhir: str


def _term(name: str, doc: str, iri: str = "", **facets: Unpack[_Facets]) -> Term:
    return Term(name=name, doc=doc, iri=iri or NAMESPACE + name, **facets)


def _node(
    name: str, doc: str, *terms: Term, iri: str = "", closed: bool = True
) -> NodeType:
    iri = iri or NAMESPACE + name
    return NodeType(name=name, doc=doc, iri=iri, terms=terms, closed=closed)


_JURISDICTION: Final = _term(
    "jurisdiction",
    "ISO 3166-1 alpha-2 or ISO 3166-2 code, such as GB or US-OH",
    required=True,
    fhir="Practitioner.qualification.extension(whereValid)",
)

NODES: Final = (
    _node(
        "LicensedPractitioner",
        "The person or body that a license is about",
        _term(
            "license",
            "The license itself",
            datatype="node",
            node="PractitionerLicense",
            required=True,
            fhir="Practitioner.qualification",
        ),
        _term(
            "practitionerIdentifier",
            "A number in a register; an identifier is never a license",
            datatype="node",
            node="PractitionerIdentifier",
            many=True,
            fhir="Practitioner.identifier",
        ),
        closed=False,
    ),
    _node(
        "PractitionerLicense",
        "The right to practise one profession in one jurisdiction",
        _term(
            "licenseNumber",
            "Unique among the licenses of its issuer",
            required=True,
            fhir="Practitioner.qualification.identifier.value",
        ),
        _JURISDICTION,
        _term(
            "profession",
            "The profession, in one or several code systems",
            datatype="node",
            node="Code",
            many=True,
            required=True,
            fhir="Practitioner.qualification.code",
        ),
        _term(
            "specialty",
            "A specialty that the issuer registers",
            datatype="node",
            node="Code",
            many=True,
            fhir="PractitionerRole.specialty",
        ),
        _term(
            "registrationType",
            "Which kind of registration this is; some kinds are no right to practise",
            values=REGISTRATION_TYPES,
            fhir="Practitioner.qualification.extension",
        ),
        _term(
            "licenseStatus",
            "What the board said when it issued; its status list says what is so now",
            datatype="code",
            required=True,
            values=STATUSES,
            values_iri="https://w3id.org/medid/health/v1/license-status#",
            fhir="Practitioner.qualification.extension(status)",
        ),
        _term("statusSince", "Since when it has that status", datatype="dateTime"),
        _term(
            "issuedOn",
            "The first day of the license",
            datatype="date",
            fhir="Practitioner.qualification.period.start",
        ),
        _term(
            "expiresOn",
            "The last day of the license, to its end",
            datatype="date",
            fhir="Practitioner.qualification.period.end",
        ),
        _term(
            "condition",
            "A restriction on how its holder may practise",
            datatype="node",
            node="LicenseCondition",
            many=True,
        ),
        _term(
            "prescriptiveAuthority",
            "What its holder may prescribe, and where",
            datatype="node",
            node="PrescriptiveAuthority",
            many=True,
        ),
        _term(
            "compact",
            "What an agreement between states adds",
            datatype="node",
            node="CompactPrivilege",
            many=True,
        ),
        _term("encumbered", "Whether any order limits it", datatype="boolean"),
        _term(
            "privilegeAction",
            "A state that took away the right to practise there",
            datatype="node",
            node="PrivilegeAction",
            many=True,
        ),
        _term(
            "adverseAction",
            "A public order of the board",
            datatype="node",
            node="AdverseAction",
            many=True,
        ),
        # An empty adverseAction array has no RDF, so no signature would cover it.
        _term(
            "noAdverseActionAsOf",
            "On this day the board knew of no adverse action",
            datatype="date",
        ),
    ),
    _node(
        "Code",
        "A code of a code system",
        _term(
            "system",
            "The code system",
            NAMESPACE + "codeSystem",
            datatype="anyURI",
            required=True,
        ),
        _term("code", "The code in it", required=True),
        _term("display", "The code in words"),
        _term("version", "The code system's version", NAMESPACE + "codeVersion"),
        iri="http://hl7.org/fhir/Coding",
    ),
    _node(
        "LicenseCondition",
        "A restriction; one of kind other refuses until a person has judged it",
        _term(
            "kind",
            "What kind of restriction it is",
            NAMESPACE + "conditionKind",
            datatype="code",
            required=True,
            values=CONDITION_KINDS,
            values_iri="https://w3id.org/medid/health/v1/condition#",
        ),
        _term("action", "What is prohibited", NAMESPACE + "conditionAction", many=True),
        _term(
            "site", "The only places allowed", NAMESPACE + "conditionSite", many=True
        ),
        _term("supervisionLevel", "How close the supervision has to be"),
        _term("until", "When it ends", datatype="dateTime"),
        _term("text", "The board's own words", _SCHEMA_ORG + "description"),
    ),
    _node(
        "PrescriptiveAuthority",
        "What may be prescribed in one jurisdiction",
        _JURISDICTION,
        _term("schedule", "A schedule, such as 2N", many=True, required=True),
        _term("scheduleSystem", "The law that lists the schedules", datatype="anyURI"),
        _term("registrationNumber", "Of the separate registration, such as the DEA's"),
    ),
    _node(
        "CompactPrivilege",
        "What an agreement between states says about a license",
        _term("multistate", "Whether it counts in all of them", datatype="boolean"),
        _term("primaryStateOfResidence", "Where the holder lives"),
        _term("stateOfPrincipalLicense", "Whose license the others follow"),
        _term("issuedThroughCompact", "Whether it followed one", datatype="boolean"),
        _term("compactName", "The agreement's short name, such as NLC or IMLC"),
    ),
    _node(
        "PrivilegeAction",
        "A decision of one state against the right to practise in it",
        _JURISDICTION,
        _term("action", "What it decided", NAMESPACE + "privilegeActionCode"),
        _term(
            "from", "Since when", NAMESPACE + "privilegeActionFrom", datatype="dateTime"
        ),
    ),
    _node(
        "AdverseAction",
        "A public order of the board",
        _term(
            "action",
            "The kind of order",
            NAMESPACE + "adverseActionCode",
            required=True,
        ),
        _term("orderedOn", "The day of the order", datatype="date"),
        _term("effectiveOn", "The day from which it counts", datatype="date"),
        _term("order", "The published order", datatype="anyURI"),
    ),
    _node(
        "PractitionerIdentifier",
        "A number in a register",
        _term(
            "system",
            "The register",
            NAMESPACE + "identifierSystem",
            datatype="anyURI",
            required=True,
        ),
        _term("value", "The number", _SCHEMA_ORG + "identifier", required=True),
    ),
    _node(
        "ConsentingPatient",
        "The patient whose consent it is",
        _term(
            "consent",
            "A FHIR Consent resource, untouched",
            datatype="json",
            required=True,
            fhir="Consent",
        ),
        _term(
            "consentProfile",
            "The rules that the consent is to be read by",
            datatype="iri",
            required=True,
            values=(CONSENT_PROFILE,),
        ),
        _term(
            "consentStatus",
            "Whether consent was given; only ConsentGiven ever permits",
            _DPV + "hasConsentStatus",
            datatype="code",
            required=True,
            values=CONSENT_STATUSES,
            values_iri=_DPV,
        ),
        _term(
            "grantor",
            "Who signed",
            datatype="iri",
            fhir="Consent.performer",
        ),
        _term(
            "onBehalfOf",
            "For whom, where the signer is not the patient",
            datatype="iri",
        ),
        _term("representation", "The credential that says so", datatype="iri"),
        _term(
            "legalBasis",
            "The legal basis of the processing",
            _DPV + "hasLegalBasis",
            datatype="iri",
            many=True,
        ),
        _term(
            "policy",
            "The policies the consent refers to",
            datatype="iri",
            many=True,
            fhir="Consent.policy.uri",
        ),
        _term(
            "actorBinding",
            "Which DID stands for a reference of the resource",
            datatype="node",
            node="ActorBinding",
            many=True,
        ),
    ),
    _node(
        "ActorBinding",
        "A FHIR reference and the DID of whom it means",
        _term(
            "reference",
            "As the resource has it",
            NAMESPACE + "fhirReference",
            required=True,
        ),
        _term(
            "did", "Who that is", NAMESPACE + "boundDid", datatype="iri", required=True
        ),
    ),
    _node(
        "TrustRegistry",
        "Whose word a verifier relies on",
        _term(
            "trustRegistry",
            "The registry, in the format of trust files",
            datatype="json",
            required=True,
        ),
    ),
)

LICENSE_CREDENTIAL: Final = CredentialType(
    name="PractitionerLicenseCredential",
    subject="LicensedPractitioner",
    status_required=True,
    doc="A board licenses a practitioner",
)
CONSENT_CREDENTIAL: Final = CredentialType(
    name="PatientConsentCredential",
    subject="ConsentingPatient",
    status_required=False,
    doc="A patient grants or refuses consent",
)
TRUST_CREDENTIAL: Final = CredentialType(
    name="TrustRegistryCredential",
    subject="TrustRegistry",
    status_required=False,
    doc="An authority publishes whom it recognises",
)
CREDENTIALS: Final = (LICENSE_CREDENTIAL, CONSENT_CREDENTIAL, TRUST_CREDENTIAL)


def node_type(name: str) -> NodeType:
    """The node type called ``name``, of this table or of supporting credentials."""
    return _BY_NAME[name]


_BY_NAME: Final = {node.name: node for node in (*NODES, *SUPPORT_NODES, *RECEIPT_NODES)}
