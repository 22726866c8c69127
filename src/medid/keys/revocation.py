"""Which certificates of a path were revoked, by the lists of those who issued them.

A list counts for a certificate where the very authority that signed the certificate
has signed the list, for all that it issues and for every reason, and where the list
is the one of the time asked about. What is on it is revoked, on hold too, whatever
date stands beside it. Lists of changes (delta), of other authorities' certificates
(indirect) and lists with critical extensions that are not known count for nothing.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-6.3
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from medid.errors import InvalidVerificationMethod
from medid.keys.certificates import (
    UNREADABLE,
    extension_of,
    instant_of,
    is_in_octets,
    load,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.instant import Instant

MAX_CRL_BYTES: Final = 8_388_608  # 8 MiB: 200,000 revoked certificates
# The same that signatures of certificates may use.
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def check_revocation(
    chain: Sequence[bytes], lists: Sequence[bytes], *, at: Instant, path: str = "$"
) -> tuple[Instant | None, ...]:
    """Until when it is known of each certificate of ``chain`` that it is not revoked.

    Args:
        chain: DER, the signer's first, each signed by the next; verified by the
            caller. The last one is believed, and not asked about.
        lists: Lists of revoked certificates in DER, whosever; what is none, or does
            not count, is as if it were not there.
        at: The time asked about.
        path: Where the chain stands, for errors.

    Returns:
        One instant for each certificate but the last; ``None`` where no list tells.

    Raises:
        InvalidVerificationMethod: One of them was revoked, or is no certificate.
    """
    certificates = [load(der, path) for der in chain]
    return tuple(
        _known_until(one, issuer, lists, at=at, path=path)
        for one, issuer in pairwise(certificates)
    )


def _known_until(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    lists: Sequence[bytes],
    *,
    at: Instant,
    path: str,
) -> Instant | None:
    until: Instant | None = None
    for content in lists:
        try:
            told = _told(content, certificate, issuer, at)
        except UNREADABLE:
            continue  # a list is read part by part, when a part is asked for
        if told is None:
            continue
        revoked, end = told
        if revoked:
            message = "a certificate of the chain was revoked by its authority"
            fix = "ask the issuer to sign with a certificate that is in force"
            raise InvalidVerificationMethod(message, path=path, fix=fix)
        until = end if until is None else max(until, end)
    return until


def _told(
    content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: Instant
) -> tuple[bool, Instant] | None:
    """Whether a list names ``certificate``, and until when that is told.

    ``None`` where it tells nothing about it, or not of this time.
    """
    one = x509.load_der_x509_crl(content)
    if not is_in_octets(content, one.signature):
        return None
    due = one.next_update_utc
    # One that does not say when the next is due would count for ever.
    if due is None or not instant_of(one.last_update_utc) <= at < instant_of(due):
        return None
    if not (_covers(one, certificate) and _is_by(one, issuer)):
        return None
    number = certificate.serial_number
    found = one.get_revoked_certificate_by_serial_number(number)
    return found is not None, instant_of(due)


def _is_by(one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether ``issuer`` has signed the list, with a key that is for that."""
    usage = extension_of(issuer.extensions, x509.KeyUsage)
    if one.issuer != issuer.subject or (usage is not None and not usage.crl_sign):
        return False
    key = issuer.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        return False
    is_sound = isinstance(one.signature_hash_algorithm, _HASHES)
    return is_sound and one.is_signature_valid(key)


def _covers(one: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """Whether the list would name ``certificate``, were it revoked."""
    for extension in one.extensions:
        match extension.value:
            case x509.DeltaCRLIndicator():
                return False
            case x509.IssuingDistributionPoint() as point:
                if not _is_within(point, certificate):
                    return False
            case _:
                if extension.critical:
                    return False
    return True


def _is_within(
    point: x509.IssuingDistributionPoint, certificate: x509.Certificate
) -> bool:
    constraints = extension_of(certificate.extensions, x509.BasicConstraints)
    is_authority = constraints is not None and constraints.ca
    if (
        point.indirect_crl
        or point.only_contains_attribute_certs
        or point.only_some_reasons is not None
        or point.relative_name is not None
        or (point.only_contains_user_certs and is_authority)
        or (point.only_contains_ca_certs and not is_authority)
    ):
        return False
    if point.full_name is None:
        return True
    # One of several parts: the one whose address the certificate states.
    stated = extension_of(certificate.extensions, x509.CRLDistributionPoints) or ()
    names = {name for part in stated for name in part.full_name or ()}
    return not names.isdisjoint(point.full_name)
