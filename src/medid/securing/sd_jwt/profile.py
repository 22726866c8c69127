"""SD-JWT VC: what a credential in an SD-JWT must say, and may not leave to its holder.

Spec: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/#section-2.2,
https://www.rfc-editor.org/rfc/rfc9901#section-9.7,
https://www.rfc-editor.org/rfc/rfc7800#section-3.1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import optional, optional_str, required_str, strings
from medid.errors import MalformedProof, MalformedValue, child
from medid.keys import PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.core.json import JsonObject

SD_JWT_VC: Final = "dc+sd-jwt"
# Drafts until November 2024 called it vc+sd-jwt.
MEDIA_TYPES: Final = frozenset({SD_JWT_VC, "vc+sd-jwt"})

# Claims that decide whether and for whom a credential is valid (section 2.2.2.3).
# A holder who could withhold one could outlive his own revocation.
ALWAYS_DISCLOSED: Final = (
    "iss",
    "nbf",
    "exp",
    "cnf",
    "vct",
    "vct#integrity",
    "aka_vcts",
    "status",
)
# Of these no more than single elements of an array: who is to read a credential is as
# critical as those, and RFC 9901 section 9.7 lets an issuer leave names of others out.
_SHOWN_IN_PART: Final = "aud"
# What says in the VC data model when a credential ends, or where its status is. Among
# the claims of an SD-JWT VC nobody asks it.
_OF_DOCUMENTS: Final = ("credentialStatus", "expirationDate", "validFrom", "validUntil")
# At most one of them says which key it is (RFC 7800 section 3.1).
_CONFIRMED_BY: Final = ("jwk", "jwe", "jku")


def check_type(typ: str | None) -> None:
    """Return if the issuer's JWT says that it is an SD-JWT VC.

    Raises:
        MalformedProof: Another ``typ``, or none.
    """
    if typ not in MEDIA_TYPES:
        raise MalformedProof(f"the typ of an SD-JWT VC is {SD_JWT_VC!r}", path="$.typ")


def check_claims(
    payload: JsonObject,
    claims: JsonObject,
    disclosed: Iterable[str | int],
    *,
    certified: bool = False,
) -> None:
    """Return if the claims are those of an SD-JWT VC.

    Args:
        payload: What the issuer signed, with its digests.
        claims: The same after its disclosures were processed.
        disclosed: The top-level claims that came from a disclosure.
        certified: Whether a certificate in the header says who the issuer is, so that
            ``iss`` may be missing.

    Raises:
        MalformedProof: A claim is selectively disclosable that must not be, or the
            claims are a document of the VC data model, with limits of its own.
        MalformedValue: ``iss`` or ``vct`` is missing, or a claim is of another type.
    """
    names = set(disclosed)
    for name in ALWAYS_DISCLOSED:
        # A digest anywhere inside of it makes the two differ.
        if name in names or payload.get(name) != claims.get(name):
            raise _hidden(name)
    if _SHOWN_IN_PART in names:
        raise _hidden(_SHOWN_IN_PART)
    if "iss" in claims or not certified:
        required_str(claims, "iss", "$")
    _check_types(required_str(claims, "vct", "$"), claims)
    optional_str(claims, "vct#integrity", "$")
    optional(claims, "status", dict, "$")
    _check_no_document(claims)


def _check_no_document(claims: JsonObject) -> None:
    """Return if nothing that limits a document of the VC data model goes unread.

    Without an ``@context`` the names are those of any other claim.
    """
    for name in _OF_DOCUMENTS if "@context" in claims else ():
        if name in claims:
            message = "this member of the VC data model does not count in an SD-JWT VC"
            raise MalformedProof(message, path=child("$", name))


def _hidden(name: str) -> MalformedProof:
    message = "this claim must not be selectively disclosable"
    return MalformedProof(message, path=child("$", name))


def _check_types(vct: str, claims: JsonObject) -> None:
    further = optional(claims, "aka_vcts", list, "$")
    if further is None:
        return
    path = child("$", "aka_vcts")
    if vct in strings(list(further), path):
        raise MalformedValue("it repeats the vct", path=path)


def confirmation(claims: JsonObject) -> tuple[PublicKey | None, str | None]:
    """The holder's key (``cnf.jwk``) or its name (``cnf.kid``), where there is one.

    Raises:
        MalformedValue: ``cnf`` or its ``kid`` is of another type, or there are several
            keys in it.
        InvalidKey: ``cnf.jwk`` is not a public key that medid supports.
        WeakCryptography: ``cnf.jwk`` is symmetric or of small order.
    """
    cnf = optional(claims, "cnf", dict, "$")
    if cnf is None:
        return None, None
    if sum(name in cnf for name in _CONFIRMED_BY) > 1:
        # Two readers would ask two holders for a signature.
        raise MalformedValue("cnf has more than one key", path="$.cnf")
    kid = optional_str(cnf, "kid", "$.cnf")
    if "jwk" not in cnf:
        return None, kid
    return PublicKey.from_jwk(cnf["jwk"], path="$.cnf.jwk"), kid
