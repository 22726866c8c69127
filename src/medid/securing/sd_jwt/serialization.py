"""The texts in which an SD-JWT travels: compact, and the two JSON forms.

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-4,
https://www.rfc-editor.org/rfc/rfc9901#section-8
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import (
    as_object,
    as_str,
    optional,
    optional_str,
    required,
    required_str,
)
from medid.errors import MalformedProof, ParsingError, TooLarge, child, located
from medid.securing.jose.jws import UNSUPPORTED, Jws, from_parts, parse_compact
from medid.securing.sd_jwt.processing import MAX_DISCLOSURES

if TYPE_CHECKING:
    from medid.core.json import JsonObject

MAX_CHARACTERS: Final = 1_572_864  # 1.5 Mi: a payload of 1 MiB in base64url, and more
MAX_SIGNATURES: Final = 16  # of the general JSON form; only the first is used

# What an SD-JWT has in the unprotected header of its JSON forms.
_OWN: Final = ("disclosures", "kb_jwt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """An SD-JWT taken apart.

    Attributes:
        jws: The issuer's signature and what it covers.
        disclosures: The disclosures as they travel.
        presented: What a key binding covers: the compact text up to its last ``~``.
        key_binding: The text of the key-binding JWT, where there is one.
    """

    jws: Jws
    disclosures: tuple[str, ...]
    presented: str
    key_binding: str | None


def take_apart(text: str | bytes) -> Parts:
    """The parts of an SD-JWT in any of its forms.

    Raises:
        TooLarge: A limit was passed.
        ParsingError: Neither compact nor JSON.
        MedidError: As ``parse_compact`` of the issuer's JWT.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"an SD-JWT has at most {MAX_CHARACTERS} characters")
    if isinstance(text, bytes):
        text = _decode(text)
    if text.lstrip(" \t\r\n").startswith("{"):
        return _from_json(strict_json.load_object(text))
    return _from_compact(text)


def put_together(token: str, disclosures: tuple[str, ...]) -> str:
    """The compact SD-JWT of an issuer's JWT and disclosures, without key binding."""
    return "~".join([token, *disclosures, ""])


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise ParsingError("an SD-JWT is ASCII or JSON") from None


def _from_compact(text: str) -> Parts:
    if text.count("~") > MAX_DISCLOSURES + 1:
        raise TooLarge(f"more than {MAX_DISCLOSURES} disclosures")
    token, *disclosures = text.split("~")
    if not disclosures:
        raise ParsingError("an SD-JWT has a '~' behind the issuer's JWT")
    key_binding = disclosures.pop()
    return Parts(
        jws=parse_compact(token),
        disclosures=tuple(disclosures),
        presented=put_together(token, tuple(disclosures)),
        key_binding=key_binding or None,
    )


def _from_json(envelope: JsonObject) -> Parts:
    payload = required_str(envelope, "payload", "$")
    path, signed = _first_signature(envelope)
    protected = required_str(signed, "protected", path)
    signature = required_str(signed, "signature", path)
    with located(path):
        jws = from_parts(protected, payload, signature)
    header = optional(signed, "header", dict, path) or {}
    if not jws.header.keys().isdisjoint(header):
        message = "a header parameter is both protected and unprotected"
        raise MalformedProof(message, path=child(path, "header"))
    for name in UNSUPPORTED:
        if name in header:
            message = f"an unprotected header with {name!r} is not supported"
            raise MalformedProof(message, path=child(child(path, "header"), name))
    beside = [name for name in _OWN if name in envelope]
    if header and beside:
        message = "this stands in the unprotected header, or there is no header"
        raise MalformedProof(message, path=child("$", beside[0]))
    # Drafts before RFC 9901 wrote both members beside the signature.
    given, place = (header, child(path, "header")) if header else (envelope, "$")
    disclosures = _texts(given, place)
    return Parts(
        jws=jws,
        disclosures=disclosures,
        presented=put_together(f"{protected}.{payload}.{signature}", disclosures),
        key_binding=optional_str(given, "kb_jwt", place),
    )


def _first_signature(envelope: JsonObject) -> tuple[str, JsonObject]:
    if "signatures" not in envelope:
        return "$", envelope
    if not {"signature", "protected", "header"}.isdisjoint(envelope):
        raise MalformedProof("a JWS is either in the general or the flattened form")
    signatures = required(envelope, "signatures", list, "$")
    if not 0 < len(signatures) <= MAX_SIGNATURES:
        message = f"a JWS has 1 to {MAX_SIGNATURES} signatures"
        raise MalformedProof(message, path="$.signatures")
    # The disclosures stand with the first signature alone (RFC 9901 section 8.3).
    first, *others = (
        (f"$.signatures[{index}]", as_object(one, f"$.signatures[{index}]"))
        for index, one in enumerate(signatures)
    )
    for path, one in others:
        header = optional(one, "header", dict, path) or {}
        for name in _OWN:
            if name in header:
                message = "this stands with the first signature, or nowhere"
                raise MalformedProof(message, path=child(child(path, "header"), name))
    return first


def _texts(header: JsonObject, path: str) -> tuple[str, ...]:
    values = optional(header, "disclosures", list, path) or []
    place = child(path, "disclosures")
    return tuple(as_str(value, child(place, i)) for i, value in enumerate(values))
