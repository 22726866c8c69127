"""Whatever a text holds: it is stored as it is, found, and exported without harm."""

from __future__ import annotations

import csv
import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from medid.adapters.tables.export import safe_cell
from tests.board.world import HOLDER, PROFESSION
from tests.cli.test_board import Clerk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Told

# Each breaks out of a query, a pattern, a cell or a line, if anything can.
EVIL = [
    "'; DROP TABLE license; --",
    '" OR 1=1 --',
    "x' UNION SELECT key FROM status_list --",
    "%",
    "_",
    "/",
    "\\",
    ":name",
    "?1",
    "=1+1",
    '=HYPERLINK("https://evil.example";"x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\uff1d1",
    'a","=1+1',
    "=cmd|'/c calc'!A1",
]


@pytest.fixture
def clerk(medid: Command, tmp_path: Path, keys: Path) -> Clerk:
    made = Clerk(medid, tmp_path, keys)
    assert made.init().code == 0
    return made


def told(clerk: Clerk, name: str, number: str, *argv: object) -> Told:
    """What a command says of a number that may look like an option."""
    where = (*clerk.where, "--board", clerk.did)
    found = clerk.medid("board", name, *argv, *where, "--json", "--", number)
    assert found.code == 0, (number, found)
    return found


def table(file: Path) -> list[dict[str, str]]:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


def test_every_field_keeps_its_text_and_no_export_runs_it(clerk: Clerk) -> None:
    for at, evil in enumerate(EVIL):
        number = f"{evil[:60]}{at}"
        claims: dict[str, Any] = {"profession": [{**PROFESSION, "display": evil}]}
        clerk.claims.write_text(json.dumps(claims))
        why = (f"--reason={evil}", f"--order={evil}", f"--actor={evil}")
        named = (f"--name={evil}", "--claims", clerk.claims, "--holder", HOLDER)
        # The last equals sign is between the system and the value.
        value = evil.replace("=", "-")
        system = f"--identifier=https://n{at}.example={value}"
        told(clerk, "apply", number, *named, system, *why)
        found = told(clerk, "status", number).json()
        assert (found["name"], found["claims"]) == (evil, claims)
        assert found["identifiers"] == {f"https://n{at}.example": value}
        # It is found by its own text, and by no other's pattern.
        file = clerk.folder / "found.csv"
        # What was there was open to others, and longer.
        file.write_text("x" * 10_000)
        file.chmod(0o644)
        told(clerk, "find", number, "--csv", file)
        (row,) = table(file)
        assert row["number"] == safe_cell(number)
        assert row["name"] == safe_cell(evil)
        assert json.loads(row["identifiers"]) == found["identifiers"]
        assert json.loads(row["claims"]) == claims
        file = clerk.folder / "history.csv"
        told(clerk, "history", number, "--csv", file)
        (event,) = table(file)
        said = (event["actor"], event["reason"], event["orderReference"])
        assert said == (safe_cell(evil),) * 3
        for cell in (*row.values(), *event.values()):
            assert not cell.startswith(("=", "+", "-", "@", "\uff1d")), cell
    whole = clerk("verify-register")
    assert whole.code == 0
    assert f"licenses {len(EVIL)}" in whole.out


def test_a_table_that_cannot_be_written_is_a_wrong_call(clerk: Clerk) -> None:
    clerk.apply("1")
    for argv in (("find", "1"), ("history", "1")):
        refused = clerk(*argv, "--csv", clerk.folder / "no" / "where.csv")
        assert refused.code == 2
        assert "--csv" in refused.err
