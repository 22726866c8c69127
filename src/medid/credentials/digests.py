"""Digests that tie a document elsewhere to a credential: written, read, checked.

Both forms that the data model knows, ``digestSRI`` and ``digestMultibase``, and any
number of each: all of them must agree with the bytes. Fetches nothing.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from medid.core.fields import item_path, strings
from medid.core.multibase import from_multibase, to_base58btc
from medid.credentials.model import Digest
from medid.errors import EvidenceUnavailable, MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from medid.core.json import JsonObject

Algorithm: TypeAlias = Literal["sha256", "sha384", "sha512"]

_SIZES: Final[dict[Algorithm, int]] = {"sha256": 32, "sha384": 48, "sha512": 64}
# Multihash codes of the multicodec table; all of them are one-byte varints.
_MULTIHASH: Final[dict[int, Algorithm]] = {
    0x12: "sha256",
    0x20: "sha384",
    0x13: "sha512",
}
_SRI: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]{43,88}={0,2})")
_SPACES: Final = re.compile(r"[ \t]+")
_FIX: Final = "use SHA-256, SHA-384 or SHA-512, as an SRI or multihash digest"


def digests_of(obj: JsonObject, path: str) -> tuple[Digest, ...]:
    """Every digest that ``obj`` states; () where there is none.

    Raises:
        MalformedValue: A digest of another form, algorithm or size.
    """
    found: list[Digest] = []
    for name, read in _FORMS:
        if name in obj:
            place = child(path, name)
            for index, text in enumerate(strings(obj[name], place)):
                found += read(text, item_path(obj[name], place, index))
    return tuple(found)


def _from_integrity(text: str, path: str) -> list[Digest]:
    """The digests of an ``sriString``: one, or several with spaces between them.

    In SRI several of one algorithm are alternatives. Here all of them have to agree,
    as they do where each is a string of its own.

    Spec: https://www.w3.org/TR/vc-data-model-2.0/#the-sristring-datatype
    """
    return [_from_sri(part, path) for part in _SPACES.split(text)]


def _from_multibase(text: str, path: str) -> list[Digest]:
    return [_from_multihash(text, path)]


def _from_sri(text: str, path: str) -> Digest:
    match = _SRI.fullmatch(text)
    if not match:
        raise MalformedValue("not a digestSRI", path=path, fix=_FIX)
    name, encoded = match.groups()
    try:
        value = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise MalformedValue("not base64", path=path, fix=_FIX) from None
    if base64.b64encode(value).decode() != encoded:
        raise MalformedValue("not canonical base64", path=path, fix=_FIX)
    return next(
        _sized(algorithm, value, path) for algorithm in _SIZES if algorithm == name
    )


def _from_multihash(text: str, path: str) -> Digest:
    data = from_multibase(text, path=path)
    algorithm = _MULTIHASH.get(data[0]) if len(data) > 2 else None
    if algorithm is None or data[1] != len(data) - 2:
        raise MalformedValue("not a known multihash", path=path, fix=_FIX)
    return _sized(algorithm, data[2:], path)


_FORMS: Final = (("digestSRI", _from_integrity), ("digestMultibase", _from_multibase))


def _sized(algorithm: Algorithm, value: bytes, path: str) -> Digest:
    if len(value) != _SIZES[algorithm]:
        message = "the digest's size is not that of its algorithm"
        raise MalformedValue(message, path=path, fix=_FIX)
    return Digest(algorithm=algorithm, value=value)


def check_digests(digests: Sequence[Digest], content: bytes, *, path: str) -> None:
    """Return if every one of ``digests`` is the digest of ``content``.

    Raises:
        MalformedValue: One differs, or there is none to compare with.
    """
    if not digests:
        raise MalformedValue("there is no digest", path=path, fix=_FIX)
    found = _hashed(digests, content)
    for digest in digests:
        if not hmac.compare_digest(found[digest.algorithm], digest.value):
            raise MalformedValue(
                "digest mismatch: these are not the bytes that the issuer named",
                path=path,
                fix="supply the document exactly as the issuer saw it",
            )


def _hashed(digests: Iterable[Digest], content: bytes) -> dict[Algorithm, bytes]:
    """The digests of ``content`` by the algorithms of ``digests``.

    Each once: a document may state thousands, of a document that is large.
    """
    algorithms = {digest.algorithm for digest in digests}
    return {name: hashlib.new(name, content).digest() for name in algorithms}


def check_published(digests: Sequence[Digest], sha256: bytes, *, path: str) -> None:
    """Compare digests where the bytes that they are of are not at hand.

    Args:
        digests: What the issuer stated.
        sha256: The digest that is known of the bytes.
        path: Where the digests are stated.

    Raises:
        EvidenceUnavailable: A digest of another algorithm.
        MalformedValue: A digest differs.
    """
    for digest in digests:
        if digest.algorithm != "sha256":
            message = "the published bytes of this context are not at hand"
            raise EvidenceUnavailable(message, path=path)
        if not hmac.compare_digest(digest.value, sha256):
            message = "digest mismatch: these are not the bytes that were published"
            raise MalformedValue(message, path=path)


def check_integrity(metadata: str, content: bytes, *, path: str) -> None:
    """Return if ``content`` has a digest that an integrity metadata string names.

    Several digests of one algorithm are alternatives, and of several algorithms the
    strongest counts. Options and unknown algorithms are passed over.

    Spec: https://www.w3.org/TR/2016/REC-SRI-20160623/#the-integrity-attribute

    Raises:
        MalformedValue: None is the digest of ``content``, or none is of an algorithm
            that medid knows.
    """
    named = [part.partition("?")[0] for part in metadata.split()]
    known = [digest for text in named for digest in _known_sri(text, path)]
    strongest = max((_SIZES[one.algorithm] for one in known), default=0)
    asked = [digest for digest in known if len(digest.value) == strongest]
    found = _hashed(asked, content)
    if any(hmac.compare_digest(found[one.algorithm], one.value) for one in asked):
        return
    message = "digest mismatch: these are not the bytes that were named"
    raise MalformedValue(message, path=path, fix=_FIX)


def _known_sri(text: str, path: str) -> list[Digest]:
    try:
        return [_from_sri(text, path)]
    except MalformedValue:
        return []


def sri(content: bytes, algorithm: Algorithm = "sha384") -> str:
    """The ``digestSRI`` of ``content``."""
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


def multihash(content: bytes) -> str:
    """The ``digestMultibase`` of ``content``: its SHA-256 multihash in base58btc."""
    return to_base58btc(b"\x12\x20" + hashlib.sha256(content).digest())
