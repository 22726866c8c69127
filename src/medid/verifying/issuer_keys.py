"""Keys that certificates vouch for, and those of issuers named by a web address.

A did:x509 is resolved by the certificates in the header. For an issuer that is named by
a web address and not by a DID there are three ways, and the verifier's own settings
choose between them, never the token: an issuer for whom trust anchors are configured,
or a root of the trust file speaks, signs with a certificate under one of them
(``x5c``); one that a federation accredits, and no entry names, with a key in the
metadata that its superiors let stand; any other publishes its keys at a place that its
name determines. Neither ``jku`` nor ``x5u`` nor a key in the header is ever followed.

Spec: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/ section 3,
https://www.w3.org/TR/vc-jose-cose/#jwt-issuer
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.evidence import Need
from medid.core.fields import as_object, optional_str, required, required_str
from medid.core.json import JsonLimits
from medid.core.records import replace
from medid.dids import resolver as dids
from medid.dids.material import refuse_private_keys
from medid.dids.methods import x509 as did_x509
from medid.errors import (
    InvalidDidDocument,
    InvalidKey,
    InvalidVerificationMethod,
    IssuerNotTrusted,
    MalformedValue,
    MedidError,
    WeakCryptography,
    located,
)
from medid.keys import PublicKey
from medid.verifying import certified, federating

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.json import JsonObject
    from medid.dids.document import DidDocument
    from medid.dids.syntax import Did
    from medid.keys.certificates import Certificate
    from medid.securing.cose import Sign1
    from medid.securing.jose import Jws
    from medid.verifying.judging import Judgement

MAX_METADATA_BYTES: Final = 65_536  # 64 KiB: 100 keys take 20 KiB
MAX_KEYS: Final = 100  # of a key set; an issuer has a handful

_LIMITS: Final = JsonLimits(max_bytes=MAX_METADATA_BYTES)
_WELL_KNOWN: Final = "/.well-known/jwt-vc-issuer"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_SEGMENT: Final = r"/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9\-._~!$&'()*+,;=:@])*"
_ISSUER: Final = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+[a-z][a-z0-9\-]{{0,62}})(?P<port>:[0-9]{{1,5}})?"
    rf"(?P<path>(?:{_SEGMENT})*)"
)


def is_web(issuer: str | None) -> bool:
    """Whether ``issuer`` is named by a web address."""
    return issuer is not None and issuer.startswith("https://")


def metadata_url(issuer: str, *, path: str = "$") -> str:
    """Where ``issuer`` publishes its keys.

    Raises:
        IssuerNotTrusted: Not an https URL of a DNS name in lower case and a plain path.
    """
    match = _ISSUER.fullmatch(issuer)
    if match is None:
        message = "the issuer is not a plain https URL, so its keys cannot be found"
        raise IssuerNotTrusted(message, path=path)
    authority = f"{match['host']}{match['port'] or ''}"
    return f"https://{authority}{_WELL_KNOWN}{match['path'].removesuffix('/')}"


def needs(issuer: str, judgement: Judgement, *, path: str = "$") -> Iterator[Need]:
    """What finding the keys of ``issuer`` takes, with the evidence so far."""
    if not is_web(issuer) or anchors_of(issuer, judgement):
        return
    if federating.governs(issuer, judgement):
        return  # its keys are in what its superiors let stand
    try:
        url = metadata_url(issuer)
        yield _need("issuer-metadata", url, path)
        if url in judgement.evidence:
            metadata = _metadata(issuer, judgement)
            if "jwks_uri" in metadata:
                yield _need("key-set", required_str(metadata, "jwks_uri", "$"), path)
    except MedidError:
        return  # refused, with its reason, when the signature is judged


def anchors_of(issuer: str, judgement: Judgement) -> tuple[bytes, ...]:
    """The authorities (DER) that the entries of ``issuer`` name, at this time."""
    if judgement.trust is None:
        return ()
    return judgement.trust.anchors(issuer, at=judgement.at)


def _need(kind: str, url: str, path: str) -> Need:
    return Need(
        kind=kind,
        url=url,
        accept="application/json, application/jwk-set+json",
        max_bytes=MAX_METADATA_BYTES,
        path=path,
    )


def issuer_key(
    issuer: str, envelope: Jws | Sign1, judgement: Judgement, *, path: str
) -> PublicKey:
    """The key of ``issuer`` that ``envelope`` is said to be signed with.

    Args:
        issuer: An https URL, compared as exact text.
        envelope: Whose ``kid``, or in a JWS ``x5c``, says which key.
        judgement: The evidence, the trust anchors and the time asked about.
        path: Where the issuer is named.

    Raises:
        IssuerNotTrusted: The issuer's name is not one that keys can be found for.
        InvalidVerificationMethod: No such key, several, or a certificate that no anchor
            vouches for or that is somebody else's.
        InvalidKey: The issuer publishes a private key, or one that medid cannot use.
        WeakCryptography: The issuer publishes a symmetric key.
        MalformedValue: What is published is another issuer's, or not of its form.
        HistoryUnknown: Only what was published later is at hand.
        MedidError: What stood in the way of the documents, or what the key reports.
    """
    metadata_url(issuer, path=path)
    anchors = anchors_of(issuer, judgement)
    if not anchors and certified.is_vouched_for(issuer, envelope, judgement):
        anchors = certified.roots_of(issuer, judgement)
    if anchors:
        return _certified(issuer, envelope, anchors, judgement)
    refuse_unanchored(envelope)
    if federating.governs(issuer, judgement):
        with located(path):
            keys = _keys_of(federating.key_set(issuer, judgement))
        return _chosen(keys, envelope.kid)
    return _published(issuer, envelope.kid, judgement, path)


def refuse_unanchored(envelope: Jws | Sign1) -> None:
    """Return unless only a certificate, which nobody vouches for, says whose key it is.

    Raises:
        InvalidVerificationMethod: The header has ``x5c`` and no ``kid``.
    """
    if envelope.kid is None and certified.x5c_of(envelope) is not None:
        message = "no trust anchor is configured for the certificates in the header"
        raise InvalidVerificationMethod(message, path="$.x5c")


def with_certified_issuer(claims: JsonObject, jws: Jws) -> JsonObject:
    """``claims``, with the issuer that a certificate names where they name none.

    Whether the certificate counts is asked when the signature is judged.

    Raises:
        MedidError: There is no certificate, or it does not name one web address.
    """
    if "iss" in claims:
        return claims
    from medid.keys.certificates import read_certificate, read_x5c

    chain = read_x5c(certified.x5c_of(jws), path="$.x5c")
    uris = read_certificate(chain[0], path="$.x5c[0]").uris
    if len(uris) != 1 or not is_web(uris[0]):
        message = "neither iss nor the certificate says who the issuer is"
        raise MalformedValue(message, path="$.iss")
    return {**claims, "iss": uris[0]}


# Certificates.


def is_certified(owner: str | None) -> bool:
    """Whether ``owner`` is named by a DID that certificates in a header resolve."""
    return owner is not None and owner.startswith(f"did:{did_x509.NAME}:")


def resolve_signer(
    did: Did, envelope: Jws | Sign1, judgement: Judgement
) -> DidDocument:
    """The document of ``did``, whose key ``envelope`` is said to be signed with.

    Only a did:x509 is resolved by the certificates in a header, and proves itself what
    they have to be; to no other DID do they say anything.

    Raises:
        MalformedValue: They are not written as the header has to hold them.
        MedidError: As resolving says.
    """
    options = judgement.versions()
    if did.method != did_x509.NAME:
        return dids.resolve(did, judgement.evidence, options)
    # What is wrong with the DID itself is not to be looked for in the certificates.
    dids.needs(did, judgement.evidence)
    with located(certified.place_of(envelope)):
        chain = certified.chain_of(envelope)
        options = replace(options, x509_chain=chain)
        document = dids.resolve(did, judgement.evidence, options)
        certified.not_revoked_until(chain, judgement)
    return document


def _certified(
    issuer: str,
    envelope: Jws | Sign1,
    anchors: tuple[bytes, ...],
    judgement: Judgement,
) -> PublicKey:
    from medid.keys.certificates import read_x5c

    certificates = certified.x5c_of(envelope)
    if certificates is None:
        message = "this issuer signs with a certificate, and the header has none"
        raise InvalidVerificationMethod(message, path="$.x5c")
    return certified_key(
        issuer, read_x5c(certificates, path="$.x5c"), anchors, judgement
    )


def certified_key(
    issuer: str,
    chain: tuple[bytes, ...],
    anchors: tuple[bytes, ...],
    judgement: Judgement,
) -> PublicKey:
    """The key of ``issuer``, a web address, by the certificates that came with it.

    Args:
        issuer: An https URL, compared as exact text.
        chain: DER, the issuer's own first.
        anchors: DER, of the authorities that are relied on for this issuer.
        judgement: The time, the roots of the trust file, and their lists.

    Raises:
        InvalidVerificationMethod: It leads to no anchor, is somebody else's, or one of
            it was revoked.
        Unchecked: Whether one was revoked cannot be told.
        MedidError: The certificate is of a key that medid does not accept.
    """
    from medid.keys.certificates import verify_chain

    signer = verify_chain(chain, anchors, at=judgement.at, path="$.x5c")
    if not _names(signer, issuer):
        message = "the certificate is not the issuer's"
        raise InvalidVerificationMethod(message, path="$.x5c[0]")
    with located("$.x5c"):
        certified.not_revoked_until(chain, judgement)
    return signer.key


def _names(certificate: Certificate, issuer: str) -> bool:
    """Whether the certificate is for exactly this address, or for its whole host."""
    match = _ISSUER.fullmatch(issuer)
    host = match["host"] if match is not None and match["port"] is None else None
    return issuer in certificate.uris or host in certificate.dns_names


# Published keys.


def _published(
    issuer: str, kid: str | None, judgement: Judgement, path: str
) -> PublicKey:
    with located(path):
        metadata = _metadata(issuer, judgement)
        keys = _key_set(metadata, judgement)
    return _chosen(keys, kid)


def key_set_need(url: str, *, path: str = "$") -> Need:
    """What reading the key set at ``url``, which settings name, takes."""
    return _need("key-set", url, path)


def key_at(url: str, kid: str | None, judgement: Judgement) -> PublicKey:
    """The key ``kid`` of the key set at ``url``, which settings name, as of then.

    Raises:
        InvalidVerificationMethod: No such key, or several.
        InvalidKey: A private key is published, or one that medid cannot use.
        WeakCryptography: A symmetric key is published.
        MalformedValue: Not a key set.
        MedidError: What stood in the way of the document, or what the key reports.
    """
    return _chosen(_read_key_set(url, judgement), kid)


def _chosen(keys: list[JsonObject], kid: str | None) -> PublicKey:
    chosen = [key for key in keys if kid is None or key.get("kid") == kid]
    if len(chosen) != 1:
        message = "the kid does not name one of the issuer's published keys"
        if kid is None:
            message = "the header has no kid, and the issuer has not just one key"
        raise InvalidVerificationMethod(message, path="$.kid")
    return PublicKey.from_jwk(chosen[0], path="$.kid")


def _metadata(issuer: str, judgement: Judgement) -> JsonObject:
    # Whose key it was then: what was published later says nothing about it.
    fetched = judgement.evidence.get(metadata_url(issuer), at=judgement.at)
    metadata = strict_json.load_object(fetched.content, limits=_LIMITS)
    if metadata.get("issuer") != issuer:
        raise MalformedValue("the published keys are those of another issuer")
    if ("jwks" in metadata) is ("jwks_uri" in metadata):
        raise MalformedValue("the issuer publishes either jwks or jwks_uri")
    if not is_web(optional_str(metadata, "jwks_uri", "$") or "https://"):
        raise MalformedValue("the issuer's jwks_uri is no https URL")
    return metadata


def _key_set(metadata: JsonObject, judgement: Judgement) -> list[JsonObject]:
    if "jwks" in metadata:
        return _keys_of(required(metadata, "jwks", dict, "$"))
    url = required_str(metadata, "jwks_uri", "$")
    return _read_key_set(url, judgement)


def _read_key_set(url: str, judgement: Judgement) -> list[JsonObject]:
    content = judgement.evidence.get(url, at=judgement.at).content
    return _keys_of(strict_json.load_object(content, limits=_LIMITS))


def _keys_of(found: JsonObject) -> list[JsonObject]:
    keys = required(found, "keys", list, "$")
    if not 0 < len(keys) <= MAX_KEYS:
        raise MalformedValue(f"a key set has 1 to {MAX_KEYS} keys")
    return _checked([as_object(key, "$") for key in keys])


def _checked(keys: list[JsonObject]) -> list[JsonObject]:
    """The keys of a set in which none is secret and none stands for another."""
    names = [optional_str(key, "kid", "$") for key in keys]
    named = [name for name in names if name is not None]
    if len(set(named)) != len(named):
        raise InvalidVerificationMethod("two published keys have the same kid")
    for key in keys:
        if key.get("kty") == "oct":
            raise WeakCryptography("the issuer publishes a symmetric key")
        try:
            refuse_private_keys(key, "$")
        except InvalidDidDocument as error:
            message = "the issuer publishes a private key"
            raise InvalidKey(message, fix=error.fix) from None
    return keys
