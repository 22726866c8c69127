"""Certificate authorities for tests: every certificate that one could sign."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.json import JsonValue

NOW: Final = datetime(2026, 6, 15, 12)  # noqa: DTZ001 - UTC, as X.509 means it
MONTH: Final = timedelta(days=30)


def usage(**allowed: bool) -> x509.KeyUsage:
    """The key usage that allows what is named, and nothing else."""
    none = {
        "digital_signature": False,
        "content_commitment": False,
        "key_encipherment": False,
        "data_encipherment": False,
        "key_agreement": False,
        "key_cert_sign": False,
        "crl_sign": False,
        "encipher_only": False,
        "decipher_only": False,
    }
    return x509.KeyUsage(**{**none, **allowed})


AUTHORITY: Final = usage(key_cert_sign=True, crl_sign=True)
SIGNER: Final = usage(digital_signature=True)


@dataclass(frozen=True)
class Holder:
    """A name with its key, and the certificate that says so."""

    name: str
    native: Any
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key(self) -> PrivateKey:
        """The same key, as medid knows it."""
        if isinstance(self.native, ed25519.Ed25519PrivateKey):
            return PrivateKey(KeyKind.ED25519, self.native.private_bytes_raw())
        number = self.native.private_numbers().private_value
        return PrivateKey(KeyKind.P256, number.to_bytes(32, "big"))


def new_key(name: str) -> ec.EllipticCurvePrivateKey:
    """The same key for the same name."""
    number = int.from_bytes(sha256(name.encode()).digest(), "big") >> 1
    return ec.derive_private_key(number, ec.SECP256R1())


def certified(
    name: str,
    by: Holder | None = None,
    *,
    native: Any = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    start: datetime = NOW - MONTH,
    end: datetime = NOW + MONTH,
    subject: x509.Name | None = None,
) -> Holder:
    """``name``, certified by ``by`` or by itself."""
    key = native if native is not None else new_key(name)
    issuer, signer = (name, key) if by is None else (by.name, by.native)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name) if subject is None else subject)
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(int.from_bytes(sha256(name.encode()).digest()[:8], "big") + 1)
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    is_edwards = isinstance(signer, ed25519.Ed25519PrivateKey)
    signed = builder.sign(signer, None if is_edwards else hashes.SHA256())
    return Holder(name=name, native=key, certificate=signed)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def authority(
    name: str, by: Holder | None = None, *, length: int | None = None, **options: Any
) -> Holder:
    """An authority, under ``by`` or by its own word."""
    constraints = x509.BasicConstraints(ca=True, path_length=length)
    own = [(constraints, True), (AUTHORITY, True)]
    return certified(name, by, **{"extensions": own, **options})


def signer(
    name: str,
    by: Holder | None,
    *,
    uris: Sequence[str] = (),
    dns: Sequence[str] = (),
    usage: x509.KeyUsage | None = SIGNER,
    constraints: x509.BasicConstraints | None = None,
    more: Sequence[tuple[x509.ExtensionType, bool]] = (),
    **options: Any,
) -> Holder:
    """Somebody who signs credentials, with the names that the certificate states."""
    names = [
        *(x509.UniformResourceIdentifier(uri) for uri in uris),
        *(x509.DNSName(name) for name in dns),
    ]
    stated: list[tuple[x509.ExtensionType, bool]] = [*more]
    if names:
        stated.append((x509.SubjectAlternativeName(names), False))
    if usage is not None:
        stated.append((usage, True))
    if constraints is not None:
        stated.append((constraints, True))
    return certified(name, by, **{"extensions": stated, **options})


def x5c(*holders: Holder) -> list[JsonValue]:
    """The header member for a chain."""
    return [base64.b64encode(one.der).decode() for one in holders]


def revocations(
    by: Holder,
    *revoked: Holder,
    start: datetime = NOW - timedelta(hours=1),
    end: datetime = NOW + timedelta(hours=12),
    issuer: str | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    algorithm: Any = hashes.SHA256,
) -> bytes:
    """The list (DER) of those whom ``by`` has revoked; by name ``issuer``'s."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(_name(by.name if issuer is None else issuer))
        .last_update(start)
        .next_update(end)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    for one in revoked:
        entry = x509.RevokedCertificateBuilder(
            serial_number=one.certificate.serial_number, revocation_date=start
        )
        builder = builder.add_revoked_certificate(entry.build())
    is_edwards = isinstance(by.native, ed25519.Ed25519PrivateKey)
    signed = builder.sign(by.native, None if is_edwards else algorithm())
    return signed.public_bytes(Encoding.DER)
