"""X.509 certificates: whose key it is, by the word of an authority that was configured.

A chain is never a source of keys by itself. It counts when it leads, certificate by
certificate in the order given, to one of the caller's own trust anchors at the time
asked about. Path length, basic constraints, name constraints, key usage of authorities
and unknown critical extensions are judged by cryptography's verifier, but for subjects,
which ``medid.keys.subtrees`` judges; what the signer's own certificate must be is
judged here.

``verify_path`` is for chains that are held to something else than configured anchors: a
did:x509 names one of its authorities by a digest.

Knows no issuer: whether the names in a certificate are the right ones is asked above.
Whether one was revoked, ``medid.keys.revocation`` tells; authorities with keys other
than ECDSA and RSA are not supported.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-6,
https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from medid.core.fields import as_str
from medid.core.instant import Instant, Window
from medid.errors import InvalidVerificationMethod, MalformedValue, TooLarge, child
from medid.keys import subtrees
from medid.keys.public import PublicKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonValue

MAX_CERTIFICATES: Final = 8  # of a chain; honest ones have two or three

Extension = TypeVar("Extension", bound=x509.ExtensionType)

_FIRST: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as X.509 means it


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the certificate of a signer says.

    Attributes:
        key: The signer's.
        uris: The URIs among its subject alternative names.
        dns_names: The DNS names among them.
    """

    key: PublicKey
    uris: tuple[str, ...]
    dns_names: tuple[str, ...]


def read_x5c(value: JsonValue, *, path: str = "$") -> tuple[bytes, ...]:
    """The certificates, in DER, of an ``x5c`` header.

    Raises:
        TooLarge: More than ``MAX_CERTIFICATES``.
        MalformedValue: Not an array of base64 texts, or an empty one.
    """
    if not isinstance(value, list) or not value:
        raise MalformedValue("x5c is an array of certificates", path=path)
    if len(value) > MAX_CERTIFICATES:
        raise _too_long(path)
    return tuple(_decode(one, child(path, n)) for n, one in enumerate(value))


def _decode(value: JsonValue, path: str) -> bytes:
    text = as_str(value, path)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    # Each certificate has one spelling: padded, and without stray bits.
    if base64.b64encode(data) != text.encode():
        raise MalformedValue("a certificate is written in base64", path=path)
    return data


def read_anchor(text: str, *, path: str = "$") -> bytes:
    """The one certificate, in DER, of a PEM text: an authority's.

    Raises:
        MalformedValue: Not one certificate in PEM, or not an authority's.
    """
    try:
        found = x509.load_pem_x509_certificates(text.encode())
        is_authority = [_is_authority(one) for one in found]
    except UNREADABLE:
        is_authority = []
    if is_authority != [True]:
        message = "a trust anchor is one certificate of an authority, in PEM"
        raise MalformedValue(message, path=path)
    return found[0].public_bytes(Encoding.DER)


def read_pem_chain(text: bytes, *, path: str = "$") -> tuple[bytes, ...]:
    """The certificates of a PEM file, in DER and in their order.

    Raises:
        MalformedValue: There is none, or one is not a certificate in PEM.
        TooLarge: More than ``MAX_CERTIFICATES``.
    """
    try:
        found = x509.load_pem_x509_certificates(text)
    except UNREADABLE:
        message = "not certificates in PEM"
        raise MalformedValue(message, path=path) from None
    if len(found) > MAX_CERTIFICATES:
        raise _too_long(path)
    return tuple(one.public_bytes(Encoding.DER) for one in found)


def read_certificate(der: bytes, *, path: str = "$") -> Certificate:
    """What a certificate says. Nothing about it is verified.

    Raises:
        InvalidVerificationMethod: Not a certificate, or of a key medid does not accept.
    """
    return _contents(load(der, path), path)


