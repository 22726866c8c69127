"""Compact JWS, read strictly.

Exactly three parts, base64url without padding, a header that is a strict JSON object.
Knows bytes and keys; knows no claims, no DIDs and no clock. A header never brings a
key: ``jwk``, ``jku`` and ``x5u`` are not read, and the certificates of ``x5c`` are left
to those who have trust anchors to hold them against.

ML-DSA in a token is refused unless the caller allows it: no profile of the credentials
that medid reads asks for it yet, and few who receive such a token could check it.

Spec: https://www.rfc-editor.org/rfc/rfc7515#section-5.2,
https://www.rfc-editor.org/rfc/rfc8725#section-3,
https://www.rfc-editor.org/rfc/rfc9964#section-4
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core import base64url
from medid.core import json as strict_json
from medid.core.fields import optional_str, required_str
from medid.core.json import JsonLimits
from medid.errors import (
    InvalidSignature,
    InvalidVerificationMethod,
    MalformedProof,
    MedidError,
    ParsingError,
    ProofGenerationError,
    TooLarge,
    WeakCryptography,
    child,
    located,
)
from medid.keys import KeyKind
from medid.keys.kinds import ALGORITHMS, SHAPES
from medid.keys.signing import signature_of
from medid.securing.sizes import base64url_size, check_size, largest_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import PublicKey, Signer

MAX_HEADER_BYTES: Final = 16_384  # 16 KiB decoded; an honest header has 200
MAX_PAYLOAD_BYTES: Final = 1_048_576  # 1 MiB decoded, as any other document

_HEADER: Final = JsonLimits(max_bytes=MAX_HEADER_BYTES, max_depth=16, max_members=1_000)

ML_DSA: Final = frozenset({KeyKind.ML_DSA_44, KeyKind.ML_DSA_65})
# Who passes where a document is, and not the document, is told so.
ITSELF: Final = "pass the document itself: what a file or a URL names is read first"
_SUPPORTED: Final = ", ".join(ALGORITHMS)

# Extensions that change what is signed or how it is read; medid has none of them.
UNSUPPORTED: Final = ("crit", "b64", "zip", "enc")
_EMBEDDED_KEYS: Final = ("jwk", "jku", "x5u")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jws:
    """A JWS in its parts, of which nothing has been verified.

    Attributes:
        header: The protected header.
        payload: What it carries, decoded.
        signing_input: What the signature covers.
        signature: Decoded.
        alg: One of ``keys.kinds.ALGORITHMS``; whether it fits the key, ``verify`` asks.
        kid: The name of the key, where the header has one.
        typ: The media type in lower case without ``application/``.
    """

    header: JsonObject
    payload: bytes
    signing_input: bytes
    signature: bytes
    alg: str
    kid: str | None
    typ: str | None


def parse_compact(token: str | bytes, *, path: str = "$") -> Jws:
    """The parts of a compact JWS.

    Raises:
        TooLarge: Header or payload pass their limit.
        ParsingError: Not three parts, not ASCII, or a header that is no JSON object.
        MalformedValue: Not strict base64url, or a header member of another type.
        MalformedProof: The header has ``crit``, ``b64``, ``zip`` or ``enc``.
        WeakCryptography: An algorithm that is not on the list.
        InvalidVerificationMethod: A key in the header, and no ``kid``.
        InvalidSignature: A signature whose length is not one of the algorithm's.
    """
    with located(path):
        return from_parts(*_split(_text(token)))


def from_parts(head: str, body: str, signature: str) -> Jws:
    """The JWS of its three encoded parts.

    Raises:
        MedidError: As ``parse_compact`` does.
    """
    _limit("header", head, MAX_HEADER_BYTES)
    header = strict_json.load_object(base64url.decode(head), limits=_HEADER)
    # An algorithm that proves nothing ends it here, before the payload is decoded.
    alg, kid, typ = _check_header(header)
    _limit("payload", body, MAX_PAYLOAD_BYTES)
    _check_length(signature, alg)
    payload = base64url.decode(body)
    return Jws(
        header=header,
        payload=payload,
        signing_input=f"{head}.{body}".encode("ascii"),
        signature=base64url.decode(signature),
        alg=alg,
        kid=kid,
        typ=typ,
    )


def verify(jws: Jws, key: PublicKey, *, allow_ml_dsa: bool = False) -> None:
    """Return if ``key`` signed ``jws``; otherwise raise.

    Says nothing about whose key it is: ``medid.verifying`` asks.

    Args:
        jws: What was signed, and how its header says so.
        key: The key that was resolved; its kind decides, not the header.
        allow_ml_dsa: Whether the caller takes tokens with ML-DSA.

    Raises:
        WeakCryptography: The header's algorithm does not fit the key, or is one that
            the caller does not take.
        InvalidSignature: Not a signature of this key over these bytes.
        MethodNotSupported: The cryptography that is installed has no ML-DSA.
    """
    check_taken(jws.alg, key, allow_ml_dsa=allow_ml_dsa, path="$.alg")
    key.verify(jws.signature, jws.signing_input, algorithm=jws.alg)


def check_taken(alg: str, key: PublicKey, *, allow_ml_dsa: bool, path: str) -> None:
    """Return if a token may be signed with ``alg`` by ``key``.

    Raises:
        WeakCryptography: The algorithm does not fit the key, or is one that the caller
            does not take.
    """
    if not allow_ml_dsa and ALGORITHMS[alg] in ML_DSA:
        raise WeakCryptography(
            "tokens with ML-DSA are not taken unless they are allowed",
            path=path,
            fix="allow them: Expectations(ml_dsa_tokens=True) or --allow-ml-dsa",
        )
    key.check_algorithm(alg, path=path)


def sign_compact(
    payload: bytes,
    signer: Signer,
    header: Mapping[str, JsonValue],
    *,
    beside: int = 0,
) -> str:
    """The compact JWS of ``payload``.

    Args:
        payload: Carried as it is.
        signer: Its key's kind decides ``alg``.
        header: The protected header; ``alg`` is added.
        beside: The characters that will travel with it, such as disclosures.

    Raises:
        ProofGenerationError: The header would be refused, or the signature.
        TooLarge: All of it together would be.
        SignerError: The key store refused, or could not be reached.
    """
    signing_input = f"{_protected(signer, header)}.{base64url.encode(payload)}"
    signature_size = base64url_size(largest_signature(signer.public_key))
    check_size(len(signing_input) + 1 + signature_size + beside)
    signature = signature_of(signer, signing_input.encode("ascii"))
    return f"{signing_input}.{base64url.encode(signature)}"


def can_sign(kind: KeyKind) -> bool:
    """Whether medid signs JWTs with keys of ``kind``; RSA it only verifies."""
    return SHAPES[kind].signs and kind is not KeyKind.RSA


def media_type(text: str) -> str:
    """A ``typ`` or ``cty`` in lower case, without ``application/``."""
    return text.lower().removeprefix("application/")


def _text(token: str | bytes) -> str:
    if isinstance(token, str):
        return token
    try:
        return token.decode("ascii")
    except UnicodeDecodeError:
        raise ParsingError("a JWT consists of ASCII characters") from None


def _split(token: str) -> tuple[str, str, str]:
    parts = token.split(".", 3)
    if len(parts) != 3:
        raise ParsingError("a compact JWS has three parts", fix=ITSELF)
    return parts[0], parts[1], parts[2]


def _limit(name: str, encoded: str, size: int) -> None:
    # Four characters carry three bytes; judged before anything is decoded.
    if len(encoded) > (size + 2) // 3 * 4:
        raise TooLarge(f"the {name} of a JWS has at most {size} bytes")


def _check_length(encoded: str, alg: str) -> None:
    sizes = SHAPES[ALGORITHMS[alg]].signature_sizes
    # Before anything is decoded: four characters carry three bytes.
    if len(encoded) * 3 // 4 not in sizes:
        last = sizes[-1]
        size = f"{last}" if len(sizes) == 1 else f"{sizes[0]} to {last}"
        raise InvalidSignature(f"a signature of {alg} has {size} bytes")


def _check_header(header: JsonObject) -> tuple[str, str | None, str | None]:
    alg = required_str(header, "alg", "$")
    if alg not in ALGORITHMS:
        message = f"this alg proves nothing to medid; supported are {_SUPPORTED}"
        raise WeakCryptography(message, path="$.alg")
    for name in UNSUPPORTED:
        if name in header:
            message = f"a header with {name!r} is not supported"
            raise MalformedProof(message, path=child("$", name))
    kid = optional_str(header, "kid", "$")
    if kid is None and any(name in header for name in _EMBEDDED_KEYS):
        message = "the header brings its own key, which proves nothing, and no kid"
        raise InvalidVerificationMethod(message, path="$.kid")
    typ = optional_str(header, "typ", "$")
    return alg, kid, None if typ is None else media_type(typ)


def _protected(signer: Signer, header: Mapping[str, JsonValue]) -> str:
    kind = signer.public_key.kind
    if not can_sign(kind):
        raise ProofGenerationError(f"a key of kind {kind} signs no JWT")
    if {*map(type, header), *map(type, header.values())} == {str}:
        return _of_texts(kind, tuple(header.items()))
    return _written(kind, header)


@lru_cache(maxsize=64)
def _of_texts(kind: KeyKind, members: tuple[tuple[str, JsonValue], ...]) -> str:
    """As ``_written``: whoever signs much signs it under a few headers of texts."""
    return _written(kind, dict(members))


def _written(kind: KeyKind, header: Mapping[str, JsonValue]) -> str:
    stated = {"alg": SHAPES[kind].algorithms[0], **header}
    try:
        text = strict_json.dumps(strict_json.check(stated, limits=_HEADER))
        checked = strict_json.load_object(text, limits=_HEADER)
        alg, _kid, _typ = _check_header(checked)
    except MedidError as error:
        message = f"medid would refuse this header: {error.message}"
        raise ProofGenerationError(message, path=error.path) from None
    if ALGORITHMS[alg] is not kind:
        message = f"the header's alg does not fit a key of kind {kind}"
        raise ProofGenerationError(message, path="$.alg")
    return base64url.encode(text.encode())
