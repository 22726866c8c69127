"""A board whose site a static host shows over TLS, and a fetch that follows it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medid.adapters.cache import CachedFetch
from medid.adapters.feed_settings import Feed
from medid.adapters.feeds import FollowedFetch
from medid.adapters.https import HttpsFetch
from medid.adapters.register import SqlRegister, open_engine
from medid.adapters.register.opening import make
from medid.board import BoardRecord, Office, found_board
from medid.board.site import Publishing
from medid.core.instant import system_clock
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey
from tests.adapters.hosts import Authority, Pages, listening
from tests.board.world import HOLDER, Board

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Followed:
    """A board with one license, and a verifier's fetch, both by the system's clock."""

    board: Board
    license: bytes
    pages: Pages
    fetch: FollowedFetch

    @classmethod
    @contextmanager
    def begun(cls, folder: Path, *, holder: str = HOLDER) -> Iterator[Followed]:
        """The host listens until the block ends; the license is published."""
        authority, pages = Authority.make(folder / "ca"), Pages()
        engine = open_engine(f"sqlite:///{folder / 'register.db'}")
        make(engine)
        with listening(pages, authority.server("localhost")) as host:
            register = SqlRegister(engine)
            who = Controller.did_key(PrivateKey.generate(KeyKind.ED25519))
            record = BoardRecord(
                did=who.did,
                name="Board",
                site=host.url("", name="localhost"),
                jurisdiction="US-OH",
            )
            found_board(register, record)
            board = Board(engine, register, who, record, Office(register, who.did))
            board.active(holder=holder)
            web = HttpsFetch(allow_loopback=True, ca_file=authority.file)
            followed = Feed(board=who.did, site=record.site, max_age=10)
            fetch = FollowedFetch(CachedFetch(web), [followed])
            made = cls(board, board.issue().content, pages, fetch)
            made.publish()
            yield made
        engine.dispose()

    def publish(self) -> None:
        """Bring the site up to date."""
        start = f"{self.board.record.site}/"
        made = self.board.office.site(
            Publishing(
                issuing=self.board.issuing,
                at=system_clock(),
                published=lambda path: self.pages.content.get(start + path),
                feed_seconds=1,
            )
        )
        self.pages.content.update({start + one.path: one.content for one in made})
