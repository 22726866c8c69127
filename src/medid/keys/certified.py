"""What a chain of certificates says of the one whose key stands in its first.

Names are given as the certificate spells them: nothing is folded, normalized or joined.
A subject attribute that occurs twice has no one value, so it has none here; alternative
names of other kinds than ``NAMES`` are left out.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6,
https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from medid.core import der
from medid.errors import InvalidVerificationMethod, ParsingError, located
from medid.keys.certificates import UNREADABLE, extension_of, verify_path
from medid.keys.public import PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.core.instant import Instant

EMAIL: Final = "email"
DNS: Final = "dns"
URI: Final = "uri"
OTHER_NAME: Final = "otherName"
NAMES: Final = (EMAIL, DNS, URI, OTHER_NAME)

# The one type of otherName whose value is a text: Dutch UZI certificates name by it
# who works where, and as what.
UZI_NAME: Final = "2.5.5.5"

# The extension in which Fulcio says who vouched for the signer, as text and not as DER.
FULCIO_ISSUER: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """Who somebody is by the word of an authority, and what his key is for.

    Attributes:
        key: His.
        subject: The values of subject attributes, by OID.
        names: The alternative names: what kind (one of ``NAMES``), and which.
        purposes: The OIDs of the extended key usage.
        signs: Whether the key usage allows digital signatures; unstated, it does.
        agrees: Whether it allows key agreement; unstated, it does.
        fulcio_issuer: Who vouched for him to Fulcio, where it is Fulcio's certificate.
    """

    key: PublicKey
    subject: Mapping[str, str]
    names: frozenset[tuple[str, str]]
    purposes: frozenset[str]
    signs: bool
    agrees: bool
    fulcio_issuer: str | None


def read_certified(
    chain: Sequence[bytes], *, at: Instant, path: str = "$"
) -> Certified:
    """What ``chain`` says, once it is a chain that holds at ``at``.

    Args:
        chain: DER, the signer's first, each signed by the next; the last is believed.
        at: The time asked about.
        path: Where the chain stands, for errors.

    Raises:
        TooLarge: More certificates than a chain has.
        InvalidVerificationMethod: It is not such a chain, cannot be read, or the key is
            not one medid accepts.
        WeakCryptography: The key proves nothing.
    """
    leaf = verify_path(chain, at=at, path=path)
    try:
        return _certified(leaf, path)
    except UNREADABLE:
        message = "the signer's certificate cannot be read"
        raise InvalidVerificationMethod(message, path=path) from None


def _certified(leaf: x509.Certificate, path: str) -> Certified:
    usage = extension_of(leaf.extensions, x509.KeyUsage)
    purposes = extension_of(leaf.extensions, x509.ExtendedKeyUsage) or ()
    info = leaf.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    with located(path):
        key = PublicKey.from_pem(info)
    return Certified(
        key=key,
        subject=MappingProxyType(_subject(leaf)),
        names=frozenset(_names(leaf)),
        purposes=frozenset(one.dotted_string for one in purposes),
        signs=usage is None or usage.digital_signature,
        agrees=usage is None or usage.key_agreement,
        fulcio_issuer=_fulcio_issuer(leaf),
    )


def _fulcio_issuer(leaf: x509.Certificate) -> str | None:
    for one in leaf.extensions:
        if one.oid == FULCIO_ISSUER and isinstance(
            one.value, x509.UnrecognizedExtension
        ):
            return one.value.value.decode("utf-8")
    return None


def _subject(leaf: x509.Certificate) -> dict[str, str]:
    stated = [(one.oid.dotted_string, one.value) for one in leaf.subject]
    times = Counter(oid for oid, _ in stated)
    return {
        oid: value
        for oid, value in stated
        if times[oid] == 1 and isinstance(value, str)
    }


def _names(leaf: x509.Certificate) -> Iterator[tuple[str, str]]:
    for one in extension_of(leaf.extensions, x509.SubjectAlternativeName) or ():
        match one:
            case x509.RFC822Name():
                yield EMAIL, one.value
            case x509.DNSName():
                yield DNS, one.value
            case x509.UniformResourceIdentifier():
                yield URI, one.value
            case x509.OtherName() if one.type_id.dotted_string == UZI_NAME:
                yield from _other_name(one)


def _other_name(name: x509.OtherName) -> Iterator[tuple[str, str]]:
    try:
        yield OTHER_NAME, der.read(name.value).text()
    except ParsingError:
        return  # no text, so nothing that a DID could name
