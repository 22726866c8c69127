"""Trust registries in a trust file: who is asked about issuers, and for what.

What a registry's ``action`` and ``resource`` stand for, its own authority defines. What
its yes is worth in this field, only the trust file says: it allows nobody more than the
entry states, and a question that the entry does not state is not asked.

Spec: https://trustoverip.github.io/tswg-trust-registry-protocol/#identifiers
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core import jcs
from medid.core.evidence import Need
from medid.core.fields import as_str, optional_str, required_str
from medid.errors import MalformedValue, child
from medid.trust.boards import LICENSE_TYPE
from medid.trust.federation.statements import check_entity
from medid.trust.members import (
    items,
    jurisdictions,
    known_members,
    some_words,
    whole_number,
    window,
)
from medid.trust.trqp import (
    ISSUE,
    JURISDICTION,
    PROFESSION,
    Query,
    Question,
    check_identifier,
    query,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from medid.core.instant import Instant, Window
    from medid.core.json import JsonObject, JsonValue

# Each is asked about an issuer that the file does not name.
MAX_REGISTRIES: Final = 4
# Of one registry: those for the type of a credential are all asked about its issuer.
MAX_QUESTIONS: Final = 64
MAX_AGE: Final = 300  # seconds by default: as long as a decision lasts
MAX_RESPONSE: Final = 65_536  # bytes; a response repeats its query and has 500
_MEMBERS: Final = (
    "url",
    "authorityId",
    "name",
    "mayAuthorize",
    "recognizedBy",
    "maxAgeSeconds",
    "validFrom",
    "validUntil",
)
_SCOPE: Final = (
    "action",
    "resource",
    "credentialTypes",
    "jurisdictions",
    "professions",
)
_ACCEPT: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One question, and what a yes to it allows.

    Attributes:
        action: In the words of the registry.
        resource: In the words of the registry.
        conditions: What narrows it, and has to be repeated in the response.
        credential_types: Which credentials.
        jurisdictions: For where.
        professions: Codes, or ``system|code``.
    """

    action: str
    resource: str
    conditions: Mapping[str, str]
    credential_types: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    professions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRegistry:
    """A trust registry that is asked about issuers.

    Attributes:
        url: Of its TRQP service, without a slash at its end.
        authority: For which it speaks.
        askings: What it is asked about an issuer; none where it only recognizes.
        recognized_by: The authority of another entry whose registry has to recognize
            this one's, for each question; ``None`` asks nobody.
        max_age: Seconds after which an answer counts no more.
        window: When the entry is in force.
    """

    url: str
    authority: str
    name: str | None
    askings: tuple[Asking, ...]
    recognized_by: str | None
    max_age: int
    window: Window

    def query(
        self, entity: str, asking: Asking, *, time: Instant | None = None
    ) -> Query:
        """The query whether ``asking`` holds for ``entity``; now, or as of ``time``."""
        return query(
            entity,
            self.authority,
            asking.resource,
            action=asking.action,
            conditions=asking.conditions,
            time=time,
        )

    def need(self, asked: Query, question: Question) -> Need:
        """What the response to ``asked`` takes.

        The query tells it from other queries to the same address: its digest is the
        fragment of the URL, which is not sent.
        """
        body = jcs.canonicalize(asked.as_json())
        digest = hashlib.sha256(body).hexdigest()
        return Need(
            kind="registry-answer",
            url=f"{self.url}/{question.value}#{digest}",
            accept=_ACCEPT,
            max_bytes=MAX_RESPONSE,
            tells_past=asked.time is not None,
            path="$.issuer",
            body=body,
        )


def read_asked(obj: JsonObject, path: str) -> tuple[AskedRegistry, ...]:
    """The ``trustRegistries`` of a trust file.

    Raises:
        MalformedValue: One is not of its form, there are too many, two are for the
            same authority, or what recognizes one is not there or goes round.
    """
    place = child(path, "trustRegistries")
    found = tuple(_read(item, at) for item, at in items(obj, "trustRegistries", path))
    if len(found) > MAX_REGISTRIES:
        message = f"more than {MAX_REGISTRIES} trust registries"
        raise MalformedValue(message, path=place)
    if len({one.authority for one in found}) != len(found):
        raise MalformedValue("two registries for the same authority", path=place)
    for index, one in enumerate(found):
        recognizers(one, found, path=child(place, index))
    used = {one.recognized_by for one in found}
    for index, one in enumerate(found):
        if not one.askings and one.authority not in used:
            message = "the registry may say nothing that counts"
            at = child(child(place, index), "mayAuthorize")
            raise MalformedValue(message, path=at)
    return found


