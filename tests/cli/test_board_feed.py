"""``medid board feed``: a feed read from the folder of a site, once and on and on."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.cache import CachedFetch
from medid.adapters.feed_following import Follower
from medid.adapters.feed_settings import Feed
from medid.adapters.feeds import Driver, FollowedFetch
from medid.board.feed import read_cursor
from medid.cli import board_feed, fetching, serve
from medid.cli.sources import Sources
from medid.core.fetch import Fetched, FetchRequest, NoFetch
from medid.core.instant import system_clock
from medid.errors import FeedAltered, FeedSilent, FetchFailed, MedidError
from tests.board.world import HOLDER
from tests.cli.test_board import Clerk
from tests.cli.test_board_publish import LISTS, issue, publish

if TYPE_CHECKING:
    from pathlib import Path

    from medid.board.feed import Entry
    from tests.cli.conftest import Command, Told

SITE = "https://board.example"


def read(clerk: Clerk, *more: object, board: str | None = None) -> Told:
    where = ("--board", board or clerk.did, "--folder", clerk.folder / "site")
    return clerk.medid("board", "feed", SITE, *where, *more)


def cursor(told: Told) -> str:
    assert told.code == 0, told.err
    return told.out.rpartition("cursor: ")[2].strip()


def go_on(clerk: Clerk, cursor: str) -> None:
    follower = Follower(Feed(board=clerk.did, site=SITE), cursor=read_cursor(cursor))
    driver = Driver(board_feed.FolderFetch(NoFetch(), SITE, clerk.folder / "site"))
    looks: list[int] = []

    def look() -> tuple[Entry, ...]:
        looks.append(1)
        if len(looks) == 2:
            clerk("reinstate", "35.1", by="panel")
            publish(clerk, "--feed", 1)
        return driver.run(follower.read(system_clock), seconds=5)

    board_feed.again(look, follower, follow=3, every=0.2, as_json=False)
    assert follower.head.sequence == 3


def test_a_feed_is_read_verified_and_read_on(
    medid: Command, tmp_path: Path, keys: Path
) -> None:
    clerk = Clerk(medid, tmp_path, keys)
    assert clerk.init().code == 0
    assert clerk.apply().code == 0
    assert clerk("approve", "35.1", by="registrar").code == 0
    issue(clerk)
    site, more = tmp_path / "site", ("--feed", 1)
    assert "wrote" in publish(clerk, *more).out
    first = read(clerk)
    assert first.out.splitlines()[0].endswith(f" 1: {', '.join(LISTS)}")
    start = cursor(first)
    assert start.startswith("1-")
    assert read(clerk, "--cursor", start).out == f"cursor: {start}\n"
    shutil.copytree(site, tmp_path / "old")
    clerk("suspend", "35.1", by="panel")
    publish(clerk, *more)
    told = read(clerk, "--cursor", start, "--json").json()
    (entry,) = told["entries"]
    assert (told["board"], told["site"], entry["sequence"]) == (clerk.did, SITE, 2)
    assert sorted(entry["lists"]) == LISTS
    assert told["signed"] == entry["at"]
    end = told["cursor"]
    # A newcomer reads the whole page.
    assert len(read(clerk, "--json").json()["entries"]) == 2
    # What is wrong, with its exit code and its error code.
    shutil.move(site, tmp_path / "new")
    shutil.move(tmp_path / "old", site)
    back = read(clerk, "--cursor", end)
    assert (back.code, "FEED_ALTERED" in back.err) == (1, True)
    shutil.rmtree(site)
    shutil.move(tmp_path / "new", site)
    other = read(clerk, "--cursor", f"1-{'0' * 64}")
    assert (other.code, "FEED_ALTERED" in other.err) == (1, True)
    stranger = read(clerk, board=HOLDER)
    assert (stranger.code, "another's" in stranger.err) == (1, True)
    for argv in (
        ("--cursor", "x"),
        ("--max-age", 1),
        ("--follow", -1),
        ("--every", 0),
    ):
        assert read(clerk, *argv).code == 2, argv
    time.sleep(2)
    silent = read(clerk, "--max-age", 2)
    assert (silent.code, "FEED_SILENT" in silent.err) == (3, True)
    # It goes on, and tells what is published meanwhile.
    publish(clerk, *more)
    told = read(clerk, "--cursor", end, "--follow", 0.3, "--every", 0.1)
    assert told.out == f"cursor: {end}\n"
    go_on(clerk, end)
    nowhere = medid("board", "feed", "https://localhost:1", "--board", clerk.did)
    assert (nowhere.code, "FETCH_BLOCKED" in nowhere.err) == (1, True)
    shutil.rmtree(site)
    gone = read(clerk)
    assert (gone.code, "FETCH_FAILED" in gone.err) == (3, True)


def test_silence_is_told_once_and_waited_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    follower = Follower(Feed(board=HOLDER, site=SITE))
    answers: list[Any] = []

    def once() -> tuple[Entry, ...]:
        found = answers.pop(0) if answers else ()
        if isinstance(found, MedidError):
            raise found
        return ()

    def hear(*said: Any) -> None:
        answers[:] = said
        board_feed.again(once, follower, follow=0.2, every=0.01, as_json=False)

    hear(FeedSilent("so old"), FeedSilent("so old"), FetchFailed("down"), ())
    told = capsys.readouterr()
    assert (told.err.count("FEED_SILENT"), told.err.count("FETCH_FAILED")) == (1, 1)
    assert told.out == ""
    with pytest.raises(FeedSilent):
        hear(*[FeedSilent("so old")] * 99)
    with pytest.raises(FeedAltered):
        hear(FeedAltered("another one"))


def test_a_folder_stands_for_the_site_and_for_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "x").write_text("1234")
    (tmp_path / "secret").write_text("5")
    folder = board_feed.FolderFetch(NoFetch(), SITE, tmp_path / "site")

    def asked(url: str) -> str:
        request = FetchRequest(url=url, accept="*/*", max_bytes=3)
        (found,) = folder.fetch_all([request], seconds=1)
        return found.content.decode() if isinstance(found, Fetched) else found.code

    assert asked(f"{SITE}/x") == "123"
    assert asked(f"{SITE}/../secret") == "FETCH_FAILED"
    assert asked(f"{SITE}/y") == "FETCH_FAILED"
    assert asked("https://other.example/x") == "EVIDENCE_UNAVAILABLE"


def test_a_site_follows_the_feeds_in_its_fetch_settings(tmp_path: Path) -> None:
    file = tmp_path / "fetch.json"
    named = {"board": HOLDER, "site": SITE, "maxAge": 30}
    file.write_text(json.dumps({"feeds": [named]}))
    file.chmod(0o600)
    plain = fetching.fetcher(offline=False, chosen=str(file))
    assert isinstance(plain, FollowedFetch)
    assert plain.cache is None
    sources = Sources(fetch_with=str(file), cached=True)
    fetch, cache = serve._fetching(sources, None)
    assert isinstance(cache, CachedFetch)
    request = FetchRequest(
        url=f"{SITE}/{LISTS[0]}", accept="*/*", max_bytes=9, kind="status-list"
    )
    # Nobody is asked: the site of the board has no address, and so the feed none.
    (answer,) = fetch.fetch_all([request], seconds=0.0)
    assert isinstance(answer, FetchFailed)
    assert isinstance(fetching.fetcher(offline=True, chosen=str(file)), NoFetch)
