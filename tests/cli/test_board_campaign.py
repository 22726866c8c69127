"""A clerk issues for the whole register, by processes, threads or alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from medid.adapters.register import SqlRegister, open_engine
from medid.board import Office
from medid.cli import board_campaign
from medid.core.instant import system_clock
from tests.board.world import DAY, HOLDER
from tests.cli.test_board_import import Importer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Told

NUMBERS = [str(one) for one in range(1, 7)]
ROWS = [f"{one},Ada {one},{HOLDER},A,07/01/2014,06/30/2099,MD,\n" for one in NUMBERS]


@pytest.fixture
def clerk(medid: Command, tmp_path: Path, keys: Path) -> Importer:
    made = Importer(medid, tmp_path, keys)
    assert made.init().code == 0
    assert made.counts(*ROWS, f"8,Bo,{HOLDER},S,07/01/2014,,MD,\n") == [7, 0, 0, 0]
    return made


def issues(clerk: Importer, *more: object) -> Told:
    fast = ("--securing", "vc+jwt")
    return clerk("issue", "--all", *clerk.key, *fast, *more, by="registrar")


def test_all_that_is_due_is_issued_once(clerk: Importer) -> None:
    tried = issues(clerk, "--dry-run", "--json").json()
    assert tried == {"done": 6, "refused": 0, "dryRun": True, "rows": []}
    folder = clerk.folder / "out"
    folder.mkdir()
    told = issues(clerk, "--jobs", 2, "--out", folder)
    assert (told.code, told.out) == (0, "issued: 6, refused: 0\n")
    assert len(list(folder.glob("*.jwt"))) == 6
    assert issues(clerk, "--jobs", 1).out == "issued: 0, refused: 0\n"
    for number in NUMBERS:
        assert len(clerk("history", number, "--json").json()["credentials"]) == 1
    # The signing log has every use, by threads of the one process that writes it.
    assert clerk("revoke", "1", by="panel").code == 0
    assert clerk("reinstate", "1", by="panel").code == 0
    (clerk.folder / "log.key").write_text("7" * 64)
    (clerk.folder / "log.key").chmod(0o600)
    log = ("--signing-log", clerk.folder / "uses.log")
    logged = (*log, "--signing-log-key-file", clerk.folder / "log.key")
    assert issues(clerk, *logged).out == "issued: 1, refused: 0\n"
    assert (clerk.folder / "uses.log").read_text().count('"command"') == 1
    assert clerk("verify-register").code == 0


def test_processes_are_started_for_many_only(
    clerk: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(clerk.where[1])
    office = Office(SqlRegister(engine), clerk.did)
    cores = os.cpu_count()
    assert board_campaign._processes(office) == 1
    monkeypatch.setattr(board_campaign, "FEW", len(NUMBERS) + 1)
    assert board_campaign._processes(office) == 1
    monkeypatch.setattr(board_campaign, "FEW", len(NUMBERS))
    assert board_campaign._processes(office) == cores
    engine.dispose()
    assert issues(clerk).out == "issued: 6, refused: 0\n"


def test_what_is_refused_is_told_and_the_rest_is_issued(clerk: Importer) -> None:
    yesterday = str(system_clock().plus(-DAY))
    day = f"{yesterday[5:7]}/{yesterday[8:10]}/{yesterday[:4]}"
    clerk.takes(f"9,Di,{HOLDER},A,07/01/2014,{day},MD,\n")
    told = issues(clerk, "--jobs", 1, "--json")
    assert told.code == 1
    (row,) = told.json()["rows"]
    assert (row["number"], row["error"]["code"]) == ("9", "CHANGE_NOT_ALLOWED")
    again = issues(clerk, "--jobs", 1)
    assert again.code == 1
    first, last = again.out.splitlines()
    assert first.startswith("9  refused: CHANGE_NOT_ALLOWED")
    assert last == "issued: 0, refused: 1"


def test_it_is_said_which_licenses(clerk: Importer) -> None:
    for argv in ((), ("1", "--all")):
        told = clerk("issue", *argv, *clerk.key, by="r")
        assert told.code == 2
        assert "--all" in told.err
