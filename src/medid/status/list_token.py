"""Status List Tokens: a status list in a JWT or CWT, and what an entry of it says.

``read_token`` gives what a token claims. That its signature holds, and that its signer
may speak about the credential in question, is for the caller to verify, and a MUST,
before ``check_token_entry`` is asked. The list is not even unpacked before that.

Spec: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-5,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-8.3,
https://www.rfc-editor.org/rfc/rfc8392#section-7.2
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from medid.core import cbor
from medid.core import json as strict_json
from medid.core.cbor import CborRules
from medid.core.fields import required
from medid.core.instant import Window
from medid.credentials.status_entry import STATUS_LIST_CLAIM
from medid.errors import (
    MalformedProof,
    MalformedValue,
    Revoked,
    StatusVerificationError,
    Suspended,
    TooLarge,
    child,
)
from medid.securing import cose, jose
from medid.securing.cose import cwt
from medid.securing.cose.forms import message_in
from medid.securing.cose.sign1 import CWT_CLAIMS
from medid.securing.jose.claims import check_replicated, read_claims
from medid.status.check import LIST_MEDIA_TYPES, MAX_LIST_DOCUMENT, StatusResult
from medid.status.freshness import believed_until, freshness
from medid.status.token_list import (
    INVALID,
    SUSPENDED,
    VALID,
    PackedList,
    TokenStatusList,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from medid.core.cbor import CborKey, CborValue
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.credentials import StatusEntry
    from medid.securing.cose import Sign1
    from medid.securing.jose import Jws

JWT: Final = "statuslist+jwt"
CWT: Final = "statuslist+cwt"
TOKEN_MEDIA_TYPES: Final = f"application/{JWT}, application/{CWT};q=0.9"
MAX_TTL: Final = 10**12  # seconds; any longer is as good as none

# The tag of a CWT, 61, which may stand before that of its COSE message (RFC 8392
# section 7.2). It says nothing that the typ does not say, and is not signed.
_CWT_TAG: Final = b"\xd8\x3d"
# Claims of a CWT (section 5.2).
_STATUS_LIST: Final = 65533
_TTL: Final = 65534
_CLAIMS: Final = CborRules(
    simple_values=frozenset({cbor.FALSE, cbor.TRUE, cbor.NULL}),
    floats=True,
    deterministic=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListToken:
    """A Status List Token, of which nothing has been verified.

    Attributes:
        envelope: The signature and what it covers.
        issuer: ``iss``, which the specification does not ask for.
        subject: ``sub``: the URI of the list.
        validity: From ``iat``, or ``nbf`` where that is later, to ``exp``.
        ttl: Seconds for which a copy may be kept; endless where it states none.
        packed: The list itself.
    """

    envelope: Jws | Sign1
    issuer: str | None
    subject: str
    validity: Window
    ttl: float
    packed: PackedList


def list_media_types(entry: StatusEntry) -> str:
    """The media types in which the list that ``entry`` names will be understood."""
    if entry.type == STATUS_LIST_CLAIM:
        return TOKEN_MEDIA_TYPES
    return LIST_MEDIA_TYPES


def read_token(content: bytes) -> StatusListToken:
    """The token that ``content`` is: a CWT in bytes, or a JWT in text.

    Raises:
        TooLarge: It is larger than a status list may be.
        ParsingError: Neither of the two, or not strict JSON or CBOR.
        MalformedProof: Of another type, or with a header that is not supported.
        MalformedValue: A claim is missing, or not as its specification requires.
        WeakCryptography: An algorithm that is not on the list.
        InvalidVerificationMethod: A key in the header, and no ``kid``.
        StatusListLengthError: The list is longer than the limit.
    """
    if len(content) > MAX_LIST_DOCUMENT:
        raise TooLarge(f"a status list has at most {MAX_LIST_DOCUMENT} bytes")
    message = message_in(content)
    return _of_jwt(content) if message is None else _of_cwt(message)


def _of_jwt(content: bytes) -> StatusListToken:
    jws = jose.parse_compact(content.strip(b" \t\r\n"))
    _check_type(jws.typ, JWT, "$.typ")
    payload = strict_json.load_object(jws.payload)
    check_replicated(jws.header, payload)
    stated = required(payload, STATUS_LIST_CLAIM, dict, "$")
    packed = PackedList.of_json(stated, path=child("$", STATUS_LIST_CLAIM))
    ttl = _ttl(payload["ttl"], "$.ttl") if "ttl" in payload else float("inf")
    return _token(jws, payload, packed, ttl)


def _of_cwt(message: bytes) -> StatusListToken:
    sign1 = cose.parse(message.removeprefix(_CWT_TAG))
    _check_type(sign1.typ, CWT, "$.protected[16]")
    claims = cbor.loads(sign1.payload, rules=_CLAIMS)
    payload = cwt.as_jwt(claims)
    if CWT_CLAIMS in sign1.protected:
        # RFC 9597 section 2: what stands in both says the same.
        place = f"$.protected[{CWT_CLAIMS}]"
        check_replicated(cwt.as_jwt(sign1.protected[CWT_CLAIMS], path=place), payload)
    labels = cast("dict[CborKey, CborValue]", claims)
    stated, path = labels.get(_STATUS_LIST), child("$", _STATUS_LIST)
    if not isinstance(stated, dict):
        raise MalformedValue("the status list is missing or no map", path=path)
    packed = PackedList.of_cbor(stated, path=path)
    ttl = float("inf")
    if _TTL in labels:
        ttl = _ttl(labels[_TTL], child("$", _TTL), whole=True)
    return _token(sign1, payload, packed, ttl)


def _check_type(typ: str | None, expected: str, path: str) -> None:
    if typ != expected:
        message = f"the typ of a Status List Token is {expected!r}"
        raise MalformedProof(message, path=path)


def _ttl(value: object, path: str, *, whole: bool = False) -> float:
    """A ttl in seconds: a positive number, of a CWT a whole one."""
    # A bool is an int to Python, and no length of time.
    if not isinstance(value, bool):
        if isinstance(value, int) and value > 0:
            return min(value, MAX_TTL)
        if isinstance(value, float) and value > 0 and not whole:
            return min(value, MAX_TTL)
    raise MalformedValue("a ttl is a positive number of seconds", path=path)


def _token(
    envelope: Jws | Sign1, payload: JsonObject, packed: PackedList, ttl: float
) -> StatusListToken:
    claims = read_claims(payload)
    if claims.subject is None:
        raise MalformedValue("the member 'sub' is missing", path="$.sub")
    if claims.issued_at is None:
        raise MalformedValue("the member 'iat' is missing", path="$.iat")
    return StatusListToken(
        envelope=envelope,
        issuer=claims.issuer,
        subject=claims.subject,
        validity=claims.window.intersect(Window(claims.issued_at, None)),
        ttl=ttl,
        packed=packed,
    )


def check_token_entry(
    entry: StatusEntry,
    token: StatusListToken,
    *,
    at: Instant,
    fetched_at: Instant,
    max_age_seconds: float,
    accepted: Collection[int] = (),
) -> StatusResult:
    """What ``token`` says about ``entry``.

    Args:
        entry: Of a verified credential.
        token: Verified, and signed by one who may speak about the credential.
        at: The time in question.
        fetched_at: When the token was obtained.
        max_age_seconds: For how long after that it is believed.
        accepted: Application-specific status types that count as valid.

    Raises:
        Revoked: The entry says so.
        Suspended: The entry says so.
        StatusVerificationError: The token is another list's, only holds later, or says
            what only an application could understand.
        StatusStale: The token has ended, or is older than it or the caller allows.
        StatusListLengthError: The list is too long.
        StatusRangeError: The index lies outside the list.
        MalformedValue: The list is not of the form its specification requires.
        ConfigurationError: ``max_age_seconds`` is negative.
    """
    if entry.list_url is None or token.subject != entry.list_url:
        message = "the list's subject is not the URI that the entry names"
        raise StatusVerificationError(message, path=entry.path)
    believed = believed_until(
        fetched_at, max_age_seconds=max_age_seconds, ttl_seconds=token.ttl
    )
    valid_until = freshness(token.validity, believed, at, path=entry.path)
    index = entry.index if entry.index is not None else -1
    value = _statuses(entry, token).status(index, path=child(entry.path, "idx"))
    _judge(value, accepted, entry.path)
    return StatusResult(
        purpose=entry.type,
        index=index,
        value=value,
        message=None,
        list_url=entry.list_url,
        list_digest=hashlib.sha256(token.packed.packed).hexdigest(),
        valid_until=valid_until,
    )


def _statuses(entry: StatusEntry, token: StatusListToken) -> TokenStatusList:
    try:
        return token.packed.unpack()
    except MalformedValue as error:
        error.path = entry.path
        raise


def _judge(value: int, accepted: Collection[int], path: str) -> None:
    if value == INVALID:
        raise Revoked("the issuer revoked this credential", path=path)
    if value == SUSPENDED:
        raise Suspended("the issuer suspended this credential", path=path)
    if value != VALID and value not in accepted:
        # It may mean anything, that the credential is void among it.
        message = "a status type that only its application understands"
        raise StatusVerificationError(message, path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What a token says about the list that it publishes.

    Attributes:
        url: Where it will be published; entries name it.
        issuer: The DID that signs.
        issued: From when it holds.
        expires: Until when it holds.
        ttl: Seconds for which a copy may be kept.
    """

    url: str
    issuer: str
    issued: Instant
    expires: Instant
    ttl: int


def jwt_payload(statuses: TokenStatusList, publication: Publication) -> bytes:
    """The payload of a JWT that publishes ``statuses`` (section 5.1)."""
    claims: JsonObject = {
        "iss": publication.issuer,
        "sub": publication.url,
        "iat": _seconds(publication.issued),
        "exp": _seconds(publication.expires),
        "ttl": publication.ttl,
        STATUS_LIST_CLAIM: statuses.as_json(),
    }
    return strict_json.dumps(claims).encode()


def cwt_payload(statuses: TokenStatusList, publication: Publication) -> bytes:
    """The payload of a CWT that publishes ``statuses`` (section 5.2)."""
    return cbor.dumps(
        {
            1: publication.issuer,
            2: publication.url,
            4: _seconds(publication.expires),
            6: _seconds(publication.issued),
            _STATUS_LIST: {**statuses.as_cbor()},
            _TTL: publication.ttl,
        }
    )


def _seconds(instant: Instant) -> int:
    return instant.nanoseconds // 1_000_000_000
