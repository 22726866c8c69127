"""A board takes over its old register; a hospital decides by what the board publishes.

``python examples/board_import/first_day.py`` works in a folder that is gone afterwards.
It types the commands of a registrar, a practitioner and a hospital, and shows them:
10,000 licenses out of a messy export, credentials for who has told the board a DID, the
web site, a decision, a suspension, and the decision after it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import medid
from medid.cli import main
from medid.cli.demo_world import AUDIENCE, World
from medid.issuing import Controller
from medid.keys import keyfile

if TYPE_CHECKING:
    from medid.core.json import JsonObject

HERE = Path(__file__).resolve().parent
SITE = "https://board.example"
PHYSICIAN = "35.000002"  # Cy O'Neil, an MD of the register, active
RESOURCE = "Observation/blood-pressure"
CHALLENGE = "n-0S6_WzA2Mj"


class Terminal:
    """Shows a command, and then what it says."""

    def __init__(self, board: str) -> None:
        self.where = ["--register", "sqlite:///register.db", "--board", board]
        self.key = ["--key", "board.key", "--password-file", "board.password"]

    def medid(self, *argv: str, code: int = 0) -> None:
        """Run a command, which must end with ``code``."""
        print(f"$ medid {shlex.join(argv)}", flush=True)
        found = main.run(list(argv))
        if found != code:
            sys.exit(f"that ended with {found}")

    def board(self, name: str, *argv: str, code: int = 0) -> None:
        """Run a command of the board at its register."""
        self.medid("board", name, *argv, *self.where, code=code)


def found_board() -> Terminal:
    """Make the key, and an empty register."""
    Path("board.password").write_text("a long password for trying out\n")
    password = b"a long password for trying out"
    key = medid.PrivateKey.generate(medid.KeyKind.ED25519)
    # A key for trying out may be opened quickly; medid key generate makes slower ones.
    quick = keyfile.Protection(cost=keyfile.MIN_COST)
    keyfile.save("board.key", key, password=password, protection=quick)
    terminal = Terminal(Controller.did_key(key).did)
    named = ("--name", "State Medical Board", "--jurisdiction", "US-OH")
    terminal.board("init", *named, "--site", SITE)
    return terminal


def take_over(terminal: Terminal) -> None:
    """Import the export, and look at what was refused."""
    export = str(HERE / "register.csv")
    how = ("--mapping", str(HERE / "mapping.yaml"), "--actor", "Registrar")
    rejects = ("--rejects", "rejected")
    # Exit code 1: some rows were refused, and the others are taken over.
    terminal.board("import", export, *how, *rejects, code=1)
    for line in Path("rejected.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        print(f"line {one['line']}, {one['column'] or 'the row'}: {one['message']}")


def publish(terminal: Terminal) -> None:
    """Bring the web site up to date."""
    known = ("--profession", "208D00000X", "--out", "site")
    terminal.board("publish", *known, *terminal.key)


class Hospital:
    """Asks about a practitioner, by what is published."""

    def __init__(self, world: World, license_: dict[str, Any]) -> None:
        self._world = world
        self._license = license_
        trust = world.trust()
        entry = json.loads(Path("site/trust.json").read_text("utf-8"))
        _write("trust.json", {**trust, "acceptedBoards": entry["acceptedBoards"]})
        documents = dict(world.web.documents)
        files = {url: f"patient-{number}.json" for number, url in enumerate(documents)}
        for url, file in files.items():
            _write(file, documents[url])
        for status in license_["credentialStatus"]:
            url = status["statusListCredential"]
            files[url] = url.replace(SITE, "site")
        self._documents = [f"--document={url}={file}" for url, file in files.items()]

    def decide(self) -> None:
        """May Cy O'Neil see an observation of a patient, to treat the patient, now?"""
        now = medid.system_clock()
        wanted: JsonObject = {"resource": RESOURCE, "purpose": "TREAT"}
        _write("request.json", self._world.request(wanted, now))
        shown = medid.present(
            [self._license, self._world.consent],
            self._world.practitioner,
            challenge=CHALLENGE,
            domain=AUDIENCE,
            at=now,
        )
        _write("presentation.json", shown)
        asked = ("--presentation", "presentation.json", "--request", "request.json")
        bound = ("--challenge", CHALLENGE, "--domain", AUDIENCE, "--trust=trust.json")
        files = (*self._documents, "--offline")
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = main.run(["decide", *asked, *bound, *files])
        checks = json.loads(said.getvalue())["context"]["checks"]
        codes = [one for check in checks for one in check.get("codes", ())]
        print("the hospital", "permits" if code == 0 else "denies", *codes)


def _write(name: str, document: Any) -> None:
    Path(name).write_text(json.dumps(document), "utf-8")


def play() -> None:
    """The whole story, in the present folder."""
    terminal, world = found_board(), World(medid.system_clock())
    take_over(terminal)
    # One of them has told the board a DID; others had before.
    noted = ("--holder", world.practitioner.did, "--actor", "Registrar")
    terminal.board("amend", PHYSICIAN, *noted)
    Path("licenses").mkdir()
    how = ("--all", "--jobs", "1", "--actor", "Registrar", "--out", "licenses")
    terminal.board("issue", *how, *terminal.key, "--securing", "eddsa-jcs-2022")
    publish(terminal)
    issued = [json.loads(one.read_bytes()) for one in Path("licenses").iterdir()]
    mine = world.practitioner.did
    (license_,) = [one for one in issued if one["credentialSubject"]["id"] == mine]
    hospital = Hospital(world, license_)
    hospital.decide()
    order = ("--actor", "Board panel", "--order", "2026-117")
    terminal.board("suspend", PHYSICIAN, *order)
    publish(terminal)
    hospital.decide()
    terminal.board("verify-register")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        play()
        os.chdir(HERE)
