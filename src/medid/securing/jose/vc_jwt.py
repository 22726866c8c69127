"""W3C credentials and presentations as JWTs: ``vc+jwt`` and ``vp+jwt``.

The payload *is* the credential or presentation; there is no ``vc`` or ``vp`` claim.
Registered claims may stand beside its members and must not say anything else than
they do, so that no two readers see two issuers or two subjects.

Spec: https://www.w3.org/TR/vc-jose-cose/#securing-with-jose
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import optional_str
from medid.errors import (
    MalformedProof,
    MalformedValue,
    MedidError,
    ProofGenerationError,
    child,
    located,
)
from medid.securing.jose.claims import (
    REPLICATED,
    RegisteredClaims,
    check_replicated,
    read_claims,
)
from medid.securing.jose.jws import Jws, media_type, parse_compact, sign_compact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import Signer

VC_JWT: Final = "vc+jwt"
VP_JWT: Final = "vp+jwt"
# The content type that each type allows.
_CONTENT: Final[Mapping[str, str]] = MappingProxyType({VC_JWT: "vc", VP_JWT: "vp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VcJwt:
    """A credential or presentation in a JWT, of which nothing has been verified.

    Attributes:
        jws: The signature and what it covers.
        document: The credential or presentation.
        registered: The registered claims.
        is_presentation: Whether ``typ`` says ``vp+jwt``.
    """

    jws: Jws
    document: JsonObject
    registered: RegisteredClaims
    is_presentation: bool


def read(token: str | bytes, *, path: str = "$") -> VcJwt:
    """The credential or presentation of a ``vc+jwt`` or ``vp+jwt``.

    Raises:
        TooLarge: A limit was passed.
        ParsingError: Not a compact JWS, or not a JSON object in it.
        MalformedValue: A ``vc`` or ``vp`` claim, or a registered claim of another type
            or in contradiction to the document.
        MalformedProof: Another ``typ`` or ``cty``, or a header that is not supported.
        WeakCryptography: An algorithm that is not on the list.
        InvalidVerificationMethod: A key in the header, and no ``kid``.
    """
    with located(path):
        jws = parse_compact(token)
        typ = _check_types(jws.header, jws.typ)
        document = strict_json.load_object(jws.payload)
        return VcJwt(
            jws=jws,
            document=document,
            registered=check_claims(document, jws.header),
            is_presentation=typ == VP_JWT,
        )


def write(
    document: Mapping[str, JsonValue],
    signer: Signer,
    *,
    kid: str,
    typ: str = VC_JWT,
) -> str:
    """Sign ``document`` as ``vc+jwt`` or ``vp+jwt``.

    Args:
        document: The credential or presentation, with any registered claims (``nonce``
            and ``aud`` of a presentation, for instance). Never modified.
        signer: Who signs.
        kid: The verification method of the signer's key.
        typ: ``vc+jwt`` or ``vp+jwt``.

    Raises:
        ProofGenerationError: medid would refuse what was to be signed.
        SignerError: The key store refused, or could not be reached.
    """
    header: JsonObject = {"kid": kid, "typ": typ, "cty": _CONTENT.get(typ, "")}
    try:
        _check_types(header, typ)
        text = strict_json.dumps(strict_json.check(dict(document)))
        check_claims(strict_json.load_object(text), header)
    except MedidError as error:
        message = f"medid would refuse it: {error.message}"
        raise ProofGenerationError(message, path=error.path) from None
    return sign_compact(text.encode(), signer, header)


def _check_types(header: JsonObject, typ: str | None) -> str:
    if typ is None or typ not in _CONTENT:
        message = f"the typ of a credential's JWT is {VC_JWT!r} or {VP_JWT!r}"
        raise MalformedProof(message, path="$.typ")
    cty = optional_str(header, "cty", "$")
    if cty is not None and media_type(cty) != _CONTENT[typ]:
        message = f"the cty of {typ!r} is {_CONTENT[typ]!r}"
        raise MalformedProof(message, path="$.cty")
    return typ


def check_claims(
    document: JsonObject, header: JsonObject, *, names: Collection[str] = REPLICATED
) -> RegisteredClaims:
    """The registered claims beside a document's members, which must not contradict it.

    Args:
        document: The payload of a JWT, or of a COSE message.
        header: What else the signature covers.
        names: The claims that may stand in the header.

    Raises:
        MalformedValue: A ``vc`` or ``vp`` claim, or a registered claim of another type
            or in contradiction to the header or to the document.
    """
    for name in ("vc", "vp"):
        if name in document:
            message = f"the payload is the document; there is no {name!r} claim"
            raise MalformedValue(message, path=child("$", name))
    check_replicated(header, document, names=names)
    replicas: JsonObject = {name: header[name] for name in names if name in header}
    # A claim in the header alone must not contradict the document either.
    claims = read_claims({**replicas, **document})
    _check_party(claims.issuer, _signers(document), "$.iss")
    _check_party(claims.subject, _subjects(document), "$.sub")
    _check_party(claims.token_id, _identifiers(document), "$.jti")
    return claims


def _check_party(claim: str | None, named: list[JsonValue], path: str) -> None:
    """Return if every member that the claim repeats says the same as the claim."""
    if claim is not None and any(value != claim for value in named):
        raise MalformedValue("this claim contradicts the document", path=path)


def _signers(document: JsonObject) -> list[JsonValue]:
    return [
        _identity(document[name]) for name in ("issuer", "holder") if name in document
    ]


def _subjects(document: JsonObject) -> list[JsonValue]:
    subject = document.get("credentialSubject", [])
    subjects = subject if isinstance(subject, list) else [subject]
    return [_identity(one) for one in subjects]


def _identifiers(document: JsonObject) -> list[JsonValue]:
    return [document["id"]] if "id" in document else []


def _identity(value: JsonValue) -> JsonValue:
    return value.get("id") if isinstance(value, dict) else value
