"""Time-stamps: that something existed at a time, by the word of an authority.

What is stamped is a SHA-256 digest. Asking is pure as verifying is: the request and the
response are octets, and ``medid.adapters.timestamps`` carries them.

The authority counts where its certificate leads to one of the caller's own anchors, at
the time that it states. Whether its certificate was revoked since is not asked.

Spec: https://www.rfc-editor.org/rfc/rfc3161#section-2.4,
https://www.rfc-editor.org/rfc/rfc5816#section-2.2.1
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from medid.core import der
from medid.core.entropy import Entropy, drawn, system_entropy
from medid.errors import (
    ConfigurationError,
    FetchFailed,
    InvalidChallenge,
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    NotYetValid,
    ParsingError,
    TooLarge,
)
from medid.keys import cms
from medid.keys.certificates import (
    UNREADABLE,
    authority_policy,
    check_no_authority,
    find_path,
    load,
)
from medid.keys.subtrees import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from medid.core.der import Value
    from medid.core.instant import Instant

MAX_TOKEN_BYTES: Final = 65_536  # 64 KiB; one with four certificates has 8
DIGEST_SIZE: Final = 32  # bytes, of SHA-256
MAX_ACCURACY: Final = 60  # seconds; authorities state one, or less

_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
_NONCE_SIZE: Final = 8  # bytes; RFC 3161 section 2.4.1 asks for 64 bits
_GRANTED: Final = frozenset({0, 1})  # granted, and granted with modifications
_BIT_STRING: Final = 0x03
_TSA: Final = 0xA0
_DIRECTORY_NAME: Final = 0xA4  # of the kinds of a GeneralName
_EXTENSIONS: Final = 0xA1
_MILLIS: Final = 0x80
_MICROS: Final = 0x81
_MOST_PARTS: Final = 999  # thousandths, and millionths, of an accuracy


def new_nonce(entropy: Entropy = system_entropy) -> int:
    """A number that nobody can have answered yet."""
    return int.from_bytes(drawn(_NONCE_SIZE, entropy), "big")


def timestamp_request(digest: bytes, *, nonce: int | None = None) -> bytes:
    """The TimeStampReq for ``digest``, which asks for the certificates too.

    Args:
        digest: SHA-256 of what is to be stamped.
        nonce: What the answer has to repeat, from ``new_nonce``.

    Raises:
        ConfigurationError: Not a digest of SHA-256.
    """
    _check_digest(digest)
    hashed = der.write(der.SEQUENCE, der.oid(cms.SHA256), der.write(der.NULL))
    return der.write(
        der.SEQUENCE,
        der.integer(1),
        der.write(der.SEQUENCE, hashed, der.write(der.OCTET_STRING, digest)),
        b"" if nonce is None else der.integer(nonce),
        der.write(der.BOOLEAN, b"\xff"),
    )


def read_timestamp_response(response: bytes) -> bytes:
    """The token in a TimeStampResp. Nothing about it is verified.

    Raises:
        TooLarge: More than ``MAX_TOKEN_BYTES``.
        ParsingError: Not a TimeStampResp.
        FetchFailed: The authority did not grant one.
    """
    _check_size(response)
    info, token = der.read(response).fields(der.SEQUENCE, -der.SEQUENCE)
    status, *_ = info.fields(der.INTEGER, -der.SEQUENCE, -_BIT_STRING)
    if status.integer() not in _GRANTED or not token.present:
        raise FetchFailed("the time-stamping authority did not grant a time-stamp")
    return token.encoded


def verify_timestamp(
    token: bytes,
    digest: bytes,
    *,
    anchors: Sequence[bytes],
    at: Instant,
    nonce: int | None = None,
) -> Instant:
    """When an authority saw ``digest``, by its ``token`` and its own clock.

    How exact that is, the token may state: ``existed_by`` takes it into account.

    1. There are anchors, and the token is signed data about a time.
    2. It is about this digest, answers this request, and its time is not to come.
    3. Its signature holds, by the certificate that it names.
    4. That certificate is for time-stamps alone, has the name by which the authority
       goes in the token, if it has one there, and leads to an anchor at that time.

    Args:
        token: The TimeStampToken in DER.
        digest: SHA-256 of what was stamped.
        anchors: DER, of the authorities that the caller relies on.
        at: The time of the question; a token from later answers nothing.
        nonce: What was asked for; ``None`` where it was not this caller who asked.

    Raises:
        ConfigurationError: Not a digest of SHA-256.
        TooLarge: More than ``MAX_TOKEN_BYTES``, or more certificates than there can be.
        ParsingError: Not a TimeStampToken in DER.
        MalformedProof: It lacks what a token has to state, or is not exact.
        InvalidChallenge: It answers another request.
        NotYetValid: It is from a time that has not come.
        InvalidSignature: It is about something else, or its signature is wrong.
        InvalidVerificationMethod: There are no anchors, none of them vouches for the
            authority, or its certificate is not for time-stamps, or of another name.
        WeakCryptography: An algorithm that proves nothing.
    """
    return _verified(token, digest, anchors=anchors, at=at, nonce=nonce)[0]


def existed_by(
    token: bytes,
    digest: bytes,
    *,
    anchors: Sequence[bytes],
    at: Instant,
) -> Instant:
    """The time at which what ``digest`` is of existed at the latest, by its ``token``.

    It is what ``verify_timestamp`` gives, and the inexactness that the token states: an
    authority whose clock is exact to a second may have seen it a second later.

    Raises:
        MedidError: The token does not hold, as ``verify_timestamp`` says.
    """
    time, accuracy = _verified(token, digest, anchors=anchors, at=at, nonce=None)
    return time.plus(accuracy)


def _verified(
    token: bytes,
    digest: bytes,
    *,
    anchors: Sequence[bytes],
    at: Instant,
    nonce: int | None,
) -> tuple[Instant, float]:
    """The time of ``token``, and the seconds by which it may be wrong."""
    _check_digest(digest)
    _check_size(token)
    # 1.
    signed = cms.read(token)
    if signed.content_type != _TST_INFO:
        raise MalformedProof("the signed data is no time-stamp")
    # 2.
    stated = _read_stated(der.read(signed.content), digest, nonce)
    if stated.time > at:
        raise NotYetValid("the time-stamp is from a time that has not come")
    # 3.
    leaf, others = cms.verify(signed)
    # 4.
    _check_name(stated.authority, leaf)
    _check_authority(leaf, others, anchors, at=stated.time)
    return stated.time, stated.accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    """What a TSTInfo states.

    Attributes:
        time: By the authority's clock.
        accuracy: Seconds by which that may be wrong.
        authority: How it names itself; it need not be ``present``.
    """

    time: Instant
    accuracy: float
    authority: Value


def _check_digest(digest: bytes) -> None:
    if len(digest) != DIGEST_SIZE:
        raise ConfigurationError("what is stamped is a digest of SHA-256")


def _check_size(data: bytes) -> None:
    if len(data) > MAX_TOKEN_BYTES:
        raise TooLarge(f"a time-stamp has at most {MAX_TOKEN_BYTES} bytes")


def _read_stated(info: Value, digest: bytes, nonce: int | None) -> _Stated:
    """What a TSTInfo states that is about ``digest`` and answers ``nonce``."""
    version, _policy, imprint, _serial, time, accuracy, _, answered, tsa, extensions = (
        info.fields(
            der.INTEGER,
            der.OBJECT_IDENTIFIER,
            der.SEQUENCE,
            der.INTEGER,
            der.GENERALIZED_TIME,
            -der.SEQUENCE,
            -der.BOOLEAN,
            -der.INTEGER,
            -_TSA,
            -_EXTENSIONS,
        )
    )
    if version.integer() != 1:
        raise MalformedProof("a time-stamp of another version")
    hashed, octets = imprint.fields(der.SEQUENCE, der.OCTET_STRING)
    if (cms.algorithm(hashed), octets.octets()) != (cms.SHA256, digest):
        raise InvalidSignature("the time-stamp is about something else")
    if nonce is not None and not (answered.present and answered.integer() == nonce):
        raise InvalidChallenge("the time-stamp answers another request")
    _check_extensions(extensions)
    return _Stated(time=time.instant(), accuracy=_accuracy(accuracy), authority=tsa)


def _accuracy(stated: Value) -> float:
    """The seconds by which the time may be wrong; unstated, the policy knows.

    Raises:
        MalformedProof: As many as ``MAX_ACCURACY``, or a part out of its range.
    """
    if not stated.present:
        return 0
    seconds, millis, micros = stated.fields(-der.INTEGER, -_MILLIS, -_MICROS)
    whole = seconds.integer() if seconds.present else 0
    parts = [
        one.integer(tag) if one.present else None
        for one, tag in ((millis, _MILLIS), (micros, _MICROS))
    ]
    in_range = all(one is None or 1 <= one <= _MOST_PARTS for one in parts)
    if not 0 <= whole < MAX_ACCURACY or not in_range:
        message = f"a time-stamp is exact to {MAX_ACCURACY} seconds"
        raise MalformedProof(message)
    thousandths, millionths = (one or 0 for one in parts)
    return whole + thousandths / 1_000 + millionths / 1_000_000


def _check_extensions(extensions: Value) -> None:
    """Return if nothing has to be understood that medid does not."""
    for one in extensions.members(_EXTENSIONS) if extensions.present else ():
        _, critical, _ = one.fields(
            der.OBJECT_IDENTIFIER, -der.BOOLEAN, der.OCTET_STRING
        )
        if critical.present and critical.boolean():
            raise MalformedProof("a time-stamp with a critical extension")


def _check_name(stated: Value, leaf: x509.Certificate) -> None:
    """Return if ``leaf`` has the name that the authority gives itself, if it gives one.

    Raises:
        InvalidVerificationMethod: It has not.
    """
    if not stated.present:
        return
    name = stated.only(_TSA)
    if not any(_is_same(name, one) for one in _names(leaf)):
        message = "the time-stamp names another authority than the one that signed it"
        raise InvalidVerificationMethod(message)


def _names(leaf: x509.Certificate) -> list[Value]:
    """The names of whom a certificate is about, each a GeneralName."""
    found: list[Value] = []
    with suppress(*UNREADABLE):
        subject = leaf.subject.public_bytes()
        found.append(der.read(der.write(_DIRECTORY_NAME, subject)))
    with suppress(*UNREADABLE):
        others = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        found += der.read(others.value.public_bytes()).members()
    return found


def _is_same(one: Value, other: Value) -> bool:
    if _DIRECTORY_NAME not in {one.tag, other.tag}:
        return one.encoded == other.encoded
    # Name by name: the same text may be written as one kind of string or another.
    return one.tag == other.tag and _parts(one) == _parts(other)


def _parts(name: Value) -> list[frozenset[tuple[str, str | bytes]]]:
    return [
        frozenset(_part(one) for one in part.members(der.SET))
        for part in name.only(_DIRECTORY_NAME).members()
    ]


def _part(value: Value) -> tuple[str, str | bytes]:
    parts = value.members()
    if len(parts) != 2:
        raise ParsingError("a name is made of kinds and texts")
    kind, text = parts
    try:
        return kind.oid(), folded(text.text())
    except ParsingError:
        return kind.oid(), text.encoded


def _check_authority(
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    anchors: Sequence[bytes],
    *,
    at: Instant,
) -> None:
    trusted = [load(one, "$") for one in anchors]
    policies = authority_policy(), _timestamping_policy()
    found = (
        find_path([leaf, *others], trusted, policies, at=at, path="$")
        if trusted
        else []
    )
    if len(found) < 2:
        raise InvalidVerificationMethod(
            "no trust anchor vouches for the time-stamping authority at that time",
            fix="configure the certificate of its root as an anchor",
        )


def _timestamping_policy() -> verification.ExtensionPolicy:
    agnostic = verification.Criticality.AGNOSTIC
    return (
        verification.ExtensionPolicy.permit_all()
        .require_present(
            # RFC 3161 section 2.3: critical, and with no other purpose.
            x509.ExtendedKeyUsage,
            verification.Criticality.CRITICAL,
            _check_purpose,
        )
        .may_be_present(x509.BasicConstraints, agnostic, check_no_authority)
        .may_be_present(x509.KeyUsage, agnostic, _check_signs)
    )


def _check_purpose(
    _policy: verification.Policy,
    _certificate: x509.Certificate,
    extension: x509.ExtendedKeyUsage,
) -> None:
    if list(extension) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise ValueError("not for time-stamps alone")


def _check_signs(
    _policy: verification.Policy,
    _certificate: x509.Certificate,
    extension: x509.KeyUsage | None,
) -> None:
    if extension is None:
        return
    if not (extension.digital_signature or extension.content_commitment):
        raise ValueError("not for signatures")
