"""Clerks who are killed at any moment: nothing lost, doubled or half done."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from medid.adapters.register import SqlRegister
from medid.board import BoardRecord, Change, Issuing, Office
from medid.board.licensing import PURPOSES
from medid.board.site import HEAD, INDEX, Publishing
from medid.core.json import load_object
from medid.status import StatusList
from medid.status.list_token import read_token
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier
from tests.board import worker
from tests.board.world import NOON, SECURING, WHY, application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.board.conftest import Opened

ROOT = Path(__file__).resolve().parents[2]
SEED = "5a" * 32
CLERKS = 2
# 200 rounds in a soak, on a new register after each 20.
SOAK = bool(os.environ.get("MEDID_SOAK"))
ROUNDS = 20 if SOAK else 3
REGISTERS = range(10 if SOAK else 1)
PATIENCE = 120.0  # seconds
WRITERS = 8 if SOAK else 2
EACH = 50 if SOAK else 5  # licenses that all of them suspend, and that each does


@dataclass
class Clerks:
    """A process that forks clerks, and what each of them has told."""

    folder: Path
    forking: subprocess.Popen[str]
    files: list[Path] = field(default_factory=list)
    alive: list[int] = field(default_factory=list)

    def begin(self, verb: str, name: str, *rest: object) -> None:
        """Let a clerk begin."""
        assert self.forking.stdin is not None
        assert self.forking.stdout is not None
        file = self.folder / f"told-{name}"
        print(verb, name, file, *rest, file=self.forking.stdin, flush=True)
        self.alive.append(int(self.forking.stdout.readline()))
        self.files.append(file)

    def told(self) -> list[list[str]]:
        """What all of them have told; a line that was cut off was not told."""
        return [
            line.split()
            for file in self.files
            for line in file.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]

    def kill(self, *, after: float) -> None:
        """Wait until each of them has told something, and a moment; then kill all.

        Args:
            after: Seconds from then on.
        """
        until(lambda: all(one.exists() and one.stat().st_size for one in self.files))
        time.sleep(after)
        for process in self.alive:
            os.kill(process, signal.SIGKILL)
        self.ended()

    def ended(self) -> None:
        """Wait until all of them have ended."""
        until(lambda: not any(map(lives, self.alive)))
        self.alive.clear()


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


@contextmanager
def clerks(url: str, folder: Path, site: Path) -> Iterator[Clerks]:
    argv = [sys.executable, "-m", "tests.board.worker", url, SEED, str(site)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=pipe, stdout=pipe, text=True
    ) as forking:
        made = Clerks(folder, forking)
        try:
            yield made
        finally:
            for process in made.alive:
                if lives(process):
                    os.kill(process, signal.SIGKILL)
            forking.kill()


def founded(url: str, opened: Opened) -> Office:
    """The office of the clerks' board."""
    who = worker.controller(SEED)
    register = SqlRegister(opened(url))
    record = BoardRecord(
        did=who.did, name="B", site="https://killed.example", jurisdiction="US-OH"
    )
    register.found(record, recorded=NOON)
    return Office(register, who.did, clock=lambda: NOON)


# What is asked after each kill.


def check_register(office: Office, told: Sequence[Sequence[str]]) -> None:
    """Whatever was told is in the register, and nothing is there half."""
    with office._register.session(office._board, writing=False) as session:
        numbers = session.numbers(limit=100_000)
        licenses = session.licenses(numbers)
        issued = session.credentials(numbers)
        events = session.events(numbers)
    dealt = Counter(
        (one.position.list_number, one.position.index)
        for each in issued.values()
        for one in each
    )
    assert set(dealt.values()) <= {1}
    for kind, number, *rest in told:
        if kind == "issued":
            assert dealt[int(rest[0]), int(rest[1])] == 1
        elif kind != "published":
            for one in (number, *(rest if kind in {"pending", "active"} else ())):
                assert kind in {each.status for each in licenses[one].versions}
    for number, found in licenses.items():
        mine = issued.get(number, ())
        # Who was approved was given a credential in the same act; what was taken over
        # is issued on in another one.
        entered = found.versions[0].status == "pending"
        assert len(mine) == (len(found.versions) > 1) or not entered
        assert len(mine) <= 1
        assert len(events[number]) == len(found.versions) + len(mine)
        for each in mine:
            assert load_object(each.content)["id"] == each.id


