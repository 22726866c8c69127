"""The parameters of a did:webvh log: what each entry sets, and what is in force then.

Spec: https://identity.foundation/didwebvh/v1.0/#didwebvh-did-method-parameters
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core import fields
from medid.core.records import replace
from medid.dids import form
from medid.dids.webvh import hashing
from medid.errors import InvalidDidLog, TooLarge, child, located
from medid.keys import KeyKind, PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonObject, JsonValue

METHOD: Final = "did:webvh:1.0"
DEFAULT_TTL: Final = 3_600  # seconds
MAX_TTL: Final = 2**31  # seconds
MAX_KEYS: Final = 64  # of one list; a board has a handful of keys and of witnesses

_DID_KEY: Final = "did:key:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """Who approves the versions of a DID: at least ``threshold`` of ``keys``.

    Attributes:
        threshold: How many of them have to, at least one.
        keys: Their Multikeys, each once.
        stated: As the log states it.
    """

    threshold: int
    keys: tuple[str, ...]
    stated: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is in force once an entry is published.

    Attributes:
        update_keys: The Multikeys whose keys may sign the next entry.
        next_key_hashes: The hashes of all keys that the next entry may name; where
            there are none, it may name any (no pre-rotation).
        witness: Who has to approve; ``None`` where nobody has.
        ttl: How long a copy may be relied on, in seconds.
    """

    scid: str
    update_keys: tuple[str, ...]
    next_key_hashes: tuple[str, ...] = ()
    witness: Witnesses | None = None
    watchers: tuple[str, ...] = ()
    portable: bool = False
    deactivated: bool = False
    ttl: int = DEFAULT_TTL


def first(stated: JsonObject, path: str) -> Parameters:
    """The parameters that a first entry states.

    Raises:
        InvalidDidLog: A member is missing, unknown, or not of its form.
        TooLarge: A list has more than ``MAX_KEYS`` elements.
    """
    for name in ("method", "scid", "updateKeys"):
        if name not in stated:
            message = f"the first entry must state the parameter {name!r}"
            raise InvalidDidLog(message, path=child(path, name))
    scid = fields.required_str(stated, "scid", path)
    if not hashing.is_hash(scid):
        message = "the SCID is not a SHA-256 multihash in base58btc"
        raise InvalidDidLog(message, path=child(path, "scid"))
    others = {name: value for name, value in stated.items() if name != "scid"}
    return _set(Parameters(scid=scid, update_keys=()), others, path)


def later(before: Parameters, stated: JsonObject, path: str) -> Parameters:
    """The parameters once an entry that is not the first states ``stated``.

    Raises:
        InvalidDidLog: A member is unknown, not of its form, or may not be stated now;
            or pre-rotation is active and the keys are not those committed to.
        TooLarge: A list has more than ``MAX_KEYS`` elements.
    """
    if before.next_key_hashes:
        _check_committed(before, stated, path)
    if "portable" in stated and stated["portable"] is True:
        message = "only the first entry may make a DID portable"
        raise InvalidDidLog(message, path=child(path, "portable"))
    return _set(before, stated, path) if stated else before


def _check_committed(before: Parameters, stated: JsonObject, path: str) -> None:
    """Return if an entry under pre-rotation names committed keys only, and says so."""
    for name in ("updateKeys", "nextKeyHashes"):
        if name not in stated:
            message = f"under pre-rotation every entry must state {name!r}"
            raise InvalidDidLog(message, path=child(path, name))
    place = child(path, "updateKeys")
    for key in _keys(stated["updateKeys"], place):
        if hashing.key_hash(key) not in before.next_key_hashes:
            message = "a key that the entry before did not commit to"
            raise InvalidDidLog(message, path=place)


def _set(before: Parameters, stated: JsonObject, path: str) -> Parameters:
    changes: dict[str, object] = {}
    for name, value in stated.items():
        place = child(path, name)
        if name == "method":
            _check_method(value, place)
        elif name in _READERS:
            field, read, default = _READERS[name]
            # Early logs wrote null for a parameter's default; resolvers should take it.
            changes[field] = default if value is None else read(value, place)
        else:
            message = "version 1.0 of did:webvh knows no such parameter here"
            raise InvalidDidLog(message, path=place)
    return replace(before, **changes)


