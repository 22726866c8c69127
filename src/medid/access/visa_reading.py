"""From a JWT to a visa: read strictly, with nothing verified.

Only the Visa Document Token format is read. A visa of a custom type is ignored, as the
specification asks of whoever does not support it. A Visa Access Token would have to be
asked about at its issuer every hour; it is refused.

Spec: https://ga4gh.github.io/data-security/ga4gh-passport#visa-format,
https://ga4gh.github.io/data-security/aai-openid-connect-profile#visa-document-token-format
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from medid.access.visa_conditions import read_conditions
from medid.access.visa_types import AUTHORITIES, Visa, VisaIdentity
from medid.core import json as strict_json
from medid.core.fields import optional_str, required, required_str
from medid.errors import (
    InvalidDomain,
    InvalidVerificationMethod,
    MalformedProof,
    MalformedValue,
    TooLarge,
    WeakCryptography,
    child,
)
from medid.securing.jose import Jws, parse_compact
from medid.securing.jose.claims import check_replicated, numeric_date, read_claims
from medid.trust.visas import (
    ACCEPTED_TERMS,
    AFFILIATION_AND_ROLE,
    CONTROLLED_ACCESS,
    LINKED_IDENTITIES,
    RESEARCHER_STATUS,
    VISA_TYPES,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from medid.access.visa_conditions import Conditions
    from medid.core.instant import Instant, Window
    from medid.core.json import JsonObject
    from medid.securing.jose.claims import RegisteredClaims

MAX_VISA_CHARACTERS: Final = 32_768  # a grant takes 1 kB, ten linked identities 2 kB
MAX_URL_CLAIM: Final = 255  # characters; the specification's own limit
MAX_LINKED: Final = 64  # identities in one visa; people have a handful

#: The only algorithms of the profile.
VISA_ALGORITHMS: Final = frozenset({"ES256", "RS256"})

_VISA_TYPS: Final = (None, "vnd.ga4gh.visa+jwt", "jwt")
_OBJECT: Final = "ga4gh_visa_v1"
_HERE: Final = "$.ga4gh_visa_v1"
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+")
# eduPersonScopedAffiliation, or a custom role with its namespace.
_STANDARD_ROLES: Final = frozenset({"faculty", "student", "member"})
_CUSTOM_ROLE: Final = re.compile(r"[a-z][a-z0-9_\-]*\.[a-z][a-z0-9_\-]*")
_ENCODED: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedToken:
    """A JWT of the profile, of which nothing has been verified.

    Attributes:
        jws: What was signed.
        kid: The name of the key.
        payload: The claims as they stand.
        identity: Whom it is about.
        window: From ``nbf`` to ``exp``, which is there.
        issued_at: ``iat``.
        audience: ``aud``; empty where there is none.
    """

    jws: Jws = field(repr=False)
    kid: str
    payload: JsonObject = field(repr=False, hash=False)
    identity: VisaIdentity = field(repr=False)
    window: Window
    issued_at: Instant
    audience: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedVisa:
    """A visa of a standard type, of which nothing has been verified.

    Attributes:
        token: The JWT that carries it.
        visa: What it says.
        asserted: When its source said so.
        conditions: Which other visas it needs; ``None`` for none.
        linked: The identities that it says are one person's: that of the JWT, and of a
            LinkedIdentities visa those in its value.
        digest: SHA-256 (hex) of the JWT.
    """

    token: OpenedToken
    visa: Visa
    asserted: Instant
    conditions: Conditions | None
    linked: frozenset[VisaIdentity] = field(repr=False)
    digest: str


def open_token(text: str, *, typs: Collection[str | None]) -> OpenedToken:
    """A visa or passport in its parts.

    Args:
        text: The compact JWS.
        typs: What its ``typ`` may be.

    Raises:
        TooLarge: Header or payload pass their limit.
        ParsingError: Not a compact JWS whose payload is a JSON object, strictly read.
        MalformedValue: A claim is missing or not of its form.
        MalformedProof: Another ``typ``, or a header parameter that is not supported.
        WeakCryptography: An algorithm that the profile does not have.
        InvalidVerificationMethod: The header has no ``kid``.
        InvalidSignature: A signature whose length is not one of the algorithm's.
    """
    jws = parse_compact(text)
    if jws.alg not in VISA_ALGORITHMS:
        message = "visas and passports are signed with ES256 or RS256"
        raise WeakCryptography(message, path="$.alg")
    if jws.typ not in typs:
        raise MalformedProof("the typ is not that of such a token", path="$.typ")
    if jws.kid is None:
        message = "the header does not say which key"
        raise InvalidVerificationMethod(message, path="$.kid")
    payload = strict_json.load_object(jws.payload)
    check_replicated(jws.header, payload)
    claims = read_claims(payload)
    return OpenedToken(
        jws=jws,
        kid=jws.kid,
        payload=payload,
        identity=VisaIdentity(
            required_str(payload, "iss", "$"), required_str(payload, "sub", "$")
        ),
        window=_window(claims),
        issued_at=_required(claims.issued_at, "iat"),
        audience=claims.audience,
    )


def _window(claims: RegisteredClaims) -> Window:
    _required(claims.window.end, "exp")
    return claims.window


def _required(moment: Instant | None, name: str) -> Instant:
    if moment is None:
        message = f"the claim {name!r} is missing"
        raise MalformedValue(message, path=child("$", name))
    return moment


def read_visa(text: str) -> OpenedVisa | None:
    """The visa in a JWT; ``None`` for one of a custom type.

    Raises:
        MedidError: As ``open_token`` does.
        TooLarge: The JWT, a URL claim, the conditions or the linked identities pass
            their limit.
        MalformedValue: A member of the visa is missing, not of its form, or not
            understood.
        MalformedProof: A Visa Access Token, or a passport.
        InvalidDomain: It was made for somebody else.
    """
    if len(text) > MAX_VISA_CHARACTERS:
        raise TooLarge(f"a visa has at most {MAX_VISA_CHARACTERS} characters")
    token = open_token(text, typs=_VISA_TYPS)
    _check_document_token(token)
    stated = required(token.payload, _OBJECT, dict, "$")
    kind = required_str(stated, "type", _HERE)
    if kind not in VISA_TYPES:
        return None
    visa = Visa(
        type=kind,
        value=required_str(stated, "value", _HERE),
        source=_url(stated, "source"),
        by=_authority(stated, kind),
    )
    _FORMS[kind](stated)
    asserted = _required(numeric_date(stated, "asserted", _HERE), "asserted")
    linked = {token.identity}
    if kind == LINKED_IDENTITIES:
        linked |= _linked(visa.value)
    return OpenedVisa(
        token=token,
        visa=visa,
        asserted=asserted,
        conditions=_conditions(stated),
        linked=frozenset(linked),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _check_document_token(token: OpenedToken) -> None:
    if "ga4gh_passport_v1" in token.payload:
        raise MalformedProof("a passport is no visa", path="$.ga4gh_passport_v1")
    scope = optional_str(token.payload, "scope", "$") or ""
    if "openid" in scope.split(" "):
        message = "an access token whose issuer would have to be asked every hour"
        raise MalformedProof(message, path="$.scope")
    if token.audience:
        raise InvalidDomain("this token was made for others", path="$.aud")


def _conditions(stated: JsonObject) -> Conditions | None:
    if "conditions" not in stated:
        return None
    return read_conditions(stated["conditions"], child(_HERE, "conditions"))


# Which authority each type has to have; who is unknown (None) has none of them.
_ANY: Final = frozenset({*AUTHORITIES, None})
_BY: Final[Mapping[str, frozenset[str | None]]] = MappingProxyType(
    {
        AFFILIATION_AND_ROLE: _ANY,
        ACCEPTED_TERMS: frozenset(AUTHORITIES),
        RESEARCHER_STATUS: _ANY,
        # Nobody grants access to himself, or to a peer, or links himself to another.
        CONTROLLED_ACCESS: frozenset({"system", "so", "dac"}),
        LINKED_IDENTITIES: frozenset({"system", "so", "dac"}),
    }
)


def _authority(stated: JsonObject, kind: str) -> str | None:
    by = optional_str(stated, "by", _HERE)
    if by not in _BY[kind]:
        message = "not an authority that can assert a visa of this type"
        raise MalformedValue(message, path=child(_HERE, "by"))
    return by


def _url(stated: JsonObject, name: str) -> str:
    text, place = required_str(stated, name, _HERE), child(_HERE, name)
    if len(text) > MAX_URL_CLAIM:
        message = f"a URL claim has at most {MAX_URL_CLAIM} characters"
        raise TooLarge(message, path=place)
    if not _URL.fullmatch(text):
        raise MalformedValue("not a URL", path=place)
    return text


def _value_is_url(stated: JsonObject) -> None:
    _url(stated, "value")


def _value_is_role(stated: JsonObject) -> None:
    role, affiliation = split_role(required_str(stated, "value", _HERE))
    if not affiliation:
        message = "not a role, @ and an affiliation"
        raise MalformedValue(message, path=child(_HERE, "value"))
    if role not in _STANDARD_ROLES and not _CUSTOM_ROLE.fullmatch(role):
        message = "neither faculty, student or member, nor a custom role"
        raise MalformedValue(message, path=child(_HERE, "value"))


def split_role(value: str) -> tuple[str, str]:
    """The role and the affiliation of an AffiliationAndRole; each may be empty."""
    role, _, affiliation = value.partition("@")
    return role, affiliation


def is_of(affiliation: str, value: str) -> bool:
    """Whether an AffiliationAndRole says faculty, student or member of just this."""
    role, found = split_role(value)
    return found == affiliation and role in _STANDARD_ROLES


def _value_is_links(stated: JsonObject) -> None:
    _linked(required_str(stated, "value", _HERE))


def _linked(value: str) -> frozenset[VisaIdentity]:
    """The identities in the value of a LinkedIdentities visa."""
    place = child(_HERE, "value")
    entries = value.split(";", MAX_LINKED)
    if len(entries) > MAX_LINKED:
        raise TooLarge(f"more than {MAX_LINKED} identities", path=place)
    found = set()
    for entry in entries:
        sub, _, iss = entry.partition(",")
        if "," in iss:
            raise MalformedValue("not a sub and an iss", path=place)
        found.add(VisaIdentity(_decoded(iss, place), _decoded(sub, place)))
    return frozenset(found)


def _decoded(text: str, path: str) -> str:
    if not _ENCODED.fullmatch(text):
        raise MalformedValue("not URI-encoded", path=path)
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        raise MalformedValue("not URI-encoded UTF-8", path=path) from None


_FORMS: Final[Mapping[str, Callable[[JsonObject], None]]] = MappingProxyType(
    {
        AFFILIATION_AND_ROLE: _value_is_role,
        ACCEPTED_TERMS: _value_is_url,
        RESEARCHER_STATUS: _value_is_url,
        CONTROLLED_ACCESS: _value_is_url,
        LINKED_IDENTITIES: _value_is_links,
    }
)
