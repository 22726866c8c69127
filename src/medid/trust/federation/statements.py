"""Entity statements: what an entity says about itself, or about one below it.

``read_statement`` gives what a statement claims, in the form that the specification
demands. Whose key signed it, ``verify`` asks, with the keys that somebody above stated.

Spec: https://openid.net/specs/openid-federation-1_0.html#name-entity-statement
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from medid.core import json as strict_json
from medid.core.fields import (
    as_object,
    as_str,
    optional,
    optional_str,
    required,
    required_str,
)
from medid.core.instant import Window
from medid.core.json import JsonLimits
from medid.dids.material import refuse_private_keys
from medid.errors import (
    InvalidDidDocument,
    InvalidKey,
    InvalidVerificationMethod,
    MalformedProof,
    MalformedValue,
    MedidError,
    child,
)
from medid.keys import PublicKey
from medid.securing import jose
from medid.securing.jose.claims import numeric_date
from medid.trust.federation.forms import check_forms, check_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue
    from medid.securing.jose import Jws

STATEMENT_TYPE: Final = "entity-statement+jwt"
WELL_KNOWN: Final = "/.well-known/openid-federation"
FEDERATION_ENTITY: Final = "federation_entity"
MAX_STATEMENT: Final = 131_072  # bytes, 128 KiB: an entity with 100 keys takes 40 KiB
MAX_KEYS: Final = 100  # of an entity; it has a handful
MAX_HINTS: Final = 16  # immediate superiors of an entity; it has one or two

_LIMITS: Final = JsonLimits(max_bytes=MAX_STATEMENT)
_LABEL: Final = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_SEGMENT: Final = r"/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9\-._~!$&'()*+,;=:@])*"
_ENTITY: Final = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+[a-z][a-z0-9\-]{{0,62}})(?P<port>:[0-9]{{1,5}})?"
    rf"(?P<path>(?:{_SEGMENT})*)"
)
_MAX_IDENTIFIER: Final = 2_048  # characters
# Claims of entity configurations alone, and of subordinate statements alone.
_ABOUT_ITSELF: Final = (
    "authority_hints",
    "trust_anchor_hints",
    "trust_marks",
    "trust_mark_issuers",
    "trust_mark_owners",
)
_ABOUT_ANOTHER: Final = (
    "metadata_policy",
    "metadata_policy_crit",
    "constraints",
    "source_endpoint",
)
# Claims that belong to registrations of clients, which no statement here is.
_ELSEWHERE: Final = ("aud", "trust_anchor")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityStatement:
    """One statement, of which the signature has not been verified.

    Attributes:
        envelope: The signature and what it covers.
        issuer: Who states it.
        subject: About whom; the issuer itself in an entity configuration.
        window: From ``iat``, or a later ``nbf``, to ``exp``.
        keys: The subject's federation keys, by ``kid``.
        superiors: ``authority_hints``: who stands above the subject.
        metadata: By entity type.
        claims: All claims as they stand.
    """

    envelope: Jws = field(repr=False)
    issuer: str
    subject: str
    window: Window
    keys: Mapping[str, PublicKey] = field(hash=False, repr=False)
    superiors: tuple[str, ...]
    metadata: Mapping[str, JsonObject] = field(hash=False, repr=False)
    claims: JsonObject = field(hash=False, repr=False)

    @property
    def is_configuration(self) -> bool:
        """Whether the subject states it about itself."""
        return self.issuer == self.subject

    def verify(self, keys: Mapping[str, PublicKey]) -> None:
        """Return if one of ``keys``, named by the header's ``kid``, signed it.

        Raises:
            InvalidVerificationMethod: No key of this name among them.
            WeakCryptography: The algorithm does not fit the key.
            InvalidSignature: Not a signature of this key over these bytes.
        """
        verify_with(self.envelope, keys)


def verify_with(envelope: Jws, keys: Mapping[str, PublicKey]) -> None:
    """Return if the key of ``keys`` that the header names signed ``envelope``.

    Raises:
        InvalidVerificationMethod: No key of this name among them.
        WeakCryptography: The algorithm does not fit the key.
        InvalidSignature: Not a signature of this key over these bytes.
    """
    key = keys.get(envelope.kid or "")
    if key is None:
        message = "the header's kid names none of the keys that were stated"
        raise InvalidVerificationMethod(message, path="$.kid")
    jose.verify(envelope, key)


def configuration_url(entity: str) -> str:
    """Where the configuration of ``entity`` is published.

    Raises:
        MalformedValue: Not an entity identifier.
    """
    return f"{check_entity(entity).removesuffix('/')}{WELL_KNOWN}"


def check_entity(entity: str, *, path: str = "$") -> str:
    """``entity``, which must be an https URL of a DNS name and a plain path.

    Raises:
        MalformedValue: It is not.
    """
    if not is_entity(entity):
        message = "an entity identifier is a plain https URL of a host by name"
        raise MalformedValue(message, path=path)
    return entity


def is_entity(name: str) -> bool:
    """Whether ``name`` is an entity identifier, as ``check_entity`` asks."""
    return len(name) <= _MAX_IDENTIFIER and _ENTITY.fullmatch(name) is not None


def host_of(entity: str) -> str:
    """The host in an entity identifier that ``check_entity`` let pass."""
    match = _ENTITY.fullmatch(entity)
    return "" if match is None else match["host"]


def read_statement(token: str | bytes, *, path: str = "$") -> EntityStatement:
    """The statement in a JWT.

    Raises:
        TooLarge: Longer than a statement may be.
        ParsingError: Not a JWT.
        MalformedProof: A JWT of another type, or with a chain in its header.
        MalformedValue: A claim is missing, not of its form, or stands in the wrong kind
            of statement.
        InvalidKey: A private key is published, or one that medid cannot use.
        WeakCryptography: The algorithm or a key proves nothing.
    """
    envelope = read_jwt(token, STATEMENT_TYPE, path=path)
    for name in ("trust_chain", "peer_trust_chain"):
        if name in envelope.header:
            message = "a statement is a part of chains, and carries none"
            raise MalformedProof(message, path=child(path, name))
    claims = strict_json.load_object(envelope.payload, limits=_LIMITS)
    issuer = check_entity(required_str(claims, "iss", path), path=child(path, "iss"))
    subject = check_entity(required_str(claims, "sub", path), path=child(path, "sub"))
    _check_kind(claims, path, itself=issuer == subject)
    _check_critical(claims, path)
    check_forms(claims, path)
    return EntityStatement(
        envelope=envelope,
        issuer=issuer,
        subject=subject,
        window=read_window(claims, path),
        keys=read_keys(required(claims, "jwks", dict, path), child(path, "jwks")),
        superiors=_superiors(claims, path),
        metadata=_metadata(claims, path),
        claims=claims,
    )


def read_jwt(token: str | bytes, kind: str, *, path: str = "$") -> Jws:
    """The JWT that ``token`` is, of the type ``kind`` and with a key named.

    Raises:
        MedidError: As ``jose.parse_compact`` says.
        MalformedProof: A JWT of another type.
        InvalidVerificationMethod: The header names no key.
    """
    envelope = jose.parse_compact(token, path=path)
    if envelope.typ != kind:
        message = f"the JWT is of another type than {kind}"
        raise MalformedProof(message, path=child(path, "typ"))
    if not envelope.kid:
        message = "the header names no key"
        raise InvalidVerificationMethod(message, path=child(path, "kid"))
    return envelope


def read_window(claims: JsonObject, path: str, *, endless: bool = False) -> Window:
    """From ``iat``, or a later ``nbf``, to ``exp``.

    Args:
        claims: Where they stand.
        path: Where that is.
        endless: Whether ``exp`` may be absent.

    Raises:
        MalformedValue: One is missing or no NumericDate, or the end is not after the
            start.
    """
    start = _date(claims, "iat", path)
    if "nbf" in claims:
        # No federation asks for it; who states it is not to be believed before it.
        start = max(start, _date(claims, "nbf", path))
    if endless and "exp" not in claims:
        return Window(start, None)
    end = _date(claims, "exp", path)
    if end <= start:
        raise MalformedValue("ends before it begins", path=child(path, "exp"))
    return Window(start, end)


def _date(claims: JsonObject, name: str, path: str) -> Instant:
    found = numeric_date(claims, name, path)
    if found is None:
        message = f"the member {name!r} is missing"
        raise MalformedValue(message, path=child(path, name))
    return found


def read_keys(key_set: JsonObject, path: str) -> Mapping[str, PublicKey]:
    """The keys of a JWK set by ``kid``; those of kinds that medid has not are left out.

    Raises:
        MalformedValue: Not a JWK set of named keys, or two of one name.
        InvalidKey: A private key is published.
    """
    listed = required(key_set, "keys", list, path)
    if not 0 < len(listed) <= MAX_KEYS:
        message = f"a key set has 1 to {MAX_KEYS} keys"
        raise MalformedValue(message, path=child(path, "keys"))
    found: dict[str, PublicKey] = {}
    names: set[str] = set()
    for index, item in enumerate(listed):
        place = child(child(path, "keys"), index)
        jwk = as_object(item, place)
        name = required_str(jwk, "kid", place)
        if name in names:
            raise MalformedValue("two keys have the same kid", path=place)
        names.add(name)
        try:
            refuse_private_keys(jwk, place)
        except InvalidDidDocument as error:
            message = "the entity publishes a private key"
            raise InvalidKey(message, path=place, fix=error.fix) from None
        key = _usable(jwk, place)
        if key is not None:
            found[name] = key
    return MappingProxyType(found)


def _usable(jwk: JsonObject, path: str) -> PublicKey | None:
    # A federation may use kinds of keys that medid has not; they verify nothing here.
    try:
        return PublicKey.from_jwk(jwk, path=path)
    except MedidError:
        return None


def _check_kind(claims: JsonObject, path: str, *, itself: bool) -> None:
    foreign = (*(_ABOUT_ANOTHER if itself else _ABOUT_ITSELF), *_ELSEWHERE)
    for name in foreign:
        if name in claims:
            message = "this claim does not belong into this kind of statement"
            raise MalformedValue(message, path=child(path, name))


def _check_critical(claims: JsonObject, path: str) -> None:
    """No extension of statements is understood here, so none may be critical."""
    if "crit" in claims:
        message = "a claim is critical that medid does not know"
        raise MalformedValue(message, path=child(path, "crit"))
    if "metadata_policy_crit" in claims:
        message = "an operator of the metadata policy is critical that medid has not"
        raise MalformedValue(message, path=child(path, "metadata_policy_crit"))


def _superiors(claims: JsonObject, path: str) -> tuple[str, ...]:
    place = child(path, "authority_hints")
    hints = optional(claims, "authority_hints", list, path)
    if hints is None:
        return ()
    if not 0 < len(hints) <= MAX_HINTS:
        message = f"an entity names 1 to {MAX_HINTS} superiors"
        raise MalformedValue(message, path=place)
    return tuple(
        check_entity(as_str(item, child(place, index)), path=child(place, index))
        for index, item in enumerate(hints)
    )


def _metadata(claims: JsonObject, path: str) -> Mapping[str, JsonObject]:
    place = child(path, "metadata")
    stated = optional(claims, "metadata", dict, path) or {}
    found = {kind: as_object(stated[kind], child(place, kind)) for kind in stated}
    for kind, parameters in found.items():
        for name, value in parameters.items():
            if value is None:
                here = child(child(place, kind), name)
                raise MalformedValue("metadata is never null", path=here)
    return MappingProxyType(found)


def fetch_url(superior: EntityStatement, subject: str) -> str | None:
    """Where ``superior`` publishes what it states about ``subject``.

    Raises:
        MalformedValue: Its fetch endpoint is no https URL.
    """
    metadata = superior.metadata.get(FEDERATION_ENTITY, {})
    path = "$.metadata.federation_entity"
    endpoint = optional_str(metadata, "federation_fetch_endpoint", path)
    if endpoint is None:
        return None
    check_url(endpoint, child(path, "federation_fetch_endpoint"))
    return f"{endpoint}{'&' if '?' in endpoint else '?'}sub={quote(subject, safe='')}"


def member(claims: JsonObject, name: str, path: str) -> dict[str, JsonValue]:
    """The object ``name`` of ``claims``; an empty one where it is absent.

    Raises:
        MalformedValue: It is there, and no object.
    """
    return optional(claims, name, dict, path) or {}
