"""W3C credentials and presentations of version 1.1 as JWTs, in ``vc`` and ``vp``.

Registered claims stand for members of the document: ``iss`` for its issuer or holder,
``nbf`` and ``exp`` for the days between which it holds, ``jti`` for its id, ``sub`` for
its subject. A member that its claim stands for may be left out; where both are there
they say the same, but that a claim may leave out the fraction of a second. What is
given out is the one document that results, so that nobody can read the claims and
another the members. ``status`` stands for no member: a credential whose token has one
is on a token status list, whatever its ``credentialStatus`` says.

A token is either this or a ``vc+jwt`` (``vc_jwt``), as its ``typ`` says: never both.

Spec: https://www.w3.org/TR/2022/REC-vc-data-model-20220303/#jwt-decoding,
https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-6.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from medid.core import json as strict_json
from medid.core.fields import as_list, as_object, as_str, optional, required
from medid.core.instant import Instant
from medid.errors import (
    MalformedProof,
    MalformedValue,
    MedidError,
    ProofGenerationError,
    child,
    located,
)
from medid.securing.jose.claims import RegisteredClaims, read_claims
from medid.securing.jose.document_claims import (
    check_no_digests,
    check_party,
    identity,
    with_replicas,
)
from medid.securing.jose.jws import Jws, parse_compact, sign_compact
from medid.securing.jose.vc_jwt import VcJwt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import Signer

TYP: Final = "JWT"
VC: Final = "vc"
VP: Final = "vp"

# Members of a document that stand beside the claim which holds the document. Whoever
# reads the payload as a document would read another one than whoever reads the claim,
# and an end or a status that stands there would go unseen.
_MISPLACED: Final = (
    "@context",
    "@graph",
    "@id",
    "@type",
    "credentialSchema",
    "credentialStatus",
    "credentialSubject",
    "expirationDate",
    "holder",
    "id",
    "issuanceDate",
    "issuer",
    "proof",
    "refreshService",
    "termsOfUse",
    "type",
    "validFrom",
    "validUntil",
    "vct",
    "verifiableCredential",
)
_END: Final = "expirationDate"
_SECOND: Final = 1_000_000_000  # nanoseconds


def is_named(typ: str | None) -> bool:
    """Whether ``typ``, as ``Jws.typ`` spells it, leaves a token to this module."""
    return typ is None or typ == TYP.lower()


def read(token: str | bytes, *, path: str = "$") -> VcJwt:
    """The credential or presentation of a JWT with a ``vc`` or ``vp`` claim.

    Raises:
        TooLarge: A limit was passed.
        ParsingError: Not a compact JWS, or not a JSON object in it.
        MalformedValue: Not exactly one of the two claims, members beside it, or a
            registered claim of another type or in contradiction to the document.
        MalformedProof: Another ``typ``, a ``cty``, a second proof, or an SD-JWT.
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
    if not is_named(jws.typ):
        raise MalformedProof(f"the typ of such a JWT is {TYP!r}", path="$.typ")
    if "cty" in jws.header:
        message = "the payload is a set of claims, which has no cty"
        raise MalformedProof(message, path="$.cty")
    payload = strict_json.load_object(jws.payload)
    document, registered = _decoded(payload, jws.header)
    return VcJwt(
        jws=jws,
        document=document,
        registered=registered,
        is_presentation=VP in payload,
    )


def write(
    document: Mapping[str, JsonValue],
    signer: Signer,
    *,
    kid: str,
    claims: Mapping[str, JsonValue],
) -> str:
    """Sign ``document``, with each registered claim that stands for a member of it.

    Args:
        document: The credential or presentation, of version 1.1. Never modified.
        signer: Who signs.
        kid: The verification method of the signer's key.
        claims: Further claims: ``nonce`` and ``aud`` of a presentation, for instance.

    Raises:
        ProofGenerationError: medid would refuse what was to be signed.
        SignerError: The key store refused, or could not be reached.
    """
    header: JsonObject = {"kid": kid, "typ": TYP}
    try:
        copy = strict_json.check_object(document)
        text = strict_json.dumps(strict_json.check({**claims, **_with_claims(copy)}))
        _decoded(strict_json.load_object(text), header)
    except MedidError as error:
        message = f"medid would refuse it: {error.code}: {error.message}"
        raise ProofGenerationError(message, path=error.path) from error
    return sign_compact(text.encode(), signer, header)


