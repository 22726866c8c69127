"""did:peer: the identifier holds its document, between parties who know each other.

Three ways to make one are read and written: numalgo 0 is one key, numalgo 2 is a list
of keys and services, numalgo 4 is a whole document behind its own hash. The short form
of numalgo 4 is that hash alone: whoever was told the long form once can resolve it,
and nobody else. Numalgo 1 and 3 are not read.

Spec: https://identity.foundation/peer-did-method-spec/#method-specific-identifier
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import base64url, json, multicodec
from medid.core.fetch import Fetched
from medid.core.fields import as_object
from medid.core.multibase import from_base58btc, from_multibase, to_base58btc
from medid.dids.document import KEY_AGREEMENT, RELATIONSHIPS, SIGNING, DidDocument
from medid.dids.resolution import Resolution, ResolutionOptions, refuse_versions
from medid.dids.syntax import MAX_LENGTH, Did
from medid.errors import (
    ConfigurationError,
    EvidenceUnavailable,
    InvalidDid,
    InvalidDidDocument,
    MalformedValue,
    MedidError,
    ParsingError,
)
from medid.keys import PublicKey
from medid.keys.kinds import SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from medid.core.evidence import Evidence, Need
    from medid.core.instant import Instant
    from medid.core.json import JsonObject, JsonValue

NAME: Final = "peer"

MAX_ELEMENTS: Final = 64
"""Keys and services of one did:peer:2 at most; honest ones have two keys and a
service."""

_KEPT: Final = 256  # documents of at most 4 KiB, those of a day's peers

_CONTEXT: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/multikey/v1",
)
_PURPOSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "assertionMethod",
        "D": "capabilityDelegation",
        "E": KEY_AGREEMENT,
        "I": "capabilityInvocation",
        "V": "authentication",
    }
)
_CODES: Final = MappingProxyType({name: code for code, name in _PURPOSES.items()})
_SERVICE: Final = "S"
_DIDCOMM: Final = "DIDCommMessaging"
_SHORT: Final = MappingProxyType(
    {"type": "t", "serviceEndpoint": "s", "routingKeys": "r", "accept": "a"}
)
_LONG: Final = MappingProxyType({short: name for name, short in _SHORT.items()})

_NUMALGO_4: Final = re.compile(r"4(zQm[1-9A-HJ-NP-Za-km-z]{44})(?::(z[!-~]+))?")
_SHA2_256: Final = b"\x12\x20"  # multihash: the function and its length in bytes
_JSON: Final = 0x0200  # multicodec


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerKey:
    """A key of a did:peer:2, and the one relationship it is listed under."""

    key: PublicKey
    relationship: str


def create(key: PublicKey) -> Did:
    """The did:peer:0 of ``key``.

    Raises:
        ConfigurationError: The key is too long for a DID that names it twice.
    """
    return _made(f"0{_multibase(key)}")


def create_list(
    keys: Sequence[PeerKey], services: Sequence[Mapping[str, JsonValue]] = ()
) -> Did:
    """The did:peer:2 of ``keys`` and ``services``.

    Args:
        keys: At least one; a key for two relationships stands there twice.
        services: As in a DID document; an ``id`` is relative, and may be left out.

    Raises:
        ConfigurationError: No keys, too much of either, a key that is of no use for
            its relationship, or a service that a document cannot have.
    """
    if not keys:
        raise ConfigurationError("a did:peer without keys says nothing")
    elements = [f".{_code(one.relationship)}{_multibase(one.key)}" for one in keys]
    elements += [f".{_SERVICE}{_encoded(service)}" for service in services]
    did = _made(f"2{''.join(elements)}")
    for number, one in enumerate(keys, start=1):
        _check_use(did, f"{did}#key-{number}", one.relationship)
    return did


def create_document(document: Mapping[str, JsonValue]) -> Did:
    """The did:peer:4 of ``document``, in its long form.

    Args:
        document: A DID document without ``id``, in which everything of its own is
            named relative to it (``#key-1``) and has no ``controller``.

    Raises:
        ConfigurationError: It has an ``id``, is too long, or is no DID document.
    """
    try:
        text = json.dumps(json.check_object(dict(document)))
    except MedidError as error:
        message = f"this makes no did:peer: {error.message}"
        raise ConfigurationError(message, path=error.path) from None
    encoded = to_base58btc(multicodec.add_prefix(_JSON, text.encode()))
    return _made(f"4{_hash(encoded)}:{encoded}")


def short_form(did: Did) -> Did:
    """The short form of a did:peer:4, which is known to those who saw the long one.

    Raises:
        InvalidDid: Not a did:peer:4, or its hash is that of another document.
    """
    digest, encoded = _numalgo_4(did)
    if encoded is not None and _hash(encoded) != digest:
        raise InvalidDid("the hash of the did:peer is that of another document")
    return Did(method=NAME, id=f"4{digest}")


def introduction(long_form: Did, *, at: Instant) -> tuple[str, Fetched]:
    """An answer for ``Evidence.with_answers``: the short form stands for the long one.

    Args:
        long_form: A did:peer:4 with its document.
        at: When it was received from the peer.

    Raises:
        InvalidDid: As ``short_form`` says.
    """
    name = str(short_form(long_form))
    content = str(long_form).encode("ascii")
    return name, Fetched.of(name, content, fetched_at=at, media_type="text/plain")


def needs(did: Did, evidence: Evidence) -> Sequence[Need]:
    """None: the identifier holds everything, or only the peer can tell.

    Raises:
        InvalidDid: Not a did:peer that medid reads.
    """
    del evidence
    if did.id.startswith("4"):
        short_form(did)
    else:
        _expand(did)
    return ()


def resolve(did: Did, evidence: Evidence, options: ResolutionOptions) -> Resolution:
    """The document that ``did`` holds, in any version: there is only one.

    Raises:
        DidNotFound: A version is asked for by name.
        EvidenceUnavailable: A short form whose long form nobody introduced.
        MedidError: As ``expand`` says.
    """
    refuse_versions(options)
    if did.id.startswith("4") and _numalgo_4(did)[1] is None:
        return Resolution(document=_document_4(did, _introduced(did, evidence)))
    return Resolution(document=_expand(did))


def expand(did: Did) -> DidDocument:
    """The document that ``did``, a did:peer with all it says, expands to.

    Raises:
        InvalidDid: Another numalgo, an element of no known purpose, too many of them,
            or text that is not what its encoding says.
        InvalidDid: The hash of numalgo 4 is that of another document.
        InvalidDidDocument: What is encoded is no DID document.
        InvalidKey: The key of numalgo 0 is of no kind that medid reads.
        WeakCryptography: The key of numalgo 0 proves nothing.
        EvidenceUnavailable: A short form.
    """
    return _expand(did)


@lru_cache(maxsize=_KEPT)
def _expand(did: Did) -> DidDocument:
    numalgo = did.id[0]
    if numalgo == "0":
        return _document_0(did)
    if numalgo == "2":
        return _document_2(did)
    if numalgo == "4":
        return _document_4(did, did)
    raise InvalidDid("a did:peer is of numalgo 0, 2 or 4")


def _document_0(did: Did) -> DidDocument:
    multikey = did.id[1:]
    if not multikey.startswith("z"):
        raise InvalidDid("the key of a did:peer is in base58btc")
    kind = PublicKey.from_multikey(multikey).kind
    purposes = SIGNING if SHAPES[kind].vouches else (KEY_AGREEMENT,)
    method = _method(did, f"#{multikey}", multikey)
    document: JsonObject = _started(did) | {"verificationMethod": [method]}
    document |= {name: _listed(f"#{multikey}") for name in purposes}
    return DidDocument.made(document, expected=did)


def _listed(reference: str) -> list[JsonValue]:
    return [reference]


def _document_2(did: Did) -> DidDocument:
    head, *elements = did.id[1:].split(".")
    if head or not elements:
        raise InvalidDid("each element of a did:peer:2 begins with a full stop")
    if len(elements) > MAX_ELEMENTS:
        raise InvalidDid(f"a did:peer:2 has at most {MAX_ELEMENTS} keys and services")
    keys = [text for text in elements if text[:1] in _PURPOSES]
    services = [text[1:] for text in elements if text[:1] == _SERVICE]
    if len(keys) + len(services) != len(elements):
        raise InvalidDid("an element of the did:peer:2 is of no known purpose")
    document = _started(did)
    document["verificationMethod"] = [
        _method(did, f"#key-{number}", _checked(text[1:]))
        for number, text in enumerate(keys, start=1)
    ]
    for name, code in _CODES.items():
        listed: list[JsonValue] = [
            f"#key-{number}"
            for number, text in enumerate(keys, start=1)
            if text[0] == code
        ]
        if listed:
            document[name] = listed
    if services:
        document["service"] = _services(services)
    return DidDocument.made(document, expected=did)


def _started(did: Did) -> JsonObject:
    return {"@context": [*_CONTEXT], "id": str(did)}


def _method(did: Did, name: str, multikey: str) -> JsonObject:
    return {
        "id": name,
        "type": "Multikey",
        "controller": str(did),
        "publicKeyMultibase": multikey,
    }


def _checked(multikey: str) -> str:
    """``multikey``, which is spelled as a key is; which kind is asked when it is used.

    Raises:
        InvalidDid: Not base58btc of a multicodec.
    """
    try:
        multicodec.split_prefix(from_base58btc(multikey))
    except MalformedValue as error:
        raise InvalidDid(f"not a did:peer: {error.message}") from None
    return multikey


def _services(encoded: Sequence[str]) -> list[JsonValue]:
    services: list[JsonValue] = []
    unnamed = 0
    for text in encoded:
        service = _decoded(text)
        if "id" not in service:
            service["id"] = f"#service-{unnamed}" if unnamed else "#service"
            unnamed += 1
        elif not str(service["id"]).startswith("#"):
            raise InvalidDid("the services of a did:peer have relative ids")
        services.append(service)
    return services


def _decoded(text: str) -> JsonObject:
    try:
        short = json.load_object(base64url.decode(text))
    except (MalformedValue, ParsingError) as error:
        raise InvalidDid(f"not a did:peer: {error.message}") from None
    return as_object(_renamed(short, _LONG, {"dm": _DIDCOMM}), "$")


def _encoded(service: Mapping[str, JsonValue]) -> str:
    try:
        plain = json.check_object(dict(service))
    except MedidError as error:
        message = f"this service makes no did:peer: {error.message}"
        raise ConfigurationError(message, path=error.path) from None
    short = _renamed(plain, _SHORT, {_DIDCOMM: "dm"})
    return base64url.encode(json.dumps(short).encode())


def _renamed(
    value: JsonValue, names: Mapping[str, str], types: Mapping[str, str]
) -> JsonValue:
    """``value`` with its members renamed at every depth, and the value of each type.

    Raises:
        InvalidDid: A member is there twice, once in short and once in full.
    """
    if isinstance(value, list):
        return [_renamed(item, names, types) for item in value]
    if not isinstance(value, dict):
        return value
    renamed: JsonObject = {}
    for name, member in value.items():
        new = names.get(name, name)
        if new in renamed:
            raise InvalidDid("a service of the did:peer has a member twice")
        is_type = "type" in {name, new} and isinstance(member, str)
        renamed[new] = (
            types.get(str(member), member)
            if is_type
            else _renamed(member, names, types)
        )
    return renamed


def _numalgo_4(did: Did) -> tuple[str, str | None]:
    """The hash of a did:peer:4, and its encoded document where it is the long form."""
    match = _NUMALGO_4.fullmatch(did.id)
    if did.method != NAME or match is None:
        raise InvalidDid("not a did:peer:4: a hash, and perhaps a document behind it")
    return match[1], match[2]


def _introduced(did: Did, evidence: Evidence) -> Did:
    fix = "ask the peer for the long form, and hand it in with the evidence"
    if str(did) not in evidence:
        message = "a did:peer in short form is known to those who saw the long one"
        raise EvidenceUnavailable(message, fix=fix)
    content = evidence.get(str(did)).content
    if len(content) > MAX_LENGTH:
        raise InvalidDidDocument("what is at hand is not a long form", fix=fix)
    long_form = Did.parse(content.decode("ascii", "replace"))
    if _numalgo_4(long_form)[1] is None or short_form(long_form) != did:
        message = "what is at hand is the long form of another DID"
        raise InvalidDidDocument(message, fix=fix)
    return long_form


def _document_4(did: Did, long_form: Did) -> DidDocument:
    short = short_form(long_form)
    encoded = _numalgo_4(long_form)[1]
    if encoded is None:
        raise EvidenceUnavailable("a did:peer in short form does not hold its document")
    document = _input_document(encoded)
    known = document.get("alsoKnownAs", [])
    if not isinstance(known, list):
        raise InvalidDidDocument("'alsoKnownAs' must be an array", path="$.alsoKnownAs")
    other = long_form if did == short else short
    document |= {"id": str(did), "alsoKnownAs": [*known, str(other)]}
    for name in ("verificationMethod", *RELATIONSHIPS):
        listed = document.get(name)
        for method in listed if isinstance(listed, list) else ():
            if isinstance(method, dict):
                method.setdefault("controller", str(did))
    return DidDocument.made(document, expected=did)


def _input_document(encoded: str) -> JsonObject:
    try:
        code, text = multicodec.split_prefix(from_base58btc(encoded))
        document = json.load_object(text)
    except (MalformedValue, ParsingError) as error:
        raise InvalidDid(f"not a did:peer: {error.message}") from None
    if code != _JSON or "id" in document:
        raise InvalidDid("a did:peer:4 holds a document in JSON that has no id")
    return document


def _hash(encoded: str) -> str:
    digest = hashlib.sha256(encoded.encode("ascii")).digest()
    return to_base58btc(_SHA2_256 + digest)


def _multibase(key: PublicKey) -> str:
    # did:peer has base58btc only; medid writes long keys in base64url elsewhere.
    return to_base58btc(from_multibase(key.to_multikey()))


def _code(relationship: str) -> str:
    if relationship not in _CODES:
        raise ConfigurationError("there is no such verification relationship")
    return _CODES[relationship]


def _made(identifier: str) -> Did:
    """The DID; what medid would refuse to read, medid does not make."""
    try:
        did = Did(method=NAME, id=identifier)
        _expand(did)
    except MedidError as error:
        message = f"this makes no did:peer: {error.message}"
        raise ConfigurationError(message, path=error.path) from None
    return did


def _check_use(did: Did, name: str, relationship: str) -> None:
    try:
        _expand(did).method_for(name, relationship)
    except MedidError as error:
        message = f"this key makes no did:peer: {error.message}"
        raise ConfigurationError(message) from None