def verify_chain(
    chain: Sequence[bytes], anchors: Sequence[bytes], *, at: Instant, path: str = "$"
) -> Certificate:
    """The signer's certificate of ``chain``, once it leads to a trust anchor.

    1. There is a chain, and there are anchors.
    2. It leads to an anchor, with every certificate in force at ``at``.
    3. It is the very chain that was given, in its order, each certificate in it once.
    4. The first one belongs to a signer, who is nobody's authority and did not sign for
       itself.

    Args:
        chain: DER, the signer's first, each signed by the next.
        anchors: DER, of the authorities that the caller relies on.
        at: The time asked about.
        path: Where the chain stands, for errors.

    Raises:
        InvalidVerificationMethod: One of these does not hold.
    """
    if not chain or not anchors:
        raise _untrusted(path)
    given = [load(der, path) for der in chain]
    trusted = [load(der, path) for der in anchors]
    policies = verification.ExtensionPolicy.webpki_defaults_ca(), _signer_policy()
    found = find_path(given, trusted, policies, at=at, path=path)
    # The anchor itself may be left out; what stands behind it proves nothing more, and
    # has its place there where it certifies the one before.
    in_order = given[: len(found)] in (found, found[:-1])
    if not in_order or len(found) < 2 or len(set(given)) < len(given):
        raise _untrusted(path)
    if not all(map(_is_signed_by, given[len(found) - 1 :], given[len(found) :])):
        raise _untrusted(path)
    return _contents(given[0], path)


def verify_path(
    chain: Sequence[bytes], *, at: Instant, path: str = "$"
) -> x509.Certificate:
    """The first certificate of ``chain``, once each is by the word of the next.

    The last one is believed here, and by nobody for that alone: whether it counts, the
    caller asks. Everything else is judged as ``verify_chain`` does, but for the
    alternative name, which the signer may be without, and for what his key is for.

    Args:
        chain: DER, the signer's first, the one that is relied on last; nothing else.
        at: The time asked about.
        path: Where the chain stands, for errors.

    Raises:
        TooLarge: More than ``MAX_CERTIFICATES``.
        InvalidVerificationMethod: It is not such a chain.
    """
    if len(chain) > MAX_CERTIFICATES:
        raise _too_long(path)
    given = [load(der, path) for der in chain]
    if len(given) < 2 or len(set(given)) < len(given):
        raise _broken(path)
    policies = authority_policy(), _certified_policy()
    if find_path(given, given[-1:], policies, at=at, path=path) != given:
        raise _broken(path)
    return given[0]


def is_named_by(issuer: bytes, certificate: bytes, *, path: str = "$") -> bool:
    """Whether ``certificate`` says that ``issuer`` (both DER) has issued it.

    Nothing is verified; but what does not say so leads no further.

    Raises:
        InvalidVerificationMethod: One of them is no certificate.
    """
    try:
        return load(certificate, path).issuer == load(issuer, path).subject
    except UNREADABLE:
        return False


def validity(der: bytes, *, path: str = "$") -> Window:
    """When a certificate is in force, by its own dates. Nothing else is verified.

    Raises:
        InvalidVerificationMethod: Not a certificate.
    """
    found = load(der, path)
    # It holds through the whole of its last second.
    last = instant_of(found.not_valid_after_utc).plus(1)
    return Window(instant_of(found.not_valid_before_utc), last)


def extension_of(
    extensions: x509.Extensions, kind: type[Extension]
) -> Extension | None:
    """The extension of this kind; ``None`` where there is none."""
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def instant_of(moment: datetime) -> Instant:
    """``moment``, which states its zone, as medid counts time; in whole seconds."""
    return Instant.from_seconds(int(moment.timestamp()))


def find_path(
    given: list[x509.Certificate],
    trusted: list[x509.Certificate],
    policies: tuple[verification.ExtensionPolicy, verification.ExtensionPolicy],
    *,
    at: Instant,
    path: str,
) -> list[x509.Certificate]:
    """The path from the first of ``given`` to one of ``trusted``; empty if none is.

    Args:
        given: The signer's certificate, and those that it may lead over, in any order.
        trusted: The authorities that are relied on.
        policies: What an authority's certificate must be, and what the signer's.
        at: The time asked about.
        path: Where they stand, for errors.

    Raises:
        InvalidVerificationMethod: No certificate can tell anything about ``at``.
    """
    ca_policy, ee_policy = policies
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(trusted))
        .time(_datetime(at, path))
        .max_chain_depth(MAX_CERTIFICATES)
        .extension_policies(ca_policy=ca_policy, ee_policy=ee_policy)
        .build_client_verifier()
    )
    try:
        found = verifier.verify(given[0], given[1:]).chain
        return found if subtrees.are_allowed(found) else []
    except (verification.VerificationError, *UNREADABLE):
        return []


