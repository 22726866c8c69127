"""did:web from the command line: create, add a key, rotate; and what they refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from medid.keys import KeyKind, PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

DID = "did:web:board.example:boards:oh"


@pytest.fixture
def pubs(tmp_path: Path) -> list[Path]:
    """Files of four public keys; the last encrypts."""
    found = []
    kinds = [KeyKind.ED25519, KeyKind.P256, KeyKind.ED25519, KeyKind.X25519]
    for number, kind in enumerate(kinds):
        path = tmp_path / f"{number}.pub"
        path.write_text(PrivateKey.generate(kind).public_key.to_multikey())
        found.append(path)
    return found


@pytest.fixture
def did_json(medid: Command, tmp_path: Path, pubs: list[Path]) -> Path:
    """The file that the host of ``DID`` publishes."""
    told = medid(*_create(pubs[0]), "--out", tmp_path / "site")
    assert told.code == 0, told.err
    (name,) = told.json()["files"]
    path = tmp_path / "site" / "boards" / "oh" / "did.json"
    assert name == str(path)
    return path


def _create(*keys: Path) -> list[Any]:
    place = ["--method", "web", "--host", "board.example", "--path", "boards/oh"]
    return ["did", "create", *place, *_keys(*keys)]


def _keys(*keys: Path) -> list[Any]:
    return [word for key in keys for word in ("--key", key)]


def fragments(path: Path, name: str = "assertionMethod") -> list[str]:
    return [url.partition("#")[2] for url in json.loads(path.read_text()).get(name, [])]


def test_the_document_lies_where_the_did_leads(medid: Command, did_json: Path) -> None:
    told = medid("did", "resolve", DID, "--offline", "--document", f"{DID}={did_json}")

    assert told.code == 0
    assert told.json()["didDocument"] == json.loads(did_json.read_text())
    assert [path.name for path in did_json.parent.iterdir()] == ["did.json"]


def test_a_port_is_part_of_the_did_and_not_of_the_folder(
    medid: Command, tmp_path: Path, pubs: list[Path]
) -> None:
    call = ["did", "create", "--method", "web", "--host", "board.example:8443"]
    told = medid(*call, *_keys(pubs[0]), "--out", tmp_path / "site", "--json")

    assert told.json()["did"] == "did:web:board.example%3A8443"
    assert (tmp_path / "site" / ".well-known" / "did.json").exists()


def test_a_key_is_added_and_the_old_one_stays(
    medid: Command, did_json: Path, pubs: list[Path]
) -> None:
    told = medid("did", "update", did_json, *_keys(pubs[1], pubs[0], pubs[3]))

    assert told.code == 0
    assert fragments(did_json) == ["key-1", "key-2"]
    assert fragments(did_json, "keyAgreement") == ["key-3"]


def test_a_rotation_puts_new_keys_in_the_place_of_the_old(
    medid: Command, did_json: Path, pubs: list[Path]
) -> None:
    medid("did", "update", did_json, *_keys(pubs[1]))
    told = medid("did", "rotate", did_json, *_keys(pubs[2]), "--json")

    assert told.code == 0
    assert told.json()["did"] == DID
    assert fragments(did_json) == ["key-3"]


def test_a_document_takes_the_place_of_the_present_one(
    medid: Command, did_json: Path, pubs: list[Path], tmp_path: Path
) -> None:
    draft = tmp_path / "draft.json"
    service = {"id": "#x", "type": "X", "serviceEndpoint": "https://x.example/"}
    draft.write_text(json.dumps({"id": DID, "service": [service]}))
    told = medid("did", "update", did_json, "--document", draft, *_keys(pubs[2]))

    assert told.code == 0
    assert fragments(did_json) == ["key-2"]
    assert json.loads(did_json.read_text())["service"] == [service]


def test_a_draft_may_be_given_when_it_is_created(
    medid: Command, pubs: list[Path], tmp_path: Path
) -> None:
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps({"id": DID, "alsoKnownAs": ["https://b.example/"]}))
    told = medid(*_create(pubs[0], pubs[1]), "--document", draft)
    document = told.json()["didDocument"]

    assert document["alsoKnownAs"] == ["https://b.example/"]
    assert document["assertionMethod"] == [f"{DID}#key-1", f"{DID}#key-2"]


@pytest.mark.parametrize(
    "content",
    [{"id": "did:web:other.example"}, {"id": DID, "service": 1}, {"id": DID}],
)
def test_what_is_no_document_with_keys_is_not_published(
    medid: Command, did_json: Path, tmp_path: Path, content: Any
) -> None:
    before = did_json.read_bytes()
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(content))
    told = medid("did", "update", did_json, "--document", draft)

    assert (told.code, told.out) == (2, "")
    assert did_json.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"id": "did:key:z"}', '{"id": 1}', "no JSON", ""]
)
def test_what_is_no_did_web_is_not_changed(
    medid: Command, tmp_path: Path, pubs: list[Path], content: str
) -> None:
    file = tmp_path / "did.json"
    file.write_text(content)
    told = medid("did", "rotate", file, *_keys(pubs[0]))

    assert (told.code, told.out) == (2, "")
    assert file.read_text() == content


def test_a_copy_of_a_document_is_not_changed_into_the_document(
    medid: Command, did_json: Path, pubs: list[Path]
) -> None:
    copy = did_json.with_name("did-2026.json")
    copy.write_bytes(did_json.read_bytes())
    assert medid("did", "update", did_json, *_keys(pubs[1])).code == 0
    before = did_json.read_bytes()
    told = medid("did", "update", copy, *_keys(pubs[2]))

    assert told.code == 2
    assert "name the did.json" in told.err
    assert did_json.read_bytes() == before


def test_a_document_that_is_there_is_replaced_when_asked(
    medid: Command, did_json: Path, pubs: list[Path], tmp_path: Path
) -> None:
    before = did_json.read_bytes()
    call = [*_create(pubs[1]), "--out", tmp_path / "site"]
    told = medid(*call)
    assert told.code == 2
    assert "exists already" in told.err
    assert did_json.read_bytes() == before

    assert medid(*call, "--overwrite").code == 0
    assert did_json.read_bytes() != before


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["rotate", "FILE"], "which keys"),
        (["rotate", "FILE", "--next-key", "KEY"], "--next-key"),
        (["rotate", "FILE", "--to", "KEY"], "--to"),
        (["update", "FILE", "--ttl", "1"], "--ttl"),
        (["update", "FILE", "--update-key", "KEY"], "--update-key"),
        (["update", "FILE", "--not-portable"], "--not-portable"),
        (["update", "FILE", "--host", "new.example"], "--out"),
        (["update", "FILE", "--host", "new.example", "--out", "new"], "cannot move"),
        (["update", "FILE", "--out", "new"], "--out"),
        (["update", "FILE", "--next-key", "KEY", "--no-next-key"], "--next-key"),
        (["deactivate", "FILE"], "web server"),
    ],
)
def test_what_did_web_has_no_use_for_is_refused(
    medid: Command, did_json: Path, pubs: list[Path], argv: list[str], told: str
) -> None:
    before = did_json.read_bytes()
    named = {"FILE": did_json, "KEY": pubs[0]}
    answer = medid("did", *[named.get(word, word) for word in argv])

    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err
    assert did_json.read_bytes() == before


@pytest.mark.parametrize("method", ["key", "jwk"])
@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--host", "board.example"], "--host"),
        (["--path", "x"], "--path"),
        (["--threshold", "1"], "--threshold"),
        (["--web"], "--web"),
        (["--out", "site"], "--out"),
    ],
)
def test_what_a_method_has_no_use_for_is_refused(
    medid: Command, pubs: list[Path], method: str, argv: list[str], told: str
) -> None:
    answer = medid("did", "create", "--method", method, *_keys(pubs[0]), *argv)

    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_a_did_of_one_key_takes_one(medid: Command, pubs: list[Path]) -> None:
    told = medid("did", "create", "--method", "jwk", *_keys(*pubs[:2]))

    assert told.code == 2
    assert "has one key" in told.err
