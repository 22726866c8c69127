"""Accepted boards: on whose word a license counts, where, and for which profession.

Authority is for a jurisdiction and a profession together: two entries that are each
half right do not add up to one.

Spec: https://www.w3.org/TR/vc-recognized-entities/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_str, optional_str, required_str
from medid.errors import MalformedValue, child
from medid.trust.members import (
    did,
    dids,
    flag,
    items,
    jurisdictions,
    known_members,
    optional_did,
    some_words,
    window,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from medid.core.instant import Window
    from medid.core.json import JsonObject, JsonValue
    from medid.trust.chains import Chain
    from medid.trust.federation.chains import TrustChain
    from medid.trust.told import ToldChain

LICENSE_TYPE: Final = "PractitionerLicenseCredential"
_MEMBERS: Final = (
    "did",
    "issuer",
    "x509Anchors",
    "name",
    "jurisdictions",
    "professions",
    "credentialTypes",
    "requireRegistration",
    "requireHybridProofs",
    "validFrom",
    "validUntil",
    "recognizedBy",
    "statusListIssuers",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedBoard:
    """One issuer and what it may issue.

    Attributes:
        did: Its DID; of an issuer that is named by a web address, that address.
        x509_anchors: Authorities (DER) whose certificates such an issuer signs with;
            without any it publishes its keys.
        professions: Codes, or ``system|code``.
        require_registration: The registration types that count; any where ``None``.
        require_hybrid_proofs: Whether what it issues counts only with a classical and
            an ML-DSA proof, and its status lists too.
        window: When the entry is in force.
        recognized_by: On whose word the board is accepted.
        status_list_issuers: Others who may sign the board's status lists.
        documents: The digests of the only documents it counts for: of an entry that a
            chain of recognitions amounts to. Any where ``None``.
        chain: Those recognitions; ``None`` of any other entry.
        federation: The federation's chain by which a trust mark makes the entry, with
            the issuer's signing keys in its metadata; ``None`` of any other.
        told: Either of the two as it is told; ``None`` of any other entry.
    """

    did: str
    x509_anchors: tuple[bytes, ...]
    name: str | None
    jurisdictions: tuple[str, ...]
    professions: tuple[str, ...]
    credential_types: tuple[str, ...]
    require_registration: tuple[str, ...] | None
    require_hybrid_proofs: bool
    window: Window
    recognized_by: str | None
    status_list_issuers: tuple[str, ...]
    documents: frozenset[str] | None = None
    chain: Chain | None = None
    federation: TrustChain | None = None
    told: ToldChain | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it asks for nothing that is lost when it is told to others."""
        return not (self.x509_anchors or self.require_hybrid_proofs)

    def counts_for(self, document: str | None) -> bool:
        """Whether the entry is for ``document`` (a digest); every one, or just some."""
        return self.documents is None or document in self.documents

    def professions_among(self, professions: tuple[str, ...]) -> tuple[str, ...]:
        """Those of ``professions`` that the entry is for."""
        # Both may be lists of thousands that others wrote.
        words = frozenset(self.professions)
        return tuple(one for one in professions if names_among(words, one))


def names_profession(word: str, profession: str) -> bool:
    """Whether ``word`` names ``profession``.

    A word with its code system (``system|code``) names that coding alone. A bare code
    names the code in any system: a configuration that lists bare codes relies on the
    board not to use one of another system.
    """
    return names_among((word,), profession)


def names_among(words: Collection[str], profession: str) -> bool:
    """Whether one of ``words`` names ``profession``, without asking each of them."""
    return profession in words or profession.rpartition("|")[2] in words


def read_board(value: JsonValue, path: str) -> AcceptedBoard:
    """The accepted board that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
        InvalidDid: A DID is not one.
    """
    obj = known_members(value, _MEMBERS, path)
    named = _named(obj, path)
    some_words(obj, "jurisdictions", path)
    types: tuple[str, ...] = (LICENSE_TYPE,)
    if "credentialTypes" in obj:
        types = some_words(obj, "credentialTypes", path)
    return AcceptedBoard(
        did=named,
        x509_anchors=_anchors(obj, path),
        name=optional_str(obj, "name", path),
        jurisdictions=jurisdictions(obj, "jurisdictions", path),
        professions=some_words(obj, "professions", path),
        credential_types=types,
        require_registration=read_registration(obj, path),
        require_hybrid_proofs=_hybrid(obj, path),
        window=window(obj, path),
        recognized_by=optional_did(obj, "recognizedBy", path),
        status_list_issuers=dids(obj, "statusListIssuers", path),
    )


def _named(obj: JsonObject, path: str) -> str:
    if "issuer" not in obj:
        return did(required_str(obj, "did", path), child(path, "did"))
    place = child(path, "issuer")
    if "did" in obj:
        message = "an issuer is named by a DID or by a web address, not by both"
        raise MalformedValue(message, path=place)
    issuer = required_str(obj, "issuer", path)
    if not issuer.startswith("https://"):
        fix = "write an issuer's DID as did"
        raise MalformedValue("not an https URL", path=place, fix=fix)
    return issuer


def _anchors(obj: JsonObject, path: str) -> tuple[bytes, ...]:
    place = child(path, "x509Anchors")
    if "x509Anchors" not in obj:
        return ()
    if "issuer" not in obj:
        message = "trust anchors are for an issuer that is named by a web address"
        raise MalformedValue(message, path=place)
    from medid.keys.certificates import read_anchor

    found = tuple(
        read_anchor(as_str(item, at), path=at)
        for item, at in items(obj, "x509Anchors", path)
    )
    if not found:
        message = "an empty list stands for no authority, never for any"
        raise MalformedValue(message, path=place)
    return found


def _hybrid(obj: JsonObject, path: str) -> bool:
    asked = flag(obj, "requireHybridProofs", path, default=False)
    if asked and "issuer" in obj:
        message = "an issuer with a web address signs envelopes, which have one proof"
        place = child(path, "requireHybridProofs")
        raise MalformedValue(message, path=place, fix="name the issuer by its DID")
    return asked


# Registrations that are a right to practise (``true`` asks for any of them).
PRACTISING: Final = ("full", "provisional", "limited", "training", "temporary")


def read_registration(obj: JsonObject, path: str) -> tuple[str, ...] | None:
    """The registration types that ``requireRegistration`` asks for; any if ``None``.

    Raises:
        MalformedValue: Neither true nor false, nor a type or an array of types.
    """
    match obj.get("requireRegistration", False):
        case False:
            return None
        case True:
            return PRACTISING
        case str():
            return (required_str(obj, "requireRegistration", path),)
        case _:
            return some_words(obj, "requireRegistration", path)