UNREADABLE: Final = (
    ValueError,
    # A name whose text is a bit string: whoever asks for the name is told so.
    TypeError,
    # Raised where warnings are errors: for what is going to be refused, and for a name
    # with a country that is no code of two letters.
    UserWarning,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _too_long(path: str) -> TooLarge:
    message = f"a chain has at most {MAX_CERTIFICATES} certificates"
    return TooLarge(message, path=path)


def _untrusted(path: str) -> InvalidVerificationMethod:
    return InvalidVerificationMethod(
        "the certificates do not lead to a trust anchor",
        path=path,
        fix="configure the issuer's trust anchor, or ask it for its whole chain",
    )


def _broken(path: str) -> InvalidVerificationMethod:
    return InvalidVerificationMethod(
        "the certificates are no chain of authorities that holds at this time",
        path=path,
        fix="ask for the whole chain, in its order, and for a time when all were valid",
    )


def load(der: bytes, path: str) -> x509.Certificate:
    """The certificate that ``der`` is; nothing about it is verified.

    Raises:
        InvalidVerificationMethod: It is none.
    """
    try:
        found = x509.load_der_x509_certificate(der)
    except UNREADABLE:
        found = None
    whole = found is not None and is_in_octets(der, found.signature)
    if found is None or not whole or not _is_numbered(found):
        message = "this is not a certificate"
        raise InvalidVerificationMethod(message, path=path)
    return found


def is_in_octets(der: bytes, signature: bytes) -> bool:
    """Whether ``signature``, with which ``der`` ends, is a bit string of whole octets.

    One that leaves out bits, which then are 0, would be the same signature once more,
    in another spelling of what is signed.
    """
    return der[-len(signature) - 1] == 0


def _datetime(at: Instant, path: str) -> datetime:
    try:
        return _FIRST + timedelta(seconds=at.nanoseconds // 1_000_000_000)
    except OverflowError:
        raise _untrusted(path) from None


def _signer_policy() -> verification.ExtensionPolicy:
    agnostic = verification.Criticality.AGNOSTIC
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.SubjectAlternativeName, agnostic, None)
        .may_be_present(x509.BasicConstraints, agnostic, check_no_authority)
        .may_be_present(x509.KeyUsage, agnostic, _check_signs)
    )


def _certified_policy() -> verification.ExtensionPolicy:
    agnostic = verification.Criticality.AGNOSTIC
    return verification.ExtensionPolicy.permit_all().may_be_present(
        x509.BasicConstraints, agnostic, check_no_authority
    )


def authority_policy() -> verification.ExtensionPolicy:
    """What RFC 5280 section 6.1.4 asks of authorities, and no more.

    The rules of the web's authorities ask for a purpose that an authority of health
    care or of time need not have. That ``cA`` is true, cryptography asks by itself.
    """
    agnostic = verification.Criticality.AGNOSTIC
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, agnostic, None)
        .may_be_present(x509.KeyUsage, agnostic, _check_certifies)
    )


def _check_certifies(
    _policy: verification.Policy,
    _certificate: x509.Certificate,
    extension: x509.KeyUsage | None,
) -> None:
    if extension is not None and not extension.key_cert_sign:
        raise ValueError("not for certificates")


def check_no_authority(
    _policy: verification.Policy,
    _certificate: x509.Certificate,
    extension: x509.BasicConstraints | None,
) -> None:
    """Refuse, as a policy does, an authority in the place of a signer.

    Raises:
        ValueError: It is one.
    """
    if extension is not None and extension.ca:
        raise ValueError("an authority's certificate")


def _check_signs(
    _policy: verification.Policy,
    _certificate: x509.Certificate,
    extension: x509.KeyUsage | None,
) -> None:
    if extension is not None and not extension.digital_signature:
        raise ValueError("not for signatures")


def _is_authority(certificate: x509.Certificate) -> bool:
    found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    return found.value.ca and _is_numbered(certificate)


def _is_numbered(certificate: x509.Certificate) -> bool:
    """Whether the serial number is positive, as RFC 5280 section 4.1.2.2 has it."""
    return certificate.serial_number > 0


def _contents(certificate: x509.Certificate, path: str) -> Certificate:
    try:
        key = certificate.public_key()
        names = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        ).value
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
        dns_names = names.get_values_for_type(x509.DNSName)
    except UNREADABLE:
        message = "the certificate names no subject that could be an issuer"
        raise InvalidVerificationMethod(message, path=path) from None
    return Certificate(
        key=PublicKey.from_pem(pem), uris=tuple(uris), dns_names=tuple(dns_names)
    )
