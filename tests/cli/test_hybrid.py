"""Two keys of one board on the command line: both proofs made, asked for and missed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from medid.keys import KeyKind, PrivateKey, keyfile
from tests.access.test_hybrid import HybridWorld
from tests.access.world import AT, START, World
from tests.cli.conftest import CHEAP, PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command, Told

HOST: Final = "board.example"
DID: Final = f"did:web:{HOST}"
SUITE: Final = "mldsa44-rdfc-2024"
NOW: Final = ("--now", str(START))
ASKED: Final = ("--now", str(AT), "--offline", "--require-hybrid-proofs")
WEAK: Final = "CRYPTOGRAPHIC_SECURITY_ERROR"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two keys of a board, and the file of their password."""
    place = tmp_path_factory.mktemp("board")
    (place / "password").write_text(PASSWORD)
    for name, kind in (("1.key", KeyKind.ED25519), ("2.key", KeyKind.ML_DSA_44)):
        key = PrivateKey.generate(kind)
        keyfile.save(place / name, key, password=PASSWORD.encode(), protection=CHEAP)
    return place


@pytest.fixture
def sign(medid: Command, board: Path) -> Any:
    """A command that signs with the board's first key, or another one."""

    def call(*argv: object, key: int = 1) -> Told:
        flags = ("--key", board / f"{key}.key", "--password-file", board / "password")
        return medid(*argv, *flags, "--verification-method", f"{DID}#key-{key}", *NOW)

    return call


@pytest.fixture
def published(medid: Command, board: Path, tmp_path: Path) -> tuple[str, str]:
    """The board's DID document as evidence."""
    flags = ("--key", board / "1.key", "--key", board / "2.key", "--host", HOST)
    told = medid("did", "create", "--method", "web", *flags, *_password(board))
    file = tmp_path / "did.json"
    file.write_text(json.dumps(told.json()["didDocument"]))
    return ("--document", f"{DID}={file}")


def _password(board: Path) -> tuple[str, str]:
    return ("--password-file", str(board / "password"))


@pytest.fixture
def signed(sign: Any, tmp_path: Path) -> Path:
    """A credential with the classical proof."""
    draft = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": DID,
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:physician"},
    }
    file, out = tmp_path / "draft.json", tmp_path / "license.json"
    file.write_text(json.dumps(draft))
    assert sign("issue", file, "--out", out).code == 0
    return out


def test_a_did_web_lists_every_key_that_is_named(medid: Command, board: Path) -> None:
    keys = ("--key", board / "1.key", "--key", board / "2.key")
    web = ("--method", "web", "--host", HOST)
    found = medid("did", "create", *keys, *web, *_password(board)).json()
    listed = [f"{DID}#key-1", f"{DID}#key-2"]
    methods = found["didDocument"]["verificationMethod"]
    assert [one["id"] for one in methods] == listed
    assert found["didDocument"]["assertionMethod"] == listed
    told = medid("did", "create", *keys, *_password(board))
    assert (told.code, told.out) == (2, "")
    assert "--key" in told.err
    assert medid("did", "create").code == 2


def test_a_second_proof_is_added_and_missed(
    sign: Any, medid: Command, signed: Path, published: tuple[str, str], tmp_path: Path
) -> None:
    both = tmp_path / "both.json"
    told = sign(
        "add-proof", signed, "--securing", SUITE, *published, "--out", both, key=2
    )
    assert (told.code, told.out, told.err) == (0, "", "")
    document = json.loads(both.read_text())
    assert document["proof"][0] == json.loads(signed.read_text())["proof"]
    assert document["proof"][1]["created"] == str(START)

    assert medid("verify", both, *ASKED, *published).code == 0
    for one in document["proof"]:
        both.write_text(json.dumps({**document, "proof": one}))
        found = medid("verify", both, *ASKED, *published, "--json")
        assert found.code == 1
        (error,) = found.json()["errors"]
        assert (error["code"], error["path"]) == (WEAK, "$.proof")
        without = [flag for flag in ASKED if flag != "--require-hybrid-proofs"]
        assert medid("verify", both, *without, *published).code == 0


def test_a_proof_is_added_to_what_holds(
    sign: Any, signed: Path, published: tuple[str, str]
) -> None:
    document = json.loads(signed.read_text())
    document["validUntil"] = "2028-01-01T00:00:00Z"
    signed.write_text(json.dumps(document))
    told = sign("add-proof", signed, "--securing", SUITE, *published, key=2)
    assert (told.code, told.out) == (1, "")
    assert "PROOF_GENERATION_ERROR" in told.err
    assert sign("add-proof", signed, "--securing", SUITE, key=1).code == 2
    assert sign("add-proof", signed, key=2).code == 2


def test_a_trust_file_asks_it_of_one_board(
    sign: Any, medid: Command, signed: Path, published: tuple[str, str], tmp_path: Path
) -> None:
    board = {
        "did": DID,
        "jurisdictions": ["US-OH"],
        "professions": ["208D00000X"],
        "credentialTypes": ["VerifiableCredential"],
        "requireHybridProofs": True,
    }
    trust = tmp_path / "trust.json"
    trust.write_text(json.dumps({"acceptedBoards": [board]}))
    flags = ("--now", AT, "--offline", "--trust", trust, *published)
    told = medid("verify", signed, *flags)
    assert told.code == 1
    assert WEAK in told.out
    added = sign("add-proof", signed, "--securing", SUITE, "--out", signed, key=2)
    assert added.code == 0
    assert medid("verify", signed, *flags).code == 0


def test_a_decision_asks_it_of_one_board_or_of_everybody(
    medid: Command, tmp_path: Path
) -> None:
    world = HybridWorld()
    flags: list[object] = ["--offline", "--domain", "https://gateway.hospital.example"]
    for url, document in world.web.documents.items():
        file = tmp_path / url.rpartition("/")[2]
        file.write_text(json.dumps(document))
        flags += ["--document", f"{url}={file}"]
    for name, content in {
        "presentation": world.shown(),
        "request": world.asks(),
        "trust": world.trust(),
    }.items():
        (tmp_path / name).write_text(json.dumps(content))
        flags += [f"--{name}", tmp_path / name]
    assert medid("decide", *flags).code == 0
    told = medid("decide", *flags, "--require-hybrid-proofs")
    assert told.code == 1
    assert WEAK in told.out
    shown = world.shown(world.classical, world.consent)
    (tmp_path / "presentation").write_text(json.dumps(shown))
    told = medid("decide", *flags)
    assert told.code == 1
    assert WEAK in told.out
    (tmp_path / "trust").write_text(json.dumps(World.trust(world)))
    assert medid("decide", *flags).code == 0
