"""W3C credentials and presentations as JWTs: ``vc+jwt`` and ``vp+jwt``.

The payload *is* the credential or presentation; there is no ``vc`` or ``vp`` claim,
which belongs to version 1.1 of the data model (``jwt_vc_1_1``).

Spec: https://www.w3.org/TR/vc-jose-cose/#securing-with-jose
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.errors import (
    MalformedProof,
    MedidError,
    ProofGenerationError,
    located,
)
from medid.securing.jose.document_claims import (
    check_claims,
    check_content_type,
    check_no_digests,
)
from medid.securing.jose.jws import Jws, parse_compact, sign_compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import Signer
    from medid.securing.jose.claims import RegisteredClaims

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
        is_presentation: Whether it is said to be a presentation.
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
        MalformedProof: Another ``typ`` or ``cty``, a header that is not supported, or
            an SD-JWT without its disclosures.
        WeakCryptography: An algorithm that is not on the list.
        InvalidVerificationMethod: A key in the header, and no ``kid``.
    """
    with located(path):
        return from_jws(parse_compact(token))


def from_jws(jws: Jws) -> VcJwt:
    """As ``read``, of a JWS that is parsed already.

    Raises:
        MedidError: As ``read`` does.
    """
    typ = _check_types(jws.header, jws.typ)
    document = strict_json.load_object(jws.payload)
    return VcJwt(
        jws=jws,
        document=document,
        registered=_check_claims(document, jws.header),
        is_presentation=typ == VP_JWT,
    )


def write(
    document: Mapping[str, JsonValue],
    signer: Signer,
    *,
    kid: str,
    typ: str = VC_JWT,
    checked: bool = False,
) -> str:
    """Sign ``document`` as ``vc+jwt`` or ``vp+jwt``.

    Args:
        document: The credential or presentation, with any registered claims (``nonce``
            and ``aud`` of a presentation, for instance). Never modified.
        signer: Who signs.
        kid: The verification method of the signer's key.
        typ: ``vc+jwt`` or ``vp+jwt``.
        checked: Whether it is what ``strict_json.check`` gave.

    Raises:
        ProofGenerationError: medid would refuse what was to be signed.
        SignerError: The key store refused, or could not be reached.
    """
    header: JsonObject = {"kid": kid, "typ": typ, "cty": _CONTENT.get(typ, "")}
    try:
        _check_types(header, typ)
        strict = dict(document) if checked else strict_json.check_object(document)
        _check_claims(strict, header)
        text = strict_json.dumps(strict)
    except MedidError as error:
        message = f"medid would refuse it: {error.code}: {error.message}"
        raise ProofGenerationError(message, path=error.path) from error
    return sign_compact(text.encode(), signer, header)


def _check_claims(document: JsonObject, header: JsonObject) -> RegisteredClaims:
    check_no_digests(document)
    return check_claims(document, header)


def _check_types(header: JsonObject, typ: str | None) -> str:
    if typ is None or typ not in _CONTENT:
        message = f"the typ of a credential's JWT is {VC_JWT!r} or {VP_JWT!r}"
        raise MalformedProof(message, path="$.typ")
    check_content_type(header, _CONTENT[typ], typ=typ)
    return typ
