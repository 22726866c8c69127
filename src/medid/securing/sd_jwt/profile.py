"""SD-JWT VC: what a credential in an SD-JWT must say, and may not leave to its holder.

Spec: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/#section-3.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import optional, optional_str, required_str
from medid.errors import MalformedProof, child
from medid.keys import PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from medid.core.json import JsonObject

SD_JWT_VC: Final = "dc+sd-jwt"
# Drafts until November 2024 called it vc+sd-jwt.
MEDIA_TYPES: Final = frozenset({SD_JWT_VC, "vc+sd-jwt"})

# Claims that decide whether and for whom a credential is valid (section 3.2.2.2).
# A holder who could withhold one could outlive his own revocation.
ALWAYS_DISCLOSED: Final = (
    "iss",
    "nbf",
    "exp",
    "cnf",
    "vct",
    "vct#integrity",
    "status",
)


def check_type(typ: str | None) -> None:
    """Return if the issuer's JWT says that it is an SD-JWT VC.

    Raises:
        MalformedProof: Another ``typ``, or none.
    """
    if typ not in MEDIA_TYPES:
        raise MalformedProof(f"the typ of an SD-JWT VC is {SD_JWT_VC!r}", path="$.typ")


def check_claims(
    payload: JsonObject, claims: JsonObject, disclosed: Iterable[str | int]
) -> None:
    """Return if the claims are those of an SD-JWT VC.

    Args:
        payload: What the issuer signed, with its digests.
        claims: The same after its disclosures were processed.
        disclosed: The top-level claims that came from a disclosure.

    Raises:
        MalformedProof: A claim is selectively disclosable that must not be.
        MalformedValue: ``iss`` or ``vct`` is missing, or a claim is of another type.
    """
    names = set(disclosed)
    for name in ALWAYS_DISCLOSED:
        # A digest anywhere inside of it makes the two differ.
        if name in names or payload.get(name) != claims.get(name):
            message = "this claim must not be selectively disclosable"
            raise MalformedProof(message, path=child("$", name))
    required_str(claims, "iss", "$")
    required_str(claims, "vct", "$")
    optional_str(claims, "vct#integrity", "$")
    optional(claims, "status", dict, "$")


def confirmation(claims: JsonObject) -> tuple[PublicKey | None, str | None]:
    """The holder's key (``cnf.jwk``) or its name (``cnf.kid``), where there is one.

    Raises:
        MalformedValue: ``cnf`` or its ``kid`` is of another type.
        InvalidKey: ``cnf.jwk`` is not a public key that medid supports.
        WeakCryptography: ``cnf.jwk`` is symmetric or of small order.
    """
    cnf = optional(claims, "cnf", dict, "$")
    if cnf is None:
        return None, None
    kid = optional_str(cnf, "kid", "$.cnf")
    if "jwk" not in cnf:
        return None, kid
    return PublicKey.from_jwk(cnf["jwk"], path="$.cnf.jwk"), kid
