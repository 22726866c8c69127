"""As-of means as of then: keys and statuses from what was seen at the time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medid.adapters.archives import SqliteArchive
from medid.core.archive import ArchivedFetch, held_at
from medid.core.records import replace
from medid.dids.webvh.location import locate
from medid.errors import FetchFailed
from medid.issuing import Controller
from medid.verifying.judging import Expectations
from medid.verifying.verifier import Verifier
from tests.dids.webvh import logs
from tests.verifying import test_issuer_keys as issuers
from tests.verifying import world
from tests.verifying.world import DAY, MADE, NOW, WEB, WEB_URL, Web

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from medid.core.fetch import Fetched, FetchRequest
    from medid.core.instant import Instant
    from medid.verifying.checks import Verification

NEW = world.web_controller("board.example.gov", "key-2")
LATER = NOW.plus(30 * DAY)


class History:
    """A verifier that looks at a changing web, now and then."""

    def __init__(self, folder: Path) -> None:
        self.web = Web()
        self.now = NOW
        archive = SqliteArchive(folder / "archive.db")
        self.fetch = ArchivedFetch(self.web, archive, clock=lambda: self.now)

    def publish(self, pages: Mapping[str, Any], at: Instant) -> None:
        self.web.pages, self.web.at, self.now = pages, at, at

    def verify(self, document: Any, at: Instant | None = None) -> Verification:
        verifier = Verifier(
            fetch=self.fetch, clock=lambda: self.now, expect=Expectations()
        )
        return verifier.verify(document, at=at)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_a_rotated_key_counts_as_of_then_and_not_now(history: History) -> None:
    credential = world.signed(world.plain(WEB), WEB)
    history.publish({WEB_URL: world.web_document(WEB)}, NOW)
    assert history.verify(credential)

    history.publish({WEB_URL: world.web_document(NEW)}, LATER)
    now, then = history.verify(credential), history.verify(credential, NOW.plus(600))
    assert then
    assert now.outcome == "refused"
    assert history.web.asked == [WEB_URL] * 2  # the past was not asked of the host


def test_without_an_archive_of_then_it_is_unknown(history: History) -> None:
    credential = world.signed(world.plain(WEB), WEB)
    history.publish({WEB_URL: world.web_document(WEB)}, LATER)
    assert history.verify(credential)

    found = history.verify(credential, NOW)
    assert found.outcome == "undecided"
    assert ("proof", "HISTORY_UNKNOWN") in {one[:2] for one in world.codes(found)}


def seen(history: History, at: Instant, **entries: list[int]) -> None:
    """Have the verifier look at the lists as they are ``at``."""
    revoked, suspended = entries.get("revoked", []), entries.get("suspended", [])
    pages = {
        world.REVOCATIONS: world.status_list(*revoked, at=at),
        world.SUSPENSIONS: world.status_list(
            *suspended, url=world.SUSPENSIONS, purpose="suspension", at=at
        ),
    }
    history.publish(pages, at)
    history.verify(license_())


def license_() -> dict[str, Any]:
    entries = [world.entry(), world.entry(world.SUSPENSIONS, "suspension")]
    return world.signed(world.plain(credentialStatus=entries))


def test_each_day_has_the_status_that_was_published_then(history: History) -> None:
    """Suspended on the second day, reinstated on the third, revoked on the fifth."""
    index = world.INDEX
    for day, entries in enumerate(
        ({}, {"suspended": [index]}, {}, {}, {"revoked": [index]})
    ):
        seen(history, MADE.plus(60 + day * DAY), **entries)
    history.publish({}, LATER)

    found = []
    for day in range(5):
        answer = history.verify(license_(), NOW.plus(60 + day * DAY))
        found.append({one[1] for one in world.codes(answer)})
    assert found == [set(), {"SUSPENDED"}, set(), set(), {"REVOKED"}]


def test_a_status_of_a_time_that_nobody_saw_is_not_known(history: History) -> None:
    seen(history, MADE.plus(60))
    seen(history, MADE.plus(10 * DAY), suspended=[world.INDEX])
    history.publish({}, LATER)
    for at in (NOW.plus(5 * DAY), NOW.plus(20 * DAY)):
        assert history.verify(license_(), at).outcome == "undecided"


@pytest.mark.parametrize(("later", "outcome"), [(300, "verified"), (301, "undecided")])
def test_keys_of_a_web_issuer_count_as_of_then(later: int, outcome: str) -> None:
    """What its host publishes now does not say whose key it was then."""
    urls = {issuers.URL: issuers.metadata()}
    answer = Verifier(clock=world.refuse_clock).verify(
        issuers.sd_jwt(), at=NOW, evidence=world.evidence(urls, at=NOW.plus(later))
    )
    assert answer.outcome == outcome


@pytest.mark.parametrize(("later", "outcome"), [(300, "verified"), (301, "undecided")])
def test_a_key_set_of_its_own_counts_as_of_then(later: int, outcome: str) -> None:
    place = "https://board.example/jwks.json"
    known = world.evidence({issuers.URL: issuers.metadata(jwks=None, jwks_uri=place)})
    key_set = world.fetched(place, issuers.key_set(issuers.jwk()), NOW.plus(later))
    answer = Verifier(clock=world.refuse_clock).verify(
        issuers.sd_jwt(), at=NOW, evidence=known.with_answers([(place, key_set)])
    )
    assert answer.outcome == outcome


def rotated() -> tuple[Controller, dict[str, Any], dict[str, Any]]:
    """A board under did:webvh, and its log before and after it replaced its key."""
    made = logs.first("a", at=str(MADE.plus(-DAY)))
    did = logs.did_of([made])
    document = logs.state(str(did), key_name="another")
    other = logs.after(made, "a", document=document, at=str(NOW.plus(DAY)))
    board = Controller(verification_method=f"{did}#key-1", signer=logs.key("signing"))
    url = locate(did).log_url
    return board, {url: logs.lines([made])}, {url: logs.lines([made, other])}


def test_a_log_tells_of_times_at_which_nobody_looked(history: History) -> None:
    board, _, now = rotated()
    credential = world.signed(world.plain(board), board)
    history.publish(now, LATER)
    assert history.verify(credential, NOW)
    assert history.verify(credential).outcome == "refused"


def test_a_log_of_today_tells_more_of_a_time_than_one_that_was_seen_before_it(
    history: History,
) -> None:
    board, before, now = rotated()
    credential = world.signed(world.plain(board), board)
    history.publish(before, NOW.plus(DAY / 2))
    assert history.verify(credential)
    history.publish(now, LATER)
    assert history.verify(credential, NOW.plus(DAY * 1.2)).outcome == "refused"


def test_a_log_that_is_gone_is_replaced_by_what_was_seen_then(history: History) -> None:
    board, before, _ = rotated()
    credential = world.signed(world.plain(board), board)
    history.publish(before, NOW)
    assert history.verify(credential)
    history.publish({url: FetchFailed("down") for url in before}, LATER)
    assert history.verify(credential, NOW.plus(600))
    assert history.verify(credential, NOW.plus(20 * DAY)).outcome == "undecided"
    assert history.verify(credential).outcome == "undecided"
    assert history.verify(credential, LATER.plus(-300)).outcome == "undecided"


# Any history, against a model of it.

HOUR = 3_600


@dataclass(frozen=True)
class State:
    """What a board publishes: the key that signs, and whether a license is suspended.

    Its documents are written anew whenever one of the two changes, at ``since``.
    """

    key: str = "key-1"
    suspended: bool = False
    since: int = 0

    def is_good(self) -> bool:
        """Whether the license, which was signed with the first key, counts."""
        return self.key == "key-1" and not self.suspended


@cache
def pages(state: State) -> Mapping[str, Any]:
    board = world.web_controller("board.example.gov", state.key)
    at = MADE.plus(state.since * HOUR)
    listed = [world.INDEX] if state.suspended else []
    return {
        WEB_URL: world.web_document(board),
        world.SUSPENSIONS: world.status_list(
            *listed,
            url=world.SUSPENSIONS,
            purpose="suspension",
            controller=board,
            at=at,
        ),
    }


WEB_LICENSE = world.signed(
    world.plain(WEB, credentialStatus=world.entry(world.SUSPENSIONS, "suspension")),
    WEB,
)
CHANGES: dict[str, dict[str, Any]] = {
    "new key": {"key": "key-2"},
    "old key again": {"key": "key-1"},
    "suspend": {"suspended": True},
    "reinstate": {"suspended": False},
    "look": {},
}


class Seen:
    """An archive in memory, with the rule of every archive."""

    def __init__(self) -> None:
        self.rows: list[Fetched] = []

    def record(self, request: FetchRequest, fetched: Fetched) -> None:
        assert request.url == fetched.url
        self.rows.append(fetched)

    def find(self, request: FetchRequest, *, at: Instant) -> Fetched:
        rows = [one for one in self.rows if one.url == request.url]
        before = [one for one in rows if one.fetched_at <= at]
        after = [one for one in rows if one.fetched_at > at]
        digest = after[0].digest if after else None
        return held_at(before[-1] if before else None, digest, at=at)


@given(
    events=st.lists(
        st.tuples(st.integers(0, 120), st.sampled_from(sorted(CHANGES))),
        max_size=12,
        unique_by=lambda one: one[0],
    ),
    asked=st.lists(st.integers(0, 130), min_size=1, max_size=6),
)
def test_the_answer_is_that_of_whoever_looked_last_or_unknown(
    events: Sequence[tuple[int, str]], asked: Sequence[int]
) -> None:
    """N-time-asof: over any history, no permit that the last look does not bear out."""
    web, archive = Web(), Seen()
    now = NOW
    fetch = ArchivedFetch(web, archive, clock=lambda: now)
    verifier = Verifier(fetch=fetch, clock=lambda: now)
    states, looks = [State()], dict[int, State]()
    for hour, event in sorted(events):
        if change := CHANGES[event]:
            states.append(replace(states[-1], **change, since=hour))
            continue
        looks[hour], now = states[-1], NOW.plus(hour * HOUR)
        web.pages, web.at = pages(states[-1]), now
        assert bool(verifier.verify(WEB_LICENSE)) is states[-1].is_good()
    web.pages, now = {}, NOW.plus(1_000 * HOUR)

    for hour in asked:
        answer = verifier.verify(WEB_LICENSE, at=NOW.plus(hour * HOUR))
        known = [one for one in looks if hour - 24 < one <= hour]
        if not known:
            assert not answer
            continue
        last = looks[max(known)]
        assert answer.outcome == ("verified" if last.is_good() else "refused")
        then = [one for one in states if one.since <= hour][-1]
        if then.since <= max(known):  # nothing has changed since that look
            assert bool(answer) is then.is_good()
