"""Offline packs on the command line: written, and verified from without a network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.access import pack as packs
from medid.cli.demo_world import AUDIENCE, PATIENT
from medid.core.json import dumps
from medid.issuing import Controller
from medid.keys import KeyKind, PrivateKey, keyfile
from tests.cli.conftest import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.access.world import World
    from tests.cli.conftest import Command

pytestmark = pytest.mark.usefixtures("no_network")

NOW = "2026-06-15T12:05:00Z"


@pytest.fixture
def call(world: World, folder: Path, keys: Path) -> list[str]:
    """A call that packs the world's board and patient, without the file's name."""
    lists = [url for url in world.web.documents if "status" in url]
    return [
        *("evidence", "pack", "--now", NOW, "--offline"),
        *("--issuer", world.board.did, "--issuer", world.patient.did),
        *(flag for url in lists for flag in ("--status", url)),
        *("--evidence", str(folder / "evidence.json")),
        *("--key", str(keys / "board.key")),
        *("--password-file", str(keys / "password")),
    ]


@pytest.fixture
def pack(medid: Command, call: list[str], tmp_path: Path) -> Path:
    file = tmp_path / "boards.pack"
    told = medid(*call, "--out", file)
    assert (told.code, told.err) == (0, "")
    assert "until 2026-06-22T12:05:00Z" in told.out
    return file


@pytest.fixture
def signer(keys: Path) -> str:
    key = keyfile.load(keys / "board.key", password=PASSWORD.encode())
    return Controller.did_key(key).did


def verified(medid: Command, folder: Path, *flags: object, now: str = NOW) -> Any:
    return medid(
        *("verify", folder / "license.json", "--trust", folder / "trust.json"),
        *("--now", now, "--json", *flags),
    )


def test_a_license_verifies_from_the_pack_alone(
    medid: Command, folder: Path, pack: Path, signer: str
) -> None:
    assert verified(medid, folder, "--offline").code == 3
    told = verified(medid, folder, "--pack", pack, "--pack-signer", signer)
    assert told.code == 0, told.out
    assert pack.stat().st_mode & 0o777 == 0o600


def test_the_packers_key_may_be_a_file(
    medid: Command, folder: Path, pack: Path, keys: Path, tmp_path: Path
) -> None:
    public, other = tmp_path / "public.jwk", tmp_path / "other.jwk"
    key = keyfile.load(keys / "board.key", password=PASSWORD.encode()).public_key
    keyfile.save_public(public, key)
    keyfile.save_public(other, PrivateKey.generate(KeyKind.ED25519).public_key)
    for file, code in ((public, 0), (other, 1), (tmp_path / "none", 2)):
        told = verified(medid, folder, "--pack", pack, "--pack-signer", file)
        assert told.code == code


def test_a_decision_is_made_from_the_pack_alone(
    medid: Command, folder: Path, pack: Path, signer: str
) -> None:
    call = [
        *("decide", "--presentation", folder / "presentation.json"),
        *("--request", folder / "request.json", "--trust", folder / "trust.json"),
        *("--domain", AUDIENCE, "--now", NOW, "--json"),
    ]
    told = medid(*call, "--pack", pack, "--pack-signer", signer)
    assert (told.code, told.json()["decision"]) == (0, True)
    for alone in (("--pack", pack), ("--pack-signer", signer)):
        refused = medid(*call, *alone)
        assert refused.code == 2
        assert "somebody whose packs count here" in refused.json()["error"]["message"]
    assert medid(*call, "--offline").code == 3


@pytest.mark.parametrize(
    ("now", "error"),
    [
        ("2026-06-15T12:04:59Z", "NOT_YET_VALID"),
        ("2026-06-22T12:05:00Z", "EXPIRED"),
    ],
)
def test_outside_its_time_a_pack_does_not_count(
    medid: Command, folder: Path, pack: Path, signer: str, now: str, error: str
) -> None:
    told = verified(medid, folder, "--pack", pack, "--pack-signer", signer, now=now)
    assert told.code == 1
    assert error in told.out + told.err


def test_a_status_list_is_as_old_as_it_was_when_it_was_fetched(
    medid: Command, folder: Path, pack: Path, signer: str
) -> None:
    """The world's lists were fetched four minutes before the pack was made."""
    flags = ("--pack", pack, "--pack-signer", signer)
    assert verified(medid, folder, *flags, now="2026-06-16T12:00:59Z").code == 0
    told = verified(medid, folder, *flags, now="2026-06-16T12:01:01Z")
    assert told.code != 0
    assert "STALE" in told.out or "STATUS" in told.out


def test_a_changed_a_foreign_and_an_unsigned_pack_are_refused(
    medid: Command, folder: Path, pack: Path, signer: str, tmp_path: Path
) -> None:
    document = json.loads(pack.read_text())
    later = {**document, "validUntil": "2026-06-23T12:05:00Z"}
    unsigned = {name: one for name, one in document.items() if name != "signature"}
    for changed in (later, unsigned):
        file = tmp_path / "changed.pack"
        file.write_text(dumps(changed))
        told = verified(medid, folder, "--pack", file, "--pack-signer", signer)
        assert told.code == 1
        assert PATIENT not in told.err
    stranger = Controller.did_key(PrivateKey.generate(KeyKind.ED25519)).did
    told = verified(medid, folder, "--pack", pack, "--pack-signer", stranger)
    assert told.code == 1


def test_what_is_incomplete_is_not_written(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "new.pack"
    told = medid(*call, "--status", "https://gone.example/9", "--out", file)
    assert told.code == 3
    assert "status-list: EVIDENCE_UNAVAILABLE" in told.err
    assert not file.exists()


@pytest.mark.parametrize(
    "flags",
    [
        ("--until", "2026-06-15T12:05:00Z"),
        ("--until", "2026-07-17T12:05:01Z"),
        ("--until", "tomorrow"),
        ("--issuer", "nobody"),
    ],
)
def test_a_wrong_call_writes_nothing(
    medid: Command, call: list[str], tmp_path: Path, flags: tuple[str, ...]
) -> None:
    file = tmp_path / "new.pack"
    told = medid(*call, *flags, "--out", file)
    assert (told.code, file.exists()) == (2, False)


def test_a_pack_is_never_written_over_another(
    medid: Command, call: list[str], pack: Path
) -> None:
    before = pack.read_bytes()
    assert medid(*call, "--out", pack).code == 2
    assert pack.read_bytes() == before


def test_progress_names_each_document_that_was_asked_for(
    medid: Command, call: list[str], tmp_path: Path
) -> None:
    told = medid(*call, "--status", "https://gone.example/9", "--out", tmp_path / "x")
    assert "  status-list  https://gone.example/9  EVIDENCE_UNAVAILABLE\n" in told.out


def test_the_pack_holds_what_is_needed_and_nothing_else(
    world: World, pack: Path
) -> None:
    found = packs.read(pack.read_bytes())
    documents = json.loads(pack.read_text())["evidence"]["documents"]
    assert set(documents) == set(world.web.documents)
    assert found.issuers == (world.board.did, world.patient.did)
