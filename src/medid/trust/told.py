"""A chain of trust as it is told: by whose word an issuer is believed, and since when.

Recognitions and federations are searched in ways of their own. What is told of a chain
that was found is the same for both, in a verification, a decision and its record: who,
by whom, from when to when, and by which bytes. It proves nothing by itself.

Spec: https://www.w3.org/TR/vc-recognized-entities-1.0/#verifying-recognition-chains
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from medid.core.fields import (
    as_object,
    as_str,
    no_others,
    optional,
    optional_str,
    required,
    required_str,
)
from medid.core.instant import ALWAYS, Instant, Window
from medid.errors import MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Mapping

    from medid.core.json import JsonObject, JsonValue

# Chains that are told of one document; a search may find as many as a thicket has.
MAX_TOLD: Final = 4
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SPAN: Final = ("validFrom", "validUntil")
_SCOPE: Final = ("credentialTypes", "jurisdictions", "professions")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldLink:
    """One party said that another counts.

    Attributes:
        entity: Of whom it was said.
        recognized_by: Who said it.
        digest: SHA-256 (hex) of the bytes in which it was said.
        url: Where they were published; ``None`` if they were presented.
        window: When it is in force.
    """

    entity: str
    recognized_by: str
    digest: str
    url: str | None = None
    window: Window = ALWAYS

    def as_json(self) -> JsonObject:
        """The members that are there."""
        return {
            "entity": self.entity,
            "recognizedBy": self.recognized_by,
            **({} if self.url is None else {"url": self.url}),
            "sha256": self.digest,
            **_span(self.window),
        }

    def sentence(self) -> str:
        """The link in one sentence, with where it is from."""
        place = "presented" if self.url is None else f"published at {self.url}"
        return (
            f"{self.recognized_by} recognizes {self.entity}{in_words(self.window)} "
            f"({place}, SHA-256 {self.digest})."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldMark:
    """The trust mark by which a federation accredits.

    Attributes:
        type: What is attested.
        issuer: Who attests.
        digest: SHA-256 (hex) of the mark.
        window: When it is in force.
    """

    type: str
    issuer: str
    digest: str
    window: Window = ALWAYS

    def as_json(self) -> JsonObject:
        """The members that are there."""
        return {
            "type": self.type,
            "issuer": self.issuer,
            "sha256": self.digest,
            **_span(self.window),
        }

    def sentence(self, entity: str) -> str:
        """The mark in one sentence."""
        return (
            f"{self.issuer} attests the trust mark {self.type} about {entity}"
            f"{in_words(self.window)} (SHA-256 {self.digest})."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChain:
    """By whose word an issuer is believed, and what is left of the scope.

    Attributes:
        authority: An authority of the trust file, or the anchor of a federation.
        links: From the authority's own to the issuer's; none where a federation's
            anchor itself issues.
        mark: The trust mark of a federation; ``None`` of a chain of recognitions.
        window: When all of it is in force.
    """

    authority: str
    links: tuple[ToldLink, ...]
    credential_types: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    professions: tuple[str, ...]
    window: Window = ALWAYS
    mark: ToldMark | None = None

    @property
    def issuer(self) -> str:
        """Who is believed in the end."""
        return self.links[-1].entity if self.links else self.authority

    def as_json(self) -> JsonObject:
        """The members that are there; ``read_chain`` reads them back."""
        return {
            "authority": self.authority,
            "links": [link.as_json() for link in self.links],
            **({} if self.mark is None else {"trustMark": self.mark.as_json()}),
            "credentialTypes": list(self.credential_types),
            "jurisdictions": list(self.jurisdictions),
            "professions": list(self.professions),
            **_span(self.window),
        }

    def sentences(self) -> tuple[str, ...]:
        """The chain for people: whose word it is, each link, and for what."""
        said = f"{self.issuer} is believed on the word of {self.authority}"
        mark = () if self.mark is None else (self.mark.sentence(self.issuer),)
        return (
            f"{said}{in_words(self.window)}.",
            *(link.sentence() for link in self.links),
            *mark,
            scope_in_words(self.credential_types, self.jurisdictions, self.professions),
        )


def in_words(window: Window) -> str:
    """When something is in force, to stand in a sentence; nothing if always."""
    start = "" if window.start is None else f" from {window.start}"
    return start if window.end is None else f"{start} until {window.end}"


def scope_in_words(
    types: tuple[str, ...], jurisdictions: tuple[str, ...], professions: tuple[str, ...]
) -> str:
    """For what somebody's word counts, in one sentence."""
    return (
        f"For {', '.join(types)} in {', '.join(jurisdictions)}, of the professions "
        f"{', '.join(professions)}."
    )


def _span(window: Window) -> JsonObject:
    ends = zip(_SPAN, (window.start, window.end), strict=True)
    return {name: str(end) for name, end in ends if end is not None}


def read_chain(value: JsonValue, path: str) -> ToldChain:
    """The chain that ``ToldChain.as_json`` wrote.

    Raises:
        MalformedValue: A member is unknown, missing or not of its form.
    """
    obj = as_object(value, path)
    no_others(obj, ("authority", "links", "trustMark", *_SCOPE, *_SPAN), path)
    mark, place = optional(obj, "trustMark", dict, path), child(path, "links")
    links = tuple(
        _link(item, child(place, index))
        for index, item in enumerate(required(obj, "links", list, path))
    )
    if not links and mark is None:
        raise MalformedValue("a chain without links", path=place)
    types, jurisdictions, professions = (_words(obj, name, path) for name in _SCOPE)
    return ToldChain(
        authority=required_str(obj, "authority", path),
        links=links,
        mark=None if mark is None else _mark(mark, child(path, "trustMark")),
        credential_types=types,
        jurisdictions=jurisdictions,
        professions=professions,
        window=_window(obj, path),
    )


def _link(value: JsonValue, path: str) -> ToldLink:
    obj = as_object(value, path)
    no_others(obj, ("entity", "recognizedBy", "url", "sha256", *_SPAN), path)
    return ToldLink(
        entity=required_str(obj, "entity", path),
        recognized_by=required_str(obj, "recognizedBy", path),
        digest=_digest(obj, path),
        url=optional_str(obj, "url", path),
        window=_window(obj, path),
    )


def _mark(obj: JsonObject, path: str) -> ToldMark:
    no_others(obj, ("type", "issuer", "sha256", *_SPAN), path)
    return ToldMark(
        type=required_str(obj, "type", path),
        issuer=required_str(obj, "issuer", path),
        digest=_digest(obj, path),
        window=_window(obj, path),
    )


def _digest(obj: Mapping[str, JsonValue], path: str) -> str:
    text = required_str(obj, "sha256", path)
    if _DIGEST.fullmatch(text) is None:
        message = "not a SHA-256 in lower-case hexadecimal"
        raise MalformedValue(message, path=child(path, "sha256"))
    return text


def _words(obj: Mapping[str, JsonValue], name: str, path: str) -> tuple[str, ...]:
    place = child(path, name)
    found = required(obj, name, list, path)
    if not found:
        raise MalformedValue("the array is empty", path=place)
    return tuple(as_str(one, child(place, index)) for index, one in enumerate(found))


def _window(obj: Mapping[str, JsonValue], path: str) -> Window:
    return Window(*(_end(obj, name, path) for name in _SPAN))


def _end(obj: Mapping[str, JsonValue], name: str, path: str) -> Instant | None:
    stated = optional_str(obj, name, path)
    return None if stated is None else Instant.parse(stated, path=child(path, name))
