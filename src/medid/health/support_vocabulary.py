"""The words of credentials that support a license: a second table beside the first.

The health context is permanent, so what came later is said in a context of its own.
A commission authorises its holder to practise under a compact; an authority confirms a
declaration to provide services in another state. Neither is a license, and neither
counts without one.

Spec: https://w3id.org/medid/health/support/v1, PSYPACT, Articles IV and V;
Directive 2005/36/EC, Article 7
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from medid.health.words import CredentialType, NodeType, Term

SUPPORT_CONTEXT_URL: Final = "https://w3id.org/medid/health/support/v1"
SUPPORT_CONTEXT_FILE: Final = (
    Path(__file__).parent / "contexts" / "medid-health-support-v1.jsonld"
)
_NAMESPACE: Final = SUPPORT_CONTEXT_URL + "#"

_HOME_STATE: Final = Term(
    name="homeState",
    iri=_NAMESPACE + "homeState",
    required=True,
    doc="Where the license is from that this supports, such as US-OH or DE",
)

SUPPORT_NODES: Final = (
    NodeType(
        name="AuthorisedPractitioner",
        iri=_NAMESPACE + "AuthorisedPractitioner",
        doc="The person whom a commission authorises",
        terms=(
            Term(
                name="authorisation",
                iri=_NAMESPACE + "authorisation",
                datatype="node",
                node="PracticeAuthorisation",
                required=True,
                doc="The authorisation itself",
            ),
        ),
        closed=False,
    ),
    NodeType(
        name="PracticeAuthorisation",
        iri=_NAMESPACE + "PracticeAuthorisation",
        doc="The right to practise under a compact, beside a license of the home state",
        terms=(
            Term(
                name="compact",
                iri=_NAMESPACE + "compact",
                required=True,
                doc="The compact, as trust registries name it, such as PSYPACT",
            ),
            Term(
                name="kind",
                iri=_NAMESPACE + "authorisationKind",
                required=True,
                doc="Which authorisation of the compact, such as APIT or TAP",
            ),
            _HOME_STATE,
            # A state that is not listed had none. An empty array has no RDF.
            Term(
                name="daysUsedThisYear",
                iri=_NAMESPACE + "daysUsedThisYear",
                datatype="node",
                node="DaysUsed",
                many=True,
                doc="The days of practice this year, for each state that had any",
            ),
        ),
    ),
    NodeType(
        name="DaysUsed",
        iri=_NAMESPACE + "DaysUsed",
        doc="The days of practice in one state",
        terms=(
            Term(
                name="state",
                iri=_NAMESPACE + "state",
                required=True,
                doc="ISO 3166-1 alpha-2 or ISO 3166-2 code, such as US-IN",
            ),
            Term(
                name="days",
                iri=_NAMESPACE + "days",
                datatype="integer",
                required=True,
                doc="How many, as of when the credential was signed",
            ),
        ),
    ),
    NodeType(
        name="DeclaringPractitioner",
        iri=_NAMESPACE + "DeclaringPractitioner",
        doc="The person who declared to provide services in another state",
        terms=(
            Term(
                name="declaration",
                iri=_NAMESPACE + "declaration",
                datatype="node",
                node="ServiceDeclaration",
                required=True,
                doc="The declaration that the issuer confirms",
            ),
        ),
        closed=False,
    ),
    NodeType(
        name="ServiceDeclaration",
        iri=_NAMESPACE + "ServiceDeclaration",
        doc="A declaration to provide services in one state under a license of another",
        terms=(
            _HOME_STATE,
            Term(
                name="hostState",
                iri=_NAMESPACE + "hostState",
                required=True,
                doc="Where the services are provided, such as FR",
            ),
        ),
    ),
)

AUTHORISATION_CREDENTIAL: Final = CredentialType(
    name="CompactAuthorisation",
    subject="AuthorisedPractitioner",
    status_required=True,
    doc="A commission authorises a practitioner under a compact",
    context=SUPPORT_CONTEXT_URL,
)
DECLARATION_CREDENTIAL: Final = CredentialType(
    name="ServiceProvisionDeclaration",
    subject="DeclaringPractitioner",
    status_required=True,
    doc="An authority confirms a declaration to provide services in another state",
    context=SUPPORT_CONTEXT_URL,
)
SUPPORT_CREDENTIALS: Final = (AUTHORISATION_CREDENTIAL, DECLARATION_CREDENTIAL)
