"""``medid board publish``: a folder that is whole at every moment, and a hospital."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.register import SqlRegister, open_engine
from medid.board import Office
from medid.board.site import HEAD, INDEX, TRUST
from medid.cli import board_publish, demo_world
from medid.core.instant import system_clock
from medid.errors import RegisterAltered, RegisterUnavailable
from medid.verifying.opening import open_document
from medid.verifying.verifier import Verifier
from tests.cli.test_board import Clerk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Command, Told

LISTS = ["status/1/revocation", "status/1/suspension", "status/1/token"]


@pytest.fixture
def clerk(medid: Command, tmp_path: Path, keys: Path) -> Clerk:
    made = Clerk(medid, tmp_path, keys)
    assert made.init().code == 0
    assert made.apply().code == 0
    assert made("approve", "35.1", by="registrar").code == 0
    return made


def publish(clerk: Clerk, *more: object) -> Told:
    out = clerk.folder / "site"
    return clerk("publish", "--out", out, *clerk.key, *more)


def issue(clerk: Clerk) -> Path:
    out = clerk.folder / "licenses"
    out.mkdir(exist_ok=True)
    told = clerk("issue", "35.1", *clerk.key, "--out", out, "--json", by="registrar")
    (row,) = told.json()["rows"]
    return clerk.folder / "licenses" / Path(row["file"]).name


def documents(site: Path) -> list[str]:
    """All lists, as documents that a verifier is handed."""
    return [
        word
        for one in sorted((site / "status").rglob("*"))
        if one.is_file()
        for word in (
            "--document",
            f"https://board.example/{one.relative_to(site)}={one}",
        )
    ]


def test_a_site_is_written_for_a_web_server(clerk: Clerk) -> None:
    issue(clerk)
    before = os.umask(0o077)
    try:
        told = publish(clerk, "--profession", "208D00000X", "--json")
    finally:
        os.umask(before)
    written = told.json()["written"]
    site = clerk.folder / "site"
    assert told.code == 0
    assert written[-1] == str(site / INDEX)
    found = {str(one) for one in site.rglob("*") if one.is_file()}
    assert found == set(written)
    for one in site.rglob("*"):
        mode = stat.S_IMODE(one.stat().st_mode)
        assert mode == (0o755 if one.is_dir() else 0o644), one
    again = publish(clerk)
    assert (again.code, again.out) == (0, "the site is up to date\n")


def test_what_the_board_decides_reaches_a_verifier_by_its_site(
    clerk: Clerk, medid: Command
) -> None:
    file = issue(clerk)
    site = clerk.folder / "site"
    publish(clerk)
    asked = partial(medid, "verify", file, "--offline")
    assert asked(*documents(site)).code == 0
    for verb, code in [("suspend", 1), ("reinstate", 0), ("suspend", 1)]:
        clerk(verb, "35.1", by="panel")
        told = publish(clerk)
        assert f"wrote {site / LISTS[0]}" in told.out
        assert "files written: 5" in told.out
        told = asked(*documents(site))
        assert told.code == code
        assert ("SUSPENDED" in told.out) is bool(code)
    clerk("revoke", "35.1", by="panel")
    publish(clerk)
    assert "REVOKED" in asked(*documents(site)).out


def test_a_did_document_is_published_where_the_did_says(
    medid: Command, tmp_path: Path, keys: Path
) -> None:
    clerk = Clerk(medid, tmp_path, keys)
    did = "did:web:board.example"
    document: dict[str, Any] = {"id": did, "controller": did}
    file = tmp_path / "did.json"
    key = clerk.did.removeprefix("did:key:")
    document["verificationMethod"] = [
        {
            "id": f"{did}#key",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": key,
        }
    ]
    document["assertionMethod"] = [f"{did}#key"]
    file.write_text(json.dumps(document))
    clerk.did = did
    assert clerk.init().code == 0
    method = ("--verification-method", f"{did}#key")
    more = (*method, "--did-document", file)
    assert publish(clerk, *more).code == 0
    assert (tmp_path / "site/.well-known/did.json").read_bytes() == file.read_bytes()
    # The head that is published is verified with the same document.
    assert publish(clerk, *more).out == "the site is up to date\n"
    without = publish(clerk, *method)
    assert without.code == 3
    where = f"https://board.example/.well-known/did.json={file}"
    assert publish(clerk, *method, "--document", where).code == 0


def test_a_did_that_is_not_published_there_has_no_document(clerk: Clerk) -> None:
    told = publish(clerk, "--did-document", clerk.claims)
    assert told.code == 2
    assert "--did-document" in told.err


def test_two_do_not_publish_into_one_folder(clerk: Clerk) -> None:
    from medid.cli import publishing

    with publishing.changing(clerk.folder / "site"):
        assert "another command" in publish(clerk).err


def test_a_damaged_site_is_told(clerk: Clerk) -> None:
    publish(clerk)
    (clerk.folder / "site" / HEAD).write_text("<html>")
    told = publish(clerk, "--json")
    assert told.code == 1
    assert "MALFORMED" in told.out + told.err


def test_a_page_for_people_is_published_when_it_is_asked_for(clerk: Clerk) -> None:
    issue(clerk)
    site, public = clerk.folder / "site", ("--public-register", "status")
    assert publish(clerk).code == 0
    assert not (site / "index.html").exists()
    lonely = publish(clerk, *public)
    assert (lonely.code, "add --page" in lonely.err) == (2, True)
    assert publish(clerk, "--page", "--public-register", "holder").code == 2
    assert publish(clerk, "--page", *public).code == 0
    settings = json.loads((site / "page.json").read_bytes())
    (key,) = settings["keys"]
    assert (settings["board"], settings["register"]) == (clerk.did, {"digits": 1})
    assert key["id"].startswith(clerk.did)
    shards = [json.loads(one.read_bytes()) for one in (site / "lookup").iterdir()]
    found = {name: told for shard in shards for name, told in shard.items()}
    assert (len(shards), found) == (
        16,
        {"35.1": [{"number": "35.1", "status": "active"}]},
    )
    again = publish(clerk, "--page", *public)
    assert again.out == "the site is up to date\n"


# --watch.


def test_a_watch_goes_on_while_the_register_is_unavailable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers: list[Any] = [
        ["site/a"],
        [],
        RegisterUnavailable("the register is locked"),
        ["site/b"],
    ]
    waited: list[float] = []

    def once() -> list[str]:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        made: list[str] = found
        return made

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return not answers

    board_publish.again(once, wait, every=7, as_json=False)
    told = capsys.readouterr()
    assert told.out.count("files written: 1") == 2
    assert "up to date" not in told.out
    assert "REGISTER_UNAVAILABLE" in told.err
    assert waited == [7, 7, 7, 7]


def test_a_day_is_the_longest_between_two_looks(clerk: Clerk) -> None:
    for option in ("--feed", "--every"):
        for seconds in ("86401", "9" * 40, "inf", "1e308"):
            told = publish(clerk, option, seconds)
            assert (told.code, "INTERNAL" in told.err) == (2, False), (option, seconds)
    for _ in range(2):
        assert publish(clerk, "--feed", "86400", "--every", "86400").code == 0


def test_a_watch_ends_where_a_person_has_to_look() -> None:
    def once() -> list[str]:
        raise RegisterAltered("it was put back")

    def wait(_: float) -> bool:
        raise AssertionError("it goes on")

    with pytest.raises(RegisterAltered):
        board_publish.again(once, wait, every=1, as_json=False)


def test_a_change_of_the_did_is_never_undone(
    medid: Command, tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = ("--password-file", keys / "password")
    for name in ("license", "one", "two", "three"):
        made = medid("key", "generate", "--out", tmp_path / name, *password, "--json")
        public = made.json()["publicKeyMultibase"]
        (tmp_path / f"{name}.pub").write_text(public)
    made = medid(
        *("did", "create", "--method", "webvh", "--host", "board.example"),
        *("--key", tmp_path / "license.pub", "--update-key", tmp_path / "one"),
        *("--next-key", tmp_path / "two.pub", "--out", tmp_path / "site"),
        *(*password, "--json"),
    )
    clerk = Clerk(medid, tmp_path, keys)
    clerk.did = made.json()["did"]
    assert clerk.init().code == 0
    log = tmp_path / "site/.well-known/did.jsonl"
    older = tmp_path / "older.jsonl"
    older.write_bytes(log.read_bytes())
    signed = ("--key", tmp_path / "license", *password)
    words = (
        *("publish", "--out", tmp_path / "site", *signed),
        *("--verification-method", f"{clerk.did}#key-1", "--did-document"),
    )
    told: list[Told] = []

    @contextmanager
    def twice() -> Iterator[Callable[[float], bool]]:
        def wait(_: float) -> bool:
            if told:
                return True
            update = (
                "--update-key",
                tmp_path / "two",
                "--next-key",
                tmp_path / "three.pub",
            )
            told.append(
                medid(
                    "did",
                    "update",
                    log,
                    "--key",
                    keys / "holder.key",
                    *update,
                    *password,
                )
            )
            return False

        yield wait

    monkeypatch.setattr(board_publish, "_until_told_to_stop", twice)
    assert clerk(*words, log, "--watch").code == 0
    assert told[0].code == 0
    newer = log.read_bytes()
    assert len(newer.splitlines()) == 2
    # An older copy of it is not put in its place either.
    refused = clerk(*words, older)
    assert (refused.code, "PUBLISHED_LATER" in refused.err) == (1, True)
    assert log.read_bytes() == newer
    older.write_bytes(newer)
    assert clerk(*words, older).code == 0


def argv(clerk: Clerk, *more: object) -> list[str]:
    site = clerk.folder / "site"
    words = [
        *(sys.executable, "-m", "medid.cli.main", "board", "publish", "--out", site),
        *(*clerk.where, "--board", clerk.did, *clerk.key, *more),
    ]
    return [str(one) for one in words]


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_publishes_a_decision_and_stops_when_told(
    clerk: Clerk, number: signal.Signals
) -> None:
    issue(clerk)
    site = clerk.folder / "site"
    watching = argv(clerk, "--watch", "--every", 1)
    with subprocess.Popen(watching, stdout=subprocess.DEVNULL) as process:
        try:
            until((site / INDEX).exists)
            before = (site / LISTS[1]).read_bytes()
            clerk("suspend", "35.1", by="panel")
            until(lambda: (site / LISTS[1]).read_bytes() != before)
            process.send_signal(number)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


# Killed.

ROUNDS = int(os.environ.get("MEDID_KILL_ROUNDS", "6"))


def check_site(clerk: Clerk, site: Path, said: dict[str, str]) -> None:
    """All that is there is whole, and no older than what was there before."""
    for path in (*LISTS[:2], HEAD):
        place = site / path
        if not place.exists():
            assert path not in said
            continue
        content = place.read_bytes()
        assert Verifier().verify(content).checks
        credential = open_document(content).credential
        assert credential is not None
        since = str(credential.validity.start)
        assert said.get(path, "") <= since
        said[path] = since
    if (site / INDEX).exists():
        index = json.loads((site / INDEX).read_bytes())
        assert all((site / path).exists() for path in index["files"])


def check_feed(clerk: Clerk, site: Path, cursor: str | None) -> str | None:
    """The feed continues what was read of it, and its new cursor."""
    if not (site / "feed/head").exists():
        assert cursor is None
        return None
    where = ("https://board.example", "--board", clerk.did, "--folder", site)
    more = () if cursor is None else ("--cursor", cursor)
    told = clerk.medid("board", "feed", *where, *more, "--max-age", 3_600, "--json")
    assert told.code == 0, told.out
    found: str = told.json()["cursor"]
    return found


def test_a_site_is_whole_whenever_publishing_is_killed(clerk: Clerk) -> None:
    issue(clerk)
    site = clerk.folder / "site"
    random_ = random.Random(20260302)
    said: dict[str, str] = {}
    cursor: str | None = None
    publish(clerk)
    check_site(clerk, site, said)
    for count in range(ROUNDS):
        clerk("suspend" if count % 2 == 0 else "reinstate", "35.1", by="panel")
        words = argv(clerk, "--feed", 1)
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            time.sleep(random_.uniform(0.4, 1.6))
            process.kill()
        check_site(clerk, site, said)
        cursor = check_feed(clerk, site, cursor)
    assert publish(clerk, "--feed", 1).code == 0
    check_site(clerk, site, said)
    check_feed(clerk, site, cursor)
    index = json.loads((site / INDEX).read_bytes())
    for path, digest in index["files"].items():
        assert hashlib.sha256((site / path).read_bytes()).hexdigest() == digest
    engine = open_engine(clerk.where[1])
    try:
        office = Office(SqlRegister(engine), clerk.did)
        assert office.verify(head=(site / HEAD).read_bytes()).unsealed == 0
    finally:
        engine.dispose()


# A hospital.


def test_a_hospital_permits_and_denies_by_what_the_board_publishes(
    medid: Command, tmp_path: Path, keys: Path
) -> None:
    """From the board's first application to the answers of a hospital's gateway."""
    world = demo_world.World(system_clock().plus(-1))
    clerk = Clerk(medid, tmp_path, keys)
    clerk.init()
    named = ("--name", "Ada Rowe", "--claims", clerk.claims)
    holder = ("--holder", world.practitioner.did)
    days = ("--issued-on", "2014-07-01", "--expires-on", "2099-06-30")
    assert clerk("apply", "35.1", *named, *holder, *days, by="clerk").code == 0
    clerk("approve", "35.1", by="registrar")
    world.license = json.loads(issue(clerk).read_bytes())
    site = clerk.folder / "site"

    def answers() -> tuple[int, set[str]]:
        told = publish(clerk, "--profession", "208D00000X")
        assert told.code == 0
        at = system_clock()
        given = {
            "presentation": world.present("challenge-1", at),
            "request": world.request(
                {"purpose": "TREAT", "resource": "Observation/blood-pressure"}, at
            ),
            # The board's entry in the trust file is the one that it publishes.
            "trust": {**world.trust(), **json.loads((site / TRUST).read_bytes())},
        }
        for name, content in given.items():
            (tmp_path / name).write_text(json.dumps(content))
        consents = world.web.documents[demo_world.WITHDRAWALS]
        (tmp_path / "withdrawals").write_text(json.dumps(consents))
        more = ("--document", f"{demo_world.WITHDRAWALS}={tmp_path / 'withdrawals'}")
        files = [f"--{name}={tmp_path / name}" for name in given]
        found = medid("decide", *files, "--offline", *more, *documents(site))
        reasons = found.json()["context"]["reasons"]
        return found.code, {one["code"] for one in reasons}

    permitted = (0, {"LICENSE_OK", "CONSENT_PERMIT"})
    assert answers() == permitted
    clerk("suspend", "35.1", by="panel")
    code, reasons = answers()
    assert (code, reasons) == (1, {"CREDENTIAL_SUSPENDED", "CONSENT_PERMIT"})
    clerk("reinstate", "35.1", by="panel")
    assert answers() == permitted
    clerk("revoke", "35.1", by="panel")
    code, reasons = answers()
    assert (code, "CREDENTIAL_REVOKED" in reasons) == (1, True)
