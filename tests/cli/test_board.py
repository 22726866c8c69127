from __future__ import annotations

import csv
import json
import shutil
import stat
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from medid.board import standing
from medid.cli.board_orders import ORDERS
from medid.core.instant import system_clock
from medid.errors import ConfigurationError
from medid.issuing import Controller
from medid.keys.keyfile import FileSigner
from tests.board.world import DAY, HOLDER, claims
from tests.cli.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Command, Told


class Clerk:
    """Types ``medid board`` commands at one register."""

    def __init__(self, medid: Command, folder: Path, keys: Path) -> None:
        self.medid = medid
        self.folder = folder
        signer = FileSigner(keys / "board.key", password=PASSWORD.encode)
        self.did = Controller.did_key(signer).did
        self.key = ["--key", keys / "board.key", "--password-file", keys / "password"]
        self.where = ["--register", f"sqlite:///{folder / 'register.db'}"]
        self.claims = folder / "claims.json"
        self.claims.write_text(json.dumps(claims()))

    def __call__(self, name: str, *argv: object, by: str | None = None) -> Told:
        actor = () if by is None else ("--actor", by)
        board = ("--board", self.did)
        return self.medid("board", name, *argv, *self.where, *board, *actor)

    def init(self) -> Told:
        named = ("--name", "Board of Medicine", "--jurisdiction", "US-OH")
        return self("init", *named, "--site", "https://board.example")

    def apply(self, number: str = "35.1", *more: object) -> Told:
        named = ("--name", "Ada Rowe", "--claims", self.claims, "--holder", HOLDER)
        return self("apply", number, *named, *more, by="clerk")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [tmp_path_factory.mktemp("empty") / "register.db"]


@pytest.fixture
def clerk(medid: Command, tmp_path: Path, keys: Path, empty: list[Path]) -> Clerk:
    """A clerk at a register with a board and no license."""
    made = Clerk(medid, tmp_path, keys)
    (file,) = empty
    if not file.exists():
        assert made.init().code == 0
        shutil.copy(tmp_path / "register.db", file)
    shutil.copy(file, tmp_path / "register.db")
    return made


@pytest.fixture
def active(clerk: Clerk) -> Clerk:
    assert clerk.apply().code == 0
    assert clerk("approve", "35.1", by="registrar").code == 0
    return clerk


def test_a_register_is_made_once_for_each_board(
    medid: Command, tmp_path: Path, keys: Path
) -> None:
    clerk = Clerk(medid, tmp_path, keys)
    told = clerk.init()
    assert (told.code, told.out) == (
        0,
        f"the register has a board: Board of Medicine ({clerk.did})\n",
    )
    mode = (tmp_path / "register.db").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    again = clerk.init()
    assert again.code == 1
    assert "ALREADY_IN_REGISTER" in again.err
    other = medid(
        *("board", "init", *clerk.where, "--board", HOLDER, "--name", "Other"),
        *("--site", "https://other.example", "--jurisdiction", "GB", "--json"),
    )
    assert other.json()["board"] == HOLDER
    assert clerk("find", "").out == "licenses found: 0\n"


def test_a_license_from_its_application_to_a_file(clerk: Clerk) -> None:
    npi = "http://hl7.org/fhir/sid/us-npi"
    told = clerk.apply("35.1", "--identifier", f"{npi}=1234567893", "--json")
    (row,) = told.json()["rows"]
    assert (told.code, row["status"], row["identifiers"]) == (
        0,
        "pending",
        {npi: "1234567893"},
    )
    clerk("approve", "35.1", by="registrar")
    out = clerk.folder / "licenses"
    out.mkdir()
    for securing, ending in [
        ("eddsa-jcs-2022", "json"),
        ("vc+jwt", "jwt"),
        ("vc+cose", "cose"),
    ]:
        how = ("--securing", securing, "--out", out, "--json")
        issued = clerk("issue", "35.1", *clerk.key, *how, by="registrar")
        (row,) = issued.json()["rows"]
        assert row["file"].endswith(ending)
    assert {stat.S_IMODE(one.stat().st_mode) for one in out.iterdir()} == {0o600}
    again = clerk.folder / "again"
    again.mkdir()
    found = clerk("history", "35.1", "--out", again)
    assert found.out.count("wrote ") == 3
    for one in out.iterdir():
        assert (again / one.name).read_bytes() == one.read_bytes()
    listed = clerk("history", "35.1", "--json").json()
    assert [one["kind"] for one in listed["events"]] == ["applied", "approved"] + [
        "issued"
    ] * 3
    assert len(listed["credentials"]) == 3
    assert listed["files"] == []


