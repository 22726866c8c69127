"""W3C credentials and presentations in COSE: ``vc+cose`` and ``vp+cose``.

The payload *is* the credential or presentation, in JSON. Claims of a CWT may stand in
the protected header; they are judged as the registered claims of a JWT are, and must
not say anything else than the document does.

Spec: https://www.w3.org/TR/vc-jose-cose/#securing-with-cose,
https://www.w3.org/TR/vc-jose-cose/#alg-cose
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.errors import MalformedProof, MedidError, ProofGenerationError, located
from medid.securing.cose import cwt
from medid.securing.cose.sign1 import (
    CONTENT_TYPE,
    CWT_CLAIMS,
    KID,
    TYP,
    Sign1,
    media_type_of,
    parse,
    sign,
)
from medid.securing.jose.document_claims import check_claims

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.cbor import CborKey, CborValue
    from medid.core.json import JsonObject, JsonValue
    from medid.keys import Signer
    from medid.securing.jose.claims import RegisteredClaims

VC_COSE: Final = "vc+cose"
VP_COSE: Final = "vp+cose"
# The content type that each type has.
_CONTENT: Final[Mapping[str, str]] = MappingProxyType({VC_COSE: "vc", VP_COSE: "vp"})
_TYPES: Final = MappingProxyType({content: typ for typ, content in _CONTENT.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class VcCose:
    """A credential or presentation in COSE, of which nothing has been verified.

    Attributes:
        sign1: The signature and what it covers.
        document: The credential or presentation.
        registered: The CWT claims of the header, and registered claims in the document.
        is_presentation: Whether the header says ``vp+cose``.
    """

    sign1: Sign1
    document: JsonObject
    registered: RegisteredClaims
    is_presentation: bool


def read(message: bytes, *, path: str = "$") -> VcCose:
    """The credential or presentation of a ``vc+cose`` or ``vp+cose`` message.

    Raises:
        TooLarge: A limit was passed.
        ParsingError: Not a COSE_Sign1, or not a JSON object in it.
        MalformedValue: A ``vc`` or ``vp`` claim, or a claim of another type or in
            contradiction to the document.
        MalformedProof: Another type or content type, neither of them, or a header that
            is not supported.
        WeakCryptography: An algorithm that is not on the list, or none is protected.
        InvalidVerificationMethod: A key in a header and no ``kid``, or a ``kid`` that
            is no text.
    """
    with located(path):
        sign1 = parse(message)
        typ = _check_types(sign1.protected)
        document = strict_json.load_object(sign1.payload)
        return VcCose(
            sign1=sign1,
            document=document,
            registered=_claims(document, sign1.protected),
            is_presentation=typ == VP_COSE,
        )


def write(
    document: Mapping[str, JsonValue],
    signer: Signer,
    *,
    kid: str,
    typ: str = VC_COSE,
    claims: Mapping[str, str] | None = None,
    checked: bool = False,
) -> bytes:
    """Sign ``document`` as ``vc+cose`` or ``vp+cose``.

    Args:
        document: The credential or presentation. Never modified.
        signer: Who signs.
        kid: The verification method of the signer's key.
        typ: ``vc+cose`` or ``vp+cose``.
        claims: For the protected header: ``nonce`` and ``aud`` of a presentation, for
            instance, by their JWT names.
        checked: Whether the document is what ``strict_json.check`` gave.

    Raises:
        ProofGenerationError: medid would refuse what was to be signed.
        SignerError: The key store refused, or could not be reached.
    """
    header: dict[CborKey, CborValue] = {
        CONTENT_TYPE: f"application/{_CONTENT.get(typ)}",
        KID: kid.encode("utf-8"),
        TYP: f"application/{typ}",
    }
    try:
        _check_types(header)
        if claims:
            header[CWT_CLAIMS] = {**cwt.as_cwt(claims)}
        strict = dict(document) if checked else strict_json.check_object(document)
        _claims(strict, header)
        text = strict_json.dumps(strict)
    except MedidError as error:
        message = f"medid would refuse it: {error.code}: {error.message}"
        raise ProofGenerationError(message, path=error.path) from error
    return sign(text.encode(), signer, header)


def _check_types(header: Mapping[CborKey, CborValue]) -> str:
    """What the protected header says it is; the data model's own type comes later.

    The specification recommends both parameters and demands neither. One of them has
    to be there, so that nothing else that a key has signed passes for a credential.
    """
    typ, content = media_type_of(header, TYP), media_type_of(header, CONTENT_TYPE)
    known = typ if typ is not None else _TYPES.get(content or "", "")
    if known not in _CONTENT:
        message = f"the type of a credential in COSE is {VC_COSE!r} or {VP_COSE!r}"
        raise MalformedProof(message, path=f"$.protected[{TYP}]")
    if content not in {None, _CONTENT[known]}:
        message = f"the content type of {known!r} is {_CONTENT[known]!r}"
        raise MalformedProof(message, path=f"$.protected[{CONTENT_TYPE}]")
    return known


def _claims(
    document: JsonObject, header: Mapping[CborKey, CborValue]
) -> RegisteredClaims:
    stated: JsonObject = {}
    if CWT_CLAIMS in header:
        path = f"$.protected[{CWT_CLAIMS}]"
        stated = cwt.as_jwt(header[CWT_CLAIMS], path=path)
    return check_claims(document, stated, names=stated)
