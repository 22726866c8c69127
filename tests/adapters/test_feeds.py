"""A verifier that follows a board's feed: what it permits, and when it stops to."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from medid.access.verifier import AccessVerifier
from medid.adapters.cache import CachedFetch
from medid.adapters.challenges import MemoryChallenges
from medid.adapters.feed_following import MAX_AHEAD, MAX_STEP, Documents, Follower
from medid.adapters.feed_settings import Feed
from medid.adapters.feeds import Driver, FollowedFetch
from medid.adapters.register import SqlRegister, open_engine
from medid.adapters.register.opening import make
from medid.adapters.supplied import SuppliedFetch
from medid.board import feed, heads
from medid.board.acts import as_bytes
from medid.board.feeding import Feeding
from medid.board.site import Publishing
from medid.cli import demo_world
from medid.core import json as strict_json
from medid.core.evidence import Evidence
from medid.core.fetch import Fetched, FetchRequest
from medid.core.instant import Instant, system_clock
from medid.core.records import replace
from medid.errors import (
    ConfigurationError,
    FeedSilent,
    FetchBlocked,
    FetchFailed,
    MedidError,
)
from medid.issuing.credential import issue
from medid.trust import TrustRegistry
from medid.verifying.verifier import Verifier
from tests.adapters.feed_world import Followed
from tests.adapters.fetchers import Hosts
from tests.board.world import SECURING, Board

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from medid.access.decision import Decision
    from medid.board import IssuedCredential
    from medid.core.json import JsonObject

REVOCATION, SUSPENSION, TOKEN = (
    f"status/1/{form}" for form in ("revocation", "suspension", "token")
)
MAX_AGE = 60.0


@dataclass
class Hospital:
    """A verifier with a cache, a board, and the board's site between them."""

    board: Board
    issued: IssuedCredential
    files: dict[str, bytes] = field(default_factory=dict)
    down: bool = False
    lost: bool = False

    def __post_init__(self) -> None:
        self.site = self.board.record.site
        # The board's clock is the hospital's.
        self.hosts = Hosts(clock=lambda: self.now, answer=self.answer)  # type: ignore[arg-type]
        self.cache = CachedFetch(self.hosts, clock=lambda: self.now)
        self.begin()

    def begin(self, cached: bool = True) -> None:
        """Follow the feed from nothing."""
        named = Feed(board=self.board.record.did, site=self.site, max_age=MAX_AGE)
        below = self.cache if cached else self.hosts
        self.fetch = FollowedFetch(below, [named], clock=lambda: self.now)

    @property
    def now(self) -> Instant:
        return self.board.now[0]

    def answer(self, request: FetchRequest) -> Fetched | MedidError:
        content = self.files.get(request.url.removeprefix(f"{self.site}/"))
        if self.down or content is None:
            return FetchFailed("the host does not answer")
        return Fetched.of(request.url, content, fetched_at=self.now)

    def publish(self, **other: Any) -> None:
        made = self.board.office.site(
            Publishing(
                issuing=self.board.issuing,
                at=self.now,
                published=self.files.get,
                feed_seconds=1,
                **other,
            )
        )
        self.files |= {one.path: one.content for one in made}

    def change(self, status: str) -> None:
        self.board.wait(2)
        self.board.change("35.1", status)
        self.publish()

    def codes(self) -> set[str]:
        """Why the hospital does not believe the license, in a synchronous call."""
        verifier = Verifier(fetch=self.fetch)
        found = verifier.verify(self.issued.content, at=self.now)
        other = asyncio.run(verifier.averify(self.issued.content, at=self.now))
        codes = {one.error.code for one in found.checks if one.error is not None}
        assert codes == {
            one.error.code for one in other.checks if one.error is not None
        }
        return codes

    def ask(self, *paths: str, **other: Any) -> list[Fetched | MedidError]:
        """What the fetch gives at these paths."""
        requests = [
            FetchRequest(
                **{
                    "url": f"{self.site}/{path}",
                    "accept": "*/*",
                    "max_bytes": 10**6,
                    "kind": "status-list",
                    **other,
                }
            )
            for path in paths
        ]
        return [*self.fetch.fetch_all(requests, seconds=5)]

    def told(self, path: str = SUSPENSION, **other: Any) -> str:
        """The message at this path; empty where the list came."""
        (found,) = self.ask(path, **other)
        if isinstance(found, Fetched):
            assert found.content == self.files[path.partition("?")[0]]
            return ""
        return f"{found.code} {found.message}"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    opened = open_engine(f"sqlite:///{tmp_path_factory.mktemp('feeds') / 'r.db'}")
    make(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def hospital(engine: Any) -> Hospital:
    board = Board.on(engine, SqlRegister(engine))
    board.active()
    made = Hospital(board, board.issue())
    made.publish()
    return made


def test_a_suspension_counts_at_the_next_question(hospital: Hospital) -> None:
    assert hospital.codes() == set()
    asked = len(hospital.hosts.asked)
    # Whatever is asked within a second costs nothing.
    assert hospital.codes() == set()
    assert len(hospital.hosts.asked) == asked
    for status, codes in [("suspended", {"SUSPENDED"}), ("active", set())] * 2:
        hospital.change(status)
        assert hospital.codes() == codes
    hospital.change("revoked")
    assert "REVOKED" in hospital.codes()
    # A cache alone would have said for a minute what it said first.
    kinds = [one.kind for one in hospital.hosts.asked]
    assert kinds.count("status-list") == 2 * 6
    # The feed turned no page, so each change took its head and one page.
    assert kinds.count("feed-page") == 6
    assert hospital.fetch.cache is hospital.cache


def test_a_cached_list_stays_while_the_feed_names_no_other(hospital: Hospital) -> None:
    assert hospital.codes() == set()
    asked = [one.kind for one in hospital.hosts.asked].count("status-list")
    for _ in range(5):
        hospital.board.wait(5)
        hospital.publish()
        assert hospital.codes() == set()
    kinds = [one.kind for one in hospital.hosts.asked]
    assert kinds.count("status-list") == asked
    assert kinds.count("feed-head") == 6


def test_a_feed_that_is_silent_is_believed_no_longer_than_its_age(
    hospital: Hospital,
) -> None:
    assert hospital.told() == ""
    hospital.board.wait(MAX_AGE)
    assert hospital.told() == ""
    hospital.board.wait(0.001)
    assert hospital.told().startswith("FEED_SILENT")
    assert hospital.told(TOKEN).startswith("FEED_SILENT")
    assert hospital.codes() == {"STATUS_RETRIEVAL_ERROR"}
    # Nor does it help to begin anew, or that the lists are there.
    hospital.begin()
    assert hospital.told().startswith("FEED_SILENT")
    hospital.publish()
    hospital.board.wait(2)
    assert hospital.told() == ""


def test_a_host_that_is_down_is_waited_for(hospital: Hospital) -> None:
    assert hospital.told() == ""
    hospital.down = True
    hospital.board.wait(MAX_AGE)
    # The head still counts; the list is the cache's, or it is not there.
    assert hospital.told().startswith("FETCH_FAILED the host does not")
    hospital.board.wait(6)
    assert hospital.told().startswith("FEED_SILENT")
    hospital.begin()
    assert hospital.told().startswith("FETCH_FAILED")
    hospital.down = False
    hospital.publish()
    hospital.board.wait(6)
    assert hospital.told() == ""


def test_an_older_copy_of_anything_is_not_believed(hospital: Hospital) -> None:
    first = dict(hospital.files)
    assert hospital.told() == ""
    hospital.change("suspended")
    assert hospital.codes() == {"SUSPENDED"}
    second = dict(hospital.files)
    # An old list, with the feed of now.
    hospital.board.wait(2)
    hospital.files = second | {SUSPENSION: first[SUSPENSION], TOKEN: first[TOKEN]}
    assert hospital.codes() == {"SUSPENDED"}  # the cache has it, and the feed names it
    hospital.cache = CachedFetch(hospital.hosts, clock=lambda: hospital.now)
    hospital.begin()
    older = "FETCH_FAILED the host shows an older status list"
    assert [hospital.told(one)[: len(older)] for one in (SUSPENSION, TOKEN)] == [
        older,
        older,
    ]
    assert hospital.told(REVOCATION) == ""
    assert hospital.codes() == {"STATUS_RETRIEVAL_ERROR"}
    # The whole site of then: whoever knows better is not moved, and then it is old.
    hospital.files = dict(first)
    hospital.board.wait(2)
    assert hospital.told().startswith(older)
    hospital.board.wait(MAX_AGE)
    assert hospital.told().startswith("FEED_SILENT")
    # What is nothing at all is no list either.
    hospital.files = dict(second)
    hospital.publish()
    for junk in (b"", b"{}", b"x"):
        hospital.files |= {SUSPENSION: junk, TOKEN: junk}
        hospital.board.wait(2)
        assert hospital.told().startswith(older)
        assert hospital.told(TOKEN).startswith(older)


def test_a_list_is_there_before_the_feed_names_it(hospital: Hospital) -> None:
    assert hospital.told() == ""
    before = dict(hospital.files)
    hospital.change("suspended")
    after = dict(hospital.files)
    for name in (feed.HEAD, "feed/1.json"):
        hospital.files[name] = before[name]
    hospital.cache = CachedFetch(hospital.hosts, clock=lambda: hospital.now)
    hospital.begin()
    assert hospital.codes() == {"SUSPENDED"}
    assert hospital.told(TOKEN) == ""
    hospital.files = after
    hospital.board.wait(2)
    assert hospital.codes() == {"SUSPENDED"}


def signed_feed(
    hospital: Hospital,
    at: Instant,
    *rounds: bytes,
    board: Board | None = None,
    before: dict[str, bytes] | None = None,
) -> dict[str, bytes]:
    """A feed of the board, or with another's key, with these lists of suspensions."""
    who = hospital.board if board is None else board
    files = dict(before or {})
    for content in rounds:
        did = who.record.did
        feeding = Feeding(did, hospital.site, verifier=Verifier(), at=at)
        if feed.HEAD in files:
            feeding.read(files[feed.HEAD], files.get)
        files |= dict(feeding.add({SUSPENSION: content}))
        files[feed.HEAD] = feeding.sign(who.issuing)
    return files


def test_a_feed_that_went_back_or_apart_permits_nothing(hospital: Hospital) -> None:
    hospital.change("suspended")
    good = dict(hospital.files)
    assert hospital.told() == ""
    at = hospital.board.wait(2)
    apart = signed_feed(hospital, at, b"1", good[SUSPENSION])
    shorter = signed_feed(hospital, at, good[SUSPENSION])
    longer = signed_feed(hospital, at, b"1", b"2", good[SUSPENSION])
    gap = good | {feed.HEAD: longer[feed.HEAD]}
    hospital.board.wait(2)
    stranger = Board.new(hospital.board.engine)
    other = signed_feed(hospital, at, good[SUSPENSION], board=stranger)
    undated = good[feed.HEAD].replace(b'"validFrom"', b'"validUntil"')
    wrong: dict[str, dict[str, bytes]] = {
        "FEED_ALTERED the feed is another one": apart,
        "FEED_ALTERED the feed is shorter": shorter,
        "FEED_ALTERED the feed is another on": longer,
        "FEED_ALTERED entries of the feed are missing": gap,
        "MALFORMED_VALUE_ERROR the head is another's": other,
        "PROOF_VERIFICATION_ERROR": {feed.HEAD: undated},
        "MALFORMED_VALUE_ERROR": {feed.HEAD: good["register/head"]},
        "PARSING_ERROR": {feed.HEAD: b"<html>"},
    }
    found = {}
    for told, files in wrong.items():
        hospital.files = good | files
        hospital.board.wait(2)
        found[told] = hospital.told()
        assert hospital.codes() == {"STATUS_RETRIEVAL_ERROR"}, told
    assert {one for one, told in found.items() if not told.startswith(one)} == set()
    hospital.files = good
    hospital.board.wait(2)
    assert hospital.told() == ""


def test_a_page_that_does_not_come_is_waited_for(hospital: Hospital) -> None:
    assert hospital.told() == ""
    old = hospital.files["feed/1.json"]
    hospital.change("suspended")
    new = hospital.files.pop("feed/1.json")
    assert hospital.told().startswith("FETCH_FAILED")
    hospital.files["feed/1.json"] = old
    hospital.board.wait(6)
    assert hospital.told().startswith("FEED_ALTERED entries of the feed are missing")
    hospital.files["feed/1.json"] = new
    hospital.board.wait(2)
    assert hospital.codes() == {"SUSPENDED"}


def test_a_clock_that_goes_a_little_ahead_is_followed(hospital: Hospital) -> None:
    hospital.board.wait(MAX_AHEAD)
    hospital.publish()
    hospital.board.wait(-MAX_AHEAD)
    assert hospital.told() == ""
    hospital.begin()
    hospital.board.wait(-0.001)
    assert hospital.told().startswith("NOT_YET_VALID")


def test_a_clock_that_was_set_back_makes_no_head_younger(hospital: Hospital) -> None:
    assert hospital.told() == ""
    hospital.board.wait(-MAX_AHEAD)
    assert hospital.told() == ""
    # What was read before would be believed until the clock has caught up, and while
    # the host is down as well.
    for down in (False, True):
        hospital.down = down
        for back in (0.001, 86_400, 86_400 * 365):
            hospital.board.wait(-back)
            assert hospital.told().startswith("FEED_SILENT"), (down, back)
            hospital.board.wait(back)
    hospital.down = False
    hospital.board.wait(MAX_AHEAD)
    assert hospital.told() == ""


def test_an_undated_head_is_none(hospital: Hospital) -> None:
    board = hospital.board
    series = feed.series(board.record.did, hospital.site)
    start = feed.beginning(board.record.did)
    signed = heads.sign(series, start, board.issuing, at=hospital.now)
    assert isinstance(signed, dict)
    draft = {
        name: value
        for name, value in signed.items()
        if name not in {"proof", "validFrom"}
    }
    undated = issue(draft, board.controller, securing=SECURING, at=hospital.now)
    hospital.files[feed.HEAD] = as_bytes(undated)
    hospital.begin()
    assert "says when it was signed" in hospital.told()


def test_whoever_was_away_for_long_begins_with_the_last_page(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PAGE_SIZE", 2)
    monkeypatch.setattr(feed, "begins_page", lambda sequence: sequence % 2 == 1)
    content = hospital.files[SUSPENSION]

    def add(count: int) -> int:
        """Add so many entries, be asked, and say how many pages that took."""
        at = hospital.board.wait(2)
        lists = [str(one).encode() for one in range(1, count)]
        hospital.files = signed_feed(
            hospital, at, *lists, content, before=hospital.files
        )
        start = len(hospital.hosts.asked)
        assert hospital.told() == ""
        return [one.kind for one in hospital.hosts.asked[start:]].count("feed-page")

    assert add(2) == 1  # whoever begins reads the last page
    assert add(2 * MAX_STEP - 2) == MAX_STEP
    assert add(2 * MAX_STEP) == 1
    # Whoever has a cursor, and nothing else, is told.
    named = Feed(board=hospital.board.record.did, site=hospital.site)
    start = feed.beginning(named.board)
    driver, clock = Driver(hospital.hosts), lambda: hospital.now
    few = Follower(named, cursor=start, max_pages=1)
    with pytest.raises(MedidError, match="more than 1 pages"):
        driver.run(few.read(clock), seconds=5)
    assert few.head == start
    many = Follower(named, cursor=start, max_pages=64)
    read = driver.run(many.read(clock), seconds=5)
    assert len(read) == many.head.sequence == 4 * MAX_STEP + 1


def test_a_slower_thread_does_not_undo_what_was_read(hospital: Hospital) -> None:
    named = Feed(board=hospital.board.record.did, site=hospital.site)
    follower, driver = Follower(named), Driver(hospital.hosts)
    (found,) = hospital.ask("index.json", kind="")
    assert isinstance(found, Fetched)
    assert not follower.shows(SUSPENSION, found)  # nothing was read yet
    slow = follower.read(lambda: hospital.now)
    first = next(slow)
    assert isinstance(first, Documents)
    held = hospital.hosts.fetch_all(first.requests, seconds=1)
    proof = slow.send(held)
    verified = Verifier().verify(hospital.files[feed.HEAD], at=hospital.now)
    assert proof.content == hospital.files[feed.HEAD]  # type: ignore[union-attr]
    pages = slow.send(verified)
    assert isinstance(pages, Documents)
    old = hospital.hosts.fetch_all(pages.requests, seconds=1)
    hospital.change("suspended")
    driver.run(follower.read(lambda: hospital.now), seconds=5)
    ahead = follower.head
    with pytest.raises(StopIteration):
        slow.send(old)
    assert follower.head == ahead


def test_only_lists_of_now_are_followed(hospital: Hospital) -> None:
    hospital.board.wait(MAX_AGE + 1)
    silent = "FEED_SILENT"
    past, near = hospital.now.plus(-301), hospital.now.plus(-299)
    assert hospital.told()[: len(silent)] == silent
    assert hospital.told(at=near)[: len(silent)] == silent
    assert hospital.told(at=past) == ""
    assert hospital.told(kind="schema") == ""
    # What a host is asked about another time has a query.
    assert hospital.told(f"{SUSPENSION}?timestamp=x").startswith("FETCH_FAILED")
    (found, other) = hospital.ask("index.json", SUSPENSION)
    assert isinstance(found, Fetched)
    assert isinstance(other, FeedSilent)
    assert hospital.fetch.fetch_all([], seconds=1) == []


@pytest.mark.parametrize("other", [str.upper, "{}:443".format])
def test_a_site_in_another_spelling_is_not_passed_over(
    hospital: Hospital, other: Callable[[str], str]
) -> None:
    start, host = hospital.site[:8], hospital.site[8:]
    site = f"{start}{other(host)}"

    def answer(request: FetchRequest) -> Fetched | MedidError:
        return hospital.answer(
            replace(request, url=request.url.replace(site, hospital.site))
        )

    hospital.hosts.answer = answer
    named = Feed(board=hospital.board.record.did, site=site)
    hospital.fetch = FollowedFetch(hospital.hosts, [named], clock=lambda: hospital.now)
    # What the board has signed is of its own site, and nothing of this one.
    assert "no head of this feed" in hospital.told()


def test_without_a_cache_and_with_a_fetch_that_loses_answers(
    hospital: Hospital,
) -> None:
    hospital.begin(cached=False)
    assert hospital.fetch.cache is None
    assert hospital.told() == ""
    hospital.change("suspended")
    assert hospital.told() == ""

    class Losing:
        def fetch_all(self, requests: Any, *, seconds: float) -> list[Any]:
            del requests, seconds
            return []

    hospital.fetch = FollowedFetch(
        Losing(), [Feed(board=hospital.board.record.did, site=hospital.site)]
    )
    assert "lost an answer" in hospital.told()
    hospital.begin(cached=False)
    assert hospital.told() == ""

    def blocked(request: FetchRequest) -> Fetched | MedidError:
        is_head = request.kind == "feed-head"
        return FetchBlocked("not here") if is_head else hospital.answer(request)

    # Who is down may come back; what is refused is not waited for.
    hospital.hosts.answer = blocked
    assert hospital.told().startswith("FETCH_BLOCKED")


def test_what_cannot_be_followed_is_told() -> None:
    good: dict[str, Any] = {"board": "did:web:b.example", "site": "https://b.example"}
    assert Feed(**good).max_age == MAX_AGE
    wrong: list[dict[str, Any]] = [
        {"board": ""},
        {"board": "board"},
        {"site": "http://b.example"},
        {"site": "https://10.0.0.1"},
        {"site": ""},
        {"site": "https://b.example/"},
        {"site": "https://b.example/a?b"},
        *({"max_age": one} for one in (0, 1.9, 86_401, float("nan"), float("inf"))),
    ]
    for one in wrong:
        with pytest.raises(ConfigurationError):
            Feed(**{**good, **one})
    with pytest.raises(ConfigurationError, match="one site"):
        FollowedFetch(Hosts(system_clock), [Feed(**good)] * 2)  # type: ignore[arg-type]
    many = [replace(Feed(**good), site=f"https://b{one}.example") for one in range(65)]
    with pytest.raises(ConfigurationError, match="at most 64"):
        FollowedFetch(Hosts(system_clock), many)  # type: ignore[arg-type]


# By https.


@pytest.mark.loopback
def test_a_hospital_denies_within_two_seconds_of_a_suspension(tmp_path: Path) -> None:
    """A static host over TLS, a hospital with its cache, and clocks that go on."""
    world = demo_world.World(system_clock().plus(-1))
    with Followed.begun(tmp_path, holder=world.practitioner.did) as followed:
        world.board, world.license = (
            followed.board.controller,
            json.loads(followed.license),
        )
        consents = demo_world.WITHDRAWALS
        content = strict_json.dumps(world.web.documents[consents]).encode()
        at = system_clock()
        known = Evidence().with_answers(
            [(consents, Fetched.of(consents, content, fetched_at=at))]
        )
        hospital = AccessVerifier(
            trust=TrustRegistry.from_json(world.trust()),
            audience=demo_world.AUDIENCE,
            challenges=MemoryChallenges(),
            fetch=SuppliedFetch(followed.fetch, known),
        )
        wanted: JsonObject = {
            "purpose": "TREAT",
            "resource": "Observation/blood-pressure",
        }

        def decided() -> Decision:
            now = system_clock()
            shown = world.present(hospital.challenge(), now)
            return hospital.decide(shown, world.request(wanted, now))

        assert decided().outcome.value == "permit"
        followed.board.change("35.1", "suspended")
        followed.publish()
        ends = time.monotonic() + 60
        while decision := decided():
            assert time.monotonic() < ends
            time.sleep(0.02)
        codes = {one.code for one in decision.findings}
        assert (decision.outcome.value, "CREDENTIAL_SUSPENDED" in codes) == (
            "deny",
            True,
        )
