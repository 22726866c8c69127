"""CMS SignedData with one signer: whose certificate, which attributes, does it hold.

Only what time-stamps are made of is read: DER, certificates beside the content, one
signer who is named by issuer and serial number and signed attributes. Whose word the
certificate is, and when, is asked by those who read one.

Spec: https://www.rfc-editor.org/rfc/rfc5652#section-5,
https://www.rfc-editor.org/rfc/rfc5035#section-4
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature as NotVerified
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from medid.core import der
from medid.errors import (
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    ParsingError,
    TooLarge,
    WeakCryptography,
)
from medid.keys.certificates import MAX_CERTIFICATES, UNREADABLE
from medid.keys.public import PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.der import Value

SHA256: Final = "2.16.840.1.101.3.4.2.1"

_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"

_DIGESTS: Final[Mapping[str, hashes.HashAlgorithm]] = MappingProxyType(
    {
        SHA256: hashes.SHA256(),
        "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
        "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
    }
)
# Each with the digest that it is made over; rsaEncryption leaves that to another field.
_RSA: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        "1.2.840.113549.1.1.1": None,
        "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
        "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
        "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
    }
)
_ECDSA: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        "1.2.840.10045.4.3.2": "2.16.840.1.101.3.4.2.1",
        "1.2.840.10045.4.3.3": "2.16.840.1.101.3.4.2.2",
        "1.2.840.10045.4.3.4": "2.16.840.1.101.3.4.2.3",
    }
)
# [0] and [1] of the structures here, constructed.
_FIRST: Final = 0xA0
_SECOND: Final = 0xA1


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """A message and who is said to have signed it; nothing has been verified.

    Attributes:
        content_type: The OID of what the content is.
        content: The message.
        certificates: DER, in any order.
        signer: The issuer's name in DER, and the serial number.
        digest: The OID of the digest.
        algorithm: The OID of the signature algorithm.
        signed: The octets that the signature covers: the attributes.
        attributes: Their values, by OID.
        signature: As the algorithm writes it.
    """

    content_type: str
    content: bytes
    certificates: tuple[bytes, ...]
    signer: tuple[bytes, int]
    digest: str
    algorithm: str
    signed: bytes
    attributes: Mapping[str, Value]
    signature: bytes


def read(data: bytes) -> SignedData:
    """The SignedData that a ContentInfo holds.

    Raises:
        TooLarge: More certificates or members than there can be.
        ParsingError: Not DER, or not of this form.
    """
    kind, wrapped = der.read(data).fields(der.OBJECT_IDENTIFIER, _FIRST)
    if kind.oid() != _SIGNED_DATA:
        raise ParsingError("this is no signed data")
    version, _digests, content, certificates, _lists, signers = wrapped.only(
        _FIRST
    ).fields(der.INTEGER, der.SET, der.SEQUENCE, -_FIRST, -_SECOND, der.SET)
    _check_version(version, 3)
    content_type, octets = content.fields(der.OBJECT_IDENTIFIER, _FIRST)
    return _with_signer(
        signers.only(der.SET),
        content_type=content_type.oid(),
        content=octets.only(_FIRST).octets(),
        certificates=_certificates(certificates),
    )


def verify(signed: SignedData) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The certificate whose key signed, and the others that came with it.

    1. The attributes are about this content.
    2. They name one of the certificates by its digest, and the signer is its subject.
    3. Its key made the signature.

    Says nothing about who vouches for the certificate.

    Raises:
        MalformedProof: The attributes do not say what they have to.
        InvalidVerificationMethod: The certificate is missing or unreadable, or its key
            is not one medid accepts.
        WeakCryptography: An algorithm that proves nothing, or does not fit the key.
        InvalidSignature: The content or the signature is another.
    """
    # 1.
    if _attribute(signed, _CONTENT_TYPE).oid() != signed.content_type:
        raise MalformedProof("the signer signed another type of content")
    stated = _attribute(signed, _MESSAGE_DIGEST).octets()
    if stated != _hashed(signed.digest, signed.content):
        raise InvalidSignature("the content is not what was signed")
    # 2.
    leaf, others = _signer(signed)
    # 3.
    _check_signature(signed, leaf)
    return leaf, others


def algorithm(value: Value) -> str:
    """The OID of an AlgorithmIdentifier without parameters.

    Raises:
        ParsingError: It has some.
    """
    name, none = value.fields(der.OBJECT_IDENTIFIER, -der.NULL)
    if none.content:
        raise ParsingError("an algorithm with parameters that it does not take")
    return name.oid()


