from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest

from medid.cli.access import PASSWORD_VARIABLE
from medid.core import base64url
from medid.keys import PrivateKey, keyfile
from tests.cli.conftest import CHEAP, PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Command

KNOWN = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"


@pytest.fixture(autouse=True)
def cheap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password costs is asked of one test; the others need not wait for it."""
    if request.function is not test_a_password_costs_what_it_does_by_default:
        monkeypatch.setattr(keyfile, "Protection", lambda: CHEAP)


# Keys.


def test_a_password_costs_what_it_does_by_default(
    medid: Command, tmp_path: Path, keys: Path
) -> None:
    file, password = tmp_path / "new.key", keys / "password"
    told = medid("key", "generate", "--out", file, "--password-file", password)
    assert told.code == 0
    header = json.loads(base64url.decode(file.read_text().partition(".")[0]))
    assert header["cost"] == keyfile.DEFAULT_COST


@pytest.mark.parametrize(
    "kind",
    ["Ed25519", "P-256", "P-384", "secp256k1", "ML-DSA-44", "ML-DSA-65", "X25519"],
)
def test_a_key_is_kept_for_its_owner_only(
    medid: Command, tmp_path: Path, keys: Path, kind: str
) -> None:
    file = tmp_path / "new.key"
    password = keys / "password"
    told = medid(
        "key", "generate", "--out", file, "--kind", kind, "--password-file", password
    )

    assert (told.code, told.err) == (0, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert told.out.splitlines()[0] == f"wrote {file} ({kind})"
    assert "did:key:" in told.out
    assert "did:jwk:" in told.out
    opened = keyfile.load(file, password=PASSWORD.encode())
    assert opened.public_key.kind.value == kind


def test_no_secret_is_printed(medid: Command, tmp_path: Path, keys: Path) -> None:
    file = tmp_path / "new.key"
    password = keys / "password"
    plain = medid("key", "generate", "--out", file, "--password-file", password)
    other = tmp_path / "other.key"
    told = medid(
        "key", "generate", "--out", other, "--password-file", password, "--json"
    )
    found = told.json()

    assert set(found) == {
        "file",
        "kind",
        "publicKeyMultibase",
        "publicKeyJwk",
        "dids",
    }
    assert "d" not in found["publicKeyJwk"]
    for name, out in ((file, plain.out), (other, told.out)):
        key = keyfile.load(name, password=PASSWORD.encode())
        assert key.to_jwk()["d"] not in out  # type: ignore[operator]
        assert key.to_multikey() not in out
        assert PASSWORD not in out


def test_a_key_is_never_overwritten(medid: Command, tmp_path: Path, keys: Path) -> None:
    file = tmp_path / "new.key"
    call = ["key", "generate", "--out", str(file)]
    call += ["--password-file", str(keys / "password")]
    assert medid(*call).code == 0
    before = file.read_bytes()
    told = medid(*call)

    assert told.code == 2
    assert told.out == ""
    assert file.read_bytes() == before


def test_the_password_may_come_from_the_environment(
    medid: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    file = tmp_path / "new.key"

    assert medid("key", "generate", "--out", file).code == 0
    assert isinstance(keyfile.load(file, password=PASSWORD.encode()), PrivateKey)


def test_the_password_may_come_from_the_terminal(
    medid: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def prompt(_text: str, **options: Any) -> str:
        asked.append(options)
        return PASSWORD

    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", prompt)
    file = tmp_path / "new.key"

    assert medid("key", "generate", "--out", file).code == 0
    assert isinstance(keyfile.load(file, password=PASSWORD.encode()), PrivateKey)
    assert medid("did", "create", "--key", file).code == 0
    assert [one["confirmation_prompt"] for one in asked] == [True, False][: len(asked)]
    assert all(one["hide_input"] for one in asked)


def test_no_password_no_key(
    medid: Command, tmp_path: Path, stdin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    stdin(b"")
    file = tmp_path / "new.key"
    empty = tmp_path / "empty"
    empty.write_text("\n")

    told = medid("key", "generate", "--out", file)
    assert told.code == 2
    assert "no password" in told.err
    told = medid("key", "generate", "--out", file, "--password-file", empty)
    assert told.code == 2
    assert "empty" in told.err
    monkeypatch.setenv(PASSWORD_VARIABLE, "")
    assert medid("key", "generate", "--out", file).code == 2
    assert not file.exists()


def test_only_known_kinds(medid: Command, tmp_path: Path) -> None:
    told = medid("key", "generate", "--out", tmp_path / "x", "--kind", "RSA")

    assert told.code == 2
    assert "RSA" in told.err
    assert "P-384, P-521, secp256k1, ML-DSA-44" in told.err
    assert not (tmp_path / "x").exists()


# DIDs.


def test_a_did_key_resolves(medid: Command) -> None:
    told = medid("did", "resolve", KNOWN)
    found = told.json()

    assert told.code == 0
    assert found["didDocument"]["id"] == KNOWN
    assert medid("did", "resolve", KNOWN, "--json").out.count("\n") == 1


def test_a_did_may_come_from_standard_input(medid: Command, stdin: Any) -> None:
    stdin(KNOWN.encode() + b"\n")

    assert medid("did", "resolve", "-").json()["didDocument"]["id"] == KNOWN


@pytest.mark.parametrize(
    ("did", "code", "error"),
    [
        ("did:key:z6Mk", 1, "INVALID_DID"),
        ("not a did", 1, "INVALID_DID"),
        ("", 1, "INVALID_DID"),
        ("did:web:board.example", 3, ""),
        ("did:unknown:x", 3, "METHOD_NOT_SUPPORTED"),
    ],
)
def test_what_does_not_resolve_is_told_as_a_result(
    medid: Command, did: str, code: int, error: str
) -> None:
    told = medid("did", "resolve", did, "--offline")
    found = told.json()

    assert told.code == code
    assert found["didDocument"] is None
    assert error in json.dumps(found["didResolutionMetadata"])


def test_a_did_web_resolves_from_a_file(
    medid: Command, keys: Path, tmp_path: Path
) -> None:
    created = medid(
        "did",
        "create",
        *("--key", keys / "board.key"),
        *("--password-file", keys / "password"),
        *("--method", "web", "--host", "board.example", "--path", "/boards/oh/"),
    )
    found = created.json()
    file = tmp_path / "did.json"
    file.write_text(json.dumps(found["didDocument"]))

    assert created.code == 0
    assert found["did"] == "did:web:board.example:boards:oh"
    assert found["publishAt"] == "https://board.example/boards/oh/did.json"
    for name in (found["did"], found["publishAt"]):
        told = medid(
            "did", "resolve", found["did"], "--offline", "--document", f"{name}={file}"
        )
        assert told.code == 0
        assert told.json()["didDocument"] == found["didDocument"]


def test_a_did_web_without_path_is_well_known(medid: Command, keys: Path) -> None:
    call = ["did", "create", "--key", str(keys / "board.key"), "--method", "web"]
    call += ["--password-file", str(keys / "password")]

    found = medid(*call, "--host", "board.example", "--json").json()
    assert found["publishAt"] == "https://board.example/.well-known/did.json"
    told = medid(*call)
    assert (told.code, told.out) == (2, "")
    assert "--host" in told.err


@pytest.mark.parametrize("method", ["key", "jwk"])
@pytest.mark.parametrize("form", ["file", "jwk", "pem"])
def test_a_did_is_made_from_a_key_in_any_form(
    medid: Command, keys: Path, tmp_path: Path, method: str, form: str
) -> None:
    public = keyfile.load(keys / "board.key", password=PASSWORD.encode()).public_key
    file = tmp_path / "public"
    flags = ["--method", method]
    if form == "file":
        file = keys / "board.key"
        flags += ["--password-file", str(keys / "password")]
    elif form == "jwk":
        file.write_text(json.dumps(public.to_jwk()))
    else:
        file.write_text(public.to_pem())
    told = medid("did", "create", "--key", file, *flags)
    found = told.json()

    assert told.code == 0
    assert found["did"].startswith(f"did:{method}:")
    assert found["didDocument"]["id"] == found["did"]
    resolved = medid("did", "resolve", found["did"]).json()
    assert resolved["didDocument"] == found["didDocument"]


def test_a_wrong_password_opens_nothing(
    medid: Command, keys: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("guess")
    told = medid("did", "create", "--key", keys / "board.key", "--password-file", wrong)

    assert told.code != 0
    assert told.out == ""
    assert PASSWORD not in told.err


@pytest.mark.parametrize("content", [b"", b"{}", b"garbage", b"\xff"])
def test_what_is_no_key_makes_no_did(
    medid: Command, tmp_path: Path, keys: Path, content: bytes
) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    told = medid("did", "create", "--key", file, "--password-file", keys / "password")

    assert told.code != 0
    assert told.out == ""
    assert told.err.count("\n") == 1
