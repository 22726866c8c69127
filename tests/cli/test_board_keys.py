"""``medid board rotate-key|compromise``, from the command to what verifiers see."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from medid.core.instant import system_clock
from medid.issuing import Controller, issue
from medid.keys.keyfile import FileSigner
from tests.board.world import DAY
from tests.cli.conftest import PASSWORD
from tests.cli.test_board import Clerk
from tests.cli.test_board_publish import documents

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Told

DID = "did:web:board.example"
OLD, NEW = f"{DID}#old", f"{DID}#new"


@dataclass
class Officer:
    """Types what a security officer types, at a board with a did:web."""

    clerk: Clerk
    keys: Path

    @property
    def folder(self) -> Path:
        return self.clerk.folder

    def key(self, name: str, option: str = "--key") -> list[object]:
        """The flags of one of the board's two keys."""
        file = self.keys / ("board.key" if name == OLD else "holder.key")
        password = ("--password-file", self.keys / "password")
        return [option, file, *password, "--verification-method", name]

    def signer(self, name: str) -> Controller:
        file = self.keys / ("board.key" if name == OLD else "holder.key")
        signer = FileSigner(file, password=PASSWORD.encode)
        return Controller(verification_method=name, signer=signer)

    def document(self, *names: str, **others: str) -> Path:
        """The DID document with these keys, and with names for keys of others."""
        keys = {name: name for name in names} | {
            f"{DID}#{name}": key for name, key in others.items()
        }
        stated = {
            "id": DID,
            "verificationMethod": [
                {
                    "id": name,
                    "type": "Multikey",
                    "controller": DID,
                    "publicKeyMultibase": self.signer(
                        key
                    ).signer.public_key.to_multikey(),
                }
                for name, key in keys.items()
            ],
            "assertionMethod": list(keys),
        }
        file = self.folder / f"{'-'.join(one.rpartition('#')[2] for one in keys)}.json"
        file.write_text(json.dumps(stated))
        return file

    def issue(self, *numbers: str) -> list[Path]:
        out = self.folder / "licenses"
        out.mkdir(exist_ok=True)
        given = (*self.key(OLD), "--out", out, "--json")
        told = self.clerk("issue", *numbers, *given, by="registrar")
        return [Path(row["file"]) for row in told.json()["rows"]]

    def publish(self, name: str, document: Path, *more: object) -> Told:
        given = ("--out", self.folder / "site", "--did-document", document)
        return self.clerk("publish", *self.key(name), *given, *more)

    def verify(self, file: Path, document: Path) -> Told:
        site = self.folder / "site"
        known = ("--document", f"{DID}={document}", *documents(site))
        return self.clerk.medid("verify", file, "--offline", *known)


@pytest.fixture
def officer(medid: Command, tmp_path: Path, keys: Path) -> Officer:
    clerk = Clerk(medid, tmp_path, keys)
    clerk.did = DID
    assert clerk.init().code == 0
    for number in ("35.1", "35.2"):
        assert clerk.apply(number).code == 0
    assert clerk("approve", "35.1", "35.2", by="registrar").code == 0
    return Officer(clerk, keys)


def test_a_stolen_key_from_the_first_sign_to_what_verifiers_see(
    officer: Officer,
) -> None:
    both, new = officer.document(OLD, NEW), officer.document(NEW)
    old_one, other = officer.issue("35.1", "35.2")
    officer.clerk("suspend", "35.2", by="panel")
    assert officer.publish(OLD, both).code == 0
    assert officer.verify(old_one, both).code == 0
    # What the thief made: it is signed well, and the board never said it.
    draft = json.loads(old_one.read_text())
    del draft["proof"]
    forged = {**draft, "id": "urn:uuid:00000000-0000-4000-8000-000000000000"}
    thiefs = officer.folder / "forged.json"
    thiefs.write_text(json.dumps(issue(forged, officer.signer(OLD), at=system_clock())))
    assert officer.verify(thiefs, both).code == 0
    out, report = officer.folder / "new", officer.folder / "report.jsonl"
    out.mkdir()
    given: list[Any] = [
        *("--key", OLD, "--since", "2026-01-01", *officer.key(NEW, "--new-key")),
        *("--did-document", new, "--found", thiefs, "--found", old_one),
        *("--report", report, "--order", "2026-200"),
    ]
    early = ("--did-document", both, "--dry-run", "--json")
    dry = officer.clerk("compromise", *given, *early, by="officer")
    found = dry.json()
    assert found["oldKeyListed"]
    assert "Take the old key out" in found["steps"].pop(1)
    assert (dry.code, found["dryRun"], found["replaced"]) == (1, True, 1)
    assert found["found"] == [
        {"file": str(thiefs), "record": "not on record"},
        {"file": str(old_one), "record": "on record"},
    ]
    assert officer.verify(old_one, both).code == 0
    told = officer.clerk("compromise", *given, "--out", out, by="officer")
    assert told.code == 1  # because of what turned up
    assert told.out.splitlines()[:9] == [
        "credentials of the old key: 2, in this run 2",
        "issued anew: 1",
        "taken back, with nothing in their place: 1",
        "revoked before: 0",
        "end by themselves before that: 0",
        "signed since 2026-01-01T00:00:00Z, and on record: 2",
        f"{thiefs}: not on record",
        f"{old_one}: on record",
        "What is to be done now:",
    ]
    assert "medid did rotate" not in told.out  # it is out already
    (made,) = out.iterdir()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    lines = [json.loads(one) for one in report.read_text().splitlines()]
    assert [one.get("fate") for one in lines] == ["replaced", "withdrawn", None]
    assert lines[0]["replacedBy"].endswith(made.stem)
    assert (lines[0]["sinceStolen"], lines[1]["error"]["code"]) == (
        True,
        "CHANGE_NOT_ALLOWED",
    )
    assert lines[2] == {**found, "dryRun": False, "oldKeyListed": False}
    # The site: its head was signed by the stolen key, which is not in the document.
    assert officer.publish(NEW, new).code == 1
    watching = officer.publish(NEW, new, "--former-document", both, "--watch")
    assert (watching.code, "--former-document" in watching.err) == (2, True)
    assert officer.publish(NEW, new, "--former-document", both).code == 0
    assert officer.publish(NEW, new).out == "the site is up to date\n"
    assert officer.verify(made, new).code == 0
    for gone in (old_one, other, thiefs):
        assert officer.verify(gone, new).code == 1
    assert "REVOKED" in officer.verify(old_one, both).out
    # Once more: nothing is done twice.
    again = officer.clerk("compromise", *given[:-6], "--json", by="officer").json()
    assert (again["credentials"], again["inThisRun"], again["replaced"]) == (2, 0, 1)
    assert officer.clerk("verify-register").code == 0
    history = officer.clerk("history", "35.1", "--json").json()["credentials"]
    assert [one["verificationMethod"] for one in history] == [OLD, NEW]
    (back,) = history[0]["withdrawals"]
    assert back["replacedBy"] == history[1]["id"]


