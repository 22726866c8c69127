"""Registered claims beside a credential or presentation: they must say what it says.

In ``vc+jwt`` and ``vc+sd-jwt`` the payload *is* the document, and registered claims may
stand beside its members. No claim may say anything else than they do, so that no two
readers see two issuers or two subjects.

Spec: https://www.w3.org/TR/vc-jose-cose/#jose-header-parameters-and-jwt-claims
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core.fields import as_list, optional, optional_str
from medid.core.instant import Instant
from medid.core.json import every_object
from medid.core.records import replace
from medid.errors import MalformedProof, MalformedValue, child
from medid.securing.jose.claims import (
    REPLICATED,
    RegisteredClaims,
    check_replicated,
    read_claims,
)
from medid.securing.jose.jws import media_type

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from medid.core.json import JsonObject, JsonValue

# The reserved names of an SD-JWT. Without its disclosures one would pass for a JWT.
_DIGESTS: Final = frozenset({"_sd", "_sd_alg", "..."})


def check_no_digests(payload: JsonObject) -> None:
    """Return if nothing of ``payload`` belongs to an SD-JWT.

    A digest may stand for anything, an end or a status among it. What its holder took
    from the disclosures would be read as if its issuer had never said it.

    Raises:
        MalformedProof: A member has a name that an SD-JWT reserves.
    """
    if not all(_DIGESTS.isdisjoint(one) for one in every_object(payload)):
        raise MalformedProof("this is an SD-JWT without its disclosures")


def check_content_type(header: JsonObject, expected: str, *, typ: str) -> None:
    """Return if the header's ``cty``, where it has one, is ``expected``.

    Raises:
        MalformedValue: ``cty`` is not a string.
        MalformedProof: It names another kind of content than ``typ`` does.
    """
    cty = optional_str(header, "cty", "$")
    if cty is not None and media_type(cty) != expected:
        raise MalformedProof(f"the cty of {typ!r} is {expected!r}", path="$.cty")


def check_claims(
    document: JsonObject, header: JsonObject, *, names: Collection[str] = REPLICATED
) -> RegisteredClaims:
    """The registered claims beside ``document``, once they agree with it.

    Args:
        document: The payload, which is the credential or presentation itself.
        header: What the signature covers beside it.
        names: The claims that may stand in the header.

    Raises:
        MalformedValue: A ``vc`` or ``vp`` claim, or a registered claim of another type
            or in contradiction to the document.
    """
    for name in ("vc", "vp"):
        if name in document:
            message = f"the payload is the document; there is no {name!r} claim"
            raise MalformedValue(message, path=child("$", name))
    claims = _dated(with_replicas(header, document, names=names))
    check_party(claims.issuer, _signers(document), "$.iss")
    check_party(claims.subject, _subjects(document), "$.sub")
    check_party(claims.token_id, _identifiers(document), "$.jti")
    return claims


def with_replicas(
    header: JsonObject, claims: JsonObject, *, names: Collection[str] = REPLICATED
) -> JsonObject:
    """``claims``, and those of ``names`` that stand in the header alone.

    Spec: https://www.rfc-editor.org/rfc/rfc7519#section-5.3

    Raises:
        MalformedValue: A header parameter contradicts the claim of its name, or is a
            ``status`` that is no object.
    """
    check_replicated(header, claims, names=names)
    # Among the members of a document it may be a term. In a header it names a list, and
    # what names none must not pass for a credential that has none.
    optional(header, "status", dict, "$")
    return {**{one: header[one] for one in names if one in header}, **claims}


def check_party(claim: str | None, named: list[JsonValue], path: str) -> None:
    """Return if every member that the claim repeats says the same as the claim.

    Raises:
        MalformedValue: One says something else.
    """
    if claim is not None and any(value != claim for value in named):
        raise MalformedValue("this claim contradicts the document", path=path)


def identity(value: JsonValue) -> JsonValue:
    """The ``id`` of an object; any other value stands for itself."""
    return value.get("id") if isinstance(value, dict) else value


def _dated(claims: Mapping[str, JsonValue]) -> RegisteredClaims:
    text = claims.get("iat")
    if not isinstance(text, str):
        return read_claims(claims)
    # The working group's own test suite writes ``iat`` as the data model writes dates.
    # It has one reading and can only narrow when a document counts, so it is read; what
    # ends a document, ``exp``, is a NumericDate.
    issued_at = Instant.parse(text, path="$.iat")
    rest = {name: value for name, value in claims.items() if name != "iat"}
    return replace(read_claims(rest), issued_at=issued_at)


def _signers(document: JsonObject) -> list[JsonValue]:
    return [
        identity(document[name]) for name in ("issuer", "holder") if name in document
    ]


def _subjects(document: JsonObject) -> list[JsonValue]:
    return [identity(one) for one in as_list(document.get("credentialSubject", []))]


def _identifiers(document: JsonObject) -> list[JsonValue]:
    return [document["id"]] if "id" in document else []