def _decoded(
    payload: JsonObject, header: JsonObject
) -> tuple[JsonObject, RegisteredClaims]:
    """The document that ``payload`` stands for, and the claims that went into it.

    1. There is one of the two claims, and no document beside it.
    2. Nothing in it belongs to an SD-JWT, and it has no second proof.
    3. The registered claims are typed, and ``status`` is an object.
    4. They become members of the document, or agree with those that are there.
    """
    name = _claim(payload)
    check_no_digests(payload)
    path = child("$", name)
    content = required(payload, name, dict, "$")
    if "proof" in content:
        message = "beside its JWT the document has a proof of its own"
        raise MalformedProof(message, path=child(path, "proof"))
    # Beside the document it is no term of it: it names a list, or nothing at all.
    optional(payload, "status", dict, "$")
    claims = read_claims(with_replicas(header, payload))
    if name == VP:
        return {**content, **_parties(content, "holder", claims)}, claims
    merged = {**content, **_parties(content, "issuer", claims)}
    for member, claim, moment in (
        ("issuanceDate", "nbf", claims.window.start),
        (_END, "exp", claims.window.end),
    ):
        merged |= _date(content, member, moment, child("$", claim))
    return {**merged, **_subject(content, claims.subject)}, claims


def _claim(payload: JsonObject) -> str:
    names = [name for name in (VC, VP) if name in payload]
    if len(names) != 1:
        message = "a JWT of version 1.1 has either a vc or a vp claim"
        raise MalformedValue(message, path="$.vc")
    for name in _MISPLACED:
        if name in payload:
            message = f"this member belongs into the {names[0]!r} claim"
            raise MalformedValue(message, path=child("$", name))
    return names[0]


def _parties(content: JsonObject, signer: str, claims: RegisteredClaims) -> JsonObject:
    return {
        **_party(content, signer, claims.issuer, "$.iss"),
        **_party(content, "id", claims.token_id, "$.jti"),
    }


def _party(
    content: JsonObject, name: str, claim: str | None, claim_path: str
) -> JsonObject:
    """The member ``name`` with what its claim says; nothing where there is no claim."""
    if claim is None:
        return {}
    if name not in content:
        return {name: claim}
    stated = content[name]
    if isinstance(stated, dict) and "id" not in stated:
        return {name: {**stated, "id": claim}}
    check_party(claim, [identity(stated)], claim_path)
    return {name: stated}


def _date(
    content: JsonObject, name: str, moment: Instant | None, claim_path: str
) -> JsonObject:
    if moment is None:
        return {}
    if name not in content:
        return {name: str(moment)}
    place = child(child("$", VC), name)
    stated = Instant.parse(as_str(content[name], place), path=place)
    # Most write the claim in whole seconds, and the member with its fraction.
    if moment not in {stated, Instant(stated.nanoseconds // _SECOND * _SECOND)}:
        raise MalformedValue("this claim contradicts the document", path=claim_path)
    # Of two ends the earlier one holds, and of two beginnings the later one.
    sooner = name == _END and moment != stated
    return {name: str(moment) if sooner else content[name]}


def _subject(content: JsonObject, claim: str | None) -> JsonObject:
    stated = content.get("credentialSubject")
    if claim is None or stated is None:
        return {}
    subjects = as_list(stated)
    if len(subjects) != 1:
        message = "the claim names one subject, and the credential another number"
        raise MalformedValue(message, path="$.sub")
    only = as_object(subjects[0], child(child("$", VC), "credentialSubject"))
    named = {**only, **_party(only, "id", claim, "$.sub")}
    return {"credentialSubject": [named] if isinstance(stated, list) else named}


def _with_claims(document: JsonObject) -> JsonObject:
    """The payload of ``document``: itself, and a claim for each member that has one."""
    is_presentation = "VerifiablePresentation" in as_list(document.get("type"))
    if is_presentation:
        stated = {"iss": document.get("holder"), "jti": document.get("id")}
        return {**_identities(stated), VP: document}
    subjects = as_list(document.get("credentialSubject"))
    stated = {"iss": document.get("issuer"), "jti": document.get("id")}
    if len(subjects) == 1 and isinstance(subjects[0], dict):
        stated["sub"] = subjects[0].get("id")
    dates: JsonObject = {
        claim: _numeric(as_str(document[name], child("$", name)), child("$", name))
        for name, claim in (("issuanceDate", "nbf"), (_END, "exp"))
        if name in document
    }
    return {**_identities(stated), **dates, VC: document}


def _identities(stated: JsonObject) -> JsonObject:
    found = {name: identity(value) for name, value in stated.items()}
    return {name: value for name, value in found.items() if value is not None}


def _numeric(text: str, path: str) -> JsonValue:
    moment = Instant.parse(text, path=path)
    whole, fraction = divmod(moment.nanoseconds, _SECOND)
    return moment.seconds if fraction else whole