def _check_method(value: JsonValue, path: str) -> None:
    # There is one version, so that no other is an upgrade of it.
    if value != METHOD:
        message = f"the method version is not {METHOD!r}"
        raise InvalidDidLog(message, path=path)


def _list(value: JsonValue, path: str) -> list[JsonValue]:
    if not isinstance(value, list):
        raise InvalidDidLog("the parameter must be an array", path=path)
    if len(value) > MAX_KEYS:
        raise TooLarge(f"more than {MAX_KEYS} elements", path=path)
    return value


def _texts(value: JsonValue, path: str) -> tuple[str, ...]:
    return tuple(
        fields.as_str(item, child(path, index))
        for index, item in enumerate(_list(value, path))
    )


def _uris(value: JsonValue, path: str) -> tuple[str, ...]:
    found = _texts(value, path)
    for index, text in enumerate(found):
        form.check_uri(text, child(path, index))
    return found


def _keys(value: JsonValue, path: str) -> tuple[str, ...]:
    found = _texts(value, path)
    for index, text in enumerate(found):
        read_key(text, child(path, index))
    return found


def read_key(multikey: str, path: str) -> PublicKey:
    """The key of a controller or witness.

    Raises:
        InvalidDidLog: It is no Ed25519 key: proofs of version 1.0 have no others.
        InvalidKey: It is not a Multikey.
        WeakCryptography: Others can sign for it.
    """
    with located(path):
        key = PublicKey.from_multikey(multikey)
    if key.kind is not KeyKind.ED25519:
        raise InvalidDidLog("the key must be an Ed25519 key", path=path)
    return key


def _witness(value: JsonValue, path: str) -> Witnesses | None:
    stated = fields.as_object(value, path)
    if not stated:
        return None
    fields.no_others(stated, {"threshold", "witnesses"}, path)
    threshold = fields.required(stated, "threshold", int, path)
    place = child(path, "witnesses")
    entries = _list(stated.get("witnesses"), place)
    keys = tuple(
        _witness_key(entry, child(place, index)) for index, entry in enumerate(entries)
    )
    if len(set(keys)) != len(keys):
        raise InvalidDidLog("a witness is listed twice", path=place)
    if not 1 <= threshold <= len(keys):
        message = "the threshold must be from 1 to the number of witnesses"
        raise InvalidDidLog(message, path=child(path, "threshold"))
    return Witnesses(threshold=threshold, keys=keys, stated=stated)


def _witness_key(entry: JsonValue, path: str) -> str:
    """The Multikey of one witness, who is a did:key.

    An implementation writes the Multikey alone; it names the same key, and whoever is
    listed in both spellings is one witness.
    """
    stated = fields.as_object(entry, path)
    fields.no_others(stated, {"id"}, path)
    place = child(path, "id")
    name = fields.required_str(stated, "id", path)
    multikey = name.removeprefix(_DID_KEY)
    read_key(multikey, place)
    return multikey


def _bool(value: JsonValue, path: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidDidLog("the parameter must be true or false", path=path)
    return value


def _ttl(value: JsonValue, path: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_TTL:
        message = f"the ttl must be an integer from 0 to {MAX_TTL}"
        raise InvalidDidLog(message, path=path)
    return value


_Reader = tuple[str, "Callable[[JsonValue, str], object]", object]
_READERS: Final[Mapping[str, _Reader]] = {
    "updateKeys": ("update_keys", _keys, ()),
    "nextKeyHashes": ("next_key_hashes", _texts, ()),
    "witness": ("witness", _witness, None),
    "watchers": ("watchers", _uris, ()),
    "portable": ("portable", _bool, False),
    "deactivated": ("deactivated", _bool, False),
    "ttl": ("ttl", _ttl, DEFAULT_TTL),
}
