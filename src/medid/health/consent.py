"""A consent as facts: what a verified credential says about a patient's will.

The FHIR Consent inside stays as it was signed; ``medid.health.fhir`` reads its rules.
Who had to sign, and whether the consent applies to a request, is decided elsewhere.

Spec: https://w3id.org/medid/health/v1#ConsentingPatient, https://w3id.org/dpv#ConsentStatus
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from medid.errors import MalformedValue, MissingFact, child
from medid.health.claims import only_subject
from medid.health.nodes import Reader
from medid.health.vocabulary import CONSENT_CREDENTIAL

if TYPE_CHECKING:
    from medid.core.instant import Window
    from medid.core.json import JsonObject
    from medid.credentials import Credential
    from medid.health.nodes import Node

GIVEN: Final = "ConsentGiven"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorBinding:
    """Which DID stands for a reference of the FHIR resource."""

    reference: str = field(repr=False)
    did: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """A patient's consent, as its credential states it.

    Attributes:
        patient: The DID of whose data it is.
        issuer: Who signed the credential.
        grantor: Who gave consent, where the credential says so.
        on_behalf_of: For whom the grantor did.
        representation: The id of the credential that allowed it.
        status: A concept of DPV, by its name.
        profile: The rules that ``resource`` is to be read by.
        resource: The FHIR Consent, untouched. Never modify it.
        window: When the credential holds; its start is the time of signing.
    """

    patient: str = field(repr=False)
    issuer: str = field(repr=False)
    grantor: str | None = field(repr=False)
    on_behalf_of: str | None = field(repr=False)
    representation: str | None
    status: str
    profile: str
    legal_bases: tuple[str, ...]
    policies: tuple[str, ...]
    actor_bindings: tuple[ActorBinding, ...]
    resource: JsonObject = field(repr=False, hash=False)
    window: Window
    credential_id: str | None

    @property
    def may_permit(self) -> bool:
        """Whether consent was given. Every other status can only refuse."""
        return self.status == GIVEN

    def did_for(self, reference: str) -> tuple[str, ...]:
        """The DIDs that the signer bound to ``reference``; empty where none is."""
        return tuple(
            binding.did
            for binding in self.actor_bindings
            if binding.reference == reference
        )

    @classmethod
    def from_credential(cls, credential: Credential) -> ConsentRecord:
        """The consent that a verified ``credential`` states.

        Raises:
            MissingFact: What a consent needs is not stated.
            MalformedValue: Not a consent, not one subject, another profile, or not
                of the vocabulary.
        """
        claims, path = only_subject(credential, CONSENT_CREDENTIAL)
        reader = Reader()
        node = reader.node(claims, CONSENT_CREDENTIAL.subject, path)
        if node.id is None:
            message = "a consent must name its patient"
            raise MissingFact(message, path=child(path, "id"))
        return cls(
            patient=node.id,
            issuer=credential.issuer.id,
            grantor=node.text("grantor"),
            on_behalf_of=node.text("onBehalfOf"),
            representation=node.text("representation"),
            status=node.needed("consentStatus"),
            profile=node.needed("consentProfile"),
            legal_bases=node.texts("legalBasis"),
            policies=node.texts("policy"),
            actor_bindings=_bindings(reader, node),
            resource=_resource(node),
            window=credential.validity,
            credential_id=credential.id,
        )


def _bindings(reader: Reader, node: Node) -> tuple[ActorBinding, ...]:
    return tuple(
        ActorBinding(reference=item.needed("reference"), did=item.needed("did"))
        for item in reader.nodes(node, "actorBinding", "ActorBinding")
    )


def _resource(node: Node) -> JsonObject:
    resource = node.json("consent")
    if resource.get("resourceType") != "Consent":
        path = child(child(node.path, "consent"), "resourceType")
        raise MalformedValue("not a FHIR Consent resource", path=path)
    return resource
