"""The change feed: what a board adds to it, and what whoever follows it accepts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from medid.board import Issuing, chain, feed, heads
from medid.board.acts import as_bytes
from medid.board.feed import PAGE_SIZE, Entry, Page
from medid.board.feeding import Feeding
from medid.board.heads import Head
from medid.board.site import INDEX
from medid.core.records import replace
from medid.errors import FeedAltered, MalformedValue, MedidError, PublishedLater
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from medid.verifying.verifier import Verifier
from tests.board.test_site import LISTS, Site
from tests.board.world import NOON, SECURING, Board

if TYPE_CHECKING:
    from collections.abc import Sequence

DID = "did:example:board"
FIRST = "feed/1.json"
TARGETS = [*LISTS, "status/2/token"]


def entry(sequence: int, salt: str = "") -> Entry:
    """An entry of its own content."""
    paths = TARGETS if feed.begins_page(sequence) else TARGETS[sequence % 4 :]
    digest = feed.digest(f"{sequence}{salt}".encode())
    lists = dict.fromkeys(paths or TARGETS, digest)
    return Entry(sequence=sequence, at=NOON.plus(sequence), lists=lists)


def chained(entries: Sequence[Entry]) -> tuple[list[Head], dict[int, Page]]:
    """The place after each entry, the beginning first; and the pages."""
    places = [feed.beginning(DID)]
    pages: dict[int, Page] = {}
    for one in entries:
        number = feed.page_of(one.sequence)
        page = pages.get(number) or Page(before=places[-1].hash, start=one.sequence)
        pages[number] = replace(page, entries=(*page.entries, one))
        after = feed.link(places[-1].hash, one)
        places.append(Head(sequence=one.sequence, hash=after))
    return places, pages


def read_back(pages: dict[int, Page]) -> dict[int, Page]:
    return {number: feed.read_page(one.content()) for number, one in pages.items()}


NO_ENTRIES: list[Any] = [None, [], {}, [1], [{}], [[]]]
NOT_BEFORE: list[Any] = [None, "", "A" * 64, "a" * 63]
NO_STARTS: list[Any] = [None, 0, -63, 2, 64, True, "1", 1.0]
LENGTHS = st.integers(0, 2 * PAGE_SIZE + 3)


@given(data=st.data(), length=LENGTHS)
def test_whoever_follows_has_every_entry_once(data: Any, length: int) -> None:
    entries = [entry(one) for one in range(1, length + 1)]
    places, pages = chained(entries)
    pages = read_back(pages)
    start = data.draw(st.integers(0, length))
    numbers = feed.pages_between(places[start], places[-1])
    needed = {number: pages[number] for number in numbers}
    found = feed.follow(DID, places[start], places[-1], needed)
    assert [*found] == entries[start:]
    # Without a cursor, the last page tells of all lists.
    numbers = feed.pages_between(None, places[-1])
    assert len(numbers) == (1 if length else 0)
    found = feed.follow(DID, None, places[-1], {one: pages[one] for one in numbers})
    known = feed.lists_after({}, tuple(entries))
    assert feed.lists_after({}, found) == known
    assert set(known) == (set(TARGETS) if length else set())
    # What stands behind the head is not published yet.
    middle = data.draw(st.integers(start, length))
    found = feed.follow(DID, places[start], places[middle], pages)
    assert [*found] == entries[start:middle]
    text = feed.cursor_text(places[start])
    assert feed.read_cursor(text) == places[start]


def other(page: Page, index: int, kind: str) -> Page:
    """``page`` with one thing changed."""
    entries = list(page.entries)
    index %= len(entries)
    if kind == "drop":
        del entries[index]
    elif kind == "digest":
        first = next(iter(entries[index].lists))
        lists = {**entries[index].lists, first: "0" * 64}
        entries[index] = replace(entries[index], lists=lists)
    elif kind == "time":
        entries[index] = replace(entries[index], at=NOON)
    elif kind == "repeat":
        entries.insert(index, entries[index])
    elif kind == "before":
        return replace(page, before="0" * 64)
    else:
        return replace(page, start=page.start + PAGE_SIZE)
    numbered = [
        replace(one, sequence=page.start + place) for place, one in enumerate(entries)
    ]
    return replace(page, entries=tuple(numbered))


@given(
    data=st.data(),
    length=st.integers(1, PAGE_SIZE + 9),
    kind=st.sampled_from(["drop", "digest", "time", "repeat", "before", "start"]),
)
def test_a_page_that_was_changed_leads_nowhere(
    data: Any, length: int, kind: str
) -> None:
    places, pages = chained([entry(one) for one in range(1, length + 1)])
    number = data.draw(st.sampled_from(sorted(pages)))
    index = data.draw(st.integers(0, PAGE_SIZE))
    before = pages[number].entries
    pages[number] = other(pages[number], index, kind)
    # The last entry again stands behind the head: it is not published yet.
    assume(kind != "repeat" or pages[number].entries[: len(before)] != before)
    told = "stands in another's place" if kind == "start" else None
    with pytest.raises(FeedAltered, match=told) as refused:
        feed.follow(DID, places[0], places[-1], pages)
    assert refused.value.path == "$.feed"


@pytest.mark.parametrize("cursor", [0, 3, 10])
@pytest.mark.parametrize("forged", ["", "x"])
def test_a_page_that_ends_early_says_nothing_of_what_it_likes(
    cursor: int, forged: str
) -> None:
    """The next page begins with a hash that nobody who follows has seen."""
    places, pages = chained([entry(one) for one in range(1, PAGE_SIZE + 2)])
    early = tuple(entry(one, forged if one > cursor else "") for one in range(1, 8))
    pages[1] = replace(pages[1], entries=early)
    with pytest.raises(FeedAltered, match="missing"):
        feed.follow(DID, places[cursor], places[-1], pages)


@given(length=st.integers(1, PAGE_SIZE + 9), data=st.data())
def test_a_feed_that_went_back_or_apart_is_refused(length: int, data: Any) -> None:
    places, pages = chained([entry(one) for one in range(1, length + 1)])
    cursor = data.draw(st.integers(1, length))
    with pytest.raises(FeedAltered, match="shorter"):
        feed.follow(DID, places[cursor], places[cursor - 1], pages)
    forked = [entry(one, "x" if one >= cursor else "") for one in range(1, length + 1)]
    others, apart = chained(forked)
    for end in (length, min(length, cursor)):
        with pytest.raises(FeedAltered, match="another one"):
            feed.follow(DID, places[cursor], others[end], apart)
    # Of another board, or begun anew.
    with pytest.raises(FeedAltered, match="another one"):
        feed.follow("did:example:other", places[0], places[-1], pages)
    none = Head(sequence=0, hash="0" * 64)
    with pytest.raises(FeedAltered, match="another one"):
        feed.follow(DID, None, none, {})


def test_what_is_no_page_and_no_cursor_is_told() -> None:
    good = json.loads(chained([entry(1), entry(2)])[1][1].content())

    def with_entry(**members: Any) -> dict[str, Any]:
        return {**good, "entries": [{**good["entries"][0], **members}]}

    digest = "a" * 64
    wrong: list[Any] = [
        [],
        {},
        {**good, "more": 1},
        *({**good, "before": value} for value in NOT_BEFORE),
        *({**good, "start": value} for value in NO_STARTS),
        *({**good, "entries": value} for value in NO_ENTRIES),
        {**good, "entries": good["entries"] * 33},
        *(with_entry(at=one) for one in (None, "", 7, "2026")),
        with_entry(more=1),
        *(with_entry(lists=value) for value in NO_ENTRIES),
        *(
            with_entry(lists={one: digest})
            for one in ("", "status/0/token", "status/1/x", "/status/1/token", "../x")
        ),
        *(with_entry(lists={LISTS[0]: one}) for one in (None, "", 1, "A" * 64)),
    ]
    accepted = []
    for one in wrong:
        try:
            feed.read_page(json.dumps(one).encode())
        except MedidError:
            continue
        accepted.append(one)
    assert accepted == []
    for text in (
        "",
        "1",
        f"01-{digest}",
        f"-1-{digest}",
        f"1-{digest}0",
        f" 1-{digest}",
    ):
        with pytest.raises(MalformedValue):
            feed.read_cursor(text)


def test_the_two_chains_of_a_board_are_not_taken_for_each_other() -> None:
    who = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
    issuing = Issuing(controller=who, securing=SECURING)
    one = feed.series(who.did, "https://board.example")
    register = replace(one, name="register")
    assert feed.beginning(who.did).hash != chain.first_link(who.did)
    signed = as_bytes(heads.sign(one, feed.beginning(who.did), issuing, at=NOON))
    head = heads.read(signed, one, Verifier(), at=NOON)
    assert (head, head.since) == (feed.beginning(who.did), NOON)
    for series in (register, replace(one, site="https://other.example")):
        with pytest.raises(MalformedValue, match="no head of this"):
            heads.read(signed, series, Verifier(), at=NOON)
    with pytest.raises(MalformedValue, match="another's"):
        heads.read(signed, replace(one, board="did:example:x"), Verifier(), at=NOON)


# The publisher.


class Fed(Site):
    """A site that publishes a feed, and somebody who follows it."""

    cursor: Head | None = None

    def publish(self, **other: Any) -> list[str]:
        return super().publish(**{"feed_seconds": 10, **other})

    @property
    def head(self) -> Head:
        board = self.board.record
        signed, at = self.files[feed.HEAD], self.board.now[0]
        return heads.read(signed, feed.series(board.did, board.site), Verifier(), at=at)

    def news(self) -> list[list[str]]:
        """The lists of each entry that is new."""
        head = self.head
        numbers = feed.pages_between(self.cursor, head)
        pages = {one: feed.read_page(self.files[feed.path_of(one)]) for one in numbers}
        found = feed.follow(self.board.record.did, self.cursor, head, pages)
        self.cursor = head
        return [sorted(one.lists) for one in found]

    def named(self) -> dict[str, str]:
        """What a newcomer is told of the lists."""
        head = self.head
        pages = {
            one: feed.read_page(self.files[feed.path_of(one)])
            for one in feed.pages_between(None, head)
        }
        entries = feed.follow(self.board.record.did, None, head, pages)
        return dict(feed.lists_after({}, entries))

    def is_told(self) -> bool:
        lists = {path: feed.digest(self.files[path]) for path in LISTS}
        return self.named() == lists


@pytest.fixture
def fed(sqlite_board: Board) -> Fed:
    sqlite_board.active()
    return Fed(sqlite_board)


def test_a_feed_names_what_was_signed_and_nothing_more(fed: Fed) -> None:
    assert fed.publish()[-2:] == [feed.HEAD, INDEX]
    assert fed.news() == []
    # Another mechanism signs the head anew, though there is nothing to tell.
    token = replace(fed.board.issuing, securing="vc+jwt")
    assert fed.publish(issuing=token) == ["register/head", feed.HEAD, INDEX]
    assert fed.news() == []
    fed.board.issue()
    fed.board.wait(1)
    assert fed.publish() == [*LISTS, "register/head", FIRST, feed.HEAD, INDEX]
    assert fed.news() == [LISTS]
    assert fed.news() == []
    # Nothing new is nothing written, until the head is old.
    assert fed.publish() == []
    fed.board.wait(9)
    assert fed.publish() == []
    fed.board.wait(1)
    assert fed.publish() == [feed.HEAD]
    assert fed.head.since == fed.board.now[0]
    assert fed.news() == []
    fed.board.change("35.1", "suspended")
    fed.board.wait(1)
    assert fed.publish()[-4:] == ["register/head", FIRST, feed.HEAD, INDEX]
    assert fed.news() == [LISTS]
    assert fed.is_told()
    # No position, no status, no number of a license stands anywhere in it.
    page = json.loads(fed.files[FIRST])
    assert [sorted(one) for one in page["entries"]] == [["at", "lists"]] * 2
    assert not {feed.HEAD, FIRST} & set(json.loads(fed.files[INDEX])["files"])
    # Another key signs the head anew.
    other = replace(fed.board.issuing, securing="vc+jwt")
    assert feed.HEAD in fed.publish(issuing=other)
    assert fed.publish(issuing=other) == []


def test_a_feed_turns_its_pages(fed: Fed) -> None:
    fed.board.issue()
    fed.publish()
    # The lists need not be signed so often for the test: what a site has is given.
    board, at = fed.board.record, fed.board.now[0]
    for count in range(2, PAGE_SIZE + 3):
        at = at.plus(1)
        feeding = Feeding(board.did, board.site, verifier=Verifier(), at=at)
        feeding.read(fed.files[feed.HEAD], fed.files.get)
        changed = {LISTS[0]: str(count).encode(), LISTS[1]: fed.files[LISTS[1]]}
        fed.files |= dict(feeding.add(changed))
        assert feeding.is_due(10**6)
        fed.files[feed.HEAD] = feeding.sign(fed.board.issuing)
    fed.board.now[0] = at
    second = json.loads(fed.files["feed/2.json"])
    assert (second["start"], len(second["entries"])) == (PAGE_SIZE + 1, 2)
    assert [sorted(one["lists"]) for one in second["entries"]] == [LISTS[:2], LISTS[:1]]
    assert len(json.loads(fed.files[FIRST])["entries"]) == PAGE_SIZE
    assert set(fed.named()) == set(LISTS[:2])
    fed.cursor = feed.beginning(board.did)
    assert len(fed.news()) == PAGE_SIZE + 2


def test_a_feed_that_was_cut_short_is_completed(fed: Fed) -> None:
    fed.board.issue()
    fed.publish()
    fed.news()
    fed.board.wait(1)
    fed.board.change("35.1", "suspended")
    whole = fed.made(feed_seconds=10)
    before, cursor = dict(fed.files), fed.cursor
    for cut in range(len(whole) + 1):
        fed.board.wait(1)
        fed.files = before | {one.path: one.content for one in whole[:cut]}
        fed.cursor = cursor
        fed.publish()
        # Without its index the site is signed anew, and the feed tells of that too.
        assert fed.news() in ([LISTS], [LISTS] * 2)
        assert fed.is_told()


def test_a_feed_that_is_damaged_is_told_and_not_continued(fed: Fed) -> None:
    fed.board.issue()
    fed.publish()
    good, refused = dict(fed.files), {}
    fed.board.wait(60)
    early = fed.board.now[0].plus(-61)
    wrong: dict[str, list[bytes | None]] = {
        FIRST: [None, b"{}", good[FIRST].replace(b"Z", b"1Z")],
        feed.HEAD: [b"{}"],
    }
    cases = [(path, one) for path, contents in wrong.items() for one in contents]
    for path, content in cases:
        fed.files = dict(good)
        fed.files.pop(path)
        if content is not None:
            fed.files[path] = content
        with pytest.raises(MedidError) as error:
            fed.publish()
        refused[path, content] = type(error.value).__name__
    assert [*refused.values()] == [
        *("FeedAltered", "MalformedValue", "MalformedValue", "MalformedValue")
    ]
    fed.files = {path: good[path] for path in (feed.HEAD, FIRST)}
    with pytest.raises(PublishedLater):
        fed.publish(at=early)
    # Another board's feed is not continued.
    stranger = Fed(Board.new(fed.board.engine))
    stranger.publish()
    fed.files = good | {feed.HEAD: stranger.files[feed.HEAD]}
    with pytest.raises(MalformedValue, match="another's"):
        fed.publish()
    # Without all of it, it begins anew.
    fed.files = {one: good[one] for one in good if not one.startswith("feed/")}
    assert fed.publish() == [FIRST, feed.HEAD]
    assert fed.is_told()


def test_no_feed_is_published_without_being_asked_for(sqlite_board: Board) -> None:
    site = Site(sqlite_board)
    assert not any(path.startswith("feed/") for path in site.publish())
