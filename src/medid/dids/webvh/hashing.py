"""The hashes that a did:webvh log is chained by: of entries, of the SCID, of keys.

Each is base58btc, without a multibase prefix, of the multihash of SHA-256, which is the
one hash that version 1.0 allows.

Spec: https://identity.foundation/didwebvh/v1.0/#scid-generation-and-verification,
https://identity.foundation/didwebvh/v1.0/#entry-hash-generation-and-verification
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from medid.core import jcs, json, multibase
from medid.core.json import JsonLimits
from medid.errors import MalformedValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

PLACEHOLDER: Final = "{SCID}"
HASH_CHARACTERS: Final = 46  # of a hash; it begins with Qm

_SHA_256: Final = b"\x12\x20"  # its multihash code, and its 32 bytes

# What is read again here was read before, under the limits of whoever read it.
_READ_BEFORE: Final = JsonLimits(max_bytes=2**30, max_depth=1_000, max_members=2**30)


def multihash(data: bytes) -> str:
    """``base58btc(multihash(data))``."""
    # The first character of multibase names the base, which is not written here.
    return multibase.to_base58btc(_SHA_256 + hashlib.sha256(data).digest())[1:]


def is_hash(text: str) -> bool:
    """Whether ``text`` spells a multihash of SHA-256."""
    return _decoded(text) is not None


def fits(claimed: str, data: bytes) -> bool:
    """Whether ``claimed`` is what ``multihash`` makes of ``data``.

    No two texts spell one multihash: it has no zeros in front, and one length.
    """
    return _decoded(claimed) == hashlib.sha256(data).digest()


def _decoded(text: str) -> bytes | None:
    if len(text) != HASH_CHARACTERS or not text.isascii() or not text.isalnum():
        return None
    try:
        data = multibase.base58_decode(text)
    except MalformedValue:
        return None
    return data[2:] if data.startswith(_SHA_256) and len(data) == 34 else None


def entry_hash(entry: Mapping[str, JsonValue], predecessor: str) -> str:
    """The hash of a log entry, which stands behind the dash of its ``versionId``.

    Args:
        entry: With or without ``proof``, which is not hashed; its ``versionId`` is
            not either.
        predecessor: The ``versionId`` of the entry before; of the first one the SCID.

    Raises:
        CanonicalizationError: The entry has no canonical form.
    """
    hashed = {name: value for name, value in entry.items() if name != "proof"}
    return multihash(jcs.canonicalize({**hashed, "versionId": predecessor}))


def scid(preliminary: Mapping[str, JsonValue]) -> str:
    """The SCID of the first entry as it is before it has one.

    Args:
        preliminary: Without ``proof``; where the SCID will be, and as ``versionId``,
            stands the placeholder.

    Raises:
        CanonicalizationError: The entry has no canonical form.
    """
    return multihash(jcs.canonicalize(preliminary))


def with_scid(preliminary: Mapping[str, JsonValue], value: str) -> JsonObject:
    """The first entry with the SCID ``value`` wherever the placeholder stood."""
    return _replaced(preliminary, PLACEHOLDER, value)


def without_scid(entry: Mapping[str, JsonValue], value: str) -> JsonObject:
    """The first entry as it was before it had the SCID ``value``.

    Args:
        entry: As published. It must not hold the placeholder: nobody could tell what
            stood there first, and two entries would have one SCID.
        value: The SCID that its parameters state.
    """
    hashed = {name: item for name, item in entry.items() if name != "proof"}
    return _replaced({**hashed, "versionId": PLACEHOLDER}, value, PLACEHOLDER)


def in_names(value: JsonValue, texts: tuple[str, ...]) -> bool:
    """Whether a member of ``value``, at any depth, has one of ``texts`` in its name."""
    if isinstance(value, list):
        return any(in_names(item, texts) for item in value)
    if not isinstance(value, dict):
        return False
    named = any(text in name for name in value for text in texts)
    return named or any(in_names(member, texts) for member in value.values())


def key_hash(multikey: str) -> str:
    """What ``nextKeyHashes`` holds of a key before the key is used."""
    return multihash(multikey.encode())


def _replaced(entry: Mapping[str, JsonValue], old: str, new: str) -> JsonObject:
    # The specification replaces in the text of the entry, the names of its members
    # included. Neither text has a character that JSON would escape.
    text = json.dumps(entry).replace(old, new)
    return json.load_object(text, limits=_READ_BEFORE)
