"""Credentials and presentations of VCDM 2.0 as SD-JWTs: ``vc+sd-jwt``, ``vp+sd-jwt``.

The payload, once its disclosures are in their places, *is* the document. Drafts of
SD-JWT VC used the same ``typ`` for a set of claims with a ``vct``; which of the two it
is, the content decides, and what could be both or neither is refused.

What a credential says about itself (when it ends, where its status is, whom it binds)
is nobody's to hide, and a digest that no disclosure answers could stand for any of it.
So a holder may keep back claims of the subject and ``evidence``, and nothing else; and
a presentation is shown whole.

Spec: https://www.w3.org/TR/vc-jose-cose/#with-sd-jwt,
https://www.rfc-editor.org/rfc/rfc9901#section-9.7
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_list
from medid.core.records import replace
from medid.errors import MalformedProof, child
from medid.securing.jose.document_claims import check_claims, check_content_type
from medid.securing.jose.jws import media_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject
    from medid.securing.jose.claims import RegisteredClaims
    from medid.securing.sd_jwt.processing import Processed

VC_SD_JWT: Final = "vc+sd-jwt"
VP_SD_JWT: Final = "vp+sd-jwt"
# The content type that each type allows.
_CONTENT: Final[Mapping[str, str]] = MappingProxyType(
    {VC_SD_JWT: "vc", VP_SD_JWT: "vp"}
)
EVIDENCE: Final = "evidence"
# The members of a credential in which something may be withheld.
_SELECTIVE: Final = (("credentialSubject",), (EVIDENCE,))

# Members and claims that decide whether, for what and for whom a credential counts.
# An issuer who lets a holder choose about them has made a mistake.
ALWAYS_DISCLOSED: Final = (
    "@context",
    "aud",
    "cnf",
    "credentialSchema",
    "credentialStatus",
    "exp",
    "expirationDate",
    "iss",
    "issuanceDate",
    "issuer",
    "nbf",
    "refreshService",
    "relatedResource",
    "status",
    "termsOfUse",
    "type",
    "validFrom",
    "validUntil",
)


def is_document(typ: str | None, claims: JsonObject) -> bool:
    """Whether the claims are a document of the VC data model, by typ and content.

    Raises:
        MalformedProof: The ``typ`` is that of either, and the content is that of both
            or of neither.
    """
    if typ not in _CONTENT:
        return False
    is_claims = "vct" in claims
    if is_claims is ("@context" in claims and "type" in claims):
        message = "the content is not clearly one of a document and of claims with vct"
        raise MalformedProof(message, path="$.vct")
    if is_claims and typ == VP_SD_JWT:
        raise MalformedProof("a presentation has no vct", path="$.vct")
    return not is_claims


def without_empty(processed: Processed) -> Processed:
    """``processed`` without an ``evidence`` of which nothing is shown.

    The data model knows no empty array: what is kept back as a whole is not there.
    """
    hidden = any(trail[:1] == (EVIDENCE,) for trail in processed.withheld)
    if not hidden or processed.claims.get(EVIDENCE) != []:
        return processed
    claims = {k: v for k, v in processed.claims.items() if k != EVIDENCE}
    return replace(processed, claims=claims)


def check(
    payload: JsonObject, processed: Processed, header: JsonObject
) -> RegisteredClaims:
    """The registered claims of a document, once it is shown as far as it has to be.

    Args:
        payload: What was signed, with its digests.
        processed: The same after its disclosures were processed.
        header: The protected header, with its ``typ``.

    Raises:
        MalformedProof: Something is, or may be, withheld that must be shown; or ``cty``
            names another kind of content.
        MalformedValue: A claim of another type, or in contradiction to the document.
    """
    typ = media_type(str(header["typ"]))
    check_content_type(header, _CONTENT[typ], typ=typ)
    if typ == VP_SD_JWT:
        _check_whole(processed)
    else:
        _check_in_clear(payload, processed)
    return check_claims(processed.claims, header)


def _check_whole(processed: Processed) -> None:
    if processed.withheld:
        message = "a part of the presentation is withheld"
        raise MalformedProof(message, fix="present it with all of its disclosures")


def _check_in_clear(payload: JsonObject, processed: Processed) -> None:
    claims = processed.claims
    if any(trail[:1] not in _SELECTIVE for trail in processed.withheld):
        message = "a member is withheld that may say when the credential ends"
        fix = "make claims of the subject disclosable, and nothing around them"
        raise MalformedProof(message, fix=fix)
    for name in ALWAYS_DISCLOSED:
        # A digest anywhere inside of it, or a disclosure of it, makes the two differ.
        if payload.get(name) != claims.get(name):
            message = "this member must not be selectively disclosable"
            raise MalformedProof(message, path=child("$", name))
    counts = [
        len(as_list(one.get("credentialSubject", []))) for one in (payload, claims)
    ]
    if counts[0] != counts[1]:
        # Whoever could hide one subject of two would make it the only one.
        message = "a subject must not be withheld as a whole"
        raise MalformedProof(message, path="$.credentialSubject")
