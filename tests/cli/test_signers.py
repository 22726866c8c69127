"""``--key`` names every signer, and ``medid signer`` serves them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto import mock_aws
from moto.kms.utils import ECDSAPrivateKey

from medid.adapters.signing_log import SigningLog
from medid.dids.methods import key as did_key
from medid.keys import PublicKey, keyfile
from tests.adapters.signers.tokens import PIN
from tests.cli.conftest import PASSWORD, Command
from tests.server.signing_server import Office, fingerprint
from tests.verifying.world import NOW, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.adapters.signers.tokens import Hsm

SECONDS = 30
LOG_KEY = b"l" * 32


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office.make(tmp_path_factory.mktemp("office"))


def issue_and_verify(
    medid: Command, folder: Path, public: PublicKey, suite: str, *flags: object
) -> None:
    """A draft of the key's own DID is issued by ``flags``, and verifies."""
    draft, out = folder / "draft.json", folder / "license.json"
    draft.write_text(json.dumps({**plain(), "issuer": str(did_key.create(public))}))
    told = medid(
        *("issue", draft, "--securing", suite, "--now", NOW, "--out", out), *flags
    )
    assert (told.code, told.err) == (0, "")
    checked = medid("verify", out, "--now", NOW, "--offline")
    assert checked.code == 0, checked.out


@pytest.mark.parametrize(
    ("kind", "suite"), [("Ed25519", "eddsa-rdfc-2022"), ("P-256", "ecdsa-rdfc-2019")]
)
def test_a_key_in_a_token_from_its_making_to_a_license(
    medid: Command, hsm: Hsm, tmp_path: Path, kind: str, suite: str
) -> None:
    pins = tmp_path / "pin"
    pins.write_bytes(PIN)
    uri = hsm.uri(hsm.key(hsm.token()), pins)
    made = medid("key", "generate", "--out", uri, "--kind", kind, "--json")
    assert made.code == 0, made.err
    assert PIN.decode() not in made.out + made.err
    public = PublicKey.from_multikey(made.json()["publicKeyMultibase"])
    issue_and_verify(medid, tmp_path, public, suite, "--key", uri)
    shown = medid("did", "create", "--key", uri, "--json")
    assert shown.json()["did"] == str(did_key.create(public))
    again = medid("key", "generate", "--out", uri, "--kind", kind)
    assert (again.code, "already" in again.err) == (2, True)


def test_a_key_in_a_token_signs_a_log_of_did_webvh(
    medid: Command, hsm: Hsm, tmp_path: Path
) -> None:
    token = hsm.token()
    (tmp_path / "pin").write_bytes(PIN)
    first, second = (
        hsm.uri(hsm.key(token, name), tmp_path / "pin") for name in ("one", "two")
    )
    for uri in (first, second):
        assert medid("key", "generate", "--out", uri).code == 0
    site = tmp_path / "site"
    made = medid(
        *("did", "create", "--method", "webvh", "--host", "board.example"),
        *("--key", first, "--update-key", first, "--next-key", second, "--out", site),
    )
    assert made.code == 0, made.err
    (log,) = site.rglob("did.jsonl")
    flags = ("--update-key", second, "--next-key", first, "--key", second)
    rotated = medid("did", "rotate", log, *flags)
    assert rotated.code == 0, rotated.err


