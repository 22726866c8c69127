"""What a DID document says: which keys, controlled by whom, for which purposes.

A document is read once, strictly, and kept whole. Everything that could mislead
about the whole document (another id, two methods of one name, a private key) refuses
it. A method that medid cannot use, because its type is unknown, its key is not one
medid accepts, its time is over or another DID controls it, stands in nobody's way
until somebody asks for it: then ``method_for`` refuses.

Knows no method, fetches nothing, and does not judge who may issue what.

Spec: https://www.w3.org/TR/did-core/#core-properties,
https://www.w3.org/TR/cid-1.0/#retrieve-verification-method
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self, cast

from medid.core import json
from medid.core.fields import as_object, as_str
from medid.core.instant import Instant
from medid.core.json import JsonLimits
from medid.core.memory import Known
from medid.dids import form, material
from medid.dids.syntax import Did, DidUrl, absolute
from medid.errors import (
    InvalidDid,
    InvalidDidDocument,
    InvalidRelationship,
    InvalidVerificationMethod,
    MalformedValue,
    ParsingError,
    TooLarge,
    child,
)
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.json import JsonObject, JsonValue
    from medid.keys import KeyKind, PublicKey

MAX_BYTES: Final = 262_144  # 256 KiB: a board's document with 100 keys takes 40 KiB
LIMITS: Final = JsonLimits(max_bytes=MAX_BYTES)

SIGNING: Final = (
    "assertionMethod",
    "authentication",
    "capabilityInvocation",
    "capabilityDelegation",
)
KEY_AGREEMENT: Final = "keyAgreement"
RELATIONSHIPS: Final = (*SIGNING, KEY_AGREEMENT)

_Names = dict[str, frozenset[str]]  # of methods, by relationship


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMethod:
    """A key that its document's DID controls and may use at the time asked for."""

    id: str
    type: str
    controller: str
    key: PublicKey
    expires: Instant | None = None
    revoked: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A verification method as it stands in the document, its key unread."""

    raw: JsonObject
    own: bool  # named by a DID URL of the document's DID, with a fragment
    known: Known = field(default_factory=Known, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DidDocument:
    """A DID document: immutable, so that it can be kept and shared."""

    id: Did
    _raw: JsonObject = field(repr=False)
    _methods: Mapping[str, _Listed] = field(repr=False)
    _purposes: Mapping[str, frozenset[str]] = field(repr=False)
    _elsewhere: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(
        cls, obj: Mapping[str, JsonValue], *, expected: Did | None = None
    ) -> Self:
        """The document that ``obj`` is.

        Args:
            obj: A decoded JSON object. It is copied, and never modified.
            expected: The DID that was resolved; the document's ``id`` must be it.

        Raises:
            InvalidDidDocument: Another id, a malformed or repeated member, or a
                private key where the public one belongs.
            TooLarge: Deeper, or of more members, than ``LIMITS`` allows.
        """
        try:
            copy = as_object(json.check(dict(obj), limits=LIMITS), "$")
        except TooLarge:
            raise
        except ParsingError as error:
            raise InvalidDidDocument(error.message, path=error.path) from None
        return cls.made(copy, expected=expected)

    @classmethod
    def from_bytes(cls, data: bytes | str, *, expected: Did | None = None) -> Self:
        """The document that ``data`` spells in strict JSON.

        Raises:
            TooLarge: More than ``MAX_BYTES``, or deeper than ``LIMITS`` allows.
            InvalidDidDocument: Not JSON, or as ``parse`` says.
        """
        try:
            obj = json.load_object(data, limits=LIMITS)
        except TooLarge:
            raise
        except ParsingError as error:
            message = f"the DID document cannot be read: {error.message}"
            raise InvalidDidDocument(message, path=error.path) from None
        return cls.made(obj, expected=expected)

    @classmethod
    def made(
        cls, obj: JsonObject, *, expected: Did | None, may_lack_controller: bool = False
    ) -> Self:
        """The document that ``obj`` is, for those who have just made ``obj``.

        Args:
            obj: Strict JSON that nobody else holds; it is taken over, not copied.
            expected: As ``parse`` says.
            may_lack_controller: Whether a verification method may leave out who
                controls it, against DID Core. It is of no use then.

        Raises:
            InvalidDidDocument: As ``parse`` says.
        """
        try:
            did = Did.parse(as_str(obj.get("id"), "$.id"), path="$.id")
            if expected is not None and did != expected:
                message = "the document describes another DID than the one resolved"
                raise InvalidDidDocument(message, path="$.id")
            material.refuse_private_keys(obj, "$")
            form.check_members(obj, did)
            reader = _Reader(did, may_lack_controller=may_lack_controller)
            methods, purposes, elsewhere = reader.read(obj)
        except (InvalidDid, MalformedValue) as error:
            raise InvalidDidDocument(error.message, path=error.path) from None
        return cls(
            id=did,
            _raw=obj,
            _methods=MappingProxyType(methods),
            _purposes=MappingProxyType(purposes),
            _elsewhere=elsewhere,
        )

    @classmethod
    def spelled(
        cls,
        did: Did,
        obj: JsonObject,
        *,
        signing: Sequence[JsonObject],
        agreement: Sequence[JsonObject],
    ) -> Self:
        """The document ``obj``, for a method whose DIDs spell their keys themselves.

        It has nothing that could contradict it, so nothing is read again: not for a
        document of anybody else, which ``made`` and ``parse`` are for.

        Args:
            did: The DID, whose text the ids in ``obj`` begin with.
            obj: The document, taken over.
            signing: The verification methods that ``obj`` lists under each of
                ``SIGNING``.
            agreement: Those that it lists under ``KEY_AGREEMENT``.
        """
        signs = frozenset([str(one["id"]) for one in signing])
        agrees = frozenset([str(one["id"]) for one in agreement])
        return cls(
            id=did,
            _raw=obj,
            _methods={
                str(one["id"]): _Listed(raw=one, own=True)
                for one in (*signing, *agreement)
            },
            _purposes={**dict.fromkeys(SIGNING, signs), KEY_AGREEMENT: agrees},
        )

    @property
    def raw(self) -> JsonObject:
        """A copy of the whole document as received, unknown members included."""
        return deepcopy(self._raw)

    def method_for(
        self,
        did_url: str,
        relationship: str,
        *,
        at: Instant | None = None,
        path: str = "$",
    ) -> VerificationMethod:
        """The method ``did_url`` names, if this DID allows it for ``relationship``.

        Args:
            did_url: The whole DID URL with its fragment, compared exactly.
            relationship: One of ``RELATIONSHIPS``.
            at: The time of use. Without it, a method that states when it expires or
                was revoked is refused, because nothing shows that it is in force.
            path: Where the DID URL stands in the document under verification.

        Raises:
            InvalidVerificationMethod: No such method, another controller's, of an
                unknown type, expired or revoked at ``at``, or its key is unusable.
            InvalidRelationship: The DID does not list it for ``relationship``.
            WeakCryptography: Its key proves nothing.
        """
        listed = self._find(did_url, path)
        if did_url not in self._purposes.get(relationship, frozenset()):
            message = f"the DID does not list this key under {_shown(relationship)}"
            raise InvalidRelationship(message, path=path)

        def usable() -> VerificationMethod:
            read = self._read(listed.raw, did_url, at, path)
            _check_kind(read.key.kind, relationship, path)
            return read

        method = listed.known.once(relationship, usable)
        _check_in_force(method.expires, method.revoked, at, path)
        return method

    def _read(
        self, raw: JsonObject, did_url: str, at: Instant | None, path: str
    ) -> VerificationMethod:
        if raw.get("controller") != str(self.id):
            message = "another DID controls this verification method"
            raise InvalidVerificationMethod(message, path=path)
        expires, revoked = _end(raw, "expires", path), _end(raw, "revoked", path)
        # What is over is not worth a look at its key.
        _check_in_force(expires, revoked, at, path)
        return VerificationMethod(
            id=did_url,
            type=cast("str", raw["type"]),
            controller=str(self.id),
            key=material.public_key(raw, path=path),
            expires=expires,
            revoked=revoked,
        )

    def _find(self, did_url: str, path: str) -> _Listed:
        listed = self._methods.get(did_url)
        if listed is not None and listed.own:
            return listed
        try:
            url = DidUrl.parse(did_url, path=path)
        except InvalidDid as error:
            raise InvalidVerificationMethod(error.message, path=path) from None
        message = "the DID's document lists no such verification method"
        if not url.fragment:
            message = "a verification method is named by a DID URL with a fragment"
        raise InvalidVerificationMethod(message, path=path)

    def stated(self, did_url: str) -> JsonObject:
        """A copy of the method ``did_url``, which is listed here, usable or not."""
        return {**deepcopy(self._methods[did_url].raw), "id": did_url}

    def ids_for(self, relationship: str) -> tuple[str, ...]:
        """The DID URLs of all methods listed for ``relationship``, usable or not."""
        return tuple(sorted(self._purposes.get(relationship, frozenset())))

    def elsewhere(self, relationship: str) -> frozenset[str]:
        """The DID URLs listed for ``relationship`` that name no method in here."""
        return self._elsewhere.get(relationship, frozenset())

    @property
    def ids(self) -> tuple[str, ...]:
        """The DID URLs of all methods in here, for whatever they are listed."""
        return tuple(sorted(self._methods))


class _Reader:
    """Collects methods and purposes of one document; ids are made absolute."""

    def __init__(self, did: Did, *, may_lack_controller: bool) -> None:
        self._did = did
        self._may_lack_controller = may_lack_controller
        self._methods: dict[str, _Listed] = {}
        self._urls: dict[str, DidUrl] = {}

    def read(self, obj: JsonObject) -> tuple[dict[str, _Listed], _Names, _Names]:
        """The methods; which of them, and which names of others, each purpose lists."""
        for entry, path in form.items(obj, "verificationMethod", "$"):
            self._add(as_object(entry, path), path)
        # What a purpose only embeds is not for other purposes to refer to.
        shared = frozenset(self._methods)
        purposes: _Names = {}
        elsewhere: _Names = {}
        for name in RELATIONSHIPS:
            purposes[name], others = self._purpose(obj, name, shared)
            if others:
                elsewhere[name] = others
        return self._methods, purposes, elsewhere

    def _purpose(
        self, obj: JsonObject, name: str, shared: frozenset[str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        listed: set[str] = set()
        embedded: set[str] = set()
        for entry, path in form.items(obj, name, "$"):
            if isinstance(entry, dict):
                embedded.add(self._add(entry, path))
            else:
                listed.add(str(self._absolute(as_str(entry, path), path)))
        found = frozenset(listed & shared | embedded)
        return found, frozenset(listed - found)

    def _add(self, entry: JsonObject, path: str) -> str:
        place = child(path, "id")
        url = self._absolute(as_str(entry.get("id"), place), place)
        name = str(url)
        if name in self._methods:
            raise InvalidDidDocument("two verification methods of one id", path=place)
        as_str(entry.get("type"), child(path, "type"))
        place = child(path, "controller")
        if "controller" in entry or not self._may_lack_controller:
            Did.parse(as_str(entry.get("controller"), place), path=place)
        material.check_single(entry, path)
        own = url.did == self._did and bool(url.fragment)
        self._methods[name] = _Listed(raw=entry, own=own)
        return name

    def _absolute(self, reference: str, path: str) -> DidUrl:
        # One key is mostly listed under several relationships.
        if reference not in self._urls:
            text = absolute(reference, self._did)
            self._urls[reference] = DidUrl.parse(text, path=path)
        return self._urls[reference]


def _check_in_force(
    expires: Instant | None, revoked: Instant | None, at: Instant | None, path: str
) -> None:
    """Return if neither has come to pass at ``at``."""
    for end, word in ((expires, "has expired"), (revoked, "was revoked")):
        if end is None:
            continue
        if at is None:
            message = (
                "the verification method ends at some time, and none was asked for"
            )
            raise InvalidVerificationMethod(message, path=path)
        if at >= end:
            raise InvalidVerificationMethod(
                f"the verification method {word}", path=path
            )


def _end(method: JsonObject, name: str, path: str) -> Instant | None:
    if name not in method:
        return None
    try:
        return Instant.parse(as_str(method[name], path), path=path)
    except MalformedValue:
        message = f"the verification method's {name!r} is not a date-time"
        raise InvalidVerificationMethod(message, path=path) from None


def _check_kind(kind: KeyKind, relationship: str, path: str) -> None:
    # Ed25519 and ML-DSA keys agree on nothing, and X25519 keys sign nothing.
    shape = SHAPES[kind]
    if not (shape.encrypts if relationship == KEY_AGREEMENT else shape.vouches):
        message = f"a key of kind {kind} is of no use for {relationship}"
        raise InvalidVerificationMethod(message, path=path)


def _shown(relationship: str) -> str:
    return relationship if relationship in RELATIONSHIPS else "such a relationship"
