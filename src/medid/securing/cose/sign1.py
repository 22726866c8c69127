"""COSE_Sign1, read strictly: one signer, one payload, one reading.

The tag 18 and an array of four: protected header, unprotected header, payload,
signature. Knows bytes and keys; knows no claims, no DIDs and no clock. A header never
brings a key: keys in ``kcwt`` and ``kccs`` are not read, and the certificates of
``x5chain`` are left to those who know an authority to hold them against.

Spec: https://www.rfc-editor.org/rfc/rfc9052#section-4.4,
https://www.rfc-editor.org/rfc/rfc9864#section-2, https://www.rfc-editor.org/rfc/rfc9596
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import cbor
from medid.core.cbor import CborRules, Tag
from medid.core.records import replace
from medid.errors import (
    InvalidVerificationMethod,
    MalformedProof,
    MedidError,
    ParsingError,
    ProofGenerationError,
    WeakCryptography,
    located,
)
from medid.keys import KeyKind
from medid.keys.kinds import ALGORITHMS as KINDS
from medid.keys.signing import signature_of
from medid.securing.jose import jws
from medid.securing.sizes import check_size, largest_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.cbor import CborKey, CborValue
    from medid.keys import PublicKey, Signer

MAX_MESSAGE_BYTES: Final = 1_048_576  # 1 MiB, as any other document
MAX_HEADER_BYTES: Final = 16_384  # 16 KiB of the protected header, as of a JWT
# Of a message with these limits: tag, array, empty map, and the heads of its strings.
_FRAME: Final = 16  # bytes

TAG: Final = 18
# Header parameters by the label that the IANA registry gives them.
ALG: Final = 1
CRIT: Final = 2
CONTENT_TYPE: Final = 3
KID: Final = 4
CWT_CLAIMS: Final = 15
TYP: Final = 16
X5CHAIN: Final = 33  # read by those who know an authority to hold it against

# Each algorithm by the name that it has in JOSE, which knows the kind of key that it
# needs; the names that RFC 9864 gives ECDSA are new. There is no other algorithm.
ALGORITHMS: Final[Mapping[int, str]] = MappingProxyType(
    {
        -8: "EdDSA",
        -19: "Ed25519",
        -7: "ES256",
        -9: "ES256",  # ESP256
        -35: "ES384",
        -51: "ES384",  # ESP384
        -36: "ES512",
        -52: "ES512",  # ESP512
        -47: "ES256K",
        -37: "PS256",
        -257: "RS256",
        -48: "ML-DSA-44",
        -49: "ML-DSA-65",
    }
)
SIGNS_AS: Final[Mapping[KeyKind, int]] = MappingProxyType(
    {
        KeyKind.ED25519: -8,
        KeyKind.P256: -7,
        KeyKind.P384: -35,
        KeyKind.P521: -36,
        KeyKind.SECP256K1: -47,
        KeyKind.ML_DSA_44: -48,
        KeyKind.ML_DSA_65: -49,
    }
)

# crit names extensions, and medid has none; IV and Partial IV belong to encryption.
_FORBIDDEN: Final = (CRIT, 5, 6)
# What decides how a message is understood counts only where the signature covers it.
_PROTECTED_ONLY: Final = (ALG, CWT_CLAIMS, TYP)
# These labels are numbers; spelled out they could mean two things in one header.
_SPELLED_OUT: Final = frozenset({"alg", "crit", "content type", "kid", "typ"})
_EMBEDDED_KEYS: Final = (13, 14, 32, X5CHAIN, 35)  # kcwt, kccs, x5bag, x5chain, x5u

# RFC 9052 section 9 leaves the order of header parameters open, and parameters that
# are not read may be of any type.
_MESSAGE: Final = CborRules(
    max_bytes=MAX_MESSAGE_BYTES,
    tags=frozenset({TAG}),
    simple_values=frozenset({cbor.FALSE, cbor.TRUE, cbor.NULL}),
    floats=True,
    deterministic=False,
)
_HEADER: Final = replace(_MESSAGE, max_bytes=MAX_HEADER_BYTES, tags=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign1:
    """A COSE_Sign1 in its parts, of which nothing has been verified.

    Attributes:
        protected: The header that the signature covers, by label.
        payload: What it carries.
        signing_input: What the signature covers, the ``Sig_structure``.
        signature: As ``PublicKey.verify`` reads it.
        alg: One of ``ALGORITHMS``; whether it fits the key, ``verify`` asks.
        kid: The name of the key, where a header has one.
        typ: The media type in lower case without ``application/``.
    """

    protected: Mapping[CborKey, CborValue] = field(repr=False, hash=False)
    payload: bytes = field(repr=False)
    signing_input: bytes = field(repr=False)
    signature: bytes
    alg: int
    kid: str | None
    typ: str | None


def parse(message: bytes, *, path: str = "$") -> Sign1:
    """The parts of a COSE_Sign1.

    Raises:
        TooLarge: The message or its protected header passes a limit.
        ParsingError: Not strict CBOR, not the tag 18, or not of its four parts.
        MalformedProof: No payload or no signature, a label in both headers, ``crit``,
            or an unprotected parameter that only counts protected.
        WeakCryptography: An algorithm that is not on the list, or none is protected.
        InvalidVerificationMethod: A key in a header and no ``kid``, or a ``kid`` that
            is no text.
    """
    with located(path):
        covered, unprotected, payload, signature = _parts(message)
        protected = _protected(covered)
        _check_headers(protected, unprotected)
        return Sign1(
            protected=MappingProxyType(protected),
            payload=payload,
            signing_input=_signing_input(covered, payload),
            signature=signature,
            alg=_alg(protected),
            kid=_kid(protected, unprotected),
            typ=_typ(protected),
        )


def verify(sign1: Sign1, key: PublicKey, *, allow_ml_dsa: bool = False) -> None:
    """Return if ``key`` signed ``sign1``; otherwise raise.

    Says nothing about whose key it is: ``medid.verifying`` asks.

    Args:
        sign1: What was signed, and how its header says so.
        key: The key that was resolved; its kind decides, not the header.
        allow_ml_dsa: Whether the caller takes messages with ML-DSA.

    Raises:
        WeakCryptography: The header's algorithm does not fit the key, or is one that
            the caller does not take.
        InvalidSignature: Not a signature of this key over these bytes.
        MethodNotSupported: The cryptography that is installed has no ML-DSA.
    """
    name = ALGORITHMS[sign1.alg]
    jws.check_taken(name, key, allow_ml_dsa=allow_ml_dsa, path=_place(ALG))
    key.verify(sign1.signature, sign1.signing_input, algorithm=name)


def sign(
    payload: bytes, signer: Signer, protected: Mapping[CborKey, CborValue]
) -> bytes:
    """The COSE_Sign1 of ``payload``, with an empty unprotected header.

    Args:
        payload: Carried as it is.
        signer: Its key's kind decides ``alg``.
        protected: The protected header; ``alg`` is added.

    Raises:
        ProofGenerationError: medid would refuse the header, or the signature.
        TooLarge: medid would refuse a message of this size.
        SignerError: The key store refused, or could not be reached.
    """
    covered = _checked_header(signer, protected)
    check_size(
        len(payload) + len(covered) + largest_signature(signer.public_key) + _FRAME
    )
    signature = signature_of(signer, _signing_input(covered, payload))
    return cbor.dumps(Tag(TAG, [covered, {}, payload, signature]))


def _kind_of(alg: int) -> KeyKind:
    return KINDS[ALGORITHMS[alg]]


def _place(label: int, header: str = "protected") -> str:
    return f"$.{header}[{label}]"


def _parts(
    message: bytes,
) -> tuple[bytes, dict[CborKey, CborValue], bytes, bytes]:
    item = cbor.loads(message, rules=_MESSAGE)
    if not isinstance(item, Tag):
        raise ParsingError("a COSE_Sign1 begins with its tag, 18")
    match item.content:
        case [bytes(covered), dict(unprotected), payload, bytes(signature)]:
            if not isinstance(payload, bytes):
                detached = "the payload is not in the message"
                raise MalformedProof(detached, path="$.payload")
            if not signature:
                raise MalformedProof("there is no signature", path="$.signature")
            return covered, unprotected, payload, signature
    raise ParsingError("a COSE_Sign1 has two headers, a payload and a signature")


def _protected(covered: bytes) -> dict[CborKey, CborValue]:
    # A header without parameters is written as no bytes, RFC 9052 section 3.
    with located("$.protected"):
        header = cbor.loads(covered, rules=_HEADER) if covered else {}
        if not isinstance(header, dict):
            raise ParsingError("a header is a map")
    return header


def _signing_input(covered: bytes, payload: bytes) -> bytes:
    # Context, protected header, no external data, payload: RFC 9052 section 4.4.
    return cbor.dumps(["Signature1", covered, b"", payload])


def _check_headers(
    protected: Mapping[CborKey, CborValue], unprotected: Mapping[CborKey, CborValue]
) -> None:
    if not protected.keys().isdisjoint(unprotected):
        message = "a header parameter is both protected and unprotected"
        raise MalformedProof(message, path="$.unprotected")
    for name, header in (("protected", protected), ("unprotected", unprotected)):
        if not _SPELLED_OUT.isdisjoint(header):
            message = "a parameter whose label is a number is spelled out"
            raise MalformedProof(message, path=f"$.{name}")
        for label in _FORBIDDEN:
            if label in header:
                message = "a header with this parameter is not supported"
                raise MalformedProof(message, path=_place(label, name))
    for label in _PROTECTED_ONLY:
        if label in unprotected:
            message = "no signature covers this parameter, and it only counts signed"
            raise MalformedProof(message, path=_place(label, "unprotected"))


def _alg(protected: Mapping[CborKey, CborValue]) -> int:
    alg = protected.get(ALG)
    # type() and not isinstance(): True is an int to Python, and no algorithm.
    if type(alg) is not int or alg not in ALGORITHMS:
        known = ", ".join(map(str, ALGORITHMS))
        message = f"this alg, or none, proves nothing to medid; supported are {known}"
        raise WeakCryptography(message, path=_place(ALG))
    return alg


def _kid(
    protected: Mapping[CborKey, CborValue], unprotected: Mapping[CborKey, CborValue]
) -> str | None:
    headers = {**unprotected, **protected}
    if KID not in headers:
        if any(label in headers for label in _EMBEDDED_KEYS):
            message = "a header brings its own key, which proves nothing, and no kid"
            raise InvalidVerificationMethod(message, path=_place(KID))
        return None
    kid = headers[KID]
    if not isinstance(kid, bytes):
        raise MalformedProof("a kid is a byte string", path=_place(KID))
    try:
        return kid.decode("utf-8")
    except UnicodeDecodeError:
        message = "the kid is no text, and medid finds keys by the text of a DID URL"
        raise InvalidVerificationMethod(message, path=_place(KID)) from None


def _typ(protected: Mapping[CborKey, CborValue]) -> str | None:
    return media_type_of(protected, TYP)


def media_type_of(header: Mapping[CborKey, CborValue], label: int) -> str | None:
    """The media type of ``TYP`` or ``CONTENT_TYPE``, without ``application/``.

    Raises:
        MalformedProof: It is no text; numbers of CoAP formats are not read.
    """
    if label not in header:
        return None
    text = header[label]
    if not isinstance(text, str):
        raise MalformedProof("not the text of a media type", path=_place(label))
    return text.lower().removeprefix("application/")


def _checked_header(signer: Signer, protected: Mapping[CborKey, CborValue]) -> bytes:
    kind = signer.public_key.kind
    if kind not in SIGNS_AS:
        raise ProofGenerationError(f"a {kind} key signs no COSE message")
    try:
        covered = cbor.dumps({ALG: SIGNS_AS[kind], **protected})
        header = _protected(covered)
        _check_headers(header, {})
        _kid(header, {})
        _typ(header)
        fits = _kind_of(_alg(header)) is kind
    except MedidError as error:
        message = f"medid would refuse this header: {error.message}"
        raise ProofGenerationError(message, path=error.path) from None
    if not fits:
        message = f"the header's alg does not fit a {kind} key"
        raise ProofGenerationError(message, path=_place(ALG))
    return covered