def recognizers(
    registry: AskedRegistry, registries: Sequence[AskedRegistry], *, path: str = "$"
) -> tuple[AskedRegistry, ...]:
    """Those who have to recognize ``registry``: its own recognizer first.

    Raises:
        MalformedValue: One is not there, or they go round.
    """
    known = {one.authority: one for one in registries}
    found: list[AskedRegistry] = []
    place, upper = child(path, "recognizedBy"), registry.recognized_by
    while upper is not None:
        if upper not in known:
            message = "no entry is for the authority that has to recognize this one"
            raise MalformedValue(message, path=place)
        if known[upper] in (registry, *found):
            raise MalformedValue("the registries recognize each other", path=place)
        found.append(known[upper])
        upper = known[upper].recognized_by
    return tuple(found)


def _read(value: JsonValue, path: str) -> AskedRegistry:
    obj = known_members(value, _MEMBERS, path)
    url = check_entity(required_str(obj, "url", path), path=child(path, "url"))
    max_age = whole_number(obj, "maxAgeSeconds", path, default=MAX_AGE)
    if max_age == 0:
        message = "an answer that lasts no time never counts"
        raise MalformedValue(message, path=child(path, "maxAgeSeconds"))
    return AskedRegistry(
        url=url.removesuffix("/"),
        authority=_identifier(obj, "authorityId", path),
        name=optional_str(obj, "name", path),
        askings=_askings(obj, path),
        recognized_by=(
            _identifier(obj, "recognizedBy", path) if "recognizedBy" in obj else None
        ),
        max_age=max_age,
        window=window(obj, path),
    )


def _identifier(obj: JsonObject, name: str, path: str) -> str:
    return check_identifier(required_str(obj, name, path), path=child(path, name))


def _askings(obj: JsonObject, path: str) -> tuple[Asking, ...]:
    found = tuple(
        asking
        for item, at in items(obj, "mayAuthorize", path)
        for asking in _scope(item, at)
    )
    if len(found) > MAX_QUESTIONS:
        message = f"more than {MAX_QUESTIONS} questions about one issuer"
        fix = "list fewer jurisdictions and professions, or name a resource for several"
        place = child(path, "mayAuthorize")
        raise MalformedValue(message, path=place, fix=fix)
    return found


def _scope(value: JsonValue, path: str) -> Iterator[Asking]:
    """One question for all of a resource; else one for each type, place and profession.

    A registry that speaks of resources of its own is asked in its own words. One that
    serves as medid does is asked for each in turn, so that its yes to one is none to
    another.
    """
    obj = known_members(value, _SCOPE, path)
    types: tuple[str, ...] = (LICENSE_TYPE,)
    if "credentialTypes" in obj:
        types = some_words(obj, "credentialTypes", path)
    some_words(obj, "jurisdictions", path)
    places = jurisdictions(obj, "jurisdictions", path)
    professions = some_words(obj, "professions", path)
    action = as_str(obj.get("action", ISSUE), child(path, "action"))
    check_identifier(action, path=child(path, "action"))
    if "resource" in obj:
        yield Asking(
            action=action,
            resource=_identifier(obj, "resource", path),
            conditions=MappingProxyType({}),
            credential_types=types,
            jurisdictions=places,
            professions=professions,
        )
        return
    for kind, place, profession in product(types, places, professions):
        conditions = {JURISDICTION: place, PROFESSION: profession}
        yield Asking(
            action=action,
            resource=check_identifier(kind, path=child(path, "credentialTypes")),
            conditions=MappingProxyType(conditions),
            credential_types=(kind,),
            jurisdictions=(place,),
            professions=(profession,),
        )
