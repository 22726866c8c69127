"""Roots: authorities whose certificates say who may issue, and for whom they speak.

A root licenses nobody by being one. It speaks for the subjects that its entry lists,
by what their certificates state: never for everybody whom it certifies. Whoever is
named by an entry of his own counts by that entry alone.

Spec: https://www.rfc-editor.org/rfc/rfc5280#section-6,
https://github.com/microsoft/did-x509/blob/main/specification.md#did-resolution
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from medid.core import base64url
from medid.core.fields import as_object, as_str, optional_str, required_str
from medid.dids.methods import x509 as did_x509
from medid.errors import MalformedValue, child
from medid.trust.authorities import Authority
from medid.trust.boards import LICENSE_TYPE, read_registration
from medid.trust.members import (
    check_word,
    choice,
    items,
    jurisdictions,
    known_members,
    some_words,
    window,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from medid.core.json import JsonObject, JsonValue

# More registers of professionals than a federation of states has.
MAX_ROOTS: Final = 32
# Lists of revoked certificates that an entry names: of a root and those below it.
MAX_CRLS: Final = 8
REQUIRED: Final = "required"
IF_PRESENT: Final = "if-present"

# What a certificate or a did:x509 states: which predicate, of what, and the value.
Statement: TypeAlias = tuple[str, str, str]

_NAME: Final = "x509Roots"
_MEMBERS: Final = (
    "name",
    "certificate",
    "sha256",
    "subjects",
    "jurisdictions",
    "professions",
    "credentialTypes",
    "requireRegistration",
    "crls",
    "revocation",
    "validFrom",
    "validUntil",
)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# What stands for more than itself takes all that it can, so that matching is linear.
_PLACEHOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {"{digits}": r"[0-9]++", "{label}": r"[A-Za-z0-9\-]++"}
)
_PARTS: Final = re.compile(r"(\{[^{}]*\}|[{}])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that a certificate must state.

    Attributes:
        predicate: ``subject``, ``san`` or ``eku``.
        kind: Of a subject the attribute's OID, of a san its kind; of an eku nothing.
        value: What is stated, as the trust file writes it.
    """

    predicate: str
    kind: str
    value: str
    pattern: re.Pattern[str] = field(repr=False, compare=False)

    def is_met(self, stated: Iterable[Statement]) -> bool:
        """Whether one of ``stated`` is what is required, character by character."""
        return any(
            (predicate, kind) == (self.predicate, self.kind)
            and self.pattern.fullmatch(value) is not None
            for predicate, kind, value in stated
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class X509Root:
    """One authority of certificates, and for whom it speaks.

    Attributes:
        sha256: The SHA-256 (hex) of its certificate.
        certificate: That certificate (DER); ``None`` where it has to come with a chain.
        subjects: Who: all requirements of one of them have to be met.
        authority: For what, and from when to when.
        require_registration: As of an accepted board.
        crls: Where the lists of revoked certificates are published.
        revocation: Whether each certificate must be on none of them (``required``), or
            only those for which there is a list (``if-present``).
    """

    sha256: str
    certificate: bytes | None = field(repr=False)
    subjects: tuple[tuple[Requirement, ...], ...]
    authority: Authority
    require_registration: tuple[str, ...] | None
    crls: tuple[str, ...]
    revocation: str

    def speaks_for(self, stated: Iterable[Statement]) -> bool:
        """Whether it speaks for one of whom all this is stated."""
        known = frozenset(stated)
        return any(all(one.is_met(known) for one in who) for who in self.subjects)

    def path(self, chain: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """The part of ``chain`` (DER) up to this root; empty where it is not there.

        Where the trust file holds the certificate, a chain may leave it out. That each
        is signed by the next is not asked here.
        """
        for place, one in enumerate(chain[1:], start=1):
            if sha256(one).hexdigest() == self.sha256:
                return chain[: place + 1]
        return () if self.certificate is None else (*chain, self.certificate)


def name_of(digest: str) -> str:
    """The name of a certificate by its SHA-256 (hex), as RFC 6920 writes it."""
    return f"ni:///sha-256;{base64url.encode(bytes.fromhex(digest))}"


def stated_by(predicates: Iterable[tuple[str, tuple[str, ...]]]) -> set[Statement]:
    """What the predicates of a did:x509 state, each thing by itself."""
    found: set[Statement] = set()
    for name, values in predicates:
        if name == "subject":
            pairs = zip(values[::2], values[1::2], strict=True)
            found |= {(name, did_x509.oid_of(key), value) for key, value in pairs}
        else:
            found.add((name, values[0] if len(values) > 1 else "", values[-1]))
    return found


def read_roots(obj: JsonObject, path: str) -> tuple[X509Root, ...]:
    """The ``x509Roots`` of a trust file.

    Raises:
        MalformedValue: One is not of its form, or there are too many.
    """
    found = tuple(read_root(item, place) for item, place in items(obj, _NAME, path))
    if len(found) > MAX_ROOTS:
        message = f"more than {MAX_ROOTS} roots"
        raise MalformedValue(message, path=child(path, _NAME))
    return found


def read_root(value: JsonValue, path: str) -> X509Root:
    """The root that ``value`` describes.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
    """
    obj = known_members(value, _MEMBERS, path)
    digest, certificate = _certificate(obj, path)
    some_words(obj, "jurisdictions", path)
    types: tuple[str, ...] = (LICENSE_TYPE,)
    if "credentialTypes" in obj:
        types = some_words(obj, "credentialTypes", path)
    authority = Authority(
        did=name_of(digest),
        name=optional_str(obj, "name", path),
        credential_types=types,
        jurisdictions=jurisdictions(obj, "jurisdictions", path),
        professions=some_words(obj, "professions", path),
        delegable=0,
        require_output_validation=False,
        window=window(obj, path),
    )
    crls = _crls(obj, path)
    return X509Root(
        sha256=digest,
        certificate=certificate,
        subjects=_subjects(obj, path),
        authority=authority,
        require_registration=read_registration(obj, path),
        crls=crls,
        revocation=_revocation(obj, path, crls),
    )


def _certificate(obj: JsonObject, path: str) -> tuple[str, bytes | None]:
    if ("certificate" in obj) is ("sha256" in obj):
        message = "a root is named by its certificate, or by the sha256 of that"
        raise MalformedValue(message, path=path)
    if "sha256" in obj:
        digest = required_str(obj, "sha256", path)
        if not _SHA256.fullmatch(digest):
            fix = "write the SHA-256 of the DER in 64 hexadecimal digits, in lower case"
            message = "not a digest"
            raise MalformedValue(message, path=child(path, "sha256"), fix=fix)
        return digest, None
    from medid.keys.certificates import read_anchor

    place = child(path, "certificate")
    certificate = read_anchor(as_str(obj["certificate"], place), path=place)
    return sha256(certificate).hexdigest(), certificate


def _crls(obj: JsonObject, path: str) -> tuple[str, ...]:
    place = child(path, "crls")
    if "crls" not in obj:
        return ()
    if "certificate" not in obj:
        message = "whether a chain leads to a root, only the root's certificate tells"
        fix = "write the certificate instead of its sha256"
        raise MalformedValue(message, path=place, fix=fix)
    found = some_words(obj, "crls", path)
    if len(found) > MAX_CRLS:
        raise MalformedValue(f"more than {MAX_CRLS} lists", path=place)
    for index, url in enumerate(found):
        # Lists are signed, so authorities publish them over http as well. Such a one
        # counts where it is supplied; nothing is fetched without TLS.
        if not url.startswith(("https://", "http://")):
            raise MalformedValue("not an https or http URL", path=child(place, index))
    return found


def _revocation(obj: JsonObject, path: str, crls: tuple[str, ...]) -> str:
    found = choice(obj, "revocation", path, allowed=(REQUIRED, IF_PRESENT))
    if found is not None and not crls:
        message = "without crls nobody can say what was revoked"
        raise MalformedValue(message, path=child(path, "revocation"))
    return found or REQUIRED


# Subjects.


def _subjects(obj: JsonObject, path: str) -> tuple[tuple[Requirement, ...], ...]:
    found = tuple(_subject(item, place) for item, place in items(obj, "subjects", path))
    if not found:
        message = "a root without subjects speaks for nobody, never for everybody"
        raise MalformedValue(message, path=child(path, "subjects"))
    return found


def _subject(value: JsonValue, path: str) -> tuple[Requirement, ...]:
    obj = known_members(value, ("subject", "san", "eku"), path)
    found = (
        *_attributes(obj, path),
        *_names(obj, path),
        *(
            _requirement("eku", "", oid, child(child(path, "eku"), index))
            for index, oid in enumerate(words(obj, "eku", path))
        ),
    )
    if not found:
        message = (
            "nothing is required, so it would be everybody whom the root certifies"
        )
        raise MalformedValue(message, path=path)
    return found


def _attributes(obj: JsonObject, path: str) -> Iterator[Requirement]:
    place = child(path, "subject")
    for key, value in as_object(obj.get("subject", {}), place).items():
        here = child(place, key)
        yield _requirement("subject", key, as_str(value, here), here)


def _names(obj: JsonObject, path: str) -> Iterator[Requirement]:
    place = child(path, "san")
    for kind, value in as_object(obj.get("san", {}), place).items():
        here = child(place, kind)
        yield _requirement("san", kind, as_str(value, here), here)


def _requirement(predicate: str, kind: str, value: str, path: str) -> Requirement:
    check_word(value, path)
    stated = (value,) if predicate == "eku" else (kind, value)
    if not did_x509.is_predicate(predicate, stated):
        message = "not what a certificate can state"
        fix = "use the keys of did:x509, and an OID in digits for eku"
        raise MalformedValue(message, path=path, fix=fix)
    key = did_x509.oid_of(kind) if predicate == "subject" else kind
    pattern = re.compile(_expression(value, path))
    return Requirement(predicate=predicate, kind=key, value=value, pattern=pattern)


def _expression(value: str, path: str) -> str:
    """The regular expression of a value in which placeholders may stand."""
    parts, literal = [], ""
    for part in _PARTS.split(value):
        if part[:1] not in {"{", "}"}:
            literal += part
            parts.append(re.escape(part))
        elif part in _PLACEHOLDERS:
            parts.append(_PLACEHOLDERS[part])
        else:
            fix = f"use {' or '.join(_PLACEHOLDERS)}, or neither brace"
            raise MalformedValue("not a placeholder", path=path, fix=fix)
    if not any(character.isalnum() for character in literal):
        message = "a placeholder alone stands for everybody: write out a part"
        raise MalformedValue(message, path=path)
    return "".join(parts)