def test_what_is_issued_and_cannot_be_written_is_told_to_be_recorded(
    active: Clerk,
) -> None:
    told = active("issue", "35.1", *active.key, "--out", "none/x", by="registrar")
    assert told.code == 2
    assert "what was issued is recorded" in told.err
    assert len(active("history", "35.1", "--json").json()["credentials"]) == 1


ONCE = {
    "approve": [],
    "deny": [],
    "reinstate": ["approve", "suspend"],
}


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_each_order_makes_of_a_license_what_it_says(clerk: Clerk, name: str) -> None:
    clerk.apply()
    for before in ONCE.get(name, ["approve"]):
        clerk(before, "35.1", by="registrar")
    order = ("--order", "2026-117", "--reason", "so it was decided")
    told = clerk(name, "35.1", *order, by="panel")
    status = ORDERS[name][0]
    assert told.code == 0
    assert f"Ada Rowe  {status} since" in told.out
    assert told.out.endswith("recorded: 1, refused: 0\n")
    last = clerk("history", "35.1").out.splitlines()[-1]
    assert last.endswith(", by panel, order 2026-117, so it was decided")


def test_approve_is_for_applications_and_reinstate_for_no_other(active: Clerk) -> None:
    active("suspend", "35.1", by="panel")
    active.apply("35.2")
    told = active("approve", "35.1", "35.2", by="registrar")
    assert told.code == 1
    assert "35.1  refused: CHANGE_NOT_ALLOWED" in told.out
    assert "medid board reinstate" in told.out
    assert "35.2  Ada Rowe  active since" in told.out
    active.apply("35.3")
    told = active("reinstate", "35.1", "35.3", by="registrar")
    assert "35.1  Ada Rowe  active since" in told.out
    assert "35.3  refused: CHANGE_NOT_ALLOWED" in told.out


def test_every_status_that_a_board_decides_has_its_command() -> None:
    assert {status for status, _ in ORDERS.values()} == (
        set(standing.EFFECTS) - {"pending", "expired"}
    )


def test_a_dry_run_says_what_would_happen_and_records_nothing(active: Clerk) -> None:
    (before,) = {active("history", "35.1").out}
    dry = ("--dry-run", "--json")
    for told in (
        active("suspend", "35.1", *dry, by="panel"),
        active("issue", "35.1", *active.key, *dry, by="panel"),
        active("renew", "35.1", "--until", "2099-01-01", *dry, by="panel"),
        active("amend", "35.1", "--name", "Ada King", *dry, by="panel"),
        active.apply("35.2", *dry),
        active("expire", *dry, by="cron"),
    ):
        found = told.json()
        assert (told.code, found["dryRun"], found["refused"]) == (0, True, 0)
        assert all("credential" not in row for row in found["rows"])
    assert active("history", "35.1").out == before
    assert active("find", "").out.endswith("licenses found: 1\n")
    words = active("suspend", "35.1", "--dry-run", by="panel")
    assert words.out.endswith("would be recorded: 1, refused: 0\n")


