"""did:x509: whoever an authority certifies under the names that the DID states.

The DID pins one authority by its fingerprint and says what the signer's certificate
must state. The certificates travel beside the DID, mostly in the ``x5c`` of what was
signed, so nothing is fetched. Whether that authority counts is not asked here: whoever
trusts the DID, trusts the authority that it pins to give these names rightly.

Dutch health care uses it with ``san:otherName``, the name in a UZI certificate, and
with ``subject:serialNumber``; the specification has neither, and both are read.
Whether a certificate was revoked is not asked.

A DID has one spelling here: predicates are percent-encoded as the specification has it,
in upper case, and none is repeated.

Spec: https://github.com/microsoft/did-x509/blob/main/specification.md#did-resolution
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from medid.core import base64url
from medid.dids.document import KEY_AGREEMENT, DidDocument
from medid.dids.resolution import Resolution, ResolutionOptions, refuse_versions
from medid.dids.syntax import Did
from medid.errors import (
    EvidenceUnavailable,
    InvalidDid,
    InvalidVerificationMethod,
    MalformedValue,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from medid.core.evidence import Evidence, Need
    from medid.core.json import JsonObject
    from medid.keys.certified import Certified

NAME: Final = "x509"
FRAGMENT: Final = "0"  # of the one verification method

_VERSION: Final = "0"
_CONTEXT: Final = "https://www.w3.org/ns/cid/v1"
_FINGERPRINTS: Final = MappingProxyType(
    {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
)
_SAN_TYPES: Final = frozenset({"email", "dns", "uri", "otherName"})
_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "CN": "2.5.4.3",
        "L": "2.5.4.7",
        "ST": "2.5.4.8",
        "O": "2.5.4.10",
        "OU": "2.5.4.11",
        "C": "2.5.4.6",
        "STREET": "2.5.4.9",
        "serialNumber": "2.5.4.5",
    }
)
_LABELLED: Final = frozenset(_LABELS.values())
_ARC: Final = r"(?:0|[1-9][0-9]*+)"
_OID: Final = re.compile(rf"{_ARC}(?:\.{_ARC})++")


@dataclass(frozen=True, slots=True, kw_only=True)
class X509Did:
    """What a did:x509 asks of a chain of certificates.

    Attributes:
        algorithm: Of the fingerprint: ``sha256``, ``sha384`` or ``sha512``.
        fingerprint: Of an authority in the chain.
        predicates: What the signer's certificate must state, each a name and its
            values, decoded.
    """

    algorithm: str
    fingerprint: bytes
    predicates: tuple[tuple[str, tuple[str, ...]], ...]

    def is_by(self, *, sha256: str, certificate: bytes | None) -> bool:
        """Whether the authority is that of the digest (hex), or of its ``certificate``.

        By its SHA-256 alone, an authority is known to a DID with such a fingerprint.
        """
        if certificate is not None:
            found = _FINGERPRINTS[self.algorithm](certificate).digest()
            return found == self.fingerprint
        return self.algorithm == "sha256" and self.fingerprint.hex() == sha256


def create(
    authority: bytes, *predicates: Sequence[str], algorithm: str = "sha256"
) -> Did:
    """The DID of whomever ``authority`` certifies under ``predicates``.

    Args:
        authority: The certificate, in DER.
        predicates: Each a name and its values, unencoded:
            ``("san", "otherName", "...")``, ``("subject", "O", "...", "L", "...")``.
        algorithm: Of the fingerprint.

    Raises:
        InvalidDid: No predicate, or none that the method knows.
    """
    if algorithm not in _FINGERPRINTS:
        raise _unknown_fingerprint()
    digest = base64url.encode(_FINGERPRINTS[algorithm](authority).digest())
    stated = [":".join(map(_encoded, predicate)) for predicate in predicates]
    did = Did(method=NAME, id="::".join([f"{_VERSION}:{algorithm}:{digest}", *stated]))
    parse(did)
    return did


def parse(did: Did) -> X509Did:
    """What ``did`` asks of a chain.

    Raises:
        InvalidDid: It is not of the method's form, or not in its one spelling.
    """
    head, *predicates = did.id.split("::")
    match head.split(":"):
        case [version, algorithm, fingerprint] if version == _VERSION:
            pass
        case _:
            raise InvalidDid('a did:x509 begins with "0:", a digest and its value')
    if not predicates or len(set(predicates)) < len(predicates):
        raise InvalidDid("a did:x509 states one predicate or more, and each once")
    return X509Did(
        algorithm=algorithm,
        fingerprint=_fingerprint(algorithm, fingerprint),
        predicates=tuple(map(_predicate, predicates)),
    )


def is_predicate(name: str, values: tuple[str, ...]) -> bool:
    """Whether a predicate ``name`` can have these ``values``, unencoded."""
    check = _FORMS.get(name)
    return check is not None and bool(values) and check(values)


def oid_of(key: str) -> str:
    """The OID of a subject attribute, which a predicate may name by a label."""
    return _LABELS.get(key, key)


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """None: the certificates come with what was signed.

    Raises:
        InvalidDid: Not in the one spelling of the method.
    """
    del evidence
    parse(did)
    return ()


def resolve(did: Did, evidence: Evidence, options: ResolutionOptions) -> Resolution:
    """The document of ``did``, made from the certificates in ``options``.

    1. The DID is of its form, and in its one spelling.
    2. Certificates came with it, and a time is asked about.
    3. They are a chain that held at that time.
    4. An authority in it has the fingerprint that the DID states.
    5. The signer's certificate states all that the DID does.
    6. Its key is for signatures, or for key agreement.

    Raises:
        InvalidDid: Not in the one spelling of the method.
        DidNotFound: A version is asked for by its name; there are none.
        EvidenceUnavailable: No certificates came with the DID.
        InvalidVerificationMethod: One of steps 2 to 6 fails.
        TooLarge: More certificates than a chain has.
        WeakCryptography: The key proves nothing.
    """
    del evidence
    refuse_versions(options)
    # 1. Before anything is done with certificates that anybody may have sent.
    asked = parse(did)
    # 2. to 4.
    certified = _certified(asked, options)
    # 5.
    if not all(_states(certified, *one) for one in asked.predicates):
        message = "the signer's certificate does not state what the DID asks of it"
        raise InvalidVerificationMethod(message)
    # 6.
    if not certified.signs and not certified.agrees:
        message = "the certificate's key is neither for signatures nor for agreement"
        raise InvalidVerificationMethod(message)
    return Resolution(
        document=DidDocument.made(_document(did, certified), expected=did)
    )


def _certified(asked: X509Did, options: ResolutionOptions) -> Certified:
    from medid.keys.certified import read_certified

    chain, at = options.x509_chain, options.version_time
    if not chain:
        raise EvidenceUnavailable(
            "a did:x509 is resolved with certificates, and none came with it",
            fix="send the chain in the header: x5c, or x5chain",
        )
    if at is None:
        message = "certificates hold for some time, and none was asked about"
        raise InvalidVerificationMethod(message, fix="say as of when to resolve")
    certified = read_certified(chain, at=at)
    digest = _FINGERPRINTS[asked.algorithm]
    if asked.fingerprint not in [digest(one).digest() for one in chain[1:]]:
        message = "no authority of the chain is the one that the DID names"
        raise InvalidVerificationMethod(message)
    return certified


def _document(did: Did, certified: Certified) -> JsonObject:
    method = f"{did}#{FRAGMENT}"
    document: JsonObject = {
        "@context": _CONTEXT,
        "id": str(did),
        "verificationMethod": [
            {
                "id": method,
                "type": "JsonWebKey",
                "controller": str(did),
                "publicKeyJwk": certified.key.to_jwk(),
            }
        ],
    }
    if certified.signs:
        document |= {"authentication": [method], "assertionMethod": [method]}
    if certified.agrees:
        document[KEY_AGREEMENT] = [method]
    return document


# Predicates.


def _fingerprint(algorithm: str, text: str) -> bytes:
    digest = _FINGERPRINTS.get(algorithm)
    if digest is None:
        raise _unknown_fingerprint()
    try:
        found = base64url.decode(text)
    except MalformedValue:
        found = b""
    if len(found) != digest().digest_size:
        raise InvalidDid("the fingerprint is not a digest in base64url")
    return found


def _unknown_fingerprint() -> InvalidDid:
    known = ", ".join(_FINGERPRINTS)
    return InvalidDid(f"the fingerprint of an authority is one of {known}")


def _predicate(text: str) -> tuple[str, tuple[str, ...]]:
    name, *stated = text.split(":")
    values = tuple(map(_decoded, stated))
    if name not in _FORMS:
        known = ", ".join(_FORMS)
        raise InvalidDid(f"a predicate of a did:x509 is one of {known}")
    if not is_predicate(name, values):
        raise InvalidDid(f"the predicate {name} is not of its form")
    return name, values


def _is_subject(values: tuple[str, ...]) -> bool:
    keys = values[::2]
    known = all(key in _LABELS or _is_unlabelled(key) for key in keys)
    return known and len(values) % 2 == 0 and len(set(keys)) == len(keys)


def _is_unlabelled(key: str) -> bool:
    return _OID.fullmatch(key) is not None and key not in _LABELLED


def _is_san(values: tuple[str, ...]) -> bool:
    return len(values) == 2 and values[0] in _SAN_TYPES


def _is_eku(values: tuple[str, ...]) -> bool:
    return len(values) == 1 and _OID.fullmatch(values[0]) is not None


def _is_fulcio_issuer(values: tuple[str, ...]) -> bool:
    return len(values) == 1


_FORMS: Final[Mapping[str, Callable[[tuple[str, ...]], bool]]] = MappingProxyType(
    {
        "subject": _is_subject,
        "san": _is_san,
        "eku": _is_eku,
        "fulcio-issuer": _is_fulcio_issuer,
    }
)


def _states(certified: Certified, name: str, values: tuple[str, ...]) -> bool:
    """Whether the signer's certificate states this predicate, exactly."""
    if name == "san":
        return values in certified.names
    if name == "eku":
        return values[0] in certified.purposes
    if name == "fulcio-issuer":
        return certified.fulcio_issuer == f"https://{values[0]}"
    return all(
        certified.subject.get(oid_of(key)) == value
        for key, value in zip(values[::2], values[1::2], strict=True)
    )


def _encoded(value: str) -> str:
    return quote(value, safe="").replace("~", "%7E")


def _decoded(text: str) -> str:
    try:
        value = unquote(text, errors="strict")
    except UnicodeDecodeError:
        value = ""
    if _encoded(value) != text:
        message = "a predicate is percent-encoded in upper case, and nothing in vain"
        raise InvalidDid(message)
    return value
