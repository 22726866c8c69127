"""A FHIR Bundle: what is in it, and which entry a reference means.

References are followed inside the Bundle and nowhere else, by the rules of FHIR: an
absolute one is the ``fullUrl`` of an entry, a relative one is read against the base of
the entry that it stands in. Nothing is fetched, and nothing is guessed: a reference
that cannot be followed means nobody.

Spec: https://hl7.org/fhir/R4/bundle.html#references
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.core.fields import as_object, optional, optional_str, required_str
from medid.core.json import JsonLimits, check
from medid.errors import MalformedValue, MissingFact, TooLarge, child
from medid.health.fhir_losses import Loss, Source
from medid.health.fhir_qualification import IRI

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from medid.core.json import JsonObject
    from medid.health.fhir_ndh import Locate

BUNDLE: Final = JsonLimits(
    max_bytes=16_777_216,  # a page of a server's search has at most a few
    max_depth=64,
    max_members=500_000,
)
MAX_ENTRIES: Final = 1_000  # of one Bundle; servers give 50 or 100 a page

PRACTITIONER: Final = "Practitioner"
ROLE: Final = "PractitionerRole"
CONSENT: Final = "Consent"
AUDIT_EVENT: Final = "AuditEvent"
VERIFICATION: Final = "VerificationResult"
_READ: Final = frozenset({PRACTITIONER, ROLE, CONSENT, AUDIT_EVENT, VERIFICATION})
_CHANGES: Final = frozenset({"transaction", "batch"})
_TYPES: Final = frozenset({"collection", "searchset", "document"}) | _CHANGES

_NEXT: Final = "next"  # the relation of a page of a search to the one after it

_ID: Final = r"[A-Za-z0-9.\-]{1,64}"
_REST: Final = re.compile(
    r"(?:(?P<base>https?://[^\s?#]{1,2000})/)?"
    rf"(?P<what>[A-Z][A-Za-z]{{1,63}}/{_ID})(?:/_history/(?P<version>{_ID}))?"
)
_REASONS: Final = MappingProxyType(
    {
        "id": "about the Bundle, which is not in the result",
        "meta": "about the Bundle, which is not in the result",
        "identifier": "about the Bundle, which is not in the result",
        "type": "about the Bundle, which is not in the result",
        "timestamp": "about the Bundle, which is not in the result",
        "total": "about the search, which is not in the result",
        "link": "about the search, which is not in the result",
        "signature": "it signs the Bundle, and nothing that is made of it",
        "entry.fullUrl": "names the resource inside the Bundle, and nowhere else",
        "entry.link": "about the Bundle, which is not in the result",
        "entry.search": "about the search, which is not in the result",
        "entry.request": "about the exchange, which is not in the result",
        "entry.response": "about the exchange, which is not in the result",
    }
)
_NOT_READ: Final = "nothing is made of a resource of this type"
_NO_RESOURCE: Final = "there is no resource in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One resource of a Bundle.

    Attributes:
        index: Where it stands in the Bundle.
        kind: Its ``resourceType``.
        full_url: What names it in the Bundle; ``None`` where nothing does.
        resource: The resource itself.
    """

    index: int
    kind: str
    full_url: str | None = field(repr=False)
    resource: JsonObject = field(repr=False)

    @property
    def path(self) -> str:
        """The JSONPath of the resource in the Bundle."""
        return f"$.entry[{self.index}].resource"

    def inside(self, losses: Iterable[Loss]) -> tuple[Loss, ...]:
        """``losses`` of the resource, by their paths in the Bundle."""
        return tuple(
            Loss(path=self.path + one.path.removeprefix("$"), reason=one.reason)
            for one in losses
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A Bundle that was read.

    Attributes:
        entries: The resources that something can be made of, in their order.
    """

    entries: tuple[Entry, ...] = field(repr=False)
    _named: Mapping[str, Entry] = field(repr=False)
    _source: Source = field(repr=False)
    _places: tuple[Source, ...] = field(repr=False)

    @classmethod
    def read(cls, document: JsonObject) -> Bundle:
        """The Bundle that ``document`` is, held to the rules for its entries.

        Raises:
            MalformedValue: Not a Bundle of a type that is read, an entry that is
                malformed, or two entries of one name.
            MissingFact: It has nothing that anything can be made of.
            TooLarge: More entries than ``MAX_ENTRIES``, or larger than ``BUNDLE``.
            ParsingError: Not JSON within these limits.
        """
        root = as_object(check(document, limits=BUNDLE), "$")
        kind = _kind(root)
        items = optional(root, "entry", list, "$") or []
        if len(items) > MAX_ENTRIES:
            message = f"more than {MAX_ENTRIES} entries in one Bundle"
            raise TooLarge(message, path="$.entry")
        entries = [as_object(item, child("$.entry", i)) for i, item in enumerate(items)]
        source = _outside(root, entries)
        found = [_entry(one, index) for index, one in enumerate(entries)]
        named = _named([one for one in found if one is not None])
        places = tuple(source.elements("entry"))
        read = tuple(
            one
            for place, one in zip(places, found, strict=True)
            if _is_read(place, one, changes=kind in _CHANGES) and one is not None
        )
        source.refuse_modifiers()
        if not read:
            message = "the Bundle has nothing that anything can be made of"
            raise MissingFact(message, path="$.entry")
        return cls(entries=read, _named=named, _source=source, _places=places)

    def of(self, kind: str) -> list[Entry]:
        """The entries of the resource type ``kind``."""
        return [one for one in self.entries if one.kind == kind]

    @property
    def goes_on(self) -> bool:
        """Whether it is a page of what a server found, and there is a next one.

        Raises:
            MalformedValue: Its links are malformed.
        """
        links = self._source.elements("link")
        return any(one.text("relation") == _NEXT for one in links)

    def resolve(self, holder: Entry, reference: str) -> Entry | None:
        """The entry that ``reference`` means where it stands in ``holder``."""
        found = _REST.fullmatch(reference)
        if found is None:
            return self._named.get(reference)
        base = found["base"] or _base(holder.full_url)
        entry = None if base is None else self._named.get(f"{base}/{found['what']}")
        if entry is None or found["version"] in {None, _version(entry)}:
            return entry
        return None

    def locate(self, holder: Entry) -> Locate:
        """What finds the resource that a reference in ``holder`` means."""

        def locate(reference: str) -> JsonObject | None:
            found = self.resolve(holder, reference)
            return None if found is None else found.resource

        return locate

    def leave_out(self, entry: Entry, reason: str) -> None:
        """Say that nothing is made of ``entry``, and why."""
        self._places[entry.index].leave_out(reason)

    def keep(self, entry: Entry) -> None:
        """Say that something is made of ``entry``; what of it is lost, it says."""
        self._places[entry.index].keep("resource")

    def losses(self) -> tuple[Loss, ...]:
        """What of the Bundle itself, and which of its entries, is in no result."""
        return self._source.losses(_REASONS)


def _kind(root: JsonObject) -> str:
    if required_str(root, "resourceType", "$") != "Bundle":
        raise MalformedValue("not a FHIR Bundle", path="$.resourceType")
    kind = required_str(root, "type", "$")
    if kind not in _TYPES:
        message = "not a type of Bundle that holds resources as they are now"
        fix = "send a collection, searchset, document, transaction or batch"
        raise MalformedValue(message, path="$.type", fix=fix)
    return kind


def _outside(root: JsonObject, entries: list[JsonObject]) -> Source:
    """The Bundle without its resources: each of these has losses of its own."""
    bare: JsonObject = dict(root)
    if entries:
        bare["entry"] = [
            {name: name == "resource" or value for name, value in one.items()}
            for one in entries
        ]
    source = Source.of(bare, limits=BUNDLE)
    source.keep("resourceType")
    return source


def _entry(obj: JsonObject, index: int) -> Entry | None:
    """The resource of an entry; ``None`` where it holds none."""
    path = child("$.entry", index)
    resource = optional(obj, "resource", dict, path)
    url = optional_str(obj, "fullUrl", path)
    if resource is None:
        return None
    place = child(path, "resource")
    kind = required_str(resource, "resourceType", place)
    name = optional_str(resource, "id", place)
    if url is not None and not _is_of(url, kind, name):
        message = "the fullUrl is not that of the resource"
        raise MalformedValue(message, path=child(path, "fullUrl"))
    return Entry(index=index, kind=kind, full_url=url, resource=resource)


def _is_of(url: str, kind: str, name: str | None) -> bool:
    """Whether ``url`` may be the ``fullUrl`` of that resource."""
    found = _REST.fullmatch(url)
    if found is None:
        # A URN says nothing about type and id; what is not absolute names nothing.
        return IRI.fullmatch(url) is not None
    what, _, own = found["what"].partition("/")
    plain = found["base"] is not None and found["version"] is None
    return plain and what == kind and name in {None, own}


def _named(entries: list[Entry]) -> Mapping[str, Entry]:
    """The entries by their ``fullUrl``, of which none may be there twice."""
    found: dict[str, Entry] = {}
    unnamed: set[tuple[str, str | None]] = set()
    for one in entries:
        name = optional_str(one.resource, "id", one.path)
        twice = one.full_url in found or (
            one.full_url is None and (one.kind, name) in unnamed
        )
        if twice:
            message = "two entries are one resource, and only one can be meant"
            fix = "leave out all but the newest"
            raise MalformedValue(message, path=child("$.entry", one.index), fix=fix)
        if one.full_url is not None:
            found[one.full_url] = one
        elif name is not None:
            unnamed.add((one.kind, name))
    return MappingProxyType(found)


def _is_read(place: Source, entry: Entry | None, *, changes: bool) -> bool:
    if entry is None:
        place.leave_out(_NO_RESOURCE)
    elif changes and not _stores(place):
        place.leave_out("what this request asks for is not to store a resource")
    elif _mode(place) == "outcome":
        place.leave_out("about the search, which is not in the result")
    elif entry.kind not in _READ:
        place.leave_out(_NOT_READ)
    else:
        return True
    return False


def _stores(place: Source) -> bool:
    request = place.element("request")
    return request is not None and request.text("method") in {"POST", "PUT"}


def _mode(place: Source) -> str | None:
    search = place.element("search")
    return None if search is None else search.text("mode")


def _base(full_url: str | None) -> str | None:
    found = None if full_url is None else _REST.fullmatch(full_url)
    return None if found is None else found["base"]


def _version(entry: Entry) -> str | None:
    meta = optional(entry.resource, "meta", dict, entry.path)
    return None if meta is None else optional_str(meta, "versionId", entry.path)
