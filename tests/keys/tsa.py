"""A time-stamping authority for tests: every token that one could make."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from medid.core import der
from tests.keys.authorities import SIGNER, Holder, authority, certified

STAMPING: Final = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
ROOT: Final = authority("tsa root")
MIDDLE: Final = authority("tsa middle", ROOT)
DIGEST: Final = sha256(b"a decision").digest()

SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
HASHES: Final[Any] = {
    SHA256: hashes.SHA256(),
    SHA384: hashes.SHA384(),
    SHA512: hashes.SHA512(),
    "1.3.14.3.2.26": hashes.SHA1(),
}
ECDSA_SHA256: Final = "1.2.840.10045.4.3.2"
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"


def tsa(
    by: Holder = MIDDLE, *, purposes: Any = ((STAMPING, True),), **options: Any
) -> Holder:
    extensions = [*purposes, *options.pop("extensions", [(SIGNER, True)])]
    return certified("tsa", by, extensions=extensions, **options)


TSA: Final = tsa()


def sequence(*parts: bytes) -> bytes:
    return der.write(der.SEQUENCE, *parts)


def algorithm(oid: str, *parameters: bytes) -> bytes:
    return sequence(der.oid(oid), *parameters)


def octets(content: bytes) -> bytes:
    return der.write(der.OCTET_STRING, content)


def hashed(oid: str, data: bytes) -> bytes:
    context = hashes.Hash(HASHES[oid])
    context.update(data)
    return context.finalize()


def attribute(oid: str, *values: bytes) -> bytes:
    return sequence(der.oid(oid), der.write(der.SET, *values))


@dataclass
class Draft:
    """A token in the making: each part may be replaced, and the rest follows it."""

    by: Holder = TSA
    others: tuple[Holder, ...] = (MIDDLE,)
    time: bytes = b"20260615120000Z"
    nonce: int | None = None
    digest: str = SHA256
    algorithm: str = ECDSA_SHA256
    parts: dict[str, Any] = field(default_factory=dict)

    def part(self, name: str, made: Any) -> Any:
        return self.parts.get(name, made)

    def info(self) -> bytes:
        imprint = sequence(
            self.part("imprint_algorithm", algorithm(SHA256, der.write(der.NULL))),
            octets(self.part("imprint", DIGEST)),
        )
        return sequence(
            der.integer(self.part("version", 1)),
            der.oid("1.2.3.4"),
            imprint,
            der.integer(7),
            der.write(der.GENERALIZED_TIME, self.time),
            self.part("accuracy", b""),
            self.part("ordering", b""),
            b"" if self.nonce is None else der.integer(self.nonce),
            self.part("tsa", b""),
            self.part("extensions", b""),
        )

    def named(self) -> bytes:
        """The value of the attribute that names the certificate."""
        one = sequence(octets(hashed(SHA256, self.by.der)))
        return sequence(sequence(self.part("ess", one)))

    def attributes(self) -> list[bytes]:
        content = self.part("content", self.info())
        return [
            attribute(CONTENT_TYPE, der.oid(self.part("attribute_type", TST_INFO))),
            attribute(
                MESSAGE_DIGEST,
                octets(self.part("message_digest", hashed(self.digest, content))),
            ),
            attribute(CERTIFICATE_V2, self.part("named", self.named())),
        ]

    def signature(self, message: bytes) -> bytes:
        key, digest = self.by.native, HASHES[self.digest]
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(message, padding.PKCS1v15(), digest)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(message, ec.ECDSA(digest))
        return bytes(key.sign(message))

    def signer(self) -> bytes:
        attributes = b"".join(self.part("attributes", self.attributes()))
        signature = self.signature(der.write(der.SET, attributes))
        named = sequence(
            self.by.certificate.issuer.public_bytes(),
            der.integer(self.part("serial", self.by.certificate.serial_number)),
        )
        return sequence(
            der.integer(self.part("signer_version", 1)),
            self.part("sid", named),
            algorithm(self.digest),
            der.write(0xA0, attributes),
            algorithm(self.algorithm),
            octets(self.part("signature", signature)),
            self.part("unsigned", b""),
        )

    def token(self) -> bytes:
        content_type = der.oid(self.part("content_type", TST_INFO))
        content = octets(self.part("content", self.info()))
        certificates = [one.der for one in (self.by, *self.others)]
        signed = sequence(
            der.integer(self.part("cms_version", 3)),
            der.write(der.SET, algorithm(self.digest)),
            sequence(content_type, der.write(0xA0, content)),
            self.part("certificates", der.write(0xA0, *certificates)),
            self.part("crls", b""),
            der.write(der.SET, *self.part("signers", [self.signer()])),
        )
        kind = der.oid(self.part("kind", SIGNED_DATA))
        return sequence(kind, der.write(0xA0, signed))


def drafted(**changes: Any) -> Draft:
    """A draft with some parts replaced."""
    own = {
        name: changes.pop(name) for name in [*changes] if name in Draft.__annotations__
    }
    return Draft(**own, parts=changes)