# Reading.


def _check_version(value: Value, version: int) -> None:
    if value.integer() != version:
        raise ParsingError("this is of another version")


def _certificates(value: Value) -> tuple[bytes, ...]:
    found = value.members(_FIRST) if value.present else []
    if len(found) > MAX_CERTIFICATES:
        raise TooLarge(f"at most {MAX_CERTIFICATES} certificates come with a signature")
    return tuple(one.encoded for one in found)


def _with_signer(
    info: Value, *, content_type: str, content: bytes, certificates: tuple[bytes, ...]
) -> SignedData:
    version, named, digest, attributes, kind, signature, _unsigned = info.fields(
        der.INTEGER,
        der.SEQUENCE,
        der.SEQUENCE,
        _FIRST,
        der.SEQUENCE,
        der.OCTET_STRING,
        -_SECOND,
    )
    _check_version(version, 1)
    issuer, serial = named.fields(der.SEQUENCE, der.INTEGER)
    stated = attributes
    return SignedData(
        content_type=content_type,
        content=content,
        certificates=certificates,
        signer=(issuer.encoded, serial.integer()),
        digest=algorithm(digest),
        algorithm=algorithm(kind),
        # RFC 5652 section 5.4: as the SET that they are, whatever their tag here.
        signed=bytes([der.SET]) + stated.encoded[1:],
        attributes=MappingProxyType(_attributes(stated)),
        signature=signature.octets(),
    )


def _attributes(value: Value) -> dict[str, Value]:
    pairs = [
        one.fields(der.OBJECT_IDENTIFIER, der.SET) for one in value.members(_FIRST)
    ]
    times = Counter(name.oid() for name, _ in pairs)
    if any(number > 1 for number in times.values()):
        raise ParsingError("an attribute is stated twice")
    return {name.oid(): values for name, values in pairs}


def _attribute(signed: SignedData, oid: str) -> Value:
    if oid not in signed.attributes:
        raise MalformedProof("the signer did not sign what a signer has to state")
    return signed.attributes[oid].only(der.SET)


# Verifying.


def _hashed(digest: str, data: bytes) -> bytes:
    if digest not in _DIGESTS:
        raise WeakCryptography("this digest, or none, proves nothing to medid")
    context = hashes.Hash(_DIGESTS[digest])
    context.update(data)
    return context.finalize()


def _signer(
    signed: SignedData,
) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    digest, stated = _named_certificate(signed)
    ours = [one for one in signed.certificates if _hashed(digest, one) == stated]
    try:
        found = [x509.load_der_x509_certificate(one) for one in ours]
        others = tuple(
            x509.load_der_x509_certificate(one)
            for one in signed.certificates
            if one not in ours
        )
        named = [(one.issuer.public_bytes(), one.serial_number) for one in found]
    except UNREADABLE:
        named = []
    if named != [signed.signer]:
        message = "the certificate that the signer names did not come along"
        raise InvalidVerificationMethod(message)
    return found[0], others


def _named_certificate(signed: SignedData) -> tuple[str, bytes]:
    """The digest of the signer's certificate, the first that ESSCertIDv2 names."""
    certificates, _policies = _attribute(signed, _SIGNING_CERTIFICATE_V2).fields(
        der.SEQUENCE, -der.SEQUENCE
    )
    listed = certificates.members()
    if not listed:
        raise MalformedProof("the signer names no certificate")
    digest, stated, _issuer = listed[0].fields(
        -der.SEQUENCE, der.OCTET_STRING, -der.SEQUENCE
    )
    name = algorithm(digest) if digest.present else SHA256
    return name, stated.octets()


def _check_signature(signed: SignedData, leaf: x509.Certificate) -> None:
    try:
        key = leaf.public_key()
        info = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    except UNREADABLE:
        message = "the key of the signer cannot be read"
        raise InvalidVerificationMethod(message) from None
    PublicKey.from_pem(info)  # refuses keys that others can sign for
    table = _RSA if isinstance(key, rsa.RSAPublicKey) else _ECDSA
    if table.get(signed.algorithm, "") not in {None, signed.digest}:
        raise WeakCryptography("the signature algorithm fits neither key nor digest")
    digest = _DIGESTS[signed.digest]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signed.signature, signed.signed, padding.PKCS1v15(), digest)
            return
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signed.signature, signed.signed, ec.ECDSA(digest))
            return
    except NotVerified:
        raise InvalidSignature("the signature is wrong") from None
    raise WeakCryptography("a signer has a key of RSA or of an elliptic curve")
