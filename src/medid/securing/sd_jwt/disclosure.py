"""Disclosures, and the digests that stand for them in the signed payload.

Spec: https://www.rfc-editor.org/rfc/rfc9901#section-4.2
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from medid.core import base64url
from medid.core import json as strict_json
from medid.errors import MalformedProof, MedidError, WeakCryptography

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from medid.core.json import JsonValue

DEFAULT_HASH: Final = "sha-256"  # RFC 9901 section 4.1.1
SALT_SIZE: Final = 16  # bytes; RFC 9901 section 9.3 recommends 128 bits

# The names that carry digests, and the name of their algorithm. None is a claim.
DIGESTS: Final = "_sd"
ELEMENT: Final = "..."
ALGORITHM: Final = "_sd_alg"
RESERVED: Final = frozenset({DIGESTS, ELEMENT, ALGORITHM})

_HASHES: Final[Mapping[str, Callable[[bytes], hashlib._Hash]]] = MappingProxyType(
    {
        "sha-256": hashlib.sha256,
        "sha-384": hashlib.sha384,
        "sha-512": hashlib.sha512,
    }
)


class Disclosure(NamedTuple):
    """One disclosed claim or array element.

    Attributes:
        text: As it travels: base64url of a JSON array.
        digest: What stands for it in the payload.
        name: The claim's name; ``None`` for an array element.
        value: The claim's value, with its own digests unresolved.
    """

    text: str
    digest: str
    name: str | None
    value: JsonValue


def check_hash(name: JsonValue) -> str:
    """The name of a hash algorithm that medid relies on.

    Raises:
        WeakCryptography: Any other name.
    """
    if isinstance(name, str) and name in _HASHES:
        return name
    message = f"this _sd_alg is not supported; supported are {', '.join(_HASHES)}"
    raise WeakCryptography(message, path="$._sd_alg")


def digest_of(text: str, hash_alg: str) -> str:
    """The digest, in base64url, of a disclosure or of a presented SD-JWT."""
    return base64url.encode(_HASHES[hash_alg](text.encode("ascii")).digest())


def read_disclosure(text: str, hash_alg: str) -> Disclosure:
    """The disclosure that ``text`` spells.

    Raises:
        MalformedProof: Not base64url of a JSON array ``[salt, name, value]`` or
            ``[salt, value]``, or a name that carries digests.
    """
    try:
        parts = strict_json.loads(base64url.decode(text))
    except MedidError:
        message = "a disclosure is not strict JSON in base64url"
        raise MalformedProof(message) from None
    if not (isinstance(parts, list) and parts and isinstance(parts[0], str)):
        raise MalformedProof(_FORM)
    digest = digest_of(text, hash_alg)
    if len(parts) == 2:
        return Disclosure(text, digest, None, parts[1])
    name = parts[1] if len(parts) == 3 else None
    if not isinstance(name, str):
        raise MalformedProof(_FORM)
    _check_name(name)
    return Disclosure(text, digest, name, parts[2])


_FORM: Final = "a disclosure is [salt, name, value] or [salt, value]"


def make_disclosure(
    salt: bytes, name: str | None, value: JsonValue, hash_alg: str
) -> Disclosure:
    """The disclosure of a claim or, without a name, of an array element."""
    encoded = base64url.encode(salt)
    parts = [encoded, value] if name is None else [encoded, name, value]
    text = base64url.encode(strict_json.dumps(parts).encode())
    digest = digest_of(text, hash_alg)
    return Disclosure(text, digest, name, value)


def _check_name(name: str) -> None:
    if name in RESERVED:
        raise MalformedProof("a disclosure names a claim that carries digests")