def check_site(site: Path, office: Office) -> None:
    """All that is there is whole, and the register holds what its head says."""
    published = [one for one in site.rglob("*") if one.is_file()]
    for place in published:
        # The draft of a file has no name that anything refers to.
        if place.name.startswith("."):
            continue
        content = place.read_bytes()
        if place.name == "token":
            read_token(content)
        elif place.name in PURPOSES or place == site / HEAD:
            assert Verifier().verify(content, at=NOON).verified, place
    index = site / INDEX
    if index.exists():
        for path in json.loads(index.read_bytes())["files"]:
            assert (site / path).exists()
    head = site / HEAD
    office.verify(head=head.read_bytes() if head.exists() else None)


def check_published(site: Path, office: Office, issuing: Issuing) -> None:
    """The lists say of each license what the register says."""
    files = {
        str(one.relative_to(site)): one.read_bytes()
        for one in site.rglob("*")
        if one.is_file()
    }
    made = office.site(Publishing(issuing=issuing, at=NOON, published=files.get))
    files |= {one.path: one.content for one in made}
    for path, digest in json.loads(files[INDEX])["files"].items():
        assert hashlib.sha256(files[path]).hexdigest() == digest
    credential = open_document(files["status/1/suspension"]).credential
    assert credential is not None
    suspended = StatusList.from_credential(credential)
    with office._register.session(office._board, writing=False) as session:
        numbers = session.numbers(limit=100_000)
        licenses = session.licenses(numbers)
        seen = set()
        for number, each in session.credentials(numbers).items():
            for one in each:
                status = licenses[number].latest.status
                seen.add(status)
                is_set = bool(suspended.status(one.position.index))
                assert is_set == (status == "suspended")
    assert seen


@pytest.mark.campaign
@pytest.mark.parametrize("again", REGISTERS)
def test_what_was_committed_outlasts_a_kill(
    url: str, opened: Opened, tmp_path: Path, again: int
) -> None:
    """Clerks who apply, import, issue, suspend and publish."""
    office = founded(url, opened)
    site = tmp_path / "site"
    chance = random.Random(again)
    with clerks(url, tmp_path, site) as working:
        for count in range(ROUNDS):
            for one in range(CLERKS):
                working.begin("work", f"r{count}w{one}", chance.randrange(4))
            working.kill(after=chance.random() * 0.5)
            check_register(office, working.told())
            check_site(site, office)
        told = Counter(one[0] for one in working.told())
    # And it goes on.
    issuing = Issuing(controller=worker.controller(SEED), securing=SECURING)
    check_published(site, office, issuing)
    kinds = {"pending", "active", "issued", "suspended", "published"}
    assert told.keys() <= kinds
    if SOAK:
        assert told.keys() == kinds


@pytest.mark.campaign
def test_processes_suspend_the_same_licenses_and_others(
    url: str, opened: Opened, tmp_path: Path
) -> None:
    """Two of them, and eight in a soak."""
    office = founded(url, opened)
    issuing = Issuing(controller=worker.controller(SEED), securing=SECURING)
    names = [f"w{one}" for one in range(WRITERS)]
    both = [f"both-{one}" for one in range(EACH)]
    own = {name: [f"{name}-{one}" for one in range(EACH)] for name in names}
    numbers = [*both, *itertools.chain(*own.values())]
    office.apply([application(one) for one in numbers], reason=WHY)
    approve = [Change(number=one, status="active") for one in numbers]
    office.change(approve, reason=WHY, issuing=issuing)
    with clerks(url, tmp_path, tmp_path / "site") as working:
        for count, (name, mine) in enumerate(own.items()):
            # In opposite orders, so that they meet.
            order = both if count % 2 else both[::-1]
            working.begin("suspend", name, *order, *mine)
        working.ended()
        told = Counter(number for _, number in working.told())
    assert told == dict.fromkeys(numbers, 1) | dict.fromkeys(both, WRITERS)
    for number in numbers:
        found, events, _ = office.history(number)
        suspended = [one for one in found.versions if one.status == "suspended"]
        assert len(suspended) == told[number]
        assert [one.kind for one in events].count("suspended") == told[number]
    check_register(office, [])
    check_published(tmp_path, office, issuing)