def test_a_key_is_changed_while_both_count(officer: Officer) -> None:
    both, new = officer.document(OLD, NEW), officer.document(NEW)
    old_one, _ = officer.issue("35.1", "35.2")
    officer.publish(OLD, both)
    until = str(system_clock().plus(30 * DAY))[:10]
    out = officer.folder / "new"
    out.mkdir()
    given = [
        *("--old", OLD, "--old-until", until, *officer.key(NEW)),
        *("--did-document", both, "--out", out),
    ]
    told = officer.clerk("rotate-key", *given, by="officer")
    assert told.code == 0
    assert "issued anew: 2\n" in told.out
    assert f"until {until}T00:00:00Z" in told.out
    assert "signed since" not in told.out
    officer.publish(NEW, both)
    assert [officer.verify(one, both).code for one in (old_one, *out.iterdir())] == [
        0
    ] * 3
    later = str(system_clock().plus(31 * DAY))
    site = [*documents(officer.folder / "site"), "--document", f"{DID}={both}"]
    with_now = ("--now", later, "--status", "off", "--offline")
    assert officer.clerk.medid("verify", old_one, *with_now, *site).code == 0
    again = officer.clerk("rotate-key", *given, "--json", by="officer").json()
    assert (again["inThisRun"], again["replaced"], again["oldKeyListed"]) == (
        0,
        2,
        True,
    )
    assert "since" not in again
    # A report of a change that nobody stole has no word of it.
    report = officer.folder / "report.jsonl"
    officer.clerk("rotate-key", *given, "--report", report, by="officer")
    assert "sinceStolen" not in report.read_text()
    # The old key has to be there until then.
    early = [*given, "--did-document", new]
    refused = officer.clerk("rotate-key", *early, by="officer")
    assert (refused.code, "medid board compromise" in refused.err) == (2, True)


def test_a_wrong_call_is_refused_before_anything_is_signed(officer: Officer) -> None:
    both = officer.document(OLD, NEW)
    officer.issue("35.1")
    alias = officer.document(OLD, NEW, alias=OLD)
    wrong_key = officer.document(new=OLD)
    with_new = officer.key(NEW, "--new-key")
    at_alias = [*officer.key(OLD, "--new-key")[:-1], f"{DID}#alias"]
    start = ["--key", OLD, "--since", "2026-01-01"]
    stolen: list[Any] = [*start, *with_new, "--did-document"]
    ahead = ["--since", str(system_clock().plus(DAY))]
    cases: list[tuple[int, str, list[Any]]] = [
        (2, "not at hand", [*start, *with_new]),
        (2, "--verification-method", [*stolen, officer.document(OLD)]),
        (2, "another key of this name", [*stolen, wrong_key]),
        (2, "by another name", [*start, *at_alias, "--did-document", alias]),
        (2, "stolen is so already", [*stolen, both, *ahead]),
        (2, "board.key", [*stolen, both, "--found", officer.keys / "board.key"]),
        (2, "--report", [*stolen, both, "--report", "none/x"]),
        (1, "NOT_IN_REGISTER", [*stolen, both, "--key", f"{DID}#none"]),
    ]
    for code, text, given in cases:
        told = officer.clerk("compromise", *given, by="officer")
        assert (told.code, text in told.err) == (code, True), (text, told.err)
    history = officer.clerk("history", "35.1", "--json").json()
    assert len(history["credentials"]) == 1
    assert not list(officer.folder.glob(".*"))


def test_the_document_of_a_did_key_is_at_hand_and_has_no_other_key(
    medid: Command, tmp_path: Path, keys: Path
) -> None:
    clerk = Clerk(medid, tmp_path, keys)
    clerk.init()
    clerk.apply()
    clerk("approve", "35.1", by="registrar")
    clerk("issue", "35.1", *clerk.key, by="registrar")
    old = f"{clerk.did}#{clerk.did.removeprefix('did:key:')}"
    new = ("--new-key", keys / "holder.key", "--password-file", keys / "password")
    told = clerk(
        *("compromise", "--key", old, "--since", "2026-01-01", *new),
        *("--did-document", clerk.claims),
        by="officer",
    )
    assert told.code == 2
    assert len(clerk("history", "35.1", "--json").json()["credentials"]) == 1
