"""Is an SD-JWT VC issued as its type demands? Asked where the type can be read.

The type of an SD-JWT VC may be a web address at which its metadata is published. Such
metadata narrows what an issuer may say and grants nothing. At hand it decides. Where
it was looked for and cannot be had the reader is told. Where the issuer pinned it
(``vct#integrity``) it is a part of what the issuer says, and nothing is decided
without it.

Spec: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/#section-4.7
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from medid.core.evidence import Need
from medid.core.fields import optional_str, required_str
from medid.credentials.digests import check_integrity
from medid.errors import (
    EvidenceUnavailable,
    MalformedValue,
    MedidError,
    TooLarge,
    child,
    located,
)
from medid.securing.sd_jwt.type_metadata import (
    MAX_METADATA_BYTES,
    MAX_TYPES,
    TypeMetadata,
    check_rules,
    combined,
    read_type_metadata,
)
from medid.verifying.issuer_keys import is_web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from medid.core.evidence import Evidence
    from medid.core.json import JsonObject
    from medid.securing.sd_jwt import SdJwt

PINNED: Final = "vct#integrity"
_PATH: Final = child("$", "vct")
_KEPT: Final = 64  # types that are asked for again and again


def is_asked(claims: JsonObject, evidence: Evidence) -> bool:
    """Whether the issuer pinned the type's metadata, or somebody looked for it.

    That a type is a web address does not say that anything is published there.
    """
    answer = evidence.answers.get(required_str(claims, "vct", "$"))
    looked_for = answer is not None and not isinstance(answer, EvidenceUnavailable)
    return PINNED in claims or looked_for


def needs(claims: JsonObject, evidence: Evidence) -> Iterator[Need]:
    """The metadata of the type and, as far as it is known, of those it extends."""
    chain: list[str] = []
    url: str | None = required_str(claims, "vct", "$")
    while url is not None and _is_published(url) and url not in chain:
        chain.append(url)
        yield _need(url)
        url = _extended(url, evidence) if len(chain) < MAX_TYPES else None


@lru_cache(maxsize=_KEPT)
def _need(url: str) -> Need:
    return Need(
        kind="type-metadata",
        url=url,
        accept="application/json",
        max_bytes=MAX_METADATA_BYTES,
        path=_PATH,
    )


def check_type(claims: JsonObject, credential: SdJwt, evidence: Evidence) -> None:
    """Return if ``credential`` is issued as its type, and what that extends, demands.

    Raises:
        EvidenceUnavailable: The metadata of one of these types could not be had.
        MalformedValue: A document is not the one that was pinned, not of its form, or
            another type's; or the types extend one another in a circle.
        TooLarge: A limit was passed.
        ParsingError: A document is not strict JSON.
        SchemaValidationError: The credential is not issued as its type demands.
    """
    with located(_PATH):
        rules = combined(_chain(claims, evidence))
    check_rules(rules, credential)


def _is_published(url: str) -> bool:
    # A fragment names a part of a document, and no document of its own.
    return is_web(url) and "#" not in url


def _extended(url: str, evidence: Evidence) -> str | None:
    if url not in evidence:
        return None
    try:
        return read_type_metadata(_obtained(url, evidence), vct=url).extends
    except MedidError:
        return None  # told when the type is checked


def _chain(claims: JsonObject, evidence: Evidence) -> list[TypeMetadata]:
    chain: list[TypeMetadata] = []
    url: str | None = required_str(claims, "vct", "$")
    integrity = optional_str(claims, PINNED, "$")
    while url is not None:
        if url in [metadata.vct for metadata in chain]:
            raise MalformedValue("the types extend one another in a circle")
        if len(chain) == MAX_TYPES:
            raise TooLarge(f"more than {MAX_TYPES} types extend one another")
        content = _obtained(url, evidence)
        if integrity is not None:
            check_integrity(integrity, content, path="$")
        metadata = read_type_metadata(content, vct=url)
        chain.append(metadata)
        url, integrity = metadata.extends, metadata.extends_integrity
    return chain


def _obtained(url: str, evidence: Evidence) -> bytes:
    try:
        return evidence.get(url).content
    except MedidError as error:
        message = f"the type's metadata could not be obtained ({error.code})"
        raise EvidenceUnavailable(message) from error
