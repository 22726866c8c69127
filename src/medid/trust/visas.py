"""GA4GH visas: whose signature counts, and who may assert what for whom.

Three parties are trusted apart, as the Passport specification asks: the *Broker* that
packs visas into a passport, the *Visa Issuer* that signs a visa, and the *Visa
Assertion Source* on whose word it does. A visa counts only where its issuer may assert
this type for this source; two entries that are each half right do not add up to one.

Spec: https://ga4gh.github.io/data-security/ga4gh-passport#general-requirements,
https://ga4gh.github.io/data-security/aai-openid-connect-profile
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, required_str
from medid.errors import MalformedValue, child
from medid.keys import PublicKey
from medid.trust.members import (
    items,
    known_members,
    some_words,
    whole_number,
    window,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.instant import Window
    from medid.core.json import JsonObject

AFFILIATION_AND_ROLE: Final = "AffiliationAndRole"
ACCEPTED_TERMS: Final = "AcceptedTermsAndPolicies"
RESEARCHER_STATUS: Final = "ResearcherStatus"
CONTROLLED_ACCESS: Final = "ControlledAccessGrants"
LINKED_IDENTITIES: Final = "LinkedIdentities"
#: The standard visa types; all others are custom, and ignored.
VISA_TYPES: Final = (
    AFFILIATION_AND_ROLE,
    ACCEPTED_TERMS,
    RESEARCHER_STATUS,
    CONTROLLED_ACCESS,
    LINKED_IDENTITIES,
)

_SIGNER: Final = ("issuer", "jwks", "jku", "validFrom", "validUntil")
_VISA_ISSUER: Final = (*_SIGNER, "asserts", "maxAuthzTTL")
_BROKER: Final = (*_SIGNER, "audience")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSigner:
    """Whoever signs JWTs under a name, and the keys that are known to be theirs.

    Attributes:
        issuer: Its ``iss``, compared as exact text.
        keys: By ``kid``: keys that the deployer received out of band.
        jku: Addresses of its key sets. Nothing is fetched from any other.
        window: When the entry is in force.
    """

    issuer: str
    keys: Mapping[str, PublicKey] = field(hash=False, repr=False)
    jku: tuple[str, ...]
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class VisaIssuer:
    """One issuer of visas, and what it may assert.

    Attributes:
        signer: Who it is.
        asserts: By visa type: the sources for which it may assert it.
        max_authz_ttl: Seconds after ``asserted`` for which an assertion counts at most;
            ``None`` leaves it to the visa.
    """

    signer: TokenSigner
    asserts: Mapping[str, frozenset[str]] = field(hash=False)
    max_authz_ttl: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One issuer of passports.

    Attributes:
        signer: Who it is.
        audience: The names under which it knows whoever uses this trust file; a
            passport that was made for others is refused.
    """

    signer: TokenSigner
    audience: frozenset[str]


def read_visa_issuers(obj: JsonObject, path: str) -> Mapping[str, VisaIssuer]:
    """The issuers of visas of a trust file, by name.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form, or an issuer
            has two entries.
        InvalidKey: A key is not a public key with which medid verifies.
        WeakCryptography: Others can sign for a key.
    """
    found: dict[str, VisaIssuer] = {}
    for item, place in items(obj, "visaIssuers", path):
        entry = known_members(item, _VISA_ISSUER, place)
        signer = _signer(entry, place, found)
        seconds = whole_number(entry, "maxAuthzTTL", place, default=0)
        found[signer.issuer] = VisaIssuer(
            signer=signer,
            asserts=_asserts(entry, place),
            max_authz_ttl=seconds if "maxAuthzTTL" in entry else None,
        )
    return MappingProxyType(found)


def read_brokers(obj: JsonObject, path: str) -> Mapping[str, Broker]:
    """The issuers of passports of a trust file, by name.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form, or an issuer
            has two entries.
        InvalidKey: A key is not a public key with which medid verifies.
        WeakCryptography: Others can sign for a key.
    """
    found: dict[str, Broker] = {}
    for item, place in items(obj, "brokers", path):
        entry = known_members(item, _BROKER, place)
        signer = _signer(entry, place, found)
        audience = frozenset(words(entry, "audience", place))
        found[signer.issuer] = Broker(signer=signer, audience=audience)
    return MappingProxyType(found)


def _signer(entry: JsonObject, path: str, before: Mapping[str, object]) -> TokenSigner:
    issuer = required_str(entry, "issuer", path)
    if issuer in before:
        message = "this issuer has an entry already"
        raise MalformedValue(message, path=child(path, "issuer"))
    keys, jku = _keys(entry, path), words(entry, "jku", path)
    if not keys and not jku:
        message = "without jwks or jku nothing that it signs could be verified"
        raise MalformedValue(message, path=path)
    for index, url in enumerate(jku):
        if not url.startswith("https://"):
            place = child(child(path, "jku"), index)
            raise MalformedValue("not an https address", path=place)
    return TokenSigner(issuer=issuer, keys=keys, jku=jku, window=window(entry, path))


def _keys(entry: JsonObject, path: str) -> Mapping[str, PublicKey]:
    place = child(path, "jwks")
    found: dict[str, PublicKey] = {}
    if "jwks" in entry:
        key_set = known_members(entry["jwks"], ("keys",), place)
        for item, here in items(key_set, "keys", place):
            name = required_str(as_object(item, here), "kid", here)
            if name in found:
                message = "two keys have the same kid"
                raise MalformedValue(message, path=child(here, "kid"))
            found[name] = PublicKey.from_jwk(item, path=here)
    return MappingProxyType(found)


def _asserts(entry: JsonObject, path: str) -> Mapping[str, frozenset[str]]:
    place = child(path, "asserts")
    stated = known_members(entry.get("asserts"), VISA_TYPES, place)
    if not stated:
        message = "an issuer that may assert nothing is of no use: name its types"
        raise MalformedValue(message, path=place)
    return MappingProxyType(
        {kind: frozenset(some_words(stated, kind, place)) for kind in stated}
    )