def test_a_key_in_kms_issues_a_license(
    medid: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sign(self: Any, message: bytes, signing_algorithm: str) -> bytes:
        # moto makes a digest of the digest; see tests/adapters/signers/test_aws_kms.py.
        made: bytes = self.private_key.sign(
            message, ec.ECDSA(Prehashed(hashes.SHA256()))
        )
        return made

    monkeypatch.setattr(ECDSAPrivateKey, "sign", sign)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with mock_aws():
        from medid.adapters.signers.aws_kms import AwsKmsSigner, KmsKey, client_for

        kms = client_for(KmsKey(arn="", region="eu-central-1"))
        made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        arn = made["KeyMetadata"]["Arn"]
        public = AwsKmsSigner(KmsKey(arn=arn, region="eu-central-1")).public_key
        flags = ("--key", f"aws-kms:{arn}")
        issue_and_verify(medid, tmp_path, public, "ecdsa-rdfc-2019", *flags)


@contextmanager
def served(
    folder: Path, office: Office, *keys: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``medid signer serve`` in a process of its own; gives where it signs."""
    clients = {
        "clients": [
            {"name": "board", "sha256": fingerprint(office.board), "keys": ["license"]}
        ]
    }
    (folder / "clients.json").write_text(json.dumps(clients))
    (folder / "uses.key").write_bytes(LOG_KEY)
    command = [
        *(sys.executable, "-m", "medid.cli.main", "signer", "serve", "--port=0"),
        *(f"--key={key}" for key in keys),
        f"--client-ca={office.authority.file}",
        *(f"--tls-cert={office.host}", f"--tls-key={office.host}"),
        *("--clients=clients.json", "--signing-log=uses.log"),
        *("--signing-log-key-file=uses.key", "--password-file=password"),
    ]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            assert started.stdout is not None
            line = started.stdout.readline()
            assert line.startswith("medid signs at https://"), started.communicate()
            yield f"https://localhost:{line.rpartition(':')[2].strip()}", started
        finally:
            started.terminate()
            started.communicate(timeout=SECONDS)


@pytest.mark.loopback
def test_a_key_behind_a_signing_server_issues_a_license(
    medid: Command, office: Office, keys: Path, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD)
    flags = [
        *("--signer-cert", office.board, "--signer-key", office.board),
        *("--signer-ca", office.authority.file),
    ]
    opened = keyfile.load(keys / "board.key", password=PASSWORD.encode())
    public = opened.public_key
    with served(tmp_path, office, f"license={keys / 'board.key'}") as (url, started):
        name = ("--key", f"{url}/keys/license")
        issue_and_verify(medid, tmp_path, public, "eddsa-rdfc-2022", *name, *flags)
        without = medid("issue", tmp_path / "draft.json", *name)
        assert (without.code, "--signer-cert" in without.err) == (2, True)
        other = ("--key", f"{url}/keys/root")
        assert medid("issue", tmp_path / "draft.json", *other, *flags).code == 2
        started.send_signal(signal.SIGTERM)
        _, errors = started.communicate(timeout=SECONDS)
    assert started.returncode == 0
    assert "by=board" in errors
    (use,) = SigningLog(tmp_path / "uses.log", key=LOG_KEY).uses()
    assert use.client == fingerprint(office.board)
    told = medid(
        *("signer", "log", tmp_path / "uses.log"),
        *("--signing-log-key-file", tmp_path / "uses.key"),
    )
    assert told.code == 0, told.err
    assert use.sha256 in told.out
    gone = medid("issue", tmp_path / "draft.json", *name, *flags)
    assert (gone.code, "did not answer" in gone.err) == (2, True)


def test_uses_of_a_command_are_logged_too(
    medid: Command, keys: Path, tmp_path: Path
) -> None:
    opened = keyfile.load(keys / "board.key", password=PASSWORD.encode())
    public = opened.public_key
    (tmp_path / "log.key").write_bytes(LOG_KEY)
    log = tmp_path / "uses.log"
    flags = ("--key", keys / "board.key", "--password-file", keys / "password")
    logged = ("--signing-log", log, "--signing-log-key-file", tmp_path / "log.key")
    issue_and_verify(medid, tmp_path, public, "eddsa-rdfc-2022", *flags, *logged)
    (use,) = SigningLog(log, key=LOG_KEY).uses()
    assert (use.purpose, use.client) == ("command", None)
    asked = ("signer", "log", log, "--signing-log-key-file", tmp_path / "log.key")
    told = medid(*asked, "--json")
    assert told.lines() == [use.as_json()]
    people = medid(*asked)
    head = people.out.splitlines()[-1].removeprefix("head ")
    assert medid(*asked, "--head", head).code == 0
    number, _, mac = head.partition(":")
    assert medid(*asked, "--head", f"{int(number) + 1}:{mac}").code == 1
    assert medid(*asked, "--head", "none").code == 2
    log.write_bytes(log.read_bytes().replace(b"command", b"comment"))
    altered = medid(*asked)
    assert (altered.code, altered.out) == (1, "")
    half = medid("issue", tmp_path / "draft.json", *flags, "--signing-log", log)
    assert (half.code, "a signing log has a file and a key" in half.err) == (2, True)


@pytest.mark.parametrize(
    "key",
    [
        "vault:a",
        "pkcs11:token=a",
        "pkcs11:token=a;object=b?pin-value=1234",
        "aws-kms:x",
    ],
)
def test_a_name_that_is_none_is_told(medid: Command, tmp_path: Path, key: str) -> None:
    (tmp_path / "draft.json").write_text("{}")
    for command in (
        ("issue", tmp_path / "draft.json", "--key", key),
        ("did", "create", "--key", key),
        ("serve", "--key", key),
        ("key", "generate", "--out", key),
    ):
        told = medid(*command)
        assert (told.code, "CONFIGURATION_ERROR" in told.err) == (2, True), told.err
        assert "1234" not in told.err


def test_a_signing_server_is_not_started_with_half_of_what_it_needs(
    medid: Command, keys: Path, tmp_path: Path
) -> None:
    (tmp_path / "uses.key").write_bytes(LOG_KEY)
    one = {"name": "a", "sha256": "0" * 64, "keys": ["a"]}
    (tmp_path / "clients.json").write_text(json.dumps({"clients": [one]}))
    flags = [
        *("--clients", tmp_path / "clients.json", "--client-ca", "ca.pem"),
        *("--tls-cert", "a", "--tls-key", "b", "--signing-log", tmp_path / "uses.log"),
        *("--signing-log-key-file", tmp_path / "uses.key", "--port", "0"),
        *("--password-file", keys / "password"),
    ]
    board = keys / "board.key"
    for named in (["board.key"], [f"a={board}", f"a={board}"], [f"a b={board}"]):
        given = [part for one in named for part in ("--key", one)]
        told = medid("signer", "serve", *given, *flags)
        assert (told.code, "CONFIGURATION_ERROR" in told.err) == (2, True), told.err
    unreadable = medid("signer", "serve", "--key", f"a={board}", *flags)
    assert (unreadable.code, "--tls-cert" in unreadable.err) == (2, True), unreadable
    (tmp_path / "clients.json").write_text('{"clients": [{}]}')
    told = medid("signer", "serve", "--key", f"a={board}", *flags)
    assert (told.code, "clients.json" in told.err) == (2, True)
