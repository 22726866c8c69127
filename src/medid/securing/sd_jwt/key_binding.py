"""Key binding: the holder's signature over what is presented, to whom and when.

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-7.3
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import required_str, strings
from medid.core.instant import Window
from medid.errors import (
    Expired,
    HolderBindingError,
    InvalidChallenge,
    InvalidDomain,
    InvalidSignature,
    MalformedValue,
    NotYetValid,
    located,
)
from medid.securing.jose.claims import numeric_date, read_window
from medid.securing.jose.jws import sign_compact, verify
from medid.securing.sd_jwt.disclosure import digest_of
from medid.securing.sd_jwt.reading import KB_JWT

if TYPE_CHECKING:
    from medid.core.instant import Instant
    from medid.core.json import JsonObject
    from medid.keys import PublicKey, Signer
    from medid.securing.sd_jwt.reading import SdJwt

CLOCK_SKEW: Final = 60  # seconds that a holder's clock may run ahead

_AGAIN: Final = "present the SD-JWT again"


def verify_key_binding(  # noqa: PLR0913 - what is expected of it, each by name
    sd_jwt: SdJwt,
    key: PublicKey,
    *,
    nonce: str | None,
    audience: str | None,
    at: Instant,
    max_age_seconds: float,
    allow_ml_dsa: bool = False,
) -> None:
    """Return if the holder of ``key`` presented ``sd_jwt``; otherwise raise.

    Whether the nonce was used before is asked above.

    Args:
        sd_jwt: What was presented.
        key: The holder's: ``cnf.jwk``, or the key that ``cnf.kid`` names.
        nonce: The one that was given out; ``None`` where none was.
        audience: Who is asking; ``None`` accepts any audience.
        at: The instant of the question.
        max_age_seconds: How long ago the key binding may have been made.
        allow_ml_dsa: Whether the caller takes tokens with ML-DSA.

    Raises:
        HolderBindingError: There is no key binding.
        WeakCryptography: Its algorithm does not fit the key, or is not taken.
        InvalidSignature: The key did not sign it, or it covers something else.
        ParsingError: It carries no strict JSON object.
        MalformedValue: A claim is missing or of another type.
        InvalidChallenge: It answers another nonce.
        InvalidDomain: It was made for another audience.
        NotYetValid: It was made in the future.
        Expired: It is too old.
    """
    if sd_jwt.key_binding is None:
        raise HolderBindingError("the SD-JWT was presented without key binding")
    with located("$.kb_jwt"):
        verify(sd_jwt.key_binding, key, allow_ml_dsa=allow_ml_dsa)
        claims = strict_json.load_object(sd_jwt.key_binding.payload)
        _check_covered(claims, sd_jwt)
        _check_nonce(claims, nonce)
        _check_audience(claims, audience)
        _check_age(claims, at, max_age_seconds)


def sign_key_binding(
    presented: str, holder: Signer, *, claims: JsonObject, hash_alg: str
) -> str:
    """The key-binding JWT of ``holder`` over ``presented``.

    Args:
        presented: The compact SD-JWT up to its last ``~``.
        holder: Signs with the key that the credential is bound to.
        claims: ``nonce``, ``aud`` and ``iat``.
        hash_alg: The credential's ``_sd_alg``.

    Raises:
        ParsingError: A claim that JSON cannot spell.
        TooLarge: medid would refuse a presentation of this size.
        SignerError: The key store refused, or could not be reached.
    """
    payload = {**claims, "sd_hash": digest_of(presented, hash_alg)}
    text = strict_json.dumps(strict_json.check(payload)).encode()
    return sign_compact(text, holder, {"typ": KB_JWT}, beside=len(presented))


def _check_covered(claims: JsonObject, sd_jwt: SdJwt) -> None:
    stated = required_str(claims, "sd_hash", "$")
    actual = digest_of(sd_jwt.presented, sd_jwt.hash_alg)
    if not hmac.compare_digest(stated.encode(), actual.encode()):
        message = "the key binding covers another presentation"
        raise InvalidSignature(message, path="$.sd_hash")


def _check_nonce(claims: JsonObject, nonce: str | None) -> None:
    stated = required_str(claims, "nonce", "$")
    if nonce is not None and stated != nonce:
        raise InvalidChallenge("the key binding answers another nonce", path="$.nonce")


def _check_audience(claims: JsonObject, audience: str | None) -> None:
    if "aud" not in claims:
        raise MalformedValue("the member 'aud' is missing", path="$.aud")
    named = strings(claims["aud"], "$.aud")
    # A second audience could replay what was presented to the first.
    if audience is not None and named != [audience]:
        raise InvalidDomain(
            "the key binding was made for another audience", path="$.aud"
        )


def _check_age(claims: JsonObject, at: Instant, max_age_seconds: float) -> None:
    made = numeric_date(claims, "iat", "$")
    if made is None:
        raise MalformedValue("the member 'iat' is missing", path="$.iat")
    if made > at.plus(CLOCK_SKEW):
        raise NotYetValid("the key binding was made in the future", path="$.iat")
    if at.since(made) > max_age_seconds:
        message = "the key binding was made too long ago"
        raise Expired(message, path="$.iat", fix=_AGAIN)
    window = read_window(claims)
    Window(start=window.start).check(at, path="$.nbf")
    if window.end is not None and at >= window.end:
        raise Expired("the key binding has ended", path="$.exp", fix=_AGAIN)
