"""What a vocabulary is made of, and the closed lists of values in this one.

``medid.health.vocabulary`` fills these shapes in.

Spec: https://w3id.org/medid/health/v1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

CONTEXT_URL: Final = "https://w3id.org/medid/health/v1"
NAMESPACE: Final = CONTEXT_URL + "#"

Datatype: TypeAlias = Literal[
    "string",
    "iri",
    "anyURI",
    "date",
    "dateTime",
    "boolean",
    "integer",
    "code",
    "json",
    "node",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One member of a node.

    Attributes:
        iri: What the member means.
        datatype: How its value is written. ``code`` is an IRI from ``values``; an
            ``anyURI`` is a literal, where an ``iri`` is a node; an ``integer`` is a
            whole number from 0.
        many: Whether there may be several, in no particular order.
        required: Whether a node without it says too little to be used.
        values: The closed list of values; empty where any value will do.
        values_iri: What a ``code`` of that list is appended to.
        node: The type of the node it holds, where it holds nodes.
        fhir: Where FHIR R4 says the same.
        doc: One line for people.
    """

    name: str
    iri: str
    datatype: Datatype = "string"
    many: bool = False
    required: bool = False
    values: tuple[str, ...] = ()
    values_iri: str = ""
    node: str = ""
    fhir: str = ""
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """One type of node and its members.

    A closed node has no others: an unknown member of a license may be a restriction
    that nobody here can read. An open one may be described further, as people are.
    """

    name: str
    iri: str
    terms: tuple[Term, ...]
    closed: bool = True
    doc: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialType:
    """One type of credential, the type of its only subject, and where both are said.

    Attributes:
        context: The context document that defines them.
    """

    name: str
    subject: str
    status_required: bool
    doc: str
    context: str = CONTEXT_URL

    @property
    def iri(self) -> str:
        """What the type means."""
        return f"{self.context}#{self.name}"


STATUSES: Final = (
    "active",
    "probation",
    "restricted",
    "suspended",
    "revoked",
    "surrendered",
    "expired",
    "inactive",
    "retired",
    "pending",
    "denied",
    "deceased",
)
REGISTRATION_TYPES: Final = (
    "full",
    "provisional",
    "limited",
    "training",
    "temporary",
    "non-practising",
    "registered-without-license",
)
# ``other`` is a restriction in words only. Nobody can evaluate it, so it refuses.
CONDITION_KINDS: Final = (
    "supervision",
    "siteOnly",
    "actionProhibited",
    "monitoring",
    "other",
)
# https://w3id.org/dpv#ConsentStatus and below, without the two grouping concepts.
CONSENT_STATUSES: Final = (
    "ConsentGiven",
    "RenewedConsentGiven",
    "ConsentRequested",
    "ConsentRequestDeferred",
    "ConsentRefused",
    "ConsentWithdrawn",
    "ConsentRevoked",
    "ConsentExpired",
    "ConsentInvalidated",
    "ConsentUnknown",
)