def test_rows_that_are_refused_say_why_and_set_the_exit_code(active: Clerk) -> None:
    told = active("suspend", "35.1", "35.9", by="panel")
    assert told.code == 1
    assert "35.9  refused: NOT_IN_REGISTER" in told.out
    assert told.out.endswith("recorded: 1, refused: 1\n")
    told = active("reinstate", "35.1", "35.9", "--json", by="panel")
    codes = [row.get("error", {}).get("code") for row in told.json()["rows"]]
    assert codes == [None, "NOT_IN_REGISTER"]


def test_a_renewal_and_an_amendment_issue_anew_with_a_key(active: Clerk) -> None:
    key: tuple[object, ...] = (*active.key, "--securing", "eddsa-jcs-2022")
    told = active("renew", "35.1", "--until", "2099-01-01", *key, by="clerk")
    assert "last day 2099-01-01, issued urn:uuid:" in told.out
    (active.folder / "new.json").write_text(
        json.dumps(claims(registrationType="limited"))
    )
    new = ("--claims", active.folder / "new.json")
    amended = active("amend", "35.1", *new, *key, "--json", by="clerk")
    (row,) = amended.json()["rows"]
    assert row["claims"]["registrationType"] == "limited"
    assert row["credential"]["states"] == "active"
    told = active("amend", "35.1", by="clerk")
    assert told.code == 1
    assert "says that already" in told.out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expiresOn", "2020-01-01"),
        ("issuedOn", "2001-01-01"),
        ("licenseNumber", "35.2"),
        ("jurisdiction", "US-CA"),
        ("licenseStatus", "active"),
        ("statusSince", "2001-01-01T00:00:00Z"),
    ],
)
def test_what_the_register_says_itself_is_no_claim(
    active: Clerk, name: str, value: str
) -> None:
    active.claims.write_text(json.dumps({**claims(), name: value}))
    amended = ("amend", "35.1", "--claims", active.claims, "--json")
    for told in (active.apply("35.2", "--json"), active(*amended, by="clerk")):
        (row,) = told.json()["rows"]
        error = (row["error"]["code"], row["error"]["path"])
        assert error == ("MALFORMED_VALUE_ERROR", f"$.claims.{name}")


def test_a_renewal_takes_no_days_from_a_license(clerk: Clerk) -> None:
    clerk.apply("35.1", "--expires-on", "2097-06-30")
    clerk("approve", "35.1", by="registrar")
    told = clerk("renew", "35.1", "--until", "2079-06-30", "--json", by="clerk")
    (row,) = told.json()["rows"]
    assert (told.code, row["error"]["code"]) == (1, "CHANGE_NOT_ALLOWED")
    assert "last day 2097-06-30" in clerk("status", "35.1").out
    # What is meant to be so is said otherwise.
    assert clerk("amend", "35.1", "--expires-on", "2079-06-30", by="clerk").code == 0
    assert clerk("renew", "35.1", "--until", "2080-06-30", by="clerk").code == 0


