"""The change feed: when which status list of a board became another one.

A feed is a chain of entries in pages of 64, and a signed head that says where it ends.
An entry names the lists that were signed anew, with their digests, and nothing of what
changed in them: no position, and no status. The first entry of each page names all
lists, so that whoever begins needs the head and one page.

Whoever follows it has a cursor: the place and the hash up to which they have read. What
comes has to continue that. Nothing in here fetches anything.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources,
https://www.rfc-editor.org/rfc/rfc8785 (what is hashed)
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from medid.board import chain
from medid.board.heads import Head, Series
from medid.core import json as strict_json
from medid.core.fields import as_object, no_others, required, required_str
from medid.core.instant import Instant
from medid.errors import FeedAltered, MalformedValue, child

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from medid.core.json import JsonObject, JsonValue

NAME: Final = "feed"
HEAD: Final = f"{NAME}/head"
#: Entries of a page: about 20 kB for a board with one list number.
PAGE_SIZE: Final = 64
MAX_PAGE: Final = 8_388_608  # bytes; 64 entries that each name a thousand lists
MAX_HEAD: Final = 65_536  # bytes of a signed head, which has less than 2 kB
#: Pages that are read in one go, for whoever was away: 16,384 changes.
MAX_PAGES: Final = 256

_FORMAT: Final = "medid-feed-1"
_LIST: Final = re.compile(r"status/[1-9][0-9]{0,8}/(?:revocation|suspension|token)")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_CURSOR: Final = re.compile(r"(0|[1-9][0-9]{0,17})-([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was published at one time.

    Attributes:
        sequence: Its place in the chain, from 1.
        at: When it was signed.
        lists: The digest (SHA-256, hex) of each list that was signed anew, by its path
            below the site.
    """

    sequence: int
    at: Instant
    lists: Mapping[str, str] = field(hash=False)

    def as_json(self) -> JsonObject:
        """The entry as it is hashed, and stands in its page."""
        return {"at": str(self.at), "lists": dict(self.lists)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of the chain. Nothing in it is signed; the head is.

    Attributes:
        before: The hash of the entry before the first.
        start: The place of the first entry.
    """

    before: str
    start: int
    entries: tuple[Entry, ...] = ()

    def content(self) -> bytes:
        """The page as it is published."""
        entries: list[JsonValue] = [one.as_json() for one in self.entries]
        stated: JsonObject = {
            "before": self.before,
            "start": self.start,
            "entries": entries,
        }
        return strict_json.dumps(stated).encode() + b"\n"


def series(board: str, site: str) -> Series:
    """The feed of the board with the DID ``board``, published on ``site``."""
    return Series(board=board, site=site, name=NAME)


def beginning(board: str) -> Head:
    """The cursor of whoever has read nothing of the feed of ``board``."""
    return Head(sequence=0, hash=chain.first_link(board, _FORMAT))


def link(before: str, entry: Entry) -> str:
    """The hash of ``entry`` after ``before``."""
    return chain.linked(before, entry.sequence, entry.as_json())


def page_of(sequence: int) -> int:
    """The number of the page, from 1, on which this place of the chain is."""
    return (sequence - 1) // PAGE_SIZE + 1


def path_of(page: int) -> str:
    """Where a page is, below the site."""
    return f"{NAME}/{page}.json"


def is_list(path: str) -> bool:
    """Whether a list can be published at ``path``, below the site."""
    return _LIST.fullmatch(path) is not None


def begins_page(sequence: int) -> bool:
    """Whether the entry at this place names all lists."""
    return sequence % PAGE_SIZE == 1


def cursor_text(cursor: Head) -> str:
    """A cursor in one word."""
    return f"{cursor.sequence}-{cursor.hash}"


def read_cursor(text: str) -> Head:
    """The cursor that ``cursor_text`` wrote.

    Raises:
        MalformedValue: It is none.
    """
    found = _CURSOR.fullmatch(text)
    if found is None:
        message = "a cursor is a number, a hyphen and 64 hexadecimal digits"
        raise MalformedValue(message, fix="give the cursor as it was printed")
    return Head(sequence=int(found[1]), hash=found[2])


def read_page(content: bytes) -> Page:
    """A page as it was published. That it is the board's is for ``follow`` to say.

    Raises:
        MalformedValue: It is no page.
        ParsingError: It is no JSON.
    """
    obj = strict_json.load_object(content)
    no_others(obj, {"before", "start", "entries"}, "$")
    start = required(obj, "start", int, "$")
    entries = required(obj, "entries", list, "$")
    if start < 1 or not begins_page(start) or not 1 <= len(entries) <= PAGE_SIZE:
        raise MalformedValue(f"a page has 1 to {PAGE_SIZE} entries", path="$.start")
    return Page(
        before=_hash(required_str(obj, "before", "$"), "$.before"),
        start=start,
        entries=tuple(
            _entry(value, start + index, child("$.entries", index))
            for index, value in enumerate(entries)
        ),
    )


def _entry(value: JsonValue, sequence: int, path: str) -> Entry:
    obj = as_object(value, path)
    no_others(obj, {"at", "lists"}, path)
    place = child(path, "lists")
    lists = {
        _path(name, place): _hash(digest, place)
        for name, digest in required(obj, "lists", dict, path).items()
    }
    at = Instant.parse(required_str(obj, "at", path), path=child(path, "at"))
    if not lists:
        raise MalformedValue("an entry names a list", path=place)
    return Entry(sequence=sequence, at=at, lists=MappingProxyType(lists))


def _path(text: str, path: str) -> str:
    if not is_list(text):
        raise MalformedValue("not the path of a status list", path=path)
    return text


def _hash(value: JsonValue, path: str) -> str:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise MalformedValue("not 64 hexadecimal digits", path=path)
    return value


def pages_between(cursor: Head | None, head: Head) -> range:
    """The numbers of the pages that lead from ``cursor`` to ``head``.

    Without a cursor that is the last page, on which all lists are.

    Raises:
        FeedAltered: ``head`` is before ``cursor``.
    """
    last = page_of(head.sequence)
    if cursor is None:
        return range(last, last + 1) if head.sequence else range(0)
    if head.sequence < cursor.sequence:
        message = "the feed is shorter than it was: an older copy was put back"
        raise FeedAltered(message, path="$.feed")
    if head.sequence == cursor.sequence:
        return range(0)
    return range(page_of(cursor.sequence + 1), last + 1)


def follow(
    board: str, cursor: Head | None, head: Head, pages: Mapping[int, Page]
) -> tuple[Entry, ...]:
    """The entries from ``cursor`` to ``head``, each of which leads to it.

    Args:
        board: The DID of the board.
        cursor: Up to where the caller has read; ``None``: nothing yet, and the entries
            of the last page will do.
        head: What the board has signed.
        pages: Those that ``pages_between`` names, by number.

    Raises:
        FeedAltered: They do not lead from the one to the other.
    """
    known: dict[int, str] = {}
    for place in (beginning(board), cursor, head):
        if place is not None:
            _meet(known, place)
    reached, found = cursor or beginning(board), list[Entry]()
    numbers = pages_between(cursor, head)
    for number in numbers:
        page = pages[number]
        if page.start != (number - 1) * PAGE_SIZE + 1:
            message = "a page of the feed stands in another's place"
            raise FeedAltered(message, path="$.feed")
        if number != numbers[0]:
            # Two pages meet where one ends and the next begins: one that ends before
            # that would lead nowhere, and say whatever it likes.
            _check_reached(reached, page.start - 1)
        for reached, entry in _walked(page, head.sequence):
            _meet(known, reached)
            if entry is not None and (not cursor or entry.sequence > cursor.sequence):
                found.append(entry)
    _check_reached(reached, head.sequence)
    return tuple(found)


def _check_reached(reached: Head, sequence: int) -> None:
    if reached.sequence != sequence:
        message = "entries of the feed are missing"
        fix = "try again: the page may not have been written yet"
        raise FeedAltered(message, path="$.feed", fix=fix)


def _meet(known: dict[int, str], place: Head) -> None:
    if known.setdefault(place.sequence, place.hash) != place.hash:
        message = "the feed is another one than the one that was read before"
        raise FeedAltered(message, path="$.feed")


def _walked(page: Page, last: int) -> Iterator[tuple[Head, Entry | None]]:
    """Each place of ``page``, from the one before it, with the entry that leads there.

    What stands on a page behind the head is not published yet, and is not read.
    """
    place = Head(sequence=page.start - 1, hash=page.before)
    yield place, None
    for entry in page.entries[: last - place.sequence]:
        place = Head(sequence=entry.sequence, hash=link(place.hash, entry))
        yield place, entry


def lists_after(
    lists: Mapping[str, str], entries: tuple[Entry, ...]
) -> Mapping[str, str]:
    """The digests of all lists, after ``entries`` happened to ``lists``."""
    found = dict(lists)
    for one in entries:
        found.update(one.lists)
    return MappingProxyType(found)


def digest(content: bytes) -> str:
    """The digest of a list, as an entry states it."""
    return hashlib.sha256(content).hexdigest()
