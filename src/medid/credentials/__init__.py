"""What a credential or presentation says: VCDM 2.0 and 1.1, read into typed objects.

Knows shapes only. No cryptography, no clock, no network, no JSON-LD processing.

>>> from medid.credentials import parse_credential
>>> credential = parse_credential(
...     {
...         "@context": ["https://www.w3.org/ns/credentials/v2"],
...         "type": ["VerifiableCredential"],
...         "issuer": "did:example:board",
...         "credentialSubject": {"id": "did:example:doctor"},
...     }
... )
>>> credential.issuer.id, credential.version
('did:example:board', '2.0')
"""

from medid.credentials.credential import parse_credential
from medid.credentials.digests import check_digests, check_published
from medid.credentials.model import (
    CONTEXT_V1,
    CONTEXT_V2,
    Credential,
    Digest,
    EnvelopedCredential,
    EnvelopedPresentation,
    Issuer,
    LanguageValue,
    Presentation,
    RelatedResource,
    SchemaReference,
    StatusEntry,
    StatusMessage,
    Subject,
    TypedObject,
)
from medid.credentials.presentation import (
    JWT_MEDIA,
    check_self_asserted,
    parse_enveloped_credential,
    parse_enveloped_presentation,
    parse_presentation,
)

__all__ = [
    "CONTEXT_V1",
    "CONTEXT_V2",
    "JWT_MEDIA",
    "Credential",
    "Digest",
    "EnvelopedCredential",
    "EnvelopedPresentation",
    "Issuer",
    "LanguageValue",
    "Presentation",
    "RelatedResource",
    "SchemaReference",
    "StatusEntry",
    "StatusMessage",
    "Subject",
    "TypedObject",
    "check_digests",
    "check_published",
    "check_self_asserted",
    "parse_credential",
    "parse_enveloped_credential",
    "parse_enveloped_presentation",
    "parse_presentation",
]
