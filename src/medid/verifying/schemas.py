"""Schemas, types and related resources: what a document says must be true beside it.

A schema narrows what an issuer may say; it grants nothing. What is at hand decides.
Where a schema cannot be had the reader is told, and the proof still stands.

A schema may itself be a credential. Then its own proof is verified first, and its
issuer has to be one whose word counts: the issuer of the credential that names it, or
whom the trust registry accepts for schemas.

Spec: https://www.w3.org/TR/vc-json-schema/,
https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from medid.credentials import check_digests, check_published
from medid.credentials.schema import (
    JSON_SCHEMA,
    JSON_SCHEMA_CREDENTIAL,
    check_schema,
    check_schema_credential,
)
from medid.errors import (
    EvidenceUnavailable,
    MethodNotSupported,
    SchemaValidationError,
    located,
)
from medid.verifying.opening import open_document
from medid.verifying.proofs import check_contexts, check_time, verify_proofs

if TYPE_CHECKING:
    from medid.credentials import Credential, RelatedResource, SchemaReference
    from medid.verifying.judging import Judgement


def check_schema_of(
    schema: SchemaReference, credential: Credential, judgement: Judgement
) -> None:
    """Return if ``credential`` meets ``schema``, which it names.

    Raises:
        MethodNotSupported: A type or dialect of schema that medid does not know, or a
            schema credential whose status it would have to ask for.
        EvidenceUnavailable: The schema was neither supplied nor fetched, or is
            another's and no trust registry says whether that issuer counts.
        MedidError: The schema, or the proof of the credential that holds it, is not in
            order, or it is not met.
    """
    if schema.types not in ((JSON_SCHEMA,), (JSON_SCHEMA_CREDENTIAL,)):
        message = "the schema type is not supported"
        raise MethodNotSupported(message, path=schema.path)
    content = judgement.evidence.get(schema.id, path=schema.path).content
    if schema.types == (JSON_SCHEMA,):
        check_schema(credential, schema, content, work=judgement.schemas)
        return
    if schema.digests:
        check_digests(schema.digests, content, path=schema.path)
    with located(schema.path):
        holding = _verified(content, credential, judgement)
    check_schema_credential(credential, schema, holding, work=judgement.schemas)


def _verified(
    content: bytes, credential: Credential, judgement: Judgement
) -> Credential:
    """The schema credential in ``content``, once it is somebody's whose word counts.

    1. It is a credential, and shown whole.
    2. Its proofs hold, and it is valid at the time asked about.
    3. It has no status: that would have to be asked first, and so on without end.
    4. It is by the issuer of ``credential``, or by one accepted for schemas.
    """
    opened = open_document(content, memory=judgement.memory)
    holding = opened.credential
    if holding is None or opened.is_withheld:
        raise SchemaValidationError("the schema is not in a credential that is whole")
    check_contexts(opened, judgement)
    verify_proofs(opened, judgement)
    check_time(opened, judgement)
    if holding.status:
        message = "the status of a schema credential is not asked"
        raise MethodNotSupported(message)
    _check_issuer(holding.issuer.id, credential, judgement)
    return holding


def _check_issuer(issuer: str, credential: Credential, judgement: Judgement) -> None:
    if issuer == credential.issuer.id:
        return
    if judgement.trust is None:
        message = "the schema is another issuer's, and nobody says whether it counts"
        fix = "give a trust registry that accepts its issuer for schemas"
        raise EvidenceUnavailable(message, path="$.issuer", fix=fix)
    with located("$.issuer"):
        judgement.trust.authorize(issuer, JSON_SCHEMA_CREDENTIAL, at=judgement.at)


# Related resources.


def check_resource(resource: RelatedResource, judgement: Judgement) -> None:
    """Return if what ``resource`` names has the digests that the issuer states.

    Raises:
        EvidenceUnavailable: It was neither supplied nor fetched.
        MalformedValue: It has another digest.
    """
    published = judgement.contexts.published_sha256(resource.id)
    if published is not None and resource.id not in judgement.evidence:
        check_published(resource.digests, published, path=resource.path)
        return
    if published is None and resource.id in judgement.contexts:
        content = judgement.contexts.content(resource.id)
    else:
        content = judgement.evidence.get(resource.id, path=resource.path).content
    check_digests(resource.digests, content, path=resource.path)