def test_all_that_end_by_a_day_are_renewed_page_by_page(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medid.board.office._PAGE", 2)
    for number, end in [
        *((f"35.{one}", "2027-06-30") for one in range(5)),
        ("36.1", "2028-06-30"),
        ("34.1", "2027-05-31"),
    ]:
        clerk.apply(number, "--expires-on", end)
    approved = [f"35.{one}" for one in range(5)]
    clerk("approve", *approved, "36.1", "34.1", by="registrar")
    clerk("suspend", "35.0", "34.1", by="panel")
    out = clerk.folder / "new"
    out.mkdir()
    given: tuple[object, ...] = ("--until", "2029-06-30", "--ending-by", "2027-12-31")
    signed = (*clerk.key, "--securing", "eddsa-jcs-2022", "--out", out)
    dry = clerk("renew", *given, *signed, "--dry-run", by="clerk")
    assert dry.out.splitlines()[-1:] == ["would be renewed: 4, refused: 2"], dry.err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    told = clerk("renew", *given, *signed, by="clerk")
    monkeypatch.undo()
    assert told.code == 1
    assert [one[:4] for one in told.out.splitlines()[:2]] == ["34.1", "35.0"]
    assert told.out.splitlines()[-1] == "renewed: 4, refused: 2"
    assert told.err == "\rlicenses: 2 \rlicenses: 4 \rlicenses: 6 "
    assert len(list(out.iterdir())) == 4
    # Again: who was refused is asked about once more, and nobody else. Without a new
    # credential, a license that is suspended can be renewed as well.
    again = clerk("renew", *given, *signed, "--json", by="clerk").json()
    assert (again["done"], again["refused"], len(again["rows"])) == (0, 2, 2)
    assert clerk("renew", *given, by="clerk").out == "renewed: 2, refused: 0\n"
    assert clerk("renew", *given, by="clerk").out == "renewed: 0, refused: 0\n"
    assert "last day 2028-06-30" in clerk("status", "36.1").out


def test_what_lies_ahead_is_shown_and_replaced_where_that_is_said(
    active: Clerk,
) -> None:
    later = str(system_clock().plus(40 * DAY))[:10]
    zone = ("--timezone", "America/New_York")
    active("suspend", "35.1", "--effective", later, *zone, by="panel")
    told = active("status", "35.1")
    assert "active since" in told.out
    assert f"from {later}T0" in told.out
    assert (
        active("status", "35.1", "--json").json()["ahead"][0]["status"] == "suspended"
    )
    assert active("revoke", "35.1", by="panel").code == 1
    assert active("revoke", "35.1", "--replace-ahead", by="panel").code == 0
    listed = active("history", "35.1").out
    assert f"effective {later}T" in listed


def test_what_held_and_what_was_said_on_a_day(clerk: Clerk) -> None:
    clerk.apply("35.1", "--since", "2014-07-01", "--issued-on", "2014-07-01")
    clerk("approve", "35.1", "--effective", "2014-07-02T00:00:00Z", by="registrar")

    def status(*argv: object) -> str:
        return clerk("status", "35.1", *argv).out

    assert "pending since 2014-07-01" in status("--as-of", "2014-07-01")
    assert "active since 2014-07-02" in status("--as-of", "2020-01-01")
    assert "nothing was in force" in status("--as-of", "2014-06-30")
    said = ("--as-of", "2020-01-01", "--known", "2020-01-01")
    assert "nothing was in force" in status(*said)
    told = clerk("status", "35.1", *said, "--json").json()
    assert (told["status"], told["ahead"]) == (None, [])


def test_licenses_are_found_by_number_and_name(active: Clerk) -> None:
    active.apply("36.1")
    assert active("find", "36").out.startswith("36.1  Ada Rowe  pending since")
    found = active("find", "rowe", "--json", "--limit", 1).json()["licenses"]
    assert [one["number"] for one in found] == ["35.1"]


def test_what_lies_ahead_is_not_what_a_license_is(active: Clerk) -> None:
    assert active("suspend", "35.1", by="panel").code == 0
    later = ("--effective", "2098-01-01")
    assert active("reinstate", "35.1", *later, by="panel").code == 0
    file = active.folder / "found.csv"
    for argv in (("find", "35.1", "--csv", file), ("history", "35.1")):
        said = active(*argv).out.splitlines()
        assert said[0].startswith("35.1  Ada Rowe  suspended since 20")
        assert said[1] == "from 2098-01-01T00:00:00Z: active"
    with file.open(newline="") as table:
        (row,) = csv.DictReader(table)
    assert row["status"] == "suspended"
    (found,) = active("find", "35.1", "--json").json()["licenses"]
    history = active("history", "35.1", "--json").json()
    for one in (found, history):
        (ahead,) = one["ahead"]
        assert (one["status"], ahead["status"]) == ("suspended", "active")


def test_licenses_expire_whose_last_day_is_over(active: Clerk) -> None:
    active("amend", "35.1", "--expires-on", "2020-01-01", by="clerk")
    told = active("expire", "--timezone", "America/New_York", by="cron")
    assert told.out.startswith("35.1  Ada Rowe  expired since ")
    assert active("expire", by="cron").out == "recorded: 0, refused: 0\n"


def test_a_register_that_was_altered_or_put_back_is_told(active: Clerk) -> None:
    head, copy = active.folder / "head.json", active.folder / "copy.db"
    assert active("verify-register").out.startswith("whole: licenses 1, credentials 0")
    backup = partial(active.medid, "board", "backup", *active.where)
    assert backup("--out", copy).out == f"wrote {copy}\n"
    assert backup("--out", copy, "--json").code == 2
    assert backup("--out", active.folder / "b.db", "--json").json() == {
        "file": str(active.folder / "b.db")
    }
    active("suspend", "35.1", by="panel")
    assert active("head", *active.key, "--out", head).code == 0
    told = active("verify-register", "--head", head, "--json").json()
    assert (told["events"], told["unsealed"], told["head"]["sequence"]) == (3, 0, 3)
    shutil.copy(copy, active.folder / "register.db")
    for beside in active.folder.glob("register.db-*"):
        beside.unlink()
    assert active("verify-register").code == 0
    told_back = active("verify-register", "--head", head)
    assert told_back.code == 1
    assert "REGISTER_ALTERED" in told_back.err


def test_only_a_register_is_upgraded(active: Clerk) -> None:
    upgrade = partial(active.medid, "board", "upgrade")
    assert upgrade(*active.where).out == "the register has the form of this medid\n"
    assert upgrade(*active.where, "--json").json() == {"upgraded": True}
    other = active.folder / "other.db"
    told = upgrade("--register", f"sqlite:///{other}")
    assert told.code == 3
    assert not other.exists()
    other.touch()
    told = upgrade("--register", f"sqlite:///{other}")
    assert told.code == 2
    assert "there is no register" in told.err


@pytest.mark.parametrize(
    "argv",
    [
        ("suspend", "35.1", "--effective", "soon"),
        ("suspend", "35.1", "--effective", "2026-02-30"),
        ("apply", "1", "--name", "A", "--claims", "none.json"),
        ("apply", "1", "--name", "A", "--claims", "claims.json", "--identifier", "x"),
        ("expire", "--timezone", "Nowhere/At_All"),
        ("issue", "35.1", "--key", "none.key"),
        ("renew", "35.1"),
        ("renew", "--until", "2099-01-01"),
        ("renew", "35.1", "--until", "2099-01-01", "--ending-by", "2028-01-01"),
        ("renew", "35.1", "--until", "soon"),
        ("renew", "--until", "2099-01-01", "--ending-by", "soon"),
        ("renew", "--until", "2028-01-01", "--ending-by", "2028-01-01"),
        ("suspend",),
    ],
)
def test_a_wrong_call_is_told_so(
    active: Clerk, argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(active.folder)
    told = active(*argv, by="clerk")
    assert told.code == 2
    assert told.err.startswith("error: ")


@pytest.mark.parametrize("wrong", ["register.db", "mysql://x/y", "sqlite://"])
def test_a_register_elsewhere_is_no_register(medid: Command, wrong: str) -> None:
    told = medid("board", "find", "x", "--register", wrong, "--board", HOLDER, "--json")
    assert told.code == 2
    assert told.json()["error"]["code"] == "CONFIGURATION_ERROR"


def test_what_a_text_holds_does_not_reach_the_terminal(clerk: Clerk) -> None:
    clerk.apply("=1+1", "--name", "Zoe=cmd")
    assert clerk("status", "=1+1").out.startswith("=1+1  Zoe=cmd  pending")
    told = clerk.apply("35.2", "--name", "\x1b[2J")
    assert told.code == 1
    assert "\x1b" not in told.out + told.err


def test_a_board_that_is_not_there_is_told_so(clerk: Clerk) -> None:
    clerk.did = HOLDER
    for act in _questions(clerk):
        told = act()
        assert told.code == 1
        assert "NOT_IN_REGISTER" in told.err + told.out


def _questions(clerk: Clerk) -> list[Callable[[], Any]]:
    return [
        lambda: clerk("find", "x"),
        lambda: clerk("status", "1"),
        lambda: clerk("verify-register"),
        lambda: clerk("suspend", "1", by="a"),
    ]


TABLE = 'LIC_NO,Name,Type,Issued\n35.1,"Rowe, Ada",MD,2014-07-01\n35.2,Bo,DO,\n'


def test_a_mapping_is_proposed(medid: Command, tmp_path: Path) -> None:
    from medid.cli.board_map import read_mapping

    file, out = tmp_path / "old.csv", tmp_path / "map.yaml"
    file.write_text(TABLE)
    told = medid("board", "map", file, "--out", out)
    assert told.code == 0
    assert "Type: profession: say what each value stands for (decide)" in told.out
    assert "to be decided: 1" in told.out
    # What has to be decided is refused until it is.
    with pytest.raises(ConfigurationError):
        read_mapping(str(out))
    text = out.read_text().replace('"MD": ""', '"MD": "208D00000X"')
    text = text.replace('"DO": ""', '"DO": "208D00000X"')
    text = text.replace('"value": ""', '"value": "http://nucc.org/provider-taxonomy"')
    out.write_text(text)
    assert read_mapping(str(out)).columns == {"LIC_NO", "Name", "Type", "Issued"}
    found = medid("board", "map", file, "--json").json()
    assert found["mapping"]["source"] == {"format": "csv"}
    (tmp_path / "map.json").write_text(json.dumps(found["mapping"]))
    with pytest.raises(ConfigurationError):
        read_mapping(str(tmp_path / "map.json"))


@pytest.mark.parametrize(
    ("name", "content", "more"),
    [
        ("old.ndjson", '{"LIC_NO":"1","name":{"0":"x"}}\n', ()),
        ("old.txt", "LIC_NO;Name\n1;\xfc\n", ("--format", "csv", "--delimiter", ";")),
    ],
)
def test_a_mapping_is_proposed_for_other_forms(
    medid: Command, tmp_path: Path, name: str, content: str, more: tuple[str, ...]
) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode("cp1252"))
    west = ("--encoding", "windows-1252") if more else ()
    found = medid("board", "map", file, *more, *west, "--json").json()
    assert found["mapping"]["fields"]["licenseNumber"] == {"column": "LIC_NO"}
    assert found["open"] > 0


@pytest.mark.parametrize(
    "more", [(), ("--format", "fixed"), ("--format", "csv", "--delimiter", "xx")]
)
def test_a_form_that_is_not_known_is_a_wrong_call(
    medid: Command, tmp_path: Path, more: tuple[str, ...]
) -> None:
    file = tmp_path / "old.txt"
    file.write_text(TABLE)
    assert medid("board", "map", file, *more).code == 2


def test_a_card_is_printed_for_a_license_in_force(active: Clerk) -> None:
    out = active.folder / "cards.pdf"
    told = active("card", "35.1", "--out", out)
    assert (told.code, told.out) == (0, f"wrote {out} (cards: 1)\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_bytes().startswith(b"%PDF-")
    assert active("card", "35.1", "--out", out).code == 2
    other = active.folder / "other.pdf"
    shown = active("card", "35.1", "35.1", "--out", other, "--json").json()
    url = "https://board.example/index.html#35.1"
    assert shown == {"file": str(other), "cards": [{"number": "35.1", "url": url}] * 2}
    active("suspend", "35.1", by="panel")
    assert active("card", "35.1", "--out", active.folder / "no.pdf").code == 1
    assert not (active.folder / "no.pdf").exists()
